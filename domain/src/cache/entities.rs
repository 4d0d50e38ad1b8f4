//! The layer of what was read of the catalog, which all kinds of things share by their bytes.

use std::{
    mem::size_of,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{
    Layer, Memory, MemoryBudget, Weigh,
    resource::{Dependency, Entry, Erased, Place, Resource},
};

/// Entries by place.
pub(super) struct Entities(Memory<Place, Kept>);

#[derive(Clone)]
struct Kept {
    entry: Erased,
    bytes: u32,
    stamp: i64,
    dependency: Dependency,
}

impl Weigh for Kept {
    fn bytes(&self) -> usize {
        self.bytes as usize
    }
}

impl Entities {
    /// In their part of `budget`.
    pub(super) fn within(budget: &MemoryBudget) -> Self {
        Self(budget.memory_of(Layer::Memory))
    }

    /// What is kept of a key, right or not.
    pub(super) fn get<R: Resource>(&self, key: &R::Lookup) -> Option<Arc<Entry<R>>> {
        let kept = self.0.get(&Place::of::<R>(key))?;
        let entry = kept.entry.downcast::<Entry<R>>().ok()?;
        (R::lookup(&entry.key) == key).then_some(entry)
    }

    /// Keeps an entry, unless what is there was read later.
    pub(super) fn keep<R: Resource>(&self, entry: &Arc<Entry<R>>) {
        let key = R::lookup(&entry.key);
        if let Some(known) = self.get::<R>(key) {
            if known.stamp > entry.stamp {
                return;
            }
            if !Arc::ptr_eq(&known, entry) {
                entry
                    .asked
                    .fetch_add(known.asked.swap(0, Ordering::Relaxed), Ordering::Relaxed);
            }
        }
        let bytes = entry.value.as_ref().map_or(0, R::bytes) + size_of::<Entry<R>>() + size_of::<Kept>();
        let kept = Kept {
            entry: Arc::clone(entry) as Erased,
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            stamp: entry.stamp,
            dependency: R::depends_on(key),
        };
        self.0.keep(Place::of::<R>(key), kept);
    }

    /// Takes down how often each thing of a kind was asked for since that was taken down last, where it was.
    pub(super) fn take_counts<R: Resource>(&self) -> Vec<(R::Key, u32)> {
        let mut counts = Vec::new();
        self.0.for_each(|_, kept| {
            let Ok(entry) = kept.entry.downcast::<Entry<R>>() else {
                return;
            };
            let asked = entry.asked.swap(0, Ordering::Relaxed);
            if asked > 0 && entry.value.is_some() {
                counts.push((entry.key.clone(), asked));
            }
        });
        counts
    }

    /// Drops what is not right, by the generation that it was read in and what it depends on. How much that was.
    pub(super) fn drop_unless(&self, is_right: impl Fn(i64, Dependency) -> bool) -> usize {
        self.0.drop_unless(|_, kept| is_right(kept.stamp, kept.dependency))
    }

    pub(super) fn clear(&self) {
        self.0.clear();
    }

    /// Notes what it cost that so many things were not there.
    pub(super) fn note_cost(&self, cost: Duration, things: usize) {
        self.0.note_cost(cost, things);
    }
}
