//! Usage: what people do with icons, recorded so that nothing is lost and nothing counts twice.
//!
//! `event` is what clients send, `occurrence` what is kept of it; `recorder` gathers what many requests send, `store` writes it in one
//! transaction, into `days`. `rollup` takes it on from there: `gathering` knows which `cell` of each `tier` an event belongs to, `cell_table`
//! has their rows, which `cell_reader` reads, `windows` reads those of some icons, and `standings` those of all; `ranking` has
//! what was used most in each hour and day. `co_usage` counts what is used together, and `related`
//! reads that. Users and sessions are hashed before anything is kept (`hashing`). `feed` is what those see who follow usage as it is recorded.

mod cell;
mod cell_reader;
mod cell_table;
mod co_usage;
mod country;
mod days;
mod demo;
mod distinct;
mod event;
mod feed;
mod gathering;
mod hashing;
mod lag;
mod occurrence;
mod product;
mod ranking;
mod recorder;
mod related;
mod rollup;
mod standings;
mod store;
mod sums;
mod target;
mod tier;
mod window;
mod windows;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, interval_at},
};

pub(crate) use cell_reader::{Cells, counts, steps, sums, tallies};
pub use co_usage::count_together;
pub use country::{Country, NoCountry};
pub(crate) use days::{day_of, table_in_one_step};
pub use demo::{DemoConfig, DemoError, make_up};
pub use event::{
    Device, MAX_AGE_MS, MAX_AHEAD_MS, MAX_CLIENT_CHARACTERS, MAX_OPAQUE_BYTES, Rejection, RejectionCode, SentEvent,
    UsageKind,
};
pub use feed::{FeedFilter, FeedFollower, FeedTick};
pub use hashing::MIN_KEY_BYTES;
pub(crate) use hashing::usage_key_mark;
pub use lag::{Lag, RollUpLag};
pub(crate) use ranking::{Ranked, Ranking, read as rankings};
pub use recorder::Recorder;
pub use related::{RelatedIcon, RelatedKey};
pub use rollup::roll_up_all;
pub use standings::{POPULAR, Rising, Standings};
pub(crate) use sums::{Sums, Tally};
pub(crate) use target::Target;
pub(crate) use tier::Tier;
pub use window::UsageWindow;
pub use windows::{POINTS, UsageKey, UsagePoint, WindowUsage};

use self::{
    co_usage::CoUsage,
    days::Days,
    event::{Fault, ReadEvent, invalid},
    feed::Feed,
    hashing::Hashing,
    occurrence::{Event, Occurrence},
    product::Described,
    ranking::RankingKeeper,
    recorder::Queue,
    rollup::RollUp,
    standings::Keeping,
    store::EventStore,
};
use crate::{
    access::Clock,
    catalog::{Catalog, IconName},
    database::{Database, DatabaseError},
};

/// How soon after a start the days of usage are looked after, and how often then.
const FIRST_PAUSE: Duration = Duration::from_secs(20);
const KEEPING_PAUSE: Duration = Duration::from_mins(10);

/// How usage is recorded.
#[derive(Debug, Clone)]
pub struct UsageConfig {
    /// Hashes users and sessions; the one that servers of the database share, where there is none.
    pub hash_key: Option<String>,
    /// Requests that may wait to be recorded.
    pub max_waiting: usize,
    /// Events of one transaction; those of one request stay together.
    pub group_max_events: usize,
    /// How long events are kept.
    pub retention_days: u32,
    /// How often they are rolled up.
    pub processing_interval: Duration,
}

/// Who sends events, for what they do not say with each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// What their program calls itself, as in `User-Agent`.
    pub user_agent: Option<Box<str>>,
    /// Where they are, by a proxy that is trusted.
    pub country: Option<Country>,
}

/// What became of a request's events: each was recorded, was there already, or is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Events that were new, and are there for good now.
    pub accepted: usize,
    /// Events that were there.
    pub duplicates: usize,
    /// Events that are not taken, in their order.
    pub rejected: Vec<Rejection>,
}

