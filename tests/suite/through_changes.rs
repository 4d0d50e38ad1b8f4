//! Whatever changes in a set: what is kept of answers, whole and icon by icon, is what an instance that keeps nothing reads anew.

use serde_json::{Value, json};
use tests::{Engine, NOW_MS, TestApp, fixture, on_each_engine};

use crate::random::Random;

const ROUNDS: usize = 24;

/// Asked for in each round: what is there, what is not, aliases of each kind, a code point, what comes and goes.
const NAMES: [&str; 15] = [
    "tree",
    "tree-outline",
    "leaf",
    "rose",
    "pond",
    "face",
    "gate",
    "oak",
    "old-oak",
    "log",
    "pond-mirrored",
    "f001",
    "e001",
    "new",
    "new-oak",
];

/// Each is what an answer is made of in another way.
const OF_ICONS: [&str; 18] = [
    "name body",
    "svg width height left top",
    "hidden palette categories",
    "tags",
    "characters",
    "aliases",
    "aliasOf { name body aliases }",
    "variants(first: 3) { name body }",
    "license { title spdx }",
    "set { name license { title } author { name } }",
    "set { prefix category palette heights tags }",
    "set { total }",
    "set { version }",
    "set { updatedAt }",
    "set { categories { category count } }",
    "set { samples(first: 2) { name body } }",
    "set { icons(first: 2) { totalCount nodes { name } } }",
    "contentHash updatedAt",
];

const OF_SETS: [&str; 4] = [
    "name license { title }",
    "total",
    "samples(first: 9) { name set { version } }",
    "icons(first: 50) { nodes { name aliases } }",
];

fn documents() -> Vec<String> {
    let names: Vec<String> = NAMES.map(|key| format!("\"garden:{key}\"")).into();
    let names = names.join(", ");
    let list = |names: &str, fields: &str| {
        format!("icons(names: [{names}]) {{ ... on Icon {{ {fields} }} ... on IconNotFound {{ name }} }}")
    };
    let of_icons = OF_ICONS.iter().map(|fields| format!("{{ {} }}", list(&names, fields)));
    // What was asked for by an icon before is not asked for again in one request.
    let twice = ["aliases", "variants(first: 3) { name }", "tags", "set { total }"].map(|fields| {
        format!(
            "{{ a: {} b: {} }}",
            list(&names, fields),
            list(&names, &format!("key {fields}"))
        )
    });
    let of_sets = OF_SETS
        .iter()
        .map(|fields| format!("{{ iconSet(prefix: \"garden\") {{ {fields} }} }}"));
    of_icons.chain(twice).chain(of_sets).collect()
}

/// Changes one thing, of which some are gone already.
fn change(set: &mut Value, random: &mut Random, round: usize) {
    let keys = ["tree", "tree-outline", "leaf", "rose", "pond", "new"];
    let key = keys[random.below(keys.len())];
    let names = ["Garden", "Park"];
    let drawn = json!({ "body": format!("<path d=\"M{round} 1\"/>") });
    match random.below(17) {
        0..4 => set["icons"][key] = drawn,
        4 => set["icons"][key]["hidden"] = json!(random.below(2) == 0),
        5 => drop(set["icons"].as_object_mut().unwrap().remove("new")),
        6 => set["aliases"]["oak"] = json!({ "parent": (["tree", "leaf", "pond"][random.below(3)]) }),
        7 => set["aliases"]["new-oak"] = json!({ "parent": "oak" }),
        8 => drop(set["aliases"].as_object_mut().unwrap().remove("new-oak")),
        9 => set["info"]["license"]["title"] = json!((["MIT", "ISC"][random.below(2)])),
        10 => set["info"]["name"] = json!(names[random.below(2)]),
        11 => set["info"]["version"] = json!(format!("{round}.0.0")),
        12 => set["info"]["samples"] = json!([key, "leaf"]),
        13 => set["info"]["category"] = json!((["UI 24px", "Emoji"][random.below(2)])),
        14 => set["categories"]["Water"] = json!([key, "well"]),
        15 => set["chars"]["f001"] = json!((["tree", "leaf", "rose"][random.below(3)])),
        _ => set["suffixes"]["fill"] = json!((["Fill", "Solid"][random.below(2)])),
    }
    // Removed or never there, a key stands for nothing once it was given a property of its own.
    if set["icons"][key].get("body").is_none() {
        set["icons"][key] = json!({ "body": "<g/>" });
    }
}

