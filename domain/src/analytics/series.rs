//! Usage over time, in equal steps.

use foldhash::{HashMap, HashMapExt as _};

use super::{Analytics, AnalyticsError, Dimension, Interval, TimeRange, UsageTarget};
use crate::{
    database::DatabaseError,
    usage::{Cells, Ranked, Tally, Target, Tier, UsagePoint, steps, sums, tallies},
};

/// Series that are told apart by a dimension: those of the keys that were used most.
pub const MOST_SERIES: usize = 20;

/// Cells of which all is read at once: a large one has a hundred kilobytes.
const SUMS_AT_ONCE: usize = 50;

/// Cells of which the beginning is read at once.
const TALLIES_AT_ONCE: usize = 1_000;

/// Usage over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What falls on this key of the dimension; none where nothing is told apart.
    pub key: Option<String>,
    /// One for each bucket, the oldest first.
    pub points: Vec<UsagePoint>,
    pub total: u64,
}

/// Points by key, from tallies that come the oldest first: users of one bucket alone are remembered, to be counted once.
struct Gathering {
    interval: Interval,
    begin_ms: i64,
    bucket: HashMap<String, Tally>,
    points: HashMap<String, Vec<UsagePoint>>,
}

impl Analytics {
    /// How often `target` was used in each interval of `range`, by key where a dimension is given; the most used keys first.
    ///
    /// Points begin where their interval does, the first and the last have what falls into the range.
    ///
    /// # Errors
    /// Where the intervals are too many, where nothing is known by the minute of that dimension, and where the database fails.
    pub async fn usage_series(
        &self,
        target: &UsageTarget,
        range: TimeRange,
        (interval, by): (Interval, Option<Dimension>),
    ) -> Result<Vec<Series>, AnalyticsError> {
        let range = if interval == Interval::Minute {
            range
        } else {
            range.in_hours()
        };
        let buckets = interval.buckets(range)?;
        let gathered = match by {
            None => self.plain(target, (range, interval)).await?,
            Some(_) if interval == Interval::Minute => {
                let message = "by the minute it is known how much was used, and not by what: take `interval: HOUR` or leave out `by`";
                return Err(AnalyticsError::Unanswerable(message));
            }
            Some(Dimension::Set) => self.by_set(target, (range, interval)).await?,
            Some(dimension) if dimension.of_time() => self.by_time(target, (range, interval), dimension).await?,
            Some(dimension) => self.by_sums(target, (range, interval), dimension).await?,
        };
        let mut series: Vec<Series> = (gathered.into_iter())
            .map(|(key, points)| Series {
                key: by.is_some().then_some(key),
                total: points.iter().map(|point| point.count).sum(),
                points: filled(&buckets, &points),
            })
            .collect();
        if by.is_none() && series.is_empty() {
            series.push(Series {
                key: None,
                points: filled(&buckets, &[]),
                total: 0,
            });
        }
        series.sort_unstable_by(|one, other| other.total.cmp(&one.total).then(one.key.cmp(&other.key)));
        series.truncate(MOST_SERIES);
        Ok(series)
    }

    async fn plain(
        &self,
        target: &UsageTarget,
        (range, interval): (TimeRange, Interval),
    ) -> Result<Points, DatabaseError> {
        let mut gathering = Gathering::new(interval);
        let targets = [target.cell()];
        if interval == Interval::Minute {
            let (tier, buckets) = (Tier::Hour, range.hours());
            self.each_step((tier, &buckets), &targets, |at_ms, tally| {
                if range.contains(at_ms) {
                    gathering.add(at_ms, "", tally);
                }
            })
            .await?;
        } else {
            for (tier, buckets) in cells_of(range, interval) {
                self.each_tally((tier, &buckets), &targets, |at_ms, _, tally| {
                    gathering.add(at_ms, "", tally);
                })
                .await?;
            }
        }
        Ok(gathering.end())
    }

    async fn by_set(
        &self,
        target: &UsageTarget,
        (range, interval): (TimeRange, Interval),
    ) -> Result<Points, DatabaseError> {
        let prefixes: Vec<String> = match target {
            UsageTarget::Everything => {
                let sets = self.most_used(range, Ranked::Sets, MOST_SERIES).await?;
                self.names(sets.iter().map(|(target, _)| *target))
                    .await?
                    .into_values()
                    .collect()
            }
            UsageTarget::Set(prefix) => vec![prefix.clone()],
            UsageTarget::Icon(name) => vec![name.prefix().to_owned()],
        };
        let mut keys: HashMap<Target, &str> = HashMap::with_capacity(prefixes.len());
        for prefix in &prefixes {
            let cell = match target {
                // An icon is in one set.
                UsageTarget::Icon(name) => Target::icon(name),
                UsageTarget::Everything | UsageTarget::Set(_) => Target::set(prefix),
            };
            keys.insert(cell, prefix);
        }
        let targets: Vec<Target> = keys.keys().copied().collect();
        let mut gathering = Gathering::new(interval);
        for (tier, buckets) in cells_of(range, interval) {
            self.each_tally((tier, &buckets), &targets, |at_ms, target, tally| {
                if let Some(key) = keys.get(&target) {
                    gathering.add(at_ms, key, tally);
                }
            })
            .await?;
        }
        Ok(gathering.end())
    }

    async fn by_time(
        &self,
        target: &UsageTarget,
        (range, interval): (TimeRange, Interval),
        dimension: Dimension,
    ) -> Result<Points, DatabaseError> {
        let mut gathering = Gathering::new(interval);
        let days = range.days();
        self.each_step((Tier::Day, &days), &[target.cell()], |at_ms, tally| {
            if range.contains(at_ms) {
                gathering.add(at_ms, &dimension.key_of_time(at_ms), tally);
            }
        })
        .await?;
        Ok(gathering.end())
    }

