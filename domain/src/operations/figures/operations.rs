//! How operations did, by name.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{AnswerError, MOST_KEPT, MOST_NOTED, OTHER, Part, fold};
use crate::{cache::Lookups, operations::times::Times};

/// An operation that was answered.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// Its name; of one without, its kind in brackets.
    pub operation: &'a str,
    /// Whether the name is of a list of the owner's, and none that a client has invented.
    pub is_trusted: bool,
    pub took: Duration,
    /// SQL statements.
    pub statements: u32,
    /// What was wanted of the catalog.
    pub lookups: Lookups,
    /// Whether the whole answer was in memory.
    pub was_kept: bool,
    pub errors: &'a [AnswerError],
}

/// What an operation is called.
type Name = Box<str>;

/// Operations by name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::operations) struct Operations(BTreeMap<Name, OperationFigures>);

/// How operations of one name did.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::operations) struct OperationFigures {
    is_trusted: bool,
    pub(in crate::operations) times: Times,
    /// Those with an error, whoever is to blame.
    pub(in crate::operations) failed: u64,
    /// Those with an error for which the service is to blame.
    pub(in crate::operations) faults: u64,
    /// SQL statements of all.
    pub(in crate::operations) statements: u64,
    /// Those that looked something up, or were in memory whole.
    pub(in crate::operations) looked: u64,
    /// What share of that each found in memory, in all.
    pub(in crate::operations) found: f64,
}

impl Operations {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::operations) fn iter(&self) -> impl Iterator<Item = (&str, &OperationFigures)> {
        self.0.iter().map(|(name, figures)| (&**name, figures))
    }

    pub(in crate::operations) fn get(&self, name: &str) -> Option<&OperationFigures> {
        self.0.get(name)
    }

    pub(super) fn note(&mut self, answered: &Answered<'_>) {
        if let Some(known) = self.0.get_mut(answered.operation) {
            return known.note(answered);
        }
        // Names that nobody invents are few.
        let is_told_apart = answered.is_trusted || self.0.len() < MOST_NOTED;
        let name = if is_told_apart { answered.operation } else { OTHER };
        self.0.entry(name.into()).or_default().note(answered);
    }
}

impl Part for Operations {
    const COLUMN: &'static str = "operations";

    fn merge(&mut self, other: &Self) {
        for (name, figures) in &other.0 {
            match self.0.get_mut(name) {
                Some(known) => known.merge(figures),
                None => drop(self.0.insert(name.clone(), figures.clone())),
            }
        }
        if self.0.len() > 2 * MOST_NOTED {
            self.trim();
        }
    }

    fn trim(&mut self) {
        let rank = |_: &Name, figures: &OperationFigures| (figures.is_trusted, figures.times.count());
        fold(
            &mut self.0,
            MOST_KEPT,
            (rank, |_: &Name| OTHER.into()),
            |others, figures| {
                others.merge(&figures);
            },
        );
    }
}

impl OperationFigures {
    fn note(&mut self, answered: &Answered<'_>) {
        self.is_trusted |= answered.is_trusted;
        self.times.add(answered.took);
        self.failed += u64::from(!answered.errors.is_empty());
        self.faults += u64::from(answered.errors.iter().any(|error| error.is_fault));
        self.statements += u64::from(answered.statements);
        let Lookups { wanted, found } = answered.lookups;
        if answered.was_kept {
            self.looked += 1;
            self.found += 1.0;
        } else if wanted > 0 {
            self.looked += 1;
            self.found += f64::from(found) / f64::from(wanted);
        }
    }

    pub(in crate::operations) fn merge(&mut self, other: &Self) {
        self.is_trusted |= other.is_trusted;
        self.times.merge(&other.times);
        self.failed += other.failed;
        self.faults += other.faults;
        self.statements += other.statements;
        self.looked += other.looked;
        self.found += other.found;
    }
}
