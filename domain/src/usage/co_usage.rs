//! Co-usage: which icons are used together, by session.
//!
//! A basket is what one session used on one day, UTC. Of each day it is counted how many baskets there are, how many have an icon and how many
//! two of them (`counting`), from the events themselves (`events`). That is kept by the day, and summed up over the days of a window
//! (`table`), which is what is read (`related`).
//!
//! A day is counted anew when the roll-up knows of other events of it than when it was counted, so that whatever is killed, the next time
//! makes it good, and nothing has to be said by whoever adds to a day. Each day is replaced by one transaction.

mod counting;
mod events;
mod source;
mod table;

use std::time::{Duration, Instant};

use tokio::time::interval;

use self::{
    source::Source,
    table::{DayCount, Known},
};
use super::{days::day_of, target::Target};
use crate::{
    access::Clock,
    database::{Columns, Database, DatabaseError},
    giving_way::{self, GivingWay},
};

/// The days that are summed up, today among them.
const WINDOW_DAYS: i32 = 90;

/// How far back it is looked for days that have changed. Events come a month late at most; made-up usage may be older.
const MOST_DAYS: i32 = 400;

/// How much longer than it worked it rests: it takes one fiftieth of a server's time.
const REST: u32 = 50;

/// How long it rests at most, so that nothing is older than this.
const MOST_REST: Duration = Duration::from_hours(1);

/// Counts what is used together. Cheap to clone.
#[derive(Clone)]
pub(super) struct CoUsage {
    database: Database,
    retention_days: u32,
    clock: Clock,
}

/// A day, how many events of it the roll-up knows of, and how it was counted last.
struct DayState {
    day: i32,
    events: i64,
    before: Option<Known>,
}

impl CoUsage {
    /// Of events that are kept for `retention_days`.
    pub(super) fn new(database: Database, retention_days: u32, clock: Clock) -> Self {
        Self {
            database,
            retention_days,
            clock,
        }
    }

    /// Counts every `pause` what has changed, or less often where it takes long, for as long as it is polled.
    pub(super) async fn keep(&self, pause: Duration) {
        let mut ticks = interval(pause);
        loop {
            ticks.tick().await;
            let started = Instant::now();
            if let Err(error) = self.run().await {
                metrics::counter!("usage_pairs_failures_total").increment(1);
                tracing::error!(%error, "what is used together cannot be counted");
            }
            ticks.reset_after(pause.max(rest_after(started.elapsed())));
        }
    }

    /// Counts each day that has changed since it was counted, and leaves it where another server is at it. How many days that were.
    pub(super) async fn run(&self) -> Result<u64, DatabaseError> {
        let (changed, old) = (self.changed_days().await?, self.old_days().await?);
        // Most often there is nothing.
        if changed.is_empty() && old.is_empty() {
            return Ok(0);
        }
        let co_usage = self.clone();
        // It computes for long.
        let work = async move {
            for day in old {
                co_usage.leave(day).await?;
            }
            let (mut counted, mut failed) = (0, Ok(()));
            for day in changed {
                match co_usage.count(day).await {
                    Ok(is_counted) => counted += u64::from(is_counted),
                    // A day that fails again and again keeps no other from being counted.
                    Err(error) => failed = Err(error),
                }
            }
            failed.map(|()| counted)
        };
        let worked = giving_way::run("usage-pairs", GivingWay::Gladly, work).await;
        worked.map_err(|error| DatabaseError::Other(format!("no thread can be had: {error}")))?
    }

    /// Counts until nothing is left to be counted, but by another server.
    pub(super) async fn run_out(&self) -> Result<(), DatabaseError> {
        while self.run().await? > 0 {}
        Ok(())
    }

    /// The newest first. Of days that are long over and were counted, only the one that has changed most: whoever sends a late event
    /// for each of them has one of them read again.
    async fn changed_days(&self) -> Result<Vec<i32>, DatabaseError> {
        let today = self.today();
        let retention_days = i32::try_from(self.retention_days).unwrap_or(i32::MAX);
        // Of the first day that is kept, another server's clock may have it that it is over.
        let first = today - retention_days.min(MOST_DAYS) + 1;
        // And events may be ahead of the clock.
        let days: Vec<i32> = (first..=today + 1).rev().collect();
        let mut states = states(&Source::Open(self.database.clone()), &days).await?;
        states.retain(DayState::has_changed);
        let is_late = |state: &&DayState| state.day < today - 1 && state.before.is_some();
        let latest = states.iter().filter(is_late).max_by_key(|state| state.change());
        let latest = latest.map(|state| state.day);
        states.retain(|state| !is_late(&state) || Some(state.day) == latest);
        states.sort_unstable_by_key(|state| -state.day);
        Ok(states.into_iter().map(|state| state.day).collect())
    }

