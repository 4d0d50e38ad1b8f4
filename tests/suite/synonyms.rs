//! `putSynonyms`: what administrators say means the same, who may say so, and what is found by it.

use std::{fs, path::PathBuf};

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Engine, Iconql, Reply, TestApp, TestDatabase, eventually, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

const PUT: &str = "mutation($groups: [SynonymGroupInput!]!, $replace: Boolean! = false) {
    putSynonyms(input: { groups: $groups, replace: $replace }) { groups userErrors { field code message } } __typename }";

/// A set of these icons, each of its own, and plain aliases as `[name, parent]`.
fn set(prefix: &str, keys: &[&str], aliases: &[[&str; 2]]) -> Value {
    let icons = keys
        .iter()
        .map(|key| ((*key).to_owned(), json!({ "body": "<path d=\"M0 0h1z\"/>" })));
    let aliases = aliases
        .iter()
        .map(|[key, parent]| ((*key).to_owned(), json!({ "parent": parent })));
    json!({ "prefix": prefix, "icons": icons.collect::<serde_json::Map<_, _>>(), "aliases": aliases.collect::<serde_json::Map<_, _>>() })
}

/// A server over one set without tags, of generation 1.
async fn office(engine: Engine) -> TestApp {
    let app = TestApp::start(engine).await;
    import_office(&app).await;
    app
}

async fn import_office(app: &TestApp) {
    let keys = [
        "dashboard",
        "view-dashboard",
        "control-panel",
        "panel-control-off",
        "panel",
        "gauge",
        "tin-can",
        "tree",
    ];
    app.import_json(&set("office", &keys, &[["dashboard-round", "gauge"]]))
        .await;
}

fn groups(groups: &[&[&str]]) -> Value {
    let groups: Vec<Value> = groups.iter().map(|words| json!({ "words": words })).collect();
    json!({ "groups": groups })
}

/// Adds groups, and lets them be found.
async fn put(app: &TestApp, given: &[&[&str]]) -> Reply {
    let reply = app.graphql_with(PUT, groups(given)).await;
    app.index().await;
    reply
}

async fn replace(app: &TestApp, given: &[&[&str]]) -> Reply {
    let mut variables = groups(given);
    variables["replace"] = json!(true);
    let reply = app.graphql_with(PUT, variables).await;
    app.index().await;
    reply
}

fn assert_stored(reply: &Reply, groups: usize) {
    let expected = json!({ "groups": groups, "userErrors": [] });
    assert_eq!(reply.data("/putSynonyms"), &expected, "{}", reply.text);
}

/// What a search finds: each icon's key, and by what it was matched.
async fn found(app: &TestApp, query: &str) -> Vec<String> {
    let document = "query($query: String!) { search(query: $query, first: 100) { edges { matchedOn node { key } } } }";
    let reply = app.graphql_with(document, json!({ "query": query })).await;
    let edges = reply.data("/search/edges").as_array().unwrap();
    let line = |edge: &Value| {
        let fields: Vec<&str> = edge["matchedOn"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field.as_str().unwrap())
            .collect();
        format!("{} {}", edge["node"]["key"].as_str().unwrap(), fields.join(" "))
    };
    edges.iter().map(line).collect()
}

async fn generation(app: &TestApp) -> i64 {
    let reply = app.graphql("{ service { generation } }").await;
    reply.data("/service/generation").as_i64().unwrap()
}

async fn stored(app: &TestApp) -> Vec<String> {
    app.database()
        .lines("SELECT words FROM synonym_group ORDER BY words")
        .await
}

/// Every table that the mutation writes is as it was in an empty catalog of `generation`.
async fn assert_untouched(app: &TestApp, generation_before: i64, why: &str) {
    assert_eq!(stored(app).await, Vec::<String>::new(), "{why}");
    assert_eq!(generation(app).await, generation_before, "{why}");
    assert_eq!(
        app.database().number("SELECT COUNT(*) FROM synonym_change").await,
        0,
        "{why}"
    );
}

