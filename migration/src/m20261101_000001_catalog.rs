//! The catalog: sets, names, characters, tags, the feed of changes and its generation.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261101_000001_catalog"
    }
}

/// `{text}` is text that orders by byte, `{long}` 64 bits, `{double}` and `{bytes}` what they say. SQLite makes a table's
/// key its row id only where its type reads exactly INTEGER.
const UP: &str = r"
CREATE TABLE icon_set (
  prefix {text} NOT NULL PRIMARY KEY,
  name {text} NOT NULL,
  sort_name {text} NOT NULL,
  version {text},
  author_name {text},
  author_url {text},
  license_title {text},
  license_spdx {text},
  license_url {text},
  category {text},
  total INTEGER NOT NULL,
  palette BOOLEAN NOT NULL,
  hidden BOOLEAN NOT NULL,
  heights {text} NOT NULL,
  tags {text} NOT NULL,
  samples {text} NOT NULL,
  category_counts {text} NOT NULL,
  prefixes {text} NOT NULL,
  suffixes {text} NOT NULL,
  first_generation {long} NOT NULL,
  generation {long} NOT NULL,
  updated_at_ms {long} NOT NULL,
  source_hash {bytes} NOT NULL
);
CREATE TABLE icon (
  id {long} NOT NULL PRIMARY KEY,
  parent_id {long},
  variant_id {long},
  first_generation {long} NOT NULL,
  generation {long} NOT NULL,
  updated_at_ms {long} NOT NULL,
  view_left {double} NOT NULL,
  view_top {double} NOT NULL,
  view_width {double} NOT NULL,
  view_height {double} NOT NULL,
  kind SMALLINT NOT NULL,
  style SMALLINT,
  hidden BOOLEAN NOT NULL,
  listed BOOLEAN NOT NULL,
  palette BOOLEAN NOT NULL,
  content_hash {bytes} NOT NULL,
  name {text} NOT NULL,
  categories {text},
  body {text} NOT NULL
);
CREATE INDEX icon_listed_name ON icon (name) WHERE listed;
CREATE INDEX icon_parent ON icon (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX icon_variant ON icon (variant_id) WHERE variant_id IS NOT NULL AND listed;
CREATE TABLE icon_character (
  id {long} NOT NULL PRIMARY KEY,
  icon_id {long} NOT NULL,
  prefix {text} NOT NULL,
  codepoint {text} NOT NULL
);
CREATE INDEX icon_character_icon ON icon_character (icon_id);
CREATE TABLE icon_tag (
  icon_id {long} NOT NULL,
  tag {text} NOT NULL,
  PRIMARY KEY (icon_id, tag)
);
CREATE TABLE catalog_state (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  generation {long} NOT NULL
);
INSERT INTO catalog_state (id, generation) VALUES (1, 0);
CREATE TABLE catalog_change (
  generation {long} NOT NULL,
  kind SMALLINT NOT NULL,
  prefix {text} NOT NULL,
  count INTEGER NOT NULL,
  at_ms {long} NOT NULL,
  PRIMARY KEY (generation, kind)
);
CREATE TABLE catalog_change_names (
  generation {long} NOT NULL,
  kind SMALLINT NOT NULL,
  last_name {text} NOT NULL,
  names {text} NOT NULL,
  PRIMARY KEY (generation, kind, last_name)
);
";

const DOWN: &str = "
DROP TABLE catalog_change_names;
DROP TABLE catalog_change;
DROP TABLE catalog_state;
DROP TABLE icon_tag;
DROP TABLE icon_character;
DROP TABLE icon;
DROP TABLE icon_set;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (text, long, double, bytes) = match manager.get_database_backend() {
            DbBackend::Postgres => (r#"TEXT COLLATE "C""#, "BIGINT", "DOUBLE PRECISION", "BYTEA"),
            _ => ("TEXT", "INTEGER", "REAL", "BLOB"),
        };
        let sql = UP
            .replace("{text}", text)
            .replace("{long}", long)
            .replace("{double}", double)
            .replace("{bytes}", bytes);
        manager.get_connection().execute_unprepared(&sql).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(DOWN).await.map(|_| ())
    }
}
