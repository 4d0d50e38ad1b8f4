//! The file of a backup, which is looked at before anything of it is believed.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use sea_orm::QueryResult;

use super::{
    BackupError, Contents, FORMAT,
    row::{Digest, Kind, Sum, count},
    shown,
    table::Table,
};
use crate::database::{Columns, Database, DatabaseError, FileUse, Snapshot};

/// By which a backup is told from other SQLite files: "icon" as a number.
pub(super) const APPLICATION_ID: u32 = 0x6963_6f6e;

/// Where a backup comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// The version of the program that took it.
    pub(super) program: String,
    /// The newest migration of the database.
    pub(super) migration: String,
    pub(super) engine: String,
    pub(super) taken_at_ms: i64,
    /// What the key is known by that users and sessions were hashed with.
    pub(super) usage_key: Vec<u8>,
}

/// A backup that is there, and whole.
pub struct Backup {
    pub(super) path: PathBuf,
    pub(super) origin: Origin,
    pub(super) tables: Vec<FileTable>,
    pub(super) snapshot: Snapshot,
}

/// A table of a backup.
pub(super) struct FileTable {
    pub(super) table: Table,
    pub(super) sum: Sum,
}

impl Backup {
    /// Opens the file at `path` and reads all of it, to see that it is as it was written. Says to `progress` how many rows of how many
    /// are read.
    ///
    /// # Errors
    /// Where it is no backup, is damaged or is of a newer format.
    pub async fn open(path: &Path, mut progress: impl FnMut(i64, i64)) -> Result<Self, BackupError> {
        let backup = Self::begin(path).await?;
        let (mut done, total) = (0, backup.contents().rows);
        backup
            .check(|rows| {
                done += rows;
                progress(done, total);
            })
            .await?;
        Ok(backup)
    }

    /// What it holds.
    pub fn contents(&self) -> Contents {
        let mut contents = Contents::default();
        for FileTable { table, sum } in &self.tables {
            contents.add(&table.name, sum.rows);
        }
        contents
    }

    /// When it was taken, in milliseconds since 1970.
    pub fn taken_at_ms(&self) -> i64 {
        self.origin.taken_at_ms
    }

    /// Finds out what is in it, by its own words.
    async fn begin(path: &Path) -> Result<Self, BackupError> {
        look_at_header(path)?;
        let opened = async {
            let database = Database::open_file(path, FileUse::Read).await?;
            let snapshot = database.snapshot().await?;
            let sql = "SELECT format, program, migration, engine, taken_at_ms, usage_key FROM backup";
            let rows = snapshot.query(sql, vec![]).await?;
            let Some(row) = rows.first() else {
                return Err(DatabaseError::Other("it does not say where it comes from".to_owned()));
            };
            let (format, origin) = read_origin(row)?;
            Ok((snapshot, format, origin))
        };
        let (snapshot, format, origin) = opened.await.map_err(|error| unreadable(path, error))?;
        if format != FORMAT {
            let (path, program) = (shown(path), origin.program);
            return Err(BackupError::Newer { path, program });
        }
        let tables = tables(&snapshot).await.map_err(|error| unreadable(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            origin,
            tables,
            snapshot,
        })
    }

    async fn check(&self, mut progress: impl FnMut(i64)) -> Result<(), BackupError> {
        for FileTable { table, sum } in &self.tables {
            let mut digest = Digest::new();
            let read = table.read(&self.snapshot, async |rows| {
                digest.add(&rows);
                progress(count(&rows));
                Ok::<_, DatabaseError>(())
            });
            read.await.map_err(|error| unreadable(&self.path, error))?;
            if digest.finish() != *sum {
                return Err(BackupError::Damaged {
                    path: shown(&self.path),
                    what: format!("{} has other rows than were written", table.name),
                });
            }
        }
        Ok(())
    }

    pub(super) fn newer(&self) -> BackupError {
        BackupError::Newer {
            path: shown(&self.path),
            program: self.origin.program.clone(),
        }
    }
}

/// Whether it is a backup at all, which SQLite is not asked: it would make one of an empty file.
pub(super) fn look_at_header(path: &Path) -> Result<(), BackupError> {
    if path.is_dir() {
        return Err(BackupError::Folder { path: shown(path) });
    }
    let cannot_read = |error: io::Error| BackupError::CannotRead {
        path: shown(path),
        reason: error.to_string(),
    };
    let mut header = Vec::with_capacity(100);
    let file = File::open(path).map_err(cannot_read)?;
    file.take(100).read_to_end(&mut header).map_err(cannot_read)?;
    let is_backup =
        header.starts_with(b"SQLite format 3\0") && header.get(68..72) == Some(&APPLICATION_ID.to_be_bytes());
    if is_backup {
        Ok(())
    } else {
        Err(BackupError::NoBackup { path: shown(path) })
    }
}

fn read_origin(row: &QueryResult) -> Result<(i64, Origin), DatabaseError> {
    let columns = &mut Columns::of(row)?;
    let format = columns.next()?;
    let origin = Origin {
        program: columns.next()?,
        migration: columns.next()?,
        engine: columns.next()?,
        taken_at_ms: columns.next()?,
        usage_key: columns.next()?,
    };
    Ok((format, origin))
}

async fn tables(snapshot: &Snapshot) -> Result<Vec<FileTable>, DatabaseError> {
    let mut tables = Vec::new();
    let sql = "SELECT name, rows, sha256 FROM backup_table ORDER BY rowid";
    for row in snapshot.query(sql, vec![]).await? {
        let row = &mut Columns::of(&row)?;
        let name: String = row.next()?;
        let (rows, digest) = (row.next()?, row.next()?);
        let columns = columns_of(snapshot, &name).await?;
        tables.push(FileTable {
            table: Table::in_file(name, columns),
            sum: Sum { rows, digest },
        });
    }
    Ok(tables)
}

async fn columns_of(snapshot: &Snapshot, table: &str) -> Result<Vec<(String, Kind)>, DatabaseError> {
    let sql = "SELECT name, type FROM pragma_table_info(?)";
    let rows = snapshot.query(sql, vec![table.into()]).await?;
    let strange = || DatabaseError::Other(format!("the table {table} is not as a backup has it"));
    if rows.is_empty() {
        return Err(strange());
    }
    let column = |row| {
        let columns = &mut Columns::of(row)?;
        let (name, column_type): (String, String) = (columns.next()?, columns.next()?);
        let is_plain = name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit());
        let kind = Kind::of_file(&column_type).filter(|_| is_plain).ok_or_else(strange)?;
        Ok((name, kind))
    };
    rows.iter().map(column).collect()
}

/// What SQLite cannot read in a file that says it is a backup is damaged, unless the disk says otherwise.
pub(super) fn unreadable(path: &Path, error: DatabaseError) -> BackupError {
    match error {
        DatabaseError::Storage { reason } | DatabaseError::CannotOpen { reason } => BackupError::CannotRead {
            path: shown(path),
            reason,
        },
        DatabaseError::Other(what) => BackupError::Damaged {
            path: shown(path),
            what,
        },
        _ => BackupError::Damaged {
            path: shown(path),
            what: "it is not whole".to_owned(),
        },
    }
}
