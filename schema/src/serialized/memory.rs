//! What icons answered to selections, for as long as there is room and nothing of it has changed.

use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::{
    cache::{Layer, Memory, MemoryBudget, Shown, Weigh},
    catalog::{Catalog, Icon, IconId},
};

use super::selections::SelectionId;

/// Memory for an answer, without its bytes.
const OTHER_BYTES: usize = 120;

/// Answers by selection and icon. Clones share them.
#[derive(Clone)]
pub(crate) struct SerializedMemory {
    answers: Memory<(SelectionId, IconId), Kept>,
    max_age: Duration,
}

/// What an icon answered to a selection.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) bytes: Bytes,
    /// Whether it is made of the icon itself and its set's facts, and of nothing else.
    pub(super) is_its_own: bool,
    /// How the catalog was known when this was made, or before.
    pub(super) shown: Shown,
    /// When the request began that it was made for.
    pub(super) made: Instant,
}

impl Weigh for Kept {
    fn bytes(&self) -> usize {
        self.bytes.len() + OTHER_BYTES
    }
}

impl SerializedMemory {
    /// Keeps answers in their part of `budget`, each for `max_age`.
    pub(crate) fn new(budget: &MemoryBudget, max_age: Duration) -> Self {
        Self {
            answers: budget.memory_of(Layer::Serialized),
            max_age,
        }
    }

    /// What `icon` answers to `selection`, as far as `catalog` knows of it and its set, to a request that began `now`.
    pub(super) fn get(&self, selection: SelectionId, icon: &Icon, catalog: &Catalog, now: Instant) -> Option<Bytes> {
        let kept = self.answers.get(&(selection, icon.id))?;
        let is_right =
            now.duration_since(kept.made) < self.max_age && catalog.can_show_of_icon(icon, kept.is_its_own, kept.shown);
        is_right.then_some(kept.bytes)
    }

    /// Drops what is no longer right, as far as `catalog` knows. How much that was.
    pub(crate) fn drop_outdated(&self, catalog: &Catalog) -> usize {
        (self.answers).drop_unless(|(_, icon), kept| catalog.is_icon_unchanged(*icon, kept.is_its_own, kept.shown))
    }

    /// Keeps what `icon` answers to `selection`, if it is likely to be asked for again.
    pub(super) fn keep(&self, (selection, icon): (SelectionId, IconId), kept: Kept) {
        self.answers.offer((selection, icon), kept);
    }

    /// Notes what it cost to work out so many answers.
    pub(super) fn note_cost(&self, cost: Duration, answers: usize) {
        self.answers.note_cost(cost, answers);
    }
}
