//! `iconql backup` and `iconql restore`: what was restored is as it was, on whichever engine.

use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Ended, Engine, Iconql, NOW_MS, TestApp, TestDatabase, on_each_engine};

use crate::{
    usage_rollup::assert_recounted,
    usage_scenario::{self, Ledger},
    writers,
};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

pub(crate) const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

/// What a backup has of each table, and how the columns are written alike on both engines: bytes, UUIDs and truth need it said.
const TABLES: [(&str, &str); 16] = [
    (
        "api_key",
        "id name secret_hash:bytes scopes publishable:bool origins created_at_ms expires_at_ms revoked_at_ms",
    ),
    ("server_secret WHERE name = 'usage'", "name secret:bytes"),
    ("synonym_group", "id words"),
    ("usage_name", "id name"),
    (
        "usage_event",
        "occurred_ms icon kind device country client user_hash session_hash id:uuid",
    ),
    ("usage_event_id", "id:uuid day"),
    ("usage_pending", "events occurrences:bytes"),
    ("usage_hour", "bucket target count cell:bytes steps:bytes"),
    ("usage_day", "bucket target count cell:bytes steps:bytes"),
    ("usage_pair_day", "day events sessions in_window:bool"),
    ("usage_pair", "day icon other sessions"),
    ("usage_related", "icon other sessions"),
    (
        "icon",
        "id parent_id variant_id updated_at_ms view_left view_top view_width view_height kind style hidden:bool listed:bool \
         palette:bool content_hash:bytes name categories body",
    ),
    (
        "icon_set",
        "prefix name sort_name version author_name author_url license_title license_spdx license_url category total palette:bool \
         hidden:bool heights tags samples category_counts prefixes suffixes updated_at_ms",
    ),
    ("icon_character", "id icon_id prefix codepoint"),
    ("icon_tag", "icon_id tag"),
];

/// The rows of everything that a backup has, on whichever engine.
pub(crate) async fn rows(database: &TestDatabase) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (table, columns) in TABLES {
        let column = |column: &str| {
            let text = match (column.split_once(':'), database.engine()) {
                (Some((column, "bytes")), Engine::Postgres) => format!("upper(encode({column}, 'hex'))"),
                (Some((column, "uuid")), Engine::Postgres) => format!("upper(replace({column}::text, '-', ''))"),
                (Some((column, "bool")), _) => format!("CAST(CAST({column} AS INTEGER) AS TEXT)"),
                (Some((column, _)), _) => format!("CASE WHEN {column} IS NOT NULL THEN hex({column}) END"),
                (None, _) if column.starts_with("view_") => format!("CAST(CAST({column} * 1000 AS INTEGER) AS TEXT)"),
                (None, _) => format!("CAST({column} AS TEXT)"),
            };
            format!("COALESCE({text}, '-')")
        };
        let columns: Vec<String> = columns.split(' ').map(column).collect();
        let sql = format!("SELECT {} FROM {table}", columns.join(" || ' ' || "));
        let mut rows = database.lines(&sql).await;
        rows.sort_unstable();
        rows.insert(0, table.to_owned());
        all.push(rows);
    }
    all
}

/// Shows no more than what differs.
fn assert_same(found: &[Vec<String>], expected: &[Vec<String>]) {
    for (found, expected) in found.iter().zip(expected) {
        let only = |these: &[String], those: &[String]| {
            let only = these.iter().filter(|row| !those.contains(row));
            only.take(3).cloned().collect::<Vec<_>>()
        };
        assert_eq!(only(found, expected), only(expected, found), "{}", found[0]);
        assert_eq!(found.len(), expected.len(), "{}", found[0]);
    }
}

pub(crate) fn command(name: &str, file: &Path, database: &TestDatabase) -> Iconql {
    Iconql::new(BINARY, &[name]).arg(file).database(database.url())
}

pub(crate) async fn backup(database: &TestDatabase, file: &Path) -> Ended {
    command("backup", file, database).run().await.succeeded()
}

pub(crate) async fn restore(file: &Path, database: &TestDatabase) -> Ended {
    command("restore", file, database).run().await.succeeded()
}

