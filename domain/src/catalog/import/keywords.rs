//! Attaching keywords to the icons of the catalog. Each set is one transaction, and one generation where anything differs.

pub(super) mod attach;

use std::collections::{BTreeSet, HashMap};

use super::{Importer, REFRESH_STATISTICS_FROM, statistics, writer::Writer};
use crate::{
    catalog::{
        ChangeKind,
        keywords::{KeywordPackage, SetKeywords, SkippedKeyword},
    },
    database::DatabaseError,
};
use attach::{Attached, SetRows, attach};

/// All packages of an import of keywords, in the order they were taken.
#[derive(Debug, Default)]
pub struct KeywordReport {
    pub packages: Vec<PackageReport>,
}

/// What became of one package's keywords.
#[derive(Debug)]
pub struct PackageReport {
    pub name: &'static str,
    pub version: String,
    pub license: String,
    /// Sets that the catalog has.
    pub sets: Vec<KeywordSetReport>,
    /// Prefixes of sets that the catalog does not have.
    pub absent: Vec<&'static str>,
    /// Keywords left out while the others were taken.
    pub skipped: Vec<SkippedKeyword>,
}

/// What became of the keywords of one set.
#[derive(Debug)]
pub struct KeywordSetReport {
    pub prefix: &'static str,
    /// Icons that have tags now.
    pub icons: usize,
    /// Their tags together.
    pub tags: usize,
    /// Names whose tags are not those they were.
    pub changed: usize,
    /// Icons of the package that the set has under no name.
    pub not_found: usize,
}

impl KeywordReport {
    /// The sets that the catalog has, of all packages.
    pub fn sets(&self) -> impl Iterator<Item = &KeywordSetReport> {
        self.packages.iter().flat_map(|package| &package.sets)
    }
}

impl Importer {
    /// Gives the icons of each set that `packages` speak of, and that the catalog has, the tags they say and no others.
    pub async fn import_keywords(&self, packages: Vec<KeywordPackage>) -> Result<KeywordReport, DatabaseError> {
        let mut report = KeywordReport::default();
        for package in packages {
            report.packages.push(self.take_package(package).await?);
        }
        if report.sets().map(|set| set.changed).sum::<usize>() >= REFRESH_STATISTICS_FROM {
            statistics::refresh(&self.database).await?;
        }
        Ok(report)
    }

    async fn take_package(&self, mut package: KeywordPackage) -> Result<PackageReport, DatabaseError> {
        let (mut sets, mut absent) = (Vec::new(), Vec::new());
        let mut skipped = std::mem::take(&mut package.skipped);
        for set in &package.sets {
            match self.write_tags(&package, set, &mut skipped).await? {
                Some(written) => sets.push(written),
                None => absent.push(set.prefix),
            }
        }
        absent.sort_unstable();
        Ok(PackageReport {
            name: package.name,
            version: package.version,
            license: package.license,
            sets,
            absent,
            skipped,
        })
    }

    /// Writes the tags of one set; none where the catalog does not have it.
    async fn write_tags(
        &self,
        package: &KeywordPackage,
        set: &SetKeywords,
        skipped: &mut Vec<SkippedKeyword>,
    ) -> Result<Option<KeywordSetReport>, DatabaseError> {
        let writer = Writer::begin(&self.database, set.prefix).await?;
        let next_generation = writer.lock().await? + 1;
        if !writer.set_exists().await? {
            return Ok(None);
        }
        let rows = writer.named_rows().await?;
        let Attached {
            tags,
            not_found,
            skipped: mut too_many,
        } = attach(&rows, &set.icons);
        skipped.append(&mut too_many);
        let report = KeywordSetReport {
            prefix: set.prefix,
            icons: tags.len(),
            tags: tags.values().map(BTreeSet::len).sum(),
            changed: 0,
            not_found,
        };
        let (changed, keys) = changes(&rows, tags, &writer.tags().await?);
        if !changed.is_empty() {
            writer.take_generation(next_generation).await?;
            writer.stamp_set(next_generation).await?;
            let told = HashMap::from([(ChangeKind::Changed, keys)]);
            writer.tell(&told, next_generation, self.now_ms).await?;
            writer.replace_tags(&changed).await?;
        }
        writer.remember_package(package, self.now_ms).await?;
        writer.commit().await?;
        Ok(Some(KeywordSetReport {
            changed: changed.len(),
            ..report
        }))
    }
}

/// The rows whose tags differ, by id ascending, with the tags they are to have; and their keys, ascending.
fn changes<'k>(
    rows: &SetRows,
    mut wanted: HashMap<i64, BTreeSet<&'k str>>,
    stored: &HashMap<i64, BTreeSet<String>>,
) -> (Vec<(i64, BTreeSet<&'k str>)>, Vec<String>) {
    let (mut changed, mut keys) = (Vec::new(), Vec::new());
    let nothing = BTreeSet::new();
    for row in rows.all() {
        let wanted = wanted.remove(&row.id).unwrap_or_default();
        let stored = stored.get(&row.id).unwrap_or(&nothing);
        if !wanted.iter().copied().eq(stored.iter().map(String::as_str)) {
            changed.push((row.id, wanted));
            keys.push(row.key.clone());
        }
    }
    changed.sort_unstable_by_key(|(id, _)| *id);
    keys.sort_unstable();
    (changed, keys)
}
