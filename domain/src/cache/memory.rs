//! One layer's part of this process's memory: things by key, as many as there is room for.
//!
//! The library keeps by S3-FIFO: what is asked for a second time stays before what was asked for once, so that a walk through the
//! whole catalog pushes out nothing that is wanted. What had to go lately is remembered by its hash alone (`gone`), and
//! `sizing` lives by that.

mod gone;

use std::{
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use foldhash::fast::RandomState;
use quick_cache::{Equivalent, Weighter, sync::Cache};

use self::gone::Gone;

/// What keeping anything costs beside itself: its place in a list, its key and its entry in the table.
const OTHER_BYTES: usize = 110;

/// What a thing is taken to have before there is any, to lay out the table.
const LIKELY_BYTES: u64 = 1_000;

/// A memory is full that has less than one part of so many left.
const SPARE: u64 = 16;

/// A thing is heavy that takes the room of more halves than this of what is kept on average: half of the catalog's bytes are a twentieth
/// of its icons.
const HEAVY_HALVES: u64 = 3;

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
    things: Cache<K, V, Weighing, RandomState, Gone>,
    gone: Gone,
    /// Nanoseconds that it costs to do without a thing, of late.
    worth_ns: AtomicU64,
}

/// How full a memory is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
            entries: self.entries.saturating_add(other.entries),
            bytes: self.bytes.saturating_add(other.bytes),
            capacity_bytes: self.capacity_bytes.saturating_add(other.capacity_bytes),
            evictions: self.evictions.saturating_add(other.evictions),
        }
    }
}

#[derive(Clone)]
struct Weighing;

impl<K: Hash + Eq + Clone, V: Clone + Weigh> Memory<K, V> {
    /// Room for `capacity_bytes`. What had to go is remembered as long as it would fit into `ghost_bytes`.
    pub(super) fn new(capacity_bytes: u64, ghost_bytes: u64) -> Self {
        let (gone, hasher) = (Gone::new(ghost_bytes), RandomState::default());
        Self(Arc::new(Room {
            things: Cache::with(items(capacity_bytes), capacity_bytes, Weighing, hasher, gone.clone()),
            gone,
            worth_ns: AtomicU64::default(),
        }))
    }

    /// What is kept under a key.
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<V> {
        let found = self.0.things.get(key);
        if found.is_none() {
            self.0.gone.note_wanted(key);
        }
        found
    }

    /// Keeps a thing, in the place of what was there under its key.
    pub fn insert(&self, key: K, value: V) {
        self.0.gone.forget(&key);
        self.0.things.insert(key, value);
    }

    /// Keeps a thing like [`Self::insert`]. A heavy one that is not there yet is offered: many others that are asked for as often would
    /// have to go for it.
    pub fn keep(&self, key: K, value: V) {
        if self.is_heavy(weight(&value)) && self.0.things.peek(&key).is_none() {
            self.offer(key, value);
        } else {
            self.insert(key, value);
        }
    }

    /// Keeps a thing that can be done without, if there is room for it, or if it was here or offered of late: in a full memory, what
    /// is asked for once would only push out what is asked for again.
    pub fn offer(&self, key: K, value: V) {
        let bytes = weight(&value);
        if self.0.gone.forget(&key) || self.has_room_for(bytes) {
            self.0.things.insert(key, value);
        } else {
            self.0.gone.remember(&key, bytes);
        }
    }

    /// Whether it takes the room of several others.
    fn is_heavy(&self, bytes: u64) -> bool {
        let things = &self.0.things;
        self.0.gone.evictions() > 0 && things.len() as u64 * bytes * 2 > things.weight() * HEAVY_HALVES
    }

