//! How many SQL statements each operation takes, however much is asked for.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tests::{Reply, TestApp, on_each_engine};

use crate::{random::Random, starter};

const ICONS: &str =
    "query($names: [String!]!) { icons(names: $names) { ... on Icon { name body set { name license { title } } } } }";

/// `count` names of all sets.
fn names(count: usize) -> Vec<String> {
    Random::new(1).choose(starter::names(), count)
}

fn id(kind: &str, name: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{kind}:{name}"))
}

fn assert_at_most(budget: u32, what: &str, reply: &Reply) {
    assert!(reply.errors().is_empty(), "{what}: {}", reply.text);
    assert!(
        reply.statements() <= budget,
        "{what}: {} statements, not {budget}",
        reply.statements()
    );
}

/// Operations with `$names`, and the statements they may take.
const OF_ICONS: [(&str, u32); 11] = [
    ("name body", 1),
    ("name set { name }", 2),
    ("name license { title } set { prefix license { spdx } }", 2),
    ("name aliases", 2),
    ("name characters", 2),
    ("name tags", 2),
    ("name variants(first: 1) { name }", 2),
    ("name aliasOf { name }", 2),
    // The icons that are found are one more.
    ("name related(first: 1) { score support icon { name } }", 3),
    (
        "name aliases characters tags variants(first: 1) { name } aliasOf { name } set { name }",
        7,
    ),
    // The second step up, and the set of what is found there, are known by then or one more.
    ("name aliasOf { name aliasOf { name } set { name } }", 4),
];