on_each_engine! {
    async fn what_is_kept_is_what_would_be_read(engine) {
        let plain = TestApp::build(engine).await.flag("--cache-enabled=false").flag("--performance-optimization-enabled=false").start().await;
        let mut set: Value = serde_json::from_slice(&std::fs::read(fixture("garden.json")).unwrap()).unwrap();
        plain.import_json(&set).await;
        let keeping = [
            plain.build_beside().cached().start().await,
            plain.build_beside().cached().flag("--response-cache-enabled=false").start().await,
        ];
        let (documents, mut random, mut kept) = (documents(), Random::new(20_261_122), 0);
        for round in 0..ROUNDS {
            let before = set.clone();
            change(&mut set, &mut random, round);
            plain.import_json_at(NOW_MS + 1 + i64::try_from(round).unwrap(), &set).await;
            for app in &keeping {
                app.catch_up().await;
            }
            for document in &documents {
                let expected = plain.graphql(document).await;
                assert!(expected.errors().is_empty(), "{document}: {}", expected.text);
                for app in &keeping {
                    let answer = app.graphql(document).await;
                    assert_eq!(answer.text, expected.text, "round {round}: {document}\nbefore: {before}\nafter: {set}");
                    kept += usize::from(answer.is_whole_answer());
                }
            }
        }
        assert!(kept > ROUNDS, "{kept}: else nothing was put to the test");
    }
}

#[tokio::test]
async fn what_does_not_change_with_an_icon_is_answered_on() {
    let app = TestApp::build(Engine::Sqlite).await.cached().start().await;
    let mut set: Value = serde_json::from_slice(&std::fs::read(fixture("garden.json")).unwrap()).unwrap();
    app.import_json(&set).await;
    let of = |key: &str, fields: &str| format!("{{ icon(by: {{ name: \"garden:{key}\" }}) {{ {fields} }} }}");
    // Whether it is made of the icon that changes, or of its set as a whole.
    let queries = [
        (
            of("leaf", "name body set { name license { title } author { name } tags }"),
            false,
        ),
        (of("leaf", "license { title } tags"), false),
        (of("none", "name"), false),
        (
            "{ iconSet(prefix: \"garden\") { name license { title } samples(first: 1) { name } } }".to_owned(),
            false,
        ),
        (of("rose", "name"), true),
        (of("leaf", "aliases"), true),
        (of("leaf", "variants { name }"), true),
        (of("leaf", "characters"), true),
        (of("leaf", "set { total }"), true),
        (of("leaf", "set { version }"), true),
        (of("leaf", "set { updatedAt }"), true),
        (of("leaf", "set { categories { count } }"), true),
    ];
    let ask = async || {
        for (query, _) in &queries {
            app.graphql(query).await;
            assert!(app.graphql(query).await.is_whole_answer(), "{query}");
        }
    };
    // Samples are icons: the first is another one than what changes.
    set["info"]["samples"] = json!(["tree", "rose"]);
    app.import_json_at(NOW_MS + 1, &set).await;
    ask().await;
    set["icons"]["rose"]["body"] = json!("<path d=\"M1 1\"/>");
    app.import_json_at(NOW_MS + 2, &set).await;
    // Somebody has to read the facts again.
    app.graphql("{ iconSet(prefix: \"garden\") { id } }").await;
    for (query, is_concerned) in &queries {
        assert_eq!(app.graphql(query).await.is_whole_answer(), !is_concerned, "{query}");
    }
    ask().await;
    // A licence is a fact that the feed says nothing of.
    set["info"]["license"]["title"] = json!("ISC");
    app.import_json_at(NOW_MS + 3, &set).await;
    let (query, _) = &queries[0];
    let after = app.graphql(query).await;
    assert!(!after.is_whole_answer() && after.text.contains("ISC"), "{}", after.text);
    assert!(app.graphql(&of("none", "name")).await.is_whole_answer());
}
