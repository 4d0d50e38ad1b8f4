//! What was used most, without looking at everything that was used.
//!
//! The beginnings of the rankings of a range's days and hours have whatever was used most in it. Of what stands in none of them it is known
//! how often it can have been used at most, so that it is known as well whether they are enough. Where they are not, more of them is read, and
//! in the end all of each, a few at a time.
//!
//! Source: Fagin, Lotem and Naor, "Optimal aggregation algorithms for middleware" (2003).

use foldhash::{HashMap, HashMapExt as _};

use super::{Analytics, AnalyticsError, TimeRange};
use crate::{
    catalog::{IconId, IconName},
    database::{Columns, DatabaseError},
    usage::{Cells, Ranked, Ranking, Target, Tier, counts, rankings},
};

/// Entries of each ranking that are read at first, and how many times as many each time that they are not enough.
const FIRST_DEPTH: usize = 1_000;
const DEEPER: usize = 16;

/// Entries of all of them that are held at once: some 64 megabytes.
const MOST_ENTRIES: usize = 4_000_000;

/// Rankings of icons of which all is read at once, megabytes each; and of sets, which are few.
const ICONS_AT_ONCE: usize = 8;
const SETS_AT_ONCE: usize = 1_000;

/// Candidates whose counts are looked up; of more, more of the rankings is read.
const MOST_CANDIDATES: usize = 5_000;

/// Counts that are looked up by one statement.
const COUNTS_AT_ONCE: usize = 20_000;

/// How often an icon was used, which may be gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IconCount {
    pub icon: IconId,
    pub name: IconName,
    pub count: u64,
}

/// A ranking of the range: of a bucket of a tier.
pub(super) type Rankings = HashMap<(Tier, i32), Ranking>;

