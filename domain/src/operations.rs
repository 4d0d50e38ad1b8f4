//! Operations data: how servers did, kept by the minute, the hour and the day, so that what happened yesterday can be looked into.
//!
//! Each server notes what it answers (`noting`), as `figures` that can be put together, with `times` among them. Once a minute it adds what was
//! noted to its own rows (`store`), of which `tier` knows how finely they are kept, for how long, and what a range is made of. Who asks (`history`,
//! `objectives`, `indexes`) has the rows of all servers put together. A server that is killed takes what it has noted of its last minute with
//! it; nobody waits for any of this. What the service is judged by at once, as alerts do, is counted for the registry too (`judging`).

mod figures;
mod history;
mod indexes;
mod judging;
mod noting;
mod objectives;
mod store;
mod tier;
mod times;

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at},
};

pub use figures::{AnswerError, Answered, LayerCounts};
pub use history::{CachePoint, ErrorPattern, History, LatencyPoint, OperationStats, SlowStatement};
pub use indexes::IndexUsage;
pub use objectives::{Objectives, Promise, SloStatus};

use self::{figures::Figures, judging::Judging, noting::Noting, tier::Tier};
use crate::{
    access::Clock,
    cache::{Layer, LayerFigures, PopularLookups},
    catalog::Catalog,
    database::{DatabaseError, SlowStatements},
    usage::Standings,
};

/// How often what is counted elsewhere is looked at: so much later than it happened it may count.
const LOOK_PAUSE: Duration = Duration::from_secs(5);

/// How often what was noted is written, at least: so much of it is lost with a server that is killed.
const MOST_WRITING_PAUSE: Duration = Duration::from_mins(1);

/// How often what is over is put together, and what has been kept long enough is forgotten.
const TIDY_PAUSE: Duration = Duration::from_mins(10);

/// Minutes that wait to be written while the database is away; the oldest go first.
const MOST_UNWRITTEN: usize = 30;

/// How long a statement's plan is taken for what it is.
const PLAN_LIFE: Duration = Duration::from_mins(30);

/// Plans that are asked for at one look.
const MOST_PLANS: usize = 5;

/// Icons that are popular: those that were used most in a month.
const POPULAR_ICONS: usize = 2_000;

/// What a server did, as it is noted and written. Cheap to clone.
#[derive(Clone)]
pub struct Operations(Arc<Shared>);

struct Shared {
    catalog: Catalog,
    /// The server that notes.
    instance: String,
    clock: Clock,
    judging: Judging,
    noting: Noting,
    /// What was noted and could not be written yet, by minutes. Held by who writes.
    unwritten: tokio::sync::Mutex<BTreeMap<i32, Figures>>,
    seen: Mutex<Seen>,
    plans: tokio::sync::Mutex<BTreeMap<&'static str, (Instant, Option<String>)>>,
    /// How the layer of whole answers does, as whoever keeps them tells.
    responses: OnceLock<TellResponses>,
    standings: watch::Receiver<Arc<Standings>>,
}

type TellResponses = Box<dyn Fn() -> Option<LayerFigures> + Send + Sync>;

/// What others had counted when they were looked at last.
#[derive(Default)]
struct Seen {
    layers: BTreeMap<&'static str, LayerCounts>,
    popular: PopularLookups,
    /// Of the standings that say what is popular.
    version: u64,
}

impl Operations {
    /// Notes what `instance` does, to be kept where `catalog` is stored; `standings` say which icons are popular.
    pub fn new(catalog: &Catalog, instance: &str, clock: Clock, standings: watch::Receiver<Arc<Standings>>) -> Self {
        Self(Arc::new(Shared {
            catalog: catalog.clone(),
            instance: instance.to_owned(),
            clock,
            judging: Judging::default(),
            noting: Noting::default(),
            unwritten: tokio::sync::Mutex::default(),
            seen: Mutex::default(),
            plans: tokio::sync::Mutex::default(),
            responses: OnceLock::new(),
            standings,
        }))
    }

