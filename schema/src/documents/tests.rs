use serde_json::json;

use super::{DocumentCheck, Documents, DocumentsConfig, StopAfterValidation, Validator};
use crate::{
    limits::OF_FILES,
    request::{DocumentSource, OperationRequest},
    service::schema_builder,
};

fn documents() -> Documents {
    let schema = schema_builder().extension(StopAfterValidation).finish();
    Documents::new(OF_FILES, DocumentsConfig::default(), Validator::new(schema, &OF_FILES))
}

/// Where a directive may stand, and what the place is called.
const PLACES: [(&str, &str); 9] = [
    ("{ service HERE { version } }", "FIELD"),
    ("{ __typename HERE }", "FIELD"),
    ("{ service { a: __typename HERE version } }", "FIELD"),
    ("{ ...f } fragment f on Query { ... { __typename HERE } }", "FIELD"),
    ("{ ... HERE { service { version } } }", "INLINE_FRAGMENT"),
    ("{ ...f HERE } fragment f on Query { __typename }", "FRAGMENT_SPREAD"),
    (
        "{ ...f } fragment f on Query HERE { __typename }",
        "FRAGMENT_DEFINITION",
    ),
    ("query HERE { __typename }", "QUERY"),
    (
        "query($n: Int HERE) { iconSets(first: $n) { totalCount } }",
        "VARIABLE_DEFINITION",
    ),
];

#[test]
fn directives_are_known_and_complete_wherever_they_stand() {
    let check = DocumentCheck::new(OF_FILES);
    for (document, place) in PLACES {
        let fault = |directives: &str| check.fault(&document.replace("HERE", directives));
        let may_depend = matches!(place, "FIELD" | "INLINE_FRAGMENT" | "FRAGMENT_SPREAD");
        let misplaced = |name: &str| format!("Directive \"{name}\" may not be used on \"{place}\"");
        for (directives, words) in [
            ("@unknown", "Unknown directive \"unknown\"".to_owned()),
            ("@unknown(if: true)", "Unknown directive \"unknown\"".to_owned()),
            ("@deprecated", misplaced("deprecated")),
            ("@specifiedBy(url: \"a\")", misplaced("specifiedBy")),
        ] {
            let fault = fault(directives).unwrap_or_default();
            assert!(fault.contains(&words), "{directives} in {document}: {fault}");
        }
        for (directives, words) in [
            (
                "@include",
                "argument \"if\" of type \"Boolean!\" is required but not provided",
            ),
            (
                "@skip",
                "argument \"if\" of type \"Boolean!\" is required but not provided",
            ),
            ("@skip(if: true) @skip(if: true)", "Duplicate directive \"skip\""),
            ("@skip(if: true, if: true)", "only be one argument named \"if\""),
            (
                "@skip(if: true, of: 1)",
                "Unknown argument \"of\" on directive \"skip\"",
            ),
            ("@include(if: \"yes\")", "expected type \"Boolean\""),
            ("@include(if: null)", "expected type \"Boolean"),
            ("@include(if: $nowhere)", "Variable \"$nowhere\" is not defined"),
        ] {
            let fault = fault(directives).unwrap_or_default();
            let found = if may_depend { words } else { "may not be used on" };
            assert!(fault.contains(found), "{directives} in {document}: {fault}");
        }
        let lawful = fault("@include(if: true) @skip(if: false)");
        assert_eq!(lawful.is_none(), may_depend, "{document}: {lawful:?}");
    }
}

#[test]
fn a_typename_is_looked_at_as_any_field_is() {
    let check = DocumentCheck::new(OF_FILES);
    for (document, expected) in [
        (
            "{ __typename(a: 1) }",
            Some("1:14: Unknown argument \"a\" on field \"__typename\""),
        ),
        (
            "{ ... { service { __typename { a } } } }",
            Some("1:19: Field \"__typename\" must not have a selection since type \"String\" has no subfields"),
        ),
        (
            "{ __typename @a __typename @b(if: 1) }",
            Some("1:14: Unknown directive \"a\"; 1:28: Unknown directive \"b\""),
        ),
        (
            "query($on: Boolean!) { __typename service { ... { __typename @skip(if: $on) } } }",
            None,
        ),
        ("query($on: Boolean = true) { a: __typename @include(if: $on) }", None),
        ("{ a: __typename a: __typename @include(if: true) }", None),
    ] {
        assert_eq!(check.fault(document).as_deref(), expected, "{document}");
    }
    let conflict = check.fault("{ service { a: version a: __typename @include(if: true) } }");
    assert!(conflict.is_some_and(|fault| fault.contains("conflict")));
}

#[test]
fn a_fragment_that_spreads_itself_is_named() {
    let check = DocumentCheck::new(OF_FILES);
    for (document, name, column) in [
        ("{ ...a } fragment a on Query { ...a }", "a", 32),
        (
            "{ ...a } fragment a on Query { ...b } fragment b on Query { service { version } ...a }",
            "a",
            81,
        ),
        (
            "{ __typename } fragment a on Query { service { version ...a } }",
            "a",
            56,
        ),
        ("subscription { ...a } fragment a on Subscription { ...a }", "a", 52),
    ] {
        let expected = format!("1:{column}: Cannot spread fragment \"{name}\": it spreads itself");
        assert_eq!(check.fault(document), Some(expected), "{document}");
    }
}

#[test]
fn a_variable_left_out_has_its_default() {
    let text = "query($by: IconSetOrder = NAME, $on: Boolean = true, $no: Boolean) { iconSets(orderBy: $by) @include(if: $on) @skip(if: $no) { totalCount } }";
    for (given, expected) in [
        (json!({}), json!({ "by": "NAME", "on": true })),
        (
            json!({ "on": false, "no": false }),
            json!({ "by": "NAME", "on": false, "no": false }),
        ),
        (json!({ "by": null }), json!({ "by": null, "on": true })),
    ] {
        let mut request = OperationRequest {
            document: DocumentSource::Text(text.to_owned()),
            variables: given.as_object().expect("an object").clone(),
            ..OperationRequest::default()
        };
        let _ = documents().prepare(&mut request);
        assert_eq!(serde_json::Value::Object(request.variables), expected, "{given}");
    }
}

#[test]
fn what_no_operation_declares_is_dropped() {
    let documents = documents();
    let text = "query One($names: [String!]!) { icons(names: $names) { __typename } } query Two($n: Int) { iconSets(first: $n) { totalCount } }";
    for other in [json!(null), json!(1), json!({ "names": ["a:b"] })] {
        let variables = json!({ "names": ["a:b"], "n": 5, "other": other });
        let mut request = OperationRequest {
            document: DocumentSource::Text(text.to_owned()),
            operation_name: Some("One".to_owned()),
            variables: variables.as_object().expect("an object").clone(),
            ..OperationRequest::default()
        };
        let prepared = documents.prepare(&mut request);
        assert!(prepared.is_ok(), "{:?}", prepared.err());
        assert_eq!(
            serde_json::Value::Object(request.variables),
            json!({ "names": ["a:b"] })
        );
    }
    documents.weights.run_pending_tasks();
    assert_eq!(documents.weights.entry_count(), 1);
}