impl Analytics {
    /// The icons that were used most in `range`, in whole hours, of those that `is_wanted` lets pass; the most used first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn top_icons(
        &self,
        range: TimeRange,
        is_wanted: impl Fn(IconId) -> bool + Send + Sync,
        first: usize,
    ) -> Result<Vec<IconCount>, AnalyticsError> {
        let is_wanted = |target: Target| is_wanted(IconId(target.number()));
        let used = self.most_used_of(range, Ranked::Icons, (is_wanted, first)).await?;
        let names = self.names(used.iter().map(|(target, _)| *target)).await?;
        let counts = used.into_iter().filter_map(|(target, count)| {
            Some(IconCount {
                icon: IconId(target.number()),
                name: names.get(&target)?.parse().ok()?,
                count,
            })
        });
        Ok(counts.collect())
    }

    /// As [`Self::most_used_of`], whatever it is.
    pub(super) async fn most_used(
        &self,
        range: TimeRange,
        ranked: Ranked,
        first: usize,
    ) -> Result<Vec<(Target, u64)>, DatabaseError> {
        self.most_used_of(range, ranked, (|_| true, first)).await
    }

    /// What was used most, and how often exactly.
    async fn most_used_of(
        &self,
        range: TimeRange,
        ranked: Ranked,
        (is_wanted, first): (impl Fn(Target) -> bool + Send + Sync, usize),
    ) -> Result<Vec<(Target, u64)>, DatabaseError> {
        let buckets: usize = range.cells().iter().map(|(_, buckets)| buckets.len()).sum();
        let mut depth = FIRST_DEPTH.max(first.saturating_mul(4));
        while depth.saturating_mul(buckets) <= MOST_ENTRIES {
            let rankings = self.rankings(range, ranked, depth).await?;
            let candidates = Candidates::of(&rankings, &is_wanted, first);
            if candidates.others == 0 || candidates.likely.len() <= MOST_CANDIDATES {
                let counted = self.completed(&rankings, candidates.likely).await?;
                // Whatever is no candidate may have been used as often as `others`.
                let last = counted.get(first.saturating_sub(1));
                if candidates.others == 0 || last.is_some_and(|(_, count)| *count > candidates.others) {
                    return Ok(counted.into_iter().take(first).collect());
                }
            }
            depth = depth.saturating_mul(DEEPER);
        }
        self.most_used_of_all(range, ranked, (is_wanted, first)).await
    }

    /// The same, from all of each ranking.
    async fn most_used_of_all(
        &self,
        range: TimeRange,
        ranked: Ranked,
        (is_wanted, first): (impl Fn(Target) -> bool + Send + Sync, usize),
    ) -> Result<Vec<(Target, u64)>, DatabaseError> {
        let at_once = match ranked {
            Ranked::Icons => ICONS_AT_ONCE,
            Ranked::Sets => SETS_AT_ONCE,
        };
        let mut counted: HashMap<Target, u64> = HashMap::new();
        for (tier, buckets) in range.cells() {
            for buckets in buckets.chunks(at_once) {
                let rankings = rankings(&self.database, (tier, ranked), buckets, usize::MAX).await?;
                for (target, count) in rankings.into_values().flat_map(|ranking| ranking.used) {
                    if is_wanted(target) {
                        *counted.entry(target).or_default() += count;
                    }
                }
            }
        }
        let mut counted = descending(counted);
        counted.truncate(first);
        Ok(counted)
    }

    /// The rankings that a range is made of, as far as `depth` entries each.
    pub(super) async fn rankings(
        &self,
        range: TimeRange,
        ranked: Ranked,
        depth: usize,
    ) -> Result<Rankings, DatabaseError> {
        let mut all = Rankings::new();
        for (tier, buckets) in range.cells() {
            let found = rankings(&self.database, (tier, ranked), &buckets, depth).await?;
            all.extend(found.into_iter().map(|(bucket, ranking)| ((tier, bucket), ranking)));
        }
        Ok(all)
    }

    /// Looks up what rankings do not tell of these, and orders them by what it comes to.
    async fn completed(
        &self,
        rankings: &Rankings,
        mut counted: HashMap<Target, u64>,
    ) -> Result<Vec<(Target, u64)>, DatabaseError> {
        for (tier, buckets) in cut(rankings) {
            let used = |bucket: &i32| {
                let (bucket, used) = (*bucket, &rankings[&(tier, *bucket)].used);
                used.iter().map(move |(target, count)| ((bucket, *target), *count))
            };
            let told: HashMap<(i32, Target), u64> = (buckets.iter())
                .flat_map(used)
                .filter(|((_, target), _)| counted.contains_key(target))
                .collect();
            let targets: Vec<Target> = counted.keys().copied().collect();
            for buckets in buckets.chunks((COUNTS_AT_ONCE / targets.len().max(1)).max(1)) {
                let cells = Cells {
                    tier,
                    buckets,
                    targets: &targets,
                };
                for (key, count) in counts(&self.database, cells).await? {
                    if let Some(known) = counted.get_mut(&key.1) {
                        *known += count.saturating_sub(told.get(&key).copied().unwrap_or_default());
                    }
                }
            }
        }
        Ok(descending(counted))
    }

    /// The names of what was used, also of what is gone.
    pub(super) async fn names(
        &self,
        targets: impl Iterator<Item = Target>,
    ) -> Result<HashMap<Target, String>, DatabaseError> {
        let dialect = self.database.dialect();
        let sql = format!("SELECT id, name FROM usage_name WHERE {}", dialect.is_any("id", 1));
        let values = vec![dialect.long_list(targets.map(Target::number))];
        let rows = self.database.query("usage_names", &sql, values).await?;
        let name = |row| {
            let columns = &mut Columns::of(row)?;
            Ok((Target::of_number(columns.next()?), columns.next()?))
        };
        rows.iter().map(name).collect()
    }
}

fn descending(counted: HashMap<Target, u64>) -> Vec<(Target, u64)> {
    let mut counted: Vec<(Target, u64)> = counted.into_iter().collect();
    counted.sort_unstable_by(|(target, count), (other, others)| others.cmp(count).then(target.cmp(other)));
    counted
}

/// The rankings that do not tell all: of which only the beginning was read, or for which events came late; by tier.
fn cut(rankings: &Rankings) -> Vec<(Tier, Vec<i32>)> {
    let of = |tier: Tier| {
        let cut = rankings
            .iter()
            .filter(|((of, _), ranking)| *of == tier && ranking.others + ranking.late > 0);
        let mut buckets: Vec<i32> = cut.map(|((_, bucket), _)| *bucket).collect();
        buckets.sort_unstable();
        (tier, buckets)
    };
    [of(Tier::Hour), of(Tier::Day)]
        .into_iter()
        .filter(|(_, buckets)| !buckets.is_empty())
        .collect()
}

