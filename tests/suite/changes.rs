//! The feed of changes: what each import did, whole generations at a time.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tests::{NOW_MS, TestApp, on_each_engine};

const FEED: &str = "query($since: Int!, $first: Int) { changes(since: $since, first: $first) { generation hasMore
    changes { generation kind prefix count at names } } }";

/// A set of icons by key, and what else its document says.
fn set(prefix: &str, icons: &[&str], rest: &Value) -> Value {
    let icons: Map<String, Value> = icons
        .iter()
        .map(|key| ((*key).to_owned(), json!({ "body": "<path d=\"M0 0h1z\"/>" })))
        .collect();
    let mut set = json!({ "prefix": prefix, "icons": icons });
    set.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    set
}

/// The changes after a generation, as `KIND prefix: names`.
async fn told(app: &TestApp, since: u64) -> Vec<String> {
    let reply = app.graphql_with(FEED, json!({ "since": since })).await;
    let changes = reply.data("/changes/changes").as_array().unwrap();
    changes
        .iter()
        .map(|change| {
            let names: Vec<&str> = change["names"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap())
                .collect();
            assert_eq!(change["count"], names.len());
            let prefix = change["prefix"].as_str().unwrap();
            let keys: Vec<&str> = names
                .iter()
                .map(|name| name.strip_prefix(&format!("{prefix}:")).unwrap())
                .collect();
            format!("{} {prefix}: {}", change["kind"].as_str().unwrap(), keys.join(" "))
        })
        .collect()
}

async fn generation(app: &TestApp) -> u64 {
    app.graphql("{ service { generation } }")
        .await
        .data("/service/generation")
        .as_u64()
        .unwrap()
}

/// Imports a set and says what the feed tells of it.
async fn after_import(app: &TestApp, set: &Value) -> Vec<String> {
    let before = generation(app).await;
    assert_eq!(app.import_json(set).await.failed_sets(), 0);
    told(app, before).await
}

