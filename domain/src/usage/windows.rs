//! What was used in the last hour, day, week and so on: read from hours and days, in a statement for each however many are asked for.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};

use super::{
    cell_reader::{Cells, steps},
    sums::Tally,
    target::Target,
    tier::Tier,
    window::UsageWindow,
};
use crate::{
    catalog::{Catalog, IconName},
    database::{Columns, Database, DatabaseError},
};

/// Parts of a window that are told apart.
pub const POINTS: usize = 24;

/// Cells that are read by one statement: what a week of a page takes.
const CELLS_AT_ONCE: usize = 2_000;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What is asked for: of an icon or a set, a window that ends at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UsageKey {
    target: Target,
    window: UsageWindow,
    /// The end, excluded: of the half minute or hour that goes on.
    until_ms: i64,
}

impl UsageKey {
    /// Of an icon, whether or not there is one of that name any more.
    pub fn of_icon(name: &IconName, window: UsageWindow, now_ms: i64) -> Self {
        Self::of(Target::icon(name), window, now_ms)
    }

    /// Of all icons of a set.
    pub fn of_set(prefix: &str, window: UsageWindow, now_ms: i64) -> Self {
        Self::of(Target::set(prefix), window, now_ms)
    }

    fn of(target: Target, window: UsageWindow, now_ms: i64) -> Self {
        Self {
            target,
            window,
            until_ms: window.until_ms(now_ms),
        }
    }
}

/// How often, and by how many, in a part of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsagePoint {
    /// When it begins.
    pub at_ms: i64,
    pub count: u64,
    pub unique_users: u64,
}

/// What was used in a window.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowUsage {
    pub window: UsageWindow,
    pub count: u64,
    pub unique_users: u64,
    /// By how much that is more than in the window before: 0.25 is a quarter; none where nothing was used then.
    pub change: Option<f64>,
    /// [`POINTS`] of one length, the oldest first.
    pub points: Vec<UsagePoint>,
}

/// A window while it is summed up.
struct Summing {
    from_ms: i64,
    /// Where the window before begins, if that matters.
    begin_ms: i64,
    length_ms: i64,
    points: Vec<Tally>,
    before: Tally,
}

impl Catalog {
    /// What was used, of each key.
    pub async fn usage(&self, keys: &[UsageKey]) -> Result<HashMap<UsageKey, Arc<WindowUsage>>, DatabaseError> {
        let mut usage = HashMap::with_capacity(keys.len());
        for tier in [Tier::Hour, Tier::Day] {
            let keys: Vec<UsageKey> = keys.iter().copied().filter(|key| key.window.tier() == tier).collect();
            if !keys.is_empty() {
                read(self.database(), tier, &keys, &mut usage).await?;
            }
        }
        Ok(usage)
    }
}

async fn read(
    database: &Database,
    tier: Tier,
    keys: &[UsageKey],
    usage: &mut HashMap<UsageKey, Arc<WindowUsage>>,
) -> Result<(), DatabaseError> {
    let first_ms = if keys.iter().any(|key| key.window == UsageWindow::All) {
        first_ms(database).await?
    } else {
        None
    };
    let mut summing: HashMap<UsageKey, Summing> = keys.iter().map(|key| (*key, Summing::of(key, first_ms))).collect();
    let begin_ms = summing
        .values()
        .map(|summing| summing.begin_ms)
        .min()
        .unwrap_or_default();
    let until_ms = keys.iter().map(|key| key.until_ms).max().unwrap_or_default();
    let mut by_target: HashMap<Target, Vec<UsageKey>> = HashMap::with_capacity(keys.len());
    for key in summing.keys() {
        by_target.entry(key.target).or_default().push(*key);
    }
    let buckets: Vec<i32> = (tier.bucket(begin_ms)..=tier.bucket(until_ms - 1)).collect();
    let targets: Vec<Target> = by_target.keys().copied().collect();
    let at_once = (CELLS_AT_ONCE / targets.len().max(1)).max(1);
    for buckets in buckets.chunks(at_once) {
        let cells = Cells {
            tier,
            buckets,
            targets: &targets,
        };
        for ((bucket, target), steps) in steps(database, cells).await? {
            let begin_ms = i64::from(bucket) * tier.length_ms();
            for (step, tally) in &steps {
                let at_ms = begin_ms + i64::from(*step) * tier.step_ms();
                for key in by_target.get(&target).into_iter().flatten() {
                    if let Some(part) = summing.get_mut(key).and_then(|summing| summing.part(at_ms)) {
                        part.merge(tally);
                    }
                }
            }
        }
    }
    usage.extend(
        summing
            .into_iter()
            .map(|(key, summing)| (key, Arc::new(summing.end(key.window)))),
    );
    Ok(())
}

