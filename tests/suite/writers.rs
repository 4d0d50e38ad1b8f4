//! `putIcons` and `deleteIcons`: what they do to a set, what they refuse, and what that costs.

use reqwest::Method;
use serde_json::{Map, Value, json};
use tests::{Engine, Reply, TestApp, eventually, on_each_engine};

use crate::random::Random;

const PUT: &str = "mutation($prefix: String! = \"s\", $icons: [PutIconInput!]!) {
    putIcons(input: { prefix: $prefix, icons: $icons }) { icons { name body } userErrors { field code message } } __typename }";

const DELETE: &str = "mutation($names: [IconName!]!) {
    deleteIcons(input: { names: $names }) { deleted userErrors { field code message } } __typename }";

/// Everything there is of a set, but when it came to be so.
const ROWS: [&str; 4] = [
    "SELECT icon.name || ' ' || icon.kind || ' ' || icon.hidden || ' ' || icon.listed || ' ' || icon.palette || ' ' || icon.body || ' ' || \
     COALESCE(parent.name, '-') || ' ' || COALESCE(CAST(icon.variant_id AS TEXT), '-') || ' ' || COALESCE(CAST(icon.style AS TEXT), '-') || \
     ' ' || COALESCE(icon.categories, '-') || ' ' || icon.view_left || ' ' || icon.view_width \
     FROM icon LEFT JOIN icon parent ON parent.id = icon.parent_id ORDER BY icon.name",
    "SELECT prefix || ' ' || total || ' ' || name || ' ' || category_counts FROM icon_set ORDER BY prefix",
    "SELECT codepoint || ' ' || icon_id FROM icon_character ORDER BY id",
    "SELECT icon.name || ' ' || tag FROM icon_tag JOIN icon ON icon.id = icon_tag.icon_id ORDER BY icon.name, tag",
];

fn body(path: &str) -> String {
    format!("<path fill=\"currentColor\" d=\"{path}\"/>")
}

fn svg(path: &str) -> String {
    format!("<svg viewBox=\"0 0 24 24\">{}</svg>", body(path))
}

/// A set of five icons, one of them hidden, and five aliases; seven are listed.
fn set(prefix: &str) -> Value {
    let icons = ["home", "home-outline", "sun", "arrow-right", "gate"]
        .map(|key| (key.to_owned(), json!({ "body": body(key) })));
    let mut icons: Map<String, Value> = icons.into_iter().collect();
    icons["gate"]["hidden"] = json!(true);
    json!({
        "prefix": prefix, "width": 24, "height": 24, "icons": icons,
        "aliases": {
            "house": { "parent": "home" }, "cottage": { "parent": "house" }, "home-flip": { "parent": "home", "hFlip": true },
            "arrow-left": { "parent": "arrow-right", "hFlip": true }, "sun-wide": { "parent": "sun", "width": 32 },
        },
        "categories": { "Buildings": ["home", "home-outline"], "Sky": ["sun"], "Gates": ["gate"] },
        "chars": { "e001": "home", "e002": "sun" },
    })
}

/// A server over that set, of generation 1.
async fn signs(engine: Engine) -> TestApp {
    let app = TestApp::start(engine).await;
    app.import_json(&set("s")).await;
    app
}

async fn put(app: &TestApp, icons: Value) -> Reply {
    app.graphql_with(PUT, json!({ "icons": icons })).await
}

async fn delete(app: &TestApp, names: &[&str]) -> Reply {
    app.graphql_with(DELETE, json!({ "names": names })).await
}

fn icon(key: &str, path: &str) -> Value {
    json!({ "key": key, "svg": svg(path) })
}

fn assert_put(reply: &Reply, names: &[&str]) {
    assert_eq!(reply.data("/putIcons/userErrors"), &json!([]), "{}", reply.text);
    assert_eq!(reply.texts("/putIcons/icons", "name"), names);
}

fn assert_deleted(reply: &Reply, names: &[&str]) {
    let expected = json!({ "deleted": names, "userErrors": [] });
    assert_eq!(reply.data("/deleteIcons"), &expected, "{}", reply.text);
}