on_each_engine! {
    async fn an_empty_catalog_has_an_empty_feed(engine) {
        let app = TestApp::start(engine).await;
        for since in [0, 7] {
            let reply = app.graphql_with(FEED, json!({ "since": since })).await;
            assert_eq!(reply.data("/changes"), &json!({ "generation": 0, "hasMore": false, "changes": [] }), "{since}");
        }
    }

    async fn each_kind_of_change_is_told(engine) {
        let app = TestApp::start(engine).await;
        let plain = json!({});
        let alias = json!({ "aliases": { "d": { "parent": "a" }, "e": { "parent": "a", "hFlip": true } } });
        assert_eq!(after_import(&app, &set("s", &["b", "a", "c"], &alias)).await, ["ADDED s: a b c d e"]);
        assert_eq!(after_import(&app, &set("s", &["b", "a", "c"], &alias)).await, [""; 0]);
        assert_eq!(after_import(&app, &set("s", &["a", "c"], &plain)).await, ["REMOVED s: b d e"]);
        let mut changed = set("s", &["a", "c", "f"], &plain);
        changed["icons"]["a"]["body"] = json!("<path d=\"M1 1h1z\"/>");
        assert_eq!(after_import(&app, &changed).await, ["ADDED s: f", "CHANGED s: a"]);
        changed["icons"]["a"]["hidden"] = json!(true);
        assert_eq!(after_import(&app, &changed).await, ["HIDDEN s: a"]);
        // Changed while it is hidden, and shown again.
        changed["icons"]["a"]["width"] = json!(20);
        assert_eq!(after_import(&app, &changed).await, ["CHANGED s: a"]);
        changed["icons"]["a"]["hidden"] = json!(false);
        assert_eq!(after_import(&app, &changed).await, ["ADDED s: a"]);
        // What arrives hidden is hidden.
        changed["icons"]["g"] = json!({ "body": "<path d=\"M2 2z\"/>", "hidden": true });
        assert_eq!(after_import(&app, &changed).await, ["HIDDEN s: g"]);
        // Only what the set says of itself.
        changed["info"] = json!({ "name": "S" });
        assert_eq!(after_import(&app, &changed).await, ["CHANGED s: "]);
        changed["categories"] = json!({ "Letters": ["a", "c"] });
        assert_eq!(after_import(&app, &changed).await, ["CHANGED s: a c"]);
    }

    async fn a_generation_is_never_split(engine) {
        let app = TestApp::start(engine).await;
        app.import_json(&set("s", &["a", "b", "c"], &json!({}))).await;
        // Generation 2 has four kinds.
        let mut four = set("s", &["b", "c", "d"], &json!({}));
        four["icons"]["b"]["width"] = json!(30);
        four["icons"]["c"]["hidden"] = json!(true);
        app.import_json_at(NOW_MS + 1000, &four).await;
        app.import_json(&set("t", &["x"], &json!({}))).await;
        let all = ["ADDED s: a b c", "ADDED s: d", "CHANGED s: b", "HIDDEN s: c", "REMOVED s: a", "ADDED t: x"];
        assert_eq!(told(&app, 0).await, all);
        // first, since: the changes, the generation to go on from, and whether to.
        let cases = [(1, 0, 1, 1, true), (2, 0, 5, 2, true), (5, 0, 5, 2, true), (6, 0, 6, 3, false), (100, 0, 6, 3, false), (1, 1, 4, 2, true),
            (4, 1, 4, 2, true), (5, 1, 5, 3, false), (1, 2, 1, 3, false), (1, 3, 0, 3, false), (1, 9, 0, 3, false)];
        for (first, since, count, generation, more) in cases {
            let reply = app.graphql_with(FEED, json!({ "first": first, "since": since })).await;
            let feed = reply.data("/changes");
            assert_eq!(feed["changes"].as_array().unwrap().len(), count, "{first} since {since}");
            assert_eq!((&feed["generation"], &feed["hasMore"]), (&json!(generation), &json!(more)), "{first} since {since}");
        }
        let reply = app.graphql_with(FEED, json!({ "since": 0 })).await;
        let at: Vec<&str> = reply.data("/changes/changes").as_array().unwrap().iter().map(|change| change["at"].as_str().unwrap()).collect();
        assert_eq!(at, ["2026-09-01T12:00:00Z", "2026-09-01T12:00:01Z", "2026-09-01T12:00:01Z", "2026-09-01T12:00:01Z",
            "2026-09-01T12:00:01Z", "2026-09-01T12:00:00Z"]);
    }

    async fn the_feed_replays_to_the_catalog(engine) {
        let app = TestApp::start(engine).await;
        let mut random = crate::random::Random::new(3);
        let keys: Vec<String> = (0..30).map(|number| format!("i{number}")).collect();
        let mut mirror: BTreeMap<String, bool> = BTreeMap::new();
        let mut since = 0;
        for round in 0..12 {
            let prefix = ["s", "t"][round % 2];
            let count = 1 + random.below(25);
            let mut document = set(prefix, &[], &json!({}));
            for key in random.choose(&keys, count) {
                document["icons"][&key] = json!({ "body": format!("<path d=\"M{} 0h1z\"/>", random.below(3)), "hidden": random.below(4) == 0 });
            }
            app.import_json(&document).await;
            let reply = app.graphql_with(FEED, json!({ "since": since })).await;
            for change in reply.data("/changes/changes").as_array().unwrap() {
                for name in change["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()) {
                    match change["kind"].as_str().unwrap() {
                        "ADDED" => drop(mirror.insert(name, true)),
                        "HIDDEN" => drop(mirror.insert(name, false)),
                        "REMOVED" => assert!(mirror.remove(&name).is_some(), "{name} was not there"),
                        _ => assert!(mirror.contains_key(&name), "{name} was not there"),
                    }
                }
            }
            since = reply.data("/changes/generation").as_u64().unwrap();
            assert_eq!(since, generation(&app).await);
        }
        let listed: Vec<String> = mirror.iter().filter(|(_, shown)| **shown).map(|(name, _)| name.clone()).collect();
        let reply = app.graphql("{ iconSets(first: 2) { nodes { icons(first: 100) { nodes { name } } } } }").await;
        let sets = reply.data("/iconSets/nodes").as_array().unwrap();
        let names = sets.iter().flat_map(|set| set["icons"]["nodes"].as_array().unwrap());
        assert_eq!(listed, names.map(|icon| icon["name"].as_str().unwrap()).collect::<Vec<_>>());
        let names: Vec<&String> = mirror.keys().collect();
        let reply = app.graphql_with("query($names: [String!]!) { icons(names: $names) { ... on Icon { hidden } } }", json!({ "names": names })).await;
        let hidden: Vec<bool> = reply.data("/icons").as_array().unwrap().iter().map(|icon| icon["hidden"].as_bool().unwrap()).collect();
        assert_eq!(hidden, mirror.values().map(|shown| !shown).collect::<Vec<_>>());
    }

    async fn names_come_in_pages(engine) {
        let app = TestApp::start(engine).await;
        let keys: Vec<String> = (0..2500).map(|number| format!("n{number:04}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        app.import_json(&set("s", &keys, &json!({}))).await;
        let document = "query($first: Int! = 100, $after: IconName) { changes(since: 0) { changes { count names(first: $first, after: $after) } } }";
        let mut names: Vec<String> = Vec::new();
        loop {
            let after = names.last().map_or(Value::Null, |name| json!(name));
            let size = [100, 99, 37][names.len() % 3];
            let reply = app.graphql_with(document, json!({ "first": size, "after": after })).await;
            assert_eq!(reply.data("/changes/changes/0/count"), 2500);
            let page = reply.data("/changes/changes/0/names").as_array().unwrap().clone();
            if page.is_empty() {
                break;
            }
            names.extend(page.iter().map(|name| name.as_str().unwrap().to_owned()));
        }
        assert_eq!(names, keys.iter().map(|key| format!("s:{key}")).collect::<Vec<_>>());
        // A name that is not there is a place to go on from all the same.
        let between = app.graphql_with(document, json!({ "first": 1, "after": "s:n0999x" })).await;
        assert_eq!(between.data("/changes/changes/0/names"), &json!(["s:n1000"]));
        let foreign = app.graphql_with(document, json!({ "after": "t:a" })).await;
        assert_eq!(foreign.codes(), ["BAD_USER_INPUT"]);
    }

    async fn the_bounds_of_a_feed(engine) {
        let app = TestApp::with_garden(engine).await;
        let cases = [
            ("changes(since: -1) { hasMore }", "BAD_USER_INPUT"), ("changes(since: 0, first: 0) { hasMore }", "BAD_USER_INPUT"),
            ("changes(since: 0, first: 101) { hasMore }", "LIMIT_EXCEEDED"), ("changes(since: 0) { changes { names(first: 0) } }", "BAD_USER_INPUT"),
            ("changes(since: 0, first: 1) { changes { names(first: 101) } }", "LIMIT_EXCEEDED"),
        ];
        for (field, code) in cases {
            let reply = app.graphql(&format!("{{ {field} }}")).await;
            assert_eq!(reply.codes(), [code], "{field}");
        }
        assert!(app.graphql("{ changes(since: 0, first: 1) { changes { names(first: 100) } } }").await.errors().is_empty());
    }

    async fn importing_again_keeps_ids_and_times(engine) {
        let app = TestApp::start(engine).await;
        let document = "{ iconSet(prefix: \"s\") { id icons { nodes { id name updatedAt } edges { cursor } } } }";
        app.import_json(&set("s", &["a", "b"], &json!({}))).await;
        let before = app.graphql(document).await.json;
        let mut changed = set("s", &["a", "b"], &json!({ "info": { "name": "S" } }));
        changed["icons"]["b"]["width"] = json!(30);
        app.import_json_at(NOW_MS + 60_000, &changed).await;
        let after = app.graphql(document).await.json;
        let icons = "/data/iconSet/icons/nodes";
        assert_eq!(before.pointer(&format!("{icons}/0")), after.pointer(&format!("{icons}/0")));
        assert_eq!(before.pointer(&format!("{icons}/1/id")), after.pointer(&format!("{icons}/1/id")));
        assert_eq!(after.pointer(&format!("{icons}/1/updatedAt")).unwrap(), "2026-09-01T12:01:00Z");
        assert_eq!(before.pointer("/data/iconSet/icons/edges"), after.pointer("/data/iconSet/icons/edges"));
        assert_eq!(before.pointer("/data/iconSet/id"), after.pointer("/data/iconSet/id"));
    }
}
