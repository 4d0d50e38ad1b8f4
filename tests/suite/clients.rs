//! Clients that people use, unchanged, through the end of a server and the start of another.

use serde_json::json;
use tests::{Engine, Iconql, Process, Running, TestDatabase, clients, eventually};

const ICONQL: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// A server that can go and come back at the same address.
struct Server {
    process: Process,
    database: TestDatabase,
}

impl Server {
    async fn start() -> Self {
        let database = TestDatabase::fresh(Engine::Sqlite).await;
        let process = Process::serve(ICONQL, database.url(), &[]);
        Self { process, database }
    }

    fn url(&self) -> String {
        format!("{}/graphql", self.process.base_url())
    }

    /// Ends the server by a signal and starts another at its address.
    async fn replace(&mut self, signal: &str) {
        let listen = self.process.base_url().replace("http://", "--listen=");
        self.process.signal(signal);
        eventually("the server ends", async || self.process.ended().is_some()).await;
        self.process = Process::serve(ICONQL, self.database.url(), &[&listen]);
    }

    /// Imports a new set until the client says that it was told.
    async fn tell(&self, client: &Running, prefix: &str) {
        let told = format!("next {prefix}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("set.json");
        let mut icons = 0;
        // A subscription does not say when it has begun, so there is always one change more.
        eventually(&told, async || {
            icons += 1;
            let names = (0..icons).map(|number| (format!("icon-{number}"), json!({ "body": "<path d=\"M0 0h1\"/>" })));
            let set = json!({ "prefix": prefix, "icons": names.collect::<serde_json::Map<_, _>>() });
            std::fs::write(&file, set.to_string()).unwrap();
            let import = Iconql::new(ICONQL, &["import"])
                .arg(&file)
                .database(self.database.url());
            let _ = import.run().await.succeeded();
            client.stdout().contains(&told)
        })
        .await;
    }
}

fn start(script: &str, url: &str) -> Running {
    let script = clients().join(script);
    let script = script.to_str().expect("the path is text");
    Iconql::new("node", &[script, url]).spawn()
}

async fn says(client: &Running, text: &str) {
    eventually(text, async || client.stdout().contains(text)).await;
}

#[tokio::test]
async fn graphql_ws_goes_on_with_another_server() {
    let mut server = Server::start().await;
    let client = start("graphql-ws.mjs", &server.url().replace("http://", "ws://"));
    server.tell(&client, "first").await;
    server.replace("TERM").await;
    says(&client, "closed 1001 Going away").await;
    server.tell(&client, "second").await;
    let ended = client.end().await.succeeded();
    for line in [
        r#"query {"data":{"__typename":"Query"}}"#,
        r#"variables {"data":{"icons":[{"__typename":"IconNotFound"}]}}"#,
        "refused GRAPHQL_VALIDATION_FAILED",
        r#"afterwards {"data":{"__typename":"Query"}}"#,
        "done",
    ] {
        assert!(
            ended.stdout.lines().any(|said| said == line),
            "{line}: {}",
            ended.stdout
        );
    }
    assert!(!ended.stdout.contains("unexpected"), "{}", ended.stdout);
}

#[tokio::test]
async fn graphql_sse_goes_on_with_another_server() {
    let mut server = Server::start().await;
    let client = start("graphql-sse.mjs", &server.url());
    server.tell(&client, "first").await;
    server.replace("KILL").await;
    says(&client, "reconnected").await;
    server.tell(&client, "second").await;
    server.process.signal("TERM");
    let ended = client.end().await.succeeded();
    for line in [
        r#"query {"data":{"__typename":"Query"}}"#,
        r#"variables {"data":{"icons":[{"__typename":"IconNotFound"}]}}"#,
        "refused GRAPHQL_VALIDATION_FAILED",
        "completed",
    ] {
        assert!(
            ended.stdout.lines().any(|said| said == line),
            "{line}: {}",
            ended.stdout
        );
    }
}
