//! The history of the tables. Append-only: a migration that has landed is never edited, and none reads today's structs.

use std::collections::HashSet;

use sea_orm_migration::{
    MigrationTrait, MigratorTrait, SchemaManager,
    sea_orm::{
        ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
        Statement, TransactionOptions, TransactionTrait as _,
    },
};

mod m20261101_000001_catalog;
mod m20261121_000002_keywords;
mod m20261121_000003_synonyms;
mod m20261121_000004_access;
mod m20261121_000005_administration;
mod m20261122_000006_popularity;
mod m20261122_000007_usage;
mod m20261122_000008_co_usage;
mod m20261122_000009_usage_storage;
mod m20261123_000010_usage_ranking;
mod m20261123_000011_operations;
mod m20261123_000012_alert;

/// All migrations, oldest first.
struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261101_000001_catalog::Migration),
            Box::new(m20261121_000002_keywords::Migration),
            Box::new(m20261121_000003_synonyms::Migration),
            Box::new(m20261121_000004_access::Migration),
            Box::new(m20261121_000005_administration::Migration),
            Box::new(m20261122_000006_popularity::Migration),
            Box::new(m20261122_000007_usage::Migration),
            Box::new(m20261122_000008_co_usage::Migration),
            Box::new(m20261122_000009_usage_storage::Migration),
            Box::new(m20261123_000010_usage_ranking::Migration),
            Box::new(m20261123_000011_operations::Migration),
            Box::new(m20261123_000012_alert::Migration),
        ]
    }
}

/// How a database stands to this binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Applied and known, oldest first.
    pub applied: Vec<String>,
    /// Known and not applied, oldest first.
    pub pending: Vec<String>,
    /// Applied by a newer binary.
    pub unknown: Vec<String>,
}

impl Status {
    /// Whether the database has exactly the tables this binary was built for.
    pub fn is_current(&self) -> bool {
        self.pending.is_empty() && self.unknown.is_empty()
    }
}

/// Compares the database with this binary, and changes nothing.
pub async fn status(connection: &DatabaseConnection) -> Result<Status, DbErr> {
    let recorded = recorded(connection).await?;
    let known: Vec<String> = Migrator::migrations()
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect();
    let (known_set, recorded_set): (HashSet<&String>, HashSet<&String>) =
        (known.iter().collect(), recorded.iter().collect());
    Ok(Status {
        applied: known
            .iter()
            .filter(|name| recorded_set.contains(name))
            .cloned()
            .collect(),
        pending: known
            .iter()
            .filter(|name| !recorded_set.contains(name))
            .cloned()
            .collect(),
        unknown: recorded
            .iter()
            .filter(|name| !known_set.contains(name))
            .cloned()
            .collect(),
    })
}

/// Applies what is pending, all of it or nothing.
pub async fn up(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let transaction = begin_alone(connection).await?;
    Migrator::up(&transaction, None).await?;
    transaction.commit().await
}

/// Takes back the newest `steps` migrations, all of them or none.
pub async fn down(connection: &DatabaseConnection, steps: u32) -> Result<(), DbErr> {
    let transaction = begin_alone(connection).await?;
    Migrator::down(&transaction, Some(steps)).await?;
    transaction.commit().await
}

/// The migrations that the database has recorded, oldest first.
async fn recorded(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    if !SchemaManager::new(connection).has_table("seaql_migrations").await? {
        return Ok(Vec::new());
    }
    let sql = "SELECT version FROM seaql_migrations ORDER BY version";
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Starts a transaction that no other process migrates beside: two that start at once would make the same tables.
///
/// A process that is killed in it leaves the database as it was.
async fn begin_alone(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    let transaction = connection.begin_with_options(options).await?;
    if connection.get_database_backend() == DbBackend::Postgres {
        transaction.execute_unprepared(ADVISORY_LOCK).await?;
    }
    Ok(transaction)
}

/// Any number will do, as long as it stays. Released with the transaction.
const ADVISORY_LOCK: &str = "SELECT pg_advisory_xact_lock(7140523998)";
