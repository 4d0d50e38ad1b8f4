//! Rankings: what was used in an hour or a day, the most used first, all of it in one row.
//!
//! What was used most in a range could be summed up from the cells of all icons; of a month these are millions, spread over gigabytes. The
//! beginnings of the rankings of its days tell nearly always as much. A ranking is made when its hour or day is over. The transaction that adds
//! late events to its cells notes how many they are, so that who reads it knows how far off it can be; then it is made anew.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use foldhash::{HashMap, HashMapExt as _, HashSet};

use super::{target::Target, tier::Tier};
use crate::{
    catalog::json_list,
    database::{Columns, Database, DatabaseError, Dialect, Writing},
};

/// Bytes of an entry: the target, and how often it was used.
const ENTRY_BYTES: usize = size_of::<i64>() + size_of::<u32>();

/// Hours or days that are looked up at once to be ranked.
const MOST_AT_ONCE: usize = 100;

/// Rankings are made again after so many times as long as it took: a twentieth of one connection's time goes into them.
const PAUSES: u32 = 20;

/// And how long at most.
const MOST_PAUSE: Duration = Duration::from_mins(10);

/// How long they are made at a time: the next roll-up waits for it.
const MOST_WORK: Duration = Duration::from_secs(10);

/// Names of sets are those without a colon.
const SETS: &str = "SELECT id FROM usage_name WHERE name NOT LIKE '%:%'";

/// What is ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ranked {
    Icons,
    Sets,
}

/// What was used in one hour or one day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ranking {
    /// How often each was when it was ranked, descending.
    pub(crate) used: Vec<(Target, u64)>,
    /// How often anything was at most that is not among these; 0 where nothing was.
    pub(crate) others: u64,
    /// Events that came since, of whatever there is.
    pub(crate) late: u64,
}

impl Ranking {
    /// Of all that was used, or of those that were used most.
    fn of(used: Vec<(Target, u64)>, is_whole: bool) -> Self {
        let others = if is_whole {
            0
        } else {
            used.last().map_or(0, |(_, count)| *count)
        };
        Self { used, others, late: 0 }
    }
}

impl Tier {
    fn ranking_table(self) -> &'static str {
        match self {
            Self::Hour => "usage_hour_ranking",
            Self::Day => "usage_day_ranking",
        }
    }
}

impl Ranked {
    fn column(self) -> &'static str {
        match self {
            Self::Icons => "icons",
            Self::Sets => "sets",
        }
    }
}

/// Notes events that the same transaction adds to the cells of buckets, each with how many there are.
pub(super) async fn note(writing: &Writing, tier: Tier, mut events: Vec<(i32, i64)>) -> Result<(), DatabaseError> {
    // Servers that wait for each other's rows come to them in one order.
    events.sort_unstable();
    let (dialect, table) = (writing.dialect(), tier.ranking_table());
    let (from, values) = match dialect {
        Dialect::Sqlite => {
            let json = serde_json::to_string(&events).map_err(|error| DatabaseError::Other(error.to_string()))?;
            let from = "SELECT value ->> 0, value ->> 1 FROM json_each($1) WHERE TRUE";
            (from, vec![json.into()])
        }
        Dialect::Postgres => {
            let buckets = dialect.long_list(events.iter().map(|(bucket, _)| i64::from(*bucket)));
            let counts = dialect.long_list(events.iter().map(|(_, count)| *count));
            let from = "SELECT bucket::INTEGER, count FROM unnest($1, $2) AS added (bucket, count)";
            (from, vec![buckets, counts])
        }
    };
    let sql = format!(
        "INSERT INTO {table} (bucket, late) {from} \
         ON CONFLICT (bucket) DO UPDATE SET late = {table}.late + excluded.late WHERE {table}.icons IS NOT NULL"
    );
    writing.query("note_late_usage", &sql, values).await.map(|_| ())
}

/// Makes rankings again and again: the longer it takes, the more seldom. Clones share when.
#[derive(Clone)]
pub(super) struct RankingKeeper {
    database: Database,
    due: Arc<Mutex<Option<Instant>>>,
}

impl RankingKeeper {
    pub(super) fn new(database: Database) -> Self {
        Self {
            database,
            due: Arc::default(),
        }
    }