on_each_engine! {
    async fn one_statement_for_each_kind_of_thing(engine) {
        let app = TestApp::build_with_starter(engine).await.flag("--max-cost=100000").start().await;
        for (fields, budget) in OF_ICONS {
            let document = format!("query($names: [String!]!) {{ icons(names: $names) {{ ... on Icon {{ {fields} }} }} }}");
            for count in [1, 50, 500] {
                // A budget is one of a server that keeps nothing yet.
                app.forget();
                let reply = app.graphql_with(&document, json!({ "names": names(count) })).await;
                assert_at_most(budget, &format!("{count} icons with {fields}"), &reply);
            }
        }
    }

    async fn batches_do_not_fall_apart_under_load(engine) {
        let app = TestApp::with_starter(engine).await;
        for round in 0..40 {
            let all = starter::names();
            let names = Random::new(round + 1).choose(all, 100);
            let variables = json!({ "names": names });
            let (a, b, c) =
                tokio::join!(app.graphql_with(ICONS, variables.clone()), app.graphql_with(ICONS, variables.clone()),
                    app.graphql_with(ICONS, variables));
            for reply in [a, b, c] {
                assert_at_most(2, "100 icons with their sets", &reply);
            }
        }
    }

    async fn the_same_name_twice_is_asked_for_once(engine) {
        let app = TestApp::with_starter(engine).await;
        let mut twice = names(100);
        twice.extend(twice.clone());
        let reply = app.graphql_with(ICONS, json!({ "names": twice })).await;
        assert_at_most(2, "200 names", &reply);
        assert_eq!(reply.data("/icons").as_array().unwrap().len(), 200);
        let document = r#"{ a: icon(by: { name: "mdi:home" }) { name } b: icon(by: { name: "mdi:home" }) { name }
            c: icons(names: ["mdi:home", "mdi:account"]) { ... on Icon { name } } d: icon(by: { name: "ph:heart" }) { name } }"#;
        assert_at_most(1, "one icon in four fields", &app.graphql(document).await);
    }

    async fn nodes_take_one_statement_for_each_type(engine) {
        let app = TestApp::with_starter(engine).await;
        let document = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Icon { name set { name } } ... on IconSet { name } } }";
        let mut ids: Vec<String> = names(200).iter().map(|name| id("Icon", name)).collect();
        ids.extend(["mdi", "lucide", "no-such-set"].map(|prefix| id("IconSet", prefix)));
        ids.extend(["mdi:no-such-icon"].map(|name| id("Icon", name)));
        let reply = app.graphql_with(document, json!({ "ids": ids })).await;
        // The sets of the icons are another depth, and those that were not loaded yet.
        assert_at_most(3, "204 nodes", &reply);
        let nodes = reply.data("/nodes").as_array().unwrap();
        assert_eq!(nodes.len(), 204);
        assert!(nodes[..202].iter().all(|node| node["id"].is_string()) && nodes[202..].iter().all(Value::is_null));
        let plain = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        assert_at_most(2, "204 bare nodes", &app.graphql_with(plain, json!({ "ids": ids })).await);
    }

    async fn pages_of_many_sets_are_one_statement(engine) {
        let app = TestApp::build_with_starter(engine).await.flag("--max-cost=100000").start().await;
        let cases = [
            ("{ iconSets { nodes { icons(first: 5) { nodes { name } pageInfo { hasNextPage } totalCount } } } }", 2),
            ("{ iconSets { nodes { samples { name } } } }", 2),
            ("{ iconSets { nodes { icons(first: 5) { nodes { name set { name } } } } } }", 3),
            ("{ iconSets { nodes { icons(last: 5) { nodes { name aliases } } samples { name aliases } } } }", 5),
            ("{ iconSets { totalCount nodes { name } } }", 2),
            (r#"{ a: iconSet(prefix: "mdi") { name } b: iconSet(prefix: "ph") { name } c: iconSet(prefix: "mdi") { total } }"#, 1),
            ("{ changes(since: 0) { changes { names(first: 3) } } }", 2),
            ("{ service { version limits { maxBatch } } }", 0),
            ("{ service { generation } }", 1),
        ];
        for (document, budget) in cases {
            app.forget();
            assert_at_most(budget, document, &app.graphql(document).await);
        }
    }

    async fn a_hundred_sets_are_one_statement(engine) {
        let app = TestApp::build(engine).await.flag("--max-cost=100000").start().await;
        for number in 0..100 {
            let icons = json!({ "b": { "body": "<path d=\"M0 0h1z\"/>" }, "a": { "body": "<path d=\"M0 0h2z\"/>" } });
            app.import_json(&json!({ "prefix": format!("set-{number}"), "icons": icons })).await;
        }
        let document = "{ iconSets(first: 100) { nodes { prefix icons(first: 2) { nodes { name } } } } }";
        let reply = app.graphql(document).await;
        assert_at_most(2, "a page of each of 100 sets", &reply);
        let sets = reply.data("/iconSets/nodes").as_array().unwrap();
        assert_eq!(sets.len(), 100);
        for set in sets {
            let prefix = set["prefix"].as_str().unwrap();
            assert_eq!(set["icons"]["nodes"], json!([{ "name": format!("{prefix}:a") }, { "name": format!("{prefix}:b") }]));
        }
    }

    async fn long_lists_in_long_lists_are_one_depth(engine) {
        let app = TestApp::build(engine).await.flag("--max-cost=100000").start().await;
        let icons: serde_json::Map<String, Value> =
            (0..40).map(|number| (format!("icon-{number}"), json!({ "body": format!("<path d=\"M0 {number}h1z\"/>") }))).collect();
        for number in 0..40 {
            app.import_json(&json!({ "prefix": format!("set-{number}"), "icons": icons })).await;
        }
        let document = "{ iconSets(first: 40) { nodes { icons(first: 40) { nodes { name tags aliases characters } } } } }";
        let reply = app.graphql(document).await;
        assert_at_most(5, "three loaders of each of 1,600 icons", &reply);
        let sets = reply.data("/iconSets/nodes").as_array().unwrap();
        assert!(sets.len() == 40 && sets.iter().all(|set| set["icons"]["nodes"].as_array().unwrap().len() == 40));

        // Most of these lists ask for nothing that another has not asked for.
        let ids: Vec<String> = (0..8).flat_map(|number| vec![id("IconSet", &format!("set-{number}")); 5]).collect();
        let document = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on IconSet { icons(first: 40) { nodes { tags } } } } }";
        assert_at_most(3, "eight sets, five times each", &app.graphql_with(document, json!({ "ids": ids })).await);
    }

    async fn a_set_is_read_once_in_a_generation_and_again_in_the_next(engine) {
        let app = TestApp::build(engine).await.cached().start().await;
        let set = |prefix: &str, name: &str| {
            json!({ "prefix": prefix, "info": { "name": name }, "icons": { "sun": { "body": "<path d=\"M0 0h1z\"/>" } } })
        };
        let icons_of = async |prefixes: &[&str], statements: u32| {
            let names: Vec<String> = prefixes.iter().map(|prefix| format!("{prefix}:sun")).collect();
            let document = "query($names: [String!]!) { icons(names: $names) { ... on Icon { set { name } } } }";
            let reply = app.graphql_with(document, json!({ "names": names })).await;
            assert_eq!(reply.statements(), statements, "{prefixes:?}: {}", reply.text);
            reply.data("/icons").as_array().unwrap().iter().map(|icon| icon["set"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        app.import_json(&set("one", "One")).await;
        app.import_json(&set("two", "Two")).await;
        assert_eq!(icons_of(&["one"], 2).await, ["One"]);
        assert_eq!(icons_of(&["one"], 0).await, ["One"]);
        assert_eq!(icons_of(&["one", "two"], 2).await, ["One", "Two"]);
        assert_eq!(icons_of(&["two", "one"], 0).await, ["Two", "One"]);
        // Its icons have not changed.
        app.import_json(&set("one", "Uno")).await;
        assert_eq!(icons_of(&["one", "two"], 1).await, ["Uno", "Two"]);
        assert_eq!(icons_of(&["one", "two"], 0).await, ["Uno", "Two"]);
    }

    async fn what_cannot_be_answered_asks_for_nothing(engine) {
        let app = TestApp::with_garden(engine).await;
        let documents = [
            "{",
            "{ nonsense }",
            r#"{ icon(by: { name: "Not A Name" }) { name } }"#,
            r#"{ icon(by: { name: "garden:tree", id: "x" }) { name } }"#,
            r#"{ node(id: "x") { id } }"#,
            r#"{ icons(names: ["Not A Name", ""]) { __typename } }"#,
            "{ icons(names: []) { __typename } }",
            "{ nodes(ids: []) { id } }",
            r#"{ iconSet(prefix: "NO") { name } }"#,
            "{ iconSets(first: 0) { totalCount } }",
            r#"{ iconSets(after: "x") { totalCount } }"#,
            "{ changes(since: -1) { hasMore } }",
            "{ __typename }",
            "{ __schema { types { name } } }",
        ];
        for document in documents {
            assert_eq!(app.graphql(document).await.statements(), 0, "{document}");
        }
    }
}
