//! Icons as bytes of answers: what an icon answers to a selection is kept, so that a page of icons is joined and not resolved.
//!
//! A selection in which no variable has a part is answered alike whoever asks. `selections` finds those of a document, once;
//! `memory` keeps what icons answered to them, each with the generation of the catalog that it was as of; `icons` are lists of
//! icons that look there before they are resolved; `splice` puts the kept bytes into the answer.
//!
//! Everything kept here was resolved and written as any other answer first, so that both ways give the same bytes.

mod icons;
mod memory;
mod selections;
mod splice;

pub(crate) use icons::{SerializedIcons, SerializedResults, Serializing};
pub(crate) use memory::SerializedMemory;
pub(crate) use selections::{SelectionId, Selections};
pub(crate) use splice::{has_spliced, spliced, unspliced};
