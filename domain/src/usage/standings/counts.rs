//! How often everything was used in a window, and in the window before it.

use foldhash::{HashMap, HashMapExt as _};

use super::super::{
    cell_table::{STEPS, read_steps},
    target::Target,
    tier::Tier,
    window::UsageWindow,
};
use crate::{
    catalog::IconId,
    database::{DatabaseError, Snapshot},
};

/// How often something was used in a window, and in the window before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) now: u64,
    pub(super) before: u64,
}

impl Counts {
    /// By how much `now` is more: 0.25 is a quarter; none where there was nothing before.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub(super) fn change(self) -> Option<f64> {
        (self.before > 0).then(|| self.now as f64 / self.before as f64 - 1.0)
    }
}

/// What was used, of everything that was.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) all: Counts,
    pub(super) icons: Vec<(IconId, Counts)>,
    /// By prefix.
    pub(super) sets: Vec<(String, Counts)>,
}

/// Counts what was used in `window`, as it is asked for at `now_ms`.
pub(super) async fn count(snapshot: &Snapshot, (window, now_ms): (UsageWindow, i64)) -> Result<Counted, DatabaseError> {
    let counts = match window.tier() {
        Tier::Hour => of_steps(snapshot, (window, now_ms)).await?,
        Tier::Day => of_cells(snapshot, (window, now_ms)).await?,
    };
    let sets: Vec<(i64, String)> = snapshot
        .query_all(&["id", "name"], "usage_name WHERE name NOT LIKE '%:%'", vec![])
        .await?;
    let mut sets: HashMap<i64, String> = sets.into_iter().collect();
    let mut counted = Counted::default();
    for (target, counts) in counts {
        if target == Target::ALL {
            counted.all = counts;
        } else if let Some(prefix) = sets.remove(&target.number()) {
            counted.sets.push((prefix, counts));
        } else if target.number() >= 0 {
            counted.icons.push((IconId(target.number()), counts));
        }
    }
    Ok(counted)
}

/// From the counts of days, and of the hours of those two days that a window begins on.
async fn of_cells(
    snapshot: &Snapshot,
    (window, now_ms): (UsageWindow, i64),
) -> Result<Vec<(Target, Counts)>, DatabaseError> {
    let (used, values) = match window.length_ms() {
        None => (
            "SELECT target, count AS recent, 0 AS earlier FROM usage_day".to_owned(),
            vec![],
        ),
        Some(length_ms) => {
            let from_ms = window.until_ms(now_ms) - length_ms;
            let begin_ms = from_ms - length_ms;
            let [begin, from] = [begin_ms, from_ms].map(|at_ms| (Tier::Day.bucket(at_ms), Tier::Hour.bucket(at_ms)));
            let used = "SELECT target, CASE WHEN bucket > $2 THEN count ELSE 0 END AS recent, \
                        CASE WHEN bucket < $2 THEN count ELSE 0 END AS earlier \
                        FROM usage_day WHERE bucket > $1 AND bucket <> $2 \
                        UNION ALL \
                        SELECT target, CASE WHEN bucket >= $3 THEN count ELSE 0 END, CASE WHEN bucket < $3 THEN count ELSE 0 END \
                        FROM usage_hour WHERE bucket BETWEEN $4 AND $1 * 24 + 23 OR bucket BETWEEN $2 * 24 AND $2 * 24 + 23";
            let values = vec![begin.0.into(), from.0.into(), from.1.into(), begin.1.into()];
            (used.to_owned(), values)
        }
    };
    let summed = format!(
        "(SELECT target, SUM(recent) AS recent, SUM(earlier) AS earlier FROM ({used}) used GROUP BY target) summed"
    );
    let rows: Vec<(i64, u64, u64)> = snapshot
        .query_all(&["target", "recent", "earlier"], &summed, values)
        .await?;
    let counts = |(target, now, before)| (Target::of_number(target), Counts { now, before });
    Ok(rows.into_iter().map(counts).collect())
}

/// From the half minutes of hours.
async fn of_steps(
    snapshot: &Snapshot,
    (window, now_ms): (UsageWindow, i64),
) -> Result<Vec<(Target, Counts)>, DatabaseError> {
    let tier = window.tier();
    let until_ms = window.until_ms(now_ms);
    let from_ms = until_ms - window.length_ms().unwrap_or_default();
    let begin_ms = from_ms - (until_ms - from_ms);
    let mut counted: HashMap<Target, Counts> = HashMap::new();
    for bucket in tier.bucket(begin_ms)..=tier.bucket(until_ms - 1) {
        let sql = format!("SELECT bucket, target, {STEPS} FROM {} WHERE bucket = $1", tier.table());
        for row in snapshot.query(&sql, vec![bucket.into()]).await? {
            let ((_, target), steps) = read_steps(tier, &row)?;
            let counts = counted.entry(target).or_default();
            for (step, tally) in &steps {
                let at_ms = i64::from(bucket) * tier.length_ms() + i64::from(*step) * tier.step_ms();
                if (from_ms..until_ms).contains(&at_ms) {
                    counts.now += tally.count;
                } else if (begin_ms..from_ms).contains(&at_ms) {
                    counts.before += tally.count;
                }
            }
        }
    }
    Ok(counted.into_iter().collect())
}
