//! Reading standings again and again: the longer it takes, the more seldom.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{
    POPULAR, Standings, WindowStandings,
    counts::{Counted, Counts, count},
    places::Places,
    rising::rising,
};
use crate::{
    database::{Database, DatabaseError},
    giving_way::{self, GivingWay},
    usage::window::UsageWindow,
};

/// A window is read again after so many times as long as it took: a hundredth of one connection's time goes into each.
const PAUSES: u32 = 100;

/// And how long at most: on a busy machine a reading takes long because it gives way.
const MOST_PAUSE: Duration = Duration::from_mins(10);

/// The newest standings. Clones share them.
#[derive(Clone)]
pub(in crate::usage) struct Keeping {
    database: Database,
    newest: watch::Sender<Arc<Standings>>,
    /// Held by who reads: what was begun before is not shown after what was begun later.
    reading: Arc<tokio::sync::Mutex<()>>,
    /// When each window may be read again.
    due: Arc<Mutex<[Option<Instant>; UsageWindow::ALL.len()]>>,
}

impl Keeping {
    /// Of what is recorded in `database`; empty until they are read.
    pub(in crate::usage) fn new(database: Database) -> Self {
        Self {
            database,
            newest: watch::Sender::default(),
            reading: Arc::default(),
            due: Arc::default(),
        }
    }

    pub(in crate::usage) fn newest(&self) -> Arc<Standings> {
        Arc::clone(&self.newest.borrow())
    }

    /// The newest, whenever there are others.
    pub(in crate::usage) fn subscribe(&self) -> watch::Receiver<Arc<Standings>> {
        self.newest.subscribe()
    }

    /// Reads the windows that may be read again, as they are at `now_ms`.
    pub(in crate::usage) async fn refresh(&self, now_ms: i64) -> Result<(), DatabaseError> {
        let now = Instant::now();
        let due = *self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = |window: &UsageWindow| due[window.place()].is_none_or(|due| due <= now);
        self.read(UsageWindow::ALL.into_iter().filter(is_due).collect(), now_ms)
            .await
    }

    /// Reads all windows, as they are at `now_ms`.
    pub(in crate::usage) async fn refresh_all(&self, now_ms: i64) -> Result<(), DatabaseError> {
        self.read(UsageWindow::ALL.to_vec(), now_ms).await
    }

    async fn read(&self, windows: Vec<UsageWindow>, now_ms: i64) -> Result<(), DatabaseError> {
        if windows.is_empty() {
            return Ok(());
        }
        let keeping = self.clone();
        let reading = async move {
            let _alone = keeping.reading.lock().await;
            // They are shown all at once: with each that differs, what was kept of searches goes.
            let mut standings = Standings::clone(&keeping.newest());
            let mut read = Ok(());
            for window in windows {
                read = keeping
                    .count(window, now_ms)
                    .await
                    .map(|counted| standings.take(window, counted));
                if read.is_err() {
                    break;
                }
            }
            keeping.show(standings);
            read
        };
        let read = giving_way::run("usage-standings", GivingWay::Gladly, reading).await;
        read.map_err(|error| DatabaseError::Other(format!("no thread can be had: {error}")))?
    }

    async fn count(&self, window: UsageWindow, now_ms: i64) -> Result<Counted, DatabaseError> {
        let started = Instant::now();
        let counted = async {
            let snapshot = self.database.snapshot().await?;
            // Of a year of much usage it takes seconds, once in many minutes.
            snapshot.take_time().await?;
            let counted = count(&snapshot, (window, now_ms)).await;
            snapshot.end().await?;
            counted
        }
        .await;
        // Also where it failed: what takes too long is not tried all the time.
        let took = started.elapsed().max(Duration::from_micros(1));
        let pause = took.saturating_mul(PAUSES).min(MOST_PAUSE);
        self.due.lock().unwrap_or_else(PoisonError::into_inner)[window.place()] = Some(Instant::now() + pause);
        metrics::histogram!("usage_standings_duration_seconds").record(took);
        counted
    }

    fn show(&self, mut standings: Standings) {
        let before = self.newest();
        if standings != *before {
            standings.version = before.version + 1;
            self.newest.send_replace(Arc::new(standings));
        }
    }
}

impl Standings {
    /// Takes what was counted in a window in place of what was known of it.
    fn take(&mut self, window: UsageWindow, mut counted: Counted) {
        counted.icons.sort_unstable_by_key(|(icon, _)| *icon);
        self.windows[window.place()] = WindowStandings {
            icons: Places::among(used(&counted.icons).map(|(_, count)| count).collect()),
            sets: Places::among(used(&counted.sets).map(|(_, count)| count).collect()),
            rising: rising(&counted.icons, counted.all),
        };
        if window == POPULAR {
            self.popular = used(&counted.icons).collect();
            self.popular_sets = used(&counted.sets).collect();
        }
    }
}

/// What was used in the window, and how often.
fn used<T: Clone>(counted: &[(T, Counts)]) -> impl Iterator<Item = (T, u64)> {
    let used = counted.iter().filter(|(_, counts)| counts.now > 0);
    used.map(|(of, counts)| (of.clone(), counts.now))
}
