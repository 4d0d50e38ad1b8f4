//! Usage as it is recorded: the events, the ids that they had, the names of their icons, and what is yet to be rolled up.

use ring::rand::{SecureRandom as _, SystemRandom};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261122_000007_usage"
    }
}

/// On PostgreSQL each day of events is a table of its own, which servers make and drop; a unique id across them is not to be had, so
/// that ids have a table to themselves.
const ON_POSTGRES: &str = r#"
CREATE TABLE usage_name (
  id BIGINT NOT NULL PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL
);
CREATE TABLE usage_event (
  occurred_ms BIGINT NOT NULL,
  icon BIGINT NOT NULL,
  kind SMALLINT NOT NULL,
  device SMALLINT,
  country TEXT COLLATE "C",
  client TEXT COLLATE "C",
  user_hash BIGINT,
  session_hash BIGINT,
  id UUID
) PARTITION BY RANGE (occurred_ms);
CREATE TABLE usage_event_id (
  id UUID NOT NULL PRIMARY KEY,
  day INTEGER NOT NULL
);
CREATE INDEX usage_event_id_day ON usage_event_id (day);
CREATE TABLE usage_pending (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  events BIGINT NOT NULL,
  occurrences BYTEA NOT NULL
);
CREATE TABLE usage_hour (
  bucket INTEGER NOT NULL,
  target BIGINT NOT NULL,
  count BIGINT NOT NULL,
  cell BYTEA NOT NULL,
  steps BYTEA NOT NULL,
  PRIMARY KEY (bucket, target)
);
CREATE TABLE usage_day (
  bucket INTEGER NOT NULL,
  target BIGINT NOT NULL,
  count BIGINT NOT NULL,
  cell BYTEA NOT NULL,
  steps BYTEA NOT NULL,
  PRIMARY KEY (bucket, target)
);
INSERT INTO server_secret (name, secret) VALUES ('usage', {secret});
"#;

const ON_SQLITE: &str = "
CREATE TABLE usage_name (
  id INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL
);
CREATE TABLE usage_event (
  occurred_ms INTEGER NOT NULL,
  icon INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  device INTEGER,
  country TEXT,
  client TEXT,
  user_hash INTEGER,
  session_hash INTEGER,
  id BLOB
);
CREATE INDEX usage_event_occurred ON usage_event (occurred_ms);
CREATE TABLE usage_event_id (
  id BLOB NOT NULL PRIMARY KEY,
  day INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX usage_event_id_day ON usage_event_id (day);
CREATE TABLE usage_pending (
  id INTEGER NOT NULL PRIMARY KEY,
  events INTEGER NOT NULL,
  occurrences BLOB NOT NULL
);
CREATE TABLE usage_hour (
  bucket INTEGER NOT NULL,
  target INTEGER NOT NULL,
  count INTEGER NOT NULL,
  cell BLOB NOT NULL,
  steps BLOB NOT NULL,
  PRIMARY KEY (bucket, target)
) WITHOUT ROWID;
CREATE TABLE usage_day (
  bucket INTEGER NOT NULL,
  target INTEGER NOT NULL,
  count INTEGER NOT NULL,
  cell BLOB NOT NULL,
  steps BLOB NOT NULL,
  PRIMARY KEY (bucket, target)
) WITHOUT ROWID;
INSERT INTO server_secret (name, secret) VALUES ('usage', {secret});
";

const DOWN: &str = "
DELETE FROM server_secret WHERE name = 'usage';
DROP TABLE usage_day;
DROP TABLE usage_hour;
DROP TABLE usage_pending;
DROP TABLE usage_event_id;
DROP TABLE usage_event;
DROP TABLE usage_name;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let secret = random_hex();
        let sql = match manager.get_database_backend() {
            DbBackend::Postgres => ON_POSTGRES.replace("{secret}", &format!(r"'\x{secret}'")),
            _ => ON_SQLITE.replace("{secret}", &format!("x'{secret}'")),
        };
        manager.get_connection().execute_unprepared(&sql).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(DOWN).await.map(|_| ())
    }
}

/// 256 bits of the system's generator, made with their table, so that no server has to write before it serves.
fn random_hex() -> String {
    let mut bytes = [0; 32];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.expect("the system has randomness, or no TLS could be spoken either");
    bytes.map(|byte| format!("{byte:02x}")).concat()
}