on_each_engine! {
    async fn a_word_finds_the_icons_of_the_others(engine) {
        let app = office(engine).await;
        for query in ["cockpit", "flight deck"] {
            assert_eq!(found(&app, query).await, Vec::<String>::new(), "{query}");
        }
        assert_stored(&put(&app, &[&["Cockpit", "dashboards", "control panel", "flight-deck"], &["tin can", "soda can"]]).await, 2);
        // Whoever is called so by name, then by alias.
        let expected = ["dashboard SYNONYM", "control-panel SYNONYM", "view-dashboard SYNONYM", "panel-control-off SYNONYM", "gauge SYNONYM"];
        for query in ["cockpit", "COCKPITS", "flight deck", "Flight-Decks", "flightDeck"] {
            assert_eq!(found(&app, query).await, expected, "{query}");
        }
        assert_eq!(found(&app, "dashboard").await, ["dashboard NAME", "view-dashboard NAME", "gauge ALIAS", "control-panel SYNONYM", "panel-control-off SYNONYM"]);
        assert_eq!(found(&app, "control panel").await, ["control-panel NAME", "panel-control-off NAME", "dashboard SYNONYM", "view-dashboard SYNONYM", "gauge SYNONYM"]);
        // Together with other words, a word stands for the others too.
        assert_eq!(found(&app, "view cockpit").await, ["view-dashboard NAME SYNONYM"]);
        // One of the words is in the name by itself, and all of them together stand for it.
        assert_eq!(found(&app, "soda can").await, ["tin-can NAME SYNONYM"]);
        // A part of a phrase is not the phrase.
        assert_eq!(found(&app, "deck").await, Vec::<String>::new());
        let covering = app.graphql(r#"{ setsCovering(concepts: ["cockpit", "soda can"]) { set { prefix } covered } }"#).await;
        assert_eq!(covering.data("/setsCovering/0/covered"), 2);
        // As words of the same meaning they are not passed on.
        assert_stored(&put(&app, &[&["tree", "cockpit"]]).await, 3);
        assert_eq!(found(&app, "tree").await, ["tree NAME"]);
        assert_eq!(found(&app, "cockpit").await.len(), 6);
    }

    async fn what_is_said_stands_above_what_is_learnt(engine) {
        let app = office(engine).await;
        for key in ["tree", "panel", "tin-can"] {
            app.sql(&format!("INSERT INTO icon_tag (icon_id, tag) SELECT id, 'lumber' FROM icon WHERE name = 'office:{key}'")).await;
        }
        app.sql("UPDATE catalog_state SET generation = 2").await;
        app.sql("INSERT INTO catalog_change (generation, kind, prefix, count, at_ms) VALUES (2, 1, 'office', 3, 0)").await;
        app.import_json(&set("plain", &["tree", "panel-control-off-dashboard-gauge"], &[])).await;
        let learnt = found(&app, "lumber").await;
        assert!(learnt.contains(&"tree SYNONYM".to_owned()) && !learnt.contains(&"gauge SYNONYM".to_owned()), "{learnt:?}");
        assert_stored(&put(&app, &[&["lumber", "gauge"]]).await, 1);
        let said: Vec<String> = found(&app, "lumber").await.into_iter().filter(|line| line.ends_with(" SYNONYM")).collect();
        // Of the two, the other also has words that were learnt.
        assert_eq!(&said[..3], ["panel-control-off-dashboard-gauge SYNONYM", "gauge SYNONYM", "tree SYNONYM"], "{said:?}");
    }

    async fn groups_are_added_and_replaced(engine) {
        let app = office(engine).await;
        assert_stored(&put(&app, &[&["cockpit", "dashboard"]]).await, 1);
        assert_eq!(generation(&app).await, 2);
        assert_stored(&put(&app, &[&["timber", "tree"], &["timber", "wood"]]).await, 3);
        assert_eq!(generation(&app).await, 3);
        // The same again, in another spelling, is nothing new; nor is a group twice.
        for same in [&[&["cockpit", "dashboard"][..]][..], &[&["Dashboards", "COCKPIT", "cockpits"]], &[&["tree", "timber"], &["trees", "timber"]], &[]] {
            assert_stored(&put(&app, same).await, 3);
        }
        assert_eq!(generation(&app).await, 3);
        assert_eq!(stored(&app).await, [r#"["cockpit","dashboard"]"#, r#"["timber","tree"]"#, r#"["timber","wood"]"#]);
        let reply = replace(&app, &[&["wood", "timber"], &["control", "gauge"]]).await;
        assert_stored(&reply, 2);
        assert_eq!((generation(&app).await, stored(&app).await.len()), (4, 2));
        assert_eq!((found(&app, "cockpit").await, found(&app, "control").await.last().cloned()), (vec![], Some("gauge SYNONYM".to_owned())));
        assert_stored(&replace(&app, &[&["control", "gauge"], &["wood", "timber"]]).await, 2);
        assert_eq!(generation(&app).await, 4);
        assert_stored(&replace(&app, &[]).await, 0);
        assert_eq!((generation(&app).await, stored(&app).await), (5, vec![]));
        assert!(!found(&app, "control").await.contains(&"gauge SYNONYM".to_owned()));
        // No set has changed, and nobody is told so.
        let feed = app.graphql("{ changes(since: 0) { generation hasMore changes { generation kind } } }").await;
        assert_eq!(feed.data("/changes"), &json!({ "generation": 5, "hasMore": false, "changes": [{ "generation": 1, "kind": "ADDED" }] }));
        assert_eq!(app.graphql("{ changes(since: 4) { generation changes { kind } } }").await.data("/changes"), &json!({ "generation": 5, "changes": [] }));
    }

    async fn groups_outlive_imports(engine) {
        let app = TestApp::start(engine).await;
        // There may be groups before there are icons.
        assert_stored(&put(&app, &[&["cockpit", "dashboard"], &["lumber", "tree"]]).await, 2);
        assert_eq!((generation(&app).await, found(&app, "cockpit").await), (1, vec![]));
        import_office(&app).await;
        assert_eq!(found(&app, "cockpit").await.len(), 3);
        app.import_json(&set("office", &["dashboard", "tree", "house"], &[])).await;
        assert_eq!(found(&app, "cockpit").await, ["dashboard SYNONYM"]);
        app.import_json(&set("lucide", &["dashboard", "house"], &[])).await;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("package.json"), r#"{"name": "lucide-static", "version": "1.2.3", "license": "ISC"}"#).unwrap();
        fs::write(folder.path().join("tags.json"), r#"{"house": ["home"], "dashboard": ["layout"]}"#).unwrap();
        let keywords = Iconql::new(BINARY, &["import", "--keywords"]).arg(folder.path());
        let _ = keywords.database(app.database().url()).run().await.succeeded();
        app.index().await;
        assert_eq!(found(&app, "cockpit").await, ["dashboard SYNONYM", "dashboard SYNONYM"]);
        assert_eq!(found(&app, "lumber").await, ["tree SYNONYM"]);
        assert!(found(&app, "home").await.contains(&"house TAG".to_owned()));
        assert_eq!(stored(&app).await.len(), 2);
    }

    async fn an_instance_beside_another_follows(engine) {
        let database = TestDatabase::fresh(engine).await;
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let file = folders[0].path().join("office.json");
        fs::write(&file, set("office", &["dashboard", "tree"], &[]).to_string()).unwrap();
        let _ = Iconql::new(BINARY, &["import"]).arg(&file).database(database.url()).run().await.succeeded();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let post = async |base_url: &str, document: &str, variables: Value| -> Value {
            let body = json!({ "query": document, "variables": variables });
            let reply = client.post(format!("{base_url}/graphql")).json(&body).send().await.unwrap();
            reply.json::<Value>().await.unwrap()["data"].clone()
        };
        let count = async |base_url: &str| post(base_url, r#"{ search(query: "cockpit") { totalCount generation } }"#, json!({})).await["search"].clone();
        let (mut servers, mut urls) = (Vec::new(), Vec::new());
        for folder in &folders {
            let mut server = Iconql::new(BINARY, &["serve", "--listen=127.0.0.1:0"])
                .database(database.url())
                .env("DATA_DIR", folder.path().to_str().unwrap())
                .spawn();
            urls.push(server.base_url().await);
            servers.push(server);
        }
        for url in &urls {
            eventually("there is an index", async || count(url).await == json!({ "totalCount": 0, "generation": 1 })).await;
        }
        let segments = || -> Vec<PathBuf> {
            let files = fs::read_dir(folders[0].path().join("search")).unwrap().map(|file| file.unwrap().path());
            files.filter(|file| file.extension().is_some_and(|extension| extension == "idx")).collect()
        };
        let before = segments();
        let reply = post(&urls[0], PUT, groups(&[&["cockpit", "dashboard"]])).await;
        assert_eq!(reply["putSynonyms"], json!({ "groups": 1, "userErrors": [] }));
        // Here at once, and there within moments.
        assert_eq!(count(&urls[0]).await, json!({ "totalCount": 1, "generation": 2 }));
        eventually("the other follows", async || count(&urls[1]).await == json!({ "totalCount": 1, "generation": 2 })).await;
        // Only the dictionary was written anew.
        let after = segments();
        assert!(!before.is_empty() && before.iter().all(|file| after.contains(file)), "{before:?} {after:?}");
        drop(servers);
    }

    async fn nobody_else_may(engine) {
        let app = office(engine).await;
        let body = json!({ "query": PUT, "variables": groups(&[&["cockpit", "dashboard"]]) });
        let assert_forbidden = |reply: &Reply, who: &str| {
            assert_eq!((reply.status, reply.codes()), (200, vec!["FORBIDDEN"]), "{who}: {}", reply.text);
            assert_eq!(reply.errors()[0]["extensions"]["scope"], "admin", "{who}");
            assert_eq!(reply.errors()[0]["path"], json!(["putSynonyms"]), "{who}");
            assert_eq!(reply.json["data"], json!({ "putSynonyms": null, "__typename": "Mutation" }), "{who}");
            assert_eq!(reply.statements(), 0, "{who}");
        };
        for (header, value) in [
            ("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", ""), ("forwarded", "for=127.0.0.1"), ("x-real-ip", "::1"), ("via", "1.1 proxy"),
            ("x-forwarded-host", "localhost"), ("x-forwarded-proto", "https"), ("host", "icons.example.com"), ("host", "localhost.example.com"),
            ("origin", "https://example.com"), ("origin", "null"),
        ] {
            let request = app.request(Method::POST, "/graphql").header(header, value).json(&body);
            assert_forbidden(&app.send(request).await, &format!("{header}: {value}"));
        }
        // Whose input is at fault is not told what is wrong with it.
        let request = app.request(Method::POST, "/graphql").header("via", "1.1 proxy");
        assert_forbidden(&app.send(request.json(&json!({ "query": PUT, "variables": groups(&[&[]]) }))).await, "a bad input");
        assert_untouched(&app, 1, "forbidden").await;
        for (header, value) in [("host", "localhost"), ("origin", "http://localhost:5173")] {
            let request = app.request(Method::POST, "/graphql").header(header, value).json(&body);
            assert_stored(&app.send(request).await, 1);
        }
    }

    async fn nobody_may_in_production(engine) {
        let app = TestApp::build(engine).await.flag("--environment=production").start().await;
        let reply = app.graphql_with(PUT, groups(&[&["cockpit", "dashboard"]])).await;
        assert_eq!((reply.codes(), &reply.errors()[0]["extensions"]["scope"]), (vec!["FORBIDDEN"], &json!("admin")));
        assert_untouched(&app, 0, "production").await;
    }

    async fn a_mutation_is_posted_as_json(engine) {
        let app = office(engine).await;
        let document = r#"mutation { putSynonyms(input: { groups: [{ words: ["cockpit", "dashboard"] }] }) { groups } }"#;
        let get = app.send(app.request(Method::GET, "/graphql").query(&[("query", document)])).await;
        assert_eq!((get.status, get.codes(), get.header("allow")), (405, vec!["METHOD_NOT_ALLOWED"], "POST"));
        let body = json!({ "query": document }).to_string();
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql"] {
            let reply = app.send(app.request(Method::POST, "/graphql").header("content-type", content_type).body(body.clone())).await;
            assert_eq!((reply.status, reply.codes()), (415, vec!["UNSUPPORTED_MEDIA_TYPE"]), "{content_type}");
        }
        assert_untouched(&app, 1, "by other ways").await;
        let reply = app.graphql(document).await;
        assert_eq!((reply.data("/putSynonyms/groups"), reply.header("cache-control")), (&json!(1), "no-store"));
        assert!(reply.statements() > 0 && reply.statements() <= 5, "{} statements", reply.statements());
        assert!(app.get("/metrics").await.text.contains(r#"kind="mutation",outcome="ok""#));
    }

    async fn fields_run_one_after_another_and_count(engine) {
        let app = TestApp::build(engine).await.flag("--max-root-fields=2").flag("--max-aliases=2").flag("--max-cost=10").start().await;
        let field = |alias: &str, words: &str, count: usize| {
            let groups = vec![format!("{{ words: [{words}] }}"); count].join(", ");
            format!("{alias}: putSynonyms(input: {{ groups: [{groups}], replace: true }}) {{ groups }}")
        };
        let [one, other] = [field("one", r#""a", "b""#, 1), field("other", r#""c", "d""#, 1)];
        let reply = app.graphql(&format!("mutation {{ {one} {other} }}")).await;
        assert_eq!((reply.data("/one/groups"), reply.data("/other/groups")), (&json!(1), &json!(1)));
        assert_eq!(stored(&app).await, [r#"["c","d"]"#]);
        let before = generation(&app).await;
        for (fields, limit) in [
            (format!("{one} {other} {}", field("", r#""e", "f""#, 1).trim_start_matches(": ")), "maxRootFields"),
            (one.replace("groups }", "a: groups b: groups }"), "maxAliases"),
            (field("one", r#""a", "b""#, 10), "maxCost"),
        ] {
            let reply = app.graphql(&format!("mutation {{ {fields} }}")).await;
            assert_eq!((reply.codes(), &reply.errors()[0]["extensions"]["limit"]), (vec!["LIMIT_EXCEEDED"], &json!(limit)), "{}", reply.text);
        }
        // What does not fit is found before the first field runs.
        for misfit in [r#""x""#, "{}", "{ groups: [5] }", r#"{ groups: [{ words: "e" }], replace: null }"#, "{ groups: [{ words: [null] }] }"] {
            let reply = app.graphql(&format!("mutation {{ {one} two: putSynonyms(input: {misfit}) {{ groups }} }}")).await;
            assert!(reply.codes().iter().all(|code| *code == "BAD_USER_INPUT") && !reply.codes().is_empty(), "{misfit}: {}", reply.text);
            assert_eq!(reply.json.get("data"), None, "{misfit}");
        }
        assert_eq!((generation(&app).await, stored(&app).await), (before, vec![r#"["c","d"]"#.to_owned()]));
    }

    async fn what_is_no_group_is_told_by_its_path(engine) {
        let app = office(engine).await;
        let long = "x".repeat(65);
        let given: [&[&str]; 7] = [
            &["cockpit", "dashboard"], &[], &["cockpit", "Cockpits"], &["cockpit", "dashboard", "🏠"], &["", "cockpit"], &["cockpit", &long],
            &["cockpit", "a b c d", "a b c d e"],
        ];
        let reply = put(&app, &given).await;
        let errors = reply.data("/putSynonyms/userErrors").as_array().unwrap();
        let told: Vec<(&Value, &Value)> = errors.iter().map(|error| (&error["field"], &error["code"])).collect();
        let (invalid, too_large) = (json!("INVALID"), json!("TOO_LARGE"));
        let at = |path: &str| json!(path.split('/').collect::<Vec<_>>());
        assert_eq!(told, [
            (&at("groups/1/words"), &invalid), (&at("groups/2/words"), &invalid), (&at("groups/3/words/2"), &invalid),
            (&at("groups/4/words/0"), &invalid), (&at("groups/5/words/1"), &too_large), (&at("groups/6/words/2"), &too_large),
        ]);
        assert!(errors.iter().all(|error| error["message"].as_str().is_some_and(|message| message.len() > 20)), "{errors:?}");
        assert_eq!(reply.data("/putSynonyms/groups"), 0);
        assert_untouched(&app, 1, "a bad group").await;
        // Nor does a bad input replace what there is.
        assert_stored(&put(&app, &[&["cockpit", "dashboard"]]).await, 1);
        let reply = replace(&app, &[&["tree", "timber"], &["tree"]]).await;
        assert_eq!((reply.data("/putSynonyms/groups"), &reply.data("/putSynonyms/userErrors")[0]["field"]), (&json!(1), &at("groups/1/words")));
        assert_eq!(stored(&app).await, [r#"["cockpit","dashboard"]"#]);
    }

    async fn each_limit_at_its_figure_and_beyond(engine) {
        let app = office(engine).await;
        let words = |count: usize| (0..count).map(|number| format!("word{number}")).collect::<Vec<_>>();
        let check = async |words: Vec<String>, is_lawful: bool| {
            let reply = app.graphql_with(PUT, json!({ "groups": [{ "words": words }], "replace": true })).await;
            let errors = reply.data("/putSynonyms/userErrors").as_array().unwrap();
            assert_eq!(errors.iter().map(|error| &error["code"]).collect::<Vec<_>>(), if is_lawful { vec![] } else { vec!["TOO_LARGE"] }, "{words:?}");
        };
        check(words(50), true).await;
        check(words(51), false).await;
        check(vec!["tree".to_owned(), "é".repeat(64)], true).await;
        check(vec!["tree".to_owned(), "é".repeat(65)], false).await;
        check(vec!["tree".to_owned(), "a b c d".to_owned()], true).await;
        check(vec!["tree".to_owned(), "a b c d e".to_owned()], false).await;
        let many = |from: usize, to: usize| -> Value {
            let groups: Vec<Value> = (from..to).map(|number| json!({ "words": [format!("word{number}"), format!("other{number}")] })).collect();
            json!({ "groups": groups, "replace": from == 0 })
        };
        let too_many = |reply: &Reply, groups: usize| {
            let error = &reply.data("/putSynonyms/userErrors")[0];
            assert_eq!((&error["field"], &error["code"], reply.data("/putSynonyms/groups")), (&json!(["groups"]), &json!("TOO_LARGE"), &json!(groups)), "{}", reply.text);
        };
        too_many(&app.graphql_with(PUT, many(0, 1001)).await, 1);
        assert_stored(&app.graphql_with(PUT, many(0, 999)).await, 999);
        too_many(&app.graphql_with(PUT, many(999, 1001)).await, 999);
        assert_stored(&app.graphql_with(PUT, many(999, 1000)).await, 1000);
        too_many(&app.graphql_with(PUT, many(1000, 1001)).await, 1000);
        // What is there counts once.
        assert_stored(&app.graphql_with(PUT, many(1, 1000)).await, 1000);
        assert_stored(&app.graphql_with(PUT, many(0, 1000)).await, 1000);
    }

    async fn another_writer_is_waited_for_only_so_long(engine) {
        let app = TestApp::build(engine).await.flag("--query-timeout-ms=200").start().await;
        let lock = app.database().hold_write_lock().await;
        // More often than there are connections.
        for _ in 0..7 {
            let reply = app.graphql_with(PUT, groups(&[&["cockpit", "dashboard"]])).await;
            assert_eq!((reply.codes(), &reply.json["data"]["putSynonyms"]), (vec!["TIMEOUT"], &Value::Null), "{}", reply.text);
        }
        assert_eq!(generation(&app).await, 0);
        lock.release().await;
        eventually("it is stored", async || {
            let reply = app.graphql_with(PUT, groups(&[&["cockpit", "dashboard"]])).await;
            reply.json["data"]["putSynonyms"]["groups"] == 1
        })
        .await;
        assert_eq!((generation(&app).await, stored(&app).await.len()), (1, 1));
    }

    async fn many_at_once_are_all_stored(engine) {
        let app = TestApp::start(engine).await;
        let put = |number: usize| {
            let words = [format!("word{number}"), "same".to_owned()];
            app.graphql_with(PUT, json!({ "groups": [{ "words": words }] }))
        };
        for round in 0..4 {
            let replies = tokio::join!(put(4 * round), put(4 * round + 1), put(4 * round + 2), put(4 * round + 3));
            let replies: [Reply; 4] = replies.into();
            let mut counts = replies.map(|reply| reply.data("/putSynonyms/groups").as_u64().unwrap());
            counts.sort_unstable();
            let first = 4 * round as u64 + 1;
            assert_eq!(counts, [first, first + 1, first + 2, first + 3]);
        }
        assert_eq!(generation(&app).await, 16);
    }
}
