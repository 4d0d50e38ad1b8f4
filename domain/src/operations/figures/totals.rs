//! What all operations come to: enough to say what was promised and kept.

use serde::{Deserialize, Serialize};

use super::{Errors, Operations, Part};
use crate::{cache::PopularLookups, operations::times::Times};

/// All operations together.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::operations) struct Totals {
    pub(in crate::operations) times: Times,
    /// Operations with an error for which the service is to blame.
    pub(in crate::operations) faults: u64,
    /// Requests that came to no operation, for which it is to blame as well.
    pub(in crate::operations) unanswered: u64,
    pub(in crate::operations) popular: PopularLookups,
}

impl Totals {
    pub(super) fn of(operations: &Operations, errors: &Errors, popular: PopularLookups) -> Self {
        let mut totals = Self {
            unanswered: errors.unanswered(),
            popular,
            ..Self::default()
        };
        for (_, figures) in operations.iter() {
            totals.times.merge(&figures.times);
            totals.faults += figures.faults;
        }
        totals
    }
}

impl Part for Totals {
    const COLUMN: &'static str = "totals";

    fn merge(&mut self, other: &Self) {
        self.times.merge(&other.times);
        self.faults += other.faults;
        self.unanswered += other.unanswered;
        self.popular.merge(other.popular);
    }
}
