//! What a server did in a stretch of time: figures that can be put together, of several stretches and several servers.
//!
//! They are kept in parts, so that whoever asks for one reads no other.

mod errors;
mod layers;
mod operations;
mod statements;
mod totals;

use std::collections::BTreeMap;

use serde::{Serialize, de::DeserializeOwned};

use crate::cache::PopularLookups;

pub use errors::AnswerError;
pub(super) use errors::{ErrorFigures, Errors};
pub use layers::LayerCounts;
pub(super) use layers::Layers;
pub use operations::Answered;
pub(super) use operations::Operations;
pub(super) use statements::Statements;
pub(super) use totals::Totals;

/// What names beyond those that are told apart are counted as.
pub(super) const OTHER: &str = "(other)";

/// Operations that are told apart in what is kept, and kinds of errors: those that count most.
pub(super) const MOST_KEPT: usize = 200;

/// And those that are told apart while they are noted, for clients can invent names without end.
pub(super) const MOST_NOTED: usize = 2 * MOST_KEPT;

/// Characters of a text that stands for all of its kind.
const SAMPLE_CHARACTERS: usize = 400;

/// A part of the figures, as it is kept.
pub(super) trait Part: Default + Serialize + DeserializeOwned + Send {
    /// The column that has it.
    const COLUMN: &'static str;

    /// Adds what happened elsewhere, or at another time.
    fn merge(&mut self, other: &Self);

    /// Puts together what is told apart beyond what is kept.
    fn trim(&mut self) {}
}

/// What a server did.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures {
    pub(super) operations: Operations,
    pub(super) errors: Errors,
    pub(super) layers: Layers,
    pub(super) statements: Statements,
    pub(super) popular: PopularLookups,
}

impl Figures {
    pub(super) fn is_empty(&self) -> bool {
        self.operations.is_empty()
            && self.errors.is_empty()
            && self.layers.is_empty()
            && self.statements.is_empty()
            && self.popular == PopularLookups::default()
    }

    pub(super) fn note_answer(&mut self, answered: &Answered<'_>, now_ms: i64) {
        self.operations.note(answered);
        for error in answered.errors {
            self.errors.note(error, Some(answered.operation), now_ms);
        }
    }

    pub(super) fn note_unanswered(&mut self, error: &AnswerError, now_ms: i64) {
        self.errors.note(error, None, now_ms);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.operations.merge(&other.operations);
        self.errors.merge(&other.errors);
        self.layers.merge(&other.layers);
        self.statements.merge(&other.statements);
        self.popular.merge(other.popular);
    }

    /// Puts together what is told apart beyond what is kept.
    pub(super) fn trim(&mut self) {
        self.operations.trim();
        self.errors.trim();
    }

    /// What all operations come to.
    pub(super) fn totals(&self) -> Totals {
        Totals::of(&self.operations, &self.errors, self.popular)
    }
}

/// Puts all but the `most` that come first into what stands for the others.
///
/// `rank` says what comes first: what is greatest.
fn fold<K: Ord + Clone, V, R: Ord>(
    known: &mut BTreeMap<K, V>,
    most: usize,
    (rank, other_of): (impl Fn(&K, &V) -> R, impl Fn(&K) -> K),
    merge: impl Fn(&mut V, V),
) {
    // Those that stand for others are no others.
    let is_one = |key: &K| other_of(key) != *key;
    if known.keys().filter(|key| is_one(key)).count() <= most {
        return;
    }
    let mut ranked: Vec<(R, K)> = (known.iter())
        .filter(|(key, _)| is_one(key))
        .map(|(key, value)| (rank(key, value), key.clone()))
        .collect();
    ranked.sort_unstable_by(|one, other| other.cmp(one));
    for (_, key) in ranked.split_off(most) {
        let Some(value) = known.remove(&key) else { continue };
        match known.get_mut(&other_of(&key)) {
            Some(others) => merge(others, value),
            None => drop(known.insert(other_of(&key), value)),
        }
    }
}

/// Enough of a text to know it by.
fn sample(text: &str) -> Box<str> {
    text.chars().take(SAMPLE_CHARACTERS).collect::<String>().into()
}

#[cfg(test)]
mod tests;
