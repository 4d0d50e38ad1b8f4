//! How long things took, in little room, such that two of them can be put together.
//!
//! Source: Masson, Rim and Lee, "`DDSketch`: a fast and fully-mergeable quantile sketch with relative-error guarantees" (2019).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sketches_ddsketch::{Config, DDSketch};

/// How far off a quantile is at most, as a share of itself.
const RELATIVE_ERROR: f64 = 0.01;

/// Bins: from a microsecond to an hour there are 1,100 at this error.
const MOST_BINS: u32 = 2_048;

/// What is shorter, in seconds, is none at all.
const LEAST_SECONDS: f64 = 1e-6;

/// Durations, of which quantiles are known to a hundredth.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Times(DDSketch);

impl Default for Times {
    fn default() -> Self {
        Self(DDSketch::new(Config::new(RELATIVE_ERROR, MOST_BINS, LEAST_SECONDS)))
    }
}

impl std::fmt::Debug for Times {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Times({})", self.0.count())
    }
}

impl Times {
    pub(super) fn add(&mut self, time: Duration) {
        self.0.add(time.as_secs_f64());
    }

    pub(super) fn merge(&mut self, other: &Self) {
        // Of other bounds, as another version may have stored them, they cannot be told apart any more.
        let _ = self.0.merge(&other.0);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.count() as u64
    }

    /// Milliseconds that this share of them took at most; 0 where there are none.
    pub(super) fn quantile_ms(&self, share: f64) -> f64 {
        self.0.quantile(share).ok().flatten().unwrap_or(0.0) * 1_000.0
    }

    /// Share of them that took no longer than `limit`, 0 to 1; all of them where there are none.
    pub(super) fn share_within(&self, limit: Duration) -> f64 {
        let (limit, count) = (limit.as_secs_f64(), self.count());
        if self.0.max().is_none_or(|longest| longest <= limit) {
            return 1.0;
        }
        // The longest is known to be longer: of the others, those before the first that is.
        let (mut within, mut beyond) = (0, count - 1);
        while within < beyond {
            let middle = u64::midpoint(within, beyond);
            if self.of_rank(middle) <= limit {
                within = middle + 1;
            } else {
                beyond = middle;
            }
        }
        super::share(within, count)
    }

    /// Seconds of the one before which there are `rank` shorter ones, and behind which there is another.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn of_rank(&self, rank: u64) -> f64 {
        // From the middle of a step, so that no rounding leads to the one before.
        let share = (rank as f64 + 0.5) / (self.count() - 1) as f64;
        self.0.quantile(share).ok().flatten().unwrap_or(0.0)
    }

    pub(super) fn mean_ms(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let count = self.0.count().max(1) as f64;
        self.0.sum().unwrap_or(0.0) / count * 1_000.0
    }

    pub(super) fn total_ms(&self) -> f64 {
        self.0.sum().unwrap_or(0.0) * 1_000.0
    }

    pub(super) fn max_ms(&self) -> f64 {
        self.0.max().unwrap_or(0.0) * 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Times;

    #[test]
    fn quantiles_are_right_to_a_hundredth_however_times_were_put_together() {
        let (mut whole, mut parts) = (Times::default(), [Times::default(), Times::default()]);
        for ms in 1..=1_000_u64 {
            whole.add(Duration::from_millis(ms));
            parts[usize::try_from(ms % 2).unwrap()].add(Duration::from_millis(ms));
        }
        let [mut one, other] = parts;
        one.merge(&other);
        let packed = postcard::to_allocvec(&one).unwrap();
        let read: Times = postcard::from_bytes(&packed).unwrap();
        for times in [&whole, &one, &read] {
            assert_eq!(times.count(), 1_000);
            for (share, ms) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
                let found = times.quantile_ms(share);
                assert!((found / ms - 1.0).abs() < 0.011, "{share}: {found}");
            }
            assert!((times.mean_ms() - 500.5).abs() < 0.1 && (times.max_ms() - 1_000.0).abs() < 1e-6);
            for (limit_ms, share) in [
                (0, 0.0),
                (100, 0.1),
                (950, 0.95),
                (999, 0.999),
                (1_000, 1.0),
                (5_000, 1.0),
            ] {
                let found = times.share_within(Duration::from_millis(limit_ms));
                assert!((found - share).abs() < 0.011, "{limit_ms}: {found}");
            }
        }
        assert!(packed.len() < 2_000, "{}", packed.len());
        assert!(Times::default().quantile_ms(0.5).abs() < 1e-9);
    }

    #[test]
    fn shares_of_few_are_exact() {
        let ms = Duration::from_millis;
        let within = |times: &[u64], limit: u64| {
            let mut all = Times::default();
            for time in times {
                all.add(ms(*time));
            }
            all.share_within(ms(limit))
        };
        for (times, limit, share) in [
            (&[][..], 1, 1.0),
            (&[50], 49, 0.0),
            (&[50], 50, 1.0),
            (&[50, 500], 100, 0.5),
            (&[500, 50, 5, 5], 100, 0.75),
            (&[500, 50, 5, 5], 10, 0.5),
            (&[500, 50, 5, 5], 1, 0.0),
        ] {
            let found = within(times, limit);
            assert!((found - share).abs() < 1e-9, "{times:?} {limit}: {found}");
        }
    }
}
