//! Sets that administrators have changed, as a backup has them: written as an import writes a set, in a transaction of somebody else's.
//!
//! A generation is one of the database that counts it. So that icons stay as new to each other as they were, those that came in
//! different generations come in different ones again, in the same order.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{DatabaseTransaction, QueryResult};

use super::{
    difference::Difference,
    row::{Facts, IconRow, Stamp, content_hash, id_of},
    set_row::{self, OldSet, SetFacts},
    writer::Writer,
};
use crate::{
    catalog::{ChangeKind, IconId, icon_name::is_valid_key, is_valid_prefix},
    database::{Columns, DatabaseError, Dialect, Snapshot},
    svg::{
        safety::{self, UnsafeSvg},
        view_box::ViewBox,
    },
};

/// All such sets of a backup.
#[derive(Default)]
pub(crate) struct OwnSets(Vec<OwnSet>);

/// What keeps sets from being restored.
#[derive(Debug)]
pub(crate) enum OwnSetError {
    /// The backup cannot be read.
    Unreadable(DatabaseError),
    Database(DatabaseError),
    Unsafe {
        name: String,
        fault: UnsafeSvg,
    },
    RowIdTaken {
        name: String,
    },
}

/// One set, whole.
struct OwnSet {
    prefix: String,
    first_generation: i64,
    facts: SetFacts,
    /// By id ascending.
    rows: Vec<IconRow>,
    /// What there is of each row beside it.
    besides: HashMap<i64, Beside>,
    /// Code points, and the keys that they stand for.
    characters: Vec<(String, String)>,
}

struct Beside {
    key: String,
    first_generation: i64,
    updated_at_ms: i64,
    tags: BTreeSet<String>,
}

/// Generations of the backup, each with the one that takes its place.
type Generations = BTreeMap<i64, i64>;

impl From<DatabaseError> for OwnSetError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl OwnSets {
    /// Reads them from a backup, and looks whether what they draw may be served.
    pub(crate) async fn read(backup: &Snapshot) -> Result<Self, OwnSetError> {
        let sql = format!("SELECT {}, prefix FROM icon_set ORDER BY prefix", set_row::READ_COLUMNS);
        let mut sets = Vec::new();
        for row in backup.query(&sql, vec![]).await.map_err(OwnSetError::Unreadable)? {
            let set = OwnSet::read(backup, &row).await.map_err(OwnSetError::Unreadable)?;
            set.ensure_safe()?;
            sets.push(set);
        }
        Ok(Self(sets))
    }

    pub(crate) fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|set| set.prefix.as_str())
    }

    /// Makes the catalog hold these sets as they are here. The newest generation then, which whoever has the transaction takes.
    pub(crate) async fn write(
        self,
        transaction: &DatabaseTransaction,
        dialect: Dialect,
        now_ms: i64,
    ) -> Result<i64, OwnSetError> {
        let newest = Writer::within(transaction, dialect, "").lock().await?;
        let generations = self.generations(newest);
        for set in self.0 {
            let prefix = set.prefix.clone();
            let writer = Writer::within(transaction, dialect, &prefix);
            set.write(&writer, &generations, now_ms).await?;
        }
        Ok(generations.into_values().max().unwrap_or(newest))
    }

    fn generations(&self, newest: i64) -> Generations {
        let of_set = |set: &OwnSet| {
            let of_rows = set.besides.values().map(|beside| beside.first_generation);
            of_rows.chain([set.first_generation]).collect::<BTreeSet<i64>>()
        };
        let old: BTreeSet<i64> = self.0.iter().flat_map(of_set).collect();
        old.into_iter().zip(newest + 1..).collect()
    }
}

impl OwnSet {
    async fn read(backup: &Snapshot, row: &QueryResult) -> Result<Self, DatabaseError> {
        let set = OldSet::from_row(row)?;
        let prefix: String = row.try_get("", "prefix")?;
        if !is_valid_prefix(&prefix) {
            return Err(DatabaseError::Other("a set has no usable prefix".to_owned()));
        }
        let (mut rows, mut besides) = (Vec::new(), HashMap::new());
        // No prefix has what means something here.
        let sql = format!("SELECT {ICON_COLUMNS} FROM icon WHERE name LIKE $1 ORDER BY id");
        for row in backup.query(&sql, vec![format!("{prefix}:%").into()]).await? {
            let (row, beside) = icon(&row)?;
            besides.insert(row.id, beside);
            rows.push(row);
        }
        let (first, last) = IconId::range_of_set(&prefix);
        let sql = "SELECT icon_id, tag FROM icon_tag WHERE icon_id BETWEEN $1 AND $2";
        for row in backup.query(sql, vec![first.into(), last.into()]).await? {
            let columns = &mut Columns::of(&row)?;
            if let Some(beside) = besides.get_mut(&columns.next()?) {
                beside.tags.insert(columns.next()?);
            }
        }
        Ok(Self {
            characters: characters(backup, &prefix, &besides).await?,
            first_generation: set.first_generation,
            facts: set.facts.with_safe_links(),
            prefix,
            rows,
            besides,
        })
    }

    /// Nobody can have stored what may not be served, but a file can have been written by anybody.
    fn ensure_safe(&self) -> Result<(), OwnSetError> {
        for row in &self.rows {
            let name = format!("{}:{}", self.prefix, row.key);
            if !is_valid_key(&row.key) || row.id != id_of(&self.prefix, &row.key) {
                let what = format!("the icon {name} is not where its name belongs");
                return Err(OwnSetError::Unreadable(DatabaseError::Other(what)));
            }
            safety::check(&row.body).map_err(|fault| OwnSetError::Unsafe { name, fault })?;
        }
        Ok(())
    }

