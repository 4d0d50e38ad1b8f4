//! Pages of a search: every hit once and in order, from either end, in one generation and across two.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tests::{TestApp, on_each_engine};

use crate::paging::walk;

const SEARCH: &str = "query($query: String!, $filter: IconFilter, $order: SearchOrder! = RELEVANCE,
        $first: Int, $after: String, $last: Int, $before: String) {
    page: search(query: $query, filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
        totalCount edges { cursor } nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

/// Queries that take every way there is into a list: whole names, beginnings, synonyms, corrections, parts, and none.
const QUERIES: [&str; 9] = [
    "arrow left",
    "a",
    "home",
    "calender",
    "shopping",
    "git branch brnach",
    "arrow zebra xylophone",
    "-circle prefix:lucide",
    "lucide heart",
];

on_each_engine! {
    async fn a_page_that_is_asked_for_twice_is_given_twice(engine) {
        let app = TestApp::with_starter(engine).await;
        let reply = app.get("/api/v1/search/batch?q=arrow&pages=0,1,0&size=20").await;
        let icons = |page: usize| reply.json["pages"][page]["icons"].as_array().unwrap();
        assert_eq!((icons(0).len(), icons(1).len()), (20, 20), "{}", reply.text);
        assert_eq!(icons(0), icons(2));
    }

    async fn pages_hold_every_hit_once(engine) {
        let app = TestApp::with_starter(engine).await;
        for query in QUERIES {
            for order in ["RELEVANCE", "NAME", "NEWEST"] {
                let fixed = json!({ "query": query, "order": order });
                let forward = walk(&app, SEARCH, &fixed, "/page", true).await;
                let mut once = forward.clone();
                once.sort_unstable();
                once.dedup();
                assert_eq!(once.len(), forward.len(), "{query} by {order}");
                let backward = walk(&app, SEARCH, &fixed, "/page", false).await;
                assert!(forward == backward, "{query} by {order} differs backwards");
                if order == "NAME" {
                    assert_eq!(forward, once, "{query}");
                }
            }
        }
    }

    async fn a_cursor_goes_on_behind_its_hit_in_a_newer_generation(engine) {
        let app = TestApp::start(engine).await;
        let set = |keys: &[&str]| {
            let icons: serde_json::Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), json!({ "body": "<g/>" }))).collect();
            json!({ "prefix": "p", "icons": icons })
        };
        app.import_json(&set(&["tree", "tree-b", "tree-ccc", "tree-dddd"])).await;
        let page = |after: Value| json!({ "query": "tree", "first": 2, "after": after });
        let first = app.graphql_with(SEARCH, page(Value::Null)).await;
        assert_eq!(first.texts("/page/nodes", "name"), ["p:tree", "p:tree-b"]);
        let end = first.data("/page/pageInfo/endCursor").clone();
        // What the cursor points at goes, and something comes right behind it.
        app.import_json(&set(&["tree", "tree-cc", "tree-ccc", "tree-dddd"])).await;
        let second = app.graphql_with(SEARCH, page(end)).await;
        let names = second.texts("/page/nodes", "name");
        assert_eq!(names, ["p:tree-cc", "p:tree-ccc"]);
        assert_eq!(second.data("/page/pageInfo/hasPreviousPage"), &json!(true));
    }

    async fn foreign_and_forged_cursors_are_refused(engine) {
        let app = TestApp::with_garden(engine).await;
        let cursor = |reply: &tests::Reply| reply.data("/page/pageInfo/endCursor").clone();
        let of_tree = cursor(&app.graphql_with(SEARCH, json!({ "query": "tree", "first": 1 })).await);
        let by_name = cursor(&app.graphql_with(SEARCH, json!({ "query": "tree", "first": 1, "order": "NAME" })).await);
        let of_set = app.graphql("{ page: iconSet(prefix: \"garden\") { icons(first: 1) { pageInfo { endCursor } } } }").await;
        let of_set = of_set.data("/page/icons/pageInfo/endCursor").clone();
        let same = app.graphql_with(SEARCH, json!({ "query": "tree", "first": 1, "after": of_tree })).await;
        assert!(same.errors().is_empty());
        for foreign in [by_name, of_set, json!("AAAA"), json!(""), json!(URL_SAFE_NO_PAD.encode("\0\0\0\0search\n0\nbest\n0 0 0 0 0")), json!("é")] {
            for bound in ["after", "before"] {
                let reply = app.graphql_with(SEARCH, json!({ "query": "tree", bound: foreign })).await;
                assert_eq!(reply.errors()[0]["extensions"]["code"], json!("BAD_USER_INPUT"), "{foreign}");
            }
        }
        for changed in [json!({ "query": "tre" }), json!({ "query": "tree", "filter": { "palette": false } })] {
            let mut variables = changed;
            variables["after"] = of_tree.clone();
            let reply = app.graphql_with(SEARCH, variables).await;
            assert_eq!(reply.errors()[0]["extensions"]["code"], json!("BAD_USER_INPUT"));
        }
    }
}
