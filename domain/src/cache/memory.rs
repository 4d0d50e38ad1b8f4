//! One layer's part of this process's memory: things by key, as many as there is room for.
//!
//! The library keeps by S3-FIFO: what is asked for a second time stays before what was asked for once, so that a walk through the
//! whole catalog pushes out nothing that is wanted. Beside it, this remembers by their hashes alone what had to go lately: what is
//! asked for of that would have been there in a larger memory, and `sizing` lives by it.

use std::{
    hash::{BuildHasher as _, Hash},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use foldhash::fast::RandomState;
use quick_cache::{Equivalent, Lifecycle, Weighter, sync::Cache};

/// What keeping anything costs beside itself: its place in a list, its key and its entry in the table.
const OTHER_BYTES: usize = 110;

/// What a thing is taken to have before there is any, to lay out the table.
const LIKELY_BYTES: u64 = 1_000;

/// Of how many costs the average is taken, in which later ones count for more.
const COSTS: u64 = 64;

/// Something that takes memory.
pub trait Weigh {
    /// Bytes that it holds, its own and those of its key included, about.
    fn bytes(&self) -> usize;
}

impl<T: Weigh> Weigh for Arc<T> {
    fn bytes(&self) -> usize {
        T::bytes(self)
    }
}

/// Things by key. What is asked for often stays, what is not goes. Clones share them.
pub struct Memory<K, V>(Arc<Room<K, V>>);

struct Room<K, V> {
    things: Cache<K, V, Weighing, RandomState, Going>,
    going: Going,
    /// Nanoseconds that it costs to do without a thing, of late.
    worth_ns: AtomicU64,
}

/// How full a memory is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    pub entries: u64,
    pub bytes: u64,
    pub capacity_bytes: u64,
    /// Things that had to go for others, since the start.
    pub evictions: u64,
}

impl Extent {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            entries: self.entries + other.entries,
            bytes: self.bytes + other.bytes,
            capacity_bytes: self.capacity_bytes + other.capacity_bytes,
            evictions: self.evictions + other.evictions,
        }
    }
}

#[derive(Clone)]
struct Weighing;

/// What becomes of things that have to go. Clones share it.
#[derive(Clone)]
struct Going(Arc<Gone>);

struct Gone {
    evictions: AtomicU64,
    hasher: RandomState,
    /// The hashes of what went lately, and the bytes that it had; none where nobody wants to know.
    ghosts: Option<Cache<u64, u64, GhostWeighing>>,
    /// How often one of them was asked for.
    wanted_again: AtomicU64,
}

#[derive(Clone)]
struct GhostWeighing;

impl<K: Hash + Eq + Clone, V: Clone + Weigh> Memory<K, V> {
    /// Room for `capacity_bytes`. What had to go is remembered as long as it would fit into `ghost_bytes`.
    pub(super) fn new(capacity_bytes: u64, ghost_bytes: u64) -> Self {
        let going = Going(Arc::new(Gone {
            evictions: AtomicU64::default(),
            hasher: RandomState::default(),
            ghosts: (ghost_bytes > 0).then(|| Cache::with_weighter(items(ghost_bytes), ghost_bytes, GhostWeighing)),
            wanted_again: AtomicU64::default(),
        }));
        let hasher = RandomState::default();
        Self(Arc::new(Room {
            things: Cache::with(items(capacity_bytes), capacity_bytes, Weighing, hasher, going.clone()),
            going,
            worth_ns: AtomicU64::default(),
        }))
    }

    /// What is kept under a key.
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<V> {
        let found = self.0.things.get(key);
        if found.is_none() {
            self.0.going.0.note_wanted(key);
        }
        found
    }

    /// Keeps a thing, in the place of what was there under its key.
    pub fn insert(&self, key: K, value: V) {
        self.0.things.insert(key, value);
    }

    /// Has `see` look at everything.
    pub fn for_each(&self, mut see: impl FnMut(K, V)) {
        self.0.things.iter().for_each(|(key, value)| see(key, value));
    }

    /// Drops what `is_right` says no to. How much that was, about, while others put things in.
    pub fn drop_unless(&self, is_right: impl Fn(&K, &V) -> bool) -> usize {
        // What the library offers for this holds up everybody who asks meanwhile.
        let wrong = self.0.things.iter().filter(|(key, value)| !is_right(key, value));
        wrong.filter(|(key, _)| self.0.things.remove(key).is_some()).count()
    }

    /// Drops everything. How much that was.
    pub fn clear(&self) -> usize {
        let entries = self.0.things.len();
        self.0.things.clear();
        entries
    }

    /// Notes what it cost that so many things were not there.
    pub fn note_cost(&self, cost: Duration, things: usize) {
        let Some(each) = u64::try_from(cost.as_nanos())
            .ok()
            .and_then(|cost| cost.checked_div(things as u64))
        else {
            return;
        };
        // Two at once may leave one out.
        let known = self.0.worth_ns.load(Ordering::Relaxed);
        let worth = if known == 0 {
            each
        } else {
            known - known / COSTS + each / COSTS
        };
        self.0.worth_ns.store(worth.max(1), Ordering::Relaxed);
    }
}

impl<K, V> Clone for Memory<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A memory, whatever is in it, for whoever says how large it is.
pub(super) trait Resizable: Send + Sync {
    fn extent(&self) -> Extent;

    /// Nanoseconds that a larger memory would have saved since this was asked last.
    fn take_loss_ns(&self) -> u64;

    /// Lets things go until what is left fits.
    fn resize(&self, capacity_bytes: u64);
}

impl<K, V> Resizable for Memory<K, V>
where
    K: Hash + Eq + Clone + Send + Sync,
    V: Clone + Weigh + Send + Sync,
{
    fn extent(&self) -> Extent {
        let things = &self.0.things;
        Extent {
            entries: things.len() as u64,
            bytes: things.weight(),
            capacity_bytes: things.capacity(),
            evictions: self.0.going.0.evictions.load(Ordering::Relaxed),
        }
    }

    fn take_loss_ns(&self) -> u64 {
        let wanted_again = self.0.going.0.wanted_again.swap(0, Ordering::Relaxed);
        wanted_again.saturating_mul(self.0.worth_ns.load(Ordering::Relaxed))
    }

    fn resize(&self, capacity_bytes: u64) {
        self.0.things.set_capacity(capacity_bytes);
    }
}

impl Gone {
    /// Notes that something is asked for that is not there.
    fn note_wanted<Q: Hash + ?Sized>(&self, key: &Q) {
        if let Some(ghosts) = &self.ghosts
            && ghosts.remove(&self.hasher.hash_one(key)).is_some()
        {
            self.wanted_again.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<K: Hash, V: Weigh> Lifecycle<K, V> for Going {
    type RequestState = ();

    fn on_evict(&self, (): &mut (), key: K, value: V) {
        self.0.evictions.fetch_add(1, Ordering::Relaxed);
        if let Some(ghosts) = &self.0.ghosts {
            ghosts.insert(self.0.hasher.hash_one(&key), weight(&value));
        }
    }
}

impl<K, V: Weigh> Weighter<K, V> for Weighing {
    fn weight(&self, _: &K, value: &V) -> u64 {
        weight(value)
    }
}

impl Weighter<u64, u64> for GhostWeighing {
    fn weight(&self, _: &u64, bytes: &u64) -> u64 {
        *bytes
    }
}

fn weight(value: &impl Weigh) -> u64 {
    (value.bytes() + OTHER_BYTES) as u64
}

/// How many things may fit.
fn items(bytes: u64) -> usize {
    usize::try_from(bytes / LIKELY_BYTES).unwrap_or(usize::MAX)
}
