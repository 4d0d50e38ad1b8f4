//! Writing one set: everything in one transaction, which also takes the next generation and tells the feed.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Statement, Value};

use super::{
    difference::{Difference, Existing, ExistingRow},
    report::{SetOutcome, SetReport},
    row::{COLUMNS, Facts, IconRow, Stamp, icon_rows, id_of},
    set_row,
};
use crate::{
    catalog::{ChangeKind, IconId, changes::NAMES_PER_CHUNK},
    database::{Database, DatabaseError, Dialect},
    iconify::resolve::ResolvedSet,
};

/// Rows in one INSERT. Beyond a few hundred nothing is gained, and SQLite takes at most 32,766 values.
const ROWS_PER_INSERT: usize = 200;

/// Makes the catalog hold `set` and nothing else under its prefix.
pub(super) async fn write_set(
    database: &Database,
    mut set: ResolvedSet,
    source_hash: [u8; 32],
    now_ms: i64,
) -> Result<SetReport, DatabaseError> {
    let prefix = set.prefix.clone();
    let mut skipped = std::mem::take(&mut set.skipped);
    let rows = icon_rows(&mut set);
    let writer = Writer {
        transaction: database.begin().await?,
        dialect: database.dialect(),
        prefix: &prefix,
    };

    let next_generation = writer.lock().await? + 1;
    let existing = writer.existing().await?;
    let mut difference = Difference::between(existing, rows);
    skipped.append(&mut difference.skipped);
    let characters = writer.characters_differ(&set.characters).await?;
    let old_set = writer.set_row().await?;
    let facts = set_row::facts(&set, now_ms);
    let facts_differ = old_set.as_ref().is_none_or(|old| !old.says_the_same_as(&facts));
    let written = !difference.is_empty() || characters || facts_differ;

    let outcome = if written {
        let outcome = outcome(&difference, next_generation);
        writer.take_generation(next_generation).await?;
        writer.tell(&difference, next_generation, now_ms).await?;
        writer.write_icons(difference, next_generation, now_ms).await?;
        if characters {
            writer.replace_characters(&set.characters).await?;
        }
        let first_generation = old_set.map_or(next_generation, |old| old.first_generation);
        writer
            .replace_set_row(&facts, first_generation, next_generation, source_hash)
            .await?;
        outcome
    } else {
        writer.remember_source(source_hash).await?;
        SetOutcome::Unchanged
    };
    writer.transaction.commit().await?;
    Ok(SetReport {
        label: prefix,
        outcome,
        skipped,
    })
}

fn outcome(difference: &Difference, generation: i64) -> SetOutcome {
    SetOutcome::Written {
        generation,
        added: difference.count(ChangeKind::Added),
        changed: difference.count(ChangeKind::Changed),
        hidden: difference.count(ChangeKind::Hidden),
        removed: difference.count(ChangeKind::Removed),
    }
}

struct Writer<'a> {
    transaction: DatabaseTransaction,
    dialect: Dialect,
    prefix: &'a str,
}

