//! One read, from layer to layer, and back up.

use std::{sync::Arc, time::Instant};

use foldhash::{HashMap, HashMapExt as _};

use super::{
    Layers, Reading,
    figures::{Layer, Outcome},
    flights::{Boarding, Lead},
    freshness::View,
    resource::{Entry, Erased, Place, Resource},
    timing::Life,
};

/// How often a thing is read again that was old by the time it came. The last time it is taken as it is.
const ROUNDS: usize = 3;

/// What reading some keys came to, for the one who read them and all who waited.
type Brought<R> =
    Result<HashMap<<R as Resource>::Key, Arc<Entry<R>>>, <R as Resource>::Error>;

/// What is known of the answer to a read.
struct Answer<R: Resource> {
    found: HashMap<R::Key, R::Value>,
    /// Keys that have to be asked for further down.
    missing: Vec<R::Key>,
    /// What is right as far as is known, and too old: better than nothing.
    too_old: HashMap<R::Key, Arc<Entry<R>>>,
    /// Keys that somebody should read again, though they are found.
    early: Vec<R::Key>,
}

/// Whether an entry can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Right,
    /// Right, and nearly too old.
    Early,
    /// Right as far as is known, and too old.
    TooOld,
    /// The catalog has changed since.
    Outdated,
}

/// The first layer that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Memory,
    Redis,
    Database,
}

impl Layers {
    pub(super) async fn read<R: Resource>(
        self: &Arc<Self>,
        source: &R::Source,
        reading: &Reading,
        keys: &[R::Key],
    ) -> Result<HashMap<R::Key, R::Value>, R::Error> {
        let mut answer = self.remembered::<R>(reading, keys);
        self.read_early::<R>(source, std::mem::take(&mut answer.early), From::Redis);
        for round in 1..=ROUNDS {
            if answer.missing.is_empty() {
                break;
            }
            let missing = std::mem::take(&mut answer.missing);
            let is_last = round == ROUNDS;
            let Boarding { own, others } = self.flights.board(missing.iter().map(|key| Place::of::<R>(R::lookup(key))));
            let members = |members: &[usize]| members.iter().map(|member| missing[*member].clone()).collect::<Vec<_>>();
            if let Some(lead) = own {
                let keys = members(&lead.members);
                let brought = self.lead::<R>(source, reading, &keys, lead).await;
                self.settle(reading, keys, &brought, is_last, &mut answer)?;
            }
            for wait in others {
                let keys = members(&wait.members);
                match wait.brought().await.and_then(|brought| brought.downcast::<Brought<R>>().ok()) {
                    Some(brought) => self.settle(reading, keys, &brought, is_last, &mut answer)?,
                    None => answer.missing.extend(keys),
                }
            }
        }
        if !answer.missing.is_empty() {
            // Whoever read them was cancelled each time, so nobody else is waited for.
            let keys = std::mem::take(&mut answer.missing);
            let brought = self.fetch::<R>(source, reading, keys.clone(), From::Redis).await;
            self.settle(reading, keys, &brought, true, &mut answer)?;
        }
        Ok(answer.found)
    }

    pub(super) fn peek<R: Resource>(&self, reading: &Reading, key: &R::Lookup) -> Option<R::Value> {
        let entry = self.memory.get::<R>(key)?;
        let now_ms = self.clock.now_ms();
        if self.judge(&self.freshness.view(), reading, &entry, now_ms) != Verdict::Right {
            return None;
        }
        let value = entry.value.clone()?;
        self.saw(reading, entry.stamp);
        self.counts(Layer::Memory).add(Outcome::Hit, 1);
        Some(value)
    }

