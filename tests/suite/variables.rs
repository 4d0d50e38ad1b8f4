//! Variables: sent, left out, null, defaulted, and unfit.

use serde_json::{Value, json};
use tests::{TestApp, on_each_engine};

/// How many samples, first with `$n` as given and then with the literal that means the same.
const SAMPLES: &str = r#"query($n: Int) { iconSet(prefix: "garden") { samples(first: $n) { name } } }"#;

on_each_engine! {
    async fn a_variable_left_out_is_an_argument_left_out(engine) {
        let app = TestApp::with_garden(engine).await;
        let cases = [
            // Where the argument has a default, it is the default.
            (SAMPLES, json!({}), 3),
            (SAMPLES, json!({ "n": 1 }), 1),
            (r#"query($n: Int = 2) { iconSet(prefix: "garden") { samples(first: $n) { name } } }"#, json!({}), 2),
            (r#"query($n: Int = 2) { iconSet(prefix: "garden") { samples(first: $n) { name } } }"#, json!({ "n": 1 }), 1),
            (r#"query($n: Int) { iconSet(prefix: "garden") { ...set } } fragment set on IconSet { samples(first: $n) { name } }"#, json!({}), 3),
            (r#"query($n: Int) { iconSet(prefix: "garden") { ... on IconSet { samples(first: $n) { name } } } }"#, json!({}), 3),
        ];
        for (document, variables, expected) in cases {
            let reply = app.graphql_with(document, variables.clone()).await;
            assert_eq!(reply.data("/iconSet/samples").as_array().unwrap().len(), expected, "{document} {variables}");
        }
        let pages = "query($a: Int, $b: String, $c: Int, $d: String) { iconSets(first: $a, after: $b, last: $c, before: $d) { nodes { prefix } } }";
        for variables in [json!({}), json!({ "a": 5 }), json!({ "c": 5 }), json!({ "a": 5, "b": null }), json!({ "a": null, "c": 5 })] {
            let reply = app.graphql_with(pages, variables.clone()).await;
            assert_eq!(reply.texts("/iconSets/nodes", "prefix"), ["garden", "shed"], "{variables}");
        }
        let nested = r#"query($h: String, $c: Color) { icon(by: { name: "shed:saw" }) { svg(options: { height: $h, color: $c }) } }"#;
        let plain = app.graphql(r#"{ icon(by: { name: "shed:saw" }) { svg } }"#).await;
        assert_eq!(app.graphql_with(nested, json!({})).await.data("/icon"), plain.data("/icon"));
        let options = "query($o: SvgOptions, $n: IconName!) { icon(by: { name: $n }) { svg(options: $o) } }";
        assert_eq!(app.graphql_with(options, json!({ "n": "shed:saw" })).await.data("/icon"), plain.data("/icon"));
        let both = r#"query($n: Int, $h: String) { iconSet(prefix: "garden") { samples(first: $n) { svg(options: { height: $h }) } } }"#;
        assert_eq!(app.graphql_with(both, json!({})).await.data("/iconSet/samples").as_array().unwrap().len(), 3);
    }

    async fn null_is_no_value_for_what_must_have_one(engine) {
        let app = TestApp::with_garden(engine).await;
        let reply = app.graphql_with(SAMPLES, json!({ "n": null })).await;
        assert!(!reply.errors().is_empty() && reply.codes().iter().all(|code| *code == "BAD_USER_INPUT"), "{}", reply.text);
    }

    async fn unfit_variables_are_refused_before_anything_runs(engine) {
        let app = TestApp::with_garden(engine).await;
        let icons = "query($names: [String!]!) { icons(names: $names) { __typename } }";
        let icon = "query($by: IconBy!) { icon(by: $by) { name } }";
        let named = "query($name: IconName!) { icon(by: { name: $name }) { name } }";
        let sets = "query($order: IconSetOrder!, $first: Int) { iconSets(orderBy: $order, first: $first) { totalCount } }";
        let cases = [
            (icons, json!({})), (icons, json!({ "names": null })), (icons, json!({ "names": [1] })), (icons, json!({ "names": [null] })),
            (icons, json!({ "names": { "a": 1 } })), (icon, json!({})), (icon, json!({ "by": "x" })), (icon, json!({ "by": { "nam": "x:y" } })),
            (named, json!({})), (named, json!({ "name": "No" })), (named, json!({ "name": ["mdi:home"] })), (named, json!({ "name": 1.5 })),
            (sets, json!({ "order": "SIZE" })), (sets, json!({ "order": "NAME", "first": "5" })), (sets, json!({ "order": "NAME", "first": 1.5 })),
            (sets, json!({ "order": "NAME", "first": 99_999_999_999_u64 })), (sets, json!({ "order": 5 })),
        ];
        for (document, variables) in cases {
            let reply = app.graphql_with(document, variables.clone()).await;
            let codes = reply.codes();
            assert!(!codes.is_empty() && codes.iter().all(|code| *code == "BAD_USER_INPUT"), "{variables}: {}", reply.text);
            assert_eq!(reply.json.get("data"), None, "{variables}");
            assert_eq!(reply.statements(), 0, "{variables}");
        }
        // One value stands for a list of one, and what nobody asked for is ignored.
        let reply = app.graphql_with(icons, json!({ "names": "shed:saw", "other": 1 })).await;
        assert_eq!(reply.data("/icons"), &json!([{ "__typename": "Icon" }]));
    }

    async fn a_variable_must_fit_its_place_even_when_it_is_left_out(engine) {
        let app = TestApp::with_garden(engine).await;
        let cases = [
            "query($n: String) { iconSets(first: $n) { totalCount } }",
            "query($n: [Int]) { iconSets(first: $n) { totalCount } }",
            "query($n: Int) { __typename }",
            "{ iconSets(first: $n) { totalCount } }",
        ];
        for document in cases {
            let reply = app.graphql(document).await;
            assert!(reply.codes().contains(&"GRAPHQL_VALIDATION_FAILED"), "{document}: {}", reply.text);
            assert_eq!(reply.json.get("data"), None, "{document}");
        }
        // One that is used for something else besides.
        let reply = app.graphql(r#"query($n: Int) { iconSets(first: $n) { totalCount } icon(by: { name: "shed:saw" }) { url(size: $n) } }"#).await;
        assert_eq!(reply.data("/iconSets/totalCount"), 2);
    }

    async fn a_variable_is_of_a_type_that_there_is(engine) {
        let app = TestApp::with_garden(engine).await;
        for (declared, column) in [("$x: Nothing", 11), ("$x: Nothing = 1", 11), ("$x: [[Nothing!]!]! = [[1]]", 11), ("$y: Int = 1, $x: service = 1", 24)] {
            let document = format!("query({declared}) {{ nodes(ids: [$x]) {{ id }} }}");
            let reply = app.graphql(&document).await;
            assert_eq!((reply.codes(), reply.json.get("data")), (vec!["GRAPHQL_VALIDATION_FAILED"], None), "{document}: {}", reply.text);
            assert_eq!(reply.errors()[0]["locations"][0]["column"], column, "{document}: {}", reply.text);
        }
        for built_in in ["Int = 1", "Float = 1.5", "String = \"a\"", "Boolean = true", "ID = \"a\"", "IconFilter = {}", "SearchOrder = NAME"] {
            let document = format!("query($x: {built_in}, $on: Boolean = true) {{ __typename @include(if: $on) }}");
            let reply = app.graphql(&document).await;
            assert!(reply.text.contains("not used") && !reply.text.contains("Unknown type"), "{document}: {}", reply.text);
        }
    }

    async fn variables_belong_to_their_operation(engine) {
        let app = TestApp::with_garden(engine).await;
        let document = r#"query One($n: Int) { iconSet(prefix: "garden") { samples(first: $n) { key } } }
            query Two($n: Int = 1) { iconSet(prefix: "garden") { samples(first: $n) { key } } }"#;
        for (name, expected) in [("One", 3), ("Two", 1)] {
            let reply = app.post(&json!({ "query": document, "operationName": name })).await;
            assert_eq!(reply.data("/iconSet/samples").as_array().unwrap().len(), expected, "{name}");
        }
        for name in [Value::Null, json!("Three"), json!("")] {
            let reply = app.post(&json!({ "query": document, "operationName": name })).await;
            assert_eq!(reply.codes(), ["GRAPHQL_VALIDATION_FAILED"], "{name}");
            assert_eq!(reply.json.get("data"), None, "{name}");
        }
    }

    async fn directives_decide_what_is_answered(engine) {
        let app = TestApp::with_garden(engine).await;
        let document = r#"query($yes: Boolean!, $no: Boolean = false, $on: Boolean = true) { icon(by: { name: "shed:saw" }) {
            a: key @include(if: $yes) b: key @include(if: $no) c: key @skip(if: $yes) d: key @skip(if: $no) ...set @include(if: $no)
            e: key @include(if: $on) f: key @skip(if: $on) g: __typename @include(if: $on) h: __typename @skip(if: $on) } }
            fragment set on Icon { set { name } }"#;
        let reply = app.graphql_with(document, json!({ "yes": true })).await;
        assert_eq!(reply.data("/icon"), &json!({ "a": "saw", "d": "saw", "e": "saw", "g": "Icon" }));
        assert_eq!(reply.statements(), 1);
        let reply = app.graphql_with(document, json!({ "yes": true, "on": false })).await;
        assert_eq!(reply.data("/icon"), &json!({ "a": "saw", "d": "saw", "f": "saw", "h": "Icon" }));
    }
}
