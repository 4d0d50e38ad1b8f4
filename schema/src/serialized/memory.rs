//! What icons answered to selections, for as long as there is room and nothing of it has changed.

use std::time::Duration;

use bytes::Bytes;
use domain::{
    cache::Shown,
    catalog::{Catalog, Icon, IconId},
};
use foldhash::fast::RandomState;
use moka::sync::Cache;

use super::selections::SelectionId;

/// Memory for an answer, without its bytes.
const OTHER_BYTES: usize = 160;

/// Answers by selection and icon. Clones share them.
#[derive(Clone)]
pub(crate) struct SerializedMemory(Cache<(SelectionId, IconId), Kept, RandomState>);

#[derive(Clone)]
struct Kept {
    bytes: Bytes,
    /// How the catalog was known when this was made.
    shown: Shown,
}

impl SerializedMemory {
    /// Keeps answers of `max_bytes` together, each for `max_age`.
    pub(crate) fn new(max_bytes: u64, max_age: Duration) -> Self {
        let weigh =
            |_: &(SelectionId, IconId), kept: &Kept| u32::try_from(kept.bytes.len() + OTHER_BYTES).unwrap_or(u32::MAX);
        let memory = Cache::builder()
            .max_capacity(max_bytes)
            .weigher(weigh)
            .time_to_live(max_age);
        Self(memory.build_with_hasher(RandomState::default()))
    }

    /// What `icon` answers to `selection`, as far as `catalog` knows of its set.
    pub(super) fn get(&self, selection: SelectionId, icon: &Icon, catalog: &Catalog) -> Option<Bytes> {
        let kept = self.0.get(&(selection, icon.id))?;
        catalog.is_set_unchanged(icon, kept.shown).then_some(kept.bytes)
    }

    /// Drops what is no longer right, as far as `catalog` knows. How much that was.
    pub(crate) fn drop_outdated(&self, catalog: &Catalog) -> usize {
        let outdated = self
            .0
            .iter()
            .filter(|(key, kept)| !catalog.is_set_of_unchanged(key.1, kept.shown));
        outdated.map(|(key, _)| self.0.invalidate(&*key)).count()
    }

    /// Keeps what `icon` answers to `selection`, made when `shown` was shown or later.
    pub(super) fn keep(&self, selection: SelectionId, icon: IconId, shown: Shown, bytes: Bytes) {
        self.0.insert((selection, icon), Kept { bytes, shown });
    }
}
