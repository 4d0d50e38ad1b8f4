//! One read: what memory has, what others are reading, and whether what came can be shown.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use super::{
    Layers, Reading,
    figures::{Layer, Outcome},
    fill::From,
    flights::{Boarding, Lead},
    freshness::View,
    resource::{Entry, Erased, Place, Resource},
};

/// How often a thing is read again that was old by the time it came. The last time it is taken as it is.
const ROUNDS: usize = 3;

/// What reading some keys came to, for the one who read them and all who waited.
pub(super) type Brought<R> = Result<HashMap<<R as Resource>::Key, Arc<Entry<R>>>, <R as Resource>::Error>;

/// What is known of the answer to a read.
struct Answer<R: Resource> {
    found: HashMap<R::Key, Arc<Entry<R>>>,
    /// All that was found was right in this generation; none where it was not looked at in one step.
    right_up_to: Option<i64>,
    /// What comes now is taken as it is.
    is_last: bool,
    /// Keys that have to be asked for further down.
    missing: Vec<R::Key>,
    /// What is right as far as is known, and too old: better than nothing.
    too_old: HashMap<R::Key, Arc<Entry<R>>>,
    /// Keys that somebody should read again, though they are found.
    early: Vec<R::Key>,
}

/// Whether an entry can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Right,
    /// Right, and nearly too old.
    Early,
    /// Right as far as is known, and too old.
    TooOld,
    /// The catalog has changed since.
    Outdated,
}

impl Layers {
    pub(super) async fn read<R: Resource>(
        self: &Arc<Self>,
        source: &R::Source,
        reading: &Reading,
        keys: &[R::Key],
    ) -> Result<HashMap<R::Key, R::Value>, R::Error> {
        // Also of one who forgets, all that is read at once is of one time.
        let reading = &reading.or_of_request();
        let mut answer = self.remembered::<R>(reading, keys);
        // Who asks for something twice would wait for themselves to bring it.
        let mut asked = HashSet::with_capacity(answer.missing.len());
        answer.missing.retain(|key| asked.insert(key.clone()));
        self.read_early::<R>(source, std::mem::take(&mut answer.early), From::Redis);
        for round in 1..=ROUNDS {
            self.leave_behind(reading, &mut answer);
            if answer.missing.is_empty() {
                break;
            }
            let missing = std::mem::take(&mut answer.missing);
            answer.right_up_to = None;
            answer.is_last = round == ROUNDS;
            let Boarding { own, others } = self
                .flights
                .board(missing.iter().map(|key| Place::of::<R>(R::lookup(key))));
            let members = |members: &[usize]| {
                members
                    .iter()
                    .map(|member| missing[*member].clone())
                    .collect::<Vec<_>>()
            };
            if let Some(lead) = own {
                let keys = members(&lead.members);
                let brought = self.lead::<R>(source, reading, &keys, lead).await;
                self.settle(reading, keys, &brought, &mut answer)?;
            }
            for wait in others {
                let keys = members(&wait.members);
                match wait
                    .brought()
                    .await
                    .and_then(|brought| brought.downcast::<Brought<R>>().ok())
                {
                    Some(brought) => self.settle(reading, keys, &brought, &mut answer)?,
                    None => answer.missing.extend(keys),
                }
            }
        }
        if !answer.missing.is_empty() {
            // Whoever read them was cancelled each time, so nobody else is waited for.
            let keys = std::mem::take(&mut answer.missing);
            let brought = self.fetch::<R>(source, reading, keys.clone(), From::Redis).await;
            self.settle(reading, keys, &brought, &mut answer)?;
        }
        let values = answer.found.into_iter();
        let values: HashMap<R::Key, R::Value> = values
            .filter_map(|(key, entry)| Some((key, entry.value.clone()?)))
            .collect();
        reading.shows_all(
            keys.iter()
                .map(|key| R::shows(R::lookup(key), values.contains_key(key))),
        );
        Ok(values)
    }

    /// Asks again for what was right only before the newest of what was found: both would not be of one time.
    fn leave_behind<R: Resource>(&self, reading: &Reading, answer: &mut Answer<R>) {
        let newest = answer.found.values().map(|entry| entry.stamp).max();
        let at_least = reading.at_least().max(newest.unwrap_or(0));
        // What memory had was looked at in one step, and was all right at that moment.
        if answer.right_up_to.is_some_and(|known| known >= at_least) {
            return;
        }
        let view = self.freshness.view();
        let is_behind = |key: &R::Key, entry: &mut Arc<Entry<R>>| {
            !view.is_fresh(entry.stamp, R::depends_on(R::lookup(key)), at_least)
        };
        let behind = answer.found.extract_if(is_behind).map(|(key, _)| key);
        answer.missing.extend(behind);
    }

