//! How usage falls on the keys of a dimension.

use foldhash::{HashMap, HashMapExt as _};

use super::{Analytics, AnalyticsError, Dimension, TimeRange, UsageTarget};
use crate::{
    database::DatabaseError,
    usage::{Cells, Ranked, Tier, counts, sums},
};

/// Cells of which all is read at once.
const SUMS_AT_ONCE: usize = 50;

/// Counts that are read at once.
const COUNTS_AT_ONCE: usize = 20_000;

/// What falls on one key.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    pub key: String,
    pub count: u64,
    /// Of all in the range, 0 to 1.
    pub share: f64,
}

type Counts = HashMap<String, u64>;

impl Analytics {
    /// What of `target` in `range`, in whole hours, falls on the keys of a dimension: the `first` of them that have most. Hours of the day
    /// and days of the week are all there, in their order.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn distribution(
        &self,
        target: &UsageTarget,
        range: TimeRange,
        (dimension, first): (Dimension, usize),
    ) -> Result<Vec<Share>, AnalyticsError> {
        let range = range.in_hours();
        if dimension.of_time() {
            let counts = self.counts_by_time(target, range, dimension).await?;
            let all = counts.values().sum();
            let keys = dimension.keys_of_time().into_iter();
            return Ok(keys
                .map(|key| {
                    let count = counts.get(&*key).copied().unwrap_or_default();
                    Share::of(key.into_owned(), count, all)
                })
                .collect());
        }
        let counts = if dimension == Dimension::Set {
            self.counts_by_set(target, range).await?
        } else {
            self.counts_by_key(target, range, dimension).await?
        };
        let all = counts.values().sum();
        let mut shares: Vec<Share> = (counts.into_iter())
            .map(|(key, count)| Share::of(key, count, all))
            .collect();
        shares.sort_unstable_by(|one, other| other.count.cmp(&one.count).then_with(|| one.key.cmp(&other.key)));
        shares.truncate(first);
        Ok(shares)
    }

    async fn counts_by_time(
        &self,
        target: &UsageTarget,
        range: TimeRange,
        dimension: Dimension,
    ) -> Result<Counts, DatabaseError> {
        let mut by_key = Counts::new();
        let (hours, targets) = (range.hours(), [target.cell()]);
        for buckets in hours.chunks(COUNTS_AT_ONCE) {
            let cells = Cells {
                tier: Tier::Hour,
                buckets,
                targets: &targets,
            };
            for ((hour, _), count) in counts(&self.database, cells).await? {
                let key = dimension.key_of_time(i64::from(hour) * Tier::Hour.length_ms());
                *by_key.entry(key.into_owned()).or_default() += count;
            }
        }
        Ok(by_key)
    }

    async fn counts_by_set(&self, target: &UsageTarget, range: TimeRange) -> Result<Counts, DatabaseError> {
        let prefix = match target {
            UsageTarget::Everything => {
                let used = self.most_used(range, Ranked::Sets, usize::MAX).await?;
                let names = self.names(used.iter().map(|(target, _)| *target)).await?;
                let by_name = used
                    .into_iter()
                    .filter_map(|(target, count)| Some((names.get(&target)?.clone(), count)));
                return Ok(by_name.collect());
            }
            UsageTarget::Set(prefix) => prefix.as_str(),
            UsageTarget::Icon(name) => name.prefix(),
        };
        let mut count = 0;
        for (tier, buckets) in range.cells() {
            self.each_tally((tier, &buckets), &[target.cell()], |_, _, tally| count += tally.count)
                .await?;
        }
        Ok((count > 0).then(|| (prefix.to_owned(), count)).into_iter().collect())
    }

    async fn counts_by_key(
        &self,
        target: &UsageTarget,
        range: TimeRange,
        dimension: Dimension,
    ) -> Result<Counts, DatabaseError> {
        let mut counts = Counts::new();
        let targets = [target.cell()];
        for (tier, buckets) in range.cells() {
            for buckets in buckets.chunks(SUMS_AT_ONCE) {
                let cells = Cells {
                    tier,
                    buckets,
                    targets: &targets,
                };
                for (_, sums) in sums(&self.database, cells).await? {
                    for (key, tally) in dimension.tallies(&sums) {
                        if let Some(count) = counts.get_mut(&*key) {
                            *count += tally.count;
                        } else {
                            counts.insert(key.into_owned(), tally.count);
                        }
                    }
                }
            }
        }
        Ok(counts)
    }
}

impl Share {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn of(key: String, count: u64, all: u64) -> Self {
        let share = if all == 0 { 0.0 } else { count as f64 / all as f64 };
        Self { key, count, share }
    }
}