    async fn by_sums(
        &self,
        target: &UsageTarget,
        (range, interval): (TimeRange, Interval),
        dimension: Dimension,
    ) -> Result<Points, DatabaseError> {
        let mut gathering = Gathering::new(interval);
        let targets = [target.cell()];
        for (tier, buckets) in cells_of(range, interval) {
            for buckets in buckets.chunks(SUMS_AT_ONCE) {
                let cells = Cells {
                    tier,
                    buckets,
                    targets: &targets,
                };
                for ((bucket, _), sums) in sums(&self.database, cells).await? {
                    for (key, tally) in dimension.tallies(&sums) {
                        gathering.add(i64::from(bucket) * tier.length_ms(), &key, tally);
                    }
                }
            }
        }
        Ok(gathering.end())
    }

    /// Calls `take` with what falls on each target in each bucket, the oldest first, and when the bucket begins.
    pub(super) async fn each_tally(
        &self,
        (tier, buckets): (Tier, &[i32]),
        targets: &[Target],
        mut take: impl FnMut(i64, Target, &Tally) + Send,
    ) -> Result<(), DatabaseError> {
        for buckets in buckets.chunks((TALLIES_AT_ONCE / targets.len().max(1)).max(1)) {
            let cells = Cells { tier, buckets, targets };
            for ((bucket, target), tally) in tallies(&self.database, cells).await? {
                take(i64::from(bucket) * tier.length_ms(), target, &tally);
            }
        }
        Ok(())
    }

    /// Calls `take` with what falls on each part of buckets, the oldest first, and when the part begins.
    pub(super) async fn each_step(
        &self,
        (tier, buckets): (Tier, &[i32]),
        targets: &[Target],
        mut take: impl FnMut(i64, &Tally) + Send,
    ) -> Result<(), DatabaseError> {
        for buckets in buckets.chunks(SUMS_AT_ONCE) {
            let cells = Cells { tier, buckets, targets };
            for ((bucket, _), steps) in steps(&self.database, cells).await? {
                for (step, tally) in &steps {
                    let begin_ms = i64::from(bucket) * tier.length_ms();
                    take(begin_ms + i64::from(*step) * tier.step_ms(), tally);
                }
            }
        }
        Ok(())
    }
}

type Points = HashMap<String, Vec<UsagePoint>>;

/// The cells that a series is made of.
fn cells_of(range: TimeRange, interval: Interval) -> Vec<(Tier, Vec<i32>)> {
    match interval {
        Interval::Minute | Interval::Hour => vec![(Tier::Hour, range.hours())],
        Interval::Day | Interval::Week => range.cells(),
    }
}

/// Those of buckets without points are zero.
fn filled(buckets: &[i64], points: &[UsagePoint]) -> Vec<UsagePoint> {
    let mut points = points.iter().peekable();
    let point = |at_ms: &i64| {
        let zero = UsagePoint {
            at_ms: *at_ms,
            count: 0,
            unique_users: 0,
        };
        points.next_if(|point| point.at_ms == *at_ms).copied().unwrap_or(zero)
    };
    buckets.iter().map(point).collect()
}

impl Gathering {
    fn new(interval: Interval) -> Self {
        Self {
            interval,
            begin_ms: i64::MIN,
            bucket: HashMap::new(),
            points: HashMap::new(),
        }
    }

    fn add(&mut self, at_ms: i64, key: &str, tally: &Tally) {
        let begin_ms = self.interval.begin_ms(at_ms);
        if begin_ms != self.begin_ms {
            self.end_bucket();
            self.begin_ms = begin_ms;
        }
        if let Some(known) = self.bucket.get_mut(key) {
            known.merge(tally);
        } else {
            self.bucket.insert(key.to_owned(), tally.clone());
        }
    }

    fn end_bucket(&mut self) {
        for (key, tally) in self.bucket.drain() {
            self.points.entry(key).or_default().push(UsagePoint {
                at_ms: self.begin_ms,
                count: tally.count,
                unique_users: tally.users.count(),
            });
        }
    }

    fn end(mut self) -> Points {
        self.end_bucket();
        self.points
    }
}

#[cfg(test)]
mod tests {
    use super::{Gathering, Interval, filled};
    use crate::usage::Tally;

    #[test]
    fn points_are_of_their_buckets_and_the_rest_is_zero() {
        const HOUR_MS: i64 = 3_600_000;
        let mut gathering = Gathering::new(Interval::Hour);
        let tally = |count| Tally {
            count,
            ..Tally::default()
        };
        for (at_ms, key, count) in [(0, "a", 1), (1, "b", 2), (HOUR_MS - 1, "a", 4), (2 * HOUR_MS, "a", 8)] {
            gathering.add(at_ms, key, &tally(count));
        }
        let points = gathering.end();
        let counts = |key: &str| -> Vec<(i64, u64)> {
            let buckets = [0, HOUR_MS, 2 * HOUR_MS];
            filled(&buckets, &points[key])
                .iter()
                .map(|point| (point.at_ms, point.count))
                .collect()
        };
        assert_eq!(counts("a"), [(0, 5), (HOUR_MS, 0), (2 * HOUR_MS, 8)]);
        assert_eq!(counts("b"), [(0, 2), (HOUR_MS, 0), (2 * HOUR_MS, 0)]);
    }
}
