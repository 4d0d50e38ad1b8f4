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
            // What the character stands for, then what others call by the same name.
            ("🏠", vec!["faces:house", "tools:house", "faces:house-garden"]),
            ("❤️", vec!["faces:home", "tools:home", "bits:home", "tools:home-outline", "tools:home-off", "tools:homepod"]),
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

    async fn words_as_typed_come_before_the_same_written_otherwise(engine) {
        let app = TestApp::start(engine).await;
        app.import_json(&set("doors", &["logout", "log-out", "log-out-box", "logout-box"])).await;
        for (query, expected) in [
            ("log out", ["doors:log-out", "doors:logout"]),
            ("logout", ["doors:logout", "doors:log-out"]),
        ] {
            assert_eq!(names(&find(&app, query, Value::Null).await)[..2], expected, "{query}");
        }
    }

    async fn icons_are_read_once_in_a_generation(engine) {
        let app = TestApp::build(engine).await.cached().start().await;
        let drawn = |d: &str| json!({ "prefix": "one", "icons": { "home": { "body": format!("<path d=\"{d}\"/>") }, "homepod": { "body": "<g/>" } },
            "info": { "name": "One", "author": { "name": "A" }, "license": { "title": "MIT" } } });
        let body = async |statements: u32| {
            let reply = app.graphql(r#"{ search(query: "home", first: 1) { nodes { name body } } }"#).await;
            assert_eq!(reply.statements(), statements, "{}", reply.text);
            reply.texts("/search/nodes", "body").concat()
        };
        app.import_json(&drawn("M0 0h1")).await;
        assert_eq!((body(1).await, body(0).await), (r#"<path d="M0 0h1"/>"#.to_owned(), r#"<path d="M0 0h1"/>"#.to_owned()));
        // What was not on the page is read; what was, is not.
        let both = app.graphql(r#"{ search(query: "home", first: 2) { nodes { name } } }"#).await;
        assert_eq!((both.statements(), names(&both)), (1, vec!["one:home".to_owned(), "one:homepod".to_owned()]));
        app.import_json_at(2_000_000_000_000, &drawn("M1 1h1")).await;
        assert_eq!((body(1).await, body(0).await), (r#"<path d="M1 1h1"/>"#.to_owned(), r#"<path d="M1 1h1"/>"#.to_owned()));
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

    async fn a_facet_counts_what_its_value_leaves(engine) {
        let app = TestApp::start(engine).await;
        // "stone" is called so often that nobody means "store", which is far more frequent; in the set "few" it is rare.
        let mut keys: Vec<String> = (0..100).map(|number| format!("stone-{number}")).collect();
        keys.extend((0..2100).map(|number| format!("store-{number}")));
        app.import_json(&set("many", &keys.iter().map(String::as_str).collect::<Vec<_>>())).await;
        app.import_json(&set("few", &["stone", "store", "store-front"])).await;
        for query in ["stone", "store", "stome", "front stone", ""] {
            let all = find(&app, query, Value::Null).await;
            for facet in all.data("/search/facets/sets").as_array().unwrap() {
                let of_set = find(&app, query, json!({ "prefixes": [facet["value"]] })).await;
                assert_eq!(of_set.data("/search/totalCount"), &facet["count"], "{query} in {facet}");
            }
        }
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

    async fn numbered_pages_are_cut_from_one_list(engine) {
        let app = TestApp::with_starter(engine).await;
        let document = "query($query: String!, $pages: [Int!]!, $size: Int!) {
            searchPages(query: $query, pages: $pages, size: $size) { number size totalPages totalCount nodes { name } }
            search(query: $query, first: 100) { nodes { name } } }";
        for query in ["arrow left", "calender", ""] {
            let reply = app.graphql_with(document, json!({ "query": query, "pages": [0, 2, 1, 2_147_483_647, 0], "size": 20 })).await;
            let pages = reply.data("/searchPages").as_array().unwrap();
            let list = reply.texts("/search/nodes", "name");
            for (page, start) in [(0, 0), (1, 40), (2, 20), (4, 0)] {
                assert_eq!(reply.texts(&format!("/searchPages/{page}/nodes"), "name"), list[start..start + 20], "{query} {page}");
            }
            let total = pages[0]["totalCount"].as_u64().unwrap();
            assert_eq!(pages[3], json!({ "number": 2_147_483_647, "size": 20, "totalPages": total.div_ceil(20), "totalCount": total, "nodes": [] }));
            assert!(reply.statements() <= 1, "{}", reply.statements());
        }
        for (pages, size, code) in [(json!([-1]), 20, "BAD_USER_INPUT"), (json!([0]), 0, "BAD_USER_INPUT"), (json!([0]), 101, "LIMIT_EXCEEDED"), (json!(vec![0; 11]), 1, "LIMIT_EXCEEDED")] {
            let reply = app.graphql_with(document, json!({ "query": "a", "pages": pages, "size": size })).await;
            assert_eq!(reply.errors()[0]["extensions"]["code"], json!(code), "{pages} {size}");
        }
        let reply = app.graphql_with(document, json!({ "query": "a", "pages": vec![0; 10], "size": 1 })).await;
        assert!(reply.errors().is_empty(), "{}", reply.text);
    }

    async fn the_rest_companion_answers_alike(engine) {
        let app = TestApp::with_starter(engine).await;
        let reply = app.get("/api/v1/search/batch?q=arrow%20left&pages=1,0&size=5&prefixes=lucide,tabler").await;
        assert_eq!((reply.status, &reply.json["size"], &reply.json["query"]), (200, &json!(5), &json!("arrow left")));
        let same = app.graphql("{ search(query: \"arrow left\", filter: { prefixes: [\"lucide\", \"tabler\"] }, first: 10) { totalCount nodes { name prefix key body left top width height } } }").await;
        let expected = same.data("/search/nodes").as_array().unwrap();
        for (page, icons) in [(0, &expected[5..]), (1, &expected[..5])] {
            let found = reply.json["pages"][page]["icons"].as_array().unwrap();
            for (icon, expected) in found.iter().zip(icons) {
                for field in ["name", "prefix", "key", "body"] {
                    assert_eq!(icon[field], expected[field]);
                }
            }
            assert_eq!(found.len(), 5);
        }
        assert_eq!(&reply.json["totalCount"], same.data("/search/totalCount"));
        for (query, status, code) in [
            ("", 400, "BAD_USER_INPUT"), ("q=a&pages=x", 400, "BAD_USER_INPUT"), ("q=a&pages=-1", 400, "BAD_USER_INPUT"), ("q=a&size=0", 400, "BAD_USER_INPUT"),
            ("q=a&what=1", 400, "BAD_USER_INPUT"),
        ] {
            let reply = app.get(&format!("/api/v1/search/batch?{query}")).await;
            assert_eq!((reply.status, &reply.errors()[0]["extensions"]["code"]), (status, &json!(code)), "{query}");
        }
        for (query, limit, max, actual) in [
            ("q=a&size=101".to_owned(), "maxPageSize", 100, 101),
            ("q=a&pages=0,1,2,3,4,5,6,7,8,9,10".to_owned(), "maxPages", 10, 11),
            (format!("q={}", "x".repeat(257)), "maxQueryCharacters", 256, 257),
            (format!("q={}", ["x"; 13].join("+")), "maxQueryWords", 12, 13),
        ] {
            let reply = app.get(&format!("/api/v1/search/batch?{query}")).await;
            let extensions = json!({ "code": "LIMIT_EXCEEDED", "limit": limit, "max": max, "actual": actual });
            assert_eq!((reply.status, &reply.errors()[0]["extensions"]), (400, &extensions), "{query}");
        }
        let reply = app.get("/api/v1/search/batch?q=a&pages=4294967295&size=100").await;
        assert_eq!((reply.status, &reply.json["pages"][0]["icons"]), (200, &json!([])));
    }

    async fn sets_are_found_by_what_they_cover(engine) {
        let app = shop(engine).await;
        let document = "query($concepts: [String!]!) { setsCovering(concepts: $concepts) { set { prefix } covered of matches { concept icon { name } } } }";
        let reply = app.graphql_with(document, json!({ "concepts": ["home", "house", "bin"] })).await;
        let covered: Vec<(&str, i64)> = reply.data("/setsCovering").as_array().unwrap().iter()
            .map(|set| (set["set"]["prefix"].as_str().unwrap(), set["covered"].as_i64().unwrap())).collect();
        assert_eq!(covered, [("tools", 2), ("bits", 2), ("faces", 2)]);
        assert_eq!(reply.data("/setsCovering/0/matches"), &json!([
            { "concept": "home", "icon": { "name": "tools:home" } }, { "concept": "house", "icon": { "name": "tools:house" } }, { "concept": "bin", "icon": null },
        ]));
        assert!(reply.statements() <= 2, "{}", reply.statements());
        let reply = app.graphql_with(document, json!({ "concepts": vec!["home"; 21] })).await;
        assert_eq!(reply.errors()[0]["extensions"]["limit"], json!("maxConcepts"));
        let reply = app.graphql_with(document, json!({ "concepts": vec!["home"; 20] })).await;
        assert_eq!(reply.data("/setsCovering/0/covered"), &json!(20));
        let reply = app.graphql_with(document, json!({ "concepts": [] })).await;
        assert_eq!(reply.data("/setsCovering"), &json!([]));
    }

    async fn the_icons_of_a_set_can_be_filtered(engine) {
        let app = shop(engine).await;
        let document = "query($filter: IconFilter, $after: String) { iconSet(prefix: \"tools\") { icons(filter: $filter, first: 2, after: $after) { totalCount nodes { name } pageInfo { endCursor hasNextPage } } } }";
        let page = app.graphql_with(document, json!({ "filter": { "categories": ["Navigation"] } })).await;
        assert_eq!(page.texts("/iconSet/icons/nodes", "name"), ["tools:arrow-left", "tools:chevron-left"]);
        assert_eq!((page.data("/iconSet/icons/totalCount"), page.data("/iconSet/icons/pageInfo/hasNextPage")), (&json!(3), &json!(true)));
        let after = page.data("/iconSet/icons/pageInfo/endCursor");
        let page = app.graphql_with(document, json!({ "filter": { "categories": ["Navigation"] }, "after": after })).await;
        assert_eq!(page.texts("/iconSet/icons/nodes", "name"), ["tools:home"]);
        for (filter, total) in [(json!({}), 16), (json!({ "includeHidden": true }), 17), (json!({ "prefixes": ["faces"] }), 0), (json!({ "style": "STROKE" }), 1)] {
            let page = app.graphql_with(document, json!({ "filter": filter })).await;
            assert_eq!(page.data("/iconSet/icons/totalCount"), &json!(total), "{filter}");
        }
    }

    async fn sets_can_be_filtered(engine) {
        let app = shop(engine).await;
        for (filter, expected) in [
            (json!({}), vec!["bits", "faces", "tools"]), (json!({ "prefixes": ["tools", "bits", "x\"y'"] }), vec!["bits", "tools"]),
            (json!({ "palette": true }), vec!["faces"]), (json!({ "spdx": ["mit"] }), vec!["bits", "tools"]), (json!({ "categories": ["UI"] }), vec![]),
            (json!({ "query": "OOL" }), vec!["tools"]), (json!({ "query": "a c" }), vec!["faces"]), (json!({ "query": "%" }), vec![]), (json!({ "query": "_" }), vec![]),
            (json!({ "query": "" }), vec!["bits", "faces", "tools"]), (json!({ "query": "!'\"\\" }), vec![]), (json!({ "query": "\u{0}", "spdx": ["\u{0}"] }), vec![]),
        ] {
            let reply = app.graphql_with("query($filter: IconSetFilter) { iconSets(filter: $filter) { totalCount nodes { prefix } } }", json!({ "filter": filter })).await;
            assert_eq!(reply.texts("/iconSets/nodes", "prefix"), expected, "{filter}");
            assert_eq!(reply.data("/iconSets/totalCount"), &json!(expected.len()), "{filter}");
        }
        let document = "query($filter: IconSetFilter) { iconSets(filter: $filter) { totalCount } }";
        for (filter, limit) in [(json!({ "query": "x".repeat(257) }), "maxQueryCharacters"), (json!({ "spdx": vec!["MIT"; 501] }), "maxBatch")] {
            let reply = app.graphql_with(document, json!({ "filter": filter })).await;
            assert_eq!(reply.errors()[0]["extensions"]["limit"], json!(limit));
        }
    }
}
