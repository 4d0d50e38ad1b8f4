//! How finely it is kept what servers did, for how long, and what a range of time is made of.

use crate::analytics::{Interval, TimeRange};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Days that minutes are kept, hours and days: a night of the weekend by the minute, a quarter of a year by the hour, and by the day as long as
/// a range may be.
pub(super) const MINUTES_KEPT_DAYS: i64 = 3;
pub(super) const HOURS_KEPT_DAYS: i64 = 92;
const DAYS_KEPT_DAYS: i64 = 1_100;

/// A length of buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    Minute,
    Hour,
    Day,
}

/// Buckets one after another: those since 1970 from the first up to the last.
pub(super) type Piece = (Tier, i32, i32);

impl Tier {
    pub(super) const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    pub(super) fn number(self) -> i32 {
        match self {
            Self::Minute => 0,
            Self::Hour => 1,
            Self::Day => 2,
        }
    }

    pub(super) fn of_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.number() == number)
    }

    pub(super) fn length_ms(self) -> i64 {
        match self {
            Self::Minute => MINUTE_MS,
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
        }
    }

    /// The bucket that an instant falls on.
    pub(super) fn bucket(self, at_ms: i64) -> i32 {
        i32::try_from(at_ms.div_euclid(self.length_ms())).unwrap_or(i32::MAX)
    }

    pub(super) fn begin_ms(self, bucket: i32) -> i64 {
        i64::from(bucket) * self.length_ms()
    }

    /// The first bucket that is kept, at the beginning of one of the next tier.
    pub(super) fn first_kept(self, now_ms: i64) -> i32 {
        self.bucket(self.kept_since_ms(now_ms))
    }

    fn kept_since_ms(self, now_ms: i64) -> i64 {
        let (days, whole_ms) = match self {
            Self::Minute => (MINUTES_KEPT_DAYS, HOUR_MS),
            Self::Hour => (HOURS_KEPT_DAYS, DAY_MS),
            Self::Day => (DAYS_KEPT_DAYS, DAY_MS),
        };
        (now_ms - days * DAY_MS).div_euclid(whole_ms) * whole_ms
    }

    /// The finest that is kept of an instant.
    fn of(at_ms: i64, now_ms: i64) -> Self {
        let is_kept = |tier: &Self| at_ms >= tier.kept_since_ms(now_ms);
        Self::ALL.into_iter().find(is_kept).unwrap_or(Self::Day)
    }

    /// The coarsest of which the steps of a series are made.
    fn within(interval: Interval) -> Self {
        match interval {
            Interval::Minute => Self::Minute,
            Interval::Hour => Self::Hour,
            Interval::Day | Interval::Week => Self::Day,
        }
    }

    fn finer(self) -> Option<Self> {
        match self {
            Self::Minute => None,
            Self::Hour => Some(Self::Minute),
            Self::Day => Some(Self::Hour),
        }
    }
}

/// What `range` is made of, the oldest first, in as few buckets as there can be where nothing coarser than `interval` will do. What is not kept by
/// the minute any more is widened to hours, and to days.
///
/// # Errors
/// Where nothing as fine as `interval` is kept of its beginning: what is.
pub(super) fn pieces(range: TimeRange, interval: Interval, now_ms: i64) -> Result<Vec<Piece>, Tier> {
    let coarsest = Tier::within(interval);
    let finest = Tier::of(range.begin_ms(), now_ms);
    if finest > coarsest {
        return Err(finest);
    }
    let begin = |at_ms: i64| {
        let length_ms = Tier::of(at_ms, now_ms).length_ms();
        at_ms.div_euclid(length_ms) * length_ms
    };
    let last_ms = range.end_ms() - 1;
    let end_ms = begin(last_ms) + Tier::of(last_ms, now_ms).length_ms();
    let mut pieces = Vec::new();
    split(begin(range.begin_ms()), end_ms, coarsest, &mut pieces);
    Ok(pieces)
}