    pub(super) fn peek<R: Resource>(&self, reading: &Reading, key: &R::Lookup) -> Option<R::Value> {
        let entry = self.entities.get::<R>(key)?;
        let now_ms = self.clock.now_ms();
        if self.judge(&self.freshness.view(), reading, &entry, now_ms) != Verdict::Right {
            return None;
        }
        let value = entry.value.clone()?;
        entry.asked.fetch_add(1, Ordering::Relaxed);
        reading.shows(R::shows(key, true));
        self.saw(reading, entry.stamp);
        self.counts(Layer::Memory).add(Outcome::Hit, 1);
        self.popular
            .wanted(usize::from(entry.is_popular.load(Ordering::Relaxed)));
        reading.looked_up(1, 1);
        Some(value)
    }

    /// What memory has of `keys`.
    fn remembered<R: Resource>(&self, reading: &Reading, keys: &[R::Key]) -> Answer<R> {
        let started = Instant::now();
        let mut answer = Answer {
            found: HashMap::with_capacity(keys.len()),
            right_up_to: None,
            is_last: false,
            missing: Vec::new(),
            too_old: HashMap::new(),
            early: Vec::new(),
        };
        let now_ms = self.clock.now_ms();
        let can_be_asked = !self.following.is_lost();
        let (mut hits, mut misses, mut outdated, mut stale) = (0, 0, 0, 0);
        let mut popular = 0;
        let view = self.freshness.view();
        answer.right_up_to = view.generation();
        for key in keys {
            let Some(entry) = self.entities.get::<R>(R::lookup(key)) else {
                misses += 1;
                popular += usize::from(self.popular.has::<R>(R::lookup(key)));
                answer.missing.push(key.clone());
                continue;
            };
            popular += usize::from(entry.is_popular.load(Ordering::Relaxed));
            match self.judge(&view, reading, &entry, now_ms) {
                verdict @ (Verdict::Right | Verdict::Early) => {
                    hits += 1;
                    entry.asked.fetch_add(1, Ordering::Relaxed);
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
        self.popular.wanted(popular);
        reading.looked_up(keys.len(), hits + stale);
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
        answer: &mut Answer<R>,
    ) -> Result<(), R::Error> {
        let entries = match brought {
            Ok(entries) => entries,
            Err(error) => return self.make_do(keys, error, answer),
        };
        let (view, is_last) = (self.freshness.view(), answer.is_last);
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

    pub(super) fn judge<R: Resource>(
        &self,
        view: &View<'_>,
        reading: &Reading,
        entry: &Entry<R>,
        now_ms: i64,
    ) -> Verdict {
        if !view.is_fresh(entry.stamp, R::depends_on(R::lookup(&entry.key)), reading.at_least()) {
            return Verdict::Outdated;
        }
        let left_ms = entry.life.left_ms(now_ms);
        let stale_ms = i64::try_from(self.config.stale.as_millis()).unwrap_or(i64::MAX);
        if !self.knows_enough(now_ms) {
            return Verdict::Outdated;
        }
        match left_ms {
            1.. if entry.life.is_nearly_over(now_ms, &self.chance) => Verdict::Early,
            1.. => Verdict::Right,
            _ if left_ms > -stale_ms => Verdict::TooOld,
            _ => Verdict::Outdated,
        }
    }

    /// Whether changes have been heard of lately enough: else nobody knows what has become of what is kept.
    pub(super) fn knows_enough(&self, now_ms: i64) -> bool {
        let stale_ms = i64::try_from(self.config.stale.as_millis()).unwrap_or(i64::MAX);
        !self.following.is_lost() || now_ms - self.following.last_ms() <= stale_ms
    }

    /// Somebody was shown a thing of a generation. Where that is newer than all that is known, it is time to ask for changes.
    pub(super) fn saw(&self, reading: &Reading, generation: i64) {
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
    fn take(&mut self, entry: &Arc<Entry<R>>) {
        self.found.insert(entry.key.clone(), Arc::clone(entry));
    }
}
