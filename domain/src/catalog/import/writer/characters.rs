//! The code points that draw a set's icons in its font.

use std::collections::HashMap;

use super::{Insert, OnConflict, ROWS_PER_INSERT, Writer};
use crate::{
    catalog::{IconId, import::row::id_of},
    database::DatabaseError,
};

/// Of two code points with one row id the first stays, as with names.
const CHARACTER: Insert<'_> = Insert {
    table: "icon_character",
    columns: &["id", "icon_id", "prefix", "codepoint"],
    on_conflict: OnConflict::Keep,
};

impl Writer<'_> {
    pub(in crate::catalog::import) async fn characters_differ(
        &self,
        wanted: &[(String, String)],
    ) -> Result<bool, DatabaseError> {
        let rows = self
            .query(
                "SELECT codepoint, icon_id FROM icon_character WHERE id BETWEEN $1 AND $2 AND prefix = $3",
                {
                    let (first, last) = IconId::range_of_set(self.prefix);
                    vec![first.into(), last.into(), self.prefix.into()]
                },
            )
            .await?;
        let mut existing: HashMap<String, i64> = HashMap::with_capacity(rows.len());
        for row in rows {
            existing.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        }
        let same = existing.len() == wanted.len()
            && wanted
                .iter()
                .all(|(code, key)| existing.get(code) == Some(&id_of(self.prefix, key)));
        Ok(!same)
    }

    pub(in crate::catalog::import) async fn replace_characters(
        &self,
        characters: &[(String, String)],
    ) -> Result<(), DatabaseError> {
        let (first, last) = IconId::range_of_set(self.prefix);
        self.execute(
            "DELETE FROM icon_character WHERE id BETWEEN $1 AND $2 AND prefix = $3",
            vec![first.into(), last.into(), self.prefix.into()],
        )
        .await?;
        for chunk in characters.chunks(ROWS_PER_INSERT) {
            let values = chunk.iter().flat_map(|(code, key)| {
                let ids = (id_of(self.prefix, code), id_of(self.prefix, key));
                [ids.0.into(), ids.1.into(), self.prefix.into(), code.as_str().into()]
            });
            self.insert(CHARACTER, values.collect()).await?;
        }
        Ok(())
    }
}