/// A folder, and a file that is to be in it.
pub(crate) fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    // What a URL would take apart is a name like any other.
    let file = folder.path().join("of today?x=1#100%.backup");
    (folder, file)
}

async fn record(app: &TestApp, events: Value) {
    let request = app.request(Method::POST, "/api/v1/analytics/usage/batch");
    let reply = app.send(request.json(&json!({ "events": events }))).await;
    assert_eq!(reply.json["rejected"], json!([]), "{}", reply.text);
}

/// A server whose database has something of everything: usage that is summed up, usage that is not, with users that come again;
/// keys, synonyms, a switch that was turned, a set that was changed and one that was not. With the secrets of two keys, the second of
/// which is revoked.
pub(crate) async fn lived_in(engine: Engine) -> (TestApp, [String; 2]) {
    let app = writers::signs(engine).await;
    app.import_json(&usage_scenario::set()).await;
    let demo = Iconql::new(BINARY, &["demo-usage", "--days=9", "--events-per-day=300"]).database(app.database().url());
    let _ = demo.run().await.succeeded();
    let put = json!([
        { "key": "rocket", "svg": writers::svg("r"), "tags": ["launch", "start"] },
        { "key": "home", "svg": writers::svg("h"), "tags": ["heim"] },
    ]);
    app.set_now_ms(NOW_MS + 1_000);
    writers::assert_put(&writers::put(&app, put).await, &["s:rocket", "s:home"]);
    writers::assert_put(
        &writers::put(&app, json!([writers::icon("ball", "b")])).await,
        &["s:ball"],
    );
    writers::assert_deleted(
        &writers::delete(&app, &["s:sun", "s:sun-wide"]).await,
        &["s:sun", "s:sun-wide"],
    );
    app.set_now_ms(NOW_MS);
    let event = |icon: &str, user: &str| json!({ "icon": icon, "userId": user, "sessionId": user, "kind": "COPY" });
    record(
        &app,
        json!([event("s:home", "ann"), event("s:rocket", "ann"), event("u:a", "bob")]),
    )
    .await;
    app.roll_up().await;
    let known = json!({ "icon": "s:home", "id": "018f6f5e-7c1a-7000-8000-000000000001", "userId": "cem" });
    record(&app, json!([known, event("s:home", "ann"), event("s:ball", "dee")])).await;
    let synonyms = r#"mutation { putSynonyms(input: { groups: [{ words: ["rocket", "spaceship"] }] }) { groups }
        setSwitch(input: { switch: RESPONSE_CACHE, on: false }) { switches { on } } }"#;
    assert_eq!(app.graphql(synonyms).await.data("/putSynonyms/groups"), 1);
    let ((_, key), (gone, gone_key)) = (
        app.create_key(&["admin", "usage:write"]).await,
        app.create_key(&["admin"]).await,
    );
    app.create_publishable_key(&["https://shop.example"]).await;
    app.revoke_key(gone).await;
    (app, [key, gone_key])
}