/// Why events are not recorded, all of a request.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RecordError {
    #[error("more usage is sent than can be recorded")]
    Overloaded,
    #[error("the recorder failed, or has ended with the server")]
    Failed,
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Records usage. Cheap to clone.
#[derive(Clone)]
pub struct Usage {
    queue: Queue,
    feed: Feed,
    hashing: Arc<Hashing>,
    database: Database,
    retention_days: u32,
    rollup: RollUp,
    rankings: RankingKeeper,
    standings: Keeping,
    together: CoUsage,
    processing_interval: Duration,
    clock: Clock,
    /// Whether the roll-up failed when it was tried last.
    is_behind: Arc<AtomicBool>,
}

impl Usage {
    /// Usage that is recorded where `catalog` is stored, by the recorder that is given with it, which somebody has to [`run`](Recorder::run).
    pub async fn open(
        catalog: &Catalog,
        config: &UsageConfig,
        clock: Clock,
    ) -> Result<(Self, Recorder), DatabaseError> {
        let database = catalog.database();
        let hashing = Hashing::open(database, config.hash_key.as_deref()).await?;
        let store = EventStore::new(database.clone());
        let feed = Feed::new(catalog.exchange(feed::SUBJECT));
        let sizes = (config.max_waiting, config.group_max_events);
        let (queue, recorder) = Recorder::new(store, sizes, clock.clone(), feed.clone());
        let usage = Self {
            queue,
            feed,
            hashing: Arc::new(hashing),
            database: database.clone(),
            retention_days: config.retention_days,
            rollup: RollUp::new(database.clone()),
            rankings: RankingKeeper::new(database.clone()),
            standings: Keeping::new(database.clone()),
            together: CoUsage::new(database.clone(), config.retention_days, clock.clone()),
            processing_interval: config.processing_interval,
            clock,
            is_behind: Arc::default(),
        };
        Ok((usage, recorder))
    }

    /// Records events of icons of `catalog`, and returns when they are committed.
    ///
    /// # Errors
    /// Where any of it fails. None of the events is recorded then, except where the database was cut off while it committed: who sends
    /// them again gives them ids.
    pub async fn record(
        &self,
        catalog: &Catalog,
        sent: Vec<SentEvent>,
        agent: &Agent,
    ) -> Result<Recorded, RecordError> {
        let now_ms = self.clock.now_ms();
        let mut rejected = Vec::new();
        let mut read = Vec::with_capacity(sent.len());
        for (index, mut sent) in sent.into_iter().enumerate() {
            match named(&mut sent).and_then(|name| Ok((name, sent.read(now_ms)?))) {
                Ok((name, event)) => read.push((index, name, event)),
                Err(fault) => rejected.push(rejection(index, fault)),
            }
        }
        let mut names: Vec<IconName> = read.iter().map(|(_, name, _)| name.clone()).collect();
        // Each is looked for once.
        names.sort_unstable();
        names.dedup();
        let icons = catalog.icons_by_name(&names).await?;
        let mut described = None;
        let mut events = Vec::with_capacity(read.len());
        for (index, name, event) in read {
            // A code point is another name of its icon.
            match icons.get(&name) {
                Some(icon) => {
                    let described = || described.get_or_insert_with(|| describe(agent)).clone();
                    events.push(self.event(icon.name.clone(), event, (agent, described)));
                }
                None => rejected.push(rejection(
                    index,
                    (RejectionCode::UnknownIcon, format!("there is no icon {name}")),
                )),
            }
        }
        rejected.sort_unstable_by_key(|rejection| rejection.index);
        let recorded = if events.is_empty() {
            Vec::new()
        } else {
            self.queue.record(events).await?
        };
        let accepted = recorded.iter().filter(|is_new| **is_new).count();
        let recorded = Recorded {
            accepted,
            duplicates: recorded.len() - accepted,
            rejected,
        };
        recorded.count();
        Ok(recorded)
    }

    /// Follows what is recorded from now on, by whatever instance, to be asked each `interval`.
    pub fn follow(&self, interval: Duration) -> FeedFollower {
        self.feed.follow(interval)
    }

    /// Counts what is recorded for those who follow it, here and on other instances, for as long as it is polled.
    pub async fn keep_feed(&self) {
        self.feed.keep().await;
    }

