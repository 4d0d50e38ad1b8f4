//! Cells of some targets in some hours or days, as much of them as is wanted.

use super::{
    cell::Cell,
    cell_table::{STEPS, broken, read_steps},
    gathering::Key,
    sums::{Steps, Sums, Tally},
    target::Target,
    tier::Tier,
};
use crate::database::{Columns, Database, DatabaseError, Dialect};

/// Which cells are read: buckets of a tier, and targets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cells<'a> {
    pub(crate) tier: Tier,
    pub(crate) buckets: &'a [i32],
    pub(crate) targets: &'a [Target],
}

/// Bytes that the first of a cell's sums takes at most, which is all that falls on it: a tag, a count, and users as a sketch.
const TALLY_BYTES: usize = 4_200;

/// The tag of cells with sums.
const SUMMED: u8 = 1;

/// How often each was used, and by whom.
pub(crate) async fn tallies(database: &Database, cells: Cells<'_>) -> Result<Vec<(Key, Tally)>, DatabaseError> {
    let summed = match database.dialect() {
        Dialect::Sqlite => "x'01'",
        Dialect::Postgres => "'\\x01'::bytea",
    };
    let columns = format!("CASE WHEN substr(cell, 1, 1) = {summed} THEN substr(cell, 1, {TALLY_BYTES}) ELSE cell END");
    let mut tallies = Vec::new();
    for row in rows(database, ("usage_tallies", &columns), cells).await? {
        let columns = &mut Columns::of(&row)?;
        let key = (columns.next()?, Target::of_number(columns.next()?));
        let tally = tally_of(columns.next()?).map_err(|error| broken(cells.tier.table(), &error))?;
        tallies.push((key, tally));
    }
    Ok(tallies)
}

/// All that is known of each, but its parts.
pub(crate) async fn sums(database: &Database, cells: Cells<'_>) -> Result<Vec<(Key, Sums)>, DatabaseError> {
    let mut sums = Vec::new();
    for row in rows(database, ("usage_sums", "cell"), cells).await? {
        let columns = &mut Columns::of(&row)?;
        let key = (columns.next()?, Target::of_number(columns.next()?));
        let packed: &[u8] = columns.next()?;
        let cell: Cell = postcard::from_bytes(packed).map_err(|error| broken(cells.tier.table(), &error))?;
        sums.push((key, cell.into_sums()));
    }
    Ok(sums)
}

/// What falls on the parts of each.
pub(crate) async fn steps(database: &Database, cells: Cells<'_>) -> Result<Vec<(Key, Steps)>, DatabaseError> {
    let rows = rows(database, ("usage_steps", STEPS), cells).await?;
    rows.iter().map(|row| read_steps(cells.tier, row)).collect()
}

/// How often each was used.
pub(crate) async fn counts(database: &Database, cells: Cells<'_>) -> Result<Vec<(Key, u64)>, DatabaseError> {
    let mut counts = Vec::new();
    for row in rows(database, ("usage_counts", "count"), cells).await? {
        let columns = &mut Columns::of(&row)?;
        let key = (columns.next()?, Target::of_number(columns.next()?));
        counts.push((key, u64::try_from(columns.next::<i64>()?).unwrap_or_default()));
    }
    Ok(counts)
}

/// Rows with the bucket, the target and these columns, the oldest first.
async fn rows(
    database: &Database,
    (query_type, columns): (&'static str, &str),
    Cells { tier, buckets, targets }: Cells<'_>,
) -> Result<Vec<sea_orm::QueryResult>, DatabaseError> {
    let (dialect, table) = (database.dialect(), tier.table());
    // Each bucket is named: of a range, every target would be looked at.
    let sql = format!(
        "SELECT bucket, target, {columns} FROM {table} WHERE {} AND {} ORDER BY bucket, target",
        dialect.is_any("bucket", 1),
        dialect.is_any("target", 2)
    );
    let values = vec![
        dialect.long_list(buckets.iter().map(|bucket| i64::from(*bucket))),
        dialect.long_list(targets.iter().map(|target| target.number())),
    ];
    database.query(query_type, &sql, values).await
}

/// From the beginning of a cell with sums, or from all of another.
fn tally_of(packed: &[u8]) -> Result<Tally, postcard::Error> {
    match packed.split_first() {
        Some((&SUMMED, sums)) => Ok(postcard::take_from_bytes(sums)?.0),
        _ => Ok(postcard::from_bytes::<Cell>(packed)?.into_sums().all),
    }
}

#[cfg(test)]
mod tests {
    use super::{TALLY_BYTES, tally_of};
    use crate::usage::cell::{Cell, Use};

    #[test]
    fn a_cell_begins_with_all_that_falls_on_it() {
        for users in [0_i64, 1, 40, 200, 10_000] {
            let mut cell = Cell::default();
            for user in 0..users {
                cell.add(Use::by(u8::try_from(user % 24).unwrap(), user << 32), 3);
            }
            let (packed, _) = cell.pack().unwrap();
            let read = if packed[0] == 0 {
                &packed[..]
            } else {
                &packed[..packed.len().min(TALLY_BYTES)]
            };
            let (tally, expected) = (tally_of(read).unwrap(), cell.into_sums().all);
            assert_eq!((tally.count, tally.users), (expected.count, expected.users), "{users}");
        }
    }
}
