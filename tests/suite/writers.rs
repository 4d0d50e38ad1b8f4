//! `putIcons` and `deleteIcons`: what they do to a set.

use serde_json::{Map, Value, json};
use tests::{Engine, Reply, TestApp, on_each_engine};

use crate::random::Random;

pub(crate) const PUT: &str = "mutation($prefix: String! = \"s\", $icons: [PutIconInput!]!) {
    putIcons(input: { prefix: $prefix, icons: $icons }) { icons { name body } userErrors { field code message } } __typename }";

pub(crate) const DELETE: &str = "mutation($names: [IconName!]!) {
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

pub(crate) fn svg(path: &str) -> String {
    format!("<svg viewBox=\"0 0 24 24\">{}</svg>", body(path))
}

/// A set of five icons, one of them hidden, and five aliases; seven are listed.
pub(crate) fn set(prefix: &str) -> Value {
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
pub(crate) async fn signs(engine: Engine) -> TestApp {
    let app = TestApp::start(engine).await;
    app.import_json(&set("s")).await;
    app
}

pub(crate) async fn put(app: &TestApp, icons: Value) -> Reply {
    app.graphql_with(PUT, json!({ "icons": icons })).await
}

pub(crate) async fn delete(app: &TestApp, names: &[&str]) -> Reply {
    app.graphql_with(DELETE, json!({ "names": names })).await
}

pub(crate) fn icon(key: &str, path: &str) -> Value {
    json!({ "key": key, "svg": svg(path) })
}

pub(crate) fn assert_put(reply: &Reply, names: &[&str]) {
    assert_eq!(reply.data("/putIcons/userErrors"), &json!([]), "{}", reply.text);
    assert_eq!(reply.texts("/putIcons/icons", "name"), names);
}

pub(crate) fn assert_deleted(reply: &Reply, names: &[&str]) {
    let expected = json!({ "deleted": names, "userErrors": [] });
    assert_eq!(reply.data("/deleteIcons"), &expected, "{}", reply.text);
}

/// What is wrong with an input, as `path CODE`; and nothing was done.
pub(crate) fn refused(reply: &Reply, field: &str) -> Vec<String> {
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

pub(crate) async fn generation(app: &TestApp) -> i64 {
    let reply = app.graphql("{ service { generation } }").await;
    reply.data("/service/generation").as_i64().unwrap()
}

pub(crate) async fn rows(app: &TestApp) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for sql in ROWS {
        rows.push(app.database().lines(sql).await);
    }
    rows
}

/// What the feed tells after a generation, as `GENERATION KIND prefix: keys`.
pub(crate) async fn told(app: &TestApp, since: i64) -> Vec<String> {
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
        // Also those with nothing between them that would have what was read forgotten.
        let document = format!(
            "mutation {{ {} {} gone: deleteIcons(input: {{ names: [\"s:cottage\"] }}) {{ deleted }} {} }}",
            field("one", "1"), field("two", "2"), field("three", "3")
        );
        let reply = app.graphql(&document).await;
        for (alias, path) in [("one", "1"), ("two", "2"), ("three", "3")] {
            assert_eq!(reply.data(&format!("/{alias}/icons/0/body")), &json!(body(path)));
        }
        assert_eq!(reply.data("/two/icons/0/aliases"), &json!(["s:cottage", "s:home-flip", "s:house"]));
        assert_eq!(reply.data("/three/icons/0/aliases"), &json!(["s:home-flip", "s:house"]));
        assert_eq!(generation(&app).await, 5);
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
