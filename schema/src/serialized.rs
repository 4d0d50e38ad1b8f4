//! Icons as bytes of answers: what an icon answers to a selection is kept, so that a page of icons is joined and not resolved.
//!
//! A selection in which no variable has a part is answered alike whoever asks. `selections` finds those of a document, once;
//! `memory` keeps what icons answered to them, each with the generation of the catalog that it was as of; `icons` are lists of
//! icons that look there before they are resolved; `plain` writes what needs no resolving, also where nothing is kept; `splice`
//! puts the bytes into the answer.
//!
//! Both ways give the same bytes: what is kept was resolved and written as any other answer first, or by `plain`, of which a test
//! says that it writes every field as the library does.

mod icons;
mod memory;
mod plain;
mod selections;
mod splice;

pub(crate) use icons::{Keeping, SerializedIcons, SerializedResults, Serializing};
pub(crate) use memory::SerializedMemory;
pub(crate) use selections::{SelectionId, Selections};
pub(crate) use splice::{has_spliced, spliced, unspliced};
