//! What takes minutes: `make soak`. Many more kills than the suite has time for, and a server that lives through many imports.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its own functions too")]

#[allow(dead_code, reason = "the suite uses more of it")]
#[path = "../suite/co_usage_recount.rs"]
mod co_usage_recount;
#[path = "../suite/kill_scenario.rs"]
mod kill_scenario;
#[allow(dead_code, reason = "the suite uses more of it")]
#[path = "../suite/random.rs"]
mod random;
#[allow(dead_code, reason = "the suite uses more of it")]
#[path = "../suite/usage_scenario.rs"]
mod usage_scenario;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use kill_scenario::{TwoVersions, kill_at_moments, share};
use random::Random;
use serde_json::json;
use tests::{Iconql, Reply, TestDatabase, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Kills of one set; imports under one server.
const KILLS: usize = 100;
const IMPORTS: usize = 40;

on_each_engine! {
    async fn recorders_killed_anywhere(engine) {
        usage_scenario::kill_servers(BINARY, engine, KILLS / 2).await;
    }

    async fn importers_killed_anywhere(engine) {
        let mut random = Random::new(1_000_003);
        for prefix in ["mdi", "lucide", "fa6-solid"] {
            let moments: Vec<f64> = (0..KILLS).map(|_| share(&mut random)).collect();
            kill_at_moments(BINARY, engine, prefix, &moments).await;
        }
    }

    async fn a_server_lives_through_many_imports(engine) {
        let database = TestDatabase::fresh(engine).await;
        let versions = TwoVersions::of("mdi");
        let _ = versions.import(BINARY, &database, 0).end().await.succeeded();
        let mut server = Iconql::new(BINARY, &["serve", "--listen=127.0.0.1:0", "--rate-limit-enabled=false"]).database(database.url()).spawn();
        let base_url = server.base_url().await;
        let (stop, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let readers: Vec<_> = (0..4).map(|_| tokio::spawn(read_until(base_url.clone(), stop.clone(), answers.clone()))).collect();
        let mut resident_early = 0;
        for import in 1..=IMPORTS {
            let before = answers.load(Ordering::Relaxed);
            let _ = versions.import(BINARY, &database, import % 2).end().await.succeeded();
            assert!(answers.load(Ordering::Relaxed) > before, "nobody was answered during import {import}");
            if import == IMPORTS / 4 {
                resident_early = resident_bytes(server.id());
            }
        }
        stop.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.await.unwrap();
        }
        let resident = resident_bytes(server.id());
        assert!(resident < resident_early * 3 / 2, "{resident_early} bytes after a quarter, {resident} at the end");
        assert_eq!(versions.held(&database).await, (IMPORTS % 2, i64::try_from(IMPORTS + 1).unwrap()));
        assert!(server.signal("TERM"));
        let ended = server.end().await;
        assert_eq!((ended.status, ended.stderr.contains("panicked")), (Some(0), false), "{}", ended.stderr);
    }
}

/// Reads pages until told to stop. Every answer is whole and without an error.
async fn read_until(base_url: String, stop: Arc<AtomicBool>, answers: Arc<AtomicU64>) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let query = "query ($after: String) { iconSet(prefix: \"mdi\") { icons(first: 100, after: $after) { nodes { body } \
                 pageInfo { endCursor hasNextPage } } } }";
    let mut after = serde_json::Value::Null;
    while !stop.load(Ordering::Relaxed) {
        let body = json!({ "query": query, "variables": { "after": after } });
        let reply = Reply::read(
            client
                .post(format!("{base_url}/graphql"))
                .json(&body)
                .send()
                .await
                .unwrap(),
        )
        .await;
        let bodies = reply.texts("/iconSet/icons/nodes", "body");
        let old = bodies
            .iter()
            .filter(|body| body.contains(kill_scenario::MARKS[0]))
            .count();
        assert!(
            old == 0 || old == bodies.len(),
            "a mix: {old} of {} are old",
            bodies.len()
        );
        let page = reply.data("/iconSet/icons/pageInfo");
        after = if page["hasNextPage"] == true {
            page["endCursor"].clone()
        } else {
            serde_json::Value::Null
        };
        answers.fetch_add(1, Ordering::Relaxed);
    }
}

/// Memory that a process occupies. Source: proc(5).
fn resident_bytes(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