/// What a client sees of all that.
async fn answers(app: &TestApp) -> Vec<Value> {
    app.index().await;
    let icon = "id name aliasOf { name } aliases body left top width height categories tags characters hidden palette license { spdx }
                contentHash updatedAt variants { name }";
    let usage = "usage(window: YEAR) { count uniqueUsers change points { at count } }
                 ever: usage(window: ALL) { count uniqueUsers points { count } }";
    let mut answers = Vec::new();
    for query in [
        format!("{{ iconSet(prefix: \"s\") {{ name total palette heights tags updatedAt categories {{ category count }} samples {{ name }}
                    icons(first: 10) {{ totalCount nodes {{ {icon} }} }} }} }}"),
        format!("{{ iconSet(prefix: \"s\") {{ {usage} icons(first: 10) {{ nodes {{ name {usage} }} }} }} u: iconSet(prefix: \"u\") {{ {usage} }} }}"),
        format!("{{ alias: icon(by: {{ name: \"s:cottage\" }}) {{ {icon} }} hidden: icon(by: {{ name: \"s:gate\" }}) {{ {icon} {usage} }}
                    code: icon(by: {{ name: \"s:e001\" }}) {{ {icon} }} gone: icon(by: {{ name: \"s:sun\" }}) {{ name }} }}"),
        "{ synonym: search(query: \"spaceship\") { nodes { name } } tag: search(query: \"heim\") { nodes { name } }
           newest: search(query: \"prefix:s\", orderBy: NEWEST) { nodes { name } } }".to_owned(),
    ] {
        let reply = app.graphql(&query).await;
        assert!(reply.errors().is_empty(), "{}", reply.text);
        answers.push(reply.json["data"].clone());
    }
    answers
}

/// Everything there is of sets, but what is counted in generations.
async fn of_sets(app: &TestApp) -> Vec<Vec<String>> {
    let rows = rows(app.database()).await.into_iter();
    rows.filter(|rows| rows[0].starts_with("icon")).collect()
}

async fn users_of_home(app: &TestApp) -> Value {
    app.roll_up().await;
    let query = r#"{ icon(by: { name: "s:home" }) { usage(window: DAY) { uniqueUsers } } }"#;
    app.graphql(query).await.data("/icon/usage/uniqueUsers").clone()
}

on_each_engine! {
    async fn what_is_restored_is_as_it_was(engine) {
        let (source, [key, gone_key]) = lived_in(engine).await;
        let (_folder, file) = place();
        let as_it_was = rows(source.database()).await;
        let said = backup(source.database(), &file).await;
        assert!(said.stdout.contains("3 keys, 1 group of synonyms and 1 set with icons of your own"), "{}", said.stdout);
        for engine in ENGINES {
            let target = TestApp::build(engine).await.cached().start().await;
            target.import_json(&usage_scenario::set()).await;
            // Somebody asked before there was anything, and is kept nothing of that.
            let home = r#"{ icon(by: { name: "s:home" }) { name } }"#;
            assert_eq!(target.graphql(home).await.data("/icon"), &Value::Null);
            let said = restore(&file, target.database()).await;
            assert!(said.stdout.contains("is restored: "), "{}", said.stdout);
            target.catch_up().await;
            target.look_at_keys().await;
            assert_eq!(target.graphql(home).await.data("/icon/name"), "s:home");
            assert_same(&rows(target.database()).await, &as_it_was);

            // Everything is summed up that was left to be, once.
            source.roll_up().await;
            assert_eq!(target.roll_up().await, 3);
            assert_recounted(&target).await;
            let [expected, found] = [answers(&source).await, answers(&target).await];
            assert_eq!(found, expected);
            assert!(found[3]["synonym"]["nodes"][0]["name"] == "s:rocket", "{}", found[3]);

            assert_eq!(target.keys().check(&key, None).unwrap().id, 1);
            assert!(target.keys().check(&gone_key, None).is_err());
            assert_eq!(target.create_key(&["admin"]).await.0, 5, "the number of a key is used once");
            // Instances go by what is turned while they run: there, nothing was.
            assert_eq!(target.database().number("SELECT count(*) FROM switch_setting").await, 0);

            // Who comes again is known to a server that has started since, and so is an event.
            let again = target.build_beside().start().await;
            let before = users_of_home(&again).await;
            record(&again, json!([{ "icon": "s:home", "userId": "ann" }, { "icon": "s:home", "userId": "cem" },
                { "icon": "s:home", "id": "018f6f5e-7c1a-7000-8000-000000000001", "userId": "eve" }])).await;
            assert_eq!(users_of_home(&again).await, before);
            record(&again, json!([{ "icon": "s:home", "userId": "eve" }])).await;
            assert_ne!(users_of_home(&again).await, before);
        }
    }

    async fn a_backup_is_one_moment_of_what_goes_on(engine) {
        let (source, _) = lived_in(engine).await;
        source.roll_up().await;
        let mut ledger = Ledger::default();
        let sending = ledger.send_to(&[source.base_url()], true);
        sending.until_acknowledged(30).await;
        let events = "SELECT count(*) FROM usage_event";
        let before = source.database().number(events).await;
        let (_folder, file) = place();
        let taking = backup(source.database(), &file);
        let rolling = async {
            for _ in 0..3 {
                source.roll_up().await;
                sending.until_acknowledged(sending.acknowledged() + 30).await;
            }
        };
        let _ = tokio::join!(taking, rolling);
        let after = source.database().number(events).await;
        sending.stop();
        ledger.note(sending).await;
        for engine in ENGINES {
            let target = TestApp::start(engine).await;
            restore(&file, target.database()).await;
            let restored = target.database().number(events).await;
            assert!((before..=after).contains(&restored), "{before} {restored} {after}");
            let with_ids = "SELECT count(*) FROM usage_event WHERE id IS NOT NULL";
            let ids = target.database().number("SELECT count(*) FROM usage_event_id").await;
            assert_eq!(ids, target.database().number(with_ids).await);
            target.roll_up().await;
            assert_recounted(&target).await;
        }
    }

    async fn what_administrators_changed_takes_the_place_of_what_was_imported(engine) {
        let (source, _) = lived_in(engine).await;
        let (_folder, file) = place();
        backup(source.database(), &file).await;
        let mut imported_again = Vec::new();
        for engine in ENGINES {
            let target = writers::signs(engine).await;
            target.import_json(&usage_scenario::set()).await;
            restore(&file, target.database()).await;
            target.catch_up().await;
            let told = writers::told(&target, 2).await;
            // As often as icons came; the last says what is otherwise than it was imported.
            let came: Vec<&str> = told.iter().map(String::as_str).filter(|line| line.contains("ADDED")).collect();
            assert_eq!(came, ["4 ADDED s:rocket", "5 ADDED s:ball"]);
            assert!(told.contains(&"5 REMOVED s:sun s:sun-wide".to_owned()), "{told:?}");
            assert!(told.iter().any(|line| line.starts_with("5 CHANGED") && line.contains("s:home")), "{told:?}");
            assert_eq!(of_sets(&target).await, of_sets(&source).await);
            target.import_json(&writers::set("s")).await;
            imported_again.push(of_sets(&target).await);
        }
        // The next import of the set makes it what its file says, as it would have done.
        source.import_json(&writers::set("s")).await;
        let expected = of_sets(&source).await;
        assert_eq!(imported_again, [expected.clone(), expected]);
    }

    async fn servers_hear_of_synonyms_that_were_restored(engine) {
        let source = TestApp::start(engine).await;
        source.import_json(&usage_scenario::set()).await;
        let put = r#"mutation { putSynonyms(input: { groups: [{ words: ["a", "alpha"] }] }) { groups } }"#;
        assert_eq!(source.graphql(put).await.data("/putSynonyms/groups"), 1);
        let (_folder, file) = place();
        backup(source.database(), &file).await;
        for engine in ENGINES {
            let target = TestApp::build(engine).await.cached().start().await;
            target.import_json(&usage_scenario::set()).await;
            let search = r#"{ search(query: "alpha") { nodes { name } } }"#;
            assert_eq!(target.graphql(search).await.data("/search/nodes"), &json!([]));
            restore(&file, target.database()).await;
            target.catch_up().await;
            target.index().await;
            assert_eq!(target.graphql(search).await.texts("/search/nodes", "name"), ["u:a"]);
        }
    }

    async fn days_of_usage_are_found_on_their_days(engine) {
        let (source, _) = lived_in(engine).await;
        let (_folder, file) = place();
        backup(source.database(), &file).await;
        let target = TestApp::start(Engine::Postgres).await;
        restore(&file, target.database()).await;
        let days = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'usage_event'::regclass";
        let with_events = "SELECT count(DISTINCT occurred_ms / 86400000) FROM usage_event";
        assert_eq!(target.database().number(days).await, target.database().number(with_events).await);
        // Servers go on with these: they forget them when it is time.
        target.set_now_ms(NOW_MS + 36_500 * 86_400_000);
        target.keep_usage().await;
        assert_eq!(target.database().number("SELECT count(*) FROM usage_event").await, 0);
    }
}
