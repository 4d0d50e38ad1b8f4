//! The way down from memory: Redis, then the database; and back up, filling each layer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32},
    },
    time::Instant,
};

use foldhash::{HashMap, HashMapExt as _};

use super::{
    Layers, Reading,
    figures::{Layer, Outcome},
    flights::Boarding,
    read::{Brought, Verdict},
    resource::{Entry, Erased, Place, Resource},
    timing::Life,
};

/// The first layer that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Memory,
    Redis,
    Database,
}

impl Layers {
    /// Reads `keys` from the layers below, and fills those above.
    pub(super) async fn fetch<R: Resource>(
        self: &Arc<Self>,
        source: &R::Source,
        reading: &Reading,
        keys: Vec<R::Key>,
        from: From,
    ) -> Brought<R> {
        let (started, wanted) = (Instant::now(), keys.len());
        let mut entries = HashMap::with_capacity(wanted);
        let mut missing = keys;
        if from == From::Memory {
            // Another may have read them between a look into memory and the right to read.
            let again = |key: &R::Key| self.entities.get::<R>(R::lookup(key));
            missing = self.keep_right(reading, missing, again, &mut entries);
        }
        if let Some(shared) = self.shared().filter(|_| from != From::Database && !missing.is_empty()) {
            let mut there = shared.get::<R>(&missing).await;
            if from == From::Redis {
                // Somebody is reading in the background, and has the time to read it where it comes from.
                let now_ms = self.clock.now_ms();
                let is_early = |entry: &mut Entry<R>| entry.life.is_nearly_over(now_ms, &self.chance);
                for entry in &mut there {
                    entry.take_if(is_early);
                }
            }
            missing = self.take_shared(source, reading, (missing, there), &mut entries);
            if !missing.is_empty() && !shared.is_first::<R>(&missing).await {
                let is_right = |entry: &Entry<R>| {
                    let dependency = R::depends_on(R::lookup(&entry.key));
                    self.freshness
                        .view()
                        .is_fresh(entry.stamp, dependency, reading.at_least())
                };
                let there = shared.await_others::<R>(&missing, is_right).await;
                missing = self.take_shared(source, reading, (missing, there), &mut entries);
            }
        }
        if !missing.is_empty() {
            // What is read in the background is missed by nobody.
            if from == From::Memory {
                self.popular.loading::<R>(&missing);
            }
            self.load::<R>(source, reading, missing, &mut entries).await?;
        }
        self.entities.note_cost(started.elapsed(), wanted);
        Ok(entries)
    }

    /// Takes what Redis had and is right. The keys of which it had nothing.
    fn take_shared<R: Resource>(
        self: &Arc<Self>,
        source: &R::Source,
        reading: &Reading,
        (keys, there): (Vec<R::Key>, Vec<Option<Entry<R>>>),
        entries: &mut HashMap<R::Key, Arc<Entry<R>>>,
    ) -> Vec<R::Key> {
        let (asked, now_ms) = (keys.len(), self.clock.now_ms());
        let outdated = there.iter().flatten().count();
        let mut early = Vec::new();
        let mut there: HashMap<R::Key, Arc<Entry<R>>> = there
            .into_iter()
            .flatten()
            .map(|entry| {
                if entry.life.is_nearly_over(now_ms, &self.chance) {
                    early.push(entry.key.clone());
                }
                let kept = Entry {
                    life: entry.life.within(now_ms, self.memory_ttl()),
                    ..entry
                };
                (kept.key.clone(), Arc::new(kept))
            })
            .collect();
        let missing = self.keep_right(reading, keys, |key| there.remove(key), entries);
        let hits = asked - missing.len();
        let counts = self.counts(Layer::Redis);
        counts.add(Outcome::Hit, hits);
        counts.add(Outcome::Outdated, outdated - hits);
        counts.add(Outcome::Miss, missing.len() - (outdated - hits));
        early.retain(|key| entries.contains_key(key));
        self.read_early::<R>(source, early, From::Database);
        missing
    }

    /// Takes from `there` what is right, into memory too. The other keys.
    fn keep_right<R: Resource>(
        &self,
        reading: &Reading,
        keys: Vec<R::Key>,
        mut there: impl FnMut(&R::Key) -> Option<Arc<Entry<R>>>,
        entries: &mut HashMap<R::Key, Arc<Entry<R>>>,
    ) -> Vec<R::Key> {
        let (view, now_ms) = (self.freshness.view(), self.clock.now_ms());
        let mut others = Vec::new();
        for key in keys {
            let entry = there(&key).filter(|entry| {
                matches!(
                    self.judge(&view, reading, entry, now_ms),
                    Verdict::Right | Verdict::Early
                )
            });
            match entry {
                Some(entry) => {
                    self.learn_facts(&entry);
                    self.popular.mark(&entry);
                    self.entities.keep(&entry);
                    entries.insert(key, entry);
                }
                None => others.push(key),
            }
        }
        others
    }

