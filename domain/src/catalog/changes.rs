//! The feed of changes: what each generation of the catalog added, changed, hid and removed.

use foldhash::{HashMap, HashMapExt as _};
use sea_orm::{DbErr, Value};

use super::{Catalog, IconName};
use crate::database::DatabaseError;

/// What happened to names of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    Added,
    Changed,
    Hidden,
    Removed,
}

impl ChangeKind {
    pub(super) const ALL: [Self; 4] = [Self::Added, Self::Changed, Self::Hidden, Self::Removed];

    pub(super) fn to_column(self) -> i16 {
        match self {
            Self::Added => 0,
            Self::Changed => 1,
            Self::Hidden => 2,
            Self::Removed => 3,
        }
    }

    fn from_column(value: i16) -> Result<Self, DbErr> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.to_column() == value)
            .ok_or_else(|| DbErr::Type(format!("catalog_change.kind holds {value}")))
    }
}

/// One kind of change within one generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub generation: i64,
    pub kind: ChangeKind,
    pub prefix: String,
    /// How many names; 0 where only the set's own facts changed.
    pub count: i32,
    pub at_ms: i64,
}

/// Changes, oldest first, whole generations only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangePage {
    pub changes: Vec<Change>,
    /// What to ask for next: the newest generation in this page, or the catalog's where the page is the last.
    pub generation: i64,
    pub has_more: bool,
}

/// Some names of a change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ChangeNamesKey {
    pub generation: i64,
    pub kind: ChangeKind,
    pub prefix: String,
    /// The key after which to begin.
    pub after: Option<String>,
    pub limit: u32,
}

/// Names in one row of the feed.
pub(super) const NAMES_PER_CHUNK: usize = 1000;

/// Parts a statement may join, within SQLite's 500.
const PARTS_PER_STATEMENT: usize = 400;

impl Catalog {
    /// What changed after generation `since`: `first` changes, and the rest of the last one's generation.
    pub async fn changes(&self, since: i64, first: u32) -> Result<ChangePage, DatabaseError> {
        // From the state on, so that one row always comes and tells the generation of the same snapshot.
        let sql = format!(
            "SELECT state.generation, change.generation, change.kind, change.prefix, change.count, change.at_ms \
             FROM catalog_state state LEFT JOIN catalog_change change \
             ON change.generation > $1 AND change.generation <= state.generation \
             ORDER BY change.generation, change.kind LIMIT {}",
            first as usize + ChangeKind::ALL.len()
        );
        let rows = self.database.query("changes", &sql, vec![since.into()]).await?;
        let mut current = 0;
        let mut changes = Vec::with_capacity(rows.len());
        for row in rows {
            current = row.try_get_by_index(0)?;
            let Some(generation) = row.try_get_by_index(1)? else {
                break;
            };
            changes.push(Change {
                generation,
                kind: ChangeKind::from_column(row.try_get_by_index(2)?)?,
                prefix: row.try_get_by_index(3)?,
                count: row.try_get_by_index(4)?,
                at_ms: row.try_get_by_index(5)?,
            });
        }
        Ok(cut_after_generation(changes, first as usize, current))
    }

    /// The keys of each change's names, ascending.
    pub async fn change_names(
        &self,
        keys: &[ChangeNamesKey],
    ) -> Result<HashMap<ChangeNamesKey, Vec<IconName>>, DatabaseError> {
        let mut found: HashMap<ChangeNamesKey, Vec<IconName>> = HashMap::new();
        for keys in keys.chunks(PARTS_PER_STATEMENT) {
            let mut values: Vec<Value> = Vec::new();
            let parts: Vec<String> = keys
                .iter()
                .enumerate()
                .map(|(part, key)| chunks_of(part, key, &mut values))
                .collect();
            let sql = format!("{} ORDER BY 1, 2", parts.join(" UNION ALL "));
            for row in self.database.query("change_names", &sql, values).await? {
                let part: i32 = row.try_get_by_index(0)?;
                let Some(key) = usize::try_from(part).ok().and_then(|part| keys.get(part)) else {
                    continue;
                };
                let names: String = row.try_get_by_index(2)?;
                let names_of_key = found.entry(key.clone()).or_default();
                let wanted = (key.limit as usize).saturating_sub(names_of_key.len());
                names_of_key.extend(
                    names
                        .lines()
                        .filter(|name| key.after.as_deref().is_none_or(|after| *name > after))
                        .filter_map(|name| IconName::new(&key.prefix, name).ok())
                        .take(wanted),
                );
            }
        }
        Ok(found)
    }
}

fn cut_after_generation(mut changes: Vec<Change>, first: usize, current: i64) -> ChangePage {
    let mut end = first.min(changes.len());
    while end > 0 && end < changes.len() && changes[end].generation == changes[end - 1].generation {
        end += 1;
    }
    let has_more = end < changes.len();
    changes.truncate(end);
    let generation = if has_more {
        changes.last().map_or(current, |change| change.generation)
    } else {
        current
    };
    ChangePage {
        changes,
        generation,
        has_more,
    }
}

fn chunks_of(part: usize, key: &ChangeNamesKey, values: &mut Vec<Value>) -> String {
    let limit = (key.limit as usize).div_ceil(NAMES_PER_CHUNK) + 1;
    values.push(key.generation.into());
    values.push(key.kind.to_column().into());
    values.push(key.after.clone().unwrap_or_default().into());
    let last = values.len();
    format!(
        "SELECT * FROM (SELECT {part} AS part, last_name, names FROM catalog_change_names \
         WHERE generation = ${} AND kind = ${} AND last_name > ${last} ORDER BY last_name LIMIT {limit}) AS chunks",
        last - 2,
        last - 1
    )
}
