//! What administrators say means the same, and the generations in which they said it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000003_synonyms"
    }
}

/// `{text}` is text that orders by byte, `{long}` 64 bits. SQLite makes a table's key its row id only where its type reads
/// exactly INTEGER.
const UP: &str = r"
CREATE TABLE synonym_group (
  id {long} NOT NULL PRIMARY KEY,
  words {text} NOT NULL
);
CREATE TABLE synonym_change (
  generation {long} NOT NULL PRIMARY KEY,
  at_ms {long} NOT NULL
);
";

const DOWN: &str = "
DROP TABLE synonym_change;
DROP TABLE synonym_group;
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