fn split(from_ms: i64, to_ms: i64, tier: Tier, pieces: &mut Vec<Piece>) {
    if from_ms >= to_ms {
        return;
    }
    let length_ms = tier.length_ms();
    let first = -(-from_ms).div_euclid(length_ms);
    let end = to_ms.div_euclid(length_ms);
    let Some(finer) = tier.finer() else {
        return pieces.push((tier, tier.bucket(from_ms), tier.bucket(to_ms - 1)));
    };
    if first >= end {
        return split(from_ms, to_ms, finer, pieces);
    }
    let (first_ms, end_ms) = (first * length_ms, end * length_ms);
    split(from_ms, first_ms, finer, pieces);
    pieces.push((tier, tier.bucket(first_ms), tier.bucket(end_ms - 1)));
    split(end_ms, to_ms, finer, pieces);
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, HOUR_MS, HOURS_KEPT_DAYS, MINUTE_MS, MINUTES_KEPT_DAYS, Piece, Tier, pieces};
    use crate::analytics::{Interval, TimeRange};

    /// 2026-09-01T12:30:00Z.
    const NOW_MS: i64 = 1_788_265_800_000;
    const TODAY_MS: i64 = 1_788_220_800_000;

    fn of(from_ms: i64, to_ms: i64, interval: Interval) -> Result<Vec<Piece>, Tier> {
        pieces(TimeRange::new(from_ms, to_ms).unwrap(), interval, NOW_MS)
    }

    /// A piece, by when it begins and ends.
    fn piece(tier: Tier, from_ms: i64, to_ms: i64) -> Piece {
        (tier, tier.bucket(from_ms), tier.bucket(to_ms - 1))
    }

    #[test]
    fn a_range_is_whole_days_and_what_is_around_them() {
        let from_ms = TODAY_MS - 2 * DAY_MS - 90 * MINUTE_MS;
        assert_eq!(
            of(from_ms, NOW_MS, Interval::Day),
            Ok(vec![
                piece(Tier::Minute, from_ms, from_ms + 30 * MINUTE_MS),
                piece(Tier::Hour, TODAY_MS - 2 * DAY_MS - HOUR_MS, TODAY_MS - 2 * DAY_MS),
                piece(Tier::Day, TODAY_MS - 2 * DAY_MS, TODAY_MS),
                piece(Tier::Hour, TODAY_MS, TODAY_MS + 12 * HOUR_MS),
                piece(Tier::Minute, TODAY_MS + 12 * HOUR_MS, NOW_MS),
            ])
        );
        assert_eq!(
            of(TODAY_MS, TODAY_MS + DAY_MS, Interval::Week),
            Ok(vec![piece(Tier::Day, TODAY_MS, TODAY_MS + DAY_MS)])
        );
        // No step of a series falls apart.
        assert_eq!(
            of(TODAY_MS, TODAY_MS + DAY_MS, Interval::Hour),
            Ok(vec![piece(Tier::Hour, TODAY_MS, TODAY_MS + DAY_MS)])
        );
        assert_eq!(
            of(TODAY_MS, TODAY_MS + 1, Interval::Day),
            Ok(vec![piece(Tier::Minute, TODAY_MS, TODAY_MS + MINUTE_MS)])
        );
    }

    #[test]
    fn what_is_not_kept_finely_is_widened_and_no_series_is_made_of_it() {
        let minutes_ms = Tier::Minute.kept_since_ms(NOW_MS);
        assert_eq!(minutes_ms, TODAY_MS + 12 * HOUR_MS - MINUTES_KEPT_DAYS * DAY_MS);
        assert_eq!(
            of(minutes_ms, minutes_ms + 1, Interval::Minute),
            Ok(vec![piece(Tier::Minute, minutes_ms, minutes_ms + MINUTE_MS)])
        );
        assert_eq!(of(minutes_ms - 1, minutes_ms + 1, Interval::Minute), Err(Tier::Hour));
        assert_eq!(
            of(minutes_ms - 1, minutes_ms + 1, Interval::Hour),
            Ok(vec![
                piece(Tier::Hour, minutes_ms - HOUR_MS, minutes_ms),
                piece(Tier::Minute, minutes_ms, minutes_ms + MINUTE_MS)
            ])
        );
        let hours_ms = Tier::Hour.kept_since_ms(NOW_MS);
        assert_eq!(hours_ms, TODAY_MS - HOURS_KEPT_DAYS * DAY_MS);
        assert_eq!(of(hours_ms - 1, hours_ms + 1, Interval::Hour), Err(Tier::Day));
        assert_eq!(
            of(hours_ms - 1, hours_ms + 1, Interval::Day),
            Ok(vec![
                piece(Tier::Day, hours_ms - DAY_MS, hours_ms),
                piece(Tier::Hour, hours_ms, hours_ms + HOUR_MS)
            ])
        );
        // What is to come is not there yet, and no error.
        assert!(of(NOW_MS + DAY_MS, NOW_MS + 2 * DAY_MS, Interval::Minute).is_ok());
    }

    #[test]
    fn no_range_needs_many_buckets() {
        let count = |pieces: &[Piece]| {
            pieces
                .iter()
                .map(|(_, first, last)| i64::from(last - first + 1))
                .sum::<i64>()
        };
        for days in [1, 2, 91, 92, 93, 1_095] {
            for offset_ms in [0, 1, MINUTE_MS + 1, 61 * MINUTE_MS, 13 * HOUR_MS] {
                let to_ms = NOW_MS - offset_ms;
                let found = count(&of(to_ms - days * DAY_MS, to_ms, Interval::Day).unwrap());
                assert!(found <= days + 1 + 46 + 118, "{days} {offset_ms}: {found}");
            }
        }
    }
}
