//! A set as it is against a set as it should be: which rows to write, which to delete, and what to call it in the feed.

use std::collections::{HashMap, HashSet};

use super::row::{Facts, IconRow};
use crate::{
    catalog::ChangeKind,
    iconify::skipped::{SkipReason, Skipped},
};

/// The rows that lie in a set's range of ids.
#[derive(Default)]
pub(super) struct Existing {
    pub(super) rows: HashMap<i64, ExistingRow>,
    /// Ids taken by other sets, which share the range by accident.
    pub(super) foreign: HashSet<i64>,
}

pub(super) struct ExistingRow {
    pub(super) key: String,
    pub(super) first_generation: i64,
    pub(super) generation: i64,
    pub(super) updated_at_ms: i64,
    pub(super) facts: Facts,
}

/// What to do to the table, and what to say of it.
#[derive(Default)]
pub(super) struct Difference {
    /// Rows that are not there yet, by id ascending.
    pub(super) insert: Vec<IconRow>,
    /// Rows that are there otherwise, with what is there.
    pub(super) update: Vec<(IconRow, ExistingRow)>,
    /// Ids of rows whose names are gone.
    pub(super) delete: Vec<i64>,
    /// Keys by kind of change; ascending once [`Difference::between`] is done.
    pub(super) changes: HashMap<ChangeKind, Vec<String>>,
    pub(super) skipped: Vec<Skipped>,
}

impl Difference {
    /// Compares `existing` with `wanted`, which is sorted by id.
    pub(super) fn between(mut existing: Existing, wanted: Vec<IconRow>) -> Self {
        let mut difference = Self::default();
        let mut last: Option<(i64, String)> = None;
        for row in wanted {
            let clash = last.as_ref().is_some_and(|(id, _)| *id == row.id) || existing.foreign.contains(&row.id);
            if clash {
                difference.skipped.push(Skipped {
                    what: row.key,
                    reason: SkipReason::RowIdTaken,
                });
                continue;
            }
            last = Some((row.id, row.key.clone()));
            match existing.rows.remove(&row.id) {
                None => difference.add(row),
                Some(old) => difference.compare(row, old),
            }
        }
        for (id, old) in existing.rows {
            difference.delete.push(id);
            difference.tell(ChangeKind::Removed, old.key);
        }
        for keys in difference.changes.values_mut() {
            keys.sort_unstable();
        }
        difference
    }

    /// Whether any row of an icon is to be touched.
    pub(super) fn is_empty(&self) -> bool {
        self.insert.is_empty() && self.update.is_empty() && self.delete.is_empty()
    }

    /// Names of one kind of change.
    pub(super) fn count(&self, kind: ChangeKind) -> usize {
        self.changes.get(&kind).map_or(0, Vec::len)
    }

    /// A name that arrives hidden is told as hidden: it can be asked for, and is in no list.
    fn add(&mut self, row: IconRow) {
        let kind = if row.facts.hidden {
            ChangeKind::Hidden
        } else {
            ChangeKind::Added
        };
        self.tell(kind, row.key.clone());
        self.insert.push(row);
    }

    fn compare(&mut self, row: IconRow, old: ExistingRow) {
        if row.facts == old.facts {
            return;
        }
        match (old.facts.hidden, row.facts.hidden) {
            (true, false) => self.tell(ChangeKind::Added, row.key.clone()),
            (false, true) => self.tell(ChangeKind::Hidden, row.key.clone()),
            _ if row.facts.differ_visibly(&old.facts) => self.tell(ChangeKind::Changed, row.key.clone()),
            _ => {}
        }
        self.update.push((row, old));
    }

    /// Tells of names of which something beside their rows changes, where nothing is told of them already.
    pub(super) fn tell_changed<'k>(&mut self, keys: impl Iterator<Item = &'k str>) {
        for key in keys {
            if !self.changes.values().flatten().any(|told| told == key) {
                self.tell(ChangeKind::Changed, key.to_owned());
            }
        }
        if let Some(changed) = self.changes.get_mut(&ChangeKind::Changed) {
            changed.sort_unstable();
        }
    }

    fn tell(&mut self, kind: ChangeKind, key: String) {
        self.changes.entry(kind).or_default().push(key);
    }
}
