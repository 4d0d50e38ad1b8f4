//! The arithmetic of one bucket: what was spent leaks out of it evenly, and what fits in is admitted.

use std::time::Duration;

use super::{Budget, Exceeded};

/// What a bucket fills in.
pub(super) const WINDOW: Duration = Duration::from_mins(1);

/// The size of a bucket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    per_minute: u32,
}

/// How a bucket stands after a request was or was not admitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Level {
    /// Cost that has not leaked out yet.
    pub(super) spent: f64,
    pub(super) is_admitted: bool,
}

/// A bucket at the time of its last change.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bucket {
    spent: f64,
    at: Duration,
}

impl Rate {
    pub(super) fn per_minute(cost: u32) -> Self {
        Self { per_minute: cost }
    }

    pub(super) fn limit(self) -> u32 {
        self.per_minute
    }

    /// How long `cost` takes to leak out.
    fn time_of(self, cost: f64) -> Duration {
        let seconds = cost.max(0.0) / f64::from(self.per_minute) * WINDOW.as_secs_f64();
        // What takes longer than is told does not come in time either.
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    pub(super) fn left(self, level: Level, cost: u32) -> Budget {
        let remaining = (f64::from(self.per_minute) - level.spent).max(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the limit"
        )]
        let remaining = remaining as u32;
        Budget {
            limit: self.per_minute,
            cost,
            remaining,
            reset_after: self.time_of(level.spent),
        }
    }

    /// What a level means for a request of `cost`.
    pub(super) fn budget(self, level: Level, cost: u32) -> Result<Budget, Exceeded> {
        let budget = self.left(level, cost);
        if level.is_admitted {
            return Ok(budget);
        }
        let missing = level.spent + f64::from(cost) - f64::from(self.per_minute);
        // What never fits is not to be tried at once again either.
        let retry_after = if cost > self.per_minute {
            WINDOW
        } else {
            self.time_of(missing)
        };
        Err(Exceeded { budget, retry_after })
    }
}

impl Bucket {
    /// What has not leaked out at `now`.
    pub(super) fn spent(self, rate: Rate, now: Duration) -> f64 {
        let since = now.saturating_sub(self.at).as_secs_f64();
        let leaked = since * f64::from(rate.per_minute) / WINDOW.as_secs_f64();
        (self.spent - leaked).max(0.0)
    }

    /// How it stands for a request of `cost`, without taking it.
    pub(super) fn look(self, rate: Rate, now: Duration, cost: u32) -> Level {
        let spent = self.spent(rate, now);
        Level {
            spent,
            is_admitted: spent + f64::from(cost) <= f64::from(rate.per_minute),
        }
    }

    /// Takes `cost` where there is enough.
    pub(super) fn take(&mut self, rate: Rate, now: Duration, cost: u32) -> Level {
        let mut level = self.look(rate, now, cost);
        if level.is_admitted {
            level.spent += f64::from(cost);
            self.set(level.spent, now);
        }
        level
    }

    pub(super) fn set(&mut self, spent: f64, now: Duration) {
        *self = Self { spent, at: now };
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Bucket, Rate};

    const RATE: Rate = Rate { per_minute: 600 };

    #[test]
    fn what_was_spent_comes_back_evenly() {
        let mut bucket = Bucket::default();
        let mut take = |ms: u64, cost: u32| {
            let level = bucket.take(RATE, Duration::from_millis(ms), cost);
            RATE.budget(level, cost)
        };
        assert_eq!(take(0, 600).map(|budget| budget.remaining), Ok(0));
        let exceeded = take(0, 1).expect_err("nothing is left");
        assert_eq!(exceeded.retry_after, Duration::from_millis(100));
        assert_eq!(exceeded.budget.reset_after, Duration::from_mins(1));
        assert!(take(99, 1).is_err());
        assert_eq!(take(100, 1).map(|budget| budget.remaining), Ok(0));
        assert_eq!(take(30_100, 100).map(|budget| budget.remaining), Ok(200));
        assert!(take(30_100, 201).is_err());
        assert_eq!(take(30_100, 200).map(|budget| budget.remaining), Ok(0));
        // It holds no more than a minute's worth, however long nobody takes.
        assert!(take(600_000, 601).is_err());
        assert_eq!(take(600_000, 600).map(|budget| budget.remaining), Ok(0));
    }

    #[test]
    fn what_never_fits_is_said_to() {
        let level = Bucket::default().take(RATE, Duration::ZERO, 601);
        let exceeded = RATE.budget(level, 601).expect_err("more than the bucket");
        assert!(exceeded.is_for_ever());
        assert_eq!(exceeded.retry_after_seconds(), 60);
        assert!(
            exceeded.message().contains("more than the 600 a minute"),
            "{}",
            exceeded.message()
        );
        let level = Bucket::default().take(RATE, Duration::ZERO, 600);
        assert!(RATE.budget(level, 600).is_ok());
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let mut bucket = Bucket::default();
        bucket.take(RATE, Duration::from_secs(100), 600);
        assert!(!bucket.take(RATE, Duration::from_secs(50), 1).is_admitted);
    }
}
