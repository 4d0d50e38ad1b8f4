use std::sync::LazyLock;

use schema::{DocumentCheck, Limits};

/// The limits that a server has by default.
const LIMITS: Limits = Limits {
    max_batch: 500,
    default_page_size: 50,
    max_page_size: 100,
    max_depth: 16,
    max_cost: 5_000,
    max_tokens: 2_000,
    max_aliases: 30,
    max_body_bytes: 1 << 20,
    max_document_bytes: 16 << 10,
    max_nesting: 64,
    max_fragments: 50,
    max_selections: 1_000,
    max_root_fields: 20,
    max_directives: 50,
    max_directives_per_field: 5,
    deadline_ms: 5_000,
};

pub(crate) fn run(input: &[u8]) {
    static CHECK: LazyLock<DocumentCheck> = LazyLock::new(|| DocumentCheck::new(LIMITS));
    let Ok(text) = str::from_utf8(input) else { return };
    let fault = CHECK.fault(text);
    assert_ne!(fault.as_deref(), Some(""), "a refusal says why");
}
