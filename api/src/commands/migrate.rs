//! `iconql migrate`, and what other commands ask of the schema before they start.

use domain::database::{Database, DatabaseConfig, DatabaseError, OpenMode};

use super::{CommandError, MigrateDirection, print};
use crate::config::Config;

pub(super) async fn run(config: &Config, direction: &MigrateDirection) -> Result<(), CommandError> {
    let mode = match direction {
        MigrateDirection::Up => OpenMode::Create,
        MigrateDirection::Down { .. } | MigrateDirection::Status => OpenMode::Existing,
    };
    let database = Database::open(&config.database_for_work(), mode).await?;
    known_status(&database).await?;
    match direction {
        MigrateDirection::Status => {}
        MigrateDirection::Up => migration::up(database.connection())
            .await
            .map_err(DatabaseError::from)?,
        MigrateDirection::Down { steps } => {
            migration::down(database.connection(), *steps)
                .await
                .map_err(DatabaseError::from)?;
        }
    }
    let after = known_status(&database).await?;
    database.close().await?;
    print(&describe(&after))
}

/// Opens the database for a command that needs its tables.
///
/// An embedded database is migrated on the way, since nobody else uses it; a server's is not.
pub(super) async fn open_migrated(config: &DatabaseConfig) -> Result<Database, CommandError> {
    let database = Database::open(config, OpenMode::Create).await?;
    let status = known_status(&database).await?;
    if !status.is_current() {
        if !database.is_embedded() {
            return Err(DatabaseError::BehindSchema {
                pending: status.pending.len(),
            }
            .into());
        }
        migration::up(database.connection())
            .await
            .map_err(DatabaseError::from)?;
    }
    Ok(database)
}

/// How the schema stands, unless a newer binary has been here.
pub(super) async fn known_status(database: &Database) -> Result<migration::Status, CommandError> {
    let status = migration::status(database.connection())
        .await
        .map_err(DatabaseError::from)?;
    match status.unknown.first() {
        Some(migration) => Err(DatabaseError::NewerSchema {
            migration: migration.clone(),
        }
        .into()),
        None => Ok(status),
    }
}

fn describe(status: &migration::Status) -> String {
    let line = |state: &str, name: &String| format!("{state}  {name}\n");
    let applied = status.applied.iter().map(|name| line("applied", name));
    let pending = status.pending.iter().map(|name| line("pending", name));
    applied.chain(pending).collect()
}
