//! Variables without a value: those that must have one are refused, and an argument whose variable has none is, by the
//! specification, an argument that is not there.
//!
//! The library knows that when it resolves a field, but not when it reckons what one costs, and would refuse a document
//! that leaves `$first` out. So the page sizes go whose variables were not sent, and then the variables that nothing else
//! uses. Nothing is lost to the validator: an optional `Int` fits every page size.

use std::{collections::HashSet, convert::Infallible};

use async_graphql::{
    Name, Positioned, ServerError, Value as ConstValue,
    parser::types::{
        BaseType, Directive, DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType,
        Selection, SelectionSet, VariableDefinition,
    },
};
use serde_json::{Map, Value};

use crate::errors::bad_user_input;

/// Leaves each variable of the operation with the value that is given, else its default. Values that it has no variables for
/// go: nobody reads them, and each takes its time to be passed on. Defaults are there for `@skip` and `@include`, of which
/// the library reads none.
///
/// Source: the GraphQL specification, "Coercing Variable Values".
pub(crate) fn settle(operation: &OperationDefinition, given: &mut Map<String, Value>) {
    let settled = operation.variable_definitions.iter().filter_map(|definition| {
        let VariableDefinition {
            name, default_value, ..
        } = &definition.node;
        let name = name.node.as_str();
        given.remove_entry(name).or_else(|| {
            let default = default_value.as_ref()?.node.clone();
            Some((name.to_owned(), default.into_json().ok()?))
        })
    });
    *given = settled.collect();
}

/// Refuses a request that lacks a value which the operation demands.
pub(crate) fn check_given(operation: &OperationDefinition, given: &Map<String, Value>) -> Result<(), ServerError> {
    let is_lacking = |definition: &&Positioned<VariableDefinition>| {
        let definition = &definition.node;
        let is_given = given
            .get(definition.name.node.as_str())
            .is_some_and(|value| !value.is_null());
        !definition.var_type.node.nullable && definition.default_value.is_none() && !is_given
    };
    match operation.variable_definitions.iter().find(is_lacking) {
        None => Ok(()),
        Some(definition) => {
            let VariableDefinition { name, var_type, .. } = &definition.node;
            let message = format!("the variable ${} of type {} has no value", name.node, var_type.node);
            Err(bad_user_input(message).into_server_error(definition.pos))
        }
    }
}

/// The same variables with an empty text in the place of each that the operation takes any text for: neither the validator nor
/// the reckoning of costs looks at what one says. None where there are none, and for what is no query: where a list of objects belongs,
/// the validator takes one alone without looking which variables are in it, so that a text may be read as something else there.
pub(crate) fn without_texts(operation: &OperationDefinition, given: &Map<String, Value>) -> Option<Map<String, Value>> {
    if operation.ty != OperationType::Query {
        return None;
    }
    let definitions = operation.variable_definitions.iter();
    let mut texts = definitions
        .filter(|definition| matches!(&definition.node.var_type.node.base, BaseType::Named(name) if name == "String"))
        .map(|definition| definition.node.name.node.as_str())
        .filter(|name| given.get(*name).is_some_and(Value::is_string))
        .peekable();
    texts.peek()?;
    let mut others = given.clone();
    others.extend(texts.map(|name| (name.to_owned(), Value::from(""))));
    Some(others)
}

/// The arguments that costs are reckoned by, and that may be left out.
pub(crate) const PAGE_SIZES: [&str; 3] = ["first", "last", "size"];

