//! What a search finds and in what order, with its filters, facets and refusals.

use serde_json::{Value, json};
use tests::{Engine, Reply, TestApp, on_each_engine};

/// A set with these keys, each an icon of its own.
fn set(prefix: &str, keys: &[&str]) -> Value {
    let icons: serde_json::Map<String, Value> = keys
        .iter()
        .map(|key| {
            (
                (*key).to_owned(),
                json!({ "body": "<path fill=\"currentColor\" d=\"M0 0h1z\"/>" }),
            )
        })
        .collect();
    json!({ "prefix": prefix, "icons": icons, "info": { "name": prefix, "author": { "name": "A" }, "license": { "title": "MIT", "spdx": "MIT" } } })
}

/// Sets in which people look for things.
async fn shop(engine: Engine) -> TestApp {
    let app = TestApp::start(engine).await;
    let mut tools = set(
        "tools",
        &[
            "home",
            "home-outline",
            "home-off",
            "homepod",
            "house",
            "trash",
            "trash-off",
            "arrow-left",
            "left-arrow-box",
            "arrow-left-circle",
            "shopping-cart",
            "calendar",
            "calendar-check",
            "boxes",
            "lambda",
            "secret",
            "chevron-left",
        ],
    );
    tools["aliases"] = json!({ "garbage-can": { "parent": "trash" } });
    tools["icons"]["secret"]["hidden"] = json!(true);
    tools["icons"]["lambda"]["body"] = json!("<path fill=\"none\" stroke=\"currentColor\" d=\"M0 0h1z\"/>");
    tools["categories"] = json!({ "Navigation": ["arrow-left", "home", "chevron-left"], "Bürö": ["calendar"] });
    tools["info"]["height"] = json!(24);
    tools["suffixes"] = json!({ "": "Regular", "outline": "Outline" });
    app.import_json(&tools).await;
    let mut faces = set("faces", &["house", "house-garden", "person-running", "home"]);
    faces["info"]["palette"] = json!(true);
    faces["info"]["license"] = json!({ "title": "CC BY 4.0", "spdx": "CC-BY-4.0" });
    faces["info"]["height"] = json!([16, 32]);
    faces["chars"] = json!({ "1f3e0": "house", "2764-fe0f": "home" });
    app.import_json(&faces).await;
    app.import_json(&set("bits", &["home", "binary", "bin", "recycle-bin"]))
        .await;
    app
}

const SEARCH: &str = "query($query: String!, $filter: IconFilter, $order: SearchOrder! = RELEVANCE) {
    search(query: $query, filter: $filter, orderBy: $order, first: 100) {
        totalCount generation correctedQuery edges { cursor score matchedOn node { name } } nodes { name }
        facets { sets { value label count } categories { value count } licenses { value label count }
            palettes { value count } styles { value count } heights { value count } } } }";

async fn find(app: &TestApp, query: &str, filter: Value) -> Reply {
    let reply = app
        .graphql_with(SEARCH, json!({ "query": query, "filter": filter }))
        .await;
    assert!(reply.errors().is_empty(), "{query}: {}", reply.text);
    reply
}

fn names(reply: &Reply) -> Vec<String> {
    reply.texts("/search/nodes", "name")
}

fn matched_on(reply: &Reply, name: &str) -> Value {
    let edges = reply.data("/search/edges").as_array().unwrap();
    let edge = edges.iter().find(|edge| edge["node"]["name"] == name);
    edge.unwrap_or_else(|| panic!("{name} was not found: {}", reply.text))["matchedOn"].clone()
}