    /// What memory has of `keys`.
    fn remembered<R: Resource>(&self, reading: &Reading, keys: &[R::Key]) -> Answer<R> {
        let started = Instant::now();
        let mut answer = Answer {
            found: HashMap::with_capacity(keys.len()),
            missing: Vec::new(),
            too_old: HashMap::new(),
            early: Vec::new(),
        };
        let now_ms = self.clock.now_ms();
        let can_be_asked = !self.following.is_lost();
        let (mut hits, mut misses, mut outdated, mut stale) = (0, 0, 0, 0);
        let view = self.freshness.view();
        for key in keys {
            let Some(entry) = self.memory.get::<R>(R::lookup(key)) else {
                misses += 1;
                answer.missing.push(key.clone());
                continue;
            };
            match self.judge(&view, reading, &entry, now_ms) {
                verdict @ (Verdict::Right | Verdict::Early) => {
                    hits += 1;
                    if verdict == Verdict::Early {
                        answer.early.push(key.clone());
                    }
                    answer.take(&entry);
                    self.saw_in(&view, reading, entry.stamp);
                }
                Verdict::TooOld if can_be_asked => {
                    outdated += 1;
                    answer.missing.push(key.clone());
                    answer.too_old.insert(key.clone(), entry);
                }
                Verdict::TooOld => {
                    stale += 1;
                    answer.take(&entry);
                }
                Verdict::Outdated => {
                    outdated += 1;
                    answer.missing.push(key.clone());
                }
            }
        }
        drop(view);
        let counts = self.counts(Layer::Memory);
        for (outcome, count) in [
            (Outcome::Hit, hits),
            (Outcome::Miss, misses),
            (Outcome::Outdated, outdated),
            (Outcome::Stale, stale),
        ] {
            counts.add(outcome, count);
        }
        counts.took(started.elapsed());
        answer
    }

    /// Reads what nobody else is reading, and tells those who wait.
    async fn lead<R: Resource>(
        self: &Arc<Self>,
        source: &R::Source,
        reading: &Reading,
        keys: &[R::Key],
        lead: Lead<'_>,
    ) -> Arc<Brought<R>> {
        let brought = Arc::new(self.fetch::<R>(source, reading, keys.to_vec(), From::Memory).await);
        lead.land(Arc::clone(&brought) as Erased);
        brought
    }

    /// Takes what was brought for `keys` into the answer, as far as it can be shown.
    fn settle<R: Resource>(
        &self,
        reading: &Reading,
        keys: Vec<R::Key>,
        brought: &Brought<R>,
        is_last: bool,
        answer: &mut Answer<R>,
    ) -> Result<(), R::Error> {
        let entries = match brought {
            Ok(entries) => entries,
            Err(error) => return self.make_do(keys, error, answer),
        };
        let view = self.freshness.view();
        for key in keys {
            let entry = entries.get(&key);
            let is_right = |entry: &Entry<R>| {
                is_last || view.is_fresh(entry.stamp, R::depends_on(R::lookup(&key)), reading.at_least())
            };
            match entry.filter(|entry| is_right(entry)) {
                Some(entry) => {
                    self.saw_in(&view, reading, entry.stamp);
                    answer.take(entry);
                }
                None => answer.missing.push(key),
            }
        }
        Ok(())
    }

    /// Shows what is too old, where all of it is there.
    fn make_do<R: Resource>(
        &self,
        keys: Vec<R::Key>,
        error: &R::Error,
        answer: &mut Answer<R>,
    ) -> Result<(), R::Error> {
        if !keys.iter().all(|key| answer.too_old.contains_key(key)) {
            return Err(error.clone());
        }
        tracing::warn!(%error, kind = R::KIND.name, "what is too old is shown, for it cannot be read again");
        self.counts(Layer::Memory).add(Outcome::Stale, keys.len());
        for key in keys {
            if let Some(entry) = answer.too_old.remove(&key) {
                answer.take(&entry);
            }
        }
        Ok(())
    }

    /// Reads `keys` from the layers below, and fills those above.
    async fn fetch<R: Resource>(
        self: &Arc<Self>,
        source: &R::Source,
        reading: &Reading,
        keys: Vec<R::Key>,
        from: From,
    ) -> Brought<R> {
        let mut entries = HashMap::with_capacity(keys.len());
        let mut missing = keys;
        if from == From::Memory {
            // Another may have read them between a look into memory and the right to read.
            let again = |key: &R::Key| self.memory.get::<R>(R::lookup(key));
            missing = self.keep_right(reading, missing, again, &mut entries);
        }
        if let Some(shared) = self.shared().filter(|_| from != From::Database && !missing.is_empty()) {
            let there = shared.get::<R>(&missing).await;
            missing = self.take_shared(source, reading, missing, there, &mut entries);
            if !missing.is_empty() && !shared.is_first::<R>(&missing).await {
                let is_right = |entry: &Entry<R>| {
                    let dependency = R::depends_on(R::lookup(&entry.key));
                    self.freshness.view().is_fresh(entry.stamp, dependency, reading.at_least())
                };
                let there = shared.await_others::<R>(&missing, is_right).await;
                missing = self.take_shared(source, reading, missing, there, &mut entries);
            }
        }
        if !missing.is_empty() {
            self.load::<R>(source, reading, missing, &mut entries).await?;
        }
        Ok(entries)
    }

