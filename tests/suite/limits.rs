//! Every limit at its figure and one beyond it.

use serde_json::{Value, json};
use tests::{Engine, Reply, TestApp, on_each_engine};

use crate::documents::{each, fields};

/// A field that costs little.
const FIELD: &str = "__typename";

fn assert_exceeded(reply: &Reply, limit: &str, max: u64, actual: Option<u64>) {
    assert_eq!(reply.codes(), ["LIMIT_EXCEEDED"], "{limit}: {}", reply.text);
    let extensions = &reply.errors()[0]["extensions"];
    assert_eq!(
        (&extensions["limit"], &extensions["max"]),
        (&json!(limit), &json!(max)),
        "{}",
        reply.text
    );
    assert_eq!(
        extensions.get("actual"),
        actual.map(Value::from).as_ref(),
        "{}",
        reply.text
    );
}

/// Sends a document at the limit, which must be answered, and one beyond, which must not, and be as large as the error says.
async fn check(flag: &str, limit: &str, max: u64, at: &str, beyond: (&str, Option<u64>)) {
    let app = TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag(&format!("--{flag}={max}"))
        .start()
        .await;
    let reply = app.graphql(at).await;
    assert!(reply.errors().is_empty(), "{limit} at {max}: {}", reply.text);
    let (document, actual) = beyond;
    let reply = app.graphql(document).await;
    assert_exceeded(&reply, limit, max, actual);
    assert_eq!(reply.json.get("data"), None, "{}", reply.text);
    assert_eq!(reply.statements(), 0, "{}", reply.text);
}

#[tokio::test]
async fn bytes_of_a_document() {
    let of = |bytes: usize| format!("{{ {FIELD} }}{}", " ".repeat(bytes - FIELD.len() - 4));
    check(
        "max-document-bytes",
        "maxDocumentBytes",
        100,
        &of(100),
        (&of(101), Some(101)),
    )
    .await;
}

#[tokio::test]
async fn brackets_inside_each_other() {
    let of = |depth: usize| format!("{}{FIELD}{}", "{ ... ".repeat(depth - 1) + "{ ", " }".repeat(depth));
    check("max-nesting", "maxNesting", 6, &of(6), (&of(7), Some(7))).await;
    // Brackets of other kinds, and none that stand in texts or comments.
    let mixed = r#"{ icons(names: ["((((((((((", "\"[[[[[[["]) { __typename } } # {{{{{{{{{{{{{{"#;
    let deeper = "{ a: __typename @include(if: [[[true]]]) }";
    check("max-nesting", "maxNesting", 4, mixed, (deeper, Some(5))).await;
    let block = r#"{ icons(names: ["""{{{{{ \""" {{{{{ " {{{"""]) { __typename } }"#;
    check("max-nesting", "maxNesting", 3, block, (deeper, Some(5))).await;
}

#[tokio::test]
async fn tokens_of_a_document() {
    let of = |tokens: usize| fields(tokens - 2, |_| FIELD.to_owned());
    check("max-tokens", "maxTokens", 12, &of(12), (&of(13), Some(13))).await;
    // { icon ( by : { name : "…" } ) { a : key } } and nothing of commas, comments or blanks.
    let counted = "{ icon(by: {name: \"garden:tree\"}) ,,, { a: key } } # and so on";
    let more = "{ icon(by: {name: \"garden:tree\"}) { a: key key } }";
    check("max-tokens", "maxTokens", 17, counted, (more, Some(18))).await;
}

#[tokio::test]
async fn fragments_of_a_document() {
    let of = |count: usize| {
        let spreads = each(count, |number| format!("...f{number} "));
        let definitions = each(count, |number| format!("fragment f{number} on Query {{ {FIELD} }} "));
        format!("{{ {spreads} }} {definitions}")
    };
    check("max-fragments", "maxFragments", 3, &of(3), (&of(4), Some(4))).await;
    check("max-fragments", "maxFragments", 0, "{ __typename }", (&of(1), Some(1))).await;
}

