use sea_orm::{QueryResult, Value};

use crate::database::{Columns, Database, DatabaseError, Dialect, Writing};

/// By which servers know that one of them is at it: "iconql" as a number, and this.
const LOCK: i64 = 0x6963_6f6e_716c_0002;

/// Where a day is read before it is written.
pub(super) enum Source {
    /// On PostgreSQL the transaction that will write, which holds the lock that tells others that this server is at it.
    Alone(Writing),
    /// On SQLite none: whoever wants to write would have to wait. Two servers that count a day at once come to the same, and one writes it.
    Open(Database),
}

impl Source {
    /// None where another server is at it.
    pub(super) async fn open(database: &Database) -> Result<Option<Self>, DatabaseError> {
        if database.dialect() == Dialect::Sqlite {
            return Ok(Some(Self::Open(database.clone())));
        }
        let writing = database.work().await?;
        let sql = "SELECT pg_try_advisory_xact_lock($1)";
        let rows = writing.query("lead_co_usage", sql, vec![LOCK.into()]).await?;
        let is_alone = rows.first().map_or(Ok(false), |row| Columns::of(row)?.next())?;
        Ok(is_alone.then_some(Self::Alone(writing)))
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Alone(writing) => writing.dialect(),
            Self::Open(database) => database.dialect(),
        }
    }

    /// Runs one reading statement.
    pub(super) async fn query(
        &self,
        query_type: &'static str,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<QueryResult>, DatabaseError> {
        match self {
            Self::Alone(writing) => writing.query(query_type, sql, values).await,
            Self::Open(database) => database.query(query_type, sql, values).await,
        }
    }

    /// Goes on to write what was read.
    pub(super) async fn into_writing(self) -> Result<Writing, DatabaseError> {
        match self {
            Self::Alone(writing) => Ok(writing),
            Self::Open(database) => database.work().await,
        }
    }

    /// Lets others be at it, where there is nothing to write.
    pub(super) async fn end(self) -> Result<(), DatabaseError> {
        match self {
            Self::Alone(writing) => writing.commit().await,
            Self::Open(_) => Ok(()),
        }
    }
}