/// Drops the page sizes that `given` has no values for.
pub(crate) fn drop_page_sizes(document: &mut ExecutableDocument, given: &Map<String, Value>) {
    let ExecutableDocument { operations, fragments } = document;
    let mut operations = operations_mut(operations);
    let has_value =
        |definition: &VariableDefinition| !is_optional(definition) || given.contains_key(definition.name.node.as_str());
    let needed: HashSet<Name> = names_where(&operations, has_value).collect();
    if names_where(&operations, |definition| !has_value(definition))
        .next()
        .is_none()
    {
        return;
    }
    let mut in_fragments = Uses::default();
    for fragment in fragments.values() {
        in_fragments.note_directives(&fragment.node.directives);
        in_fragments.note_set(&fragment.node.selection_set.node);
    }
    let mut dropped = HashSet::new();
    for operation in &mut operations {
        let mut uses = in_fragments.clone();
        uses.note_directives(&operation.directives);
        uses.note_set(&operation.selection_set.node);
        let is_droppable = |definition: &VariableDefinition| {
            let name = &definition.name.node;
            let is_kept_by_fragment = needed.contains(name) && in_fragments.sizes.contains(name);
            !has_value(definition) && uses.sizes.contains(name) && !is_kept_by_fragment
        };
        let names: HashSet<Name> = names_where(&[operation], is_droppable).collect();
        let is_needed = |name: &Name| !names.contains(name) || uses.other.contains(name);
        operation
            .variable_definitions
            .retain(|definition| is_needed(&definition.node.name.node));
        drop_in(&mut operation.selection_set.node, &names);
        dropped.extend(names);
    }
    for fragment in fragments.values_mut() {
        drop_in(&mut fragment.node.selection_set.node, &dropped);
    }
}

/// Whether a variable is a number that may be left out, and is then as if it had never been.
fn is_optional(definition: &VariableDefinition) -> bool {
    definition.var_type.node.to_string() == "Int" && definition.default_value.is_none()
}

fn names_where<'a>(
    operations: &'a [&mut OperationDefinition],
    condition: impl Fn(&VariableDefinition) -> bool + 'a,
) -> impl Iterator<Item = Name> + 'a {
    let definitions = operations.iter().flat_map(|operation| &operation.variable_definitions);
    definitions
        .filter(move |definition| condition(&definition.node))
        .map(|definition| definition.node.name.node.clone())
}

fn operations_mut(operations: &mut DocumentOperations) -> Vec<&mut OperationDefinition> {
    match operations {
        DocumentOperations::Single(operation) => vec![&mut operation.node],
        DocumentOperations::Multiple(operations) => {
            operations.values_mut().map(|operation| &mut operation.node).collect()
        }
    }
}

fn drop_in(set: &mut SelectionSet, droppable: &HashSet<Name>) {
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) => {
                let Field {
                    arguments,
                    selection_set,
                    ..
                } = &mut field.node;
                arguments.retain(|(argument, value)| {
                    !variable_of(argument, &value.node).is_some_and(|name| droppable.contains(&*name))
                });
                drop_in(&mut selection_set.node, droppable);
            }
            Selection::InlineFragment(fragment) => drop_in(&mut fragment.node.selection_set.node, droppable),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// The variable that a page size is, if it is one. The library keeps the type of these values to itself.
fn variable_of(argument: &Positioned<Name>, value: &impl ToString) -> Option<String> {
    let is_size = PAGE_SIZES.contains(&argument.node.as_str());
    is_size
        .then(|| value.to_string().strip_prefix('$').map(ToOwned::to_owned))
        .flatten()
}

/// How parts of a document use variables.
#[derive(Clone, Default)]
struct Uses {
    /// As page sizes.
    sizes: HashSet<Name>,
    /// In any other way.
    other: HashSet<Name>,
}

