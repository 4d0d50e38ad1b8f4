//! Co-usage: in how many sessions of a day icons were used, alone and in pairs; the same summed up over a window of days.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261122_000008_co_usage"
    }
}

/// A day lies together in `usage_pair`, for it is replaced as a whole, and what is related to an icon in `usage_related`, for it is read
/// so. Sums that fell to nothing are found by an index of their own, which is empty but for a moment.
const TABLES: &str = "
CREATE TABLE usage_pair_day (
  day INTEGER NOT NULL PRIMARY KEY,
  events BIGINT NOT NULL,
  sessions BIGINT NOT NULL,
  in_window BOOLEAN NOT NULL
);
CREATE TABLE usage_pair (
  day INTEGER NOT NULL,
  icon BIGINT NOT NULL,
  other BIGINT NOT NULL,
  sessions BIGINT NOT NULL,
  PRIMARY KEY (day, icon, other)
) {options};
CREATE TABLE usage_related (
  icon BIGINT NOT NULL,
  other BIGINT NOT NULL,
  sessions BIGINT NOT NULL,
  PRIMARY KEY (icon, other)
) {options};
CREATE INDEX usage_related_gone ON usage_related (icon) WHERE sessions = 0;
";

const DOWN: &str = "
DROP TABLE usage_related;
DROP TABLE usage_pair;
DROP TABLE usage_pair_day;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let options = match manager.get_database_backend() {
            DbBackend::Postgres => "",
            _ => "WITHOUT ROWID",
        };
        let sql = TABLES.replace("{options}", options);
        manager.get_connection().execute_unprepared(&sql).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(DOWN).await.map(|_| ())
    }
}
