//! Statements that were slow, by what metrics call them.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Part, sample};
use crate::operations::times::Times;

/// Slow statements by kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::operations) struct Statements(BTreeMap<Box<str>, StatementFigures>);

/// Slow statements of one kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::operations) struct StatementFigures {
    pub(in crate::operations) times: Times,
    /// One of them, as it was prepared: without values.
    pub(in crate::operations) text: Box<str>,
    /// How the database went about it; none where it would not say.
    pub(in crate::operations) plan: Option<Box<str>>,
}

impl Statements {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::operations) fn note(&mut self, kind: &str, (text, plan): (&str, Option<&str>), times: &[Duration]) {
        let known = self.0.entry(kind.into()).or_default();
        known.text = sample(text);
        known.plan = plan.map(Into::into).or(known.plan.take());
        for time in times {
            known.times.add(*time);
        }
    }

    pub(in crate::operations) fn into_values(self) -> impl Iterator<Item = StatementFigures> {
        self.0.into_values()
    }
}

impl Part for Statements {
    const COLUMN: &'static str = "statements";

    fn merge(&mut self, other: &Self) {
        for (kind, figures) in &other.0 {
            self.0.entry(kind.clone()).or_default().merge(figures);
        }
    }
}

impl StatementFigures {
    fn merge(&mut self, other: &Self) {
        self.times.merge(&other.times);
        // What is put together is put together in its order: the newest stands for all.
        if !other.text.is_empty() {
            self.text.clone_from(&other.text);
        }
        if other.plan.is_some() {
            self.plan.clone_from(&other.plan);
        }
    }
}