    /// Ranks what is over at `now_ms` and not ranked yet, unless that was done a moment ago.
    pub(super) async fn refresh(&self, now_ms: i64) -> Result<(), DatabaseError> {
        let started = Instant::now();
        if self
            .due
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some_and(|due| due > started)
        {
            return Ok(());
        }
        let ranked = self.rank(now_ms, MOST_WORK).await;
        // Where events come late all the time, days are ranked again all the time. What is left of many goes on after the next roll-up.
        let pause = if matches!(ranked, Ok(false)) {
            Duration::ZERO
        } else {
            started.elapsed().saturating_mul(PAUSES).min(MOST_PAUSE)
        };
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + pause);
        ranked.map(|_| ())
    }

    /// The same, however long ago that was and however long it takes.
    pub(super) async fn refresh_all(&self, now_ms: i64) -> Result<(), DatabaseError> {
        self.rank(now_ms, Duration::MAX).await.map(|_| ())
    }

    /// Ranks what is over and not ranked yet, until it has taken so long. Whether nothing is left but what another server is at.
    async fn rank(&self, now_ms: i64, most: Duration) -> Result<bool, DatabaseError> {
        let started = Instant::now();
        // Long ranges are made of days.
        for tier in [Tier::Day, Tier::Hour] {
            loop {
                let mut ranked = 0;
                for bucket in unranked(&self.database, tier, now_ms).await? {
                    if started.elapsed() >= most {
                        return Ok(false);
                    }
                    match rank_one(&self.database, tier, bucket).await {
                        Ok(is_ranked) => ranked += usize::from(is_ranked),
                        // The others are none the worse for it, and it is tried again.
                        Err(error) => tracing::warn!(bucket, %error, "it cannot be ranked what was used"),
                    }
                }
                if ranked == 0 {
                    break;
                }
            }
        }
        Ok(true)
    }
}

/// Some of what is over and not ranked yet, the newest first.
async fn unranked(database: &Database, tier: Tier, now_ms: i64) -> Result<Vec<i32>, DatabaseError> {
    let sql = format!(
        "SELECT bucket FROM {} WHERE (icons IS NULL OR late > 0) AND bucket < $1 ORDER BY bucket DESC LIMIT $2",
        tier.ranking_table()
    );
    let most = i64::try_from(MOST_AT_ONCE).unwrap_or(i64::MAX);
    let rows = database
        .query("unranked_usage", &sql, vec![tier.bucket(now_ms).into(), most.into()])
        .await?;
    rows.iter().map(|row| Ok(Columns::of(row)?.next()?)).collect()
}

/// Whether it was for this server to do.
async fn rank_one(database: &Database, tier: Tier, bucket: i32) -> Result<bool, DatabaseError> {
    let writing = database.work().await?;
    let (dialect, table) = (writing.dialect(), tier.ranking_table());
    // Whoever adds to its cells waits until this is done, and then has it made anew; what somebody is adding now is seen to afterwards.
    let sql = format!(
        "SELECT 1 FROM {table} WHERE bucket = $1 AND (icons IS NULL OR late > 0) {}",
        dialect.skip_locked()
    );
    if writing
        .query("hold_usage_ranking", &sql, vec![bucket.into()])
        .await?
        .is_empty()
    {
        return Ok(false);
    }
    let sets = sets_of(&writing.query("usage_sets", SETS, vec![]).await?)?;
    let sql = used(dialect, tier);
    let used = used_of(&writing.query("usage_counts", &sql, vec![bucket.into()]).await?)?;
    let (sets, icons): (Vec<_>, Vec<_>) = used.into_iter().partition(|(target, _)| sets.contains(target));
    let sql = format!("UPDATE {table} SET icons = $2, sets = $3, late = 0 WHERE bucket = $1");
    let values = vec![
        bucket.into(),
        pack(&descending(icons)).into(),
        pack(&descending(sets)).into(),
    ];
    writing.query("rank_usage", &sql, values).await?;
    writing.commit().await?;
    Ok(true)
}

/// The rankings of `buckets`, each as far as its first `depth` entries. One of which nothing is known is missing.
pub(crate) async fn read(
    database: &Database,
    (tier, ranked): (Tier, Ranked),
    buckets: &[i32],
    depth: usize,
) -> Result<HashMap<i32, Ranking>, DatabaseError> {
    if buckets.is_empty() {
        return Ok(HashMap::new());
    }
    let (dialect, column) = (database.dialect(), ranked.column());
    let sql = format!(
        "SELECT bucket, substr({column}, 1, $2), length({column}), late FROM {} WHERE {}",
        tier.ranking_table(),
        dialect.is_any("bucket", 1)
    );
    let bytes = i32::try_from(depth.saturating_mul(ENTRY_BYTES)).unwrap_or(i32::MAX);
    let values = vec![
        dialect.long_list(buckets.iter().map(|bucket| i64::from(*bucket))),
        bytes.into(),
    ];
    let (mut rankings, mut unranked) = (HashMap::with_capacity(buckets.len()), Vec::new());
    for row in database.query("usage_rankings", &sql, values).await? {
        let columns = &mut Columns::of(&row)?;
        let bucket: i32 = columns.next()?;
        let (packed, length) = (columns.next::<Option<&[u8]>>()?, columns.next::<Option<i32>>()?);
        let late = u64::try_from(columns.next::<i64>()?).unwrap_or_default();
        match (packed, length) {
            // Who wants all of it wants it right.
            (Some(packed), Some(length)) if late == 0 || depth < usize::MAX => {
                let is_whole = usize::try_from(length).is_ok_and(|length| length == packed.len());
                let ranking = unpack(packed, is_whole);
                rankings.insert(bucket, Ranking { late, ..ranking });
            }
            _ => unranked.push(bucket),
        }
    }
    if !unranked.is_empty() {
        add_unranked(database, (tier, ranked), (&unranked, depth), &mut rankings).await?;
    }
    Ok(rankings)
}

