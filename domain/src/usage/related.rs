//! What is used together with icons, in one statement however many are asked for.

use foldhash::{HashMap, HashMapExt as _};

use crate::{
    catalog::{Catalog, IconId, json_list},
    database::DatabaseError,
};

/// Sessions that have to have used both: fewer are an accident.
const LEAST_SUPPORT: u32 = 3;

/// Icons that are weighed for one, those that most sessions used with it: what everybody uses is used with very many.
const MOST_WEIGHED: u32 = 1_000;

/// Of the lower bound of a count: one in twenty is in truth smaller.
const CONFIDENCE: f64 = 1.645;

/// What is asked for: icons used together with one, at most so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RelatedKey {
    pub icon: IconId,
    pub first: u32,
}

/// An icon that is used together with the one that was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RelatedIcon {
    pub icon: IconId,
    /// How many times as many sessions used both as would by chance, were they used without regard to each other.
    pub lift: f64,
    /// Sessions that used both: one that did on two days counts twice.
    pub support: u32,
}

/// A pair as it is counted: the two icons, the sessions that used both, the one, the other, and all.
type Pair = (i64, i64, u32, f64, f64, f64);

impl Catalog {
    /// The icons used together with those of the keys in the last 90 days, by at least three sessions: the most surely related first.
    /// Without those that are gone or hidden. A key of which there are none is missing.
    pub async fn related(&self, keys: &[RelatedKey]) -> Result<HashMap<RelatedKey, Vec<RelatedIcon>>, DatabaseError> {
        let mut by_icon: HashMap<IconId, Vec<(f64, RelatedIcon)>> = HashMap::new();
        for pair in self.pairs(keys).await? {
            by_icon.entry(IconId(pair.0)).or_default().push(weighed(pair));
        }
        for related in by_icon.values_mut() {
            related.sort_unstable_by(|(one, a), (other, b)| {
                let by_bound = other.total_cmp(one);
                by_bound.then(b.support.cmp(&a.support)).then(a.icon.cmp(&b.icon))
            });
        }
        let related = keys.iter().filter_map(|key| {
            let related = by_icon.get(&key.icon)?.iter().take(key.first as usize);
            Some((*key, related.map(|(_, related)| *related).collect()))
        });
        Ok(related.collect())
    }

    async fn pairs(&self, keys: &[RelatedKey]) -> Result<Vec<Pair>, DatabaseError> {
        let dialect = self.database().dialect();
        let rows = dialect.rows_as_json(&[
            "pair.icon",
            "pair.other",
            "pair.sessions",
            "own.sessions",
            "others.sessions",
            "(SELECT CAST(SUM(sessions) AS BIGINT) FROM usage_pair_day WHERE in_window)",
        ]);
        let sql = format!(
            "SELECT {rows} FROM ( \
               SELECT icon, other, sessions, ROW_NUMBER() OVER (PARTITION BY icon ORDER BY sessions DESC, other) AS place \
               FROM usage_related WHERE {} AND other <> icon AND sessions >= {LEAST_SUPPORT} \
             ) pair \
             JOIN usage_related own ON own.icon = pair.icon AND own.other = pair.icon \
             JOIN usage_related others ON others.icon = pair.other AND others.other = pair.other \
             WHERE pair.place <= {MOST_WEIGHED} \
             AND EXISTS (SELECT 1 FROM icon WHERE icon.id = pair.other AND NOT icon.hidden)",
            dialect.is_any("icon", 1)
        );
        let values = vec![dialect.long_list(keys.iter().map(|key| key.icon.0))];
        let rows = self.database().query("related", &sql, values).await?;
        let json: Option<String> = rows.first().map_or(Ok(None), |row| row.try_get_by_index(0))?;
        Ok(json.as_deref().map_or_else(|| Ok(Vec::new()), json_list)?)
    }
}

/// With the lower bound of its lift.
fn weighed((_, other, support, of_one, of_other, of_all): Pair) -> (f64, RelatedIcon) {
    let by_chance = of_one * of_other / of_all;
    let related = RelatedIcon {
        icon: IconId(other),
        lift: f64::from(support) / by_chance,
        support,
    };
    (at_least(support) / by_chance, related)
}

/// What a count of independent events is in truth at least, with 95 % confidence: Byar's approximation of Poisson's limit.
fn at_least(count: u32) -> f64 {
    let count = f64::from(count);
    count * (1.0 - 1.0 / (9.0 * count) - CONFIDENCE / (3.0 * count.sqrt())).powi(3)
}

#[cfg(test)]
mod tests {
    use super::{at_least, weighed};

    #[test]
    fn a_count_is_at_least_what_poisson_says() {
        // By the quantiles of chi-squared.
        for (count, expected) in [(3, 0.818), (10, 5.425), (100, 84.139), (500, 463.8)] {
            let found = at_least(count);
            assert!((found - expected).abs() < 0.01 * expected, "{count}: {found}");
        }
    }

    #[test]
    fn what_many_did_stands_above_what_few_did_by_accident() {
        let (few, of_few) = weighed((1, 2, 3, 1_000.0, 3.0, 10_000.0));
        let (many, of_many) = weighed((1, 3, 500, 1_000.0, 700.0, 10_000.0));
        assert!((of_few.lift - 10.0).abs() < 1e-9 && of_few.support == 3);
        assert!((of_many.lift - 50.0 / 7.0).abs() < 1e-9 && of_many.support == 500);
        assert!(many > few);
    }
}
