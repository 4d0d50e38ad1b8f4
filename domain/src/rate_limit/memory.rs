//! The buckets that this instance knows of: so many that memory is bounded, and the fullest go first.

use std::{
    collections::HashMap,
    hash::BuildHasher as _,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use foldhash::quality::RandomState;

use super::{
    Clock,
    bucket::{Bucket, Level, Rate},
};
use crate::access::Client;

/// Parts with a lock of their own.
const SHARDS: usize = 16;
/// Clients in each part: about 5 MB in all.
const CLIENTS_OF_SHARD: usize = 4096;

pub(super) struct Memory {
    rate: Rate,
    clock: Clock,
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

type Shard = HashMap<Client, Bucket, RandomState>;

impl Memory {
    pub(super) fn new(rate: Rate, clock: Clock) -> Self {
        Self {
            rate,
            clock,
            hasher: RandomState::default(),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }

    /// Takes `cost` where there is enough.
    pub(super) fn take(&self, client: Client, cost: u32) -> Level {
        let now = (self.clock)();
        let mut shard = self.shard(client);
        let mut bucket = shard.get(&client).copied().unwrap_or_default();
        let level = bucket.take(self.rate, now, cost);
        self.put(&mut shard, client, bucket, now);
        level
    }

    /// How a client's bucket stands for a request of `cost`, without taking it.
    pub(super) fn look(&self, client: Client, cost: u32) -> Level {
        let bucket = self.shard(client).get(&client).copied().unwrap_or_default();
        bucket.look(self.rate, (self.clock)(), cost)
    }

    /// Is told that a client spent `cost` here, and how much it has spent on all instances. A Redis that has forgotten does
    /// not make this forget.
    pub(super) fn learn(&self, client: Client, cost: u32, spent: f64) {
        let now = (self.clock)();
        let mut shard = self.shard(client);
        let mut bucket = shard.get(&client).copied().unwrap_or_default();
        let known = bucket.spent(self.rate, now) + f64::from(cost);
        bucket.set(known.max(spent), now);
        self.put(&mut shard, client, bucket, now);
    }

    fn put(&self, shard: &mut Shard, client: Client, bucket: Bucket, now: Duration) {
        if shard.len() >= CLIENTS_OF_SHARD && !shard.contains_key(&client) {
            make_room(shard, self.rate, now);
        }
        shard.insert(client, bucket);
    }

    fn shard(&self, client: Client) -> MutexGuard<'_, Shard> {
        let hash = self.hasher.hash_one(client);
        let shard = &self.shards[usize::try_from(hash % SHARDS as u64).expect("fewer shards than that")];
        // Nothing panics while it holds a part, and what it holds is whole at every moment.
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the half of the clients that have spent least. One that is full is as one that was never seen; and who has
/// spent much is not forgotten before as many others have spent more.
fn make_room(shard: &mut Shard, rate: Rate, now: Duration) {
    let mut spent: Vec<f64> = shard.values().map(|bucket| bucket.spent(rate, now)).collect();
    let half = spent.len() / 2;
    let (_, median, _) = spent.select_nth_unstable_by(half, f64::total_cmp);
    let median = *median;
    let mut to_forget = half;
    shard.retain(|_, bucket| {
        let is_kept = bucket.spent(rate, now) > median || to_forget == 0;
        to_forget -= usize::from(!is_kept);
        is_kept
    });
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv6Addr, sync::Arc, time::Duration};

    use super::{CLIENTS_OF_SHARD, Memory, SHARDS};
    use crate::{access::Client, rate_limit::bucket::Rate};

    fn network(number: u32) -> Client {
        Client::at(Ipv6Addr::from((0x2001_0db8_u128 << 96) | (u128::from(number) << 64)).into())
    }

    #[test]
    fn memory_is_bounded_and_who_has_spent_much_is_not_forgotten() {
        let memory = Memory::new(Rate::per_minute(100), Arc::new(|| Duration::from_secs(1)));
        let abuser = network(u32::MAX);
        assert!(memory.take(abuser, 100).is_admitted);
        for number in 0..200_000 {
            assert!(memory.take(network(number), 1).is_admitted, "{number}");
        }
        assert!(!memory.take(abuser, 1).is_admitted, "the abuser has a fresh bucket");
        let clients: usize = memory
            .shards
            .iter()
            .map(|shard| shard.lock().expect("whole").len())
            .sum();
        assert!(clients <= SHARDS * CLIENTS_OF_SHARD, "{clients}");
    }

    #[test]
    fn what_is_learnt_counts_and_never_gives_back() {
        let memory = Memory::new(Rate::per_minute(100), Arc::new(|| Duration::ZERO));
        memory.take(network(1), 10);
        memory.learn(network(1), 5, 90.0);
        assert!(memory.look(network(1), 10).is_admitted);
        assert!(!memory.look(network(1), 11).is_admitted);
        memory.learn(network(1), 5, 5.0);
        assert!(memory.look(network(1), 5).is_admitted);
        assert!(!memory.look(network(1), 6).is_admitted);
    }
}
