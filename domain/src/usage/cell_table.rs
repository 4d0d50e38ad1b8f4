//! Cells as they lie in their tables.

use std::fmt::Write as _;

use sea_orm::{QueryResult, Value, sea_query::ArrayType};

use super::{
    cell::Cell,
    gathering::{Cells, Key},
    ranking,
    sums::Steps,
    target::Target,
    tier::Tier,
};
use crate::database::{Columns, DatabaseError, Dialect, Writing};

/// Cells, and bytes of cells, that are read or written by one statement.
const CELLS_AT_ONCE: usize = 5_000;
const BYTES_AT_ONCE: usize = 4 << 20;

/// A cell as it is stored.
struct Row {
    key: Key,
    count: i64,
    packed: Vec<u8>,
    steps: Vec<u8>,
}

/// Adds cells to those that are there.
pub(super) async fn add(writing: &Writing, tier: Tier, cells: Cells) -> Result<(), DatabaseError> {
    let mut cells: Vec<(Key, Cell)> = cells.into_iter().collect();
    // As they lie in the table.
    cells.sort_unstable_by_key(|(key, _)| *key);
    let all = cells.iter().filter(|((_, target), _)| *target == Target::ALL);
    let events = all.map(|((bucket, _), cell)| (*bucket, i64::try_from(cell.count()).unwrap_or(i64::MAX)));
    ranking::note(writing, tier, events.collect()).await?;
    for cells in cells.chunks_mut(CELLS_AT_ONCE) {
        merge_known(writing, tier, cells).await?;
        write(writing, tier, cells).await?;
    }
    Ok(())
}

async fn merge_known(writing: &Writing, tier: Tier, cells: &mut [(Key, Cell)]) -> Result<(), DatabaseError> {
    let table = tier.table();
    let (sought, values) = match writing.dialect() {
        Dialect::Sqlite => {
            let keys: Vec<_> = cells
                .iter()
                .map(|((bucket, target), _)| (bucket, target.number()))
                .collect();
            let sought = "(SELECT value ->> 0 AS bucket, value ->> 1 AS target FROM json_each($1)) sought";
            (sought, vec![json(&keys)?])
        }
        Dialect::Postgres => (
            "unnest($1, $2) AS sought (bucket, target)",
            key_arrays(cells.iter().map(|(key, _)| *key)),
        ),
    };
    let sql = format!(
        "SELECT known.bucket, known.target, known.cell, known.steps FROM {sought} \
         JOIN {table} known ON known.bucket = sought.bucket AND known.target = sought.target"
    );
    for row in writing.query("read_usage_cells", &sql, values).await? {
        let columns = &mut Columns::of(&row)?;
        let key = (columns.next()?, Target::of_number(columns.next()?));
        let (packed, steps): (&[u8], &[u8]) = (columns.next()?, columns.next()?);
        let known = Cell::unpack(packed, steps).map_err(|error| broken(table, &error))?;
        if let Ok(place) = cells.binary_search_by_key(&key, |(key, _)| *key) {
            let cell = &mut cells[place].1;
            let added = std::mem::replace(cell, known);
            cell.merge(added);
        }
    }
    Ok(())
}

async fn write(writing: &Writing, tier: Tier, cells: &[(Key, Cell)]) -> Result<(), DatabaseError> {
    let (mut rows, mut bytes) = (Vec::with_capacity(cells.len()), 0);
    for (key, cell) in cells {
        let (packed, steps) = cell.pack().map_err(|error| broken(tier.table(), &error))?;
        bytes += packed.len() + steps.len();
        let count = i64::try_from(cell.count()).unwrap_or(i64::MAX);
        rows.push(Row {
            key: *key,
            count,
            packed,
            steps,
        });
        if bytes >= BYTES_AT_ONCE {
            write_rows(writing, tier, std::mem::take(&mut rows)).await?;
            bytes = 0;
        }
    }
    write_rows(writing, tier, rows).await
}

async fn write_rows(writing: &Writing, tier: Tier, rows: Vec<Row>) -> Result<(), DatabaseError> {
    if rows.is_empty() {
        return Ok(());
    }
    let (from, values) = match writing.dialect() {
        Dialect::Sqlite => {
            let row = |row: &Row| {
                (
                    row.key.0,
                    row.key.1.number(),
                    row.count,
                    hex(&row.packed),
                    hex(&row.steps),
                )
            };
            let rows: Vec<_> = rows.iter().map(row).collect();
            let from = "SELECT value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3), unhex(value ->> 4) \
                        FROM json_each($1) WHERE TRUE";
            (from, vec![json(&rows)?])
        }
        Dialect::Postgres => {
            let mut values = key_arrays(rows.iter().map(|row| row.key));
            values.push(array(ArrayType::BigInt, rows.iter().map(|row| row.count.into())));
            let (packed, steps): (Vec<Value>, Vec<Value>) = rows
                .into_iter()
                .map(|row| (row.packed.into(), row.steps.into()))
                .unzip();
            values.push(array(ArrayType::Bytes, packed.into_iter()));
            values.push(array(ArrayType::Bytes, steps.into_iter()));
            ("SELECT * FROM unnest($1, $2, $3, $4, $5)", values)
        }
    };
    let table = tier.table();
    let sql = format!(
        "INSERT INTO {table} (bucket, target, count, cell, steps) {from} \
         ON CONFLICT (bucket, target) DO UPDATE SET count = excluded.count, cell = excluded.cell, steps = excluded.steps"
    );
    writing.query("write_usage_cells", &sql, values).await.map(|_| ())
}

fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn key_arrays(keys: impl Iterator<Item = Key> + Clone) -> Vec<Value> {
    vec![
        array(ArrayType::Int, keys.clone().map(|(bucket, _)| bucket.into())),
        array(ArrayType::BigInt, keys.map(|(_, target)| target.number().into())),
    ]
}

fn array(kind: ArrayType, values: impl Iterator<Item = Value>) -> Value {
    Value::Array(kind, Some(Box::new(values.collect())))
}

fn json(rows: &impl serde::Serialize) -> Result<Value, DatabaseError> {
    let text = serde_json::to_string(rows).map_err(|error| DatabaseError::Other(error.to_string()))?;
    Ok(text.into())
}

/// What is selected of a table for [`read_steps`], beside bucket and target. Of a cell with steps of its own, the rest stays where it is.
pub(super) const STEPS: &str = "CASE WHEN length(steps) = 0 THEN cell ELSE steps END, length(steps) = 0";

/// What falls on each part of a cell, and whose cell it is.
pub(super) fn read_steps(tier: Tier, row: &QueryResult) -> Result<(Key, Steps), DatabaseError> {
    let broken = |error: postcard::Error| broken(tier.table(), &error);
    let columns = &mut Columns::of(row)?;
    let key = (columns.next()?, Target::of_number(columns.next()?));
    let packed: &[u8] = columns.next()?;
    let steps = if columns.next::<bool>()? {
        Cell::unpack(packed, &[]).map_err(broken)?.steps().into_owned()
    } else {
        postcard::from_bytes(packed).map_err(broken)?
    };
    Ok((key, steps))
}

pub(super) fn broken(table: &str, error: &postcard::Error) -> DatabaseError {
    DatabaseError::Other(format!("a row of {table} cannot be packed or unpacked: {error}"))
}
