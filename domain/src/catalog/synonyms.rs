//! Storing the groups of words that administrators say mean the same.
//!
//! A change of them is a generation of the catalog, for another search is another catalog to whoever kept an answer. It is
//! no change of any set, so the feed has nothing to tell of it.

use foldhash::{HashMap, HashSet};
use sea_orm::Value;

use super::Catalog;
use crate::{
    database::{DatabaseError, Writing},
    search::{MAX_SYNONYM_GROUPS, SynonymGroup},
};

/// What became of groups that were to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutSynonyms {
    /// They are stored.
    Stored {
        /// All that are stored now.
        groups: usize,
        /// In which this is so; none where it was so before.
        generation: Option<i64>,
    },
    /// There would have been more than [`MAX_SYNONYM_GROUPS`], so nothing was done.
    TooMany {
        /// All that are stored.
        groups: usize,
        /// All that there would have been.
        wanted: usize,
    },
}

impl Catalog {
    /// How many groups are stored.
    pub async fn synonym_groups(&self) -> Result<usize, DatabaseError> {
        let sql = "SELECT COUNT(*) FROM synonym_group";
        let rows = self.database.query("synonym_groups", sql, vec![]).await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get_by_index(0))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// Adds `groups` to those that are stored, or puts them in their place; all of them or none.
    ///
    /// A group of the same words as another is the same group.
    pub async fn put_synonyms(
        &self,
        groups: &[SynonymGroup],
        replace: bool,
        now_ms: i64,
    ) -> Result<PutSynonyms, DatabaseError> {
        let given: HashMap<i64, &SynonymGroup> = groups.iter().map(|group| (group.id(), group)).collect();
        let writing = self.database.write().await?;
        let generation = lock(&writing).await? + 1;
        let stored = stored_ids(&writing).await?;
        let gone = stored.iter().filter(|id| replace && !given.contains_key(id));
        let gone: Vec<i64> = gone.copied().collect();
        let mut new: Vec<(i64, &SynonymGroup)> = given.into_iter().filter(|(id, _)| !stored.contains(id)).collect();
        // One group is not another, whoever comes first.
        new.sort_unstable_by_key(|(id, _)| *id);
        let wanted = stored.len() - gone.len() + new.len();
        if wanted > MAX_SYNONYM_GROUPS {
            return Ok(PutSynonyms::TooMany {
                groups: stored.len(),
                wanted,
            });
        }
        if gone.is_empty() && new.is_empty() {
            return Ok(PutSynonyms::Stored {
                groups: wanted,
                generation: None,
            });
        }
        self.remove(&writing, &gone).await?;
        insert(&writing, &new).await?;
        take_generation(&writing, generation, now_ms).await?;
        writing.commit().await?;
        self.has_made(generation).await;
        Ok(PutSynonyms::Stored {
            groups: wanted,
            generation: Some(generation),
        })
    }

    async fn remove(&self, writing: &Writing, ids: &[i64]) -> Result<(), DatabaseError> {
        if ids.is_empty() {
            return Ok(());
        }
        let dialect = self.database.dialect();
        let sql = format!("DELETE FROM synonym_group WHERE {}", dialect.is_any("id", 1));
        let ids = dialect.long_list(ids.iter().copied());
        writing.query("remove_synonyms", &sql, vec![ids]).await.map(drop)
    }
}

/// The generation before this one. Its row stays locked until the end, so that generations become visible in their order.
pub(super) async fn lock(writing: &Writing) -> Result<i64, DatabaseError> {
    let sql = "UPDATE catalog_state SET generation = generation WHERE id = 1 RETURNING generation";
    let rows = writing.query("lock_generation", sql, vec![]).await?;
    rows.first().map_or(Ok(0), |row| Ok(row.try_get_by_index(0)?))
}

async fn stored_ids(writing: &Writing) -> Result<HashSet<i64>, DatabaseError> {
    let rows = writing
        .query("synonym_ids", "SELECT id FROM synonym_group", vec![])
        .await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Within what both engines take as values of one statement: there are a thousand groups at most.
async fn insert(writing: &Writing, groups: &[(i64, &SynonymGroup)]) -> Result<(), DatabaseError> {
    if groups.is_empty() {
        return Ok(());
    }
    let rows: Vec<String> = (0..groups.len())
        .map(|row| format!("(${}, ${})", 2 * row + 1, 2 * row + 2))
        .collect();
    let sql = format!("INSERT INTO synonym_group (id, words) VALUES {}", rows.join(", "));
    let values = groups.iter().flat_map(|(id, group)| {
        let words: Vec<&str> = group.words().collect();
        [Value::from(*id), serde_json::json!(words).to_string().into()]
    });
    writing.query("insert_synonyms", &sql, values.collect()).await.map(drop)
}

async fn take_generation(writing: &Writing, generation: i64, now_ms: i64) -> Result<(), DatabaseError> {
    let sql = "UPDATE catalog_state SET generation = $1";
    writing.query("take_generation", sql, vec![generation.into()]).await?;
    let sql = "INSERT INTO synonym_change (generation, at_ms) VALUES ($1, $2)";
    let values = vec![generation.into(), now_ms.into()];
    writing.query("synonym_change", sql, values).await.map(drop)
}
