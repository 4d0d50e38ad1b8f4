//! The rows of operations data: of each server one a minute, an hour and a day, so that servers never wait for each other. Those of hours and days
//! that are over are put together, so that what a range costs does not grow with how many servers there were.

mod row;

use std::sync::Arc;

use sea_orm::Value;

use self::row::{Key, PARTS, Sum, unpack};
use super::{
    figures::{Figures, Part},
    tier::{Piece, Tier},
};
use crate::database::{Columns, Database, DatabaseError};

/// How long after a bucket is over its rows are put together. What comes later, from a server whose database was away, is added then.
const LATE_MS: i64 = 2 * 3_600_000;

/// Buckets that are put together at once, each in a transaction of its own.
const GATHERED_AT_ONCE: i64 = 100;

/// Rows that are deleted at once.
const DELETED_AT_ONCE: i64 = 2_000;

/// Whose rows those are that have been put together.
const ALL_SERVERS: &str = "";

/// Adds what a server did in a minute, by its number since 1970, to its rows: to all of them, or to none.
pub(super) async fn add(
    database: &Database,
    (instance, minute): (&str, i32),
    figures: &Figures,
) -> Result<(), DatabaseError> {
    let at_ms = Tier::Minute.begin_ms(minute);
    let more = Sum::of(figures);
    // Nobody waits for it, and it keeps nobody waiting.
    let writing = database.work().await?;
    for tier in Tier::ALL {
        let bucket = tier.bucket(at_ms);
        let key = Key { tier, bucket, instance };
        // Where two servers go by one name, one waits for the other.
        let mut sum = key.hold(&writing).await?;
        sum.merge(&more);
        key.write(&writing, sum).await?;
    }
    writing.commit().await
}

/// Puts together what servers did in hours and days that have been over for a while.
pub(super) async fn gather(database: &Database, now_ms: i64) -> Result<(), DatabaseError> {
    let sql = "SELECT bucket FROM operations_figures WHERE tier = $1 AND bucket < $2 \
               GROUP BY bucket HAVING count(*) > 1 ORDER BY bucket LIMIT $3";
    for tier in [Tier::Hour, Tier::Day] {
        let past = tier.bucket(now_ms - LATE_MS);
        let values = vec![tier.number().into(), past.into(), GATHERED_AT_ONCE.into()];
        for row in database.query("ungathered_operations", sql, values).await? {
            gather_bucket(database, tier, Columns::of(&row)?.next()?).await?;
        }
    }
    Ok(())
}

async fn gather_bucket(database: &Database, tier: Tier, bucket: i32) -> Result<(), DatabaseError> {
    let writing = database.work().await?;
    let key = Key {
        tier,
        bucket,
        instance: ALL_SERVERS,
    };
    let mut sum = key.hold(&writing).await?;
    // What is deleted is what is added, whoever else writes meanwhile.
    let sql =
        format!("DELETE FROM operations_figures WHERE tier = $1 AND bucket = $2 AND instance <> $3 RETURNING {PARTS}");
    let values: Vec<Value> = vec![tier.number().into(), bucket.into(), ALL_SERVERS.into()];
    for row in writing.query("gather_operations", &sql, values).await? {
        let Some(of_server) = Sum::read(&row)? else {
            // Another version's, which knows what to do with it: nothing was done.
            return Ok(());
        };
        sum.merge(&of_server);
    }
    key.write(&writing, sum).await?;
    writing.commit().await
}

