//! What is used more and more, or less and less, over a range.

use foldhash::{HashMap, HashMapExt as _};

use super::{Analytics, AnalyticsError, TimeRange};
use crate::{
    catalog::IconId,
    database::DatabaseError,
    usage::{Cells, Ranked, Target, Tier, counts},
};

/// Entries of each ranking among which trends are looked for.
const DEPTH: usize = 2_000;

/// Whole days that a trend of days needs; in a shorter range it is one of hours.
const LEAST_DAYS: usize = 4;

/// Standard deviations of chance that a change has to exceed.
const LEAST_SURPRISE: f64 = 3.0;

/// Icons whose counts are looked up for one that is wanted.
const CANDIDATES: usize = 5;

/// Counts that are looked up by one statement.
const COUNTS_AT_ONCE: usize = 20_000;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Rising,
    Falling,
}

/// How the use of an icon changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    pub icon: IconId,
    /// Uses a day by which it grows each day: the slope of the line that fits its days best, or its hours in a range of a few days.
    pub slope: f64,
    /// The second half of the range against the first: 0.25 is +25 %. Where there was nothing in the first, as if it had been once.
    pub change: f64,
    pub count: u64,
}

/// How often an icon was used in each step of the range.
type Steps = HashMap<Target, Vec<u64>>;

/// What a line through the steps of an icon is made of: of many icons and many steps that is less than the steps.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: u64,
    /// The sum over the steps of their distance from the middle, times their counts.
    covariance: f64,
}

impl Analytics {
    /// The icons whose use changes most surely that way in `range`, in whole days or, where it has less than four of them, in whole hours;
    /// the surest first. They are looked for among the 2,000 that were used most on each day. What goes on at `now_ms` is left out.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn trends(
        &self,
        range: TimeRange,
        direction: Direction,
        (now_ms, first): (i64, usize),
    ) -> Result<Vec<Trend>, AnalyticsError> {
        let (tier, buckets) = steps_of(range, now_ms);
        let mut told: HashMap<Target, Moments> = HashMap::new();
        let rankings = crate::usage::rankings(&self.database, (tier, Ranked::Icons), &buckets, DEPTH).await?;
        for (bucket, ranking) in rankings {
            let Ok(place) = buckets.binary_search(&bucket) else {
                continue;
            };
            for (target, count) in ranking.used {
                told.entry(target).or_default().add(count, (place, buckets.len()));
            }
        }
        let surprises = told
            .iter()
            .map(|(target, moments)| (*target, moments.surprise(buckets.len())));
        let mut candidates = surest(surprises, direction);
        candidates.truncate(first.saturating_mul(CANDIDATES));
        // What stands in the ranking of one day may be just below that of another.
        let exact = self.counted(tier, &buckets, &candidates).await?;
        let surprises = exact.iter().map(|(target, counts)| (*target, surprise(counts)));
        let trends = surest(surprises, direction).into_iter().take(first);
        #[expect(clippy::cast_precision_loss, reason = "a day has few milliseconds")]
        let length_days = tier.length_ms() as f64 / Tier::Day.length_ms() as f64;
        Ok(trends
            .filter_map(|target| Some(Trend::of(target, exact.get(&target)?, length_days)))
            .collect())
    }

    async fn counted(&self, tier: Tier, buckets: &[i32], targets: &[Target]) -> Result<Steps, DatabaseError> {
        let mut exact = Steps::with_capacity(targets.len());
        if targets.is_empty() {
            return Ok(exact);
        }
        for some in buckets.chunks((COUNTS_AT_ONCE / targets.len()).max(1)) {
            let cells = Cells {
                tier,
                buckets: some,
                targets,
            };
            for ((bucket, target), count) in counts(&self.database, cells).await? {
                if let Ok(place) = buckets.binary_search(&bucket) {
                    exact.entry(target).or_insert_with(|| vec![0; buckets.len()])[place] = count;
                }
            }
        }
        Ok(exact)
    }
}

/// The buckets of a range between which a trend is. One that is not over would be taken for a decline.
fn steps_of(range: TimeRange, now_ms: i64) -> (Tier, Vec<i32>) {
    let over = |(tier, mut buckets): (Tier, Vec<i32>)| {
        buckets.retain(|bucket| *bucket < tier.bucket(now_ms));
        (tier, buckets)
    };
    let days = range.cells().into_iter().filter(|(tier, _)| *tier == Tier::Day);
    let days = days.map(over).find(|(_, days)| days.len() >= LEAST_DAYS);
    days.unwrap_or_else(|| over((Tier::Hour, range.in_hours().hours())))
}

