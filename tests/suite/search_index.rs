//! The index as files beside a process: made, kept, followed, made anew when it is damaged or another catalog's.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tests::{Iconql, Running, TestDatabase, eventually, fixture, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// A server over `database` that keeps its index in `folder`.
async fn serve(database: &TestDatabase, folder: &Path) -> (Running, String) {
    let mut server = Iconql::new(BINARY, &["serve", "--listen=127.0.0.1:0"])
        .database(database.url())
        .env("DATA_DIR", folder.to_str().unwrap())
        // It is asked again and again until something is found.
        .env("RATE_LIMIT_ENABLED", "false")
        .spawn();
    let base_url = server.base_url().await;
    (server, base_url)
}

async fn import(database: &TestDatabase, file: &str) {
    let import = Iconql::new(BINARY, &["import"])
        .arg(fixture(file))
        .database(database.url());
    let _ = import.run().await.succeeded();
}

async fn health(base_url: &str) -> Value {
    let reply = reqwest::get(format!("{base_url}/api/health")).await.unwrap();
    reply.json().await.unwrap()
}

/// How many icons a search for `query` finds; none while nothing can be searched.
async fn found(base_url: &str, query: &str) -> Option<u64> {
    let query = json!({ "query": format!("{{ search(query: {query:?}) {{ totalCount }} }}") });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let reply = client
        .post(format!("{base_url}/graphql"))
        .json(&query)
        .send()
        .await
        .unwrap();
    let reply: Value = reply.json().await.unwrap();
    reply["data"]["search"]["totalCount"].as_u64()
}

async fn is_indexed(base_url: &str, generation: i64) {
    eventually("the index is up to date", async || {
        let health = health(base_url).await;
        (health["status"].clone(), health["searchGeneration"].clone()) == (json!("up"), json!(generation))
    })
    .await;
}

/// The files of an index that hold documents.
fn segments(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder.join("search"))
        .unwrap()
        .map(|file| file.unwrap().path());
    files
        .filter(|file| {
            file.extension()
                .is_some_and(|extension| extension == "idx" || extension == "term")
        })
        .collect()
}

on_each_engine! {
    async fn an_index_is_made_followed_and_kept(engine) {
        let database = TestDatabase::fresh(engine).await;
        let folder = tempfile::tempdir().unwrap();
        import(&database, "garden.json").await;
        let (server, base_url) = serve(&database, folder.path()).await;
        is_indexed(&base_url, 1).await;
        assert_eq!((found(&base_url, "tree").await, found(&base_url, "saw").await), (Some(4), Some(0)));
        // Another process imports, and this one follows.
        import(&database, "shed.json").await;
        is_indexed(&base_url, 2).await;
        assert!(found(&base_url, "saw").await > Some(0));
        // Killed, it has its index again before it answers the first request.
        assert!(server.signal("KILL"));
        let _ = server.end().await;
        let (server, base_url) = serve(&database, folder.path()).await;
        assert_eq!(health(&base_url).await["searchGeneration"], json!(2));
        assert_eq!(found(&base_url, "tree").await, Some(4));
        drop(server);
    }

    async fn a_damaged_index_is_made_anew(engine) {
        let database = TestDatabase::fresh(engine).await;
        let folder = tempfile::tempdir().unwrap();
        import(&database, "garden.json").await;
        let damages: [fn(&Path); 4] = [
            |folder| segments(folder).iter().for_each(|file| fs::write(file, b"nonsense").unwrap()),
            |folder| segments(folder).iter().for_each(|file| fs::remove_file(file).unwrap()),
            |folder| fs::write(folder.join("search/meta.json"), b"{").unwrap(),
            |folder| fs::remove_dir_all(folder.join("search")).unwrap(),
        ];
        for damage in damages {
            let (server, base_url) = serve(&database, folder.path()).await;
            is_indexed(&base_url, 1).await;
            assert_eq!(found(&base_url, "tree").await, Some(4));
            // What is being searched stays as it is, whatever becomes of its files.
            damage(folder.path());
            assert_eq!(found(&base_url, "leaf").await, Some(2));
            assert!(server.signal("TERM"));
            let _ = server.end().await.succeeded();
        }
        let (server, base_url) = serve(&database, folder.path()).await;
        is_indexed(&base_url, 1).await;
        drop(server);
    }

    async fn an_index_that_is_damaged_meanwhile_goes_on(engine) {
        let database = TestDatabase::fresh(engine).await;
        let folder = tempfile::tempdir().unwrap();
        import(&database, "garden.json").await;
        let (server, base_url) = serve(&database, folder.path()).await;
        is_indexed(&base_url, 1).await;
        fs::write(folder.path().join("search/meta.json"), b"{").unwrap();
        import(&database, "shed.json").await;
        eventually("what came later is found", async || found(&base_url, "saw").await > Some(0)).await;
        assert_eq!(found(&base_url, "tree").await, Some(4));
        drop(server);
    }

    async fn the_index_of_another_catalog_is_not_used(engine) {
        let (one, other) = (TestDatabase::fresh(engine).await, TestDatabase::fresh(engine).await);
        let folder = tempfile::tempdir().unwrap();
        import(&one, "garden.json").await;
        import(&other, "shed.json").await;
        let (server, base_url) = serve(&one, folder.path()).await;
        is_indexed(&base_url, 1).await;
        assert!(server.signal("TERM"));
        let _ = server.end().await.succeeded();
        // Both are of generation 1.
        let (server, base_url) = serve(&other, folder.path()).await;
        eventually("its own icons are found", async || found(&base_url, "saw").await > Some(0)).await;
        assert_eq!(found(&base_url, "tree").await, Some(0));
        drop(server);
    }
}
