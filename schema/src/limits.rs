//! What one request may ask for. One home for each figure; `Limits` is also what clients can read of them.

mod document;

pub(crate) use document::{
    MAX_NESTED_SETS, Scan, at_most, check_bytes, check_parsed, check_text, find_introspection, too_deep,
};

use crate::errors::LimitExceeded;

/// Checks what an operation, or several in one request, cost.
pub(crate) fn check_cost(cost: usize, limits: &Limits) -> Result<(), LimitExceeded> {
    at_most("maxCost", limits.max_cost, cost)
}

/// What nothing costs more than. The library adds costs without minding an overflow, behind which they would be small again;
/// as many as a document may have selections are far below it.
const MOST: usize = 1 << 40;

/// What `count` things cost of which each costs `each`.
pub(crate) fn cost_of(count: usize, each: usize) -> usize {
    count.saturating_mul(each).min(MOST)
}

/// What of a client's own files is read: nothing that would harm the reader.
pub(crate) const OF_FILES: Limits = Limits {
    max_batch: usize::MAX,
    default_page_size: u32::MAX,
    max_page_size: u32::MAX,
    max_depth: usize::MAX,
    max_cost: usize::MAX,
    max_tokens: usize::MAX,
    max_aliases: usize::MAX,
    max_body_bytes: usize::MAX,
    max_document_bytes: usize::MAX,
    max_nesting: 64,
    max_fragments: usize::MAX,
    max_selections: usize::MAX,
    max_root_fields: usize::MAX,
    max_directives: usize::MAX,
    max_directives_per_field: usize::MAX,
    deadline_ms: u64::MAX,
};

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
    /// Brackets inside each other, before parsing; and selection sets once every fragment is written out.
    pub max_nesting: usize,
    /// Fragment definitions.
    pub max_fragments: usize,
    /// Selections once every fragment is written out.
    pub max_selections: usize,
    /// Fields at the top of an operation.
    pub max_root_fields: usize,
    /// Directives of an operation, those of its fragments included.
    pub max_directives: usize,
    /// Directives of one field, fragment, variable or operation.
    pub max_directives_per_field: usize,
    /// Milliseconds until a request is given up.
    pub deadline_ms: u64,
}