/// The first day of which anything is known.
async fn first_ms(database: &Database) -> Result<Option<i64>, DatabaseError> {
    let sql = "SELECT bucket FROM usage_day ORDER BY bucket LIMIT 1";
    let rows = database.query("first_usage", sql, vec![]).await?;
    let first = rows.first().map(|row| Columns::of(row)?.next::<i32>()).transpose()?;
    Ok(first.map(|day| i64::from(day) * DAY_MS))
}

impl Summing {
    fn of(key: &UsageKey, first_ms: Option<i64>) -> Self {
        let length_ms = key.window.length_ms().unwrap_or_else(|| {
            // Whole hours for each point.
            let unit_ms = i64::try_from(POINTS).unwrap_or(i64::MAX) * HOUR_MS;
            let known_ms = (key.until_ms - first_ms.unwrap_or(key.until_ms)).max(1);
            (known_ms + unit_ms - 1).div_euclid(unit_ms) * unit_ms
        });
        let from_ms = key.until_ms - length_ms;
        Self {
            from_ms,
            // There is nothing before everything.
            begin_ms: key.window.length_ms().map_or(from_ms, |length_ms| from_ms - length_ms),
            length_ms,
            points: std::iter::repeat_with(Tally::default).take(POINTS).collect(),
            before: Tally::default(),
        }
    }

    /// What is used at some moment belongs to this; none where it is older, or younger.
    fn part(&mut self, at_ms: i64) -> Option<&mut Tally> {
        if at_ms < self.from_ms {
            return (at_ms >= self.begin_ms).then_some(&mut self.before);
        }
        let point = (at_ms - self.from_ms) / self.point_ms();
        self.points.get_mut(usize::try_from(point).ok()?)
    }

    fn point_ms(&self) -> i64 {
        self.length_ms / i64::try_from(POINTS).unwrap_or(i64::MAX)
    }

    fn end(self, window: UsageWindow) -> WindowUsage {
        let mut all = Tally::default();
        let (mut at_ms, point_ms) = (self.from_ms, self.point_ms());
        let mut points = Vec::with_capacity(POINTS);
        for tally in &self.points {
            all.merge(tally);
            points.push(UsagePoint {
                at_ms,
                count: tally.count,
                unique_users: tally.users.count(),
            });
            at_ms += point_ms;
        }
        #[expect(clippy::cast_precision_loss, reason = "a share, and counts are far below 2^52")]
        let change = (self.before.count > 0).then(|| all.count as f64 / self.before.count as f64 - 1.0);
        WindowUsage {
            window,
            count: all.count,
            unique_users: all.users.count(),
            change,
            points,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{POINTS, Summing, UsageKey};
    use crate::usage::{target::Target, window::UsageWindow};

    const NOW_MS: i64 = 1_788_264_000_000 + 1_234_567;

    #[test]
    fn windows_end_with_what_goes_on_and_have_equal_parts() {
        for (window, point_ms) in [
            (UsageWindow::Hour, 150_000),
            (UsageWindow::Day, 3_600_000),
            (UsageWindow::Week, 7 * 3_600_000),
            (UsageWindow::Month, 30 * 3_600_000),
            (UsageWindow::Quarter, 90 * 3_600_000),
            (UsageWindow::Year, 365 * 3_600_000),
        ] {
            let key = UsageKey::of(Target::ALL, window, NOW_MS);
            assert!(key.until_ms > NOW_MS && key.until_ms <= NOW_MS + window.tier().step_ms());
            let mut summing = Summing::of(&key, None);
            assert_eq!(summing.point_ms(), point_ms, "{window:?}");
            for (at_ms, expected) in [
                (summing.begin_ms - 1, None),
                (summing.begin_ms, Some(POINTS)),
                (summing.from_ms - 1, Some(POINTS)),
                (summing.from_ms, Some(0)),
                (summing.from_ms + point_ms, Some(1)),
                (key.until_ms - 1, Some(POINTS - 1)),
                (key.until_ms, None),
            ] {
                if let Some(tally) = summing.part(at_ms) {
                    tally.count += 1;
                }
                let counts = summing
                    .points
                    .iter()
                    .map(|tally| tally.count)
                    .chain([summing.before.count]);
                let place = counts.clone().position(|count| count > 0);
                assert_eq!(place, expected, "{window:?} {at_ms}");
                summing = Summing::of(&key, None);
            }
        }
    }

    #[test]
    fn all_begins_with_the_first_day() {
        const HOUR_MS: i64 = 3_600_000;
        for (age_hours, point_hours) in [(0, 1), (1, 1), (24, 1), (25, 2), (1_000, 42)] {
            let key = UsageKey::of(Target::ALL, UsageWindow::All, NOW_MS);
            let first_ms = key.until_ms - age_hours * HOUR_MS;
            let summing = Summing::of(&key, Some(first_ms));
            assert_eq!(summing.point_ms(), point_hours * HOUR_MS, "{age_hours}");
            assert!(summing.from_ms <= first_ms);
        }
    }
}
