//! What a killed server takes with it of how it did: what was not written yet, and nothing else.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Process, TestDatabase, eventually, on_each_engine};

use crate::operations_data::{DAY_MS, range};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Writes every second what it noted.
const OFTEN: &str = "--analytics-processing-interval=1";

/// How often operations of that name were answered, by all servers, as one of them tells.
async fn count(server: &Process, operation: &str) -> u64 {
    let started = server.post(&json!({ "query": "{ service { startedAt } }" })).await;
    let started = started.data("/service/startedAt").as_str().unwrap().to_owned();
    let at = time::OffsetDateTime::parse(&started, &time::format_description::well_known::Rfc3339).unwrap();
    let at_ms = i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap();
    let range = range(at_ms - DAY_MS, at_ms + DAY_MS);
    let query =
        format!("{{ analytics {{ latency(operation: \"{operation}\", {range}, interval: WEEK) {{ count }} }} }}");
    let reply = server.post(&json!({ "query": query })).await;
    let points = reply.data("/analytics/latency").as_array().unwrap();
    points.iter().map(|point| point["count"].as_u64().unwrap()).sum()
}

async fn send(server: &Process, operation: &str, times: usize) {
    let body: Value = json!({ "query": format!("query {operation} {{ __typename }}") });
    for _ in 0..times {
        assert_eq!(server.post(&body).await.status, 200);
    }
}

fn set() -> Value {
    json!({ "prefix": "u", "icons": { "a": { "body": "<path d=\"M0 0h1z\"/>" } } })
}

on_each_engine! {
    async fn what_was_written_outlives_a_kill(engine) {
        let database = TestDatabase::with_set(engine, &set()).await;
        let server = Process::serve(BINARY, database.url(), &[OFTEN]);
        send(&server, "Written", 7).await;
        eventually("it is written", async || count(&server, "Written").await == 7).await;
        drop(server);
        // It is killed where it would have written after a minute.
        let server = Process::serve(BINARY, database.url(), &[]);
        send(&server, "Lost", 5).await;
        drop(server);
        let server = Process::serve(BINARY, database.url(), &[OFTEN]);
        send(&server, "Written", 2).await;
        eventually("it is written again", async || count(&server, "Written").await == 9).await;
        assert_eq!(count(&server, "Lost").await, 0);
    }

    async fn an_orderly_end_loses_nothing(engine) {
        let database = TestDatabase::with_set(engine, &set()).await;
        let mut server = Process::serve(BINARY, database.url(), &[]);
        send(&server, "Last", 5).await;
        server.signal("TERM");
        assert!(server.wait(Duration::from_secs(30)).await.success());
        let server = Process::serve(BINARY, database.url(), &[]);
        assert_eq!(count(&server, "Last").await, 5);
    }

    async fn a_fleet_adds_up(engine) {
        let database = TestDatabase::with_set(engine, &set()).await;
        let servers = [0, 1].map(|_| Process::serve(BINARY, database.url(), &[OFTEN]));
        tokio::join!(send(&servers[0], "Shared", 40), send(&servers[1], "Shared", 60));
        for server in &servers {
            eventually("all is told by each", async || count(server, "Shared").await == 100).await;
        }
    }
}
