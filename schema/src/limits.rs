//! What one request may ask for. One home for each figure; `Limits` is also what clients can read of them.

mod document;

pub(crate) use document::{check_parsed, check_text, find_introspection};

use crate::errors::LimitExceeded;

/// The error of an operation that costs too much. The validator stops without saying how much it would have been.
pub(crate) fn cost_exceeded(limits: &Limits) -> LimitExceeded {
    LimitExceeded {
        limit: "maxCost",
        max: limits.max_cost,
        actual: None,
    }
}

/// The limits on a request. All are maxima.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Names or ids in a batch.
    pub max_batch: usize,
    /// Items of a page where neither `first` nor `last` is given.
    pub default_page_size: u32,
    /// `first` or `last`.
    pub max_page_size: u32,
    /// Fields inside each other.
    pub max_depth: usize,
    /// Cost as the fields add it up: an object 1, times `first` where there are many.
    pub max_cost: usize,
    /// Names, numbers, texts and marks of a document.
    pub max_tokens: usize,
    /// Aliased fields.
    pub max_aliases: usize,
    /// Bytes of a request's body.
    pub max_body_bytes: usize,
    /// Bytes of a document.
    pub max_document_bytes: usize,
    /// Brackets inside each other, before parsing.
    pub max_nesting: usize,
    /// Fragment definitions.
    pub max_fragments: usize,
    /// Selections once every fragment is written out.
    pub max_selections: usize,
    /// Fields at the top of an operation.
    pub max_root_fields: usize,
    /// Directives of an operation, those of its fragments included.
    pub max_directives: usize,
    /// Milliseconds until a request is given up.
    pub deadline_ms: u64,
}
