//! Backups: everything in the database that cannot be imported again, in one SQLite file, whichever engine the server uses.
//!
//! `table` says what that is, `row` has values on their way. `take` copies one moment of the database into a `new_file` while servers go on;
//! `file` is the backup itself, with what its rows come to; `restore` brings them into a database that has none of it, all of it or nothing. Sets that
//! administrators have changed are written as an import writes sets (`catalog/import/own`).

mod file;
mod new_file;
mod restore;
mod row;
mod table;
mod take;

use std::path::Path;

pub use file::Backup;
pub use restore::{RestoreTerms, Restored};
pub use take::{TakeTerms, take};

use crate::{database::DatabaseError, svg::safety::UnsafeSvg};

/// Grows when a program that knows only what was before could not make out a backup any more, or would take it for something else.
const FORMAT: i64 = 1;

/// What a backup holds, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Rows of all tables.
    pub rows: i64,
    /// Events that are kept one by one.
    pub events: i64,
    pub keys: i64,
    pub synonym_groups: i64,
    /// Sets that administrators have changed.
    pub sets: i64,
}

impl Contents {
    fn add(&mut self, table: &str, rows: i64) {
        self.rows += rows;
        match table {
            "usage_event" => self.events = rows,
            "api_key" => self.keys = rows,
            "synonym_group" => self.synonym_groups = rows,
            "icon_set" => self.sets = rows,
            _ => {}
        }
    }
}

/// What stopped a backup, of which then nothing is there, or a restore, of which then nothing is done.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("{path} is there already: name another file, or say --force to replace it")]
    Exists { path: String },
    #[error("{path} is there already, and is no backup: name another file")]
    NotReplaced { path: String },
    #[error("{path} is a folder: name a file")]
    Folder { path: String },
    #[error("cannot write {path}: {reason}; check its disk, and that this user may write in its folder")]
    CannotWrite { path: String, reason: String },
    #[error("cannot read {path}: {reason}; name a file that `iconql backup` wrote")]
    CannotRead { path: String, reason: String },
    #[error("{path} is no backup: name a file that `iconql backup` wrote")]
    NoBackup { path: String },
    #[error(
        "the backup {path} is damaged ({what}), and nothing was restored: take another copy of it, or another backup"
    )]
    Damaged { path: String, what: String },
    #[error("the backup {path} was taken by a newer iconql, {program}: restore it by that version")]
    Newer { path: String, program: String },
    #[error(
        "the database has {what} already, which a restore would mix with: restore into a new database (DATABASE_URL)"
    )]
    NotEmpty { what: String },
    #[error("the backup's icon {name} is none that iconql would store, and nothing was restored: {fault}")]
    UnsafeIcon { name: String, fault: UnsafeSvg },
    #[error(
        "the row id of the backup's icon {name} is taken by another name, which happens by chance: restore before importing"
    )]
    RowIdTaken { name: String },
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