    /// Rolls up what is recorded, counts what was used together, makes room for the days to come and forgets what has been kept long enough,
    /// again and again for as long as it is polled.
    pub async fn keep(&self) {
        tokio::join!(
            self.keep_days_on(),
            self.keep_rolled_up(),
            self.together.keep(self.processing_interval),
        );
    }

    async fn keep_rolled_up(&self) {
        let mut ticks = interval(self.processing_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let rolled_up = self.rollup.run(|_| {}).await;
            self.is_behind.store(rolled_up.is_err(), Ordering::Relaxed);
            if let Err(error) = rolled_up {
                metrics::counter!("usage_rollup_failures_total").increment(1);
                tracing::error!(%error, "usage cannot be rolled up");
            }
            if let Err(error) = self.rankings.refresh(self.clock.now_ms()).await {
                tracing::warn!(%error, "it cannot be ranked what was used");
            }
            // Another server may have rolled it up.
            if let Err(error) = self.standings.refresh(self.clock.now_ms()).await {
                tracing::warn!(%error, "it cannot be read how icons stand by usage");
            }
        }
    }

    /// Whether what was recorded could be rolled up when this instance tried last.
    pub fn is_rolled_up(&self) -> bool {
        !self.is_behind.load(Ordering::Relaxed)
    }

    /// How icons stand by usage, as it was read last.
    pub fn standings(&self) -> Arc<Standings> {
        self.standings.newest()
    }

    /// The same, whenever it has changed.
    pub fn watch_standings(&self) -> watch::Receiver<Arc<Standings>> {
        self.standings.subscribe()
    }

    async fn keep_days_on(&self) {
        // Events make their day themselves where it is missing, so that nothing has to be done before a start.
        let mut ticks = interval_at(Instant::now() + FIRST_PAUSE, KEEPING_PAUSE);
        loop {
            ticks.tick().await;
            if let Err(error) = self.keep_days().await {
                tracing::warn!(%error, "the days of usage cannot be kept");
            }
        }
    }

    /// Rolls up everything that is recorded and counts what was used together, unless another server is at it, and reads how icons stand by
    /// it. How many events were rolled up.
    pub async fn roll_up(&self) -> Result<u64, DatabaseError> {
        let rolled_up = self.rollup.run(|_| {}).await?;
        self.together.run_out().await?;
        self.rankings.refresh_all(self.clock.now_ms()).await?;
        self.standings.refresh_all(self.clock.now_ms()).await?;
        Ok(rolled_up)
    }

    /// Makes room for the days to come, and forgets what has been kept long enough.
    pub async fn keep_days(&self) -> Result<(), DatabaseError> {
        Days::new(self.database.clone())
            .keep(self.clock.now_ms(), self.retention_days)
            .await
    }

    fn event(
        &self,
        name: IconName,
        read: ReadEvent,
        (agent, described): (&Agent, impl FnOnce() -> Described),
    ) -> Event {
        let by_agent = if read.device.is_none() || read.client.is_none() {
            described()
        } else {
            Described::default()
        };
        Event {
            id: read.id,
            occurrence: Occurrence {
                icon: Target::icon(&name),
                set: Target::set(name.prefix()),
                occurred_ms: read.occurred_ms,
                kind: read.kind,
                device: read.device.or(by_agent.device),
                country: read.country.or(agent.country),
                client: read.client.or(by_agent.client).map(String::into_boxed_str),
                user: read.user_id.map(|id| self.hashing.user(&id)),
                session: read.session_id.map(|id| self.hashing.session(&id)),
            },
            name,
        }
    }
}

impl Recorded {
    fn count(&self) {
        for (outcome, count) in [
            ("accepted", self.accepted),
            ("duplicate", self.duplicates),
            ("rejected", self.rejected.len()),
        ] {
            metrics::counter!("usage_events_total", "outcome" => outcome).increment(count as u64);
        }
    }
}

fn named(sent: &mut SentEvent) -> Result<IconName, Fault> {
    std::mem::take(&mut sent.icon)
        .parse()
        .map_err(|error: crate::catalog::InvalidIconName| invalid(error.to_string()))
}

fn describe(agent: &Agent) -> Described {
    agent.user_agent.as_deref().map(product::describe).unwrap_or_default()
}

fn rejection(index: usize, (code, message): Fault) -> Rejection {
    Rejection { index, code, message }
}