/// What is wrong with an input, as `path CODE`; and nothing was done.
fn refused(reply: &Reply, field: &str) -> Vec<String> {
    let payload = reply.data(&format!("/{field}"));
    let done = if field == "putIcons" {
        &payload["icons"]
    } else {
        &payload["deleted"]
    };
    assert_eq!(done, &json!([]), "{}", reply.text);
    let errors = payload["userErrors"].as_array().unwrap();
    let line = |error: &Value| {
        assert!(
            error["message"].as_str().is_some_and(|message| message.len() > 15),
            "{error}"
        );
        let path: Vec<&str> = error["field"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part.as_str().unwrap())
            .collect();
        format!("{} {}", path.join("/"), error["code"].as_str().unwrap())
    };
    errors.iter().map(line).collect()
}

async fn field(app: &TestApp, name: &str, field: &str) -> Value {
    let document = format!("query($name: IconName!) {{ icon(by: {{ name: $name }}) {{ {field} }} }}");
    let reply = app.graphql_with(&document, json!({ "name": name })).await;
    reply.data("/icon").clone()
}

async fn generation(app: &TestApp) -> i64 {
    let reply = app.graphql("{ service { generation } }").await;
    reply.data("/service/generation").as_i64().unwrap()
}

async fn rows(app: &TestApp) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for sql in ROWS {
        rows.push(app.database().lines(sql).await);
    }
    rows
}

