//! What operations cost, and that nobody talks the reckoning down.

use serde_json::{Value, json};
use tests::{Engine, Reply, TestApp};

async fn costing(app: &TestApp, body: Value) -> Reply {
    let request = app
        .request(reqwest::Method::POST, "/graphql")
        .header("x-iconql-cost", "1");
    app.send(request.json(&body)).await
}

#[tokio::test]
async fn whoever_asks_is_told_the_cost() {
    let app = TestApp::with_garden(Engine::Sqlite).await;
    let query = "query($names: [String!]!) { icons(names: $names) { ... on Icon { name set { name } } } }";
    let body = json!({ "query": query, "variables": { "names": ["garden:tree", "garden:nothing"] } });
    let reply = costing(&app, body.clone()).await;
    // Two names, each an icon with its set; one is no icon.
    assert_eq!(
        reply.json["extensions"]["cost"],
        json!({ "requested": 4, "actual": 3, "limit": 5000 }),
        "{}",
        reply.text
    );
    assert_eq!(app.post(&body).await.json.get("extensions"), None);
}

#[tokio::test]
async fn no_cost_is_small_again_behind_an_overflow() {
    let app = TestApp::with_garden(Engine::Sqlite).await;
    // Of 64 bits each factor of 2 to the 8 takes eight; the ninth list would cost nothing.
    let of = |depth: usize, first: usize| {
        format!(
            "{{ icon(by: {{ name: \"garden:tree\" }}) {{ {} key {} }} }}",
            format!("variants(first: {first}) {{ ").repeat(depth),
            "}".repeat(depth)
        )
    };
    for (depth, first) in [(2, 100), (8, 64), (8, 96), (11, 64), (13, 32), (14, 100)] {
        let reply = app.graphql(&of(depth, first)).await;
        assert_eq!(reply.codes(), ["LIMIT_EXCEEDED"], "{depth}, {first}: {}", reply.text);
        let extensions = &reply.errors()[0]["extensions"];
        assert_eq!(extensions["limit"], "maxCost", "{}", reply.text);
        assert!(extensions["actual"].as_u64() > Some(5000), "{}", reply.text);
    }
}

#[tokio::test]
async fn page_sizes_are_looked_at_before_costs() {
    let app = TestApp::with_garden(Engine::Sqlite).await;
    let set = "query($first: Int = 101, $size: Int) { iconSet(prefix: \"garden\") { icons(first: $first, last: $size) { totalCount } } }";
    for (query, variables, actual) in [
        ("{ iconSets(first: 101) { totalCount } }", json!({}), Some(101)),
        ("{ iconSets(first: 100) { totalCount } }", json!({}), None),
        (
            "{ ...f } fragment f on Query { iconSets { nodes { ... on IconSet { icons(last: 102) { totalCount } } } } }",
            json!({}),
            Some(102),
        ),
        (
            "{ searchPages(query: \"\", pages: [0], size: 103) { number } }",
            json!({}),
            Some(103),
        ),
        (set, json!({}), Some(101)),
        (set, json!({ "first": 104 }), Some(104)),
        (set, json!({ "first": 100 }), None),
        (set, json!({ "first": null, "size": 105 }), Some(105)),
        (set, json!({ "first": null, "size": 100 }), None),
    ] {
        let reply = app.graphql_with(query, variables.clone()).await;
        let Some(actual) = actual else {
            assert!(reply.errors().is_empty(), "{query} {variables}: {}", reply.text);
            continue;
        };
        let expected = json!({ "code": "LIMIT_EXCEEDED", "limit": "maxPageSize", "max": 100, "actual": actual });
        assert_eq!(
            reply.errors()[0]["extensions"],
            expected,
            "{query} {variables}: {}",
            reply.text
        );
        assert_eq!((reply.json.get("data"), reply.statements()), (None, 0), "{query}");
    }
}

#[tokio::test]
async fn a_page_that_is_not_told_its_size_costs_the_default() {
    const DOCUMENTS: [(&str, u64, u64); 7] = [
        ("{ iconSets { nodes { name } } }", 0, 1),
        ("{ iconSets { nodes { license { title } } } }", 0, 2),
        ("{ iconSet(prefix: \"garden\") { icons { nodes { key } } } }", 1, 1),
        ("{ search(query: \"tree\") { nodes { key } } }", 5, 1),
        ("query($n: Int) { iconSets(first: $n) { nodes { name } } }", 0, 1),
        // What a page has once is paid for once, whatever stands beside it.
        (
            "{ search(query: \"\") { totalCount correctedQuery facets { sets { count } } nodes { name } } }",
            27,
            1,
        ),
        (
            "{ ...f b: search(query: \"\") { nodes { name } } } \
             fragment f on Query { a: search(query: \"\") { ...g nodes { name } ...g } } \
             fragment g on SearchConnection { facets { sets { count } } totalCount }",
            10 + 2 * 21,
            2,
        ),
    ];
    for (flags, items) in [
        (&[][..], 50),
        (&["--page-default-size=100"][..], 100),
        (&["--page-default-size=500", "--page-max-size=500"][..], 500),
        (&["--page-default-size=100", "--page-max-size=20"][..], 20),
    ] {
        let mut builder = TestApp::build_with_garden(Engine::Sqlite).await;
        for flag in flags {
            builder = builder.flag(flag);
        }
        let app = builder.start().await;
        for (query, once, each) in DOCUMENTS {
            let reply = costing(&app, json!({ "query": query })).await;
            let requested = &reply.json["extensions"]["cost"]["requested"];
            assert_eq!(requested, once + each * items, "{query} by {items}: {}", reply.text);
        }
    }
}