    /// What the clock shows that things are noted by, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.0.clock.now_ms()
    }

    /// Has the layer of whole answers looked at too, once.
    pub fn look_at_responses(&self, tell: impl Fn() -> Option<LayerFigures> + Send + Sync + 'static) {
        let _ = self.0.responses.set(Box::new(tell));
    }

    /// Notes an operation that was answered.
    pub fn note(&self, answered: &Answered<'_>) {
        let is_fault = answered.errors.iter().any(|error| error.is_fault);
        self.judge(is_fault, Some(answered.took));
        let now_ms = self.0.clock.now_ms();
        let note = |figures: &mut Figures| figures.note_answer(answered, now_ms);
        self.0.noting.note(Tier::Minute.bucket(now_ms), note);
    }

    /// Notes a request that came to no operation.
    pub fn note_unanswered(&self, error: &AnswerError) {
        // What asks for no operation says nothing of how operations are answered, unless that is the service's fault.
        if error.is_fault {
            self.judge(true, None);
        }
        let now_ms = self.0.clock.now_ms();
        let note = |figures: &mut Figures| figures.note_unanswered(error, now_ms);
        self.0.noting.note(Tier::Minute.bucket(now_ms), note);
    }

    /// Counts something that was answered, for whoever judges the service by the registry: whether it failed for a fault of the service, and how
    /// long it took where nobody but the service was waited for. Operations that are noted are counted by that.
    pub fn judge(&self, is_fault: bool, took: Option<Duration>) {
        self.0.judging.note(is_fault, took);
    }

    /// Looks at what is counted elsewhere, writes what was noted and tidies what is old, for as long as it is polled. It is written every
    /// `pause`, and once a minute at least.
    pub async fn keep(&self, pause: Duration) {
        let ticks = |pause: Duration| {
            let mut ticks = interval_at(Instant::now() + pause, pause);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        };
        let (mut looks, mut tidies) = (ticks(LOOK_PAUSE), ticks(TIDY_PAUSE));
        let mut writes = ticks(pause.min(MOST_WRITING_PAUSE));
        loop {
            tokio::select! {
                _ = looks.tick() => self.look().await,
                _ = writes.tick() => {
                    if let Err(error) = self.write().await {
                        tracing::warn!(%error, "it cannot be kept how the server did, for the moment");
                    }
                }
                _ = tidies.tick() => {
                    if let Err(error) = self.tidy().await {
                        tracing::warn!(%error, "old figures of how servers did cannot be tidied");
                    }
                }
            }
        }
    }

    /// Writes what was noted so far. What cannot be written is written with what is noted next.
    pub async fn write(&self) -> Result<(), DatabaseError> {
        self.look().await;
        let shared = &*self.0;
        let mut unwritten = shared.unwritten.lock().await;
        shared.noting.take(&mut unwritten);
        for figures in unwritten.values_mut() {
            figures.trim();
        }
        while unwritten.len() > MOST_UNWRITTEN {
            unwritten.pop_first();
            tracing::warn!("a minute of how the server did is lost, for it could not be written in time");
        }
        while let Some(minute) = unwritten.first_entry() {
            let of = (shared.instance.as_str(), *minute.key());
            store::add(shared.catalog.database(), of, minute.get()).await?;
            minute.remove();
        }
        Ok(())
    }

    /// Puts together what servers did in hours and days that are over, and forgets what has been kept long enough.
    pub async fn tidy(&self) -> Result<(), DatabaseError> {
        let (database, now_ms) = (self.0.catalog.database(), self.0.clock.now_ms());
        store::gather(database, now_ms).await?;
        store::forget(database, now_ms).await
    }

    /// Notes what was counted elsewhere since this was done last.
    async fn look(&self) {
        self.look_at_standings();
        let slow = self.0.catalog.database().take_slow();
        let plans = self.plans_of(&slow).await;
        let (layers, popular) = self.counted();
        let minute = Tier::Minute.bucket(self.0.clock.now_ms());
        self.0.noting.note(minute, |figures| {
            figures.popular.merge(popular);
            for (layer, counts) in &layers {
                figures.layers.add(layer, *counts);
            }
            for (kind, statements) in &slow {
                let plan = plans.get(kind).and_then(|(_, plan)| plan.as_deref());
                figures
                    .statements
                    .note(kind, (&statements.sql, plan), &statements.times);
            }
        });
    }

    /// What layers have counted since this was asked last, and what was counted of popular icons.
    fn counted(&self) -> (Vec<(&'static str, LayerCounts)>, PopularLookups) {
        let seen = &mut *self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let cache = self.0.catalog.cache();
        let of_catalog = cache
            .figures()
            .into_iter()
            .filter(|layer| layer.layer != Layer::Database);
        let responses = self.0.responses.get().and_then(|tell| tell());
        let since = |layer: LayerFigures| {
            let (name, counts) = (layer.layer.name(), LayerCounts::of(&layer));
            let before = seen.layers.insert(name, counts).unwrap_or_default();
            (name, counts.since(before))
        };
        let layers = responses.into_iter().chain(of_catalog).map(since).collect();
        let popular = cache.popular_lookups();
        let before = mem::replace(&mut seen.popular, popular);
        (layers, popular.since(before))
    }

    /// Tells the cache which icons are popular, where that is news.
    fn look_at_standings(&self) {
        let standings = Arc::clone(&self.0.standings.borrow());
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if standings.version() != seen.version {
            seen.version = standings.version();
            self.0.catalog.count_popular(standings.most_popular(POPULAR_ICONS));
        }
    }

    /// How the database goes about statements that were slow, as far as it was asked lately.
    async fn plans_of(
        &self,
        slow: &BTreeMap<&'static str, SlowStatements>,
    ) -> BTreeMap<&'static str, (Instant, Option<String>)> {
        if slow.is_empty() {
            return BTreeMap::new();
        }
        let mut plans = self.0.plans.lock().await;
        plans.retain(|_, (made, _)| made.elapsed() < PLAN_LIFE);
        let unknown = slow.iter().filter(|(kind, _)| !plans.contains_key(*kind));
        for (kind, statements) in unknown.take(MOST_PLANS).collect::<Vec<_>>() {
            let plan = self.0.catalog.database().plan_of(&statements.sql).await;
            if let Err(error) = &plan {
                tracing::debug!(%error, kind, "the plan of a slow statement is not known");
            }
            plans.insert(kind, (Instant::now(), plan.ok()));
        }
        plans.clone()
    }
}

/// A part of a whole, 0 to 1; 0 where there is nothing.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
