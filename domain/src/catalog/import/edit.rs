//! What administrators put into sets and delete: the difference is a few names, written as an import's is.
//!
//! A set's names are read whole, without their bodies, for variants are found among all of them; what is written is what differs.
//! The set is not what its files say any more: its next import reads them, and then the set is theirs again, whole.

mod delete;
mod new_icon;
mod put;
mod redraw;
mod set;

use std::collections::BTreeSet;

use super::{difference::Difference, row::Stamp, writer::Writer};
use crate::database::DatabaseError;
pub use delete::{DeleteFault, DeleteIcons, MAX_EDITED_SETS};
pub use new_icon::{IconFault, MAX_ICON_TAGS, NewIcon};
pub use put::{PutFault, PutIcons};
pub use redraw::RedrawFault;
pub(super) use set::EditedSet;

/// What becomes of a set.
struct Edit {
    /// The set's own row, as it is to be.
    set: EditedSet,
    difference: Difference,
    /// Names that stay as they are, and find themselves in other groups of variants.
    regrouped: Vec<(i64, Option<i64>)>,
}

/// The tags that icons are to have.
type NewTags<'t> = [(i64, BTreeSet<&'t str>)];

impl Edit {
    /// Writes it as `generation`, which whoever has the transaction takes.
    async fn write(
        self,
        writer: &Writer<'_>,
        tags: &NewTags<'_>,
        (generation, now_ms): (i64, i64),
    ) -> Result<(), DatabaseError> {
        let deleted = self.difference.delete.clone();
        writer.tell(&self.difference.changes, generation, now_ms).await?;
        let stamp = Stamp::new(generation, now_ms);
        writer.write_icons(self.difference, |_| stamp).await?;
        writer.regroup(&self.regrouped).await?;
        writer.forget_characters_of(&deleted).await?;
        writer.replace_tags(tags).await?;
        writer.note_edit(&self.set, generation, now_ms).await
    }
}