    /// Takes what Redis had and is right. The keys of which it had nothing.
    fn take_shared<R: Resource>(
        self: &Arc<Self>,
        source: &R::Source,
        reading: &Reading,
        keys: Vec<R::Key>,
        there: Vec<Option<Entry<R>>>,
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
                matches!(self.judge(&view, reading, entry, now_ms), Verdict::Right | Verdict::Early)
            });
            match entry {
                Some(entry) => {
                    self.memory.keep(&entry);
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
        let cost = started.elapsed();
        counts.took(cost);
        metrics::histogram!("cache_load_duration_seconds", "kind" => R::KIND.name).record(cost);
        let mut loaded = loaded.inspect_err(|_| counts.add(Outcome::Failed, keys.len()))?;
        counts.add(Outcome::Done, keys.len());
        self.saw(reading, loaded.stamp);
        let now_ms = self.clock.now_ms();
        let mut for_redis = Vec::with_capacity(keys.len());
        for key in keys {
            let value = loaded.found.remove(&key);
            let ttl = R::ttl(&self.config.ttls, value.is_some());
            let life = Life::new(now_ms, self.chance.about(ttl), cost);
            let entry = Arc::new(Entry::<R> {
                key: key.clone(),
                value: value.clone(),
                stamp: loaded.stamp,
                life: life.within(now_ms, self.memory_ttl()),
            });
            self.memory.keep(&entry);
            entries.insert(key.clone(), entry);
            for_redis.push(Arc::new(Entry::<R> {
                key,
                value,
                stamp: loaded.stamp,
                life,
            }));
        }
        if let Some(shared) = self.shared() {
            shared.put(for_redis, now_ms);
        }
        Ok(())
    }

    /// Reads keys again in the background, those that nobody is reading.
    fn read_early<R: Resource>(self: &Arc<Self>, source: &R::Source, keys: Vec<R::Key>, from: From) {
        if keys.is_empty() {
            return;
        }
        let (layers, source) = (Arc::clone(self), R::in_background(source));
        tokio::spawn(async move {
            let Boarding { own, .. } = layers.flights.board(keys.iter().map(|key| Place::of::<R>(R::lookup(key))));
            let Some(lead) = own else { return };
            let keys = lead.members.iter().map(|member| keys[*member].clone()).collect();
            let brought: Brought<R> = layers.fetch::<R>(&source, &Reading::default(), keys, from).await;
            lead.land(Arc::new(brought) as Erased);
        });
    }

    fn judge<R: Resource>(&self, view: &View<'_>, reading: &Reading, entry: &Entry<R>, now_ms: i64) -> Verdict {
        if !view.is_fresh(entry.stamp, R::depends_on(R::lookup(&entry.key)), reading.at_least()) {
            return Verdict::Outdated;
        }
        let left_ms = entry.life.left_ms(now_ms);
        let stale_ms = i64::try_from(self.config.stale.as_millis()).unwrap_or(i64::MAX);
        if self.following.is_lost() && now_ms - self.following.last_ms() > stale_ms {
            // Nobody knows what has become of it.
            return Verdict::Outdated;
        }
        match left_ms {
            1.. if entry.life.is_nearly_over(now_ms, &self.chance) => Verdict::Early,
            1.. => Verdict::Right,
            _ if left_ms > -stale_ms => Verdict::TooOld,
            _ => Verdict::Outdated,
        }
    }

    fn memory_ttl(&self) -> std::time::Duration {
        self.chance.about(self.config.memory_ttl)
    }

    /// Somebody was shown a thing of a generation. Where that is newer than all that is known, it is time to ask for changes.
    fn saw(&self, reading: &Reading, generation: i64) {
        self.saw_in(&self.freshness.view(), reading, generation);
    }

    fn saw_in(&self, view: &View<'_>, reading: &Reading, generation: i64) {
        if view.generation().is_none_or(|known| known < generation) {
            reading.saw(generation);
            self.following.wake.notify_one();
        }
    }
}

impl<R: Resource> Answer<R> {
    fn take(&mut self, entry: &Entry<R>) {
        if let Some(value) = &entry.value {
            self.found.insert(entry.key.clone(), value.clone());
        }
    }
}
