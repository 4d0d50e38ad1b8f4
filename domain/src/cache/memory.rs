//! The layer in this process's memory, which all kinds of things share by their bytes.

use std::{
    mem::size_of,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use foldhash::fast::RandomState;
use moka::{notification::RemovalCause, sync::Cache};

use super::resource::{Dependency, Entry, Erased, Place, Resource};

/// What keeping anything costs beside itself.
const OTHER_BYTES: usize = 250;

/// Entries by place. What is asked for often stays, what is not goes.
pub(super) struct Memory {
    entries: Cache<Place, Kept, RandomState>,
    evictions: Arc<AtomicU64>,
    capacity_bytes: u64,
}

#[derive(Clone)]
struct Kept {
    entry: Erased,
    bytes: u32,
    stamp: i64,
    dependency: Dependency,
}

impl Memory {
    /// Room for `capacity_bytes`. `longest` is how long anything may be held that nobody reads anew.
    pub(super) fn new(capacity_bytes: u64, longest: Duration) -> Self {
        let evictions = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&evictions);
        let entries = Cache::builder()
            .max_capacity(capacity_bytes)
            .weigher(|_, kept: &Kept| kept.bytes)
            .time_to_live(longest)
            .eviction_listener(move |_, _, cause| {
                if cause == RemovalCause::Size {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            });
        Self {
            entries: entries.build_with_hasher(RandomState::default()),
            evictions,
            capacity_bytes,
        }
    }

    /// What is kept of a key, right or not.
    pub(super) fn get<R: Resource>(&self, key: &R::Lookup) -> Option<Arc<Entry<R>>> {
        let kept = self.entries.get(&Place::of::<R>(key))?;
        let entry = kept.entry.downcast::<Entry<R>>().ok()?;
        (R::lookup(&entry.key) == key).then_some(entry)
    }

    /// Keeps an entry, unless what is there was read later.
    pub(super) fn keep<R: Resource>(&self, entry: &Arc<Entry<R>>) {
        let key = R::lookup(&entry.key);
        if self.get::<R>(key).is_some_and(|known| known.stamp > entry.stamp) {
            return;
        }
        let bytes = entry.value.as_ref().map_or(0, R::bytes) + size_of::<Entry<R>>() + OTHER_BYTES;
        let kept = Kept {
            entry: Arc::clone(entry) as Erased,
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            stamp: entry.stamp,
            dependency: R::depends_on(key),
        };
        self.entries.insert(Place::of::<R>(key), kept);
    }

    /// Drops what is not right, by the generation that it was read in and what it depends on. How much that was.
    pub(super) fn drop_unless(&self, is_right: impl Fn(i64, Dependency) -> bool) -> usize {
        let wrong = self
            .entries
            .iter()
            .filter(|(_, kept)| !is_right(kept.stamp, kept.dependency));
        wrong.map(|(place, _)| self.entries.invalidate(&*place)).count()
    }

    pub(super) fn clear(&self) {
        self.entries.invalidate_all();
    }

    /// Things that are kept, their bytes, and the bytes that there is room for.
    pub(super) fn extent(&self) -> (u64, u64, u64) {
        // What was put in and taken out lately is not yet counted.
        self.entries.run_pending_tasks();
        (
            self.entries.entry_count(),
            self.entries.weighted_size(),
            self.capacity_bytes,
        )
    }

    /// Things that had to go for others.
    pub(super) fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::Relaxed)
    }
}
