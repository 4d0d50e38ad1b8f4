//! Which icons are asked for most, kept across restarts, so that they are in memory before anybody asks an instance that starts.
//!
//! What memory answered is taken down every few minutes by each instance, its most popular icons only, by the hour of the day. Of what
//! is long past less and less counts: a score grows with the time at which something was asked for, so that none ever has to be made
//! smaller (forward decay: Cormode, Shkapenyuk, Srivastava and Xu, "Forward Decay: A Practical Time Decay Model for Streaming Systems").
//!
//! What was answered with kept answers was not looked up, and is not counted: the more an answer is kept, the less this is about it.

use foldhash::HashSet;

use super::{
    Catalog, IconId,
    kinds::{IconKey, Icons},
};
use crate::database::{Columns, DatabaseError};

/// Icons taken down at once and kept for each hour of the day, the most popular ones: of those that come after them, each is too seldom
/// asked for to be worth a row.
const MOST: usize = 4_000;

/// Icons read by one statement.
const BATCH: usize = 500;

/// Where scores begin: 2026-01-01. They double each week, so a double holds them for a thousand weeks, until 2045.
const BEGINNING_MS: i64 = 1_767_225_600_000;

/// After so long, something counts for half.
const HALF_LIFE_MS: f64 = 7.0 * 24.0 * 3_600_000.0;

/// How much more counts what was asked for in this hour of the day and the next.
const OF_THIS_HOUR: i32 = 4;

/// Days of usage that count.
const USED_DAYS: i64 = 7;

const HOUR_MS: i64 = 3_600_000;

impl Catalog {
    /// Takes down what was asked for since this was done last. How many icons that were.
    pub async fn take_down_popular(&self, now_ms: i64) -> Result<usize, DatabaseError> {
        let mut counts = self.cache.take_counts::<Icons>().await;
        if counts.is_empty() {
            return Ok(0);
        }
        counts.sort_unstable_by_key(|(_, asked)| std::cmp::Reverse(*asked));
        counts.truncate(MOST);
        let worth = weight_at(now_ms);
        let mut rows: Vec<(i64, f64)> = counts
            .iter()
            .map(|(key, asked)| (key.to_number(), f64::from(*asked) * worth))
            .collect();
        // Instances that do this at once wait for each other's rows, and in one order.
        rows.sort_unstable_by_key(|(icon, _)| *icon);
        let json = serde_json::to_string(&rows).map_err(|error| DatabaseError::Other(error.to_string()))?;
        let hour = hour_of(now_ms);
        let writing = self.database.write().await?;
        let sql = format!(
            "INSERT INTO icon_popularity (hour, icon, score) SELECT $1, icon, score FROM {} WHERE TRUE \
             ON CONFLICT (hour, icon) DO UPDATE SET score = icon_popularity.score + excluded.score",
            self.database.dialect().scores(2)
        );
        writing
            .query("take_down_popular", &sql, vec![hour.into(), json.into()])
            .await?;
        let sql = "DELETE FROM icon_popularity WHERE hour = $1 AND score < \
                   (SELECT score FROM icon_popularity WHERE hour = $1 ORDER BY score DESC LIMIT 1 OFFSET $2)";
        let most = i64::try_from(MOST).unwrap_or(i64::MAX);
        writing
            .query("forget_unpopular", sql, vec![hour.into(), most.into()])
            .await?;
        writing.commit().await?;
        Ok(counts.len())
    }

    /// Reads what was asked for most and then what was used most, and the sets of it, so that they are kept; the most popular first. How many
    /// icons that were.
    pub async fn warm_popular(&self, now_ms: i64) -> Result<usize, DatabaseError> {
        let asked = self.asked_for_most(now_ms).await?;
        let warmed = self.warm_icons(&asked).await?;
        // What was answered with kept answers was asked for as well, if somebody says so.
        let mut used = self.used_most(now_ms).await?;
        let asked: HashSet<IconKey> = asked.into_iter().collect();
        used.retain(|key| !asked.contains(key));
        Ok(warmed + self.warm_icons(&used).await?)
    }

