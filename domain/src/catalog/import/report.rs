//! What an import did, set by set.

use super::SetError;
use crate::{catalog::ChangeKind, iconify::skipped::Skipped};

/// All sets of an import, in the order they were taken.
#[derive(Debug, Default)]
pub struct ImportReport {
    pub sets: Vec<SetReport>,
}

/// One set of an import.
#[derive(Debug)]
pub struct SetReport {
    /// The set's prefix; where the file could not be read, its path.
    pub label: String,
    pub outcome: SetOutcome,
    /// Items left out while the set went on.
    pub skipped: Vec<Skipped>,
}

/// How a set fared.
#[derive(Debug)]
pub enum SetOutcome {
    /// The catalog holds exactly this already.
    Unchanged,
    /// Written as one generation. Counts are names, by [`ChangeKind`]; all are 0 where only facts of the set changed.
    Written {
        generation: i64,
        added: usize,
        changed: usize,
        hidden: usize,
        removed: usize,
    },
    /// Left as it was before.
    Failed { reason: String },
}

impl SetReport {
    pub(super) fn failed(label: String, error: &SetError) -> Self {
        Self {
            label,
            outcome: SetOutcome::Failed {
                reason: error.to_string(),
            },
            skipped: Vec::new(),
        }
    }

    pub(super) fn unchanged(prefix: String) -> Self {
        Self {
            label: prefix,
            outcome: SetOutcome::Unchanged,
            skipped: Vec::new(),
        }
    }

    /// Names of one kind of change.
    pub fn count(&self, kind: ChangeKind) -> usize {
        match (&self.outcome, kind) {
            (SetOutcome::Written { added, .. }, ChangeKind::Added) => *added,
            (SetOutcome::Written { changed, .. }, ChangeKind::Changed) => *changed,
            (SetOutcome::Written { hidden, .. }, ChangeKind::Hidden) => *hidden,
            (SetOutcome::Written { removed, .. }, ChangeKind::Removed) => *removed,
            _ => 0,
        }
    }
}

impl ImportReport {
    /// Names of one kind of change, over all sets.
    pub fn count(&self, kind: ChangeKind) -> usize {
        self.sets.iter().map(|set| set.count(kind)).sum()
    }

    /// Sets that were left as they were because they could not be read.
    pub fn failed_sets(&self) -> usize {
        self.sets
            .iter()
            .filter(|set| matches!(set.outcome, SetOutcome::Failed { .. }))
            .count()
    }

    pub(super) fn names_written(&self) -> usize {
        ChangeKind::ALL.into_iter().map(|kind| self.count(kind)).sum()
    }
}
