//! How far behind a replica is: by positions in the primary's log, noted as time goes by.
//!
//! That needs no special rights, and is right where nothing is written and where a replica is cut off from its primary: neither is seen by the
//! time of the last transaction that a replica has replayed.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Positions that are known: where the primary writes all the time, those of an hour.
const MOST_POSITIONS: usize = 3_600;

/// The primary was asked so lately that nothing else need be said of it.
const FRESH: Duration = Duration::from_secs(3);

/// Where the primary's log was, and when.
#[derive(Debug, Default)]
pub(super) struct Positions {
    /// Each when it was first seen, ascending.
    noted: VecDeque<(i64, Instant)>,
    /// When the last of them was seen last.
    seen: Option<Instant>,
}

/// How far a replica is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lag {
    Is(Duration),
    /// And perhaps far more: what it has replayed is older than anything known here.
    AtLeast(Duration),
}

impl Positions {
    /// Notes where the log was at an instant.
    pub(super) fn note(&mut self, position: i64, at: Instant) {
        match self.noted.back() {
            Some((last, _)) if *last == position => {}
            // It is another primary, which has not seen what is known here.
            Some((last, _)) if *last > position => self.noted = VecDeque::from([(position, at)]),
            _ => self.noted.push_back((position, at)),
        }
        if self.noted.len() > MOST_POSITIONS {
            self.noted.pop_front();
        }
        self.seen = Some(at);
    }

    /// How far behind one is that had replayed all before `position` at an instant: what it lacks is no younger than that. None as long as
    /// nothing is known of the primary. Where the primary says nothing any more, it may have written on since it did last.
    pub(super) fn lag(&self, position: i64, at: Instant) -> Option<Lag> {
        let since = |then: Instant| at.saturating_duration_since(then);
        let replayed = self.noted.partition_point(|(noted, _)| *noted <= position);
        Some(match self.noted.get(replayed) {
            Some((_, first_seen)) if replayed == 0 => Lag::AtLeast(since(*first_seen)),
            Some((_, first_seen)) => Lag::Is(since(*first_seen)),
            None => {
                let silence = since(self.seen?);
                Lag::Is(if silence > FRESH { silence } else { Duration::ZERO })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Lag, MOST_POSITIONS, Positions};

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn a_lag_is_the_age_of_the_first_that_is_missing() {
        let start = Instant::now();
        let mut positions = Positions::default();
        assert_eq!(positions.lag(100, start), None);
        // Nothing is written from the third second to the fifth.
        for (second, position) in [(0, 100), (1, 150), (2, 200), (3, 300), (4, 300), (5, 300), (6, 400)] {
            positions.note(position, start + seconds(second));
        }
        let at = start + seconds(6);
        for (position, lag) in [
            (400, Lag::Is(seconds(0))),
            (401, Lag::Is(seconds(0))),
            (399, Lag::Is(seconds(0))),
            (300, Lag::Is(seconds(0))),
            (299, Lag::Is(seconds(3))),
            (200, Lag::Is(seconds(3))),
            (199, Lag::Is(seconds(4))),
            (100, Lag::Is(seconds(5))),
            (99, Lag::AtLeast(seconds(6))),
        ] {
            assert_eq!(positions.lag(position, at), Some(lag), "{position}");
        }
        assert_eq!(positions.lag(300, at + seconds(2)), Some(Lag::Is(seconds(2))));
    }

    #[test]
    fn an_idle_primary_leaves_nobody_behind_and_a_silent_one_may() {
        let start = Instant::now();
        let mut positions = Positions::default();
        for second in 0..600 {
            positions.note(100, start + seconds(second));
        }
        assert_eq!(positions.noted.len(), 1);
        for (second, lag) in [(599, 0), (602, 0), (603, 4), (660, 61)] {
            let at = start + seconds(second);
            assert_eq!(positions.lag(100, at), Some(Lag::Is(seconds(lag))), "{second}");
        }
    }

    #[test]
    fn what_is_known_is_bounded_and_begins_anew_with_another_primary() {
        let start = Instant::now();
        let mut positions = Positions::default();
        let most = u64::try_from(MOST_POSITIONS).unwrap();
        for second in 0..=most {
            positions.note(i64::try_from(second).unwrap(), start + seconds(second));
        }
        let at = start + seconds(most);
        assert_eq!(positions.noted.len(), MOST_POSITIONS);
        // The second is the first that is known.
        assert_eq!(positions.lag(0, at), Some(Lag::AtLeast(seconds(most - 1))));
        assert_eq!(positions.lag(1, at), Some(Lag::Is(seconds(most - 2))));
        positions.note(5, at);
        assert_eq!(positions.lag(5, at), Some(Lag::Is(seconds(0))));
        assert_eq!(positions.lag(4, at + seconds(1)), Some(Lag::AtLeast(seconds(1))));
    }
}