#[tokio::test]
async fn selections_once_fragments_are_written_out() {
    let of = |count: usize| {
        let body = "fragment f on Query { __typename __typename __typename }";
        format!("{{ {} ...f ...f }} {body}", each(count - 6, |_| FIELD.to_owned()))
    };
    check("max-selections", "maxSelections", 10, &of(10), (&of(11), Some(11))).await;
}

#[tokio::test]
async fn fields_inside_each_other() {
    let at = r#"{ icon(by: { name: "garden:old-oak" }) { aliasOf { ... on Icon { aliasOf { name } } } } }"#;
    let beyond = r#"{ icon(by: { name: "garden:old-oak" }) { aliasOf { ...up } } } fragment up on Icon { aliasOf { set { name } } }"#;
    check("max-depth", "maxDepth", 4, at, (beyond, Some(5))).await;
}

#[tokio::test]
async fn aliased_fields() {
    let of = |count: usize| fields(count, |number| format!("a{number}: {FIELD}"));
    check("max-aliases", "maxAliases", 5, &of(5), (&of(6), Some(6))).await;
    let spread =
        "{ ...f b: __typename } fragment f on Query { a: __typename iconSets { x: totalCount y: totalCount } }";
    check("max-aliases", "maxAliases", 0, "{ __typename }", (spread, Some(4))).await;
}

#[tokio::test]
async fn fields_at_the_top() {
    let of = |count: usize| fields(count, |_| FIELD.to_owned());
    check("max-root-fields", "maxRootFields", 5, &of(5), (&of(6), Some(6))).await;
    let spread = "{ ...f ...f ... { __typename } } fragment f on Query { __typename service { version startedAt } }";
    check(
        "max-root-fields",
        "maxRootFields",
        5,
        spread,
        (
            "{ ...f ...f ...f } fragment f on Query { __typename service { version } }",
            Some(6),
        ),
    )
    .await;
}

#[tokio::test]
async fn directives_of_an_operation() {
    let of = |count: usize| fields(count, |_| format!("{FIELD} @include(if: true)"));
    check("max-directives", "maxDirectives", 3, &of(3), (&of(4), Some(4))).await;
    let spread = "{ ...f @skip(if: false) ... @skip(if: false) { __typename } } fragment f on Query { __typename @skip(if: false) }";
    check(
        "max-directives",
        "maxDirectives",
        3,
        spread,
        (&spread.replace("{ ...f", "{ ...f ...f @skip(if: false)"), Some(5)),
    )
    .await;
}

#[tokio::test]
async fn directives_of_one_place() {
    let directives = |count: usize| "@include(if: true) ".repeat(count);
    let app = TestApp::with_garden(Engine::Sqlite).await;
    for place in [
        "{ service HERE { version } }",
        "{ __typename HERE }",
        "{ ... HERE { __typename } }",
        "{ ...f HERE } fragment f on Query { __typename }",
        "{ ...f } fragment f on Query HERE { __typename }",
        "{ __typename } fragment unused on Query { service { version HERE } }",
        "query HERE { __typename }",
        "query($x: Int HERE) { iconSets(first: $x) { totalCount } }",
    ] {
        // Five of one kind keep the limit and are refused for what they are.
        let reply = app.graphql(&place.replace("HERE", &directives(5))).await;
        assert_eq!(
            reply.codes().first(),
            Some(&"GRAPHQL_VALIDATION_FAILED"),
            "{place}: {}",
            reply.text
        );
        let reply = app.graphql(&place.replace("HERE", &directives(6))).await;
        assert_exceeded(&reply, "maxDirectivesPerField", 5, Some(6));
        assert_eq!((reply.json.get("data"), reply.statements()), (None, 0), "{place}");
    }
    let at = "{ service @skip(if: false) @include(if: true) { version } }";
    let beyond = at.replace(
        "version",
        "version @skip(if: false) @include(if: true) @include(if: true)",
    );
    check(
        "max-directives-per-field",
        "maxDirectivesPerField",
        2,
        at,
        (&beyond, Some(3)),
    )
    .await;
}

