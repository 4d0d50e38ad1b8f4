//! What the index is made from: the catalog's rows, all read in one snapshot.

use foldhash::{HashMap, HashMapExt as _};
use sea_orm::{DbErr, QueryResult, Value};
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    catalog::{IconId, IconName, IconStyle, json_list},
    database::{Columns, DatabaseError, Snapshot},
    search::synonyms::SynonymGroup,
};

/// `icon.kind` of a plain alias.
const PLAIN_ALIAS: i16 = 1;

/// The facts of a set that concern the search.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct SetFacts {
    pub(crate) prefix: String,
    pub(crate) name: String,
    pub(crate) license_title: Option<String>,
    pub(crate) license_spdx: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) heights: Vec<u32>,
    pub(crate) total: i32,
}

impl SetFacts {
    /// Whether the authors have left the set: Iconify files it so.
    pub(crate) fn is_archived(&self) -> bool {
        self.category
            .as_deref()
            .is_some_and(|category| category.starts_with("Archive"))
    }
}

/// A row that is indexed: every icon but the plain aliases, which count as names of what they stand for.
#[derive(Debug, Clone)]
pub(crate) struct IconRow {
    pub(crate) id: i64,
    pub(crate) name: IconName,
    pub(crate) variant_id: Option<i64>,
    pub(crate) style: Option<IconStyle>,
    pub(crate) hidden: bool,
    pub(crate) palette: bool,
    pub(crate) first_generation: i64,
    pub(crate) categories: Vec<String>,
    /// Keys of plain aliases, those of aliases included.
    pub(crate) aliases: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) characters: Vec<String>,
}

/// A name with what its authors say it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Tagged {
    pub(crate) key: String,
    pub(crate) tags: Vec<String>,
}

/// A generation of one catalog, told from the same generation of another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Version {
    /// 0 for the empty catalog.
    pub(crate) generation: i64,
    /// A hash of what the generation changed, and when.
    pub(crate) stamp: u64,
}

/// Reads what [`Version`] is made of, of the generation that a table holds.
macro_rules! version_of {
    ($state:literal) => {
        concat!(
            "SELECT state.generation, change.kind, change.prefix, change.count, change.at_ms, synonyms.at_ms, invalidation.at_ms FROM ",
            $state,
            " state LEFT JOIN catalog_change change ON change.generation = state.generation \
             LEFT JOIN synonym_change synonyms ON synonyms.generation = state.generation \
             LEFT JOIN cache_invalidation invalidation ON invalidation.generation = state.generation ORDER BY change.kind"
        )
    };
}

/// Reads the newest version.
pub(crate) const NEWEST_VERSION: &str = version_of!("catalog_state");

/// Reads the version of a generation, whether or not there was one.
pub(crate) const VERSION_AT: &str = version_of!("(SELECT CAST($1 AS BIGINT) AS generation)");

impl Version {
    pub(crate) fn read(rows: &[QueryResult]) -> Result<Self, DatabaseError> {
        let mut version = Self::default();
        let mut changes = String::new();
        for row in rows {
            let columns = &mut Columns::of(row)?;
            version.generation = columns.next()?;
            let (kind, prefix): (Option<i16>, Option<&str>) = (columns.next()?, columns.next()?);
            let (count, at_ms): (Option<i32>, Option<i64>) = (columns.next()?, columns.next()?);
            changes.push_str(&format!("{kind:?} {prefix:?} {count:?} {at_ms:?}\n"));
            if let Some(synonyms_at_ms) = columns.next::<Option<i64>>()? {
                changes.push_str(&format!("synonyms {synonyms_at_ms}\n"));
            }
            if let Some(invalidated_at_ms) = columns.next::<Option<i64>>()? {
                changes.push_str(&format!("invalidation {invalidated_at_ms}\n"));
            }
        }
        if version.generation > 0 {
            version.stamp = xxh3_64(changes.as_bytes());
        }
        Ok(version)
    }
}

/// The version of the snapshot.
pub(crate) async fn newest_version(snapshot: &Snapshot) -> Result<Version, DatabaseError> {
    Version::read(&snapshot.query(NEWEST_VERSION, vec![]).await?)
}

