//! What is acknowledged is there, whatever dies: the server, the database, or a transaction of two that wait for each other.

use serde_json::json;
use tests::{Engine, Iconql, OwnPostgres, Process, TestApp, TestDatabase, eventually, on_each_engine};

use crate::usage_scenario::{Ledger, OFTEN, kill_servers, set};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Kills; `make soak` has more.
const KILLS: usize = 3;

on_each_engine! {
    async fn a_killed_server_has_lost_nothing(engine) {
        kill_servers(BINARY, engine, KILLS).await;
    }

    async fn two_servers_record_at_once(engine) {
        let database = TestDatabase::with_set(engine, &set()).await;
        let servers = [0, 1].map(|_| Process::serve(BINARY, database.url(), &[OFTEN]));
        let mut ledger = Ledger::default();
        let sending = ledger.send_to(&[servers[0].base_url(), servers[1].base_url()], false);
        sending.until_acknowledged(200).await;
        sending.stop();
        ledger.note(sending).await;
        assert_eq!(ledger.unacknowledged(), 0);
        ledger.assert_kept(&database).await;
        // What one has recorded, the other knows.
        ledger.assert_completed(&database, servers[1].base_url()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_restarted_has_lost_nothing() {
    let mut postgres = OwnPostgres::start().await;
    let url = postgres.url("iconql", "right");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("u.json");
    std::fs::write(&file, set().to_string()).unwrap();
    for arguments in [&["migrate", "up"][..], &["import", file.to_str().unwrap()]] {
        let _ = Iconql::new(BINARY, arguments).database(&url).run().await.succeeded();
    }
    let server = Process::serve(BINARY, &url, &[OFTEN]);
    let mut ledger = Ledger::default();
    let sending = ledger.send_to(&[server.base_url()], true);
    for _ in 0..3 {
        sending.until_acknowledged(sending.acknowledged() + 60).await;
        postgres.stop();
        postgres.start_again().await;
    }
    sending.until_acknowledged(sending.acknowledged() + 60).await;
    sending.stop();
    ledger.note(sending).await;
    let database = TestDatabase::of_postgres(&url);
    ledger.assert_kept(&database).await;
    ledger.assert_completed(&database, server.base_url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_wait_for_each_other_one_tries_again() {
    let app = TestApp::start(Engine::Postgres).await;
    app.import_json(&set()).await;
    let id = |number: u8| format!("018f6f5e-7c1a-7000-8000-00000000000{number}");
    let insert = |number: u8| format!("INSERT INTO usage_event_id (id, day) VALUES ('{}', 1)", id(number));
    // Who is not to be the one that gives up waits longer before it looks whether it should.
    let held = app
        .database()
        .hold(&format!("BEGIN; SET LOCAL deadlock_timeout = '60s'; {}", insert(2)))
        .await;
    let events = json!({ "events": [{ "icon": "u:a", "id": id(1) }, { "icon": "u:b", "id": id(2) }] });
    let recording = app.send(
        app.request(reqwest::Method::POST, "/api/v1/analytics/usage/batch")
            .json(&events),
    );
    let holding = async {
        eventually("the server waits", async || {
            let waiting =
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            app.database().number(waiting).await > 0
        })
        .await;
        held.run(&insert(1)).await;
        held.release().await;
    };
    let (recorded, ()) = tokio::join!(recording, holding);
    assert_eq!(
        recorded.json,
        json!({ "accepted": 2, "duplicates": 0, "rejected": [] }),
        "{}",
        recorded.text
    );
    assert_eq!(app.database().number("SELECT count(*) FROM usage_event").await, 2);
    eventually("the database has counted it", async || {
        let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        app.database().number(deadlocks).await > 0
    })
    .await;
}
