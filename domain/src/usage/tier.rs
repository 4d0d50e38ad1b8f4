const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Of a window of an hour, its 24th part is five of them.
const HALF_MINUTE_MS: i64 = 30_000;

/// A table of cells: of hours or of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Tier {
    Hour,
    Day,
}

impl Tier {
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Hour => "usage_hour",
            Self::Day => "usage_day",
        }
    }

    /// How long each of its cells is.
    pub(crate) fn length_ms(self) -> i64 {
        match self {
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
        }
    }

    /// Which of its cells an instant falls on, since 1970.
    pub(crate) fn bucket(self, unix_ms: i64) -> i32 {
        i32::try_from(unix_ms.div_euclid(self.length_ms())).unwrap_or(i32::MAX)
    }

    /// How long the parts of a cell are that are told apart: half a minute of an hour, an hour of a day.
    pub(crate) fn step_ms(self) -> i64 {
        match self {
            Self::Hour => HALF_MINUTE_MS,
            Self::Day => HOUR_MS,
        }
    }

    /// Which of these an instant falls on.
    pub(crate) fn step(self, unix_ms: i64) -> u8 {
        u8::try_from(unix_ms.rem_euclid(self.length_ms()) / self.step_ms()).unwrap_or(0)
    }
}
