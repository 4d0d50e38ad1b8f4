//! What administrators do while servers run: switches that were turned, what of the cache no longer counts, and long jobs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000005_administration"
    }
}

/// `{text}` is text that orders by byte, `{long}` 64 bits. SQLite makes a table's key its row id only where its type reads
/// exactly INTEGER.
const UP: &str = r"
CREATE TABLE switch_state (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  revision {long} NOT NULL
);
INSERT INTO switch_state (id, revision) VALUES (1, 0);
CREATE TABLE switch_setting (
  name {text} NOT NULL PRIMARY KEY,
  is_on BOOLEAN NOT NULL,
  revision {long} NOT NULL
);
CREATE TABLE cache_invalidation (
  generation {long} NOT NULL PRIMARY KEY,
  target {text} NOT NULL,
  at_ms {long} NOT NULL
);
CREATE TABLE job (
  id {text} NOT NULL PRIMARY KEY,
  kind {text} NOT NULL,
  input {text} NOT NULL,
  priority SMALLINT NOT NULL,
  state SMALLINT NOT NULL,
  attempts INTEGER NOT NULL,
  is_cancelled BOOLEAN NOT NULL,
  done {long} NOT NULL,
  total {long},
  failures {text} NOT NULL,
  due_at_ms {long},
  created_at_ms {long} NOT NULL,
  started_at_ms {long},
  ended_at_ms {long}
);
CREATE INDEX job_due ON job (due_at_ms) WHERE due_at_ms IS NOT NULL;
CREATE INDEX job_ended ON job (ended_at_ms) WHERE ended_at_ms IS NOT NULL;
";

const DOWN: &str = "
DROP TABLE job;
DROP TABLE cache_invalidation;
DROP TABLE switch_setting;
DROP TABLE switch_state;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (text, long) = match manager.get_database_backend() {
            DbBackend::Postgres => (r#"TEXT COLLATE "C""#, "BIGINT"),
            _ => ("TEXT", "INTEGER"),
        };
        let sql = UP.replace("{text}", text).replace("{long}", long);
        manager.get_connection().execute_unprepared(&sql).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(DOWN).await.map(|_| ())
    }
}
