//! The feed of changes: what the generation that is being written did.

use std::collections::HashMap;

use super::{Insert, OnConflict, Writer};
use crate::{
    catalog::{ChangeKind, changes::NAMES_PER_CHUNK},
    database::DatabaseError,
};

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

impl Writer<'_> {
    /// Tells the keys of each kind of change, which ascend; without any, that the set's own facts changed.
    pub(in crate::catalog::import) async fn tell(
        &self,
        changes: &HashMap<ChangeKind, Vec<String>>,
        generation: i64,
        now_ms: i64,
    ) -> Result<(), DatabaseError> {
        let mut told = false;
        for kind in ChangeKind::ALL {
            let Some(keys) = changes.get(&kind) else {
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
}
