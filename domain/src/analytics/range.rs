//! Ranges of time that are asked about, and the buckets that they fall into.

use crate::usage::Tier;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
const WEEK_MS: i64 = 7 * DAY_MS;

/// 1970-01-05, the first Monday.
const FIRST_MONDAY_MS: i64 = 4 * DAY_MS;

/// Days that a range may have: three years, and a leap day.
pub const MAX_RANGE_DAYS: i64 = 3 * 365 + 1;

/// Buckets of a series.
pub const MAX_BUCKETS: usize = 1_000;

/// What is wrong with a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    #[error("`range.from` has to be before `range.to`")]
    Empty,
    #[error("a range has at most {MAX_RANGE_DAYS} days: ask for some of them at a time")]
    TooLong,
    #[error(
        "a series has at most {MAX_BUCKETS} points, and these would be {0}: take a longer `interval` or a shorter `range`"
    )]
    TooManyBuckets(i64),
}

/// From an instant up to another, which is not part of it; in whole minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeRange {
    from_ms: i64,
    to_ms: i64,
}

/// How long the buckets of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Interval {
    Minute,
    Hour,
    /// In UTC.
    Day,
    /// From Monday, in UTC.
    Week,
}

impl TimeRange {
    /// Widened to whole minutes.
    ///
    /// # Errors
    /// Where nothing is between them, or more than [`MAX_RANGE_DAYS`].
    pub fn new(from_ms: i64, to_ms: i64) -> Result<Self, RangeError> {
        if from_ms >= to_ms {
            return Err(RangeError::Empty);
        }
        if to_ms.saturating_sub(from_ms) > MAX_RANGE_DAYS * DAY_MS {
            return Err(RangeError::TooLong);
        }
        Ok(Self { from_ms, to_ms }.widened(MINUTE_MS))
    }

    /// Where it begins.
    pub(crate) fn begin_ms(self) -> i64 {
        self.from_ms
    }

    /// Where it has ended.
    pub(crate) fn end_ms(self) -> i64 {
        self.to_ms
    }

    fn widened(self, unit_ms: i64) -> Self {
        let (from, past) = (self.from_ms.div_euclid(unit_ms), (self.to_ms - 1).div_euclid(unit_ms));
        Self {
            from_ms: from * unit_ms,
            to_ms: (past + 1) * unit_ms,
        }
    }

    /// Widened to whole hours, the least of which is known what is used where and by which program.
    pub(super) fn in_hours(self) -> Self {
        self.widened(HOUR_MS)
    }

    pub(super) fn contains(self, at_ms: i64) -> bool {
        (self.from_ms..self.to_ms).contains(&at_ms)
    }

    /// The hours that it touches, since 1970.
    pub(super) fn hours(self) -> Vec<i32> {
        buckets(self.from_ms, self.to_ms, HOUR_MS)
    }

    /// The days that it touches, since 1970.
    pub(super) fn days(self) -> Vec<i32> {
        buckets(self.from_ms, self.to_ms, DAY_MS)
    }

    /// The cells that a range of whole hours is made of, the oldest first: its whole days and the hours around them.
    pub(super) fn cells(self) -> Vec<(Tier, Vec<i32>)> {
        let range = self.in_hours();
        let begun = i64::from(range.from_ms.rem_euclid(DAY_MS) > 0);
        let first_ms = (range.from_ms.div_euclid(DAY_MS) + begun) * DAY_MS;
        let end_ms = range.to_ms.div_euclid(DAY_MS) * DAY_MS;
        if first_ms >= end_ms {
            return vec![(Tier::Hour, range.hours())];
        }
        let cells = [
            (Tier::Hour, buckets(range.from_ms, first_ms, HOUR_MS)),
            (Tier::Day, buckets(first_ms, end_ms, DAY_MS)),
            (Tier::Hour, buckets(end_ms, range.to_ms, HOUR_MS)),
        ];
        cells.into_iter().filter(|(_, buckets)| !buckets.is_empty()).collect()
    }

    /// The cells from an instant on, at the beginning of a day, up to where this begins.
    pub(super) fn cells_since(self, first_ms: i64) -> Vec<(Tier, Vec<i32>)> {
        let before = Self {
            from_ms: first_ms,
            to_ms: self.in_hours().from_ms,
        };
        if before.from_ms < before.to_ms {
            before.cells()
        } else {
            Vec::new()
        }
    }
}

fn buckets(from_ms: i64, to_ms: i64, length_ms: i64) -> Vec<i32> {
    if from_ms >= to_ms {
        return Vec::new();
    }
    let bucket = |at_ms: i64| i32::try_from(at_ms.div_euclid(length_ms)).unwrap_or(i32::MAX);
    (bucket(from_ms)..=bucket(to_ms - 1)).collect()
}

