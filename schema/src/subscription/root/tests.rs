use async_graphql::parser::{
    parse_query,
    types::{ExecutableDocument, Selection, SelectionSet},
};

use super::write_out_roots;

/// A selection set in as few words as tell it from others.
fn words(set: &SelectionSet) -> String {
    let selections = set.items.iter().map(|selection| match &selection.node {
        Selection::Field(field) => {
            let inner = words(&field.node.selection_set.node);
            let inner = if inner.is_empty() { inner } else { format!("({inner})") };
            format!("{}{inner}", field.node.response_key().node)
        }
        Selection::FragmentSpread(spread) => format!("...{}", spread.node.fragment_name.node),
        Selection::InlineFragment(fragment) => format!("...[{}]", words(&fragment.node.selection_set.node)),
    });
    selections.collect::<Vec<_>>().join(" ")
}

/// The operations' selections and the names of the fragments, or why the document is refused.
fn written_out(text: &str) -> Result<String, String> {
    let mut document: ExecutableDocument = parse_query(text).expect("the cases are well-formed");
    write_out_roots(&mut document).map_err(|refusal| {
        let error = &refusal.errors[0];
        let position = error.locations.first().expect("an error says where");
        format!("{}: {}", position.column, error.message)
    })?;
    let mut operations: Vec<String> = (document.operations.iter())
        .map(|(_, operation)| words(&operation.node.selection_set.node))
        .collect();
    operations.sort();
    let mut fragments: Vec<&str> = document.fragments.keys().map(async_graphql::Name::as_str).collect();
    fragments.sort_unstable();
    Ok(format!("{} | {}", operations.join("; "), fragments.join(" ")))
}

#[test]
fn a_subscription_comes_to_one_field() {
    for (text, expected) in [
        ("subscription { a }", "a | "),
        ("subscription { b: a { c } }", "b(c) | "),
        ("subscription { ... { a } }", "a | "),
        (
            "subscription { ... on Subscription { ... on Subscription { a { b } } } }",
            "a(b) | ",
        ),
        (
            "subscription { ...F } fragment F on Subscription { a { b } }",
            "a(b) | ",
        ),
        (
            "subscription { ...F } fragment F on Subscription { ...G } fragment G on Subscription { a { ...H } } fragment H on A { b }",
            "a(...H) | H",
        ),
        // Parts of one field, in several places.
        ("subscription { a(x: 1) { b } a(x: 1) { c } }", "a(b c) | "),
        (
            "subscription { ...F ...G } fragment F on Subscription { a { b } } fragment G on Subscription { a { c } ...F }",
            "a(b c) | ",
        ),
        // Other kinds of operations stay as they are, and keep their fragments.
        ("{ a b ...F } fragment F on Query { c }", "a b ...F | F"),
        (
            "query Q { a b } subscription S { ...F } fragment F on Subscription { c }",
            "a b; c | ",
        ),
        (
            "subscription S { ...F } subscription T { ...F } fragment F on Subscription { c }",
            "c; c | ",
        ),
        // What makes no sense is left to the validator, which says so.
        ("subscription { ...F }", "...F | "),
        ("subscription { ...F } fragment F on Icon { a }", "...F | F"),
        ("subscription { ... on Icon { a } }", "...[a] | "),
        ("subscription { ...F } fragment F on Subscription { ...F }", "...F | F"),
        (
            "subscription { ...F } fragment F on Subscription { ...G } fragment G on Subscription { a ...F }",
            "...F | F G",
        ),
        ("subscription { ...F @x } fragment F on Subscription { a }", "...F | F"),
        ("subscription { a } fragment F on Subscription { a }", "a | F"),
        // A fragment that something else spreads too.
        (
            "query Q { ...F } subscription S { ...F } fragment F on Subscription { c }",
            "...F; c | F",
        ),
    ] {
        assert_eq!(written_out(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn other_subscriptions_are_refused() {
    let one = "A subscription has one field at its top. Subscribe to each in an operation of its own.";
    let own = "A subscription has a field of its own at its top.";
    let depends = "The field at the top of a subscription cannot depend on @skip or @include.";
    for (text, column, expected) in [
        ("subscription { a b }", 18, one),
        ("subscription { a b: a }", 18, one),
        ("subscription { a(x: 1) a(x: 2) }", 24, one),
        ("subscription { a a(x: 2) }", 18, one),
        ("subscription { a: b a }", 21, one),
        ("subscription { a __typename }", 18, one),
        ("subscription { a ... { b } }", 24, one),
        ("subscription { a ...F } fragment F on Subscription { b }", 54, one),
        (
            "subscription { ...F ...G } fragment F on Subscription { a } fragment G on Subscription { b }",
            90,
            one,
        ),
        ("query Q { a b } subscription S { a b }", 36, one),
        ("subscription { __typename }", 16, own),
        ("subscription { a: __typename }", 16, own),
        ("subscription { __schema { types { name } } }", 16, own),
        (
            "subscription { ...F } fragment F on Subscription { __typename }",
            52,
            own,
        ),
        ("subscription($x: Boolean!) { a @skip(if: $x) }", 32, depends),
        ("subscription($x: Boolean!) { ... @include(if: $x) { a } }", 34, depends),
        (
            "subscription($x: Boolean!) { ...F @include(if: $x) } fragment F on Subscription { a }",
            35,
            depends,
        ),
    ] {
        assert_eq!(written_out(text), Err(format!("{column}: {expected}")), "{text}");
    }
}

#[test]
fn fragments_that_spread_each_other_twice_cost_little() {
    let mut text = "subscription { ...F0 }".to_owned();
    for number in 0..49 {
        let next = number + 1;
        text += &format!(" fragment F{number} on Subscription {{ ...F{next} ...F{next} }}");
    }
    // A test that does not end is what it would be otherwise.
    assert_eq!(
        written_out(&format!("{text} fragment F49 on Subscription {{ a }}")).as_deref(),
        Ok("a | ")
    );
}