/// Of what goes on, or has to be right. One after another: each is as long as all that was used.
async fn add_unranked(
    database: &Database,
    (tier, ranked): (Tier, Ranked),
    (buckets, depth): (&[i32], usize),
    rankings: &mut HashMap<i32, Ranking>,
) -> Result<(), DatabaseError> {
    let sets = sets_of(&database.query("usage_sets", SETS, vec![]).await?)?;
    let sql = used(database.dialect(), tier);
    for bucket in buckets {
        let mut used = used_of(&database.query("usage_counts", &sql, vec![(*bucket).into()]).await?)?;
        used.retain(|(target, _)| sets.contains(target) == (ranked == Ranked::Sets));
        let mut used = descending(used);
        let is_whole = used.len() <= depth;
        used.truncate(depth);
        used.shrink_to_fit();
        rankings.insert(*bucket, Ranking::of(used, is_whole));
    }
    Ok(())
}

/// A statement for how often each icon and set was used in a bucket: one row with a list of all.
fn used(dialect: Dialect, tier: Tier) -> String {
    format!(
        "SELECT {} FROM {} WHERE bucket = $1 AND target >= 0",
        dialect.rows_as_json(&["target", "count"]),
        tier.table()
    )
}

fn used_of(rows: &[sea_orm::QueryResult]) -> Result<Vec<(Target, u64)>, DatabaseError> {
    // PostgreSQL makes nothing of no rows, and not an empty list.
    let json: Option<String> = rows.first().map_or(Ok(None), |row| row.try_get_by_index(0))?;
    let used: Vec<(i64, u64)> = json.as_deref().map_or_else(|| Ok(Vec::new()), json_list)?;
    Ok(used
        .into_iter()
        .map(|(target, count)| (Target::of_number(target), count))
        .collect())
}

fn sets_of(rows: &[sea_orm::QueryResult]) -> Result<HashSet<Target>, DatabaseError> {
    let set = |row| Ok(Target::of_number(Columns::of(row)?.next()?));
    rows.iter().map(set).collect()
}

fn descending(mut used: Vec<(Target, u64)>) -> Vec<(Target, u64)> {
    used.sort_unstable_by(|(target, count), (other, others)| others.cmp(count).then(target.cmp(other)));
    used
}

fn pack(used: &[(Target, u64)]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(used.len() * ENTRY_BYTES);
    for (target, count) in used {
        packed.extend_from_slice(&target.number().to_le_bytes());
        packed.extend_from_slice(&u32::try_from(*count).unwrap_or(u32::MAX).to_le_bytes());
    }
    packed
}

fn unpack(packed: &[u8], is_whole: bool) -> Ranking {
    let (entries, _) = packed.as_chunks::<ENTRY_BYTES>();
    let used: Vec<(Target, u64)> = (entries.iter())
        .filter_map(|entry| {
            let (target, count) = entry.split_at(size_of::<i64>());
            let target = i64::from_le_bytes(target.try_into().ok()?);
            let count = u32::from_le_bytes(count.try_into().ok()?);
            Some((Target::of_number(target), count.into()))
        })
        .collect();
    Ranking::of(used, is_whole)
}

#[cfg(test)]
mod tests {
    use super::{ENTRY_BYTES, Ranking, descending, pack, unpack};
    use crate::usage::target::Target;

    #[test]
    fn what_is_packed_is_read_again_as_far_as_it_is_read() {
        let of = |entries: &[(i64, u64)]| -> Vec<(Target, u64)> {
            entries
                .iter()
                .map(|(target, count)| (Target::of_number(*target), *count))
                .collect()
        };
        let ranked = descending(of(&[(7, 1), (5, 90), (i64::MAX, 4_000_000_000), (6, 90)]));
        assert_eq!(ranked, of(&[(i64::MAX, 4_000_000_000), (5, 90), (6, 90), (7, 1)]));
        let packed = pack(&ranked);
        assert_eq!(
            unpack(&packed, true),
            Ranking {
                used: ranked.clone(),
                others: 0,
                late: 0
            }
        );
        let first = Ranking {
            used: ranked[..2].to_vec(),
            others: 90,
            late: 0,
        };
        assert_eq!(unpack(&packed[..2 * ENTRY_BYTES], false), first);
        assert_eq!(unpack(&[], true), Ranking::default());
    }
}
