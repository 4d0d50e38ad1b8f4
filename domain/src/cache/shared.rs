//! The layer that instances share, in Redis. It may be away at any time: what cannot be asked is not there.

use std::{sync::Arc, time::Duration};

use ::redis::cmd;
use tokio::{
    sync::Semaphore,
    time::{Instant, MissedTickBehavior, interval, timeout_at},
};

use super::{
    encoding,
    figures::{Counts, Outcome},
    resource::{Entry, Resource},
};
use crate::redis::Redis;

/// Fills that are under way at once. More are left out: a Redis that is slow must not fill the memory with what waits for it.
const MOST_FILLS: usize = 64;

/// How long others leave it to the instance that was first to miss something, before they may be the first.
const LEASE_MS: u64 = 100;

/// How often those others look.
const LOOK: Duration = Duration::from_millis(2);

pub(super) struct Shared {
    pub(super) redis: Redis,
    /// What all keys begin with: the catalog's own.
    namespace: String,
    fills: Arc<Semaphore>,
    counts: Arc<Counts>,
}

impl Shared {
    pub(super) fn new(redis: Redis, namespace: String, counts: Arc<Counts>) -> Self {
        Self {
            redis,
            namespace,
            fills: Arc::new(Semaphore::new(MOST_FILLS)),
            counts,
        }
    }

    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// What is there of `keys`, right or not, in their order. One question for all of them.
    pub(super) async fn get<R: Resource>(&self, keys: &[R::Key]) -> Vec<Option<Entry<R>>> {
        let names: Vec<String> = keys.iter().map(|key| self.name::<R>(R::lookup(key))).collect();
        let started = Instant::now();
        let Ok(values) = self.redis.get_many(&names).await else {
            self.counts.add(Outcome::Failed, keys.len());
            return keys.iter().map(|_| None).collect();
        };
        self.counts.took(started.elapsed());
        let mut values = values.into_iter();
        let read = |(key, name): (&R::Key, &String)| {
            let value = values.next().flatten()?;
            let entry = encoding::decode::<R>(key, &value, name);
            if entry.is_none() {
                self.counts.add(Outcome::Failed, 1);
            }
            entry
        };
        keys.iter().zip(&names).map(read).collect()
    }

    /// Whether this instance is the first to miss any of `keys`, and so the one to read them; so it is where nobody knows.
    pub(super) async fn is_first<R: Resource>(&self, keys: &[R::Key]) -> bool {
        let lease = |key: &R::Key| {
            let mut lease = cmd("SET");
            lease.arg(self.lease::<R>(R::lookup(key))).arg(1);
            lease.arg("NX").arg("PX").arg(LEASE_MS);
            lease
        };
        match self.redis.each(keys.iter().map(lease).collect()).await {
            // A lease that could not be taken is not known to be anybody's.
            Ok(taken) => taken.iter().any(|taken| *taken != Some(false)),
            Err(_) => true,
        }
    }

    /// Waits for another instance to have read all of `keys`, no longer than Redis may take for anything. What is there then.
    pub(super) async fn await_others<R: Resource>(
        &self,
        keys: &[R::Key],
        is_right: impl Fn(&Entry<R>) -> bool,
    ) -> Vec<Option<Entry<R>>> {
        let end = Instant::now() + self.redis.timeout();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        looks.tick().await;
        let mut there: Vec<Option<Entry<R>>> = keys.iter().map(|_| None).collect();
        while timeout_at(end, looks.tick()).await.is_ok() {
            let Ok(found) = timeout_at(end, self.get::<R>(keys)).await else {
                break;
            };
            there = found;
            if there.iter().flatten().filter(|entry| is_right(entry)).count() == keys.len() {
                break;
            }
        }
        there
    }

    /// Writes what was read, in the background, and lets others read again the `keys` that this instance was the first to miss.
    pub(super) fn put<R: Resource>(self: &Arc<Self>, keys: &[R::Key], entries: Vec<Arc<Entry<R>>>, now_ms: i64) {
        let Ok(place) = Arc::clone(&self.fills).try_acquire_owned() else {
            return;
        };
        let release = |key: &R::Key| {
            let mut release = cmd("DEL");
            release.arg(self.lease::<R>(R::lookup(key)));
            release
        };
        let releases: Vec<_> = keys.iter().map(release).collect();
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let _place = place;
            let mut commands = Vec::with_capacity(entries.len() + releases.len());
            for entry in &entries {
                let name = shared.name::<R>(R::lookup(&entry.key));
                if let Some(value) = encoding::encode(entry, &name) {
                    let mut set = cmd("SET");
                    set.arg(name).arg(value);
                    set.arg("PX").arg(entry.life.left_ms(now_ms).max(1));
                    commands.push(set);
                }
            }
            let written = commands.len();
            commands.extend(releases);
            let refused = match shared.redis.each(commands).await {
                Ok(done) => done.iter().take(written).filter(|done| done.is_none()).count(),
                Err(_) => entries.len(),
            };
            shared.counts.add(Outcome::Done, entries.len() - refused);
            shared.counts.add(Outcome::Failed, refused);
        });
    }

    fn name<R: Resource>(&self, key: &R::Lookup) -> String {
        let kind = R::KIND;
        format!("{}:{}:{}:{}", self.namespace, kind.name, R::text(key), kind.encoding)
    }

    fn lease<R: Resource>(&self, key: &R::Lookup) -> String {
        format!("{}:{}:{}:lease", self.namespace, R::KIND.name, R::text(key))
    }
}