    /// Reads `keys` by one statement, and fills both layers.
    async fn load<R: Resource>(
        &self,
        source: &R::Source,
        reading: &Reading,
        keys: Vec<R::Key>,
        entries: &mut HashMap<R::Key, Arc<Entry<R>>>,
    ) -> Result<(), R::Error> {
        let (counts, started) = (self.counts(Layer::Database), Instant::now());
        let loaded = R::load(source, keys.clone()).await;
        reading.loaded();
        let cost = started.elapsed();
        counts.took(cost);
        metrics::histogram!("cache_load_duration_seconds", "kind" => R::KIND.name).record(cost);
        let mut loaded = loaded.inspect_err(|_| counts.add(Outcome::Failed, keys.len()))?;
        counts.add(Outcome::Done, keys.len());
        self.saw(reading, loaded.stamp);
        let now_ms = self.clock.now_ms();
        let mut for_redis = Vec::with_capacity(keys.len());
        let view = self.freshness.view();
        for key in &keys {
            let value = loaded.found.remove(key);
            let ttl = R::ttl(&self.config.ttls, value.is_some());
            let life = Life::new(now_ms, self.chance.about(ttl), cost);
            let entry = Arc::new(Entry::<R> {
                key: key.clone(),
                value: value.clone(),
                stamp: loaded.stamp,
                life: life.within(now_ms, self.memory_ttl()),
                asked: AtomicU32::default(),
                is_popular: AtomicBool::default(),
            });
            self.learn_facts(&entry);
            // What has changed while it was read is for whoever asked before that, and not to be kept. Before anything is known of
            // changes, those who find it in Redis know.
            let is_known = view.generation().is_some();
            if !is_known || view.is_fresh(loaded.stamp, R::depends_on(R::lookup(key)), 0) {
                self.popular.mark(&entry);
                self.entities.keep(&entry);
                for_redis.push(Arc::new(Entry::<R> {
                    key: key.clone(),
                    value,
                    stamp: loaded.stamp,
                    life,
                    asked: AtomicU32::default(),
                    is_popular: AtomicBool::default(),
                }));
            }
            entries.insert(key.clone(), entry);
        }
        drop(view);
        if let Some(shared) = self.shared() {
            shared.put(&keys, for_redis, now_ms);
        }
        Ok(())
    }

    /// Reads keys again in the background, those that nobody is reading.
    pub(super) fn read_early<R: Resource>(self: &Arc<Self>, source: &R::Source, keys: Vec<R::Key>, from: From) {
        if keys.is_empty() {
            return;
        }
        let (layers, source) = (Arc::clone(self), R::in_background(source));
        tokio::spawn(async move {
            let board = || {
                layers
                    .flights
                    .board(keys.iter().map(|key| Place::of::<R>(R::lookup(key))))
            };
            let Boarding { mut own, others } = board();
            if own.is_none() {
                // Perhaps that is whoever thought that it is time, still on the way up.
                for wait in others {
                    wait.brought().await;
                }
                own = board().own;
            }
            let Some(lead) = own else { return };
            let keys = lead.members.iter().map(|member| keys[*member].clone());
            let keys = keys.filter(|key| from == From::Database || !layers.is_renewed::<R>(key));
            let brought: Brought<R> = layers
                .fetch::<R>(&source, &Reading::default(), keys.collect(), from)
                .await;
            lead.land(Arc::new(brought) as Erased);
        });
    }

    fn learn_facts<R: Resource>(&self, entry: &Entry<R>) {
        if let Some(hash) = entry.value.as_ref().and_then(R::facts) {
            let number = R::number(R::lookup(&entry.key));
            self.freshness.learn_facts(number, entry.stamp, hash);
        }
    }

    /// Whether somebody else has read it again since it was nearly over.
    fn is_renewed<R: Resource>(&self, key: &R::Key) -> bool {
        let entry = self.entities.get::<R>(R::lookup(key));
        let now_ms = self.clock.now_ms();
        entry.is_some_and(|entry| entry.life.left_ms(now_ms) * 2 > i64::from(entry.life.ttl_ms))
    }

    fn memory_ttl(&self) -> std::time::Duration {
        self.chance.about(self.config.memory_ttl)
    }
}
