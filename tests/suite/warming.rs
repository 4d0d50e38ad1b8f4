//! What an instance knows when it starts, of what was asked for before.

use std::time::Duration;

use serde_json::json;
use tests::{Process, Reply, TestApp, TestDatabase, eventually, fixture, on_each_engine};

const END: Duration = Duration::from_secs(20);

const ICONS: &str = "query($names: [String!]!) { icons(names: $names) { ... on Icon { name set { name } } } }";

/// What an operation took: statements, and how much of what it wanted was in memory.
async fn ask(server: &Process, names: &[&str]) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = json!({ "query": ICONS, "variables": { "names": names } });
    let request = client.post(format!("{}/graphql", server.base_url())).json(&body);
    let reply = Reply::read(request.send().await.unwrap()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
        .header("server-timing")
        .split(", ")
        .skip(3)
        .collect::<Vec<_>>()
        .join(", ")
}

fn serve(database: &TestDatabase, flags: &[&str]) -> Process {
    let flags: Vec<&str> = ["--response-cache-enabled=false"]
        .iter()
        .chain(flags)
        .copied()
        .collect();
    Process::serve(env!("CARGO_BIN_EXE_iconql-under-test"), database.url(), &flags)
}

async fn end(mut server: Process) {
    server.signal("TERM");
    assert!(server.wait(END).await.success());
}

on_each_engine! {
    async fn what_was_used_is_in_memory_at_the_next_start(engine) {
        let app = TestApp::start(engine).await;
        app.import(&[fixture("garden.json")]).await;
        let recorder = serve(app.database(), &["--analytics-processing-interval=1", "--cache-warming-enabled=false"]);
        let events = json!({ "events": [{ "icon": "garden:tree" }, { "icon": "garden:pond" }] });
        let url = format!("{}/api/v1/analytics/usage/batch", recorder.base_url());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let reply = Reply::read(client.post(url).json(&events).send().await.unwrap()).await;
        assert_eq!(reply.json["accepted"], 2, "{}", reply.text);
        eventually("it is rolled up", async || {
            app.database().number("SELECT count(*) FROM usage_day WHERE target = -1").await == 1
        })
        .await;
        end(recorder).await;
        let used = ["garden:tree", "garden:pond"];
        let cold = serve(app.database(), &["--cache-warming-enabled=false"]);
        assert_eq!(ask(&cold, &used).await, "db;desc=\"2 statements\", cache;desc=\"0 of 3 in memory\"");
        let warm = serve(app.database(), &[]);
        assert!(ask(&warm, &used).await.starts_with("db;desc=\"0 statements\""));
    }

    async fn what_was_asked_for_is_in_memory_at_the_next_start(engine) {
        let app = TestApp::start(engine).await;
        app.import(&[fixture("garden.json")]).await;
        let database = app.database();
        let cold = "db;desc=\"2 statements\", cache;desc=\"0 of 3 in memory\"";
        let warm = "db;desc=\"0 statements\"";
        let often = ["garden:tree", "garden:pond"];
        let first = serve(database, &[]);
        assert_eq!(ask(&first, &often).await, cold);
        assert!(ask(&first, &often).await.starts_with(warm));
        end(first).await;

        let second = serve(database, &[]);
        assert!(ask(&second, &often).await.starts_with(warm));
        end(second).await;

        // Whoever is not to be warmed neither reads nor takes down anything.
        let third = serve(database, &["--cache-warming-enabled=false"]);
        assert_eq!(ask(&third, &often).await, cold);
        let other = ["garden:leaf"];
        ask(&third, &other).await;
        ask(&third, &other).await;
        end(third).await;
        let fourth = serve(database, &[]);
        assert!(ask(&fourth, &other).await.starts_with("db;desc=\"1 statement\""));
    }
}