/// Those that change by more than chance, by their surprises, the surest first.
fn surest(surprises: impl Iterator<Item = (Target, f64)>, direction: Direction) -> Vec<Target> {
    let sign = match direction {
        Direction::Rising => 1.0,
        Direction::Falling => -1.0,
    };
    let surprises = surprises.map(|(target, surprise)| (sign * surprise, target));
    let mut sure: Vec<(f64, Target)> = surprises.filter(|(surprise, _)| *surprise >= LEAST_SURPRISE).collect();
    sure.sort_unstable_by(|(one, target), (other, others)| other.total_cmp(one).then(target.cmp(others)));
    sure.into_iter().map(|(_, target)| target).collect()
}

impl Moments {
    fn of(counts: &[u64]) -> Self {
        let mut moments = Self::default();
        for (place, count) in counts.iter().enumerate() {
            moments.add(*count, (place, counts.len()));
        }
        moments
    }

    /// Adds the count of the step at `place`, of so many steps.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn add(&mut self, count: u64, (place, steps): (usize, usize)) {
        self.count += count;
        self.covariance += (place as f64 - (steps as f64 - 1.0) / 2.0) * count as f64;
    }

    /// By how many standard deviations the slope differs from none, were the counts those of chance around their mean.
    ///
    /// The line's slope is a weighted sum of the counts, whose variance by Poisson's law is the mean.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn surprise(self, steps: usize) -> f64 {
        let mean = self.count as f64 / steps.max(1) as f64;
        let deviation = (mean * spread(steps)).sqrt();
        if deviation > 0.0 {
            self.covariance / deviation
        } else {
            0.0
        }
    }
}

/// See [`Moments::surprise`].
fn surprise(counts: &[u64]) -> f64 {
    Moments::of(counts).surprise(counts.len())
}

/// The sum over the steps of the square of their distance from the middle.
#[expect(clippy::cast_precision_loss, reason = "steps are few")]
fn spread(steps: usize) -> f64 {
    let steps = steps as f64;
    steps * (steps * steps - 1.0) / 12.0
}

impl Trend {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn of(target: Target, counts: &[u64], length_days: f64) -> Self {
        // The step in the middle belongs to neither half.
        let half = counts.len() / 2;
        let before: u64 = counts[..half].iter().sum();
        let after: u64 = counts[counts.len() - half..].iter().sum();
        let moments = Moments::of(counts);
        let slope = if counts.len() < 2 {
            0.0
        } else {
            moments.covariance / spread(counts.len())
        };
        Self {
            icon: IconId(target.number()),
            // Uses a step, by which it grows each step.
            slope: slope / (length_days * length_days),
            change: after as f64 / before.max(1) as f64 - 1.0,
            count: moments.count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Direction, Steps, Trend, surest, surprise};
    use crate::usage::Target;

    fn target(number: i64) -> Target {
        Target::of_number(number)
    }

    #[test]
    fn what_changes_surely_comes_before_what_may_be_chance() {
        let steps: Steps = [
            (1, vec![100, 110, 120, 130]),
            (2, vec![1000, 1300, 1600, 1900]),
            (3, vec![1, 0, 2, 2]),
            (4, vec![500, 400, 300, 200]),
            (5, vec![70, 70, 70, 70]),
        ]
        .into_iter()
        .map(|(number, counts)| (target(number), counts))
        .collect();
        let surprises = || steps.iter().map(|(target, counts)| (*target, surprise(counts)));
        assert_eq!(surest(surprises(), Direction::Rising), [target(2)]);
        assert_eq!(surest(surprises(), Direction::Falling), [target(4)]);
        assert!(surprise(&[]).abs() < 1e-9 && surprise(&[5]).abs() < 1e-9 && surprise(&[0, 0]).abs() < 1e-9);
    }

    #[test]
    fn a_slope_is_a_day_and_a_change_is_between_halves() {
        let trend = Trend::of(target(1), &[10, 20, 30, 40], 1.0);
        assert!((trend.slope - 10.0).abs() < 1e-9 && (trend.change - 70.0 / 30.0 + 1.0).abs() < 1e-9);
        assert_eq!(trend.count, 100);
        // Two an hour, each hour more, are 48 a day, 24 times a day.
        let hourly = Trend::of(target(1), &[0, 2, 4], 1.0 / 24.0);
        assert!((hourly.slope - 2.0 * 576.0).abs() < 1e-6 && (hourly.change - 3.0).abs() < 1e-9);
    }
}
