//! How servers did, by the minute, the hour and the day: a row of each for each server.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261123_000011_operations"
    }
}

/// What is read most stands first: SQLite reads a long row from its beginning.
const TABLE: &str = "
CREATE TABLE operations_figures (
  tier INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  instance TEXT NOT NULL,
  totals {bytes} NOT NULL,
  layers {bytes} NOT NULL,
  statements {bytes} NOT NULL,
  errors {bytes} NOT NULL,
  operations {bytes} NOT NULL,
  PRIMARY KEY (tier, bucket, instance)
);
";

/// They are packed already.
const STORAGE: &str = "
ALTER TABLE operations_figures
  ALTER COLUMN totals SET STORAGE EXTERNAL,
  ALTER COLUMN layers SET STORAGE EXTERNAL,
  ALTER COLUMN statements SET STORAGE EXTERNAL,
  ALTER COLUMN errors SET STORAGE EXTERNAL,
  ALTER COLUMN operations SET STORAGE EXTERNAL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        let bytes = if is_postgres { "BYTEA" } else { "BLOB" };
        let connection = manager.get_connection();
        connection.execute_unprepared(&TABLE.replace("{bytes}", bytes)).await?;
        if is_postgres {
            connection.execute_unprepared(STORAGE).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection
            .execute_unprepared("DROP TABLE operations_figures")
            .await
            .map(|_| ())
    }
}
