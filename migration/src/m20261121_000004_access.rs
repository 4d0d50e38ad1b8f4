//! Who may do what: the keys, the number that grows with each change of them, and what the servers keep secret together.

use ring::rand::{SecureRandom as _, SystemRandom};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000004_access"
    }
}

/// `{text}` is text that orders by byte, `{long}` 64 bits, `{bytes}` what it says, `{secret}` random bytes. SQLite makes a
/// table's key its row id only where its type reads exactly INTEGER.
const UP: &str = r"
CREATE TABLE api_key (
  id {long} NOT NULL PRIMARY KEY,
  name {text} NOT NULL,
  secret_hash {bytes} NOT NULL UNIQUE,
  scopes {text} NOT NULL,
  publishable BOOLEAN NOT NULL,
  origins {text} NOT NULL,
  created_at_ms {long} NOT NULL,
  expires_at_ms {long},
  revoked_at_ms {long}
);
CREATE TABLE access_state (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  revision {long} NOT NULL
);
INSERT INTO access_state (id, revision) VALUES (1, 0);
CREATE TABLE server_secret (
  name {text} NOT NULL PRIMARY KEY,
  secret {bytes} NOT NULL
);
INSERT INTO server_secret (name, secret) VALUES ('session', {secret});
";

const DOWN: &str = "
DROP TABLE server_secret;
DROP TABLE access_state;
DROP TABLE api_key;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let secret = random_hex();
        let (text, long, bytes, secret) = match manager.get_database_backend() {
            DbBackend::Postgres => (r#"TEXT COLLATE "C""#, "BIGINT", "BYTEA", format!(r"'\x{secret}'")),
            _ => ("TEXT", "INTEGER", "BLOB", format!("x'{secret}'")),
        };
        let sql = UP
            .replace("{text}", text)
            .replace("{long}", long)
            .replace("{bytes}", bytes)
            .replace("{secret}", &secret);
        manager.get_connection().execute_unprepared(&sql).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(DOWN).await.map(|_| ())
    }
}

/// 256 bits of the system's generator. They are made with their table, so that no server has to write before it serves.
fn random_hex() -> String {
    let mut bytes = [0; 32];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.expect("the system has randomness, or no TLS could be spoken either");
    bytes.map(|byte| format!("{byte:02x}")).concat()
}