/// What the feed tells after a generation, as `GENERATION KIND prefix: keys`.
async fn told(app: &TestApp, since: i64) -> Vec<String> {
    let feed = "query($since: Int!) { changes(since: $since) { changes { generation kind prefix count names } } }";
    let reply = app.graphql_with(feed, json!({ "since": since })).await;
    let line = |change: &Value| {
        let names: Vec<&str> = change["names"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        assert_eq!(change["count"], names.len());
        format!(
            "{} {} {}",
            change["generation"],
            change["kind"].as_str().unwrap(),
            names.join(" ")
        )
    };
    reply
        .data("/changes/changes")
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

on_each_engine! {
    async fn icons_are_added(engine) {
        let app = signs(engine).await;
        let reply = put(&app, json!([
            { "key": "rocket", "svg": svg("a"), "tags": ["Space  Ship", "fly", "rocket", " ", "FLY"] },
            { "key": "home-fill", "svg": "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"48\" height=\"32\" fill=\"none\"><g/></svg>" },
        ])).await;
        assert_put(&reply, &["s:rocket", "s:home-fill"]);
        assert_eq!(reply.data("/putIcons/icons/1/body"), "<g fill=\"none\"><g/></g>");
        assert_eq!(reply.header("cache-control"), "no-store");
        let rocket = field(&app, "s:rocket", "body width tags hidden categories aliasOf { name } variants { name } updatedAt set { total updatedAt }").await;
        let at = rocket["updatedAt"].clone();
        assert!(at.as_str().unwrap().starts_with("2026-09-01T12:"), "{at}");
        assert_eq!(rocket, json!({
            "body": body("a"), "width": 24.0, "tags": ["fly", "space ship"], "hidden": false, "categories": [], "aliasOf": null, "variants": [],
            "updatedAt": at, "set": { "total": 9, "updatedAt": at },
        }));
        assert_eq!(field(&app, "s:home-fill", "width height palette").await, json!({ "width": 48.0, "height": 32.0, "palette": true }));
        // The group has one more, also for whoever was in it.
        assert_eq!(field(&app, "s:home", "variants { name }").await["variants"], json!([{ "name": "s:home-fill" }, { "name": "s:home-outline" }]));
        assert_eq!((generation(&app).await, told(&app, 1).await), (2, vec!["2 ADDED s:home-fill s:rocket".to_owned()]));
    }

    async fn icons_are_replaced_and_their_aliases_follow(engine) {
        let app = signs(engine).await;
        assert_put(&put(&app, json!([icon("home", "b")])).await, &["s:home"]);
        let home = field(&app, "s:home", "body categories characters aliases set { total }").await;
        let aliases = ["s:cottage", "s:home-flip", "s:house"];
        assert_eq!(home, json!({ "body": body("b"), "categories": ["Buildings"], "characters": ["e001"], "aliases": aliases, "set": { "total": 7 } }));
        for alias in ["s:house", "s:cottage", "s:e001"] {
            assert_eq!(field(&app, alias, "body").await["body"], body("b"), "{alias}");
        }
        let flipped = format!("<g transform=\"translate(24 0) scale(-1 1)\">{}</g>", body("b"));
        assert_eq!(field(&app, "s:home-flip", "body aliasOf { name }").await, json!({ "body": flipped, "aliasOf": { "name": "s:home" } }));
        assert_eq!(told(&app, 1).await, ["2 CHANGED s:cottage s:home s:home-flip s:house"]);
        // The same again is nothing new; nor are the same tags.
        assert_put(&put(&app, json!([icon("home", "b")])).await, &["s:home"]);
        assert_eq!(generation(&app).await, 2);
        let tagged = json!([{ "key": "home", "svg": svg("b"), "tags": ["roof"] }]);
        for _ in 0..2 {
            assert_put(&put(&app, tagged.clone()).await, &["s:home"]);
            assert_eq!((field(&app, "s:home", "tags").await["tags"].clone(), told(&app, 2).await), (json!(["roof"]), vec!["3 CHANGED s:home".to_owned()]));
        }
        // Without tags it has none.
        put(&app, json!([icon("home", "b")])).await;
        assert_eq!(field(&app, "s:home", "tags").await["tags"], json!([]));
    }

    async fn an_alias_that_is_put_is_one_no_more(engine) {
        let app = signs(engine).await;
        assert_put(&put(&app, json!([icon("house", "c")])).await, &["s:house"]);
        assert_eq!(field(&app, "s:house", "body aliasOf { name } aliases set { total }").await,
            json!({ "body": body("c"), "aliasOf": null, "aliases": ["s:cottage"], "set": { "total": 8 } }));
        // What was an alias of it still is, and of nothing else.
        assert_eq!(field(&app, "s:cottage", "body aliasOf { name }").await, json!({ "body": body("c"), "aliasOf": { "name": "s:house" } }));
        assert_eq!(field(&app, "s:home", "body aliases").await, json!({ "body": body("home"), "aliases": ["s:home-flip"] }));
        assert_eq!(told(&app, 1).await, ["2 CHANGED s:cottage s:house"]);
    }

    async fn a_hidden_icon_that_is_put_is_shown(engine) {
        let app = signs(engine).await;
        let counts = "SELECT category_counts FROM icon_set";
        assert_eq!(app.database().lines(counts).await, [r#"[["Buildings",3],["Sky",2]]"#]);
        assert_put(&put(&app, json!([icon("gate", "gate")])).await, &["s:gate"]);
        assert_eq!(field(&app, "s:gate", "hidden set { total }").await, json!({ "hidden": false, "set": { "total": 8 } }));
        assert_eq!((app.database().lines(counts).await, told(&app, 1).await), (vec![r#"[["Buildings",3],["Sky",2],["Gates",1]]"#.to_owned()], vec!["2 ADDED s:gate".to_owned()]));
        delete(&app, &["s:gate", "s:sun", "s:sun-wide"]).await;
        assert_eq!(app.database().lines(counts).await, [r#"[["Buildings",3]]"#]);
    }

    async fn an_alias_that_cannot_follow_keeps_its_icon(engine) {
        let app = signs(engine).await;
        let before = rows(&app).await;
        let reply = put(&app, json!([icon("home", "d"), icon("sun", "d")])).await;
        assert_eq!(refused(&reply, "putIcons"), ["icons/1/svg CONFLICT"]);
        assert!(reply.text.contains("`sun-wide`"), "{}", reply.text);
        assert_eq!((rows(&app).await, generation(&app).await), (before, 1));
        // Another tag is no other drawing.
        assert_put(&put(&app, json!([{ "key": "sun", "svg": svg("sun"), "tags": ["day"] }])).await, &["s:sun"]);
        // With an icon in its place it does not have to.
        assert_put(&put(&app, json!([icon("sun", "d"), icon("sun-wide", "e")])).await, &["s:sun", "s:sun-wide"]);
        assert_eq!(field(&app, "s:sun-wide", "body width aliasOf { name }").await, json!({ "body": body("e"), "width": 24.0, "aliasOf": null }));
    }

    async fn names_are_deleted(engine) {
        let app = signs(engine).await;
        app.import_json(&set("t")).await;
        put(&app, json!([{ "key": "arrow-left", "svg": svg("f"), "tags": ["west"] }])).await;
        // Twice is once; of each set it is a generation, and one transaction.
        let names = ["s:cottage", "t:house", "s:arrow-left", "t:cottage", "s:cottage"];
        assert_deleted(&delete(&app, &names).await, &names[..4]);
        for name in names {
            assert_eq!(field(&app, name, "name").await, Value::Null, "{name}");
        }
        assert_eq!(told(&app, 3).await, ["4 REMOVED s:arrow-left s:cottage", "5 REMOVED t:cottage t:house"]);
        assert_eq!(app.database().number("SELECT COUNT(*) FROM icon_tag").await, 0);
        assert_eq!(field(&app, "s:home", "aliases set { total }").await, json!({ "aliases": ["s:home-flip", "s:house"], "set": { "total": 6 } }));
        // With all that names it; its code point stands for nothing then.
        assert_deleted(&delete(&app, &["s:home", "s:house", "s:home-flip"]).await, &["s:home", "s:house", "s:home-flip"]);
        for name in ["s:home", "s:e001"] {
            assert_eq!(field(&app, name, "name").await, Value::Null, "{name}");
        }
        assert_eq!(field(&app, "s:home-outline", "variants { name }").await["variants"], json!([]));
        assert_eq!(app.database().lines(ROWS[2]).await.len(), 3);
        // A set may be empty, and be filled again.
        assert_deleted(&delete(&app, &["s:home-outline", "s:sun", "s:sun-wide", "s:arrow-right", "s:gate"]).await, &["s:home-outline", "s:sun", "s:sun-wide", "s:arrow-right", "s:gate"]);
        assert_eq!(app.graphql(r#"{ iconSet(prefix: "s") { total samples { name } } }"#).await.data("/iconSet/total"), 0);
        assert_put(&put(&app, json!([icon("home", "g")])).await, &["s:home"]);
        assert_eq!(field(&app, "s:home", "set { total }").await["set"]["total"], 1);
        let before = generation(&app).await;
        assert_deleted(&delete(&app, &[]).await, &[]);
        assert_eq!(generation(&app).await, before);
    }

    async fn what_cannot_be_deleted_keeps_the_others(engine) {
        let app = signs(engine).await;
        let before = rows(&app).await;
        let reply = delete(&app, &["s:arrow-left", "s:home", "s:nothing", "u:home", "s:e001", "s:house"]).await;
        assert_eq!(refused(&reply, "deleteIcons"), ["names/1 CONFLICT", "names/2 NOT_FOUND", "names/3 NOT_FOUND", "names/4 NOT_FOUND", "names/5 CONFLICT"]);
        assert!(reply.text.contains(": home-flip.") && reply.text.contains(": cottage."), "{}", reply.text);
        let malformed = app.graphql_with(DELETE, json!({ "names": ["home"] })).await;
        assert!(!malformed.codes().is_empty() && malformed.codes().iter().all(|code| *code == "BAD_USER_INPUT"), "{}", malformed.text);
        assert_eq!((rows(&app).await, generation(&app).await), (before, 1));
    }

    async fn what_is_no_icon_is_told_by_its_path(engine) {
        let app = signs(engine).await;
        let before = rows(&app).await;
        let lawful = svg("z");
        let inside = |content: &str| format!("<svg viewBox=\"0 0 24 24\">{content}</svg>");
        let deep = inside(&format!("{}{}", "<g>".repeat(64), "</g>".repeat(64)));
        let icons = json!([
            { "key": "fine", "svg": lawful, "tags": ["fine"] },
            { "key": "Bad Key", "svg": lawful }, { "key": "x".repeat(129), "svg": lawful }, { "key": "", "svg": lawful },
            { "key": "a1", "svg": inside("<script>alert(1)</script>") }, { "key": "a2", "svg": "<svg viewBox=\"0 0 1 1\" onload=\"alert(1)\"/>" },
            { "key": "a3", "svg": inside("<a href=\"javascript:alert(1)\"><g/></a>") }, { "key": "a4", "svg": inside("<image href=\"https://example.com/a.png\"/>") },
            { "key": "a5", "svg": inside("<foreignObject><p/></foreignObject>") }, { "key": "a6", "svg": inside("<style>@import 'a'</style>") },
            { "key": "a7", "svg": deep },
            { "key": "b1", "svg": "" }, { "key": "b2", "svg": "<path d=\"M0 0\"/>" }, { "key": "b3", "svg": "<svg viewBox=\"0 0 24 24\">" },
            { "key": "b4", "svg": "<svg><g/></svg>" }, { "key": "b5", "svg": "<svg viewBox=\"0 0 24\"/>" }, { "key": "b6", "svg": "<svg viewBox=\"0 0 0 24\"/>" },
            { "key": "c1", "svg": lawful, "tags": ["x".repeat(80), "be\u{7}ll", "x".repeat(81)] },
            { "key": "c2", "svg": lawful, "tags": (0..101).map(|tag| format!("tag {tag}")).collect::<Vec<_>>() },
            { "key": "No", "svg": "no", "tags": ["\u{7}"] },
        ]);
        let reply = put(&app, icons).await;
        assert_eq!(refused(&reply, "putIcons"), [
            "icons/1/key INVALID", "icons/2/key INVALID", "icons/3/key INVALID",
            "icons/4/svg UNSAFE_SVG", "icons/5/svg UNSAFE_SVG", "icons/6/svg UNSAFE_SVG", "icons/7/svg UNSAFE_SVG", "icons/8/svg UNSAFE_SVG",
            "icons/9/svg UNSAFE_SVG", "icons/10/svg TOO_LARGE",
            "icons/11/svg INVALID", "icons/12/svg INVALID", "icons/13/svg INVALID", "icons/14/svg INVALID", "icons/15/svg INVALID", "icons/16/svg INVALID",
            "icons/17/tags/1 INVALID", "icons/17/tags/2 TOO_LARGE", "icons/18/tags TOO_LARGE",
            "icons/19/key INVALID", "icons/19/svg INVALID", "icons/19/tags/0 INVALID",
        ]);
        assert_eq!(reply.statements(), 0);
        let reply = put(&app, json!([icon("one", "a"), icon("two", "a"), icon("one", "b"), icon("one", "a")])).await;
        assert_eq!(refused(&reply, "putIcons"), ["icons/2/key INVALID", "icons/3/key INVALID"]);
        for (prefix, expected) in [("nowhere", "prefix NOT_FOUND"), ("No Where", "prefix INVALID"), ("", "prefix INVALID")] {
            let reply = app.graphql_with(PUT, json!({ "prefix": prefix, "icons": [icon("one", "a")] })).await;
            assert_eq!(refused(&reply, "putIcons"), [expected]);
        }
        assert_eq!((rows(&app).await, generation(&app).await), (before, 1));
    }

    async fn each_limit_at_its_figure_and_beyond(engine) {
        let app = TestApp::build(engine).await.flag("--batch-max-size=12").start().await;
        for number in 0..11 {
            app.import_json(&set(&format!("s{number}"))).await;
        }
        let icons = |count: usize| json!({ "prefix": "s0", "icons": (0..count).map(|number| icon(&format!("icon-{number}"), "a")).collect::<Vec<_>>() });
        assert_eq!(app.graphql_with(PUT, icons(12)).await.texts("/putIcons/icons", "name").len(), 12);
        let beyond = |reply: &Reply| {
            assert_eq!((reply.codes(), reply.statements()), (vec!["LIMIT_EXCEEDED"], 0), "{}", reply.text);
            let extensions = &reply.errors()[0]["extensions"];
            assert_eq!((&extensions["limit"], &extensions["max"], &extensions["actual"]), (&json!("maxBatch"), &json!(12), &json!(13)));
        };
        beyond(&app.graphql_with(PUT, icons(13)).await);
        let names: Vec<String> = (0..12).map(|number| format!("s0:icon-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        beyond(&delete(&app, &[&names[..], &["s0:sun"]].concat()).await);
        assert_deleted(&delete(&app, &names).await, &names);
        let of_sets = |count: usize| (0..count).map(|number| format!("s{number}:cottage")).collect::<Vec<_>>();
        let (ten, eleven) = (of_sets(10), of_sets(11));
        let reply = delete(&app, &eleven.iter().map(String::as_str).collect::<Vec<_>>()).await;
        assert_eq!((refused(&reply, "deleteIcons"), reply.statements()), (vec!["names TOO_LARGE".to_owned()], 0));
        let ten: Vec<&str> = ten.iter().map(String::as_str).collect();
        assert_deleted(&delete(&app, &ten).await, &ten);
        let tags = |count: usize| json!({ "prefix": "s0", "icons": [{ "key": "one", "svg": svg("a"), "tags": (0..count).map(|tag| format!("tag {tag:03}")).collect::<Vec<_>>() }] });
        assert_put(&app.graphql_with(PUT, tags(100)).await, &["s0:one"]);
        assert_eq!(refused(&app.graphql_with(PUT, tags(101)).await, "putIcons"), ["icons/0/tags TOO_LARGE"]);
        let long = |length: usize| json!({ "prefix": "s0", "icons": [icon(&"x".repeat(length), "a")] });
        assert_put(&app.graphql_with(PUT, long(128)).await, &[&format!("s0:{}", "x".repeat(128))]);
        assert_eq!(refused(&app.graphql_with(PUT, long(129)).await, "putIcons"), ["icons/0/key INVALID"]);
    }

    async fn nobody_else_may(engine) {
        let app = signs(engine).await;
        let before = rows(&app).await;
        let (_, other) = app.create_key(&["usage:write", "metrics:read", "analytics:read"]).await;
        let (_, admin) = app.create_key(&["admin"]).await;
        for (document, variables, name) in [
            (PUT, json!({ "icons": [icon("home", "b"), json!({ "key": "", "svg": "" })] }), "putIcons"),
            (DELETE, json!({ "names": ["s:cottage", "s:nothing"] }), "deleteIcons"),
        ] {
            let body = json!({ "query": document, "variables": variables });
            for request in [
                app.request(Method::POST, "/graphql").header("x-forwarded-for", "127.0.0.1"),
                app.request(Method::POST, "/graphql").bearer_auth(&other),
            ] {
                let reply = app.send(request.json(&body)).await;
                assert_eq!((reply.codes(), &reply.errors()[0]["extensions"]["scope"], reply.statements()), (vec!["FORBIDDEN"], &json!("admin"), 0), "{}", reply.text);
                assert_eq!(reply.json["data"], json!({ name: null, "__typename": "Mutation" }));
            }
        }
        assert_eq!((rows(&app).await, generation(&app).await), (before, 1));
        let body = json!({ "query": PUT, "variables": { "icons": [icon("home", "b")] } });
        let request = app.request(Method::POST, "/graphql").bearer_auth(&admin).header("via", "1.1 proxy");
        assert_put(&app.send(request.json(&body)).await, &["s:home"]);
    }

    async fn a_set_that_was_edited_is_as_if_imported_so(engine) {
        let (edited, imported) = (TestApp::start(engine).await, TestApp::start(engine).await);
        let mut random = Random::new(7);
        let words = ["home", "sun", "tree", "bell"];
        let ways = ["", "-outline", "-fill", "-line", "-solid", "-off"];
        let keys: Vec<String> = words.iter().flat_map(|word| ways.iter().map(move |way| format!("{word}{way}"))).collect();
        let mut model = json!({ "prefix": "s", "width": 24, "height": 24, "icons": {}, "aliases": {
            "a1": { "parent": "home" }, "a2": { "parent": "a1", "hFlip": true }, "a3": { "parent": "a2" }, "a4": { "parent": "sun", "rotate": 1, "vFlip": true },
        } });
        for key in &keys[..14] {
            model["icons"][key] = json!({ "body": body(key) });
        }
        edited.import_json(&model).await;
        for round in 0..24 {
            let chosen = random.choose(&keys, 3);
            if round % 3 == 2 {
                let named = |key: &str| model["aliases"].as_object().unwrap().values().any(|alias| alias["parent"] == *key);
                let doomed: Vec<String> = chosen.into_iter().filter(|key| model["icons"].get(key).is_some() && !named(key)).collect();
                let names: Vec<String> = doomed.iter().map(|key| format!("s:{key}")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                assert_deleted(&delete(&edited, &names).await, &names);
                for key in &doomed {
                    model["icons"].as_object_mut().unwrap().remove(key);
                }
            } else {
                // Now and then an alias too.
                let chosen: Vec<String> = chosen.into_iter().chain((round == 12).then(|| "a1".to_owned())).collect();
                let path = format!("round {round}");
                let icons: Vec<Value> = chosen.iter().map(|key| icon(key, &path)).collect();
                let reply = put(&edited, json!(icons)).await;
                assert_eq!(reply.data("/putIcons/userErrors"), &json!([]), "{}", reply.text);
                for key in &chosen {
                    model["aliases"].as_object_mut().unwrap().remove(key);
                    model["icons"][key] = json!({ "body": body(&path) });
                }
            }
            imported.import_json(&model).await;
            assert_eq!(rows(&edited).await, rows(&imported).await, "round {round}");
        }
    }

    async fn importing_again_makes_it_what_the_file_says(engine) {
        let app = signs(engine).await;
        let before = rows(&app).await;
        let import = async || app.import_json(&set("s")).await;
        import().await;
        assert_eq!(generation(&app).await, 1);
        put(&app, json!([icon("home", "b"), icon("rocket", "c")])).await;
        delete(&app, &["s:arrow-left"]).await;
        assert_eq!(generation(&app).await, 3);
        import().await;
        assert_eq!((rows(&app).await, generation(&app).await), (before.clone(), 4));
        assert_eq!(told(&app, 3).await, ["4 ADDED s:arrow-left", "4 CHANGED s:cottage s:home s:home-flip s:house", "4 REMOVED s:rocket"]);
        // Where it is what the file says after all, there is nothing to do.
        put(&app, json!([icon("rocket", "c")])).await;
        delete(&app, &["s:rocket"]).await;
        import().await;
        assert_eq!((rows(&app).await, generation(&app).await), (before, 6));
        assert_eq!(app.database().number("SELECT COUNT(*) FROM icon_set WHERE LENGTH(source_hash) = 16").await, 1);
    }

    async fn fields_of_one_request_see_each_other(engine) {
        let app = signs(engine).await;
        let field = |alias: &str, path: &str| {
            let svg = svg(path).replace('"', "\\\"");
            format!("{alias}: putIcons(input: {{ prefix: \"s\", icons: [{{ key: \"home\", svg: \"{svg}\" }}] }}) {{ icons {{ body aliases set {{ total generation: updatedAt }} }} }}")
        };
        let document = format!(
            "mutation {{ {} gone: deleteIcons(input: {{ names: [\"s:cottage\"] }}) {{ deleted }} {} }}", field("one", "1"), field("two", "2")
        );
        let reply = app.graphql(&document).await;
        assert_eq!((reply.data("/one/icons/0/body"), reply.data("/two/icons/0/body")), (&json!(body("1")), &json!(body("2"))));
        assert_eq!(reply.data("/one/icons/0/aliases"), &json!(["s:cottage", "s:home-flip", "s:house"]));
        assert_eq!(reply.data("/two/icons/0/aliases"), &json!(["s:home-flip", "s:house"]));
        assert_eq!(generation(&app).await, 4);
    }

    async fn statements_do_not_grow_with_the_set(engine) {
        let app = TestApp::start(engine).await;
        let icons: Map<String, Value> = (0..3000).map(|number| (format!("icon-{number}"), json!({ "body": body("a") }))).collect();
        app.import_json(&json!({ "prefix": "big", "icons": icons })).await;
        app.import_json(&set("s")).await;
        for prefix in ["s", "big"] {
            let put = async |icons: Value| app.graphql_with(PUT, json!({ "prefix": prefix, "icons": icons })).await.statements();
            let many = |path: &str| (0..200).map(|number| json!({ "key": format!("new-{number}"), "svg": svg(path), "tags": ["new"] })).collect::<Value>();
            // Lock, set, names, tags; generation, feed and its names, rows, set; and the icons as they are.
            assert_eq!(put(json!([icon("one", "a")])).await, 10, "{prefix}");
            assert_eq!(put(json!([icon("one", "b")])).await, 10, "{prefix}");
            // Nothing to write: the icons are kept.
            assert_eq!(put(json!([icon("one", "b")])).await, 4, "{prefix}");
            // And tags.
            assert_eq!(put(many("a")).await, 12, "{prefix}");
            assert_eq!(put(many("b")).await, 10, "{prefix}");
            // Another icon is in a group of variants now.
            assert_eq!(put(json!([icon("one-outline", "b")])).await, 11, "{prefix}");
            let names: Vec<String> = (0..200).map(|number| format!("{prefix}:new-{number}")).collect();
            let reply = delete(&app, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
            assert_eq!((reply.data("/deleteIcons/userErrors"), reply.statements()), (&json!([]), 10), "{prefix}");
        }
        // An icon with aliases: what they drew is read too. Of the other set, an icon is in no group any more.
        assert_eq!(app.graphql_with(PUT, json!({ "icons": [icon("home", "b")] })).await.statements(), 11);
        assert_eq!(delete(&app, &["s:cottage", "big:one"]).await.statements(), 19);
    }

    async fn what_is_given_costs(engine) {
        let app = TestApp::build(engine).await.flag("--max-cost=20").start().await;
        app.import_json(&set("s")).await;
        let put = async |count: usize| put(&app, (0..count).map(|number| icon(&format!("icon-{number}"), "a")).collect()).await;
        assert_eq!(put(6).await.codes(), Vec::<&str>::new());
        let reply = put(7).await;
        assert_eq!((reply.codes(), &reply.errors()[0]["extensions"]["limit"]), (vec!["LIMIT_EXCEEDED"], &json!("maxCost")), "{}", reply.text);
        let names: Vec<String> = (0..20).map(|number| format!("s:icon-{number}")).collect();
        let reply = delete(&app, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        assert_eq!((reply.codes(), &reply.errors()[0]["extensions"]["limit"]), (vec!["LIMIT_EXCEEDED"], &json!("maxCost")), "{}", reply.text);
    }

    async fn nothing_is_half_done(engine) {
        let app = signs(engine).await;
        let before = rows(&app).await;
        for (table, mutation) in [
            ("catalog_change_names", put(&app, json!([icon("home", "b"), icon("rocket", "c")]))),
            ("icon_tag", put(&app, json!([{ "key": "rocket", "svg": svg("c"), "tags": ["fly"] }]))),
        ] {
            app.database().run(&format!("ALTER TABLE {table} RENAME TO gone")).await;
            let reply = mutation.await;
            assert_eq!((reply.codes(), &reply.json["data"]["putIcons"]), (vec!["INTERNAL"], &Value::Null), "{}", reply.text);
            app.database().run(&format!("ALTER TABLE gone RENAME TO {table}")).await;
            assert_eq!((rows(&app).await, generation(&app).await, told(&app, 1).await), (before.clone(), 1, vec![]), "{table}");
        }
        app.database().run("ALTER TABLE icon_character RENAME TO gone").await;
        assert_eq!(delete(&app, &["s:cottage", "s:arrow-left"]).await.codes(), ["INTERNAL"]);
        app.database().run("ALTER TABLE gone RENAME TO icon_character").await;
        assert_eq!((rows(&app).await, generation(&app).await), (before, 1));
    }

    async fn another_writer_is_waited_for_only_so_long(engine) {
        let app = TestApp::build(engine).await.flag("--query-timeout-ms=200").start().await;
        app.import_json(&set("s")).await;
        let lock = app.database().hold_write_lock().await;
        for _ in 0..3 {
            assert_eq!(put(&app, json!([icon("home", "b")])).await.codes(), ["TIMEOUT"]);
            assert_eq!(delete(&app, &["s:cottage"]).await.codes(), ["TIMEOUT"]);
        }
        lock.release().await;
        assert_eq!(generation(&app).await, 1);
        eventually("it is stored", async || put(&app, json!([icon("home", "b")])).await.json["data"]["putIcons"]["icons"][0]["name"] == "s:home").await;
        assert_eq!(generation(&app).await, 2);
    }

    async fn a_set_of_ones_own_begins_empty(engine) {
        let app = TestApp::start(engine).await;
        let empty = json!({ "prefix": "s", "info": { "name": "Ours", "category": "UI" }, "icons": {} });
        app.import_json(&empty).await;
        assert_put(&put(&app, json!([icon("home", "a"), icon("home-fill", "b")])).await, &["s:home", "s:home-fill"]);
        // A file without icons takes none away.
        assert_eq!(app.import_json(&empty).await.failed_sets(), 1);
        assert_eq!(field(&app, "s:home", "variants { name } set { name total }").await, json!({ "variants": [{ "name": "s:home-fill" }], "set": { "name": "Ours", "total": 2 } }));
    }

    async fn many_at_once_are_all_stored(engine) {
        let app = signs(engine).await;
        let puts = (0..12).map(|number| put(&app, json!([icon(&format!("icon-{number}"), "a"), icon("home", &format!("{number}"))])));
        for reply in futures_util::future::join_all(puts).await {
            assert_eq!(reply.data("/putIcons/userErrors"), &json!([]), "{}", reply.text);
        }
        assert_eq!((generation(&app).await, field(&app, "s:home", "set { total }").await["set"]["total"].clone()), (13, json!(19)));
        assert_eq!(app.database().number("SELECT COUNT(*) FROM icon WHERE listed").await, 19);
    }
}
