//! The starter sets through the real binary: what a person gets who follows the README.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tests::{
    Ended, Engine, Iconql, TestApp, TestDatabase, eventually, on_each_engine, starter_package, starter_packages,
};

use crate::{random::Random, starter};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

async fn import(database: &TestDatabase) -> Ended {
    let command = Iconql::new(BINARY, &["import"]).database(database.url());
    starter_packages()
        .iter()
        .fold(command, Iconql::arg)
        .run()
        .await
        .succeeded()
}

/// What a package's `info.json` says.
fn info(package: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(package.join("info.json")).unwrap()).unwrap()
}

on_each_engine! {
    async fn the_starter_sets_come_in_whole_and_once(engine) {
        let app = TestApp::start(engine).await;
        let first = import(app.database()).await;
        assert!(!first.stdout.contains("  skipped "), "{}", first.stdout);
        let names: usize = starter::sets().values().map(|set| set.names().len()).sum();
        let hidden = app.database().number("SELECT count(*) FROM icon WHERE hidden").await;
        let added = names - usize::try_from(hidden).unwrap();
        let totals = format!(": {added} added, 0 changed, {hidden} hidden, 0 removed, 0 skipped; 0 sets unchanged");
        assert!(first.stdout.lines().last().unwrap().ends_with(&totals), "{} instead of {totals}", first.stdout);

        let query = "{ iconSets { nodes { prefix name total version } } changes(since: 0) { generation changes { prefix } } }";
        let reply = app.graphql(query).await;
        assert_eq!(reply.data("/changes/generation"), 8);
        let sets = reply.data("/iconSets/nodes").as_array().unwrap();
        assert_eq!(sets.len(), 8);
        for set in sets {
            let prefix = set["prefix"].as_str().unwrap();
            let info = info(&starter_package(prefix));
            assert_eq!(set["total"], info["total"], "{prefix}");
            assert_eq!(set["total"], starter::set(prefix).listed().len(), "{prefix}");
            assert_eq!((&set["name"], &set["version"]), (&info["name"], &info["version"]));
        }

        let again = import(app.database()).await;
        let last: Vec<&str> = again.stdout.lines().collect();
        assert_eq!(last.len(), 2, "{}", again.stdout);
        assert!(last[0].ends_with(": 0 added, 0 changed, 0 hidden, 0 removed, 0 skipped; 8 sets unchanged"));
        assert_eq!(last[1], "Nothing changed.");
        assert_eq!(app.graphql("{ service { generation } }").await.data("/service/generation"), 8);
    }
}

/// How often PostgreSQL read the icons from end to end, and how often by an index.
async fn scans(database: &TestDatabase) -> [i64; 2] {
    let sql = "SELECT seq_scan, coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relname = 'icon'";
    database.numbers::<2>(sql).await[0]
}

/// What the server really asks, judged by PostgreSQL's own counters: no lookup and no page may read a table whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_answers_batches_and_pages_by_index() {
    let app = TestApp::build(Engine::Postgres)
        .await
        .flag("--max-cost=100000")
        .start()
        .await;
    let _ = import(app.database()).await;
    // A connection tells what it counted when it ends, which the importer's do after the importer.
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let own = i64::from(app.pool().pool_state().open);
    eventually("the importer's connections are gone", async || {
        app.database().number(others).await <= own
    })
    .await;
    let before = scans(app.database()).await;

    let names = Random::new(11).choose(starter::names(), 500);
    let batch = "query ($names: [String!]!) { icons(names: $names) { ... on Icon { name set { name } aliasOf { name } aliases tags \
                 characters variants(first: 3) { name } } } }";
    let reply = app.graphql_with(batch, json!({ "names": names })).await;
    assert_eq!(reply.texts("/icons", "name"), names);
    let page = "{ iconSet(prefix: \"mdi\") { icons(first: 100) { nodes { name } pageInfo { endCursor } } } }";
    assert!(app.graphql(page).await.errors().is_empty());
    let character = "{ icon(by: { character: { prefix: \"mdi\", codepoint: \"f0004\" } }) { name } }";
    assert!(app.graphql(character).await.errors().is_empty());

    app.pool().close().await.unwrap();
    eventually("the server's connections are gone", async || {
        app.database().number(others).await == 0
    })
    .await;
    let after = scans(app.database()).await;
    assert_eq!(after[0] - before[0], 0, "the icons were read from end to end");
    assert!(after[1] > before[1], "nothing was counted");

    // However many names, one scan of one index: not a bitmap for each.
    let ids = app
        .database()
        .numbers::<1>("SELECT id FROM icon ORDER BY body LIMIT 500")
        .await;
    let ids: Vec<String> = ids.iter().map(|[id]| id.to_string()).collect();
    let explain = format!(
        "EXPLAIN SELECT body FROM icon WHERE id = ANY('{{{}}}'::bigint[])",
        ids.join(",")
    );
    let plan = app.database().lines(&explain).await;
    let scans: Vec<&String> = plan.iter().filter(|line| line.contains("Scan")).collect();
    assert!(
        scans.len() <= 2
            && scans
                .iter()
                .all(|line| line.contains("icon_pkey") || line.contains("Heap")),
        "{plan:?}"
    );
}
