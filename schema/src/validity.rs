//! For how long an answer stays right.

use domain::cache::{MadeOf, Shown};

/// All that public answers depend on, at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    pub(crate) catalog: Shown,
    /// None before there is an index.
    pub(crate) search: Option<i64>,
    /// How often the list of trusted documents was replaced.
    pub(crate) documents: u64,
}

/// When an answer was begun and what it was made of: it is right until any of that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validity {
    pub(crate) begun: Epoch,
    pub(crate) made_of: MadeOf,
}

impl Validity {
    /// Memory that it takes.
    pub fn bytes(&self) -> usize {
        self.made_of.bytes()
    }
}

impl Epoch {
    /// Of an answer that was begun in this epoch.
    pub fn made_of(self, made_of: MadeOf) -> Validity {
        Validity { begun: self, made_of }
    }
}
