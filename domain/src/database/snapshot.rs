//! Several reads of one moment.

use futures_util::{Stream, StreamExt as _};
use sea_orm::{
    AccessMode, ConnectionTrait as _, DatabaseTransaction, IsolationLevel, QueryResult, SqliteTransactionMode,
    Statement, StreamTrait as _, TransactionOptions, TransactionTrait as _, Value,
};

use super::{Database, DatabaseError, Dialect, PoolUser};
use crate::catalog::json_list;

/// A transaction that only reads: whatever others commit meanwhile, it sees the catalog as it was at its first read.
pub(crate) struct Snapshot {
    transaction: DatabaseTransaction,
    dialect: Dialect,
    _user: PoolUser,
}

impl Snapshot {
    pub(super) async fn begin(database: &Database) -> Result<Self, DatabaseError> {
        // SQLite has one kind of isolation, which is this one, and does not take the words for it.
        let (isolation_level, access_mode, sqlite_transaction_mode) = match database.dialect {
            Dialect::Postgres => (Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly), None),
            Dialect::Sqlite => (None, None, Some(SqliteTransactionMode::Deferred)),
        };
        let options = TransactionOptions {
            isolation_level,
            access_mode,
            sqlite_transaction_mode,
        };
        let user = database.pool_user();
        Ok(Self {
            transaction: database.connection.begin_with_options(options).await?,
            dialect: database.dialect,
            _user: user,
        })
    }

    /// Runs one reading statement. It is work that no request waits for, and is neither counted nor limited.
    pub(crate) async fn query(&self, sql: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, DatabaseError> {
        let statement = Statement::from_sql_and_values(self.dialect.backend(), sql, values);
        Ok(self.transaction.query_all_raw(statement).await?)
    }

    /// As [`Self::query`], of many rows: what is selected of `from` (a table, and what follows it in the statement).
    pub(crate) async fn query_all<T: serde::de::DeserializeOwned>(
        &self,
        columns: &[&str],
        from: &str,
        values: Vec<Value>,
    ) -> Result<Vec<T>, DatabaseError> {
        let sql = format!("SELECT {} FROM {from}", self.dialect.rows_as_json(columns));
        let rows = self.query(&sql, values).await?;
        // PostgreSQL makes nothing of no rows, and not an empty list.
        let json: Option<String> = rows.first().map_or(Ok(None), |row| row.try_get_by_index(0))?;
        Ok(json.as_deref().map_or_else(|| Ok(Vec::new()), json_list)?)
    }

    /// Lets statements take as long as they take, for whoever looks to that.
    pub(crate) async fn take_time(&self) -> Result<(), DatabaseError> {
        if self.dialect == Dialect::Postgres {
            self.transaction
                .execute_unprepared("SET LOCAL statement_timeout = 0")
                .await?;
        }
        Ok(())
    }

    /// As [`Self::query`], of more rows than memory holds: they come as they are read.
    pub(crate) async fn stream(
        &self,
        sql: &str,
    ) -> Result<impl Stream<Item = Result<QueryResult, DatabaseError>>, DatabaseError> {
        let statement = Statement::from_string(self.dialect.backend(), sql);
        let rows = self.transaction.stream_raw(statement).await?;
        Ok(rows.map(|row| row.map_err(DatabaseError::from)))
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Lets go of the connection.
    pub(crate) async fn end(self) -> Result<(), DatabaseError> {
        Ok(self.transaction.rollback().await?)
    }
}
