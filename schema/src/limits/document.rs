//! Guards on a document before anything recursive touches it.
//!
//! The parser and the validator recurse into values and fragments without a bound of their own: a few kilobytes of
//! brackets end the process, and two dozen fragments that spread each other twice keep a core busy for minutes.

mod scan;
mod totals;

use async_graphql::{
    Pos,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

use self::totals::Totals;
use super::Limits;
use crate::{errors::LimitExceeded, refusal::Refusal};
pub(crate) use scan::Scan;

/// Selection sets inside each other, once every fragment is written out, however high `maxNesting` is: the parser follows
/// one more, and what runs a document goes as deep as they do.
pub(crate) const MAX_NESTED_SETS: usize = 64;

/// Checks a document's length.
pub(crate) fn check_bytes(text: &str, limits: &Limits) -> Result<(), LimitExceeded> {
    at_most("maxDocumentBytes", limits.max_document_bytes, text.len())
}

/// Checks a document's text in one pass: its length, its nesting, its tokens.
pub(crate) fn check_text(text: &str, limits: &Limits) -> Result<(), LimitExceeded> {
    check_bytes(text, limits)?;
    let mut scan = Scan::new(text);
    let (mut nesting, mut deepest, mut tokens) = (0_usize, 0, 0_usize);
    while let Some(token) = scan.next_token() {
        tokens += 1;
        match token[0] {
            b'{' | b'[' | b'(' => {
                nesting += 1;
                deepest = deepest.max(nesting);
            }
            b'}' | b']' | b')' => nesting = nesting.saturating_sub(1),
            _ => {}
        }
    }
    at_most("maxNesting", limits.max_nesting, deepest)?;
    at_most("maxTokens", limits.max_tokens, tokens)
}

/// Checks a parsed document: how deep its fragments go before all, since nothing else may follow them until then.
///
/// # Errors
/// `LIMIT_EXCEEDED`, or `GRAPHQL_VALIDATION_FAILED` of a fragment that spreads itself.
pub(crate) fn check_parsed(document: &ExecutableDocument, limits: &Limits) -> Result<(), Refusal> {
    at_most("maxFragments", limits.max_fragments, document.fragments.len())?;
    let mut totals = Totals::new(document, limits);
    for (_, operation) in document.operations.iter() {
        let total = totals.of_operation(&operation.node)?;
        at_most("maxSelections", limits.max_selections, total.selections)?;
        at_most("maxDepth", limits.max_depth, total.depth)?;
        at_most("maxAliases", limits.max_aliases, total.aliases)?;
        at_most("maxRootFields", limits.max_root_fields, total.fields_at_top)?;
        at_most("maxDirectives", limits.max_directives, total.directives)?;
    }
    totals.check_fragments()
}

/// How deep selection sets may stand in each other.
pub(crate) fn most_nested_sets(limits: &Limits) -> usize {
    limits.max_nesting.min(MAX_NESTED_SETS)
}

/// More selection sets inside each other than are followed.
pub(crate) fn too_deep(limits: &Limits) -> LimitExceeded {
    LimitExceeded {
        limit: "maxNesting",
        max: most_nested_sets(limits),
        actual: None,
    }
}

/// Where a document asks for the schema, if it does. The names of these two fields are theirs alone.
pub(crate) fn find_introspection(document: &ExecutableDocument) -> Option<Pos> {
    let operations = document
        .operations
        .iter()
        .map(|(_, operation)| &operation.node.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set);
    operations.chain(fragments).find_map(|set| introspection_in(&set.node))
}

fn introspection_in(set: &SelectionSet) -> Option<Pos> {
    set.items.iter().find_map(|selection| match &selection.node {
        Selection::Field(field) if matches!(field.node.name.node.as_str(), "__schema" | "__type") => Some(field.pos),
        Selection::Field(field) => introspection_in(&field.node.selection_set.node),
        Selection::InlineFragment(fragment) => introspection_in(&fragment.node.selection_set.node),
        Selection::FragmentSpread(_) => None,
    })
}

/// Whether `actual` keeps a limit, which is named as in `Limits`.
pub(crate) fn at_most(limit: &'static str, max: usize, actual: usize) -> Result<(), LimitExceeded> {
    if actual <= max {
        Ok(())
    } else {
        Err(LimitExceeded {
            limit,
            max,
            actual: Some(actual),
        })
    }
}
