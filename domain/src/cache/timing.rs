//! How long things are kept, and when they are read again before they have to be.

use std::{sync::Arc, time::Duration};

/// How long each kind of thing is kept, in Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ttls {
    /// An icon, and what hangs on it.
    pub icon: Duration,
    pub set: Duration,
    /// That a name stands for nothing.
    pub negative: Duration,
}

/// A source of chance.
#[derive(Clone)]
pub struct Chance(Arc<dyn Fn() -> f64 + Send + Sync>);

impl Chance {
    /// Chance that falls as `next` says: from 0, which counts, to 1, which does not.
    pub fn new(next: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(next))
    }

    /// What nobody can foretell.
    pub fn system() -> Self {
        Self::new(fastrand::f64)
    }

    fn next(&self) -> f64 {
        (self.0)()
    }

    /// A duration to within a tenth, so that what came together does not go together.
    pub(super) fn about(&self, duration: Duration) -> Duration {
        duration.mul_f64(0.9 + 0.2 * self.next())
    }
}

/// When a thing was read, and how long that is good for. Times are in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Life {
    pub(super) born_ms: i64,
    pub(super) ttl_ms: u32,
    /// What it took to read it, in microseconds.
    pub(super) cost_us: u32,
}

impl Life {
    pub(super) fn new(now_ms: i64, ttl: Duration, cost: Duration) -> Self {
        Self {
            born_ms: now_ms,
            ttl_ms: u32::try_from(ttl.as_millis()).unwrap_or(u32::MAX),
            cost_us: u32::try_from(cost.as_micros()).unwrap_or(u32::MAX),
        }
    }

    /// The same thing come to another layer, where it is good for `ttl` at most.
    pub(super) fn within(self, now_ms: i64, ttl: Duration) -> Self {
        let left = Duration::from_millis(u64::try_from(self.left_ms(now_ms)).unwrap_or(0));
        Self {
            cost_us: self.cost_us,
            ..Self::new(now_ms, ttl.min(left), Duration::ZERO)
        }
    }

    /// What is left; less than 0 once it is over.
    pub(super) fn left_ms(self, now_ms: i64) -> i64 {
        // A clock that was set back makes nothing live longer than it may.
        i64::from(self.ttl_ms) - now_ms.saturating_sub(self.born_ms).max(0)
    }

    /// Whether somebody should read it again now, before all have to: the nearer the end, and the dearer, the likelier.
    ///
    /// Source: `XFetch` with β = 1, Vattani, Chierichetti and Lowenstein, "Optimal Probabilistic Cache Stampede Prevention".
    pub(super) fn is_nearly_over(self, now_ms: i64, chance: &Chance) -> bool {
        /// Of so many costs before the end, chance would say yes once in a hundred million times, and is not asked.
        const FARTHEST: f64 = 20.0;
        let (left_ms, cost_ms) = (self.left_ms(now_ms), f64::from(self.cost_us) / 1000.0);
        #[expect(clippy::cast_precision_loss, reason = "a life is below 2^52 ms")]
        let left_ms = left_ms as f64;
        left_ms <= cost_ms * FARTHEST && -cost_ms * chance.next().max(f64::MIN_POSITIVE).ln() >= left_ms
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Chance, Life};

    #[test]
    fn a_duration_is_kept_to_within_a_tenth() {
        let hour = Duration::from_hours(1);
        for (chance, seconds) in [(0.0, 3240), (0.5, 3600), (1.0, 3960)] {
            assert_eq!(Chance::new(move || chance).about(hour).as_secs(), seconds);
        }
        let about = Chance::system();
        assert!((0..1000).all(|_| (3240..=3960).contains(&about.about(hour).as_secs())));
    }

    #[test]
    fn a_life_ends_and_no_clock_prolongs_it() {
        let life = Life::new(1_000, Duration::from_millis(500), Duration::ZERO);
        for (now_ms, left_ms) in [(1_000, 500), (1_400, 100), (1_500, 0), (1_600, -100), (0, 500)] {
            assert_eq!(life.left_ms(now_ms), left_ms, "{now_ms}");
        }
        let elsewhere = life.within(1_300, Duration::from_secs(9));
        assert_eq!((elsewhere.born_ms, elsewhere.ttl_ms), (1_300, 200));
        assert_eq!(life.within(1_300, Duration::from_millis(50)).ttl_ms, 50);
        assert_eq!(life.within(9_999, Duration::from_secs(9)).ttl_ms, 0);
    }

    /// What is asked for once a millisecond is read again about once in its life, and seldom before the last hundredth of it.
    #[test]
    fn somebody_reads_again_shortly_before_the_end() {
        let rng = std::sync::Mutex::new(fastrand::Rng::with_seed(7));
        let chance = Chance::new(move || rng.lock().expect("nobody panics with it").f64());
        let life = Life::new(0, Duration::from_mins(1), Duration::from_millis(20));
        let (mut early, mut never) = (0, 0);
        for _ in 0..1000 {
            match (0..60_000)
                .step_by(5)
                .find(|now_ms| life.is_nearly_over(*now_ms, &chance))
            {
                Some(at_ms) => early += i32::from(at_ms < 59_400),
                None => never += 1,
            }
        }
        assert!(early < 5 && never < 250, "{early} early, {never} never");
        // What costs nothing is not read before its end.
        let free = Life::new(0, Duration::from_mins(1), Duration::ZERO);
        assert!(!free.is_nearly_over(59_999, &chance) && free.is_nearly_over(60_000, &chance));
    }
}
