//! `__typename` in each selection, where clients put it before they send a document.
//!
//! Source: `addTypenameToDocument` of the npm package `@apollo/client`.

use async_graphql::{
    Positioned,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

use super::offset;

/// The type of the top of a subscription, which has one field.
const SUBSCRIPTION: &str = "Subscription";

const TYPENAME: &str = "__typename";

/// Adds it to all selections of a text, which is read as `document`, but those at the tops of operations, and those that have it.
pub(super) fn add(text: &str, document: &ExecutableDocument) -> String {
    let mut lacking = Vec::new();
    for (_, operation) in document.operations.iter() {
        look_into(&operation.node.selection_set.node, true, &mut lacking);
    }
    for fragment in document.fragments.values() {
        let is_of_top = fragment.node.type_condition.node.on.node == SUBSCRIPTION;
        look_at(&fragment.node.selection_set, is_of_top, &mut lacking);
    }
    let mut begins: Vec<usize> = lacking.into_iter().map(|set| offset(text, set.pos)).collect();
    begins.sort_unstable();
    let mut added = String::with_capacity(text.len());
    let mut done = 0;
    for begin in begins {
        // Behind its brace.
        let (before, behind) = text.split_at(begin + 1);
        added.push_str(&before[done..]);
        added.push(' ');
        added.push_str(TYPENAME);
        if !behind.starts_with(char::is_whitespace) {
            added.push(' ');
        }
        done = begin + 1;
    }
    added.push_str(&text[done..]);
    added
}

/// Finds those that lack it, this one with those within.
fn look_at<'a>(set: &'a Positioned<SelectionSet>, is_of_top: bool, lacking: &mut Vec<&'a Positioned<SelectionSet>>) {
    if !is_of_top && !has_typename(&set.node) {
        lacking.push(set);
    }
    look_into(&set.node, is_of_top, lacking);
}

/// Finds those that lack it within a selection.
fn look_into<'a>(set: &'a SelectionSet, is_of_top: bool, lacking: &mut Vec<&'a Positioned<SelectionSet>>) {
    for selection in &set.items {
        match &selection.node {
            // What has no selection is a value.
            Selection::Field(field) if field.node.selection_set.node.items.is_empty() => {}
            Selection::Field(field) => look_at(&field.node.selection_set, false, lacking),
            Selection::InlineFragment(fragment) => {
                let condition = fragment.node.type_condition.as_ref();
                let is_of_top = condition.map_or(is_of_top, |condition| condition.node.on.node == SUBSCRIPTION);
                look_at(&fragment.node.selection_set, is_of_top, lacking);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Whether a selection has it under its own name.
fn has_typename(set: &SelectionSet) -> bool {
    set.items.iter().any(|selection| match &selection.node {
        Selection::Field(field) => field.node.name.node == TYPENAME && field.node.response_key().node == TYPENAME,
        Selection::InlineFragment(_) | Selection::FragmentSpread(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::documents::client_files::{Typenames, client_operations};

    #[test]
    fn it_is_everywhere_but_at_the_top() {
        for (text, expected) in [
            ("query A { a }", "query A { a }"),
            ("query A{a{b{c}}}", "query A{a{ __typename b{ __typename c}}}"),
            (
                "query A {\n  a(x: \"é\") {\n    b\n  }\n}",
                "query A {\n  a(x: \"é\") { __typename\n    b\n  }\n}",
            ),
            (
                "query A { a { __typename b { x: __typename } } }",
                "query A { a { __typename b { __typename x: __typename } } }",
            ),
            (
                "query A { a(x: {y: 1}) { ... on T { b } ...f } }\n\nfragment f on T { c }",
                "query A { a(x: {y: 1}) { __typename ... on T { __typename b } ...f } }\n\nfragment f on T { __typename c }",
            ),
            (
                "subscription A { ... on Subscription { ... { a { b } } } ...f }\n\nfragment f on Subscription { a { c } }",
                "subscription A { ... on Subscription { ... { a { __typename b } } } ...f }\n\n\
                 fragment f on Subscription { a { __typename c } }",
            ),
            ("# {\rquery A { a { b } }", "query A { a { __typename b } }"),
        ] {
            let found = client_operations(&[text], Typenames::Added).expect("it can be read");
            assert_eq!(found[0].text, expected);
            let again = client_operations(&[&found[0].text], Typenames::Added).expect("it can be read");
            assert_eq!(again[0].text, expected, "once is enough");
        }
    }
}
