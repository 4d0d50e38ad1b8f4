use super::{DAY_MS, DemoConfig};

/// Icons that somebody takes in a session, on average.
pub(super) const SESSION_EVENTS_MEAN: f64 = 6.0;

/// How much is done on each day of the week, Monday first.
const WEEK: [f64; 7] = [1.0, 1.06, 1.08, 1.04, 0.92, 0.42, 0.38];

/// How much more is done each day.
const GROWTH: f64 = 0.004;

/// How many people come when.
pub(super) struct Seasons {
    sessions_per_hour: f64,
    days: i64,
}

impl Seasons {
    pub(super) fn new(config: DemoConfig) -> Self {
        Self {
            sessions_per_hour: f64::from(config.events_per_day) / SESSION_EVENTS_MEAN / 24.0,
            days: config.days.into(),
        }
    }

    /// Sessions that begin in an hour, expected over all countries, the hour of their day aside.
    pub(super) fn sessions(&self, begin_ms: i64, day: i64) -> f64 {
        // 1970 began on a Thursday.
        let weekday = usize::try_from((begin_ms.div_euclid(DAY_MS) + 3).rem_euclid(7)).unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "days are few")]
        let growth = GROWTH.mul_add((day - self.days) as f64, 1.0);
        self.sessions_per_hour * WEEK[weekday] * growth.max(0.1)
    }
}
