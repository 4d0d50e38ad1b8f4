//! The statements that write one set, all in one transaction.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Statement, Value};

use super::{
    difference::{Difference, Existing, ExistingRow},
    insert::{Insert, OnConflict},
    row::{COLUMNS, Facts, IconRow, Stamp, id_of},
    set_row,
    source::SourceHash,
};
use crate::{
    catalog::{ChangeKind, IconId, changes::NAMES_PER_CHUNK},
    database::{Database, DatabaseError, Dialect},
};

/// Rows in one INSERT. Beyond a few hundred nothing is gained, and SQLite takes at most 32,766 values.
const ROWS_PER_INSERT: usize = 200;

const CHANGE: Insert<'_> = Insert {
    table: "catalog_change",
    columns: &["generation", "kind", "prefix", "count", "at_ms"],
    on_conflict: OnConflict::Fail,
};

const CHANGE_NAMES: Insert<'_> = Insert {
    table: "catalog_change_names",
    columns: &["generation", "kind", "last_name", "names"],
    on_conflict: OnConflict::Fail,
};

/// Of two code points with one row id the first stays, as with names.
const CHARACTER: Insert<'_> = Insert {
    table: "icon_character",
    columns: &["id", "icon_id", "prefix", "codepoint"],
    on_conflict: OnConflict::Keep,
};

const SET: Insert<'_> = Insert {
    table: "icon_set",
    columns: &set_row::COLUMNS,
    on_conflict: OnConflict::Fail,
};

/// One transaction on one set.
pub(super) struct Writer<'a> {
    transaction: DatabaseTransaction,
    dialect: Dialect,
    prefix: &'a str,
}

impl<'a> Writer<'a> {
    /// Begins to write the set `prefix`.
    pub(super) async fn begin(database: &Database, prefix: &'a str) -> Result<Self, DatabaseError> {
        Ok(Self {
            transaction: database.begin().await?,
            dialect: database.dialect(),
            prefix,
        })
    }

    /// The generation before this one. The row stays locked until the end, so generations become visible in their order.
    pub(super) async fn lock(&self) -> Result<i64, DatabaseError> {
        let rows = self
            .query(
                "UPDATE catalog_state SET generation = generation WHERE id = 1 RETURNING generation",
                vec![],
            )
            .await?;
        rows.first().map_or(Ok(0), |row| Ok(row.try_get_by_index(0)?))
    }

    pub(super) async fn take_generation(&self, generation: i64) -> Result<(), DatabaseError> {
        self.execute("UPDATE catalog_state SET generation = $1", vec![generation.into()])
            .await
    }

    pub(super) async fn existing(&self) -> Result<Existing, DatabaseError> {
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

    pub(super) async fn write_icons(
        &self,
        difference: Difference,
        generation: i64,
        now_ms: i64,
    ) -> Result<(), DatabaseError> {
        let new = Stamp {
            first_generation: generation,
            generation,
            updated_at_ms: now_ms,
        };
        let insert = difference.insert.into_iter().map(|row| (row, new));
        self.write_rows(insert, OnConflict::Fail).await?;
        let update = difference.update.into_iter().map(|(row, old)| {
            let stamp = if row.facts.differ_visibly(&old.facts) || row.facts.hidden != old.facts.hidden {
                Stamp {
                    first_generation: old.first_generation,
                    ..new
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

    pub(super) async fn tell(
        &self,
        difference: &Difference,
        generation: i64,
        now_ms: i64,
    ) -> Result<(), DatabaseError> {
        let mut told = false;
        for kind in ChangeKind::ALL {
            let Some(keys) = difference.changes.get(&kind) else {
                continue;
            };
            told = true;
            self.tell_one(kind, keys.len(), generation, now_ms).await?;
            for chunk in keys.chunks(NAMES_PER_CHUNK) {
                let last_key = chunk.last().cloned().unwrap_or_default();
                let values = vec![
                    generation.into(),
                    kind.to_column().into(),
                    last_key.into(),
                    chunk.join("\n").into(),
                ];
                self.insert(CHANGE_NAMES, values).await?;
            }
        }
        if told {
            Ok(())
        } else {
            self.tell_one(ChangeKind::Changed, 0, generation, now_ms).await
        }
    }

    async fn tell_one(
        &self,
        kind: ChangeKind,
        count: usize,
        generation: i64,
        now_ms: i64,
    ) -> Result<(), DatabaseError> {
        let values = vec![
            generation.into(),
            kind.to_column().into(),
            self.prefix.into(),
            i32::try_from(count).unwrap_or(i32::MAX).into(),
            now_ms.into(),
        ];
        self.insert(CHANGE, values).await
    }

    pub(super) async fn characters_differ(&self, wanted: &[(String, String)]) -> Result<bool, DatabaseError> {
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

    pub(super) async fn replace_characters(&self, characters: &[(String, String)]) -> Result<(), DatabaseError> {
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

    pub(super) async fn set_row(&self) -> Result<Option<set_row::OldSet>, DatabaseError> {
        let sql = format!("SELECT {} FROM icon_set WHERE prefix = $1", set_row::READ_COLUMNS);
        let rows = self.query(&sql, vec![self.prefix.into()]).await?;
        Ok(rows.first().map(set_row::OldSet::from_row).transpose()?)
    }

    pub(super) async fn replace_set_row(
        &self,
        facts: &set_row::SetFacts,
        first_generation: i64,
        generation: i64,
        source_hash: SourceHash,
    ) -> Result<(), DatabaseError> {
        let values = facts.values(self.prefix, first_generation, generation, source_hash);
        self.execute("DELETE FROM icon_set WHERE prefix = $1", vec![self.prefix.into()])
            .await?;
        self.insert(SET, values).await
    }

    pub(super) async fn remember_source(&self, source_hash: SourceHash) -> Result<(), DatabaseError> {
        let values = vec![source_hash.to_vec().into(), self.prefix.into()];
        self.execute("UPDATE icon_set SET source_hash = $1 WHERE prefix = $2", values)
            .await
    }

    /// Keeps all that was done.
    pub(super) async fn commit(self) -> Result<(), DatabaseError> {
        Ok(self.transaction.commit().await?)
    }

    async fn insert(&self, insert: Insert<'_>, values: Vec<Value>) -> Result<(), DatabaseError> {
        let rows = values.len() / insert.columns.len();
        self.execute(&insert.sql(self.dialect, rows), values).await
    }

    async fn query(&self, sql: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, DatabaseError> {
        let statement = Statement::from_sql_and_values(self.dialect.backend(), sql, values);
        Ok(self.transaction.query_all_raw(statement).await?)
    }

    async fn execute(&self, sql: &str, values: Vec<Value>) -> Result<(), DatabaseError> {
        let statement = Statement::from_sql_and_values(self.dialect.backend(), sql, values);
        self.transaction.execute_raw(statement).await?;
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
