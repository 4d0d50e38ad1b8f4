//! Icons that were read lately, for whoever knows which generation of the catalog is asked for.
//!
//! A search shows one generation. An icon that was read when the catalog was of that generation is what a statement would find
//! of it, so an import needs to tell nobody: what was read before is of another generation, and read again.
//!
//! As with sets, only a database put in the place of another can have the same generation for something else, so what is
//! remembered ends after a minute.

use std::{sync::Arc, time::Duration};

use foldhash::fast::RandomState;
use moka::sync::Cache;

use super::{Icon, IconId};

const MAX_AGE: Duration = Duration::from_mins(1);

/// Room for some hundred thousand icons, of four times as many: what searches show first.
const MAX_BYTES: u64 = 128 << 20;

/// What an icon takes beside its body.
const OTHER_BYTES: usize = 400;

/// Icons by id.
pub(super) struct IconMemory(Cache<IconId, Arc<Icon>, RandomState>);

impl Default for IconMemory {
    fn default() -> Self {
        let weigh = |_: &IconId, icon: &Arc<Icon>| u32::try_from(icon.body.len() + OTHER_BYTES).unwrap_or(u32::MAX);
        let memory = Cache::builder()
            .max_capacity(MAX_BYTES)
            .weigher(weigh)
            .time_to_live(MAX_AGE);
        Self(memory.build_with_hasher(RandomState::default()))
    }
}

impl IconMemory {
    /// The icon as `generation` of the catalog has it, where it has been read.
    pub(super) fn get(&self, id: IconId, generation: i64) -> Option<Arc<Icon>> {
        self.0.get(&id).filter(|icon| icon.catalog_generation == generation)
    }

    /// Keeps what was read, in the place of what was read before.
    pub(super) fn keep(&self, icon: &Arc<Icon>) {
        self.0.insert(icon.id, Arc::clone(icon));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::IconMemory;
    use crate::catalog::Icon;

    #[test]
    fn an_icon_is_known_in_its_generation() {
        let memory = IconMemory::default();
        let of = |generation| Arc::new(Icon::read_in(generation));
        let id = of(1).id;
        assert!(memory.get(id, 1).is_none());
        memory.keep(&of(1));
        assert!(memory.get(id, 1).is_some() && memory.get(id, 2).is_none());
        memory.keep(&of(2));
        assert!(memory.get(id, 1).is_none() && memory.get(id, 2).is_some());
    }
}
