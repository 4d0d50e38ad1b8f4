//! What went wrong with the database, and what the person who runs it can do.

use sea_orm::{DbErr, RuntimeErr, sqlx};

/// A failure of the database. Each message fits on one line and ends with what to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DatabaseError {
    #[error("no database at {path}: run `iconql migrate up` to create it, or set DATABASE_URL")]
    Missing { path: String },
    #[error("cannot use the database URL: {reason}; write sqlite://FILE or postgres://USER@HOST/NAME")]
    BadUrl { reason: String },
    #[error("cannot reach the database: {reason}; check DATABASE_URL and that the server runs")]
    Unreachable { reason: String },
    #[error(
        "cannot open the database file: {reason}; check DATABASE_URL, and that this user may use the file's folder"
    )]
    CannotOpen { reason: String },
    #[error("the database is locked by another process that writes: wait for it to end, or raise DB_LOCK_TIMEOUT_MS")]
    Locked,
    #[error("the database is read-only: make its file and folder writable for this user")]
    ReadOnly,
    #[error("the disk or database is full: free some space, nothing was changed")]
    Full,
    #[error("the disk failed: {reason}; check its health, its room, and the limits on this user's files")]
    Storage { reason: String },
    #[error("the database file is damaged or no SQLite database: move it away and import again")]
    Corrupt,
    #[error("the database was migrated by a newer iconql ({migration}): run that version, or use another database")]
    NewerSchema { migration: String },
    #[error("the database schema is behind, {pending} to apply: run `iconql migrate up`")]
    BehindSchema { pending: usize },
    #[error("a statement was stopped after {after_ms} ms (QUERY_TIMEOUT_MS)")]
    Timeout { after_ms: u128 },
    #[error("the database cancelled a statement; raise QUERY_TIMEOUT_MS if that was its time limit")]
    Cancelled,
    #[error(
        "no connection was free in time: check that the database runs, else raise DB_POOL_SIZE or DB_ACQUIRE_TIMEOUT_MS"
    )]
    PoolExhausted,
    #[error("the database gave up a transaction in favour of another: try again")]
    Deadlock,
    #[error("the database has no part of a table for a row: try again")]
    NoPartition,
    #[error("the database failed: {0}")]
    Other(String),
}

impl From<DbErr> for DatabaseError {
    fn from(error: DbErr) -> Self {
        match &error {
            DbErr::ConnectionAcquire(_) => Self::PoolExhausted,
            // Its text would repeat the URL, with the password.
            DbErr::Conn(RuntimeErr::Internal(_)) => Self::BadUrl {
                reason: "it cannot be parsed".to_owned(),
            },
            DbErr::Conn(RuntimeErr::SqlxError(inner)) => match Self::from_driver(inner) {
                Self::Other(reason) => Self::Unreachable { reason },
                known => known,
            },
            DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => {
                Self::from_driver(inner)
            }
            _ => Self::Other(error.to_string()),
        }
    }
}

/// PostgreSQL's, also for a row that no part of its table is for.
const CHECK_VIOLATION: &str = "23514";

impl DatabaseError {
    fn from_driver(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(answer) => {
                let reason = answer.message().to_owned();
                // The same code is that of a constraint, which has a name then.
                if answer.code().as_deref() == Some(CHECK_VIOLATION) && answer.constraint().is_none() {
                    return Self::NoPartition;
                }
                Self::from_code(answer.code().as_deref().unwrap_or_default(), reason)
            }
            sqlx::Error::Configuration(reason) => Self::BadUrl {
                reason: reason.to_string(),
            },
            sqlx::Error::PoolTimedOut => Self::Unreachable {
                reason: "it took no connection in time (DB_ACQUIRE_TIMEOUT_MS)".to_owned(),
            },
            sqlx::Error::Io(reason) => Self::Unreachable {
                reason: reason.to_string(),
            },
            sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unreachable {
                    reason: error.to_string(),
                }
            }
            _ => Self::Other(error.to_string()),
        }
    }

    /// Reads SQLite's extended result codes and PostgreSQL's SQLSTATEs, neither of which can be mistaken for the other.
    fn from_code(code: &str, reason: String) -> Self {
        if let (true, Ok(number)) = (code.len() < 5, code.parse::<u32>()) {
            // The low byte is the primary result code.
            return match number & 0xff {
                5 | 6 => Self::Locked,
                8 => Self::ReadOnly,
                10 => Self::Storage { reason },
                11 | 26 => Self::Corrupt,
                13 => Self::Full,
                14 => Self::CannotOpen { reason },
                _ => Self::Other(reason),
            };
        }
        match code {
            "53100" => Self::Full,
            "53300" => Self::PoolExhausted,
            "25006" => Self::ReadOnly,
            "55P03" => Self::Locked,
            "57014" => Self::Cancelled,
            // Serialization failed, deadlock detected.
            "40001" | "40P01" => Self::Deadlock,
            // No such database, who are you, not that password, going down, starting up.
            "3D000" | "28000" | "28P01" | "57P01" | "57P02" | "57P03" => Self::Unreachable { reason },
            _ if code.starts_with("08") => Self::Unreachable { reason },
            _ => Self::Other(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};

    use super::DatabaseError;

    #[test]
    fn a_connection_that_broke_is_told_from_a_statement_that_failed() {
        let broken = |error| RuntimeErr::SqlxError(Arc::new(error));
        let reset = || sqlx::Error::Io(io::ErrorKind::ConnectionReset.into());
        for (error, expected) in [
            (DbErr::Query(broken(reset())), "Unreachable"),
            (DbErr::Exec(broken(reset())), "Unreachable"),
            (DbErr::Conn(broken(reset())), "Unreachable"),
            (DbErr::Query(broken(sqlx::Error::WorkerCrashed)), "Unreachable"),
            (DbErr::Conn(broken(sqlx::Error::PoolTimedOut)), "Unreachable"),
            (DbErr::Conn(broken(sqlx::Error::RowNotFound)), "Unreachable"),
            (DbErr::Query(broken(sqlx::Error::RowNotFound)), "Other"),
            (DbErr::ConnectionAcquire(ConnAcquireErr::Timeout), "PoolExhausted"),
            (
                DbErr::Conn(RuntimeErr::Internal("postgres://me:hush@db".to_owned())),
                "BadUrl",
            ),
        ] {
            let told = DatabaseError::from(error);
            assert!(
                format!("{told:?}").starts_with(expected),
                "{told:?} instead of {expected}"
            );
            assert!(!told.to_string().contains("hush"), "{told}");
        }
    }

    #[test]
    fn codes_of_both_engines_are_told_apart() {
        for (code, expected) in [
            ("5", "Locked"),
            ("517", "Locked"),
            ("1032", "ReadOnly"),
            ("778", "Storage"),
            ("13", "Full"),
            ("26", "Corrupt"),
            ("14", "CannotOpen"),
            ("2067", "Other"),
            ("53100", "Full"),
            ("55P03", "Locked"),
            ("57014", "Cancelled"),
            ("40001", "Deadlock"),
            ("40P01", "Deadlock"),
            ("23514", "Other"),
            ("57P01", "Unreachable"),
            ("08006", "Unreachable"),
            ("23505", "Other"),
            ("", "Other"),
        ] {
            let error = format!("{:?}", DatabaseError::from_code(code, "reason".to_owned()));
            assert!(error.starts_with(expected), "{code}: {error}");
        }
    }
}
