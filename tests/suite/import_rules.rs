//! `iconql import`, and what it made of the files as the API shows it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tests::{Ended, Iconql, TestApp, fixture, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Runs `iconql import` on the app's database while the app serves it.
async fn import(app: &TestApp, paths: &[&Path]) -> Ended {
    let mut command = Iconql::new(BINARY, &["import"]).database(app.database().url());
    for path in paths {
        command = command.arg(path);
    }
    let ended = command.run().await;
    app.catch_up().await;
    ended
}

/// A set in a file of its own.
fn file_of(folder: &Path, set: &Value) -> PathBuf {
    let file = folder.join(format!("{}.json", set["prefix"].as_str().unwrap()));
    fs::write(&file, set.to_string()).unwrap();
    file
}

/// A set of icons that are each drawn with their own name, and nothing else.
fn set_of(prefix: &str, keys: &[&str]) -> Value {
    let icons = keys.iter().map(|key| {
        (
            (*key).to_owned(),
            json!({ "body": format!("<path id=\"{key}\" d=\"M0 0h1z\"/>") }),
        )
    });
    json!({ "prefix": prefix, "icons": icons.collect::<serde_json::Map<_, _>>() })
}

fn rules() -> Value {
    serde_json::from_str(&fs::read_to_string(fixture("import/rules.json")).unwrap()).unwrap()
}

/// The lines of a summary but the last total, whose seconds differ.
fn lines(ended: &Ended) -> Vec<&str> {
    ended
        .stdout
        .lines()
        .filter(|line| !line.contains(" sets in "))
        .collect()
}

/// Every change after `since`: generation, kind, prefix and names.
async fn changes(app: &TestApp, since: i64) -> Vec<(i64, String, String, Vec<String>)> {
    let query = "query ($since: Int!) { changes(since: $since, first: 40) { hasMore changes { generation kind prefix count names } } }";
    let reply = app.graphql_with(query, json!({ "since": since })).await;
    assert_eq!(reply.data("/changes/hasMore"), false);
    let changes = reply.data("/changes/changes").as_array().unwrap();
    let change = changes.iter().map(|change| {
        let names: Vec<String> = serde_json::from_value(change["names"].clone()).unwrap();
        assert_eq!(change["count"], names.len());
        let text = |field: &str| change[field].as_str().unwrap().to_owned();
        (
            change["generation"].as_i64().unwrap(),
            text("kind"),
            text("prefix"),
            names,
        )
    });
    change.collect()
}

async fn generation(app: &TestApp) -> i64 {
    app.graphql("{ service { generation } }")
        .await
        .data("/service/generation")
        .as_i64()
        .unwrap()
}

/// The names that a set lists.
async fn listed(app: &TestApp, prefix: &str) -> Vec<String> {
    let query = "query ($prefix: String!) { iconSet(prefix: $prefix) { total icons(first: 100) { totalCount nodes { key } } } }";
    let reply = app.graphql_with(query, json!({ "prefix": prefix })).await;
    let keys = reply.texts("/iconSet/icons/nodes", "key");
    assert_eq!(reply.data("/iconSet/total"), keys.len());
    assert_eq!(reply.data("/iconSet/icons/totalCount"), keys.len());
    keys
}

/// One icon's fields.
async fn icon(app: &TestApp, name: &str, fields: &str) -> Value {
    let query = format!("query ($name: IconName!) {{ icon(by: {{ name: $name }}) {{ {fields} }} }}");
    app.graphql_with(&query, json!({ "name": name }))
        .await
        .data("/icon")
        .clone()
}

