//! Finding icons and sets by what they are called, and what they say of themselves.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tests::{TestApp, on_each_engine};

const BY: &str = "query($by: IconBy!) { icon(by: $by) { name id } }";

fn id(kind: &str, name: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{kind}:{name}"))
}

fn character(codepoint: &str) -> Value {
    json!({ "character": { "prefix": "garden", "codepoint": codepoint } })
}

/// A field of icons by name, with the name as key.
async fn field(app: &TestApp, names: &[&str], field: &str) -> Vec<Value> {
    let document =
        format!("query($names: [String!]!) {{ icons(names: $names) {{ ... on Icon {{ value: {field} }} }} }}");
    let reply = app.graphql_with(&document, json!({ "names": names })).await;
    reply
        .data("/icons")
        .as_array()
        .unwrap()
        .iter()
        .map(|icon| icon["value"].clone())
        .collect()
}

on_each_engine! {
    async fn one_icon_by_name_id_or_character(engine) {
        let app = TestApp::with_garden(engine).await;
        let cases = [
            (json!({ "name": "garden:tree" }), json!("garden:tree")),
            (json!({ "name": "garden:oak" }), json!("garden:oak")),
            (json!({ "name": "garden:gate" }), json!("garden:gate")),
            (json!({ "name": "garden:no-such" }), Value::Null),
            (json!({ "name": "nowhere:tree" }), Value::Null),
            (json!({ "id": id("Icon", "garden:tree") }), json!("garden:tree")),
            (json!({ "id": id("Icon", "garden:no-such") }), Value::Null),
            // A character is a name to ask by, and no name of its own.
            (json!({ "name": "garden:f001" }), json!("garden:tree")),
            (json!({ "id": id("Icon", "garden:f001") }), Value::Null),
            (character("f001"), json!("garden:tree")),
            (character("F001"), json!("garden:tree")),
            (character("1f339-200d"), json!("garden:rose")),
            (character("f003"), json!("garden:oak")),
            (character("f004"), json!("garden:gate")),
            (character("f999"), Value::Null),
            // An icon's own name wins over a character; a character asked for as such is one.
            (json!({ "name": "garden:face" }), json!("garden:face")),
            (character("face"), json!("garden:leaf")),
            (json!({ "name": "garden:add" }), json!("garden:pond")),
        ];
        for (by, expected) in cases {
            let reply = app.graphql_with(BY, json!({ "by": by })).await;
            let icon = reply.data("/icon");
            assert_eq!(icon.get("name").unwrap_or(&Value::Null), &expected, "{by}");
            if let Some(name) = expected.as_str() {
                assert_eq!(icon["id"], id("Icon", name), "{by}");
            }
        }
    }

    async fn what_cannot_name_an_icon_is_refused(engine) {
        let app = TestApp::with_garden(engine).await;
        let refused_before = [
            json!({ "name": "Garden:Tree" }),
            json!({ "name": "tree" }),
            json!({ "name": 3 }),
            json!({}),
            json!({ "name": "garden:tree", "id": "x" }),
            json!({ "name": null }),
        ];
        for by in refused_before {
            let reply = app.graphql_with(BY, json!({ "by": by })).await;
            assert_eq!(reply.codes(), ["BAD_USER_INPUT"], "{by}");
            assert_eq!(reply.json.get("data"), None, "{by}");
        }
        let refused_by_the_field = [
            json!({ "id": "garden:tree" }),
            json!({ "id": "" }),
            json!({ "id": id("Icon", "Garden") }),
            json!({ "id": id("IconSet", "garden") }),
            json!({ "id": id("Job", "1") }),
            character("xyz"),
            character(""),
            json!({ "character": { "prefix": "Garden", "codepoint": "f001" } }),
        ];
        for by in refused_by_the_field {
            let reply = app.graphql_with(BY, json!({ "by": by })).await;
            assert_eq!(reply.codes(), ["BAD_USER_INPUT"], "{by}");
            assert_eq!(reply.json["data"], json!({ "icon": null }), "{by}");
            assert_eq!(reply.errors()[0]["path"], json!(["icon"]), "{by}");
        }
    }

    async fn a_batch_answers_each_name_in_its_place(engine) {
        let app = TestApp::with_garden(engine).await;
        let long = format!("garden:{}", "a".repeat(300));
        let names = ["garden:oak", "shed:saw", "garden:oak", "garden:no-such", "Garden:Tree", "", "garden:gate", "garden:f001",
            "nowhere:x", long.as_str()];
        let document = "query($names: [String!]!) { icons(names: $names) { __typename
            ... on Icon { name hidden } ... on IconNotFound { name } ... on InvalidIconName { input message } } }";
        let reply = app.graphql_with(document, json!({ "names": names })).await;
        let icons = reply.data("/icons").as_array().unwrap();
        let message = icons[4]["message"].as_str().unwrap();
        assert!(message.contains("prefix:name"), "{message}");
        let invalid = |input: &str| json!({ "__typename": "InvalidIconName", "input": input, "message": message });
        let icon = |name: &str, hidden: bool| json!({ "__typename": "Icon", "name": name, "hidden": hidden });
        let missing = |name: &str| json!({ "__typename": "IconNotFound", "name": name });
        let expected = [
            icon("garden:oak", false), icon("shed:saw", false), icon("garden:oak", false), missing("garden:no-such"),
            invalid("Garden:Tree"), invalid(""), icon("garden:gate", true), icon("garden:tree", false), missing("nowhere:x"),
            invalid(&long[..200]),
        ];
        assert_eq!(icons, &expected);
        assert_eq!(app.graphql("{ icons(names: []) { __typename } }").await.data("/icons"), &json!([]));
    }

    async fn nodes_keep_order_and_duplicates(engine) {
        let app = TestApp::with_garden(engine).await;
        let ids = [id("Icon", "shed:saw"), id("IconSet", "garden"), id("Icon", "shed:saw"), id("Icon", "a:b"), id("IconSet", "none")];
        let document = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Icon { name } ... on IconSet { prefix } } }";
        let reply = app.graphql_with(document, json!({ "ids": ids })).await;
        let saw = json!({ "__typename": "Icon", "id": ids[0], "name": "shed:saw" });
        let garden = json!({ "__typename": "IconSet", "id": ids[1], "prefix": "garden" });
        assert_eq!(reply.data("/nodes"), &json!([saw, garden, saw, null, null]));
        for id in &ids {
            let one = app.graphql_with("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
            let place = ids.iter().position(|other| other == id).unwrap();
            assert_eq!(one.data("/node").get("id"), reply.data("/nodes")[place].get("id"), "{id}");
        }
    }

    async fn one_bad_id_spoils_only_its_own_place(engine) {
        let app = TestApp::with_garden(engine).await;
        let document = "query($ids: [ID!]!) { nodes(ids: $ids) { id } node(id: \"x\") { id } }";
        let reply = app.graphql_with(document, json!({ "ids": [id("Icon", "shed:saw"), "nonsense", id("Icon", "a:b")] })).await;
        let expected = json!({ "nodes": [{ "id": id("Icon", "shed:saw") }, null, null], "node": null });
        assert_eq!(reply.json["data"], expected);
        assert_eq!(reply.codes(), ["BAD_USER_INPUT", "BAD_USER_INPUT"]);
        let mut paths: Vec<String> = reply.errors().iter().map(|error| error["path"].to_string()).collect();
        paths.sort();
        assert_eq!(paths, [r#"["node"]"#, r#"["nodes",1]"#]);
    }

    async fn aliases_are_icons_of_their_own(engine) {
        let app = TestApp::with_garden(engine).await;
        let names = ["garden:tree", "garden:oak", "garden:old-oak", "garden:tree-fallen", "garden:log", "garden:old-gate",
            "garden:open-gate", "garden:pond-upright"];
        let parents = field(&app, &names, "aliasOf { name aliasOf { name } }").await;
        let of = |name: &str, next: Value| json!({ "name": name, "aliasOf": next });
        let tree = json!({ "name": "garden:tree" });
        let expected = [
            Value::Null, of("garden:tree", Value::Null), of("garden:oak", tree.clone()), of("garden:tree", Value::Null),
            of("garden:tree-fallen", tree), of("garden:gate", Value::Null), of("garden:gate", Value::Null),
            of("garden:pond-mirrored", json!({ "name": "garden:pond" })),
        ];
        assert_eq!(parents, expected);
        let aliases = field(&app, &names, "aliases").await;
        let expected = [
            json!(["garden:log", "garden:oak", "garden:old-oak", "garden:tree-fallen"]), json!(["garden:old-oak"]), json!([]),
            json!(["garden:log"]), json!([]), json!([]), json!([]), json!([]),
        ];
        assert_eq!(aliases, expected);
        let hidden = field(&app, &names, "hidden").await;
        assert_eq!(hidden, [false, false, false, false, false, true, false, false].map(Value::from));
        let keys = field(&app, &names, "key").await;
        assert_eq!(keys[1], "oak");
        let bodies = field(&app, &names, "body").await;
        assert_eq!(bodies[0], bodies[1]);
        assert_eq!(bodies[0], bodies[2]);
        assert_ne!(bodies[0], bodies[3]);
        assert_eq!(bodies[3], bodies[4]);
    }

    async fn variants_share_a_base_name(engine) {
        let app = TestApp::with_garden(engine).await;
        let names = ["garden:tree", "garden:tree-fill", "garden:leaf", "garden:rose", "garden:oak", "garden:old-oak", "garden:gate"];
        let variants = field(&app, &names, "variants { name }").await;
        let list = |names: &[&str]| names.iter().map(|name| json!({ "name": name })).collect::<Value>();
        let expected = [
            list(&["garden:tree-fill", "garden:tree-outline"]),
            list(&["garden:tree", "garden:tree-outline"]),
            list(&["garden:leaf-outline"]),
            list(&[]),
            // An alias has the variants of what it names, however many steps away that is.
            list(&["garden:tree-fill", "garden:tree-outline"]),
            list(&["garden:tree-fill", "garden:tree-outline"]),
            list(&[]),
        ];
        assert_eq!(variants, expected);
        assert_eq!(field(&app, &names[..1], "variants(first: 1) { name }").await, [list(&["garden:tree-fill"])]);
    }

    async fn categories_characters_and_palette(engine) {
        let app = TestApp::with_garden(engine).await;
        let names = ["garden:tree", "garden:leaf", "garden:oak", "garden:old-oak", "garden:pond-mirrored", "garden:gate",
            "garden:face", "garden:rose", "shed:spade", "shed:saw"];
        let plants = json!(["Plants", "All green"]);
        let expected = [plants.clone(), plants.clone(), plants.clone(), plants, json!(["Water"]), json!(["Plants"]), json!([]),
            json!(["Plants"]), json!([]), json!([])];
        assert_eq!(field(&app, &names, "categories").await, expected);
        let none = || json!([]);
        let expected = [json!(["f001"]), json!(["f002", "face"]), json!(["f003"]), none(), none(), json!(["f004"]), none(),
            json!(["1f339-200d", "e001"]), none(), none()];
        assert_eq!(field(&app, &names, "characters").await, expected);
        let palette = field(&app, &names, "palette").await;
        assert_eq!(palette, [false, false, false, false, false, false, false, false, true, false].map(Value::from));
    }

    async fn a_set_says_what_its_file_does(engine) {
        let app = TestApp::with_garden(engine).await;
        let document = "query($prefix: String!) { iconSet(prefix: $prefix) { id prefix name version author { name url }
            license { title spdx url } total heights palette category tags categories { category count }
            samples { name } updatedAt icons { totalCount } } }";
        let garden = app.graphql_with(document, json!({ "prefix": "garden" })).await;
        let expected = json!({
            "id": id("IconSet", "garden"), "prefix": "garden", "name": "Garden", "version": "1.2.3",
            "author": { "name": "Flora", "url": "https://example.com/flora" },
            "license": { "title": "MIT", "spdx": "MIT", "url": "https://example.com/mit" },
            "total": 13, "heights": [24], "palette": false, "category": "UI 24px", "tags": ["Uses Stroke"],
            "categories": [{ "category": "Water", "count": 4 }, { "category": "Plants", "count": 8 }, { "category": "All green", "count": 3 }],
            "samples": [{ "name": "garden:rose" }, { "name": "garden:tree" }, { "name": "garden:leaf-outline" }],
            "updatedAt": "2023-11-14T22:13:20Z", "icons": { "totalCount": 13 },
        });
        assert_eq!(garden.data("/iconSet"), &expected);
        let shed = app.graphql_with(document, json!({ "prefix": "shed" })).await;
        let expected = json!({
            "id": id("IconSet", "shed"), "prefix": "shed", "name": "shed", "version": null, "author": null, "license": null,
            "total": 2, "heights": [], "palette": false, "category": null, "tags": [], "categories": [], "samples": [],
            "updatedAt": "2026-09-01T12:00:00Z", "icons": { "totalCount": 2 },
        });
        assert_eq!(shed.data("/iconSet"), &expected);
        assert_eq!(app.graphql_with(document, json!({ "prefix": "none" })).await.data("/iconSet"), &Value::Null);
        let samples = app.graphql(r#"{ iconSet(prefix: "garden") { samples(first: 1) { name } } }"#).await;
        assert_eq!(samples.texts("/iconSet/samples", "name"), ["garden:rose"]);
        for prefix in ["", "Garden", "a b", "a--b"] {
            let reply = app.graphql_with(document, json!({ "prefix": prefix })).await;
            assert_eq!(reply.codes(), ["BAD_USER_INPUT"], "{prefix}");
            assert_eq!(reply.json["data"], json!({ "iconSet": null }), "{prefix}");
        }
    }

    async fn fields_come_in_the_order_asked(engine) {
        let app = TestApp::with_garden(engine).await;
        let document = r#"{ b: iconSet(prefix: "shed") { total name prefix } icons(names: ["shed:saw"]) { ... on Icon { width set { name } id name height aliases key } } a: __typename }"#;
        let reply = app.graphql(document).await;
        let expected = format!(
            r#"{{"data":{{"b":{{"total":2,"name":"shed","prefix":"shed"}},"icons":[{{"width":16.0,"set":{{"name":"shed"}},"id":"{}","name":"shed:saw","height":16.0,"aliases":[],"key":"saw"}}],"a":"Query"}}}}"#,
            id("Icon", "shed:saw")
        );
        assert_eq!(reply.text.replace("16.0", "16"), expected.replace("16.0", "16"));
    }

    async fn a_failed_field_nulls_its_nearest_nullable_parent(engine) {
        let app = TestApp::build(engine).await.start().await;
        app.import(&[tests::fixture("garden.json"), tests::fixture("shed.json")]).await;
        // An icon without its set: `set` cannot be null, `icon` can.
        app.sql("DELETE FROM icon_set WHERE prefix = 'garden'").await;
        let document = r#"{ first: iconSet(prefix: "shed") { name }
            broken: icon(by: { name: "garden:tree" }) { name set { name } }
            licence: icon(by: { name: "garden:tree" }) { name license { title } body }
            last: icon(by: { name: "shed:saw" }) { name set { name } } }"#;
        let reply = app.graphql(document).await;
        assert_eq!(reply.status, 200);
        let data = &reply.json["data"];
        assert_eq!(data["first"], json!({ "name": "shed" }));
        assert_eq!(data["broken"], Value::Null);
        assert_eq!(data["licence"]["name"], "garden:tree");
        assert_eq!(data["licence"]["license"], Value::Null);
        assert_eq!(data["last"], json!({ "name": "shed:saw", "set": { "name": "shed" } }));
        let (_, text) = reply.text.split_once(r#""data":"#).unwrap();
        let places = ["first", "broken", "licence", "last"].map(|key| text.find(&format!("\"{key}\":")).unwrap());
        assert!(places.is_sorted(), "{text}");
        let mut paths: Vec<String> = reply.errors().iter().map(|error| error["path"].to_string()).collect();
        paths.sort();
        assert_eq!(paths, [r#"["broken","set"]"#, r#"["licence","license"]"#]);
        assert_eq!(reply.codes(), ["INTERNAL", "INTERNAL"]);
        // Every item of `icons` must be there, so the list goes, and it must be there too.
        let reply = app.graphql(r#"{ icons(names: ["garden:tree", "shed:saw"]) { ... on Icon { set { name } } } }"#).await;
        assert_eq!(reply.json.get("data"), Some(&Value::Null));
        assert_eq!(reply.codes(), ["INTERNAL"]);
    }
}
