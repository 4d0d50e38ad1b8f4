//! What the import asks of the database before and after the sets.

use std::collections::HashMap;

use super::source::SourceHash;
use crate::database::{Database, DatabaseError, Dialect};

/// The files each set was last read from: their hash, to the set's prefix.
pub(super) async fn source_hashes(database: &Database) -> Result<HashMap<SourceHash, String>, DatabaseError> {
    let rows = database
        .query("source_hashes", "SELECT source_hash, prefix FROM icon_set", vec![])
        .await?;
    let mut hashes = HashMap::with_capacity(rows.len());
    for row in rows {
        let hash: Vec<u8> = row.try_get_by_index(0)?;
        if let Ok(hash) = hash.try_into() {
            hashes.insert(hash, row.try_get_by_index(1)?);
        }
    }
    Ok(hashes)
}

/// Lets the planner know the sizes that the tables have now.
pub(super) async fn refresh(database: &Database) -> Result<(), DatabaseError> {
    match database.dialect() {
        // A sample of each index is enough for the few plans there are.
        Dialect::Sqlite => {
            database
                .run("PRAGMA analysis_limit = 1000; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)")
                .await
        }
        Dialect::Postgres => {
            for table in [
                "icon",
                "icon_set",
                "icon_character",
                "icon_tag",
                "catalog_change",
                "catalog_change_names",
            ] {
                database.run(&format!("VACUUM (ANALYZE) {table}")).await?;
            }
            Ok(())
        }
    }
}
