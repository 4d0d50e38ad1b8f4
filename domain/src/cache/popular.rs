//! How often popular things are looked up, and how often that takes the database.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use foldhash::HashSet;
use serde::{Deserialize, Serialize};

use super::resource::{Entry, Resource};

/// Popular things that were looked up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PopularLookups {
    pub wanted: u64,
    /// Those that had to be read from the database.
    pub loaded: u64,
}

impl PopularLookups {
    /// Those that did not take the database.
    pub fn kept(self) -> u64 {
        self.wanted.saturating_sub(self.loaded)
    }

    pub fn merge(&mut self, other: Self) {
        self.wanted += other.wanted;
        self.loaded += other.loaded;
    }

    /// What was counted since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            wanted: self.wanted.saturating_sub(before.wanted),
            loaded: self.loaded.saturating_sub(before.loaded),
        }
    }
}

/// What is popular, and what was counted of it.
#[derive(Default)]
pub(super) struct Popular {
    /// By the numbers that [`Resource::popular_number`] gives.
    numbers: RwLock<Arc<HashSet<i64>>>,
    wanted: AtomicU64,
    loaded: AtomicU64,
}

impl Popular {
    /// Other things are popular now. Those that are kept are counted as what they are once they are read again.
    pub(super) fn are(&self, numbers: HashSet<i64>) {
        *self.numbers.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(numbers);
    }

    pub(super) fn has<R: Resource>(&self, key: &R::Lookup) -> bool {
        let Some(number) = R::popular_number(key) else {
            return false;
        };
        self.numbers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&number)
    }

    /// Has an entry know whether it is popular, so that nobody looks for that while it is kept.
    pub(super) fn mark<R: Resource>(&self, entry: &Entry<R>) {
        let is_popular = self.has::<R>(R::lookup(&entry.key));
        entry.is_popular.store(is_popular, Ordering::Relaxed);
    }

    /// So many popular things were looked up.
    pub(super) fn wanted(&self, count: usize) {
        if count > 0 {
            self.wanted.fetch_add(count as u64, Ordering::Relaxed);
        }
    }

    /// These things are read from the database, because somebody waits for them.
    pub(super) fn loading<R: Resource>(&self, keys: &[R::Key]) -> usize {
        let popular = keys.iter().filter(|key| self.has::<R>(R::lookup(key))).count();
        if popular > 0 {
            self.loaded.fetch_add(popular as u64, Ordering::Relaxed);
        }
        popular
    }

    pub(super) fn lookups(&self) -> PopularLookups {
        PopularLookups {
            wanted: self.wanted.load(Ordering::Relaxed),
            loaded: self.loaded.load(Ordering::Relaxed),
        }
    }
}
