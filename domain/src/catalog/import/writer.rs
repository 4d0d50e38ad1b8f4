//! The statements that write one set, all in one transaction. A file for each table but the set's own.

mod characters;
mod edits;
mod feed;
mod icons;
mod tags;

use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Statement, Value};

use super::{
    insert::{Insert, OnConflict},
    set_row,
    source::SourceHash,
};
use crate::database::{Database, DatabaseError, Dialect, PoolUser, Writing};

/// Rows in one INSERT. Beyond a few hundred nothing is gained, and SQLite takes at most 32,766 values.
const ROWS_PER_INSERT: usize = 200;

const SET: Insert<'_> = Insert {
    table: "icon_set",
    columns: &set_row::COLUMNS,
    on_conflict: OnConflict::Fail,
};

/// One transaction on one set.
pub(super) struct Writer<'a> {
    transaction: Transaction<'a>,
    dialect: Dialect,
    prefix: &'a str,
}

enum Transaction<'a> {
    /// Takes as long as it takes.
    OfImport {
        transaction: DatabaseTransaction,
        _user: PoolUser,
    },
    /// Is counted with its request, which cannot wait for long.
    OfRequest(Writing),
    /// Somebody else's, who writes more in it and ends it.
    Within(&'a DatabaseTransaction),
}

/// What the statements of requests are called in metrics.
const QUERY_TYPE: &str = "write_icons";

impl<'a> Writer<'a> {
    /// Begins to write the set `prefix`.
    pub(super) async fn begin(database: &Database, prefix: &'a str) -> Result<Self, DatabaseError> {
        let user = database.pool_user();
        Ok(Self {
            transaction: Transaction::OfImport {
                transaction: database.begin().await?,
                _user: user,
            },
            dialect: database.dialect(),
            prefix,
        })
    }

    /// As [`Self::begin`], for a request.
    pub(super) async fn of_request(database: &Database, prefix: &'a str) -> Result<Self, DatabaseError> {
        Ok(Self {
            transaction: Transaction::OfRequest(database.write().await?),
            dialect: database.dialect(),
            prefix,
        })
    }

    /// As [`Self::begin`], in a transaction that was begun already.
    pub(super) fn within(transaction: &'a DatabaseTransaction, dialect: Dialect, prefix: &'a str) -> Self {
        Self {
            transaction: Transaction::Within(transaction),
            dialect,
            prefix,
        }
    }

    /// Goes on with another set, in the same transaction.
    pub(super) fn on_set<'b>(self, prefix: &'b str) -> Writer<'b>
    where
        'a: 'b,
    {
        Writer {
            transaction: self.transaction,
            dialect: self.dialect,
            prefix,
        }
    }

    /// The generation before this one. The row stays locked until the end, so generations become visible in their order.
    pub(super) async fn lock(&self) -> Result<i64, DatabaseError> {
        let rows = self
            .query(
                "UPDATE catalog_state SET generation = generation WHERE id = 1 RETURNING generation",
                vec![],
            )
            .await?;
        rows.first().map_or(Ok(0), |row| Ok(row.try_get_by_index(0)?))
    }

    pub(super) async fn take_generation(&self, generation: i64) -> Result<(), DatabaseError> {
        self.execute("UPDATE catalog_state SET generation = $1", vec![generation.into()])
            .await
    }

    pub(super) async fn set_row(&self) -> Result<Option<set_row::OldSet>, DatabaseError> {
        let sql = format!("SELECT {} FROM icon_set WHERE prefix = $1", set_row::READ_COLUMNS);
        let rows = self.query(&sql, vec![self.prefix.into()]).await?;
        Ok(rows.first().map(set_row::OldSet::from_row).transpose()?)
    }

    pub(super) async fn replace_set_row(
        &self,
        facts: &set_row::SetFacts,
        (first_generation, generation): (i64, i64),
        source_hash: &[u8],
    ) -> Result<(), DatabaseError> {
        let values = facts.values(self.prefix, first_generation, generation, source_hash);
        self.execute("DELETE FROM icon_set WHERE prefix = $1", vec![self.prefix.into()])
            .await?;
        self.insert(SET, values).await
    }

    pub(super) async fn remember_source(&self, source_hash: SourceHash) -> Result<(), DatabaseError> {
        let values = vec![source_hash.to_vec().into(), self.prefix.into()];
        self.execute("UPDATE icon_set SET source_hash = $1 WHERE prefix = $2", values)
            .await
    }

    /// Keeps all that was done.
    pub(super) async fn commit(self) -> Result<(), DatabaseError> {
        match self.transaction {
            Transaction::OfImport { transaction, .. } => Ok(transaction.commit().await?),
            Transaction::OfRequest(writing) => writing.commit().await,
            // It is not done yet.
            Transaction::Within(_) => Ok(()),
        }
    }

    async fn insert(&self, insert: Insert<'_>, values: Vec<Value>) -> Result<(), DatabaseError> {
        let rows = values.len() / insert.columns.len();
        self.execute(&insert.sql(self.dialect, rows), values).await
    }

    async fn query(&self, sql: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, DatabaseError> {
        let transaction = match &self.transaction {
            Transaction::OfRequest(writing) => return writing.query(QUERY_TYPE, sql, values).await,
            Transaction::OfImport { transaction, .. } => transaction,
            Transaction::Within(transaction) => *transaction,
        };
        let statement = Statement::from_sql_and_values(self.dialect.backend(), sql, values);
        Ok(transaction.query_all_raw(statement).await?)
    }

    async fn execute(&self, sql: &str, values: Vec<Value>) -> Result<(), DatabaseError> {
        let transaction = match &self.transaction {
            Transaction::OfRequest(writing) => return writing.query(QUERY_TYPE, sql, values).await.map(drop),
            Transaction::OfImport { transaction, .. } => transaction,
            Transaction::Within(transaction) => *transaction,
        };
        let statement = Statement::from_sql_and_values(self.dialect.backend(), sql, values);
        transaction.execute_raw(statement).await?;
        Ok(())
    }
}
