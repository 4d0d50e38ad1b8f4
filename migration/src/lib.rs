//! The history of the tables. Append-only: a migration that has landed is never edited, and none reads today's structs.

use std::collections::HashSet;

use sea_orm_migration::{
    MigrationTrait, MigratorTrait,
    sea_orm::{DatabaseConnection, DbErr},
};

mod m20261101_000001_catalog;

/// All migrations, oldest first.
struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m20261101_000001_catalog::Migration)]
    }
}

/// How a database stands to this binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Applied and known, oldest first.
    pub applied: Vec<String>,
    /// Known and not applied, oldest first.
    pub pending: Vec<String>,
    /// Applied by a newer binary.
    pub unknown: Vec<String>,
}

impl Status {
    /// Whether the database has exactly the tables this binary was built for.
    pub fn is_current(&self) -> bool {
        self.pending.is_empty() && self.unknown.is_empty()
    }
}

/// Compares the database with this binary, and changes nothing but the table that records migrations.
pub async fn status(connection: &DatabaseConnection) -> Result<Status, DbErr> {
    let recorded: Vec<String> = Migrator::get_migration_models(connection)
        .await?
        .into_iter()
        .map(|model| model.version)
        .collect();
    let known: Vec<String> = Migrator::migrations()
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect();
    let (known_set, recorded_set): (HashSet<&String>, HashSet<&String>) =
        (known.iter().collect(), recorded.iter().collect());
    Ok(Status {
        applied: known
            .iter()
            .filter(|name| recorded_set.contains(name))
            .cloned()
            .collect(),
        pending: known
            .iter()
            .filter(|name| !recorded_set.contains(name))
            .cloned()
            .collect(),
        unknown: recorded
            .iter()
            .filter(|name| !known_set.contains(name))
            .cloned()
            .collect(),
    })
}

/// Applies what is pending.
pub async fn up(connection: &DatabaseConnection) -> Result<(), DbErr> {
    Migrator::up(connection, None).await
}

/// Takes back the newest `steps` migrations.
pub async fn down(connection: &DatabaseConnection, steps: u32) -> Result<(), DbErr> {
    Migrator::down(connection, Some(steps)).await
}
