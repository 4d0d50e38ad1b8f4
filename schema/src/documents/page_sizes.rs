//! The guard on page sizes: what a document or its variables ask for at once, before its cost is reckoned.

use std::convert::Infallible;

use async_graphql::{
    Name, Positioned, Value as ConstValue,
    parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet},
};

use super::Variables;
use crate::{
    errors::LimitExceeded,
    limits::{Limits, at_most},
    variables::PAGE_SIZES,
};

/// Checks the operation that is run, and every fragment, which it may use.
pub(super) fn check(
    operation: &OperationDefinition,
    document: &ExecutableDocument,
    variables: &Variables,
    limits: &Limits,
) -> Result<(), LimitExceeded> {
    let value_of = |name: &Name| {
        let given = variables.get(name.as_str());
        let default = || -> Option<ConstValue> {
            let definitions = operation.variable_definitions.iter();
            let mut defaults = definitions.filter(|definition| definition.node.name.node == *name);
            Some(defaults.next()?.node.default_value.as_ref()?.node.clone())
        };
        given.map_or_else(|| default().unwrap_or_default(), |given| number(given.as_u64()))
    };
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set);
    let mut sets: Vec<&SelectionSet> = fragments.map(|set| &set.node).collect();
    sets.push(&operation.selection_set.node);
    while let Some(set) = sets.pop() {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    sizes(&field.node, &value_of)
                        .try_for_each(|size| at_most("maxPageSize", limits.max_page_size as usize, size))?;
                    sets.push(&field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => sets.push(&fragment.node.selection_set.node),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    Ok(())
}

fn number(size: Option<u64>) -> ConstValue {
    size.map_or(ConstValue::Null, ConstValue::from)
}

/// The page sizes of a field. What is no `Int`, or below zero, is no size, and refused elsewhere.
fn sizes(field: &Field, value_of: &impl Fn(&Name) -> ConstValue) -> impl Iterator<Item = usize> {
    let arguments = field.arguments.iter();
    // Drawings have a size too.
    let is_size =
        |name: &str| PAGE_SIZES.contains(&name) && (name != "size" || field.name.node.as_str() == "searchPages");
    let sizes = arguments.filter(move |(name, _): &&(Positioned<Name>, _)| is_size(name.node.as_str()));
    sizes.filter_map(|(_, value)| {
        let value = value
            .node
            .clone()
            .into_const_with(|name| Ok::<_, Infallible>(value_of(&name)));
        let ConstValue::Number(size) = value.ok()? else {
            return None;
        };
        usize::try_from(i32::try_from(size.as_u64()?).ok()?).ok()
    })
}