#[tokio::test]
async fn selection_sets_inside_each_other() {
    let inline = |sets: usize| format!("{}__typename{}", "{ ...".repeat(sets - 1) + "{ ", " }".repeat(sets));
    // Fragments each of which spreads the next one: the operation's own set, and theirs.
    let chain = |sets: usize| {
        let next = each(sets - 2, |number| {
            format!("fragment f{number} on Query {{ ...f{} }}", number + 1)
        });
        format!("{{ ...f0 }} {next} fragment f{} on Query {{ __typename }}", sets - 2)
    };
    check("max-nesting", "maxNesting", 6, &inline(6), (&inline(7), Some(7))).await;
    check("max-nesting", "maxNesting", 6, &chain(6), (&chain(7), None)).await;
    // Half of them in one fragment, which is spread at the top too.
    let halves = |sets: usize| {
        let operation = inline(sets - sets / 2)
            .replacen('{', "{ ...half ", 1)
            .replace("__typename", "...half");
        format!("{operation} fragment half on Query {}", inline(sets / 2))
    };
    check("max-nesting", "maxNesting", 20, &halves(20), (&halves(21), None)).await;
    // However high it is set, the parser and what runs documents follow 64.
    let app = TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag("--max-nesting=200")
        .flag("--max-fragments=200")
        .flag("--max-tokens=10000")
        .start()
        .await;
    for of in [&inline as &dyn Fn(usize) -> String, &chain] {
        assert_eq!(app.graphql(&of(64)).await.data("/__typename"), "Query");
        for beyond in [65, 66, 67, 190] {
            let reply = app.graphql(&of(beyond)).await;
            assert_exceeded(&reply, "maxNesting", 64, None);
        }
    }
}

#[tokio::test]
async fn every_operation_of_a_document_counts() {
    let app = TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag("--max-root-fields=1")
        .start()
        .await;
    let document = "query Small { __typename } query Large { a: __typename b: __typename }";
    let reply = app.post(&json!({ "query": document, "operationName": "Small" })).await;
    assert_exceeded(&reply, "maxRootFields", 1, Some(2));
}

#[tokio::test]
async fn the_cost_of_an_operation() {
    // An object is 1: the field, and an icon and its set for each name.
    let of = |count: usize| {
        format!(
            r"{{ icons(names: [{}]) {{ ... on Icon {{ name set {{ name }} }} }} }}",
            r#""garden:tree""#.to_owned() + &r#", "shed:saw""#.repeat(count - 1)
        )
    };
    let app = TestApp::build_with_garden(Engine::Sqlite)
        .await
        .flag("--max-cost=20")
        .start()
        .await;
    let reply = app.graphql(&of(10)).await;
    assert!(reply.errors().is_empty(), "{}", reply.text);
    let reply = app.graphql(&of(11)).await;
    assert_eq!(reply.codes(), ["LIMIT_EXCEEDED"]);
    assert_eq!(
        (
            &reply.errors()[0]["extensions"]["limit"],
            &reply.errors()[0]["extensions"]["max"]
        ),
        (&json!("maxCost"), &json!(20))
    );
    assert_eq!(reply.json.get("data"), None);
    assert_eq!(reply.statements(), 0);
    // By variables as by literals.
    let document = "query($first: Int) { iconSets(first: $first) { nodes { name } } }";
    assert!(
        app.graphql_with(document, json!({ "first": 10 }))
            .await
            .errors()
            .is_empty()
    );
    assert_eq!(
        app.graphql_with(document, json!({ "first": 21 })).await.codes(),
        ["LIMIT_EXCEEDED"]
    );
}