impl Interval {
    fn length_ms(self) -> i64 {
        match self {
            Self::Minute => MINUTE_MS,
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
            Self::Week => WEEK_MS,
        }
    }

    /// When the bucket begins that an instant falls into.
    pub(crate) fn begin_ms(self, at_ms: i64) -> i64 {
        let offset_ms = if self == Self::Week { FIRST_MONDAY_MS } else { 0 };
        at_ms - (at_ms - offset_ms).rem_euclid(self.length_ms())
    }

    /// When the next bucket begins.
    pub fn next_ms(self, begin_ms: i64) -> i64 {
        begin_ms + self.length_ms()
    }

    /// When the buckets begin that a range touches, the oldest first.
    ///
    /// # Errors
    /// Where these are more than [`MAX_BUCKETS`].
    pub(crate) fn buckets(self, range: TimeRange) -> Result<Vec<i64>, RangeError> {
        let (first_ms, last_ms) = (self.begin_ms(range.from_ms), self.begin_ms(range.to_ms - 1));
        let count = (last_ms - first_ms) / self.length_ms() + 1;
        if usize::try_from(count).is_ok_and(|count| count <= MAX_BUCKETS) {
            Ok((0..count).map(|place| first_ms + place * self.length_ms()).collect())
        } else {
            Err(RangeError::TooManyBuckets(count))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, HOUR_MS, Interval, MAX_BUCKETS, MAX_RANGE_DAYS, MINUTE_MS, RangeError, TimeRange};
    use crate::usage::Tier;

    /// 2026-09-01, a Tuesday.
    const FIRST_MS: i64 = 1_788_220_800_000;
    const FIRST_DAY: i32 = 20_697;

    fn range(from_ms: i64, to_ms: i64) -> TimeRange {
        TimeRange::new(FIRST_MS + from_ms, FIRST_MS + to_ms).expect("a range")
    }

    #[test]
    fn ranges_are_in_order_and_bounded() {
        let days = |days: i64| TimeRange::new(FIRST_MS, FIRST_MS + days * DAY_MS);
        assert_eq!(days(0), Err(RangeError::Empty));
        assert_eq!(days(-1), Err(RangeError::Empty));
        assert!(days(MAX_RANGE_DAYS).is_ok());
        assert_eq!(days(MAX_RANGE_DAYS + 1), Err(RangeError::TooLong));
        assert_eq!(TimeRange::new(i64::MIN, i64::MAX), Err(RangeError::TooLong));
    }

    #[test]
    fn a_range_is_whole_days_and_the_hours_around_them() {
        let (hour, day, hours) = (FIRST_DAY * 24, FIRST_DAY, |hours: Vec<i32>| (Tier::Hour, hours));
        for (from_ms, to_ms, cells) in [
            (0, 2 * DAY_MS, vec![(Tier::Day, vec![day, day + 1])]),
            (
                -1,
                DAY_MS + 1,
                vec![hours(vec![hour - 1]), (Tier::Day, vec![day]), hours(vec![hour + 24])],
            ),
            (1, DAY_MS, vec![(Tier::Day, vec![day])]),
            (HOUR_MS, DAY_MS, vec![hours((hour + 1..hour + 24).collect())]),
            (5 * MINUTE_MS, 6 * MINUTE_MS, vec![hours(vec![hour])]),
        ] {
            assert_eq!(range(from_ms, to_ms).cells(), cells, "{from_ms} {to_ms}");
        }
    }

    #[test]
    fn buckets_are_those_that_a_range_touches() {
        let week = Interval::Week.buckets(range(0, 7 * DAY_MS)).expect("two");
        assert_eq!(week, [FIRST_MS - DAY_MS, FIRST_MS + 6 * DAY_MS]);
        assert_eq!(
            Interval::Day.buckets(range(-1, 1)),
            Ok(vec![FIRST_MS - DAY_MS, FIRST_MS])
        );
        let most = i64::try_from(MAX_BUCKETS).unwrap();
        for (interval, length_ms) in [(Interval::Minute, MINUTE_MS), (Interval::Hour, HOUR_MS)] {
            assert_eq!(
                interval
                    .buckets(range(0, most * length_ms))
                    .map(|buckets| buckets.len()),
                Ok(MAX_BUCKETS)
            );
            assert_eq!(
                interval.buckets(range(0, most * length_ms + 1)),
                Err(RangeError::TooManyBuckets(most + 1))
            );
        }
    }
}
