//! What administrators' changes need of a set, beyond what an import reads and writes.

use super::Writer;
use crate::{
    catalog::{
        import::{edit::EditedSet, row::json},
        json_list,
    },
    database::{Columns, DatabaseError},
};

impl Writer<'_> {
    /// What of the set's row names and icons have a part in; none where the catalog does not have the set.
    pub(in crate::catalog::import) async fn edited_set(&self) -> Result<Option<EditedSet>, DatabaseError> {
        let sql = "SELECT palette, total, category_counts, prefixes, suffixes FROM icon_set WHERE prefix = $1";
        let rows = self.query(sql, vec![self.prefix.into()]).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let columns = &mut Columns::of(row)?;
        Ok(Some(EditedSet {
            palette: columns.next()?,
            total: columns.next()?,
            category_counts: json_list(columns.next()?)?,
            prefixes: json_list(columns.next()?)?,
            suffixes: json_list(columns.next()?)?,
        }))
    }

    /// Puts names into other groups of variants, or into none.
    pub(in crate::catalog::import) async fn regroup(&self, groups: &[(i64, Option<i64>)]) -> Result<(), DatabaseError> {
        if groups.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "UPDATE icon SET variant_id = pair.value FROM {} WHERE icon.id = pair.id",
            self.dialect.pairs(1)
        );
        let pairs: Vec<_> = (groups.iter())
            .map(|(id, group)| serde_json::json!({ "id": id, "value": group }))
            .collect();
        self.execute(&sql, vec![json(&pairs).into()]).await
    }

    /// Has no code point stand for these icons any more.
    pub(in crate::catalog::import) async fn forget_characters_of(&self, icons: &[i64]) -> Result<(), DatabaseError> {
        if icons.is_empty() {
            return Ok(());
        }
        let sql = format!("DELETE FROM icon_character WHERE {}", self.dialect.is_any("icon_id", 1));
        let icons = self.dialect.long_list(icons.iter().copied());
        self.execute(&sql, vec![icons]).await
    }

    /// Notes in the set's row what its icons come to now, and that it is not what its files say any more.
    pub(in crate::catalog::import) async fn note_edit(
        &self,
        set: &EditedSet,
        generation: i64,
        now_ms: i64,
    ) -> Result<(), DatabaseError> {
        let sql = "UPDATE icon_set SET generation = $1, updated_at_ms = $2, total = $3, category_counts = $4, \
                   source_hash = $5 WHERE prefix = $6";
        let values = vec![
            generation.into(),
            now_ms.into(),
            set.total.into(),
            json(&set.category_counts).into(),
            // No file has this hash, so the next import reads its files, whatever they are.
            Vec::<u8>::new().into(),
            self.prefix.into(),
        ];
        self.execute(sql, values).await
    }
}