impl Uses {
    fn note_set(&mut self, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    for (argument, value) in &field.node.arguments {
                        match variable_of(argument, &value.node) {
                            Some(name) => drop(self.sizes.insert(Name::new(name))),
                            None => drop(value.node.clone().into_const_with(|name| self.note_other(name))),
                        }
                    }
                    self.note_directives(&field.node.directives);
                    self.note_set(&field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => {
                    self.note_directives(&fragment.node.directives);
                    self.note_set(&fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => self.note_directives(&spread.node.directives),
            }
        }
    }

    fn note_directives(&mut self, directives: &[Positioned<Directive>]) {
        for (_, value) in directives.iter().flat_map(|directive| &directive.node.arguments) {
            drop(value.node.clone().into_const_with(|name| self.note_other(name)));
        }
    }

    /// Called for each variable of a value, in whose place something has to be put.
    #[expect(clippy::unnecessary_wraps, reason = "the library's visit can fail")]
    fn note_other(&mut self, name: Name) -> Result<ConstValue, Infallible> {
        self.other.insert(name);
        Ok(ConstValue::Null)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::{
        parse_query, parse_schema,
        types::{
            BaseType, DocumentOperations, InputValueDefinition, OperationDefinition, Type, TypeDefinition, TypeKind,
            TypeSystemDefinition,
        },
    };
    use serde_json::{Map, Value, json};

    use super::without_texts;
    use crate::service::sdl;

    fn operation(text: &str) -> OperationDefinition {
        match parse_query(text).expect("a document").operations {
            DocumentOperations::Single(operation) => operation.node,
            DocumentOperations::Multiple(_) => panic!("one operation"),
        }
    }

    fn variables(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(variables) => variables,
            _ => panic!("an object"),
        }
    }

    #[test]
    fn only_what_a_text_says_is_left_out() {
        let operation = operation("query($a: String!, $b: String, $c: [String!], $d: ID, $e: Int, $f: String) { x }");
        let given = variables(json!({ "a": "x", "b": null, "c": ["y", "z"], "d": "i", "e": 3, "f": 1 }));
        let expected = variables(json!({ "a": "", "b": null, "c": ["y", "z"], "d": "i", "e": 3, "f": 1 }));
        assert_eq!(without_texts(&operation, &given), Some(expected));
    }

    #[test]
    fn where_there_are_no_texts_nothing_is_copied() {
        let operation = operation("query($c: [String!], $f: String, $g: String) { x }");
        let given = variables(json!({ "c": ["y"], "f": 1 }));
        assert_eq!(without_texts(&operation, &given), None);
    }

    #[test]
    fn what_a_mutation_says_is_looked_at() {
        let given = variables(json!({ "a": "x" }));
        assert_eq!(without_texts(&operation("mutation($a: String) { x }"), &given), None);
    }

    /// A text as the value of a variable in an object that stands for such a list is not known to be one.
    #[test]
    fn no_argument_of_a_query_is_a_list_of_objects() {
        let schema = parse_schema(sdl()).expect("the library reads what it writes");
        let types: Vec<TypeDefinition> = (schema.definitions.into_iter())
            .filter_map(|definition| match definition {
                TypeSystemDefinition::Type(definition) => Some(definition.node),
                TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
            })
            .collect();
        let is_input = |name: &str| {
            let found = types.iter().find(|found| found.name.node == name);
            found.is_some_and(|found| matches!(found.kind, TypeKind::InputObject(_)))
        };
        let is_list_of_objects = |var_type: &Type| match &var_type.base {
            BaseType::Named(_) => false,
            BaseType::List(item) => matches!(&item.base, BaseType::Named(name) if is_input(name)),
        };
        let mut looked_at = 0;
        for found in &types {
            let inputs: Vec<&InputValueDefinition> = match &found.kind {
                TypeKind::Object(object) if found.name.node != "Mutation" => {
                    let fields = object.fields.iter();
                    fields
                        .flat_map(|field| &field.node.arguments)
                        .map(|input| &input.node)
                        .collect()
                }
                // Those that only mutations take are called after what they do.
                TypeKind::InputObject(object) if !found.name.node.ends_with("Input") => {
                    object.fields.iter().map(|field| &field.node).collect()
                }
                _ => continue,
            };
            for input in inputs {
                looked_at += 1;
                assert!(!is_list_of_objects(&input.ty.node), "{}.{}", found.name, input.name);
            }
        }
        assert!(looked_at > 50, "{looked_at}");
    }
}