/// Puts one part of what servers did in all buckets of `pieces` into `all`, by when each begins, the oldest first, in any number of rows each.
/// What another version has packed is left out.
pub(super) async fn read<P: Part + 'static, A: Send + 'static>(
    database: &Database,
    pieces: &[Piece],
    (all, put): (A, impl Fn(&mut A, i64, P) + Send + 'static),
) -> Result<A, DatabaseError> {
    let mut selects = Vec::with_capacity(pieces.len());
    let mut values: Vec<Value> = Vec::with_capacity(3 * pieces.len());
    for (tier, first, last) in pieces {
        let place = values.len();
        selects.push(format!(
            "SELECT tier, bucket, {} FROM operations_figures WHERE tier = ${} AND bucket BETWEEN ${} AND ${}",
            P::COLUMN,
            place + 1,
            place + 2,
            place + 3
        ));
        values.extend([tier.number().into(), (*first).into(), (*last).into()]);
    }
    let rows = database
        .query("operations", &selects.join(" UNION ALL "), values)
        .await?;
    let mut packed: Vec<(i64, Vec<u8>)> = Vec::with_capacity(rows.len());
    for row in rows {
        let columns = &mut Columns::of(&row)?;
        let (tier, bucket) = (Tier::of_number(columns.next()?), columns.next()?);
        let part: &[u8] = columns.next()?;
        packed.extend(tier.map(|tier| (tier.begin_ms(bucket), part.to_vec())));
    }
    packed.sort_by_key(|(begin_ms, _)| *begin_ms);
    let waits = Arc::new(());
    let wanted = Arc::downgrade(&waits);
    // A thousand rows take tens of milliseconds, which is too long for a thread that others wait for. Nothing can end it from outside.
    let putting = move || put_all(&packed, (all, put), || wanted.strong_count() > 0);
    match tokio::task::spawn_blocking(putting).await {
        Ok(all) => Ok(all),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Unpacks one after the other, as long as anybody waits for it: names that clients invent make a quarter of a megabyte of a row, and a range
/// has a thousand.
fn put_all<P: Part, A>(
    packed: &[(i64, Vec<u8>)],
    (mut all, put): (A, impl Fn(&mut A, i64, P)),
    is_wanted: impl Fn() -> bool,
) -> A {
    for (begin_ms, packed) in packed.iter().take_while(|_| is_wanted()) {
        if let Some(part) = unpack(packed) {
            put(&mut all, *begin_ms, part);
        }
    }
    all
}

/// Forgets what has been kept long enough.
pub(super) async fn forget(database: &Database, now_ms: i64) -> Result<(), DatabaseError> {
    for tier in Tier::ALL {
        let values = || {
            vec![
                tier.number().into(),
                tier.first_kept(now_ms).into(),
                DELETED_AT_ONCE.into(),
            ]
        };
        let some = "SELECT tier, bucket, instance FROM operations_figures WHERE tier = $1 AND bucket < $2 LIMIT $3";
        let sql = format!("DELETE FROM operations_figures WHERE (tier, bucket, instance) IN ({some}) RETURNING bucket");
        loop {
            // Most often there is nothing, and nobody has to wait for that.
            if database.query("old_operations", some, values()).await?.is_empty() {
                break;
            }
            let writing = database.work().await?;
            writing.query("forget_operations", &sql, values()).await?;
            writing.commit().await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use serde::{Deserialize, Deserializer, Serialize};

    use super::{Part, put_all, row::pack};

    static ALIVE: AtomicUsize = AtomicUsize::new(0);

    /// A part that says how many of it there are.
    #[derive(Serialize)]
    struct Counted(u8);

    impl Default for Counted {
        fn default() -> Self {
            ALIVE.fetch_add(1, Ordering::SeqCst);
            Self(0)
        }
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            ALIVE.fetch_sub(1, Ordering::SeqCst);
        }
    }

    impl<'de> Deserialize<'de> for Counted {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            u8::deserialize(deserializer).map(|_| Self::default())
        }
    }

    impl Part for Counted {
        const COLUMN: &'static str = "totals";

        fn merge(&mut self, _: &Self) {}
    }

    #[test]
    fn one_row_is_unpacked_at_a_time() {
        let packed: Vec<_> = (0..1_000)
            .map(|begin_ms| (begin_ms, pack(&Counted::default()).unwrap()))
            .collect();
        let put = |most: &mut Vec<(i64, usize)>, begin_ms, _: Counted| {
            most.push((begin_ms, ALIVE.load(Ordering::SeqCst)));
        };
        let alive = put_all(&packed, (Vec::new(), put), || true);
        assert!(alive.iter().zip(0..).all(|(alive, begin_ms)| *alive == (begin_ms, 1)));
        assert_eq!((alive.len(), ALIVE.load(Ordering::SeqCst)), (1_000, 0));
        // Nobody waits for the others.
        let looks = Cell::new(0);
        let is_wanted = || looks.replace(looks.get() + 1) < 10;
        assert_eq!(put_all(&packed, (Vec::new(), put), is_wanted).len(), 10);
    }
}
