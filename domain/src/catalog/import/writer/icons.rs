//! The rows of a set's names: what is there, and what takes its place.

use std::collections::HashMap;

use sea_orm::{QueryResult, Value};

use super::{ROWS_PER_INSERT, Writer};
use crate::{
    catalog::{
        IconId,
        import::{
            difference::{Difference, Existing, ExistingRow},
            insert::{Insert, OnConflict},
            row::{COLUMNS, Drawing, Facts, IconRow, Stamp},
        },
    },
    database::DatabaseError,
    svg::view_box::ViewBox,
};

impl Writer<'_> {
    pub(in crate::catalog::import) async fn existing(&self) -> Result<Existing, DatabaseError> {
        let (first, last) = IconId::range_of_set(self.prefix);
        let rows = self
            .query(
                "SELECT id, name, first_generation, generation, updated_at_ms, parent_id, variant_id, kind, style, \
                 hidden, listed, palette, content_hash, categories FROM icon WHERE id BETWEEN $1 AND $2",
                vec![first.into(), last.into()],
            )
            .await?;
        let mut existing = Existing::default();
        for row in rows {
            let id = row.try_get_by_index(0)?;
            let name: String = row.try_get_by_index(1)?;
            match name.split_once(':') {
                Some((prefix, key)) if prefix == self.prefix => {
                    existing.rows.insert(id, existing_row(&row, key)?);
                }
                _ => {
                    existing.foreign.insert(id);
                }
            }
        }
        Ok(existing)
    }

    /// Writes what differs, each row as `stamp` says that it is new; what was there has come when it came.
    pub(in crate::catalog::import) async fn write_icons(
        &self,
        difference: Difference,
        stamp: impl Fn(&IconRow) -> Stamp,
    ) -> Result<(), DatabaseError> {
        let insert = difference.insert.into_iter().map(|row| {
            let new = stamp(&row);
            (row, new)
        });
        self.write_rows(insert, OnConflict::Fail).await?;
        let update = difference.update.into_iter().map(|(row, old)| {
            let stamp = if row.facts.differ_visibly(&old.facts) || row.facts.hidden != old.facts.hidden {
                Stamp {
                    first_generation: old.first_generation,
                    ..stamp(&row)
                }
            } else {
                Stamp {
                    first_generation: old.first_generation,
                    generation: old.generation,
                    updated_at_ms: old.updated_at_ms,
                }
            };
            (row, stamp)
        });
        self.write_rows(update, OnConflict::Replace).await?;
        for ids in difference.delete.chunks(10_000) {
            for (table, column) in [("icon", "id"), ("icon_tag", "icon_id")] {
                let sql = format!("DELETE FROM {table} WHERE {}", self.dialect.is_any(column, 1));
                self.execute(&sql, vec![self.dialect.long_list(ids.iter().copied())])
                    .await?;
            }
        }
        Ok(())
    }

    /// What the rows with these ids draw.
    pub(in crate::catalog::import) async fn drawings(
        &self,
        ids: &[i64],
    ) -> Result<HashMap<i64, Drawing>, DatabaseError> {
        let mut drawings = HashMap::with_capacity(ids.len());
        if ids.is_empty() {
            return Ok(drawings);
        }
        let sql = format!(
            "SELECT id, view_left, view_top, view_width, view_height, body FROM icon WHERE {}",
            self.dialect.is_any("id", 1)
        );
        let ids = self.dialect.long_list(ids.iter().copied());
        for row in self.query(&sql, vec![ids]).await? {
            let view_box = ViewBox {
                left: row.try_get_by_index(1)?,
                top: row.try_get_by_index(2)?,
                width: row.try_get_by_index(3)?,
                height: row.try_get_by_index(4)?,
            };
            let body = row.try_get_by_index(5)?;
            drawings.insert(row.try_get_by_index(0)?, Drawing { view_box, body });
        }
        Ok(drawings)
    }

    async fn write_rows(
        &self,
        mut rows: impl Iterator<Item = (IconRow, Stamp)>,
        on_conflict: OnConflict,
    ) -> Result<(), DatabaseError> {
        let insert = Insert {
            table: "icon",
            columns: &COLUMNS,
            on_conflict,
        };
        let full_chunk = insert.sql(self.dialect, ROWS_PER_INSERT);
        let mut next_chunk = || -> Vec<Value> {
            let chunk = rows.by_ref().take(ROWS_PER_INSERT);
            chunk.flat_map(|(row, stamp)| row.values(self.prefix, stamp)).collect()
        };
        let mut chunk = next_chunk();
        while !chunk.is_empty() {
            let rows = chunk.len() / COLUMNS.len();
            let last_chunk = (rows < ROWS_PER_INSERT).then(|| insert.sql(self.dialect, rows));
            let sql = last_chunk.as_ref().unwrap_or(&full_chunk);
            // While the database takes one chunk, the next is made.
            let (written, next) = tokio::join!(self.execute(sql, chunk), async { next_chunk() });
            written?;
            chunk = next;
        }
        Ok(())
    }
}

fn existing_row(row: &QueryResult, key: &str) -> Result<ExistingRow, DatabaseError> {
    let content_hash: Vec<u8> = row.try_get_by_index(12)?;
    Ok(ExistingRow {
        key: key.to_owned(),
        first_generation: row.try_get_by_index(2)?,
        generation: row.try_get_by_index(3)?,
        updated_at_ms: row.try_get_by_index(4)?,
        facts: Facts {
            parent_id: row.try_get_by_index(5)?,
            variant_id: row.try_get_by_index(6)?,
            kind: row.try_get_by_index(7)?,
            style: row.try_get_by_index(8)?,
            hidden: row.try_get_by_index(9)?,
            listed: row.try_get_by_index(10)?,
            palette: row.try_get_by_index(11)?,
            // A hash of another length equals none, so the row is written anew.
            content_hash: content_hash.try_into().unwrap_or_default(),
            categories: row.try_get_by_index(13)?,
        },
    })
}