/// Prefixes of the sets that changed after `since`, ascending; those that went are among them.
pub(crate) async fn changed_since(snapshot: &Snapshot, since: i64) -> Result<Vec<String>, DatabaseError> {
    let rows = snapshot
        .query(
            "SELECT DISTINCT prefix FROM catalog_change WHERE generation > $1 ORDER BY prefix",
            vec![since.into()],
        )
        .await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Every set, by prefix.
pub(crate) async fn sets(snapshot: &Snapshot) -> Result<Vec<SetFacts>, DatabaseError> {
    let sql =
        "SELECT prefix, name, license_title, license_spdx, category, heights, total FROM icon_set ORDER BY prefix";
    let rows = snapshot.query(sql, vec![]).await?;
    rows.iter()
        .map(|row| {
            let columns = &mut Columns::of(row)?;
            Ok(SetFacts {
                prefix: columns.next()?,
                name: columns.next()?,
                license_title: columns.next()?,
                license_spdx: columns.next()?,
                category: columns.next()?,
                heights: json_list(columns.next()?)?,
                total: columns.next()?,
            })
        })
        .collect()
}

/// What administrators say means the same.
pub(crate) async fn synonym_groups(snapshot: &Snapshot) -> Result<Vec<SynonymGroup>, DatabaseError> {
    let rows = snapshot
        .query("SELECT words FROM synonym_group ORDER BY id", vec![])
        .await?;
    rows.iter()
        .map(|row| {
            let words: Vec<String> = json_list(Columns::of(row)?.next()?)?;
            Ok(SynonymGroup::of_stored(&words))
        })
        .collect()
}

/// Tags of every icon that has any: what keywords are learnt from.
pub(crate) async fn tagged(snapshot: &Snapshot) -> Result<Vec<Tagged>, DatabaseError> {
    let from = "(SELECT icon.name, icon_tag.tag FROM icon_tag JOIN icon ON icon.id = icon_tag.icon_id \
                ORDER BY icon_tag.icon_id, icon_tag.tag) tagged";
    let rows: Vec<(String, String)> = snapshot.query_all(&["name", "tag"], from, vec![]).await?;
    let mut tagged: Vec<Tagged> = Vec::new();
    let mut last = String::new();
    for (name, tag) in rows {
        if name != last {
            let key = name.split_once(':').map_or(name.as_str(), |(_, key)| key).to_owned();
            tagged.push(Tagged { key, tags: Vec::new() });
            last = name;
        }
        if let Some(icon) = tagged.last_mut() {
            icon.tags.push(tag);
        }
    }
    Ok(tagged)
}

/// Columns of a row, in the order they are asked for.
#[derive(serde::Deserialize)]
struct RawIcon {
    id: i64,
    parent_id: Option<i64>,
    variant_id: Option<i64>,
    kind: i16,
    style: Option<i16>,
    hidden: Flag,
    palette: Flag,
    first_generation: i64,
    name: String,
    categories: Option<String>,
}

const RAW_ICON: [&str; 10] = [
    "id",
    "parent_id",
    "variant_id",
    "kind",
    "style",
    "hidden",
    "palette",
    "first_generation",
    "name",
    "categories",
];

/// A truth value, of which SQLite makes a number.
#[derive(Clone, Copy, serde::Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Number(u8),
}

impl From<Flag> for bool {
    fn from(flag: Flag) -> Self {
        match flag {
            Flag::Bool(is_set) => is_set,
            Flag::Number(number) => number != 0,
        }
    }
}

/// The rows of one set.
pub(crate) async fn icons(snapshot: &Snapshot, prefix: &str) -> Result<Vec<IconRow>, DatabaseError> {
    let (first, last) = IconId::range_of_set(prefix);
    let range = || vec![Value::from(first), Value::from(last)];
    let rows: Vec<RawIcon> = snapshot
        .query_all(&RAW_ICON, "icon WHERE id BETWEEN $1 AND $2", range())
        .await?;
    let mut icons: Vec<IconRow> = Vec::with_capacity(rows.len());
    let mut aliases: HashMap<i64, (Option<i64>, String)> = HashMap::new();
    for row in rows {
        let name: IconName = row
            .name
            .parse()
            .map_err(|_| DbErr::Type(format!("icon.name holds {:?}", row.name)))?;
        if name.prefix() != prefix {
            // Another set may share the range.
            continue;
        }
        if row.kind == PLAIN_ALIAS {
            aliases.insert(row.id, (row.parent_id, name.key().to_owned()));
            continue;
        }
        icons.push(IconRow {
            id: row.id,
            name,
            variant_id: row.variant_id,
            style: match row.style {
                Some(0) => Some(IconStyle::Fill),
                Some(1) => Some(IconStyle::Stroke),
                _ => None,
            },
            hidden: row.hidden.into(),
            palette: row.palette.into(),
            first_generation: row.first_generation,
            categories: row.categories.as_deref().map_or_else(|| Ok(Vec::new()), json_list)?,
            aliases: Vec::new(),
            tags: Vec::new(),
            characters: Vec::new(),
        });
    }
    let places: HashMap<i64, usize> = icons.iter().enumerate().map(|(place, icon)| (icon.id, place)).collect();
    let place_of = |id: i64| root(id, &aliases).and_then(|root| places.get(&root).copied());
    for (id, (_, key)) in &aliases {
        if let Some(place) = place_of(*id) {
            icons[place].aliases.push(key.clone());
        }
    }
    let from = "icon_tag WHERE icon_id BETWEEN $1 AND $2";
    let tags: Vec<(i64, String)> = snapshot.query_all(&["icon_id", "tag"], from, range()).await?;
    for (id, tag) in tags {
        if let Some(place) = place_of(id) {
            icons[place].tags.push(tag);
        }
    }
    let mut values = range();
    values.push(prefix.into());
    let from = "icon_character WHERE id BETWEEN $1 AND $2 AND prefix = $3";
    let characters: Vec<(i64, String)> = snapshot.query_all(&["icon_id", "codepoint"], from, values).await?;
    for (id, character) in characters {
        if let Some(place) = place_of(id) {
            icons[place].characters.push(character);
        }
    }
    Ok(icons)
}

/// What a name stands for in the end. The import lets no loop in; whoever wrote one behind its back finds nothing.
fn root(id: i64, aliases: &HashMap<i64, (Option<i64>, String)>) -> Option<i64> {
    let mut current = id;
    for _ in 0..=aliases.len() {
        match aliases.get(&current) {
            Some((parent, _)) => current = (*parent)?,
            None => return Some(current),
        }
    }
    None
}
