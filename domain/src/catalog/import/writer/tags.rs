//! The tags of a set's icons, and the packages they came from.

use std::collections::{BTreeSet, HashMap};

use sea_orm::Value;

use super::{Insert, OnConflict, ROWS_PER_INSERT, Writer};
use crate::{
    catalog::{
        IconId,
        import::keywords::attach::{NamedRow, SetRows},
        keywords::KeywordPackage,
    },
    database::DatabaseError,
};

const TAG: Insert<'_> = Insert {
    table: "icon_tag",
    columns: &["icon_id", "tag"],
    on_conflict: OnConflict::Fail,
};

/// Ids in one DELETE.
const IDS_PER_DELETE: usize = 10_000;

impl Writer<'_> {
    /// Whether the catalog has the set at all.
    pub(in crate::catalog::import) async fn set_exists(&self) -> Result<bool, DatabaseError> {
        let sql = "SELECT 1 FROM icon_set WHERE prefix = $1";
        Ok(!self.query(sql, vec![self.prefix.into()]).await?.is_empty())
    }

    /// What each name of the set is.
    pub(in crate::catalog::import) async fn named_rows(&self) -> Result<SetRows, DatabaseError> {
        let (first, last) = IconId::range_of_set(self.prefix);
        let sql = "SELECT id, name, kind, parent_id FROM icon WHERE id BETWEEN $1 AND $2";
        let mut rows = SetRows::default();
        for row in self.query(sql, vec![first.into(), last.into()]).await? {
            let name: String = row.try_get_by_index(1)?;
            // Another set may share the range of ids.
            if let Some((prefix, key)) = name.split_once(':')
                && prefix == self.prefix
            {
                rows.add(NamedRow {
                    id: row.try_get_by_index(0)?,
                    key: key.to_owned(),
                    kind: row.try_get_by_index(2)?,
                    parent_id: row.try_get_by_index(3)?,
                });
            }
        }
        Ok(rows)
    }

    /// The tags in the set's range of ids, which may hold some of another set.
    pub(in crate::catalog::import) async fn tags(&self) -> Result<HashMap<i64, BTreeSet<String>>, DatabaseError> {
        let (first, last) = IconId::range_of_set(self.prefix);
        let sql = "SELECT icon_id, tag FROM icon_tag WHERE icon_id BETWEEN $1 AND $2";
        self.read_tags(sql, vec![first.into(), last.into()]).await
    }

    /// The tags of these icons.
    pub(in crate::catalog::import) async fn tags_of(
        &self,
        ids: &[i64],
    ) -> Result<HashMap<i64, BTreeSet<String>>, DatabaseError> {
        let condition = self.dialect.is_any("icon_id", 1);
        let sql = format!("SELECT icon_id, tag FROM icon_tag WHERE {condition}");
        let ids = self.dialect.long_list(ids.iter().copied());
        self.read_tags(&sql, vec![ids]).await
    }

    async fn read_tags(&self, sql: &str, values: Vec<Value>) -> Result<HashMap<i64, BTreeSet<String>>, DatabaseError> {
        let mut tags: HashMap<i64, BTreeSet<String>> = HashMap::new();
        for row in self.query(sql, values).await? {
            let of_icon = tags.entry(row.try_get_by_index(0)?).or_default();
            of_icon.insert(row.try_get_by_index(1)?);
        }
        Ok(tags)
    }

    /// Gives icons these tags and no others.
    pub(in crate::catalog::import) async fn replace_tags(
        &self,
        tags: &[(i64, BTreeSet<&str>)],
    ) -> Result<(), DatabaseError> {
        let sql = format!("DELETE FROM icon_tag WHERE {}", self.dialect.is_any("icon_id", 1));
        for icons in tags.chunks(IDS_PER_DELETE) {
            let ids = self.dialect.long_list(icons.iter().map(|(id, _)| *id));
            self.execute(&sql, vec![ids]).await?;
        }
        let rows: Vec<(i64, &str)> = tags
            .iter()
            .flat_map(|(id, tags)| tags.iter().map(|tag| (*id, *tag)))
            .collect();
        for chunk in rows.chunks(ROWS_PER_INSERT) {
            let values = chunk.iter().flat_map(|(id, tag)| [(*id).into(), (*tag).into()]);
            self.insert(TAG, values.collect()).await?;
        }
        Ok(())
    }

    /// Notes in the set's row that something about the set is of this generation.
    pub(in crate::catalog::import) async fn stamp_set(&self, generation: i64) -> Result<(), DatabaseError> {
        let values = vec![generation.into(), self.prefix.into()];
        self.execute("UPDATE icon_set SET generation = $1 WHERE prefix = $2", values)
            .await
    }

    /// Notes where tags come from. A package that is known as it is keeps the time it came in.
    pub(in crate::catalog::import) async fn remember_package(
        &self,
        package: &KeywordPackage,
        now_ms: i64,
    ) -> Result<(), DatabaseError> {
        let sql = "INSERT INTO keyword_source (name, version, license, imported_at_ms, source_hash) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO UPDATE SET version = excluded.version, \
                   license = excluded.license, imported_at_ms = excluded.imported_at_ms, source_hash = excluded.source_hash \
                   WHERE keyword_source.version <> excluded.version OR keyword_source.license <> excluded.license \
                   OR keyword_source.source_hash <> excluded.source_hash";
        let values = vec![
            package.name.into(),
            package.version.as_str().into(),
            package.license.as_str().into(),
            now_ms.into(),
            package.source_hash.to_vec().into(),
        ];
        self.execute(sql, values).await
    }
}
