//! Drawings against the reference, `@iconify/utils`, as the API gives them.

use std::{collections::HashMap, path::Path, process::Command};

use serde_json::{Value, json};
use tests::{Engine, TestApp, on_each_engine, oracle, starter_package, workspace_root};

use crate::{random::Random, starter};

/// What both say of a name.
#[derive(Debug, PartialEq)]
pub(crate) struct Drawn {
    body: String,
    view_box: [f64; 4],
    svg: String,
}

impl Drawn {
    pub(crate) fn read(from: &Value) -> Self {
        let text = |field: &str| {
            from[field]
                .as_str()
                .unwrap_or_else(|| panic!("no {field} in {from}"))
                .to_owned()
        };
        let number = |field: &str| from[field].as_f64().unwrap_or_else(|| panic!("no {field} in {from}"));
        Self {
            body: text("body"),
            view_box: ["left", "top", "width", "height"].map(number),
            svg: text("svg"),
        }
    }
}

/// What the reference makes of these names of a set's file. Names that it finds no icon for are missing.
fn reference(file: &Path, keys: &[&str]) -> HashMap<String, Drawn> {
    let output = Command::new("node")
        .arg("iconify.mjs")
        .arg(file)
        .args(keys)
        .current_dir(oracle())
        .output();
    let output = output.unwrap_or_else(|error| panic!("node cannot be run ({error}): install Node.js 20.19 or newer"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let answers = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("each line is JSON"));
    let found = answers.filter(|answer| !answer["body"].is_null());
    found
        .map(|answer| (answer["name"].as_str().unwrap().to_owned(), Drawn::read(&answer)))
        .collect()
}

/// Compares what the API says of `keys` with what the reference does, the missing ones included.
async fn compare(app: &TestApp, prefix: &str, file: &Path, keys: &[&str]) {
    let expected = reference(file, keys);
    let document =
        "query($names: [String!]!) { icons(names: $names) { ... on Icon { key body left top width height svg } } }";
    for keys in keys.chunks(500) {
        let names: Vec<String> = keys.iter().map(|key| format!("{prefix}:{key}")).collect();
        let reply = app.graphql_with(document, json!({ "names": names })).await;
        for (key, icon) in keys.iter().zip(reply.data("/icons").as_array().unwrap()) {
            let ours = icon.get("key").map(|own| {
                assert_eq!(own, key);
                Drawn::read(icon)
            });
            assert_eq!(ours.as_ref(), expected.get(*key), "{prefix}:{key}");
        }
    }
}

on_each_engine! {
    async fn a_thousand_starter_icons_and_every_alias(engine) {
        let app = TestApp::with_starter(engine).await;
        let mut random = Random::new(20);
        let mut compared = 0;
        let mut prefixes: Vec<&String> = starter::sets().keys().collect();
        prefixes.sort();
        for prefix in prefixes {
            let set = starter::set(prefix);
            let (icons, aliases): (Vec<&str>, Vec<&str>) = (set.icons.keys().map(String::as_str).collect(), set.aliases.keys().map(String::as_str).collect());
            let mut keys = random.choose(&icons, 125);
            keys.extend(aliases);
            keys.push("no-such-icon");
            compare(&app, prefix, &starter_package(prefix).join("icons.json"), &keys).await;
            compared += keys.len();
        }
        assert!(compared > 8000, "{compared} names");
    }

    async fn every_transformation(engine) {
        let app = TestApp::start(engine).await;
        for set in ["synthetic", "synthetic-turned"] {
            let file = workspace_root().join(format!("domain/fixtures/{set}.json"));
            app.import(std::slice::from_ref(&file)).await;
            let text = std::fs::read_to_string(&file).unwrap();
            let json: Value = serde_json::from_str(&text).unwrap();
            let keys: Vec<&str> = ["icons", "aliases"].iter().flat_map(|member| json[member].as_object().unwrap().keys()).map(String::as_str).collect();
            assert!(keys.len() > 100, "{}", keys.len());
            compare(&app, set, &file, &keys).await;
        }
    }
}

#[tokio::test]
async fn the_garden_too() {
    let app = TestApp::with_garden(Engine::Sqlite).await;
    let keys = [
        "tree",
        "oak",
        "old-oak",
        "tree-fallen",
        "log",
        "pond",
        "pond-mirrored",
        "pond-upright",
        "well",
        "rose",
        "gate",
        "old-gate",
        "open-gate",
    ];
    compare(&app, "garden", &tests::fixture("garden.json"), &keys).await;
}
