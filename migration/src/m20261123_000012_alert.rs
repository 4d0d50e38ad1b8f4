//! Alerts: what was wrong with the service, since when and until when.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261123_000012_alert"
    }
}

/// `{text}` is text that orders by byte, `{long}` 64 bits. Of those that concern all instances, one of a rule is active.
const UP: &str = r"
CREATE TABLE alert_state (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  revision {long} NOT NULL
);
INSERT INTO alert_state (id, revision) VALUES (1, 0);
CREATE TABLE alert (
  id {text} NOT NULL PRIMARY KEY,
  rule {text} NOT NULL,
  instance {text} NOT NULL,
  severity SMALLINT NOT NULL,
  state SMALLINT NOT NULL,
  value DOUBLE PRECISION NOT NULL,
  threshold DOUBLE PRECISION NOT NULL,
  message {text} NOT NULL,
  since_ms {long} NOT NULL,
  seen_ms {long} NOT NULL,
  resolved_ms {long},
  acknowledged_ms {long},
  acknowledged_by {text},
  told SMALLINT NOT NULL,
  tell_after_ms {long} NOT NULL,
  revision {long} NOT NULL
);
CREATE UNIQUE INDEX alert_of_all ON alert (rule) WHERE state = 0 AND instance = '';
CREATE INDEX alert_active ON alert (seen_ms) WHERE state = 0;
CREATE INDEX alert_untold ON alert (tell_after_ms) WHERE told < 2;
CREATE INDEX alert_resolved ON alert (resolved_ms) WHERE state = 1;
CREATE INDEX alert_revision ON alert (revision);
";

const DOWN: &str = "
DROP TABLE alert;
DROP TABLE alert_state;
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