    /// Days that the window has left behind.
    async fn old_days(&self) -> Result<Vec<i32>, DatabaseError> {
        let sql = "SELECT day FROM usage_pair_day WHERE in_window AND day < $1 ORDER BY day";
        let values = vec![self.first_of_window().into()];
        let rows = self.database.query("old_co_usage", sql, values).await?;
        rows.iter().map(|row| Ok(Columns::of(row)?.next()?)).collect()
    }

    /// Counts a day. Whether it did.
    async fn count(&self, day: i32) -> Result<bool, DatabaseError> {
        let started = Instant::now();
        let Some(source) = Source::open(&self.database).await? else {
            return Ok(false);
        };
        // What is rolled up from here on is known of later. Somebody else may have counted the day meanwhile.
        let state = states(&source, &[day]).await?.pop().filter(DayState::has_changed);
        let Some(state) = state else {
            source.end().await?;
            return Ok(false);
        };
        let is_counted = self.replace(source, state).await?;
        if is_counted {
            metrics::histogram!("usage_pairs_duration_seconds").record(started.elapsed());
        }
        Ok(is_counted)
    }

    async fn replace(&self, source: Source, state: DayState) -> Result<bool, DatabaseError> {
        let counted = events::count(&source, state.day, state.events).await?;
        let count = DayCount {
            day: state.day,
            before: state.before,
            now: Known {
                events: state.events,
                in_window: state.day >= self.first_of_window(),
            },
            counted,
        };
        let writing = source.into_writing().await?;
        let is_replaced = table::replace(&writing, &count).await?;
        writing.commit().await?;
        Ok(is_replaced)
    }

    async fn leave(&self, day: i32) -> Result<(), DatabaseError> {
        if let Some(source) = Source::open(&self.database).await? {
            let writing = source.into_writing().await?;
            table::leave_window(&writing, day).await?;
            writing.commit().await?;
        }
        Ok(())
    }

    fn today(&self) -> i32 {
        day_of(self.clock.now_ms())
    }

    fn first_of_window(&self) -> i32 {
        self.today() - WINDOW_DAYS + 1
    }
}

impl DayState {
    /// By how many events it differs from when it was counted.
    fn change(&self) -> u64 {
        let before = self.before.as_ref().map_or(0, |before| before.events);
        self.events.abs_diff(before)
    }

    fn has_changed(&self) -> bool {
        self.before.is_none_or(|before| before.events != self.events)
    }
}

/// Counts what is used together by what is rolled up in `database`, of the days that events are kept.
pub async fn count_together(database: &Database, retention_days: u32, clock: Clock) -> Result<(), DatabaseError> {
    CoUsage::new(database.clone(), retention_days, clock).run_out().await
}

/// Those of `days` that have events of sessions.
async fn states(source: &Source, days: &[i32]) -> Result<Vec<DayState>, DatabaseError> {
    let dialect = source.dialect();
    let sql = format!(
        "SELECT rolled_up.bucket, rolled_up.count, counted.events, counted.in_window FROM usage_day rolled_up \
         LEFT JOIN usage_pair_day counted ON counted.day = rolled_up.bucket WHERE {} AND rolled_up.target = $2",
        dialect.is_any("rolled_up.bucket", 1)
    );
    let values = vec![
        dialect.long_list(days.iter().map(|day| i64::from(*day))),
        Target::SESSIONS.number().into(),
    ];
    let rows = source.query("co_usage_days", &sql, values).await?;
    let state = |row| {
        let columns = &mut Columns::of(row)?;
        let (day, events) = (columns.next()?, columns.next()?);
        let (before_events, in_window): (Option<i64>, Option<bool>) = (columns.next()?, columns.next()?);
        let before = before_events.zip(in_window);
        let before = before.map(|(events, in_window)| Known { events, in_window });
        Ok(DayState { day, events, before })
    };
    rows.iter().map(state).collect()
}

/// How long to rest after work that took so long.
fn rest_after(took: Duration) -> Duration {
    took.saturating_mul(REST).min(MOST_REST)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::rest_after;

    #[test]
    fn it_rests_longer_than_it_works_and_no_longer_than_an_hour() {
        for (took_ms, rest_ms) in [
            (0, 0),
            (20, 1_000),
            (72_000, 3_600_000),
            (72_001, 3_600_000),
            (u64::MAX, 3_600_000),
        ] {
            assert_eq!(
                rest_after(Duration::from_millis(took_ms)),
                Duration::from_millis(rest_ms)
            );
        }
    }
}
