//! Of each hour and each day, icons and sets by how often they were used, in one row. What is known already is ranked by the servers.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261123_000010_usage_ranking"
    }
}

/// A bucket without a ranking is yet to be ranked; `late` are events that came since it was.
const TABLES: &str = "
CREATE TABLE usage_hour_ranking (
  bucket INTEGER NOT NULL PRIMARY KEY,
  icons {bytes},
  sets {bytes},
  late BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE usage_day_ranking (
  bucket INTEGER NOT NULL PRIMARY KEY,
  icons {bytes},
  sets {bytes},
  late BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX usage_hour_unranked ON usage_hour_ranking (bucket) WHERE icons IS NULL OR late > 0;
CREATE INDEX usage_day_unranked ON usage_day_ranking (bucket) WHERE icons IS NULL OR late > 0;
CREATE INDEX usage_name_set ON usage_name (name) WHERE name NOT LIKE '%:%';
CREATE INDEX usage_pair_support ON usage_pair (day, sessions DESC) WHERE icon <> other;
INSERT INTO usage_hour_ranking (bucket) SELECT DISTINCT bucket FROM usage_hour;
INSERT INTO usage_day_ranking (bucket) SELECT DISTINCT bucket FROM usage_day;
";

/// So that the beginning of a ranking can be read without the rest.
const STORAGE: &str = "
ALTER TABLE usage_hour_ranking ALTER COLUMN icons SET STORAGE EXTERNAL;
ALTER TABLE usage_day_ranking ALTER COLUMN icons SET STORAGE EXTERNAL;
";

const DOWN: &str = "
DROP INDEX usage_pair_support;
DROP INDEX usage_name_set;
DROP TABLE usage_day_ranking;
DROP TABLE usage_hour_ranking;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        let bytes = if is_postgres { "BYTEA" } else { "BLOB" };
        let connection = manager.get_connection();
        connection.execute_unprepared(&TABLES.replace("{bytes}", bytes)).await?;
        if is_postgres {
            connection.execute_unprepared(STORAGE).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(DOWN).await.map(|_| ())
    }
}
