//! Where the tags of icons came from: a row for each package of keywords.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000002_keywords"
    }
}

/// `{text}` is text that orders by byte, `{long}` 64 bits, `{bytes}` what it says.
const UP: &str = r"
CREATE TABLE keyword_source (
  name {text} NOT NULL PRIMARY KEY,
  version {text} NOT NULL,
  license {text} NOT NULL,
  imported_at_ms {long} NOT NULL,
  source_hash {bytes} NOT NULL
);
";

const DOWN: &str = "DROP TABLE keyword_source;";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (text, long, bytes) = match manager.get_database_backend() {
            DbBackend::Postgres => (r#"TEXT COLLATE "C""#, "BIGINT", "BYTEA"),
            _ => ("TEXT", "INTEGER", "BLOB"),
        };
        let sql = UP
            .replace("{text}", text)
            .replace("{long}", long)
            .replace("{bytes}", bytes);
        manager.get_connection().execute_unprepared(&sql).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(DOWN).await.map(|_| ())
    }
}
