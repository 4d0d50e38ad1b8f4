//! How far the roll-up is behind: how long the oldest of what is pending has been so.
//!
//! Rows of what is pending do not tell when they came, only in which order. So whoever looks again and again remembers how far they went then.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::database::{Columns, Database, DatabaseError};

/// Looks that are remembered. Where there are more, every other one is forgotten.
const MOST_LOOKS: usize = 512;

/// Looks at what is pending.
pub struct RollUpLag {
    database: Database,
    seen: Seen,
}

impl RollUpLag {
    /// Of what is recorded in `database`.
    pub fn new(database: Database) -> Self {
        Self {
            database,
            seen: Seen::default(),
        }
    }

    /// How long the oldest of what is pending has been so.
    pub async fn look(&mut self) -> Result<Lag, DatabaseError> {
        let sql = "SELECT MIN(id), MAX(id) FROM usage_pending";
        let rows = self.database.query("usage_lag", sql, vec![]).await?;
        let pending = match rows.first() {
            None => None,
            Some(row) => {
                let columns = &mut Columns::of(row)?;
                let (oldest, newest): (Option<i64>, Option<i64>) = (columns.next()?, columns.next()?);
                oldest.zip(newest)
            }
        };
        Ok(self.seen.note(pending, Instant::now()))
    }
}

/// How long something has been pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lag {
    Exactly(Duration),
    /// It was there when this looked first.
    AtLeast(Duration),
}

impl Lag {
    /// As far as is known.
    pub fn time(self) -> Duration {
        match self {
            Self::Exactly(time) | Self::AtLeast(time) => time,
        }
    }
}

/// How far what is pending went, at each look.
#[derive(Default)]
struct Seen {
    /// When this looked first.
    begun: Option<Instant>,
    newest: VecDeque<(Instant, i64)>,
}

impl Seen {
    /// `pending` are the numbers of the oldest and the newest.
    fn note(&mut self, pending: Option<(i64, i64)>, now: Instant) -> Lag {
        let begun = *self.begun.get_or_insert(now);
        let Some((oldest, newest)) = pending else {
            self.newest.clear();
            return Lag::Exactly(Duration::ZERO);
        };
        // Numbers that go down are given out anew: by a database that was put back, or on SQLite one whose clock was.
        if self.newest.back().is_some_and(|(_, last)| *last > newest) {
            self.newest.clear();
        }
        while self.newest.front().is_some_and(|(_, last)| *last < oldest) {
            self.newest.pop_front();
        }
        if self.newest.back().is_none_or(|(_, last)| *last < newest) {
            self.newest.push_back((now, newest));
        }
        if self.newest.len() > MOST_LOOKS {
            let mut place = 0;
            self.newest.retain(|_| {
                place += 1;
                place % 2 == 1
            });
        }
        // The first look that went as far as the oldest.
        let first = self.newest.front().map_or(now, |(at, _)| *at);
        let time = now.saturating_duration_since(first);
        if first == begun {
            Lag::AtLeast(time)
        } else {
            Lag::Exactly(time)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{
        Lag::{AtLeast, Exactly},
        MOST_LOOKS, Seen,
    };

    #[test]
    fn what_is_pending_is_as_old_as_the_look_that_saw_it_first() {
        let (mut seen, start) = (Seen::default(), Instant::now());
        let s = Duration::from_secs;
        for (at, pending, expected) in [
            (0, Some((3, 7)), AtLeast(s(0))),
            (5, Some((3, 9)), AtLeast(s(5))),
            // Up to seven is rolled up: the eighth came before the second look.
            (10, Some((8, 9)), Exactly(s(5))),
            (15, Some((8, 20)), Exactly(s(10))),
            (20, Some((10, 20)), Exactly(s(5))),
            (25, None, Exactly(s(0))),
            (30, Some((21, 25)), Exactly(s(0))),
            (35, Some((21, 25)), Exactly(s(5))),
            // Numbered anew.
            (40, Some((1, 2)), Exactly(s(0))),
            (50, Some((1, 2)), Exactly(s(10))),
        ] {
            assert_eq!(seen.note(pending, start + s(at)), expected, "{at}");
        }
    }

    #[test]
    fn nothing_is_known_of_the_time_before() {
        let (mut seen, start) = (Seen::default(), Instant::now());
        seen.note(None, start);
        let later = start + Duration::from_secs(9);
        seen.note(Some((1, 1)), later);
        assert_eq!(
            seen.note(Some((1, 1)), later + Duration::from_secs(1)),
            Exactly(Duration::from_secs(1))
        );
    }

    #[test]
    fn looks_are_bounded() {
        let (mut seen, start) = (Seen::default(), Instant::now());
        for look in 0..10_000 {
            let lag = seen.note(Some((0, look)), start + Duration::from_secs(look.unsigned_abs()));
            assert_eq!(lag, AtLeast(Duration::from_secs(look.unsigned_abs())));
        }
        assert!(seen.newest.len() <= MOST_LOOKS);
    }
}