on_each_engine! {
    async fn names_are_drawn_as_the_reference_draws_them(engine) {
        let app = TestApp::start(engine).await;
        let _ = import(&app, &[&fixture("import/rules.json")]).await.succeeded();
        let base = r#"<path fill="currentColor" d="M0 0h10v10z"/>"#;
        let gone = r#"<path d="M3 3h9z"/>"#;
        // The bodies and boxes that `iconToSVG(getIconData(set, name))` of @iconify/utils gives.
        for (key, view_box, body, hidden, parent) in [
            ("base", "0 0 24 18", base.to_owned(), false, None),
            ("wide", "-4 0 32 18", r#"<path d="M1 1h30z"/>"#.to_owned(), false, None),
            (
                "turned",
                "0 0 18 24",
                r#"<g transform="rotate(90 9 9) translate(24 0) scale(-1 1)"><path d="M2 2h9z"/></g>"#.to_owned(),
                false,
                None,
            ),
            ("third", "0 0 24 18", base.to_owned(), false, Some("second")),
            ("quarter", "0 0 18 24", format!(r#"<g transform="rotate(90 9 9)">{base}</g>"#), false, Some("first")),
            (
                "half-back",
                "0 0 24 18",
                format!(r#"<g transform="rotate(180 12 9)">{base}</g>"#),
                false,
                Some("quarter"),
            ),
            (
                "mirrored",
                "0 0 24 18",
                format!(r#"<g transform="translate(24 0) scale(-1 1)">{base}</g>"#),
                false,
                Some("base"),
            ),
            ("mirrored-twice", "0 0 24 18", base.to_owned(), false, Some("mirrored")),
            ("narrow", "0 0 12 18", base.to_owned(), false, Some("base")),
            ("clash", "0 0 24 18", r#"<path d="M4 4h9z"/>"#.to_owned(), false, None),
            ("gone", "0 0 24 18", gone.to_owned(), true, None),
            ("gone-name", "0 0 24 18", gone.to_owned(), true, Some("gone")),
            (
                "gone-turned",
                "0 0 24 18",
                format!(r#"<g transform="rotate(180 12 9)">{gone}</g>"#),
                true,
                Some("gone-name"),
            ),
            ("back-again", "0 0 24 18", gone.to_owned(), false, Some("gone-name")),
            ("back-again-name", "0 0 24 18", gone.to_owned(), false, Some("back-again")),
            ("put-away", "0 0 24 18", base.to_owned(), true, Some("base")),
        ] {
            let icon = icon(&app, &format!("rules:{key}"), "left top width height body hidden aliasOf { key }").await;
            assert_eq!(icon["body"], body, "{key}");
            let sides = ["left", "top", "width", "height"].map(|side| icon[side].as_f64().unwrap().to_string());
            assert_eq!(sides.join(" "), view_box, "{key}");
            assert_eq!(icon["hidden"], hidden, "{key}");
            assert_eq!(icon["aliasOf"]["key"].as_str(), parent, "{key}");
        }
    }

    async fn lists_and_totals_hold_what_can_be_seen(engine) {
        let app = TestApp::start(engine).await;
        let _ = import(&app, &[&fixture("import/rules.json")]).await.succeeded();
        let expected = [
            "back-again", "base", "clash", "e001", "half-back", "mirrored", "mirrored-twice", "narrow", "quarter", "turned", "wide",
        ];
        assert_eq!(listed(&app, "rules").await, expected);
        let fields = "license { url } author { url } updatedAt heights categories { category count } samples { key }";
        let reply = app.graphql(&format!("{{ iconSet(prefix: \"rules\") {{ {fields} }} }}")).await;
        let set = reply.data("/iconSet");
        // A link that runs is none; the sample that does not exist is left out; the publisher's own total is not believed.
        assert_eq!(set["license"]["url"], Value::Null);
        assert_eq!(set["author"]["url"], "https://example.com/ada");
        assert_eq!(set["updatedAt"].as_str().unwrap()[..19], *"2023-11-14T22:13:20");
        assert_eq!(set["heights"], json!([24, 16]));
        assert_eq!(set["samples"], json!([{ "key": "base" }, { "key": "wide" }]));
        // Turned aliases without a category have their parent's.
        assert_eq!(set["categories"], json!([{ "category": "Shapes", "count": 7 }, { "category": "Turned", "count": 6 }]));
    }

    async fn categories_and_characters_follow_aliases(engine) {
        let app = TestApp::start(engine).await;
        let _ = import(&app, &[&fixture("import/rules.json")]).await.succeeded();
        for (key, categories) in [
            // `third` is another name of `base`, and so says where `base` belongs.
            ("base", json!(["Shapes", "Turned"])),
            ("third", json!(["Shapes", "Turned"])),
            ("half-back", json!(["Turned"])),
            ("quarter", json!(["Shapes", "Turned"])),
            ("gone-turned", json!(["Shapes"])),
            ("turned", json!([])),
        ] {
            assert_eq!(icon(&app, &format!("rules:{key}"), "categories").await["categories"], categories, "{key}");
        }
        for (codepoint, key) in [("e001", "base"), ("e002", "third"), ("1f600-200d", "wide")] {
            let query = "query ($codepoint: String!) { icon(by: { character: { prefix: \"rules\", codepoint: $codepoint } }) { key } }";
            let reply = app.graphql_with(query, json!({ "codepoint": codepoint })).await;
            assert_eq!(reply.data("/icon/key"), key, "{codepoint}");
        }
        // A character can be asked for as a name, and a name of the set wins over it.
        assert_eq!(icon(&app, "rules:e002", "body").await["body"], icon(&app, "rules:base", "body").await["body"]);
        assert_eq!(icon(&app, "rules:e001", "body").await["body"], r#"<path d="M5 5h9z"/>"#);
    }

    async fn what_is_left_out_is_told_one_by_one(engine) {
        let app = TestApp::start(engine).await;
        let ended = import(&app, &[&fixture("import/rules.json")]).await.succeeded();
        let expected = "rules: 15 added, 4 hidden
  skipped icons.Upper: not a name that can be asked for
  skipped icons.two--dashes: not a name that can be asked for
  skipped icons.flat: the view box is 24 by 0
  skipped icons.no-body: property `body` is missing
  skipped icons.wrong-body: property `body`: a number
  skipped aliases.clash: an icon has the same name and wins
  skipped aliases.circle-a: alias of itself
  skipped aliases.circle-b: alias of itself
  skipped aliases.circle-c: alias of itself
  skipped aliases.own-parent: alias of itself
  skipped aliases.into-circle: its parent `circle-a` was skipped
  skipped aliases.orphan: its parent `nowhere` does not exist
  skipped aliases.orphans-child: its parent `orphan` was skipped
  skipped aliases.of-flat: its parent `flat` was skipped
  skipped chars.e003: its icon `orphan` does not exist
  skipped chars.E004: not a character
  skipped categories.Shapes: 1 of its icons do not exist
  skipped categories.Nothing: 1 of its icons do not exist";
        let told = lines(&ended);
        assert_eq!(told.len(), expected.lines().count(), "{}", ended.stdout);
        for (told, expected) in told.iter().zip(expected.lines()) {
            assert!(told.starts_with(expected), "{told:?} instead of {expected:?}");
        }
        assert!(ended.stdout.contains("15 added, 0 changed, 4 hidden, 0 removed, 18 skipped; 0 sets unchanged"), "{}", ended.stdout);
        let names: Vec<String> = ["Upper", "circle-a", "own-parent", "orphan", "flat", "no-body"].map(|key| format!("rules:{key}")).into();
        let reply = app.graphql_with("query ($names: [String!]!) { icons(names: $names) { __typename } }", json!({ "names": names })).await;
        let kinds = reply.texts("/icons", "__typename");
        assert_eq!(kinds, ["InvalidIconName", "IconNotFound", "IconNotFound", "IconNotFound", "IconNotFound", "IconNotFound"]);
    }

    async fn unsafe_bodies_are_refused_by_name_and_the_rest_goes_on(engine) {
        let app = TestApp::start(engine).await;
        let ended = import(&app, &[&fixture("import/unsafe.json")]).await.succeeded();
        assert_eq!(lines(&ended)[0], "unsafe: 3 added");
        for (item, reason) in [
            ("icons.script", "unsafe body: element <script> is not allowed"),
            ("icons.handler", "unsafe body: attribute onload of <path> is an event handler"),
            ("icons.javascript-address", "unsafe body: attribute href of <a> refers outside the icon"),
            ("icons.outside-image", "unsafe body: attribute href of <image> refers outside the icon"),
            ("icons.outside-style", "unsafe body: attribute fill of <path> refers outside the icon"),
            ("icons.not-closed", "unsafe body: not well-formed XML"),
            ("icons.breaks-out", "unsafe body: not well-formed XML"),
            ("icons.foreign", "unsafe body: element <foreignObject> is not allowed"),
            ("aliases.other-script", "its parent `script` was skipped"),
        ] {
            let line = format!("  skipped {item}: {reason}");
            assert!(lines(&ended).iter().any(|told| told.starts_with(&line)), "{line:?} is missing in {}", ended.stdout);
        }
        assert_eq!(listed(&app, "unsafe").await, ["fine", "last"]);
        assert_eq!(icon(&app, "unsafe:other-fine", "aliasOf { key }").await["aliasOf"]["key"], "fine");
        assert_eq!(app.database().number("SELECT count(*) FROM icon WHERE body LIKE '%alert%' OR body LIKE '%example%'").await, 0);
    }

    async fn a_second_run_changes_nothing(engine) {
        let app = TestApp::start(engine).await;
        let paths = [fixture("import/rules.json"), fixture("import/unsafe.json")];
        let paths = [paths[0].as_path(), paths[1].as_path()];
        let _ = import(&app, &paths).await.succeeded();
        let again = import(&app, &paths).await.succeeded();
        assert_eq!(lines(&again), ["Nothing changed."]);
        assert_eq!(generation(&app).await, 2);
        assert_eq!(changes(&app, 2).await, []);
        // The same facts in other bytes are read anew and found to be the same.
        let folder = tempfile::tempdir().unwrap();
        let rewritten = import(&app, &[&file_of(folder.path(), &rules())]).await.succeeded();
        assert_eq!(lines(&rewritten).last(), Some(&"Nothing changed."));
        assert_eq!(generation(&app).await, 2);
        // Now these bytes are known too.
        let known = import(&app, &[&file_of(folder.path(), &rules())]).await.succeeded();
        assert_eq!(lines(&known), ["Nothing changed."]);
    }

    async fn a_changed_set_gives_exactly_its_changes(engine) {
        let app = TestApp::start(engine).await;
        let _ = import(&app, &[&fixture("import/rules.json"), &fixture("import/unsafe.json")]).await.succeeded();
        let id_before = icon(&app, "rules:base", "id").await["id"].clone();
        let untouched = "SELECT first_generation, generation, updated_at_ms FROM icon WHERE name = 'rules:turned'";
        let turned_before = app.database().numbers::<3>(untouched).await;

        let mut set = rules();
        // Every name that is drawn with it changes too; `put-away` stays hidden and changes unseen by lists.
        set["icons"]["base"]["body"] = json!("<path d=\"M9 9h1z\"/>");
        set["icons"]["gone"]["hidden"] = json!(false);
        set["icons"]["wide"]["hidden"] = json!(true);
        set["icons"]["new"] = json!({ "body": "<path d=\"M7 7h1z\"/>" });
        set["icons"]["new-hidden"] = json!({ "body": "<path d=\"M8 8h1z\"/>", "hidden": true });
        set["icons"].as_object_mut().unwrap().remove("clash");
        set["aliases"].as_object_mut().unwrap().remove("narrow");
        let folder = tempfile::tempdir().unwrap();
        let ended = import(&app, &[&file_of(folder.path(), &set)]).await.succeeded();

        // What was `clash` the icon is now `clash` the alias of base.
        let names = |keys: &[&str]| keys.iter().map(|key| format!("rules:{key}")).collect::<Vec<_>>();
        let change = |kind: &str, keys: &[&str]| (3, kind.to_owned(), "rules".to_owned(), names(keys));
        assert_eq!(changes(&app, 2).await, [
            change("ADDED", &["gone", "gone-name", "gone-turned", "new"]),
            change("CHANGED", &[
                "back-again", "base", "clash", "first", "half-back", "mirrored", "mirrored-twice", "put-away", "quarter", "second", "third",
            ]),
            change("HIDDEN", &["new-hidden", "wide"]),
            change("REMOVED", &["narrow"]),
        ]);
        assert_eq!(lines(&ended)[0], "rules: 4 added, 11 changed, 2 hidden, 1 removed");
        let stamps = |key: &str| format!("SELECT first_generation, generation FROM icon WHERE name = 'rules:{key}'");
        for (key, expected) in [("base", [1, 3]), ("turned", [1, 1]), ("gone", [1, 3]), ("new", [3, 3]), ("wide", [1, 3])] {
            assert_eq!(app.database().numbers::<2>(&stamps(key)).await, [expected], "{key}");
        }
        assert_eq!(app.database().numbers::<3>(untouched).await, turned_before);
        assert_eq!(app.database().numbers::<2>("SELECT first_generation, generation FROM icon_set WHERE prefix = 'rules'").await, [[1, 3]]);
        assert_eq!(icon(&app, "rules:base", "id").await["id"], id_before);
        assert!(!listed(&app, "rules").await.contains(&"wide".to_owned()));

        // What is taken away leaves nothing behind, and what comes back is new.
        let _ = import(&app, &[&fixture("import/rules.json")]).await.succeeded();
        assert_eq!(app.database().number("SELECT count(*) FROM icon WHERE name = 'rules:new'").await, 0);
        assert_eq!(app.database().numbers::<2>(&stamps("narrow")).await, [[4, 4]]);
        assert_eq!(icon(&app, "rules:base", "id").await["id"], id_before);
    }

    async fn a_changed_description_is_a_change_without_names(engine) {
        let app = TestApp::start(engine).await;
        let _ = import(&app, &[&fixture("import/rules.json")]).await.succeeded();
        let mut set = rules();
        set["info"]["version"] = json!("2.0.0");
        let folder = tempfile::tempdir().unwrap();
        let ended = import(&app, &[&file_of(folder.path(), &set)]).await.succeeded();
        assert_eq!(lines(&ended)[0], "rules: description changed");
        assert_eq!(changes(&app, 1).await, [(2, "CHANGED".to_owned(), "rules".to_owned(), vec![])]);
        assert_eq!(app.graphql("{ iconSet(prefix: \"rules\") { version } }").await.data("/iconSet/version"), "2.0.0");
        assert_eq!(app.database().number("SELECT max(generation) FROM icon").await, 1);

        // So is a change of characters alone.
        set["chars"]["e009"] = json!("base");
        let _ = import(&app, &[&file_of(folder.path(), &set)]).await.succeeded();
        assert_eq!(changes(&app, 2).await, [(3, "CHANGED".to_owned(), "rules".to_owned(), vec![])]);
        assert!(icon(&app, "rules:base", "characters").await["characters"].as_array().unwrap().contains(&json!("e009")));
    }

    async fn a_broken_set_leaves_the_others_and_what_was_there(engine) {
        let app = TestApp::start(engine).await;
        let folder = tempfile::tempdir().unwrap();
        let first = file_of(folder.path(), &set_of("first", &["a"]));
        let _ = import(&app, &[&first]).await.succeeded();
        for (broken, reason) in [
            (r#"{"prefix":"first","icons":{"#, "the file is not JSON"),
            ("[]", "the file holds"),
            (r#"{"icons":{}}"#, "the document has no `prefix`"),
            (r#"{"prefix":"First","icons":{}}"#, "the prefix"),
            (r#"{"prefix":"first"}"#, "the document has no object `icons`"),
            (r#"{"prefix":"first","icons":{"a":{"body":"<script/>"}}}"#, "it has no icon that can be used; icons.a: unsafe body"),
        ] {
            fs::write(&first, broken).unwrap();
            let second = file_of(folder.path(), &set_of("second", &[broken.len().to_string().as_str()]));
            let ended = import(&app, &[&first, &second]).await;
            assert_eq!(ended.complaint(1), "1 of the icon sets could not be read; the others are imported");
            let line = format!("{}: not imported: {reason}", first.display());
            assert!(lines(&ended)[0].starts_with(&line), "{}", ended.stdout);
            assert_eq!(lines(&ended)[0].lines().count(), 1);
            assert_eq!(listed(&app, "first").await, ["a"]);
            assert_eq!(listed(&app, "second").await, [broken.len().to_string()]);
        }
    }

    async fn an_empty_set_is_a_set(engine) {
        let app = TestApp::start(engine).await;
        let folder = tempfile::tempdir().unwrap();
        let _ = import(&app, &[&file_of(folder.path(), &set_of("empty", &[]))]).await.succeeded();
        assert_eq!(listed(&app, "empty").await, Vec::<String>::new());
        assert_eq!(generation(&app).await, 1);
    }

    async fn an_empty_set_takes_no_icons_away(engine) {
        let app = TestApp::start(engine).await;
        let folder = tempfile::tempdir().unwrap();
        let full = set_of("first", &["a", "b"]);
        let _ = import(&app, &[&file_of(folder.path(), &full)]).await.succeeded();
        let ended = import(&app, &[&file_of(folder.path(), &set_of("first", &[]))]).await;
        let _ = ended.complaint(1);
        let reason = "first: not imported: it has no icons, while the catalog has 2 of this set, which stay";
        assert!(ended.stdout.contains(reason), "{}", ended.stdout);
        assert_eq!(listed(&app, "first").await, ["a", "b"]);
        assert_eq!(generation(&app).await, 1);
    }

    async fn a_set_given_twice_is_read_once(engine) {
        let app = TestApp::start(engine).await;
        let folder = tempfile::tempdir().unwrap();
        let file = file_of(folder.path(), &set_of("twin", &["a"]));
        for _ in 0..2 {
            let ended = import(&app, &[&file, &file]).await;
            let _ = ended.complaint(1);
            assert!(ended.stdout.contains("the set `twin` was given twice in this import; only the first was used"), "{}", ended.stdout);
            assert_eq!(generation(&app).await, 1);
        }
    }

    async fn files_come_as_folders_and_packages(engine) {
        let app = TestApp::start(engine).await;
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: String| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let package = |path: &str, prefix: &str| {
            write(&format!("{path}/icons.json"), set_of(prefix, &["a"]).to_string());
            write(&format!("{path}/info.json"), json!({ "prefix": prefix, "name": format!("The {prefix}"), "height": 16 }).to_string());
            write(&format!("{path}/metadata.json"), json!({ "categories": { "All": ["a"] } }).to_string());
            write(&format!("{path}/chars.json"), json!({ "f001": "a" }).to_string());
            write(&format!("{path}/package.json"), "{}".to_owned());
        };
        // A folder of files, with what is no set beside them.
        write("files/one.json", set_of("one", &["a"]).to_string());
        write("files/two.json", set_of("two", &["a"]).to_string());
        write("files/package.json", "{}".to_owned());
        write("files/.hidden.json", "{}".to_owned());
        write("files/notes.txt", "no set".to_owned());
        // One package.
        package("single", "three");
        // The whole collection, whose list of sets is no set.
        write("all/collections.json", "{}".to_owned());
        write("all/json/four.json", set_of("four", &["a"]).to_string());
        write("all/package.json", "{}".to_owned());
        // A project, and the folder that npm installs into.
        package("project/node_modules/@iconify-json/five", "five");
        write("project/node_modules/.package-lock.json", "{}".to_owned());
        write("project/package.json", "{}".to_owned());
        package("project/node_modules/@iconify-json/six", "six");
        for (path, prefixes) in [
            ("files", &["one", "two"][..]),
            ("single", &["three"]),
            ("all", &["four"]),
            ("project", &["five", "six"]),
            ("project/node_modules", &["five", "six"]),
            ("project/node_modules/@iconify-json", &["five", "six"]),
        ] {
            app.sql("DELETE FROM icon_set; DELETE FROM icon; DELETE FROM icon_character").await;
            let ended = import(&app, &[&folder.path().join(path)]).await.succeeded();
            assert_eq!(app.graphql("{ iconSets { nodes { prefix } } }").await.texts("/iconSets/nodes", "prefix"), prefixes, "{path}");
            assert_eq!(lines(&ended), prefixes.iter().map(|prefix| format!("{prefix}: 1 added")).collect::<Vec<_>>());
        }
        // Of a package, all files count.
        let reply = app.graphql("{ iconSet(prefix: \"five\") { name heights categories { category } icons(first: 1) { nodes { characters } } } }").await;
        let expected = json!({
            "name": "The five", "heights": [16], "categories": [{ "category": "All" }],
            "icons": { "nodes": [{ "characters": ["f001"] }] },
        });
        assert_eq!(reply.data("/iconSet"), &expected);
    }
}

mod nothing_to_import {
    use super::*;
    use tests::{Engine, TestDatabase};

    #[tokio::test]
    async fn is_one_line_and_fails() {
        let database = TestDatabase::fresh(Engine::Sqlite).await;
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty");
        fs::create_dir(&empty).unwrap();
        for (path, complaint) in [
            (empty.clone(), "no icon set in "),
            (
                folder.path().join("not-there"),
                "not-there does not exist: give an IconifyJSON file",
            ),
            (folder.path().join("not-there.json"), "not-there.json does not exist"),
        ] {
            let ended = Iconql::new(BINARY, &["import"])
                .arg(&path)
                .database(database.url())
                .run()
                .await;
            assert!(ended.complaint(1).contains(complaint), "{ended:?}");
            assert_eq!(ended.stdout, "");
        }
    }

    /// A missing path is found before anything is written, so that a mistyped one costs nothing.
    #[tokio::test]
    async fn beside_a_set_leaves_the_set_out_too() {
        let database = TestDatabase::fresh(Engine::Sqlite).await;
        let command = Iconql::new(BINARY, &["import"])
            .arg(fixture("shed.json"))
            .arg("not-there");
        let _ = command.database(database.url()).run().await.complaint(1);
        assert_eq!(database.number("SELECT count(*) FROM icon").await, 0);
    }
}
