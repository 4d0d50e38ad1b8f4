//! What went wrong, by code and operation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MOST_KEPT, MOST_NOTED, OTHER, Part, fold, sample};

/// An error of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerError {
    /// As clients are told.
    pub code: &'static str,
    /// Whether it is the service's fault, and nobody else's.
    pub is_fault: bool,
    pub message: String,
}

/// A code, and the operation that had it; none where a request came to no operation.
type Key = (Box<str>, Option<Box<str>>);

/// Errors by code and operation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::operations) struct Errors(BTreeMap<Key, ErrorFigures>);

/// Errors of one code in one operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::operations) struct ErrorFigures {
    pub(in crate::operations) is_fault: bool,
    pub(in crate::operations) count: u64,
    pub(in crate::operations) first_ms: i64,
    pub(in crate::operations) last_ms: i64,
    /// The newest message.
    pub(in crate::operations) sample: Box<str>,
}

impl Errors {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn note(&mut self, error: &AnswerError, operation: Option<&str>, now_ms: i64) {
        let mut key = (error.code.into(), operation.map(Into::into));
        if self.0.len() >= MOST_NOTED && !self.0.contains_key(&key) {
            key = others_of(&key);
        }
        self.add(
            key,
            ErrorFigures {
                is_fault: error.is_fault,
                count: 1,
                first_ms: now_ms,
                last_ms: now_ms,
                sample: sample(&error.message),
            },
        );
    }

    fn add(&mut self, key: Key, figures: ErrorFigures) {
        match self.0.get_mut(&key) {
            Some(known) => known.merge(figures),
            None => drop(self.0.insert(key, figures)),
        }
    }

    /// Requests that came to no operation for a fault of the service.
    pub(super) fn unanswered(&self) -> u64 {
        let of_none = self.0.iter().filter(|((_, operation), _)| operation.is_none());
        of_none
            .filter(|(_, figures)| figures.is_fault)
            .map(|(_, figures)| figures.count)
            .sum()
    }

    pub(in crate::operations) fn into_iter(self) -> impl Iterator<Item = (Key, ErrorFigures)> {
        self.0.into_iter()
    }
}

impl Part for Errors {
    const COLUMN: &'static str = "errors";

    fn merge(&mut self, other: &Self) {
        for (key, figures) in &other.0 {
            self.add(key.clone(), figures.clone());
        }
        if self.0.len() > 2 * MOST_NOTED {
            self.trim();
        }
    }

    fn trim(&mut self) {
        let rank = |_: &Key, figures: &ErrorFigures| figures.count;
        fold(&mut self.0, MOST_KEPT, (rank, others_of), ErrorFigures::merge);
    }
}

/// What stands for errors of its code in all operations but those that are told apart.
fn others_of((code, operation): &Key) -> Key {
    // What came to no operation stands for itself: of it there is one for each code.
    (code.clone(), operation.as_ref().map(|_| OTHER.into()))
}

impl ErrorFigures {
    fn merge(&mut self, other: Self) {
        self.is_fault |= other.is_fault;
        self.count += other.count;
        self.first_ms = self.first_ms.min(other.first_ms);
        if other.last_ms >= self.last_ms {
            self.last_ms = other.last_ms;
            self.sample = other.sample;
        }
    }
}
