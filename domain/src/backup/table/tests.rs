use std::{collections::BTreeSet, time::Duration};

use super::{LEFT_OUT, Table, chosen, copied};
use crate::database::{Columns, Database, DatabaseConfig, OpenMode};

/// A database with today's tables, in a folder that stays as long as this.
async fn migrated() -> (Database, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let config = DatabaseConfig {
        url: format!("sqlite://{}", folder.path().join("iconql.db").display()),
        pool_size: Some(1),
        pool_min: None,
        acquire_timeout: Duration::from_secs(30),
        connection_recycle: Duration::from_hours(1),
        query_timeout: Duration::from_secs(30),
        lock_timeout: Duration::from_secs(30),
        slow_query_threshold: Duration::from_secs(30),
    };
    let database = Database::open(&config, OpenMode::Create).await.unwrap();
    migration::up(database.connection()).await.unwrap();
    (database, folder)
}

async fn texts(database: &Database, sql: &str) -> BTreeSet<String> {
    let rows = database.query("test", sql, vec![]).await.unwrap();
    rows.iter()
        .map(|row| Columns::of(row).unwrap().next().unwrap())
        .collect()
}

fn set<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    texts.into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn every_table_is_backed_up_or_left_out_for_a_reason() {
    let (database, _folder) = migrated().await;
    let tables: Vec<Table> = copied().into_iter().chain(chosen()).collect();
    let decided: Vec<&str> = (tables.iter().map(|table| table.name.as_str()))
        .chain(LEFT_OUT.map(|(table, _)| table))
        .collect();
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    assert_eq!(
        set(decided.iter().copied()),
        texts(&database, sql).await,
        "a new table goes into `copied`, `chosen` or `LEFT_OUT`"
    );
    assert_eq!(set(decided.iter().copied()).len(), decided.len(), "one is there twice");
    assert!(LEFT_OUT.iter().all(|(_, reason)| !reason.is_empty()));
}

#[tokio::test]
async fn every_column_is_backed_up() {
    let (database, _folder) = migrated().await;
    for table in copied().into_iter().chain(chosen()) {
        let sql = format!("SELECT name FROM pragma_table_info('{}')", table.name);
        let mut columns = texts(&database, &sql).await;
        if table.name == "usage_pending" {
            // The database numbers its rows by itself.
            assert!(columns.remove("id"));
        }
        let known = set(table.columns.iter().map(|column| column.name.as_str()));
        assert_eq!(known, columns, "{}", table.name);
    }
}

#[tokio::test]
async fn every_secret_is_decided_on() {
    let (database, _folder) = migrated().await;
    let names = texts(&database, "SELECT name FROM server_secret").await;
    // That of pages' sessions stays: see `Only::UsageKey`.
    assert_eq!(names, set(["session", "usage"]));
}
