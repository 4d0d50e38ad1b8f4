//! Icons that sessions use together, in a range.

use foldhash::{HashMap, HashMapExt as _};

use super::{Analytics, AnalyticsError, TimeRange};
use crate::{
    catalog::{IconId, json_list},
    database::{Columns, DatabaseError, Dialect},
};

/// Sessions that have to have used both: fewer are an accident.
const LEAST_SUPPORT: u64 = 3;

/// Pairs that are looked at, those that most sessions used: of each day its share of so many, and no fewer than so many.
const MOST_READ: usize = 20_000;
const LEAST_READ_OF_DAY: usize = 100;

/// Pairs that are counted exactly for one that is wanted, at most, and rows that are looked up for all of them: of each pair, and of both of
/// its icons, one for each day.
const CANDIDATES: usize = 5;
const MOST_LOOKED_UP: usize = 200_000;

/// Two icons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    pub icon: IconId,
    pub other: IconId,
    /// How many times as many sessions used both as would by chance, were they used without regard to each other.
    pub lift: f64,
    /// Sessions that used both: one that did on two days counts twice.
    pub support: u64,
}

/// Two icons, or an icon twice, and in how many sessions they were.
type Counts = HashMap<(i64, i64), u64>;

impl Analytics {
    /// The pairs of icons that were used together most in the days of `range`, by at least three sessions: first those with most sessions
    /// beyond what chance would have. They are looked for among those that most sessions used on each day, and `is_wanted` has to let both
    /// pass.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn used_together(
        &self,
        range: TimeRange,
        (is_wanted, first): (impl Fn(IconId) -> bool + Send + Sync, usize),
    ) -> Result<Vec<Pair>, AnalyticsError> {
        let (days, sessions) = self.counted_days(&range.days()).await?;
        let mut likely: Vec<((i64, i64), u64)> = (self.most_of_days(&days).await?.into_iter())
            .filter(|((icon, other), _)| is_wanted(IconId(*icon)) && is_wanted(IconId(*other)))
            .collect();
        likely.sort_unstable_by(|(pair, count), (other, others)| others.cmp(count).then(pair.cmp(other)));
        let affordable = MOST_LOOKED_UP / 3 / days.len().max(1);
        likely.truncate(affordable.clamp(first, first.saturating_mul(CANDIDATES)));
        if likely.is_empty() {
            return Ok(Vec::new());
        }
        let mut sought: Vec<(i64, i64)> = likely.iter().map(|(pair, _)| *pair).collect();
        sought.extend(
            likely
                .iter()
                .flat_map(|((icon, other), _)| [(*icon, *icon), (*other, *other)]),
        );
        sought.sort_unstable();
        sought.dedup();
        let counts = self.exactly(&days, &sought).await?;
        let count = |icon: i64, other: i64| counts.get(&(icon, other)).copied().unwrap_or_default();
        let mut pairs: Vec<(f64, Pair)> = (likely.into_iter())
            .filter(|((icon, other), _)| count(*icon, *other) >= LEAST_SUPPORT)
            .map(|((icon, other), _)| {
                weighed(
                    (icon, other),
                    count(icon, other),
                    [count(icon, icon), count(other, other), sessions],
                )
            })
            .collect();
        pairs.sort_unstable_by(|(one, pair), (other, others)| {
            let by_surplus = other.total_cmp(one);
            by_surplus.then((pair.icon, pair.other).cmp(&(others.icon, others.other)))
        });
        Ok(pairs.into_iter().take(first).map(|(_, pair)| pair).collect())
    }

    /// The pairs with most sessions of each day, summed up as far as they are among these.
    async fn most_of_days(&self, days: &[i32]) -> Result<Counts, DatabaseError> {
        let dialect = self.database.dialect();
        let most = (MOST_READ / days.len().max(1)).max(LEAST_READ_OF_DAY);
        let (from, day) = match dialect {
            Dialect::Sqlite => ("json_each($1) days", "days.value"),
            Dialect::Postgres => ("unnest($1) AS days (value)", "days.value"),
        };
        let sql = format!(
            "SELECT (SELECT {} FROM (SELECT icon, other, sessions FROM usage_pair WHERE day = {day} AND icon <> other \
             ORDER BY sessions DESC LIMIT {most}) most) FROM {from}",
            dialect.rows_as_json(&["icon", "other", "sessions"])
        );
        let values = vec![dialect.long_list(days.iter().map(|day| i64::from(*day)))];
        let mut counts = Counts::new();
        for row in self.database.query("co_usage_of_days", &sql, values).await? {
            let json: Option<String> = row.try_get_by_index(0)?;
            let Some(json) = json else { continue };
            let pairs: Vec<(i64, i64, u64)> = json_list(&json)?;
            for (icon, other, sessions) in pairs {
                *counts.entry((icon, other)).or_default() += sessions;
            }
        }
        Ok(counts)
    }

    /// In how many sessions of these days each of these pairs was.
    async fn exactly(&self, days: &[i32], pairs: &[(i64, i64)]) -> Result<Counts, DatabaseError> {
        let dialect = self.database.dialect();
        let (sought, values) = match dialect {
            Dialect::Sqlite => {
                let json = serde_json::to_string(pairs).map_err(|error| DatabaseError::Other(error.to_string()))?;
                let sought = "(SELECT value ->> 0 AS icon, value ->> 1 AS other FROM json_each($2)) sought \
                              CROSS JOIN (SELECT value AS day FROM json_each($1)) days";
                (sought, vec![json.into()])
            }
            Dialect::Postgres => {
                let column = |read: fn(&(i64, i64)) -> i64| dialect.long_list(pairs.iter().map(read));
                let sought = "unnest($2, $3) AS sought (icon, other) CROSS JOIN unnest($1) AS days (day)";
                (sought, vec![column(|pair| pair.0), column(|pair| pair.1)])
            }
        };
        let condition = "known.day = days.day AND known.icon = sought.icon AND known.other = sought.other";
        let sql = format!(
            "SELECT known.icon, known.other, CAST(SUM(known.sessions) AS BIGINT) FROM {sought} {} GROUP BY known.icon, known.other",
            dialect.join_by_index("usage_pair known", condition)
        );
        let days = dialect.long_list(days.iter().map(|day| i64::from(*day)));
        let values = std::iter::once(days).chain(values).collect();
        let mut counts = Counts::new();
        for row in self.database.query("co_usage_exactly", &sql, values).await? {
            let columns = &mut Columns::of(&row)?;
            let pair = (columns.next()?, columns.next()?);
            counts.insert(pair, u64::try_from(columns.next::<i64>()?).unwrap_or_default());
        }
        Ok(counts)
    }

    /// Those of these days of which pairs are known, and the sessions of all of them.
    async fn counted_days(&self, days: &[i32]) -> Result<(Vec<i32>, u64), DatabaseError> {
        let dialect = self.database.dialect();
        let sql = format!(
            "SELECT day, sessions FROM usage_pair_day WHERE {} ORDER BY day",
            dialect.is_any("day", 1)
        );
        let values = vec![dialect.long_list(days.iter().map(|day| i64::from(*day)))];
        let (mut known, mut sessions): (Vec<i32>, u64) = (Vec::new(), 0);
        for row in self.database.query("co_usage_sessions", &sql, values).await? {
            let columns = &mut Columns::of(&row)?;
            known.push(columns.next()?);
            sessions += u64::try_from(columns.next::<i64>()?).unwrap_or_default();
        }
        Ok((known, sessions))
    }
}

/// With the sessions that it has beyond what chance would have.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn weighed((icon, other): (i64, i64), support: u64, [of_one, of_other, of_all]: [u64; 3]) -> (f64, Pair) {
    let by_chance = of_one as f64 * of_other as f64 / of_all.max(1) as f64;
    let pair = Pair {
        icon: IconId(icon),
        other: IconId(other),
        lift: support as f64 / by_chance,
        support,
    };
    (support as f64 - by_chance, pair)
}

#[cfg(test)]
mod tests {
    use super::weighed;

    #[test]
    fn what_everybody_uses_is_together_by_chance() {
        let (surplus, pair) = weighed((1, 2), 50, [500, 100, 1_000]);
        assert!(surplus.abs() < 1e-9 && (pair.lift - 1.0).abs() < 1e-9);
        let (surplus, pair) = weighed((1, 2), 90, [100, 100, 1_000]);
        assert!((surplus - 80.0).abs() < 1e-9 && (pair.lift - 9.0).abs() < 1e-9);
    }
}