on_each_engine! {
    async fn names_and_ids_of_a_batch(engine) {
        let app = TestApp::build_with_garden(engine).await.flag("--batch-max-size=3").start().await;
        for (document, field) in [
            ("query($of: [String!]!) { icons(names: $of) { __typename } }", "icons"), ("query($of: [ID!]!) { nodes(ids: $of) { id } }", "nodes"),
        ] {
            let of = |count: usize| json!({ "of": vec!["SWNvbjpnYXJkZW46dHJlZQ"; count] });
            assert!(app.graphql_with(document, of(3)).await.errors().is_empty());
            let reply = app.graphql_with(document, of(4)).await;
            assert_exceeded(&reply, "maxBatch", 3, Some(4));
            assert_eq!(reply.errors()[0]["path"], json!([field]));
            assert_eq!(reply.statements(), 0);
        }
    }

    async fn items_of_a_page(engine) {
        let app = TestApp::build_with_garden(engine).await.flag("--page-max-size=5").start().await;
        let fields = [
            "iconSets(first: N) { totalCount }", "iconSets(last: N) { totalCount }", r#"iconSet(prefix: "garden") { icons(first: N) { nodes { key } } }"#,
            r#"iconSet(prefix: "garden") { icons(last: N) { nodes { key } } }"#, r#"iconSet(prefix: "garden") { samples(first: N) { key } }"#,
            r#"icon(by: { name: "garden:tree" }) { variants(first: N) { key } }"#, "changes(since: 0, first: N) { hasMore }",
            "changes(since: 0, first: 1) { changes { names(first: N) } }",
        ];
        for field in fields {
            let reply = app.graphql(&format!("{{ {} }}", field.replace('N', "5"))).await;
            assert!(reply.errors().is_empty(), "{field}: {}", reply.text);
            let reply = app.graphql(&format!("{{ {} }}", field.replace('N', "6"))).await;
            assert_eq!(reply.codes().first(), Some(&"LIMIT_EXCEEDED"), "{field}");
            let extensions = &reply.errors()[0]["extensions"];
            assert_eq!((&extensions["limit"], &extensions["max"], &extensions["actual"]), (&json!("maxPageSize"), &json!(5), &json!(6)), "{field}");
            for size in ["0", "-1"] {
                let reply = app.graphql(&format!("{{ {} }}", field.replace('N', size))).await;
                assert_eq!(reply.codes().first(), Some(&"BAD_USER_INPUT"), "{field} {size}");
            }
        }
        // What is not told keeps to the limit by itself, a variable without a value included.
        for field in fields {
            let silent = field.replace("first: N", "").replace("last: N", "").replace(", )", ")").replace("()", "");
            let reply = app.graphql(&format!("{{ {silent} }}")).await;
            assert!(reply.errors().is_empty(), "{silent}: {}", reply.text);
            let asked = format!("query($n: Int) {{ {} }}", field.replace('N', "$n"));
            let reply = app.graphql(&asked).await;
            assert!(reply.errors().is_empty(), "{asked}: {}", reply.text);
        }
        let reply = app.graphql(r#"{ iconSet(prefix: "garden") { icons { nodes { key } } } }"#).await;
        assert_eq!(reply.data("/iconSet/icons/nodes").as_array().unwrap().len(), 5);
    }

    async fn an_answer_lists_ten_errors(engine) {
        let app = TestApp::with_garden(engine).await;
        let reply = app.graphql_with("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": vec!["x"; 50] })).await;
        assert_eq!(reply.errors().len(), 10);
        assert_eq!(reply.json["data"]["nodes"], json!(vec![Value::Null; 50]));
        assert_eq!(app.graphql(&fields(15, |number| format!("unknown{number}"))).await.errors().len(), 10);
    }

    async fn the_largest_lawful_requests_pass(engine) {
        let app = TestApp::with_starter(engine).await;
        let names: Vec<&String> = crate::starter::names().iter().step_by(50).take(500).collect();
        let document = "query($names: [String!]!) { icons(names: $names) { __typename ... on Icon { name body width height palette hidden
            set { name license { title spdx } author { name } } aliases tags characters } ... on IconNotFound { name } } }";
        let reply = app.graphql_with(document, json!({ "names": names })).await;
        assert_eq!(reply.data("/icons").as_array().map(Vec::len), Some(500));
        let ids: Vec<String> = reply.texts("/icons", "name");
        assert_eq!(ids.len(), 500);
        let literal = fields(20, |number| format!("f{number}: iconSet(prefix: \"lucide\") {{ name }}"));
        let cases = [
            "{ iconSets(first: 100) { totalCount nodes { name prefix total samples(first: 6) { name svg } license { title } author { name } } pageInfo { hasNextPage } } }",
            r#"{ iconSet(prefix: "mdi") { icons(first: 100) { edges { cursor node { name svg aliases categories set { name } variants(first: 20) { name } } } } } }"#,
            "{ changes(since: 0, first: 100) { generation hasMore changes { kind prefix count names(first: 100) } } }",
            "{ changes(since: 0) { changes { names } } }",
            "{ iconSets { nodes { name icons { nodes { name } } } } }",
            literal.as_str(),
            INTROSPECTION,
        ];
        for document in cases {
            let reply = app.graphql(document).await;
            assert!(reply.errors().is_empty(), "{document}: {}", &reply.text[..reply.text.len().min(500)]);
        }
    }

    async fn clients_can_read_the_limits(engine) {
        let flags = [
            ("maxBatch", "batch-max-size", 501), ("maxPageSize", "page-max-size", 101), ("maxDepth", "max-depth", 17), ("maxCost", "max-cost", 5001),
            ("maxTokens", "max-tokens", 2001), ("maxAliases", "max-aliases", 31), ("maxBodyBytes", "max-body-bytes", 1_048_577),
            ("maxDocumentBytes", "max-document-bytes", 16_385), ("maxNesting", "max-nesting", 65), ("maxFragments", "max-fragments", 51),
            ("maxSelections", "max-selections", 1001), ("maxRootFields", "max-root-fields", 21), ("maxDirectives", "max-directives", 51),
            ("maxDirectivesPerField", "max-directives-per-field", 6),
            ("deadlineMs", "request-timeout-ms", 5001),
        ];
        let names: Vec<&str> = flags.iter().map(|(name, _, _)| *name).collect();
        let document = format!("{{ service {{ limits {{ {} }} }} }}", names.join(" "));
        let plain = TestApp::with_garden(engine).await;
        let defaults = plain.graphql(&document).await;
        let mut builder = TestApp::build_with_garden(engine).await;
        for (name, flag, value) in flags {
            assert_eq!(defaults.data("/service/limits")[name], value - 1, "the default of {name}");
            builder = builder.flag(&format!("--{flag}={value}"));
        }
        let raised = builder.start().await.graphql(&document).await;
        for (name, _, value) in flags {
            assert_eq!(raised.data("/service/limits")[name], value, "{name}");
        }
    }

    async fn a_body_has_at_most_so_many_bytes(engine) {
        let app = TestApp::build_with_garden(engine).await.flag("--max-body-bytes=2000").start().await;
        let of = |bytes: usize| {
            let empty = json!({ "query": "{ __typename }", "operationName": null, "extensions": { "x": "" } }).to_string();
            empty.replace("\"x\":\"\"", &format!("\"x\":\"{}\"", "x".repeat(bytes - empty.len())))
        };
        let send = |body: String| app.request(reqwest::Method::POST, "/graphql").header("content-type", "application/json").body(body);
        let reply = app.send(send(of(2000))).await;
        assert_eq!((reply.status, reply.data("/__typename")), (200, &json!("Query")));
        let reply = app.send(send(of(2001))).await;
        assert_eq!((reply.status, reply.codes()), (413, vec!["PAYLOAD_TOO_LARGE"]));
        assert_eq!(reply.json.get("data"), None);
    }
}

/// The standard introspection query.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { queryType { name kind } mutationType { name kind } subscriptionType { name kind }
    types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
    fragment FullType on __Type { kind name description specifiedByURL isOneOf
      fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
      inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
      ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";
