//! Windows: how far back usage is asked for.

use super::tier::Tier;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How far back something is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UsageWindow {
    Hour,
    Day,
    Week,
    /// 30 days.
    Month,
    /// 90 days.
    Quarter,
    /// 365 days.
    Year,
    /// From the first event on.
    All,
}

impl UsageWindow {
    /// All of them, in the order of their places.
    pub(crate) const ALL: [Self; 7] = [
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
        Self::All,
    ];

    pub(crate) const fn place(self) -> usize {
        self as usize
    }

    /// How long it is; none where it begins with the first event.
    pub(super) fn length_ms(self) -> Option<i64> {
        match self {
            Self::Hour => Some(HOUR_MS),
            Self::Day => Some(DAY_MS),
            Self::Week => Some(7 * DAY_MS),
            Self::Month => Some(30 * DAY_MS),
            Self::Quarter => Some(90 * DAY_MS),
            Self::Year => Some(365 * DAY_MS),
            Self::All => None,
        }
    }

    pub(super) fn tier(self) -> Tier {
        match self {
            Self::Hour => Tier::Hour,
            _ => Tier::Day,
        }
    }

    /// Where it ends that is asked for at `now_ms`, excluded: with the half minute or hour that goes on.
    pub(super) fn until_ms(self, now_ms: i64) -> i64 {
        let step_ms = self.tier().step_ms();
        (now_ms.div_euclid(step_ms) + 1) * step_ms
    }
}