/// What may be among those that were used most.
struct Candidates {
    /// With as much as the rankings tell.
    likely: HashMap<Target, u64>,
    /// How often anything else was used at most.
    others: u64,
}

impl Candidates {
    fn of(rankings: &Rankings, is_wanted: impl Fn(Target) -> bool, first: usize) -> Self {
        // Of each, what is told, and what rankings hide that it would be in. Late events may be anybody's.
        let mut told: HashMap<Target, (u64, u64)> = HashMap::new();
        let hidden: u64 = rankings.values().map(|ranking| ranking.others + ranking.late).sum();
        for ranking in rankings.values() {
            for (target, count) in &ranking.used {
                let (known, seen) = told.entry(*target).or_default();
                *known += count;
                *seen += ranking.others;
            }
        }
        told.retain(|target, _| is_wanted(*target));
        let mut known: Vec<u64> = told.values().map(|(known, _)| *known).collect();
        known.sort_unstable_by(|one, other| other.cmp(one));
        // What can come up to the last of the first is a candidate.
        let least = first
            .checked_sub(1)
            .and_then(|last| known.get(last))
            .copied()
            .unwrap_or_default();
        let (mut likely, mut others) = (HashMap::new(), hidden);
        for (target, (known, seen)) in told {
            let most = known + (hidden - seen);
            if most >= least {
                likely.insert(target, known);
            } else {
                others = others.max(most);
            }
        }
        Self { likely, others }
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidates, Rankings};
    use crate::usage::{Ranking, Target, Tier};

    /// What was used, and how often anything else was at most.
    type Told<'a> = (&'a [(i64, u64)], u64);

    fn rankings(of: &[Told<'_>]) -> Rankings {
        let ranking = |(place, (used, others)): (usize, &Told<'_>)| {
            let used = used
                .iter()
                .map(|(target, count)| (Target::of_number(*target), *count))
                .collect();
            (
                (Tier::Day, i32::try_from(place).unwrap()),
                Ranking {
                    used,
                    others: *others,
                    late: 0,
                },
            )
        };
        of.iter().enumerate().map(ranking).collect()
    }

    fn likely(candidates: &Candidates) -> Vec<(i64, u64)> {
        let mut likely: Vec<_> = (candidates.likely.iter())
            .map(|(target, count)| (target.number(), *count))
            .collect();
        likely.sort_unstable();
        likely
    }

    #[test]
    fn candidates_are_what_may_have_been_used_most() {
        let days = rankings(&[(&[(1, 100), (2, 50), (3, 5)], 5), (&[(1, 80), (4, 60), (2, 10)], 10)]);
        let candidates = Candidates::of(&days, |_| true, 1);
        // The first has 180, and no other can come up to that.
        assert_eq!((likely(&candidates), candidates.others), (vec![(1, 180)], 65));
        let candidates = Candidates::of(&days, |_| true, 2);
        // The fourth may have been used five times on the first day.
        assert_eq!(
            (likely(&candidates), candidates.others),
            (vec![(1, 180), (2, 60), (4, 60)], 15)
        );
        let candidates = Candidates::of(&days, |target| target.number() > 2, 1);
        assert_eq!((likely(&candidates), candidates.others), (vec![(4, 60)], 15));
    }

    #[test]
    fn what_came_late_may_be_anybodys() {
        let mut days = rankings(&[(&[(1, 100), (2, 96), (3, 5)], 0)]);
        for day in days.values_mut() {
            day.late = 4;
        }
        let candidates = Candidates::of(&days, |_| true, 1);
        assert_eq!((likely(&candidates), candidates.others), (vec![(1, 100), (2, 96)], 9));
    }

    #[test]
    fn of_whole_rankings_nothing_is_hidden() {
        let days = rankings(&[(&[(1, 3), (2, 1)], 0), (&[(2, 1)], 0)]);
        let candidates = Candidates::of(&days, |_| true, 5);
        assert_eq!((likely(&candidates), candidates.others), (vec![(1, 3), (2, 2)], 0));
    }
}
