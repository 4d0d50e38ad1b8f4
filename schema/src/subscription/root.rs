//! The one field of a subscription.
//!
//! The library opens a stream for each field that stands at the top, also for several, and none for what stands in a fragment
//! there. So the top is written out before it comes to that.
//! Source: the GraphQL specification, "Single Root Field".

use std::collections::HashSet;

use async_graphql::{
    Name, Positioned, ServerError,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field, FragmentDefinition, OperationDefinition, OperationType,
        Selection, SelectionSet, TypeCondition,
    },
};

use crate::{
    errors::{Code, with_code},
    refusal::Refusal,
};

/// The name of the type, which fragments at the top are of.
const SUBSCRIPTION: &str = "Subscription";

/// Leaves each subscription of `document` with one field at its top, which is what its fragments there come to.
///
/// # Errors
/// `GRAPHQL_VALIDATION_FAILED` where that is not one field, is one of introspection, or depends on variables.
pub(crate) fn write_out_roots(document: &mut ExecutableDocument) -> Result<(), Refusal> {
    let mut found = Vec::new();
    let mut written_out = HashSet::new();
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        found.push(match operation.ty {
            OperationType::Subscription => root_of(document, &operation.selection_set.node, &mut written_out)?,
            OperationType::Query | OperationType::Mutation => None,
        });
    }
    if found.iter().all(Option::is_none) {
        return Ok(());
    }
    // In the same order, for nothing was changed in between.
    for (operation, root) in operations_mut(document).into_iter().zip(found) {
        if let Some(root) = root {
            operation.node.selection_set.node.items = vec![root];
        }
    }
    drop_written_out(document, &written_out);
    Ok(())
}

/// The one field that a subscription comes to. None where its fragments make no sense, of which the validator tells.
fn root_of(
    document: &ExecutableDocument,
    top: &SelectionSet,
    written_out: &mut HashSet<Name>,
) -> Result<Option<Positioned<Selection>>, Refusal> {
    let mut roots = Roots {
        document,
        fields: Vec::new(),
        behind: HashSet::new(),
        within: Vec::new(),
    };
    if !roots.collect(top)? {
        return Ok(None);
    }
    written_out.extend(roots.behind.into_iter().cloned());
    let mut fields = roots.fields.into_iter();
    let Some(first) = fields.next() else {
        return Ok(None);
    };
    let mut root = first.clone();
    for field in fields {
        if !is_same(&root.node, &field.node) {
            return Err(refused(
                "A subscription has one field at its top. Subscribe to each in an operation of its own.",
                field,
            ));
        }
        let selections = field.node.selection_set.node.items.iter().cloned();
        root.node.selection_set.node.items.extend(selections);
    }
    if root.node.name.node.starts_with("__") {
        return Err(refused("A subscription has a field of its own at its top.", &root));
    }
    let position = root.pos;
    Ok(Some(Positioned::new(Selection::Field(root), position)))
}

/// Whether two fields are one in the answer.
fn is_same(one: &Field, other: &Field) -> bool {
    one.response_key().node == other.response_key().node
        && one.name.node == other.name.node
        && one.arguments.len() == other.arguments.len()
        && (one.arguments.iter()).all(|(name, value)| other.get_argument(&name.node) == Some(value))
}

fn refused<T>(message: &str, at: &Positioned<T>) -> Refusal {
    let error = ServerError::new(message, Some(at.pos));
    with_code(error, Code::GraphqlValidationFailed).into()
}

/// The fields at a top, with those of its fragments.
struct Roots<'a> {
    document: &'a ExecutableDocument,
    fields: Vec<&'a Positioned<Field>>,
    /// Fragments that are written out: once is enough, and keeps the work small.
    behind: HashSet<&'a Name>,
    /// Fragments that are being written out.
    within: Vec<&'a Name>,
}

impl<'a> Roots<'a> {
    /// Whether the fragments make sense.
    fn collect(&mut self, set: &'a SelectionSet) -> Result<bool, Refusal> {
        for selection in &set.items {
            let depends = |name: &str| name == "skip" || name == "include";
            if let Some(directive) = (selection.node.directives().iter()).find(|one| depends(&one.node.name.node)) {
                let message = "The field at the top of a subscription cannot depend on @skip or @include.";
                return Err(refused(message, directive));
            }
            let makes_sense = match &selection.node {
                Selection::Field(field) => {
                    self.fields.push(field);
                    true
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    condition.is_none_or(|condition| is_of_subscription(&condition.node))
                        && fragment.node.directives.is_empty()
                        && self.collect(&fragment.node.selection_set.node)?
                }
                Selection::FragmentSpread(spread) => {
                    spread.node.directives.is_empty() && self.collect_fragment(&spread.node.fragment_name.node)?
                }
            };
            if !makes_sense {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn collect_fragment(&mut self, name: &'a Name) -> Result<bool, Refusal> {
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(false);
        };
        if self.within.contains(&name) || !can_be_written_out(&fragment.node) {
            return Ok(false);
        }
        if !self.behind.insert(name) {
            return Ok(true);
        }
        self.within.push(name);
        let makes_sense = self.collect(&fragment.node.selection_set.node)?;
        self.within.pop();
        Ok(makes_sense)
    }
}

fn is_of_subscription(condition: &TypeCondition) -> bool {
    condition.on.node == SUBSCRIPTION
}

fn can_be_written_out(fragment: &FragmentDefinition) -> bool {
    is_of_subscription(&fragment.type_condition.node) && fragment.directives.is_empty()
}

fn operations_mut(document: &mut ExecutableDocument) -> Vec<&mut Positioned<OperationDefinition>> {
    match &mut document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values_mut().collect(),
    }
}

/// Takes out the fragments that were written out, which nothing spreads any more.
fn drop_written_out(document: &mut ExecutableDocument, written_out: &HashSet<Name>) {
    let operations = document
        .operations
        .iter()
        .map(|(_, operation)| &operation.node.selection_set);
    let others = document
        .fragments
        .iter()
        .filter(|(name, _)| !written_out.contains(*name));
    let mut spread = HashSet::new();
    for set in operations.chain(others.map(|(_, fragment)| &fragment.node.selection_set)) {
        spreads_in(&set.node, &mut spread);
    }
    document
        .fragments
        .retain(|name, _| !written_out.contains(name) || spread.contains(name));
}

fn spreads_in(set: &SelectionSet, spread: &mut HashSet<Name>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => spreads_in(&field.node.selection_set.node, spread),
            Selection::InlineFragment(fragment) => spreads_in(&fragment.node.selection_set.node, spread),
            Selection::FragmentSpread(found) => {
                spread.insert(found.node.fragment_name.node.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
