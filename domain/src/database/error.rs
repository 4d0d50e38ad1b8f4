//! What went wrong with the database, and what the person who runs it can do.

use sea_orm::{DbErr, RuntimeErr};

/// A failure of the database. Each message fits on one line and ends with what to do.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("no database at {path}: run `iconql migrate up` to create it, or set DATABASE_URL")]
    Missing { path: String },
    #[error("cannot use the database URL: {reason}; write sqlite://FILE or postgres://USER@HOST/NAME")]
    BadUrl { reason: String },
    #[error("cannot reach the database: {reason}; check DATABASE_URL and that the server runs")]
    Unreachable { reason: String },
    #[error("the database is locked by another process that writes: wait for it to end, then try again")]
    Locked,
    #[error("the database is read-only: make its file and folder writable for this user")]
    ReadOnly,
    #[error("the disk or database is full: free some space, nothing was changed")]
    Full,
    #[error("the database file is damaged or no SQLite database: move it away and import again")]
    Corrupt,
    #[error("the database was migrated by a newer iconql ({migration}): run that version, or use another database")]
    NewerSchema { migration: String },
    #[error("the database schema is behind by {pending} migrations: run `iconql migrate up`")]
    BehindSchema { pending: usize },
    #[error("a statement was stopped after {after_ms} ms (QUERY_TIMEOUT_MS)")]
    Timeout { after_ms: u128 },
    #[error("no connection was free in time: raise DB_POOL_SIZE or DB_ACQUIRE_TIMEOUT_MS")]
    PoolExhausted,
    #[error("the database failed: {0}")]
    Other(String),
}

impl From<DbErr> for DatabaseError {
    fn from(error: DbErr) -> Self {
        match &error {
            DbErr::ConnectionAcquire(_) => Self::PoolExhausted,
            DbErr::Conn(RuntimeErr::SqlxError(inner))
            | DbErr::Exec(RuntimeErr::SqlxError(inner))
            | DbErr::Query(RuntimeErr::SqlxError(inner)) => {
                let message = inner.to_string();
                Self::from_code(inner.as_database_error().and_then(|e| e.code()).as_deref(), &message).unwrap_or(
                    if matches!(error, DbErr::Conn(_)) {
                        Self::Unreachable { reason: message }
                    } else {
                        Self::Other(message)
                    },
                )
            }
            _ => Self::Other(error.to_string()),
        }
    }
}

impl DatabaseError {
    /// Reads SQLite's extended result codes and PostgreSQL's SQLSTATEs, neither of which can be mistaken for the other.
    fn from_code(code: Option<&str>, message: &str) -> Option<Self> {
        let code = code?;
        if let (true, Ok(number)) = (code.len() < 5, code.parse::<u32>()) {
            // The low byte is the primary result code.
            return match number & 0xff {
                5 | 6 => Some(Self::Locked),
                8 => Some(Self::ReadOnly),
                13 => Some(Self::Full),
                11 | 26 => Some(Self::Corrupt),
                14 => Some(Self::Unreachable {
                    reason: message.to_owned(),
                }),
                _ => None,
            };
        }
        match code {
            "53100" => Some(Self::Full),
            "53300" => Some(Self::PoolExhausted),
            "25006" => Some(Self::ReadOnly),
            "55P03" => Some(Self::Locked),
            "57014" => Some(Self::Other("statement cancelled by statement_timeout".to_owned())),
            "3D000" | "28000" | "28P01" => Some(Self::Unreachable {
                reason: message.to_owned(),
            }),
            _ => None,
        }
    }
}