    async fn write(mut self, writer: &Writer<'_>, generations: &Generations, now_ms: i64) -> Result<(), OwnSetError> {
        let rows = std::mem::take(&mut self.rows);
        let old_set = writer.set_row().await?;
        let mut difference = Difference::between(writer.existing().await?, rows);
        if let Some(skipped) = difference.skipped.first() {
            let name = format!("{}:{}", self.prefix, skipped.what);
            return Err(OwnSetError::RowIdTaken { name });
        }
        let new = difference
            .insert
            .iter()
            .map(|row| self.generation_of(row.id, generations));
        let new: HashMap<String, i64> = difference.insert.iter().map(|row| row.key.clone()).zip(new).collect();
        let last = self.last_generation(generations);
        let tags = self.other_tags(&writer.tags().await?);
        let tagged = tags.iter().map(|(id, _)| self.besides[id].key.as_str());
        difference.tell_changed(tagged.filter(|key| !new.contains_key(*key)));
        for (generation, changes) in told(&difference, &new, last) {
            writer.tell(&changes, generation, now_ms).await?;
        }
        let deleted = difference.delete.clone();
        let stamp = |row: &IconRow| {
            let generation = new.get(&row.key).copied().unwrap_or(last);
            Stamp {
                first_generation: generation,
                generation,
                updated_at_ms: self.besides[&row.id].updated_at_ms,
            }
        };
        writer.write_icons(difference, stamp).await?;
        writer.forget_characters_of(&deleted).await?;
        if writer.characters_differ(&self.characters).await? {
            writer.replace_characters(&self.characters).await?;
        }
        writer.replace_tags(&tags).await?;
        let first = old_set.map_or(generations[&self.first_generation], |old| old.first_generation);
        // No file is known by nothing, so that the next import reads its files, whatever they are.
        Ok(writer.replace_set_row(&self.facts, (first, last), &[]).await?)
    }

    fn generation_of(&self, id: i64, generations: &Generations) -> i64 {
        generations[&self.besides[&id].first_generation]
    }

    /// In which it becomes what it is.
    fn last_generation(&self, generations: &Generations) -> i64 {
        let of_rows = self.besides.values().map(|beside| beside.first_generation);
        let last = of_rows.fold(self.first_generation, i64::max);
        generations[&last]
    }

    /// The rows whose tags are others than these.
    fn other_tags(&self, stored: &HashMap<i64, BTreeSet<String>>) -> Vec<(i64, BTreeSet<&str>)> {
        let wanted = self.besides.iter().map(|(id, beside)| (*id, &beside.tags));
        let differs = |(id, tags): &(i64, &BTreeSet<String>)| !tags.iter().eq(stored.get(id).into_iter().flatten());
        let others = wanted.filter(differs);
        others
            .map(|(id, tags)| (id, tags.iter().map(String::as_str).collect()))
            .collect()
    }
}

/// What each generation did: those who come came in theirs, everything else is of the last.
fn told(
    difference: &Difference,
    new: &HashMap<String, i64>,
    last: i64,
) -> BTreeMap<i64, HashMap<ChangeKind, Vec<String>>> {
    let mut told = BTreeMap::from([(last, HashMap::new())]);
    for (kind, keys) in &difference.changes {
        for key in keys {
            let of_generation = told.entry(new.get(key).copied().unwrap_or(last)).or_default();
            let of_kind: &mut Vec<String> = of_generation.entry(*kind).or_default();
            of_kind.push(key.clone());
        }
    }
    told
}

/// In the order in which [`icon`] takes them.
const ICON_COLUMNS: &str = "id, name, first_generation, updated_at_ms, parent_id, variant_id, kind, style, hidden, listed, palette,      categories, view_left, view_top, view_width, view_height, body";

fn icon(row: &QueryResult) -> Result<(IconRow, Beside), DatabaseError> {
    let columns = &mut Columns::of(row)?;
    let (id, name): (i64, String) = (columns.next()?, columns.next()?);
    let key = name.split_once(':').map_or("", |(_, key)| key).to_owned();
    let beside = Beside {
        key: key.clone(),
        first_generation: columns.next()?,
        updated_at_ms: columns.next()?,
        tags: BTreeSet::new(),
    };
    let facts = Facts {
        parent_id: columns.next()?,
        variant_id: columns.next()?,
        kind: columns.next()?,
        style: columns.next()?,
        hidden: columns.next()?,
        listed: columns.next()?,
        palette: columns.next()?,
        categories: columns.next()?,
        content_hash: Default::default(),
    };
    let view_box = ViewBox {
        left: columns.next()?,
        top: columns.next()?,
        width: columns.next()?,
        height: columns.next()?,
    };
    let body: String = columns.next()?;
    let facts = Facts {
        content_hash: content_hash(view_box, &body),
        ..facts
    };
    let row = IconRow {
        id,
        key,
        facts,
        view_box,
        body,
    };
    Ok((row, beside))
}

async fn characters(
    backup: &Snapshot,
    prefix: &str,
    besides: &HashMap<i64, Beside>,
) -> Result<Vec<(String, String)>, DatabaseError> {
    let sql = "SELECT codepoint, icon_id FROM icon_character WHERE prefix = $1 ORDER BY rowid";
    let mut characters = Vec::new();
    for row in backup.query(sql, vec![prefix.into()]).await? {
        let columns = &mut Columns::of(&row)?;
        let (codepoint, icon): (String, i64) = (columns.next()?, columns.next()?);
        if let Some(beside) = besides.get(&icon) {
            characters.push((codepoint, beside.key.clone()));
        }
    }
    Ok(characters)
}