impl Writer<'_> {
    /// The generation before this one. The row stays locked until the end, so generations become visible in their order.
    async fn lock(&self) -> Result<i64, DatabaseError> {
        let rows = self
            .query(
                "UPDATE catalog_state SET generation = generation WHERE id = 1 RETURNING generation",
                vec![],
            )
            .await?;
        rows.first().map_or(Ok(0), |row| Ok(row.try_get_by_index(0)?))
    }

    async fn take_generation(&self, generation: i64) -> Result<(), DatabaseError> {
        self.execute("UPDATE catalog_state SET generation = $1", vec![generation.into()])
            .await
    }

    async fn existing(&self) -> Result<Existing, DatabaseError> {
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

    async fn write_icons(&self, difference: Difference, generation: i64, now_ms: i64) -> Result<(), DatabaseError> {
        let new = Stamp {
            first_generation: generation,
            generation,
            updated_at_ms: now_ms,
        };
        let insert = difference.insert.into_iter().map(|row| (row, new));
        self.write_rows(insert, "").await?;
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
        self.write_rows(update, &replace_on_conflict()).await?;
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
        on_conflict: &str,
    ) -> Result<(), DatabaseError> {
        let full_chunk = insert_sql("icon", &COLUMNS, ROWS_PER_INSERT, on_conflict);
        loop {
            let mut values = Vec::with_capacity(ROWS_PER_INSERT * COLUMNS.len());
            for (row, stamp) in rows.by_ref().take(ROWS_PER_INSERT) {
                values.extend(row.values(self.prefix, stamp));
            }
            let count = values.len() / COLUMNS.len();
            match count {
                0 => return Ok(()),
                ROWS_PER_INSERT => self.execute(&full_chunk, values).await?,
                _ => {
                    self.execute(&insert_sql("icon", &COLUMNS, count, on_conflict), values)
                        .await?
                }
            }
        }
    }

    async fn tell(&self, difference: &Difference, generation: i64, now_ms: i64) -> Result<(), DatabaseError> {
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
                let columns = ["generation", "kind", "last_name", "names"];
                self.execute(&insert_sql("catalog_change_names", &columns, 1, ""), values)
                    .await?;
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
        let columns = ["generation", "kind", "prefix", "count", "at_ms"];
        self.execute(&insert_sql("catalog_change", &columns, 1, ""), values)
            .await
    }

    async fn characters_differ(&self, wanted: &[(String, String)]) -> Result<bool, DatabaseError> {
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

    async fn replace_characters(&self, characters: &[(String, String)]) -> Result<(), DatabaseError> {
        let (first, last) = IconId::range_of_set(self.prefix);
        self.execute(
            "DELETE FROM icon_character WHERE id BETWEEN $1 AND $2 AND prefix = $3",
            vec![first.into(), last.into(), self.prefix.into()],
        )
        .await?;
        let columns = ["id", "icon_id", "prefix", "codepoint"];
        for chunk in characters.chunks(ROWS_PER_INSERT) {
            let values = chunk.iter().flat_map(|(code, key)| {
                let ids = (id_of(self.prefix, code), id_of(self.prefix, key));
                [ids.0.into(), ids.1.into(), self.prefix.into(), code.as_str().into()]
            });
            // Two code points of one row id: the first stays, as with names.
            let sql = insert_sql("icon_character", &columns, chunk.len(), " ON CONFLICT (id) DO NOTHING");
            self.execute(&sql, values.collect()).await?;
        }
        Ok(())
    }

    async fn set_row(&self) -> Result<Option<set_row::OldSet>, DatabaseError> {
        let sql = format!("SELECT {} FROM icon_set WHERE prefix = $1", set_row::READ_COLUMNS);
        let rows = self.query(&sql, vec![self.prefix.into()]).await?;
        Ok(rows.first().map(set_row::OldSet::from_row).transpose()?)
    }

    async fn replace_set_row(
        &self,
        facts: &set_row::SetFacts,
        first_generation: i64,
        generation: i64,
        source_hash: [u8; 32],
    ) -> Result<(), DatabaseError> {
        let values = facts.values(self.prefix, first_generation, generation, source_hash);
        self.execute("DELETE FROM icon_set WHERE prefix = $1", vec![self.prefix.into()])
            .await?;
        self.execute(&insert_sql("icon_set", &set_row::COLUMNS, 1, ""), values)
            .await
    }

    async fn remember_source(&self, source_hash: [u8; 32]) -> Result<(), DatabaseError> {
        let values = vec![source_hash.to_vec().into(), self.prefix.into()];
        self.execute("UPDATE icon_set SET source_hash = $1 WHERE prefix = $2", values)
            .await
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

fn insert_sql(table: &str, columns: &[&str], rows: usize, on_conflict: &str) -> String {
    let width = columns.len();
    let row = |row: usize| {
        let placeholders: Vec<String> = (1..=width).map(|column| format!("${}", row * width + column)).collect();
        format!("({})", placeholders.join(","))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!(
        "INSERT INTO {table} ({}) VALUES {}{on_conflict}",
        columns.join(","),
        rows.join(",")
    )
}

fn replace_on_conflict() -> String {
    let assignments: Vec<String> = COLUMNS
        .iter()
        .filter(|column| **column != "id")
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    format!(" ON CONFLICT (id) DO UPDATE SET {}", assignments.join(", "))
}
