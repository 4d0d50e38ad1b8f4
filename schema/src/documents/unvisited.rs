//! The guard on what the library's validator passes over: `__typename`, with whatever stands at it, and the directives of
//! variables.
//!
//! A `__typename` that depends on something becomes one in a fragment that does. That is the same to who runs it, and
//! fragments are what the validator looks at: it knows then which variables are used, and of which types they must be.

use std::mem;

use async_graphql::{
    Positioned, ServerError,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, Field, InlineFragment, Selection, SelectionSet,
    },
};

use crate::{
    errors::{Code, with_code},
    refusal::Refusal,
};

const TYPENAME: &str = "__typename";

/// The directives that a field may have.
const OF_FIELDS: [&str; 2] = ["include", "skip"];
/// Those of schemas, which are known and fit nowhere in a document.
const OF_SCHEMAS: [&str; 3] = ["deprecated", "oneOf", "specifiedBy"];

/// Checks all of it, and puts each `__typename` that has directives where the validator finds them.
///
/// # Errors
/// `GRAPHQL_VALIDATION_FAILED`, in the validator's words.
pub(super) fn check(document: &mut ExecutableDocument) -> Result<(), Refusal> {
    let mut errors = Vec::new();
    for (_, operation) in document.operations.iter() {
        for variable in &operation.node.variable_definitions {
            let directives = variable.node.directives.iter();
            errors.extend(directives.map(|directive| unfit(directive, "VARIABLE_DEFINITION")));
        }
    }
    let ExecutableDocument { operations, fragments } = document;
    match operations {
        DocumentOperations::Single(operation) => visit(&mut operation.node.selection_set.node, &mut errors),
        DocumentOperations::Multiple(operations) => {
            for operation in operations.values_mut() {
                visit(&mut operation.node.selection_set.node, &mut errors);
            }
        }
    }
    for fragment in fragments.values_mut() {
        visit(&mut fragment.node.selection_set.node, &mut errors);
    }
    if errors.is_empty() {
        return Ok(());
    }
    // The parts of a document have no order of their own.
    errors.sort_by_key(|error| error.locations.first().map(|place| (place.line, place.column)));
    let errors = errors.into_iter();
    Err(Refusal::from_errors(
        errors
            .map(|error| with_code(error, Code::GraphqlValidationFailed))
            .collect(),
    ))
}

fn visit(set: &mut SelectionSet, errors: &mut Vec<ServerError>) {
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) if field.node.name.node == TYPENAME => {
                errors.extend(faults(field));
                if !field.node.directives.is_empty() {
                    selection.node = Selection::InlineFragment(in_fragment(field));
                }
            }
            Selection::Field(field) => visit(&mut field.node.selection_set.node, errors),
            Selection::InlineFragment(fragment) => visit(&mut fragment.node.selection_set.node, errors),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// What is wrong with a `__typename`, apart from what the validator finds once its directives are a fragment's.
fn faults(field: &Positioned<Field>) -> Vec<ServerError> {
    let Field {
        arguments,
        directives,
        selection_set,
        ..
    } = &field.node;
    let arguments = arguments.iter().map(|(name, _)| {
        let message = format!("Unknown argument \"{name}\" on field \"{TYPENAME}\"");
        ServerError::new(message, Some(name.pos))
    });
    let is_unfit = |directive: &&Positioned<Directive>| !OF_FIELDS.contains(&directive.node.name.node.as_str());
    let directives = directives.iter().filter(is_unfit);
    let selections = (!selection_set.node.items.is_empty()).then(|| {
        let message = format!("Field \"{TYPENAME}\" must not have a selection since type \"String\" has no subfields");
        ServerError::new(message, Some(field.pos))
    });
    arguments
        .chain(directives.map(|directive| unfit(directive, "FIELD")))
        .chain(selections)
        .collect()
}

/// A directive that cannot be where it is.
fn unfit(directive: &Positioned<Directive>, place: &str) -> ServerError {
    let name = directive.node.name.node.as_str();
    let message = if OF_FIELDS.contains(&name) || OF_SCHEMAS.contains(&name) {
        format!("Directive \"{name}\" may not be used on \"{place}\"")
    } else {
        format!("Unknown directive \"{name}\"")
    };
    ServerError::new(message, Some(directive.pos))
}

/// The field, without its directives, in a fragment that has them.
fn in_fragment(field: &mut Positioned<Field>) -> Positioned<InlineFragment> {
    let (position, directives) = (field.pos, mem::take(&mut field.node.directives));
    let items = vec![Positioned::new(Selection::Field(field.clone()), position)];
    let fragment = InlineFragment {
        type_condition: None,
        directives,
        selection_set: Positioned::new(SelectionSet { items }, position),
    };
    Positioned::new(fragment, position)
}
