//! Having what is kept read again, though nothing has changed that the feed could tell of: after SQL by hand, or when in doubt.
//!
//! It is a generation of the catalog of its own. What was read before it counts for as much as what was read before a change:
//! nothing, wherever it is kept, by whom, and whenever it arrives. So it needs no way to instances but the one by which they
//! hear of changes, and Redis need not be searched. The feed tells nothing of it, for clients have nothing to do.

mod pattern;

use foldhash::HashMap;
use sea_orm::QueryResult;
use serde::{Deserialize, Serialize};

pub use pattern::{InvalidPattern, NamePattern};

use super::{Catalog, IconId, IconName, synonyms};
use crate::{
    cache::{SetChange, SetId},
    database::{Columns, DatabaseError},
};

/// What is to be read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Invalidation {
    Everything,
    /// Everything of the sets with these prefixes.
    Sets(Vec<String>),
    /// These names, and what else depends on their sets.
    Names(Vec<IconName>),
}

/// How long one is remembered for instances that start later, and find in Redis what was put there before. Nothing is kept for
/// so long, unless somebody has it so.
const REMEMBERED_MS: i64 = 90 * 24 * 60 * 60 * 1000;

impl Invalidation {
    fn is_empty(&self) -> bool {
        match self {
            Self::Everything => false,
            Self::Sets(prefixes) => prefixes.is_empty(),
            Self::Names(names) => names.is_empty(),
        }
    }
}

impl Catalog {
    /// Has nothing be shown any more that was read before this, on every instance. How many things were dropped from the memory
    /// of this one; others let go of theirs as they meet them.
    pub async fn invalidate(&self, what: &Invalidation, now_ms: i64) -> Result<usize, DatabaseError> {
        if what.is_empty() {
            return Ok(0);
        }
        let target = serde_json::to_string(what);
        let target = target.map_err(|error| DatabaseError::Other(format!("an invalidation is no JSON: {error}")))?;
        let writing = self.database.write().await?;
        let generation = synonyms::lock(&writing).await? + 1;
        let sql = "UPDATE catalog_state SET generation = $1";
        writing.query("take_generation", sql, vec![generation.into()]).await?;
        // Where everything goes, nothing that went before it matters.
        let until_ms = match what {
            Invalidation::Everything => i64::MAX,
            Invalidation::Sets(_) | Invalidation::Names(_) => now_ms - REMEMBERED_MS,
        };
        let sql = "DELETE FROM cache_invalidation WHERE at_ms < $1";
        writing
            .query("forget_invalidations", sql, vec![until_ms.into()])
            .await?;
        let sql = "INSERT INTO cache_invalidation (generation, target, at_ms) VALUES ($1, $2, $3)";
        let values = vec![generation.into(), target.into(), now_ms.into()];
        writing.query("invalidate", sql, values).await?;
        writing.commit().await?;
        self.has_made(generation).await;
        Ok(self.cache.drop_outdated().await)
    }

    /// What a pattern comes to. Of names that it may match, their sets: what is kept is known by a hash of its name, and that
    /// nothing has a name is kept too, so that no list of names would be sure to have them all.
    pub async fn matching(&self, pattern: &NamePattern) -> Result<Invalidation, DatabaseError> {
        if pattern.is_everything() {
            return Ok(Invalidation::Everything);
        }
        if let Some(name) = pattern.name() {
            return Ok(Invalidation::Names(vec![name]));
        }
        if let Some(prefix) = pattern.prefix() {
            return Ok(Invalidation::Sets(vec![prefix.to_owned()]));
        }
        // Also those that went, or whose rows somebody removed by hand.
        let sql = "SELECT prefix FROM icon_set UNION SELECT prefix FROM catalog_change";
        let mut prefixes = Vec::new();
        for row in self.database.query("prefixes", sql, vec![]).await? {
            let prefix: String = row.try_get_by_index(0)?;
            if pattern.may_match_in(&prefix) {
                prefixes.push(prefix);
            }
        }
        Ok(Invalidation::Sets(prefixes))
    }

    /// What was invalidated after generation `since`, up to `until`.
    pub(super) async fn invalidations(&self, since: i64, until: i64) -> Result<Outdated, DatabaseError> {
        let sql = "SELECT generation, target FROM cache_invalidation WHERE generation > $1 AND generation <= $2";
        let values = vec![since.into(), until.into()];
        Outdated::read(&self.database.query("invalidations", sql, values).await?)
    }
}

/// What was read before some generation, and is no longer right.
#[derive(Default)]
pub(super) struct Outdated {
    /// Everything that was read before this generation.
    pub(super) everything: i64,
    pub(super) sets: Vec<SetChange>,
}

impl Outdated {
    fn read(rows: &[QueryResult]) -> Result<Self, DatabaseError> {
        let mut outdated = Self::default();
        for row in rows {
            let columns = &mut Columns::of(row)?;
            let (generation, target): (i64, &str) = (columns.next()?, columns.next()?);
            // One that only a newer binary understands may be of anything.
            match serde_json::from_str(target).unwrap_or(Invalidation::Everything) {
                Invalidation::Everything => outdated.everything = outdated.everything.max(generation),
                Invalidation::Sets(prefixes) => {
                    outdated.add(
                        generation,
                        prefixes.iter().map(|prefix| (IconId::set_called(prefix), None)),
                    );
                }
                Invalidation::Names(names) => {
                    let mut of_sets: HashMap<SetId, Vec<i64>> = HashMap::default();
                    for name in &names {
                        of_sets
                            .entry(IconId::of(name).set())
                            .or_default()
                            .push(IconId::of(name).0);
                    }
                    outdated.add(generation, of_sets.into_iter().map(|(set, names)| (set, Some(names))));
                }
            }
        }
        Ok(outdated)
    }

    fn add(&mut self, generation: i64, sets: impl Iterator<Item = (SetId, Option<Vec<i64>>)>) {
        self.sets
            .extend(sets.map(|(set, names)| SetChange { generation, set, names }));
    }
}
