//! Transactions that requests write in: counted, timed and given up as their reads are.

use std::sync::Arc;

use sea_orm::{DatabaseTransaction, QueryResult, Value};
use tokio::sync::OwnedSemaphorePermit;

use super::{Database, DatabaseError, Dialect, PoolUser};

/// A writing transaction of a request. Dropping it takes back what it did.
pub(crate) struct Writing {
    transaction: DatabaseTransaction,
    database: Database,
    _turn: Option<OwnedSemaphorePermit>,
    _user: PoolUser,
}

impl Writing {
    /// Waits for its turn, and for other processes' writers, as long as a statement may run.
    pub(super) async fn begin(database: &Database) -> Result<Self, DatabaseError> {
        let timeout = database.query_timeout;
        let begun = tokio::time::timeout(timeout, async {
            let turn = Arc::clone(&database.turns).acquire_owned().await;
            let turn = turn.expect("the semaphore is never closed");
            // SQLite waits for its lock on the connection's own thread, and goes on when nobody wants it any more. The turn
            // is kept until then, so that requests which come back do not take one connection after another.
            tokio::spawn(Self::take(database.clone(), Some(turn))).await
        });
        match begun.await {
            Ok(Ok(begun)) => begun,
            Ok(Err(error)) => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(DatabaseError::Timeout {
                after_ms: timeout.as_millis(),
            }),
        }
    }

    /// As [`Self::begin`], of work that no request waits for: on PostgreSQL it waits for no turn, and nobody for it.
    pub(super) async fn begin_work(database: &Database) -> Result<Self, DatabaseError> {
        match database.dialect {
            Dialect::Sqlite => Self::begin(database).await,
            Dialect::Postgres => Self::take(database.clone(), None).await,
        }
    }

    async fn take(database: Database, turn: Option<OwnedSemaphorePermit>) -> Result<Self, DatabaseError> {
        let user = database.pool_user();
        Ok(Self {
            transaction: database.begin().await?,
            database,
            _turn: turn,
            _user: user,
        })
    }

    /// Runs one statement. `query_type` names it in metrics and logs.
    pub(crate) async fn query(
        &self,
        query_type: &'static str,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<QueryResult>, DatabaseError> {
        let (database, waited) = (&self.database, super::statements::record_wait);
        database
            .run_on(&self.transaction, query_type, (sql, values), waited)
            .await
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    /// Keeps all that was done.
    pub(crate) async fn commit(self) -> Result<(), DatabaseError> {
        Ok(self.transaction.commit().await?)
    }
}
