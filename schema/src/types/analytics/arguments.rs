use async_graphql::{Enum, Error, InputObject, OneofObject};
use domain::{analytics, catalog::is_valid_prefix};

use crate::{
    errors::bad_user_input,
    scalars::{DateTime, IconNameScalar},
};

/// Half-open, `from` included and `to` not, UTC.
#[derive(Debug, Clone, Copy, InputObject)]
pub(crate) struct TimeRange {
    from: DateTime,
    to: DateTime,
}

/// How long the steps of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "analytics::Interval")]
pub(crate) enum Interval {
    Minute,
    Hour,
    /// In UTC.
    Day,
    /// From Monday, in UTC.
    Week,
}

/// Everything, where the argument is left out.
#[derive(Debug, Clone, OneofObject)]
pub(crate) enum UsageTarget {
    Icon(IconNameScalar),
    /// By prefix.
    Set(String),
}

/// What usage is told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "analytics::Dimension")]
pub(crate) enum Dimension {
    /// Two letters of ISO 3166-1.
    Country,
    Device,
    /// Product tokens of programs. Beyond 200 in an hour they are counted together, as `(other)`.
    Client,
    Kind,
    Set,
    /// `00` to `23`, in UTC.
    HourOfDay,
    /// `MONDAY` to `SUNDAY`, in UTC.
    DayOfWeek,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "analytics::Direction")]
pub(crate) enum TrendDirection {
    Rising,
    Falling,
}

/// The hours of a series, or the days of a range: of more, it is refused.
const MOST_CELLS: usize = 1_100;

const DAY_MS: i64 = 24 * 3_600_000;
const HOUR_MS: i64 = 3_600_000;

impl TimeRange {
    /// About how many hours or days of one target are read for it. What is refused costs nothing.
    pub(super) fn cells(self, interval: Interval) -> usize {
        let length_ms = self.to.unix_ms().saturating_sub(self.from.unix_ms()).max(0);
        let cells = match interval {
            Interval::Minute | Interval::Hour => length_ms / HOUR_MS,
            // And the hours around them.
            Interval::Day | Interval::Week => length_ms / DAY_MS + 24,
        };
        usize::try_from(cells).unwrap_or(usize::MAX).min(MOST_CELLS)
    }

    /// The steps of a series by `interval`.
    pub(super) fn steps(self, interval: Interval) -> usize {
        let length_ms = self.to.unix_ms().saturating_sub(self.from.unix_ms()).max(0);
        let step_ms = match interval {
            Interval::Minute => HOUR_MS / 60,
            Interval::Hour => HOUR_MS,
            Interval::Day | Interval::Week => DAY_MS,
        };
        usize::try_from(length_ms / step_ms)
            .unwrap_or(usize::MAX)
            .min(MOST_CELLS)
    }

    /// As [`Self::cells`], of whole days.
    pub(super) fn days(self) -> usize {
        self.cells(Interval::Day)
    }

    /// # Errors
    /// `BAD_USER_INPUT` where it is empty or too long.
    pub(super) fn into_domain(self) -> Result<analytics::TimeRange, Error> {
        let range = analytics::TimeRange::new(self.from.unix_ms(), self.to.unix_ms());
        range.map_err(|error| bad_user_input(error.to_string()))
    }
}

/// Of what is asked.
///
/// # Errors
/// `BAD_USER_INPUT` where a prefix is none.
pub(super) fn target(target: Option<UsageTarget>) -> Result<analytics::UsageTarget, Error> {
    Ok(match target {
        None => analytics::UsageTarget::Everything,
        Some(UsageTarget::Icon(name)) => analytics::UsageTarget::Icon(name.0),
        Some(UsageTarget::Set(prefix)) if is_valid_prefix(&prefix) => analytics::UsageTarget::Set(prefix),
        Some(UsageTarget::Set(_)) => return Err(bad_user_input("`target.set` is a prefix, such as mdi")),
    })
}
