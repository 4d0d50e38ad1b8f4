//! What `putIcons` and `deleteIcons` refuse, whole, and what they cost.

use reqwest::Method;
use serde_json::{Map, Value, json};
use tests::{Reply, TestApp, eventually, on_each_engine};

use crate::writers::{
    DELETE, PUT, assert_deleted, assert_put, delete, generation, icon, put, refused, rows, set, signs, svg, told,
};

on_each_engine! {
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

    async fn statements_do_not_grow_with_the_set(engine) {
        let app = TestApp::build(engine).await.cached().start().await;
        let icons: Map<String, Value> = (0..3000).map(|number| (format!("icon-{number}"), json!({ "body": "<g/>" }))).collect();
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
}
