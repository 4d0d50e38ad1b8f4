//! What had to go lately, or was not taken, by the hashes of its keys: what is asked for of that would have been there in a larger
//! memory.

use std::{
    hash::{BuildHasher as _, Hash},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use foldhash::fast::RandomState;
use quick_cache::{Lifecycle, Weighter, sync::Cache};

use super::{Weigh, items, weight};

/// Marks what is remembered to have been asked for again.
const IS_WANTED: u64 = 1 << 63;

/// What is remembered of it. Clones share it.
#[derive(Clone)]
pub(super) struct Gone(Arc<Remembered>);

struct Remembered {
    evictions: AtomicU64,
    hasher: RandomState,
    /// By hash the bytes that it had; none where nobody wants to know.
    ghosts: Option<Ghosts>,
    /// How often one of them was asked for.
    wanted_again: AtomicU64,
}

type Ghosts = Cache<u64, u64, GhostWeighing>;

#[derive(Clone)]
struct GhostWeighing;

impl Gone {
    /// Remembers as much as would fit into so many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        Self(Arc::new(Remembered {
            evictions: AtomicU64::default(),
            hasher: RandomState::default(),
            ghosts: (bytes > 0).then(|| Cache::with_weighter(items(bytes), bytes, GhostWeighing)),
            wanted_again: AtomicU64::default(),
        }))
    }

    /// How much had to go since the start.
    pub(super) fn evictions(&self) -> u64 {
        self.0.evictions.load(Ordering::Relaxed)
    }

    /// How often something was asked for that would have been there, since this was asked last.
    pub(super) fn take_wanted_again(&self) -> u64 {
        self.0.wanted_again.swap(0, Ordering::Relaxed)
    }

    /// Notes that something is asked for that is not there. It counts once, until it is there again.
    pub(super) fn note_wanted<Q: Hash + ?Sized>(&self, key: &Q) {
        let Some(ghosts) = &self.0.ghosts else { return };
        let hash = self.0.hasher.hash_one(key);
        if let Some(bytes) = ghosts.get(&hash).filter(|bytes| bytes & IS_WANTED == 0) {
            ghosts.insert(hash, bytes | IS_WANTED);
            self.0.wanted_again.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Forgets what is about to be there. Whether it was there of late, or could have been; always where nothing is remembered.
    pub(super) fn forget(&self, key: &impl Hash) -> bool {
        let was_known = |ghosts: &Ghosts| ghosts.remove(&self.0.hasher.hash_one(key)).is_some();
        self.0.ghosts.as_ref().is_none_or(was_known)
    }

    /// Remembers what is not there, and would take so many bytes.
    pub(super) fn remember(&self, key: &impl Hash, bytes: u64) {
        if let Some(ghosts) = &self.0.ghosts {
            ghosts.insert(self.0.hasher.hash_one(key), bytes);
        }
    }
}

impl<K: Hash, V: Weigh> Lifecycle<K, V> for Gone {
    type RequestState = ();

    fn on_evict(&self, (): &mut (), key: K, value: V) {
        self.0.evictions.fetch_add(1, Ordering::Relaxed);
        self.remember(&key, weight(&value));
    }
}

impl Weighter<u64, u64> for GhostWeighing {
    fn weight(&self, _: &u64, bytes: &u64) -> u64 {
        bytes & !IS_WANTED
    }
}
