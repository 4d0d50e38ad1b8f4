//! Which icons are asked for most, by the hour of the day.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261122_000006_popularity"
    }
}

const UP: &str = "
CREATE TABLE icon_popularity (
  hour INTEGER NOT NULL,
  icon {long} NOT NULL,
  score DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (hour, icon)
){without_rowid};
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (long, without_rowid) = match manager.get_database_backend() {
            DbBackend::Postgres => ("BIGINT", ""),
            _ => ("INTEGER", " WITHOUT ROWID"),
        };
        let sql = UP.replace("{long}", long).replace("{without_rowid}", without_rowid);
        manager.get_connection().execute_unprepared(&sql).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = "DROP TABLE icon_popularity";
        manager.get_connection().execute_unprepared(sql).await.map(|_| ())
    }
}
