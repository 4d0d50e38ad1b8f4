//! PostgreSQL stores cells of usage as they are: trying to compress what has no order in it took as long as everything else in a roll-up.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261122_000009_usage_storage"
    }
}

const COLUMNS: [(&str, &str); 5] = [
    ("usage_pending", "occurrences"),
    ("usage_hour", "cell"),
    ("usage_hour", "steps"),
    ("usage_day", "cell"),
    ("usage_day", "steps"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        store(manager, "EXTERNAL").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        store(manager, "EXTENDED").await
    }
}

/// What is there stays as it is stored.
async fn store(manager: &SchemaManager<'_>, storage: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for (table, column) in COLUMNS {
        let sql = format!("ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE {storage}");
        manager.get_connection().execute_unprepared(&sql).await?;
    }
    Ok(())
}
