//! Taking a backup: one moment of the database, while servers go on.

use std::path::Path;

use super::{
    BackupError, Contents,
    file::Origin,
    new_file::NewFile,
    row::{self, Digest},
    table::{Table, chosen, copied},
};
use crate::{
    database::{Columns, Database, DatabaseError, Dialect, Snapshot},
    usage::usage_key_mark,
};

/// What is noted beside the rows.
#[derive(Debug, Clone)]
pub struct TakeTerms {
    /// The version of this program.
    pub program: String,
    /// The newest migration, which the database has.
    pub migration: String,
    /// The key that is configured for hashes of users and sessions; none where it is the database's.
    pub hash_key: Option<String>,
    /// Milliseconds since 1970.
    pub now_ms: i64,
    /// Whether a file that is there may be replaced.
    pub may_replace: bool,
}

/// Writes to `path` what cannot be imported again, and says to `progress` how many rows of how many are written.
///
/// # Errors
/// Where the database or the disk fails, or the file is there; then there is none, or the one that was.
pub async fn take(
    database: &Database,
    path: &Path,
    terms: &TakeTerms,
    mut progress: impl FnMut(i64, i64),
) -> Result<Contents, BackupError> {
    let file = NewFile::create(path, terms.may_replace).await?;
    let usage_key = usage_key_mark(database, terms.hash_key.as_deref()).await?;
    let tables: Vec<Table> = copied().into_iter().chain(chosen()).collect();
    let snapshot = database.snapshot().await?;
    hold(&snapshot, &tables).await?;
    let total = count(&snapshot, &tables).await?;
    let mut contents = Contents::default();
    for table in &tables {
        let before = contents.rows;
        let rows = copy(table, &snapshot, &file, |rows| progress(before + rows, total)).await?;
        contents.add(&table.name, rows);
    }
    snapshot.end().await?;
    file.finish(Origin {
        program: terms.program.clone(),
        migration: terms.migration.clone(),
        engine: database.dialect().system_name().to_owned(),
        taken_at_ms: terms.now_ms,
        usage_key,
    })
    .await?;
    Ok(contents)
}

/// On PostgreSQL a day of events that is dropped is gone for those, too, who look at a moment before; so that waits. And nobody waits for a
/// statement that reads for hours.
async fn hold(snapshot: &Snapshot, tables: &[Table]) -> Result<(), DatabaseError> {
    if snapshot.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    snapshot.take_time().await?;
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    let sql = format!("LOCK TABLE {} IN ACCESS SHARE MODE", names.join(", "));
    snapshot.query(&sql, vec![]).await.map(drop)
}

async fn count(snapshot: &Snapshot, tables: &[Table]) -> Result<i64, DatabaseError> {
    let mut total = 0;
    for table in tables {
        let sql = format!("SELECT count(*) FROM {}", table.rows_of_backup(snapshot.dialect()));
        if let Some(row) = snapshot.query(&sql, vec![]).await?.first() {
            total += Columns::of(row)?.next::<i64>()?;
        }
    }
    Ok(total)
}

/// Copies a table; how many rows.
async fn copy(
    table: &Table,
    snapshot: &Snapshot,
    file: &NewFile,
    mut progress: impl FnMut(i64),
) -> Result<i64, BackupError> {
    file.define(&table.definition()).await?;
    let (mut digest, mut written) = (Digest::new(), 0);
    table
        .read(snapshot, async |rows| {
            digest.add(&rows);
            written += row::count(&rows);
            file.execute(table.insert(Dialect::Sqlite, rows)).await?;
            progress(written);
            Ok::<_, BackupError>(())
        })
        .await?;
    file.sum_up(&table.name, digest.finish()).await?;
    Ok(written)
}