on_each_engine! {
    async fn the_best_comes_first(engine) {
        let app = shop(engine).await;
        for (query, expected) in [
            // The exact name in every set, larger sets first; its variant; longer names; what begins so.
            ("home", vec!["tools:home", "faces:home", "bits:home", "tools:home-outline", "tools:home-off", "tools:homepod"]),
            ("arrow left", vec!["tools:arrow-left", "tools:left-arrow-box", "tools:arrow-left-circle"]),
            ("left arrow", vec!["tools:arrow-left", "tools:left-arrow-box", "tools:arrow-left-circle"]),
            ("ArrowLeft", vec!["tools:arrow-left", "tools:left-arrow-box", "tools:arrow-left-circle"]),
            ("bin", vec!["bits:bin", "bits:recycle-bin", "bits:binary"]),
            ("homep", vec!["tools:homepod"]),
            ("box", vec!["tools:boxes", "tools:left-arrow-box"]),
            ("shoppingcart", vec!["tools:shopping-cart"]),
            ("shopping cart", vec!["tools:shopping-cart"]),
            ("shop car", vec!["tools:shopping-cart"]),
            ("tools:home", vec!["tools:home", "tools:home-outline", "tools:home-off", "tools:homepod"]),
            ("home -off", vec!["tools:home", "faces:home", "bits:home", "tools:home-outline", "tools:homepod"]),
            ("garbage can", vec!["tools:trash"]),
            ("🏠", vec!["faces:house"]),
            ("❤️", vec!["faces:home"]),
            ("prefix:faces", vec!["faces:home", "faces:house", "faces:house-garden", "faces:person-running"]),
            ("prefix:f*,bits home", vec!["faces:home", "bits:home"]),
            ("palette:true home", vec!["faces:home"]),
            ("style:stroke", vec!["tools:lambda"]),
        ] {
            let reply = find(&app, query, Value::Null).await;
            assert_eq!(names(&reply), expected, "{query}");
            let total = reply.data("/search/totalCount").as_u64().unwrap();
            assert_eq!(total, expected.len() as u64, "{query}");
            let scores: Vec<f64> = (reply.data("/search/edges").as_array().unwrap().iter()).map(|edge| edge["score"].as_f64().unwrap()).collect();
            assert!(scores.is_sorted_by(|one, next| one >= next) && scores.iter().all(|score| (0.0..=1.0).contains(score)), "{query}: {scores:?}");
        }
    }

    async fn an_icon_says_what_it_was_found_by(engine) {
        let app = shop(engine).await;
        for (query, name, expected) in [
            ("home", "tools:home", json!(["NAME"])), ("homep", "tools:homepod", json!(["NAME"])),
            ("garbage", "tools:trash", json!(["ALIAS"])), ("navigation", "tools:home", json!(["CATEGORY"])),
            ("buro", "tools:calendar", json!(["CATEGORY"])), ("faces person", "faces:person-running", json!(["NAME", "SET"])),
            ("🏠", "faces:house", json!(["CHARACTER"])), ("calender", "tools:calendar", json!(["NAME", "TYPO"])),
        ] {
            assert_eq!(matched_on(&find(&app, query, Value::Null).await, name), expected, "{query}");
        }
    }

    async fn slips_are_forgiven_from_five_letters(engine) {
        let app = shop(engine).await;
        for (query, corrected, first) in [
            ("calender", Some("calendar"), "tools:calendar"), ("claendar", Some("calendar"), "tools:calendar"),
            ("calenda", None, "tools:calendar"), ("lamda", Some("lambda"), "tools:lambda"),
            ("shoping cart", Some("shopping cart"), "tools:shopping-cart"), ("trsah off", Some("trash off"), "tools:trash-off"),
            ("shoppinhcsrt", Some("shoppingcart"), "tools:shopping-cart"),
        ] {
            let reply = find(&app, query, Value::Null).await;
            assert_eq!(reply.data("/search/correctedQuery").as_str(), corrected, "{query}");
            assert_eq!(names(&reply)[0], first, "{query}");
        }
        // Four letters, and two wrong ones of eight, are another word.
        for query in ["hxme", "cxlendxr"] {
            let reply = find(&app, query, Value::Null).await;
            assert_eq!((names(&reply).len(), reply.data("/search/correctedQuery")), (0, &Value::Null), "{query}");
        }
    }

    async fn tags_and_what_they_stand_for_find_icons_of_every_set(engine) {
        let app = shop(engine).await;
        app.sql("INSERT INTO icon_tag (icon_id, tag) SELECT id, 'dustbin' FROM icon WHERE name = 'tools:trash'").await;
        app.sql("INSERT INTO icon_tag (icon_id, tag) SELECT id, 'rubbish heap' FROM icon WHERE name = 'tools:trash'").await;
        app.sql("UPDATE catalog_state SET generation = 4").await;
        app.sql("INSERT INTO catalog_change (generation, kind, prefix, count, at_ms) VALUES (4, 1, 'tools', 1, 0)").await;
        // A set that publishes no tags.
        app.import_json(&set("plain", &["trash", "trash-lid", "tree"])).await;
        for query in ["dustbin", "rubbish heap", "rubbish"] {
            let reply = find(&app, query, Value::Null).await;
            assert_eq!(matched_on(&reply, "tools:trash"), json!(["TAG"]), "{query}");
            assert_eq!(matched_on(&reply, "plain:trash"), json!(["SYNONYM"]), "{query}");
            let found = names(&reply);
            assert_eq!(&found[..2], ["tools:trash", "plain:trash"], "{query}");
            assert!(found.contains(&"plain:trash-lid".to_owned()) && !found.contains(&"plain:tree".to_owned()), "{query}: {found:?}");
        }
        let reply = find(&app, "", json!({ "tags": ["Dustbin"] })).await;
        assert_eq!(names(&reply), ["tools:trash"]);
    }

    async fn an_index_follows_its_catalog(engine) {
        let app = shop(engine).await;
        let before = find(&app, "home", Value::Null).await;
        app.import_json(&set("bits", &["homestead", "bin"])).await;
        let after = find(&app, "home", Value::Null).await;
        assert_eq!((before.data("/search/generation"), after.data("/search/generation")), (&json!(3), &json!(4)));
        assert_eq!(names(&after), ["tools:home", "faces:home", "tools:home-outline", "tools:home-off", "tools:homepod", "bits:homestead"]);
        assert_eq!(names(&find(&app, "recycle", Value::Null).await), Vec::<String>::new());
        assert_eq!(find(&app, "", Value::Null).await.data("/search/totalCount"), &json!(16 + 4 + 2));
    }

    async fn filters_and_facets_agree(engine) {
        let app = shop(engine).await;
        for (filter, count) in [
            (json!({}), 24), (json!({ "prefixes": [] }), 24), (json!({ "prefixes": ["tools"] }), 16), (json!({ "prefixes": ["nowhere", "!"] }), 0),
            (json!({ "excludePrefixes": ["tools"] }), 8), (json!({ "categories": ["navigation"] }), 3), (json!({ "categories": ["BÜRÖ"] }), 1),
            (json!({ "palette": true }), 4), (json!({ "palette": false }), 20), (json!({ "style": "STROKE" }), 1), (json!({ "style": "FILL" }), 23),
            (json!({ "spdx": ["mit"] }), 20), (json!({ "spdx": ["MIT", "CC-BY-4.0"] }), 24), (json!({ "spdx": ["GPL-3.0"] }), 0),
            (json!({ "heights": [24] }), 16), (json!({ "heights": [16, 24] }), 20), (json!({ "heights": [-1] }), 0),
            (json!({ "includeHidden": true }), 25), (json!({ "prefixes": ["tools"], "palette": true }), 0),
        ] {
            let reply = find(&app, "", filter.clone()).await;
            assert_eq!(reply.data("/search/totalCount"), &json!(count), "{filter}");
            assert_eq!(names(&reply).len(), count, "{filter}");
        }
        let reply = find(&app, "home", json!({ "prefixes": ["bits"] })).await;
        assert_eq!(reply.data("/search/totalCount"), &json!(1));
        // Each facet shows what else there is.
        assert_eq!(reply.data("/search/facets/sets"), &json!([
            { "value": "tools", "label": "tools", "count": 4 }, { "value": "bits", "label": "bits", "count": 1 }, { "value": "faces", "label": "faces", "count": 1 },
        ]));
        assert_eq!(reply.data("/search/facets/licenses"), &json!([{ "value": "MIT", "label": "MIT", "count": 1 }]));
        let reply = find(&app, "home", Value::Null).await;
        assert_eq!(reply.data("/search/facets/palettes"), &json!([{ "value": "false", "count": 5 }, { "value": "true", "count": 1 }]));
        assert_eq!(reply.data("/search/facets/styles"), &json!([{ "value": "FILL", "count": 6 }]));
        assert_eq!(reply.data("/search/facets/heights"), &json!([{ "value": "24", "count": 4 }, { "value": "16", "count": 1 }, { "value": "32", "count": 1 }]));
        assert_eq!(reply.data("/search/facets/categories"), &json!([{ "value": "Navigation", "count": 1 }]));
    }

    async fn other_orders_have_the_same_icons(engine) {
        let app = shop(engine).await;
        for (order, expected) in [
            ("NAME", ["bits:home", "faces:home", "tools:home", "tools:home-off", "tools:home-outline", "tools:homepod"]),
            ("NEWEST", ["bits:home", "faces:home", "tools:home", "tools:home-off", "tools:home-outline", "tools:homepod"]),
        ] {
            let reply = app.graphql_with(SEARCH, json!({ "query": "home", "order": order })).await;
            assert_eq!(names(&reply), expected, "{order}");
        }
        // An icon that came later is newer, whatever it is called.
        app.import_json(&set("bits", &["home", "zz-home"])).await;
        let reply = app.graphql_with(SEARCH, json!({ "query": "home", "order": "NEWEST" })).await;
        assert_eq!(&names(&reply)[..2], ["bits:zz-home", "bits:home"]);
    }

    async fn nonsense_is_refused_or_finds_nothing(engine) {
        let app = shop(engine).await;
        for query in ["\u{0}", "\u{1b}[2J", "!!! ??? ***", "\"home", "(((((", "a:b:c:d", "prefix:", "-", "--", "\u{202e}emoh", "\\x00", "AND OR NOT", "home~2", "ho*e", "[a TO z]", "{}", "\u{fffd}\u{fffd}"] {
            find(&app, query, Value::Null).await;
        }
        for (query, limit, max, actual) in [
            ("x".repeat(257), "maxQueryCharacters", 256, 257), ("é".repeat(10_000), "maxQueryCharacters", 256, 10_000), ("a ".repeat(13), "maxQueryWords", 12, 13),
        ] {
            let reply = app.graphql_with(SEARCH, json!({ "query": query })).await;
            assert_eq!(reply.json["data"]["search"], Value::Null);
            let extensions = &reply.errors()[0]["extensions"];
            assert_eq!((&extensions["code"], &extensions["limit"], &extensions["max"], &extensions["actual"]), (&json!("LIMIT_EXCEEDED"), &json!(limit), &json!(max), &json!(actual)));
        }
        find(&app, &"x".repeat(256), Value::Null).await;
        find(&app, &"a ".repeat(12), Value::Null).await;
        let values: Vec<String> = (0..501).map(|number| format!("p{number}")).collect();
        let reply = app.graphql_with(SEARCH, json!({ "query": "", "filter": { "prefixes": values } })).await;
        assert_eq!(reply.errors()[0]["extensions"]["limit"], json!("maxBatch"));
        find(&app, "", json!({ "prefixes": values[..500] })).await;
    }

    async fn a_page_takes_one_statement_for_its_icons(engine) {
        let app = TestApp::with_starter(engine).await;
        for (fields, budget) in [
            ("totalCount facets { sets { count } } pageInfo { endCursor }", 0), ("nodes { name body }", 1), ("edges { cursor node { name } } nodes { body }", 1),
            ("nodes { name set { name license { title } } }", 2),
        ] {
            let reply = app.graphql(&format!("{{ search(query: \"arrow\", first: 100) {{ {fields} }} }}")).await;
            assert!(reply.errors().is_empty(), "{fields}: {}", reply.text);
            assert!(reply.statements() <= budget, "{fields}: {} statements", reply.statements());
        }
    }
}