    fn has_room_for(&self, bytes: u64) -> bool {
        let things = &self.0.things;
        // Looking at how full it is takes a while, and nothing has to go before it is. Its parts are not filled to the last byte.
        self.0.gone.evictions() == 0 || things.weight() + bytes <= things.capacity() - things.capacity() / SPARE
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
            evictions: self.0.gone.evictions(),
        }
    }

    fn take_loss_ns(&self) -> u64 {
        let wanted_again = self.0.gone.take_wanted_again();
        wanted_again.saturating_mul(self.0.worth_ns.load(Ordering::Relaxed))
    }

    fn resize(&self, capacity_bytes: u64) {
        self.0.things.set_capacity(capacity_bytes);
    }
}

impl<K, V: Weigh> Weighter<K, V> for Weighing {
    fn weight(&self, _: &K, value: &V) -> u64 {
        weight(value)
    }
}

fn weight(value: &impl Weigh) -> u64 {
    (value.bytes() + OTHER_BYTES) as u64
}

/// How many things may fit.
fn items(bytes: u64) -> usize {
    usize::try_from(bytes / LIKELY_BYTES).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Memory, OTHER_BYTES, Resizable as _, Weigh};

    #[derive(Clone)]
    struct Thing;

    impl Weigh for Thing {
        fn bytes(&self) -> usize {
            1_000 - OTHER_BYTES
        }
    }

    /// A memory for 1,000 things in which so many of the first numbers are, each of which is asked for.
    fn memory_with(numbers: u32) -> Memory<u32, Thing> {
        let memory = Memory::new(1_000_000, 1_000_000);
        for number in 0..numbers {
            memory.insert(number, Thing);
            assert!(memory.get(&number).is_some());
        }
        memory
    }

    #[test]
    fn what_is_offered_is_kept_while_there_is_room() {
        let memory = memory_with(0);
        memory.offer(1, Thing);
        assert!(memory.get(&1).is_some());
        // Once something had to go, and there is room again.
        let memory = memory_with(2_000);
        memory.clear();
        memory.offer(1, Thing);
        assert!(memory.get(&1).is_some() && memory.extent().evictions > 0);
    }

    #[test]
    fn what_is_offered_once_pushes_nothing_out() {
        let memory = memory_with(2_000);
        let evictions = memory.extent().evictions;
        for number in 10_000..11_000 {
            memory.offer(number, Thing);
            assert!(memory.get(&number).is_none());
        }
        assert_eq!(memory.extent().evictions, evictions);
        // And is kept when it is offered again, of late.
        memory.offer(10_900, Thing);
        assert!(memory.get(&10_900).is_some());
    }

    #[test]
    fn what_is_heavy_has_to_come_twice_into_a_full_memory() {
        let memory = Memory::new(1_000_000, 1_000_000);
        let heavy = Bytes(2_000);
        memory.keep(1, heavy);
        assert!(memory.get(&1).is_some(), "there is room");
        for number in 10..2_000 {
            memory.keep(number, Bytes(1_000));
            assert!(memory.get(&number).is_some(), "as heavy as all others");
        }
        let weight = |number| memory.get(&number).map(|thing: Bytes| thing.0);
        memory.keep(2, heavy);
        assert_eq!(weight(2), None);
        memory.keep(2, heavy);
        assert_eq!(weight(2), Some(2_000));
        // What is there is replaced.
        memory.keep(2, Bytes(3_000));
        assert_eq!(weight(2), Some(3_000));
    }

    /// With what keeping it costs.
    #[derive(Debug, Clone, Copy)]
    struct Bytes(usize);

    impl Weigh for Bytes {
        fn bytes(&self) -> usize {
            self.0 - OTHER_BYTES
        }
    }

    #[test]
    fn what_is_asked_for_again_would_have_been_in_a_larger_memory_once() {
        let memory = memory_with(2_000);
        memory.note_cost(std::time::Duration::from_nanos(7), 1);
        memory.take_loss_ns();
        memory.offer(10_000, Thing);
        for _ in 0..3 {
            assert!(memory.get(&10_000).is_none());
        }
        assert_eq!(memory.take_loss_ns(), 7);
    }
}