    async fn asked_for_most(&self, now_ms: i64) -> Result<Vec<IconKey>, DatabaseError> {
        let sql = "SELECT icon, SUM(score * CASE WHEN hour IN ($1, $2) THEN $3 ELSE 1 END) AS popularity \
                   FROM icon_popularity GROUP BY icon ORDER BY popularity DESC, icon LIMIT $4";
        let hour = hour_of(now_ms);
        let most = i64::try_from(MOST).unwrap_or(i64::MAX);
        let values = vec![hour.into(), ((hour + 1) % 24).into(), OF_THIS_HOUR.into(), most.into()];
        let rows = self.database.query("popular_icons", sql, values).await?;
        rows.iter()
            .map(|row| Ok(IconKey::of_number(Columns::of(row)?.next()?)))
            .collect()
    }

    async fn used_most(&self, now_ms: i64) -> Result<Vec<IconKey>, DatabaseError> {
        // There are sets among them, which no icon has the number of.
        let sql = "SELECT target FROM usage_day WHERE bucket > $1 AND target >= 0 GROUP BY target \
                   ORDER BY SUM(count) DESC, target LIMIT $2";
        let most = i64::try_from(MOST).unwrap_or(i64::MAX);
        let values = vec![(now_ms.div_euclid(24 * HOUR_MS) - USED_DAYS).into(), most.into()];
        let rows = self.database.query("used_icons", sql, values).await?;
        rows.iter()
            .map(|row| Ok(IconKey::of_number(Columns::of(row)?.next()?)))
            .collect()
    }

    async fn warm_icons(&self, keys: &[IconKey]) -> Result<usize, DatabaseError> {
        let mut warmed = 0;
        for batch in keys.chunks(BATCH) {
            let at = self.read::<Icons>(batch).await?;
            warmed += at.len();
            let of_sets = at.values().filter_map(|at| at.own.as_ref());
            let mut prefixes: Vec<String> = of_sets.map(|icon| icon.name.prefix().to_owned()).collect();
            prefixes.sort_unstable();
            prefixes.dedup();
            self.sets_by_prefix(&prefixes).await?;
        }
        Ok(warmed)
    }
}

impl IconKey {
    /// As a number that is one of this key alone: ids are never negative.
    pub(super) fn to_number(self) -> i64 {
        if self.may_be_code_point { !self.id.0 } else { self.id.0 }
    }

    pub(super) fn of_number(number: i64) -> Self {
        Self {
            id: IconId(if number < 0 { !number } else { number }),
            may_be_code_point: number < 0,
        }
    }
}

/// What counts for one now, beside what counted for one at the beginning.
fn weight_at(now_ms: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 2026 are below 2^52")]
    let since_ms = (now_ms - BEGINNING_MS) as f64;
    (since_ms / HALF_LIFE_MS).exp2()
}

/// Of the day, in UTC: 0 to 23.
fn hour_of(now_ms: i64) -> i32 {
    i32::try_from((now_ms / HOUR_MS).rem_euclid(24)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{BEGINNING_MS, HALF_LIFE_MS, IconKey, hour_of, weight_at};

    #[test]
    fn what_is_a_week_old_counts_for_half() {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number")]
        let week_ms = HALF_LIFE_MS as i64;
        let (now, then) = (
            weight_at(BEGINNING_MS + 40 * week_ms),
            weight_at(BEGINNING_MS + 39 * week_ms),
        );
        assert!((now / then - 2.0).abs() < 1e-9);
        assert!((weight_at(BEGINNING_MS) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn hours_are_of_the_day() {
        for (now_ms, hour) in [(0, 0), (3_599_999, 0), (3_600_000, 1), (BEGINNING_MS + 82_800_000, 23)] {
            assert_eq!(hour_of(now_ms), hour, "{now_ms}");
        }
    }

    #[test]
    fn a_key_is_its_number() {
        for number in [0, 1, i64::MAX, -1, i64::MIN] {
            assert_eq!(IconKey::of_number(number).to_number(), number);
        }
    }
}
