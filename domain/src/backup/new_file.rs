//! A backup that is being written: whole or not at all.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Statement, Value};
use tempfile::NamedTempFile;

use super::{
    BackupError, FORMAT,
    file::{APPLICATION_ID, Origin, look_at_header},
    row::Sum,
    shown,
};
use crate::database::{Database, DatabaseError, Dialect, FileUse};

const DEFINITIONS: &str = "
CREATE TABLE backup (
  format INTEGER NOT NULL,
  program TEXT NOT NULL,
  migration TEXT NOT NULL,
  engine TEXT NOT NULL,
  taken_at_ms INTEGER NOT NULL,
  usage_key BLOB NOT NULL
) STRICT;
CREATE TABLE backup_table (
  name TEXT NOT NULL,
  rows INTEGER NOT NULL,
  sha256 BLOB NOT NULL
) STRICT;
";

/// A backup that is being written, beside where it will be.
pub(super) struct NewFile {
    /// Removed unless it is finished. Nobody else may read it: it has what keys are known by.
    file: NamedTempFile,
    path: PathBuf,
    may_replace: bool,
    database: Database,
    transaction: DatabaseTransaction,
}

impl NewFile {
    pub(super) async fn create(path: &Path, may_replace: bool) -> Result<Self, BackupError> {
        if path.is_dir() {
            return Err(BackupError::Folder { path: shown(path) });
        }
        if path.exists() {
            if !may_replace {
                return Err(BackupError::Exists { path: shown(path) });
            }
            // It may be the very database.
            look_at_header(path).map_err(|_| BackupError::NotReplaced { path: shown(path) })?;
        }
        let file = tempfile::Builder::new()
            .prefix(".iconql-backup-")
            .tempfile_in(folder_of(path))
            .map_err(|error| cannot_write(path, &error))?;
        let begun = async {
            let database = Database::open_file(file.path(), FileUse::Write).await?;
            let pragma = format!("PRAGMA application_id = {APPLICATION_ID}");
            database.run(&pragma).await?;
            let transaction = database.begin().await?;
            Ok::<_, DatabaseError>((database, transaction))
        };
        let (database, transaction) = begun.await.map_err(|error| cannot_write(path, &error))?;
        let new = Self {
            file,
            path: path.to_owned(),
            may_replace,
            database,
            transaction,
        };
        new.define(DEFINITIONS).await?;
        Ok(new)
    }

    /// Makes tables.
    pub(super) async fn define(&self, sql: &str) -> Result<(), BackupError> {
        let defined = self.transaction.execute_unprepared(sql).await;
        defined
            .map(drop)
            .map_err(|error| cannot_write(&self.path, &DatabaseError::from(error)))
    }

    pub(super) async fn execute(&self, (sql, values): (String, Vec<Value>)) -> Result<(), BackupError> {
        let statement = Statement::from_sql_and_values(Dialect::Sqlite.backend(), sql, values);
        let executed = self.transaction.execute_raw(statement).await;
        executed
            .map(drop)
            .map_err(|error| cannot_write(&self.path, &DatabaseError::from(error)))
    }

    /// Notes what a table's rows come to.
    pub(super) async fn sum_up(&self, table: &str, sum: Sum) -> Result<(), BackupError> {
        let sql = "INSERT INTO backup_table (name, rows, sha256) VALUES (?, ?, ?)";
        let values = vec![table.into(), sum.rows.into(), sum.digest.into()];
        self.execute((sql.to_owned(), values)).await
    }

    /// Puts it in its place, once the disk has all of it.
    pub(super) async fn finish(self, origin: Origin) -> Result<(), BackupError> {
        let sql =
            "INSERT INTO backup (format, program, migration, engine, taken_at_ms, usage_key) VALUES (?, ?, ?, ?, ?, ?)";
        let values = vec![
            FORMAT.into(),
            origin.program.into(),
            origin.migration.into(),
            origin.engine.into(),
            origin.taken_at_ms.into(),
            origin.usage_key.into(),
        ];
        self.execute((sql.to_owned(), values)).await?;
        let Self {
            file,
            path,
            may_replace,
            database,
            transaction,
        } = self;
        let closed = async {
            transaction.commit().await?;
            database.close().await
        };
        closed.await.map_err(|error| cannot_write(&path, &error))?;
        let placed = place(file, &path, may_replace);
        placed.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists { path: shown(&path) },
            _ => cannot_write(&path, &error),
        })
    }
}

fn place(file: NamedTempFile, path: &Path, may_replace: bool) -> io::Result<()> {
    file.as_file().sync_all()?;
    let placed = if may_replace {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    };
    placed.map_err(|error| error.error)?;
    // Its name, too.
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

fn cannot_write(path: &Path, reason: &impl ToString) -> BackupError {
    BackupError::CannotWrite {
        path: shown(path),
        reason: reason.to_string(),
    }
}
