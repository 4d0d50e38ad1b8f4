//! A cluster of three: each thing on the node that has its slot, and a node that is gone takes only its own with it.

use std::collections::HashMap;

use serde_json::{Value, json};
use tests::{Engine, OwnRedis, Process, Reply, TestDatabase, eventually};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Of a busy machine, Redis is slow to be asked.
const PATIENT: &str = "--redis-timeout-ms=5000";

/// A server that asks Redis for everything, whatever it was asked before.
const FORGETFUL: [&str; 2] = ["--cache-memory-bytes=0", "--performance-optimization-enabled=false"];

const ICONS: &str = "query($names: [String!]!) { icons(names: $names) { ... on Icon { name body } } }";

fn key(number: usize) -> String {
    format!("pin-{number}")
}

fn name(number: usize) -> String {
    format!("s:{}", key(number))
}

fn body(path: &str) -> String {
    format!("<path d=\"{path}\"/>")
}

/// Icons that no instance has read.
async fn pins(count: usize) -> TestDatabase {
    let icons: serde_json::Map<String, Value> = (0..count)
        .map(|number| (key(number), json!({ "body": body(&format!("M{number} 1")) })))
        .collect();
    TestDatabase::with_set(Engine::Sqlite, &json!({ "prefix": "s", "icons": icons })).await
}

async fn ask(server: &Process, names: &[String]) -> Reply {
    let reply = server
        .post(&json!({ "query": ICONS, "variables": { "names": names } }))
        .await;
    assert!(reply.errors().is_empty(), "{}", reply.text);
    assert_eq!(reply.texts("/icons", "name"), names);
    reply
}

/// Serves with a cluster, which it has reached.
async fn serve(database: &TestDatabase, url: &str, flags: &[&str]) -> Process {
    Process::serve_beside_redis(BINARY, database.url(), url, &[&[PATIENT], flags].concat()).await
}

fn url(nodes: &[OwnRedis]) -> String {
    let urls: Vec<String> = nodes.iter().map(|node| format!("redis://{}", node.address())).collect();
    urls.join(",")
}

fn kept(node: &OwnRedis) -> usize {
    node.command(&["KEYS", "iconql:v1:*:1"])
        .lines()
        .filter(|key| !key.trim().is_empty())
        .count()
}

/// Has every icon read, one after another. The icons by the node on which each is kept.
async fn fill(nodes: &[OwnRedis], server: &Process, count: usize) -> HashMap<usize, Vec<String>> {
    let mut by_node: HashMap<usize, Vec<String>> = HashMap::new();
    let mut before = vec![0; nodes.len()];
    for number in 0..count {
        ask(server, &[name(number)]).await;
        let mut now = before.clone();
        eventually("it is in the cluster", async || {
            now = nodes.iter().map(kept).collect();
            now.iter().sum::<usize>() > before.iter().sum()
        })
        .await;
        let node = (0..nodes.len()).find(|node| now[*node] > before[*node]).unwrap();
        by_node.entry(node).or_default().push(name(number));
        before = now;
    }
    by_node
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_killed_takes_only_its_own_with_it() {
    let mut nodes = OwnRedis::start_cluster_of_three().await;
    let database = pins(16).await;
    let url = url(&nodes);
    let first = serve(&database, &url, &[]).await;
    let by_node = fill(&nodes, &first, 16).await;
    assert_eq!(by_node.len(), 3, "keys lie on every node: {by_node:?}");
    let forgetful = serve(&database, &url, &FORGETFUL).await;
    let all: Vec<String> = (0..16).map(name).collect();
    let expected = ask(&forgetful, &all).await;
    assert_eq!(expected.statements(), 0);
    nodes[1].kill();
    for round in 0..5 {
        // All at once: what is gone is read by one statement, and the rest is found.
        assert_eq!(ask(&forgetful, &all).await.text, expected.text);
        for (node, names) in &by_node {
            for name in names {
                let statements = ask(&forgetful, std::slice::from_ref(name)).await.statements();
                assert_eq!(
                    statements,
                    u32::from(*node == 1),
                    "{name} of node {node}, round {round}"
                );
            }
        }
    }
    // What was asked of the cluster at once came from the nodes that are left.
    let hits = async || {
        let metrics = forgetful.get("/metrics").await.text;
        let hits = metrics.lines().find_map(|line| {
            line.strip_prefix("cache_operations_total{layer=\"redis\",operation=\"get\",status=\"hit\"} ")
        });
        hits.unwrap().parse::<usize>().unwrap()
    };
    let before = hits().await;
    ask(&forgetful, &all).await;
    assert_eq!(hits().await - before, 16 - by_node[&1].len());
}

/// Connections that a node has taken so far.
fn taken(node: &OwnRedis) -> usize {
    let stats = node.command(&["INFO", "stats"]);
    let taken = stats
        .lines()
        .find_map(|line| line.strip_prefix("total_connections_received:"));
    taken.unwrap().trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_a_node_that_says_nothing_nobody_waits_again_and_again() {
    let nodes = OwnRedis::start_cluster_of_three().await;
    let database = pins(16).await;
    let flags = ["--redis-timeout-ms=300", FORGETFUL[0], FORGETFUL[1]];
    let server = Process::serve_beside_redis(BINARY, database.url(), &url(&nodes), &flags).await;
    let all: Vec<String> = (0..16).map(name).collect();
    let expected = ask(&server, &all).await;
    let health = async |redis: &str| {
        eventually(&format!("redis is {redis}"), async || {
            assert_eq!(ask(&server, &all).await.text, expected.text);
            server.get("/api/health").await.json["redis"] == redis
        })
        .await;
    };
    let failures = async || {
        let metrics = server.get("/metrics").await.text;
        let count = metrics
            .lines()
            .find_map(|line| line.strip_prefix("redis_failures_total{kind=\"timeout\"} "));
        count.unwrap().parse::<usize>().unwrap()
    };
    nodes[1].signal("STOP");
    health("down").await;
    let (before, tried) = (failures().await, taken(&nodes[0]));
    // The server looks for the cluster again and again, of which the other nodes know, and nobody else does.
    eventually("it has been looked for", async || {
        assert_eq!(ask(&server, &all).await.text, expected.text);
        taken(&nodes[0]) >= tried + 6
    })
    .await;
    assert_eq!(failures().await, before);
    nodes[1].signal("CONT");
    health("up").await;
    eventually("it is kept again", async || ask(&server, &all).await.statements() == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_invalidated_by_name_is_so_on_every_node() {
    let mut nodes = OwnRedis::start_cluster_of_three().await;
    let database = pins(12).await;
    let url = url(&nodes);
    let servers = [
        serve(&database, &url, &[]).await,
        serve(&database, &url, &[]).await,
        serve(&database, &url, &FORGETFUL).await,
    ];
    let by_node = fill(&nodes, &servers[0], 12).await;
    assert_eq!(by_node.len(), 3, "keys lie on every node: {by_node:?}");
    let all: Vec<String> = (0..12).map(name).collect();
    let mut shown: Vec<String> = (0..12).map(|number| body(&format!("M{number} 1"))).collect();
    let is_shown = async |server: &Process, shown: &[String]| ask(server, &all).await.texts("/icons", "body") == shown;
    for round in 2..5 {
        for server in &servers {
            assert!(is_shown(server, &shown).await);
        }
        if round == 4 {
            // Nor does it need all of them.
            nodes[2].kill();
        }
        // By hand, of which nobody tells.
        database
            .run(&format!(
                "UPDATE icon SET body = REPLACE(body, ' {}\"', ' {round}\"')",
                round - 1
            ))
            .await;
        for server in &servers[..2] {
            assert!(is_shown(server, &shown).await, "nobody told");
        }
        let invalidate =
            "mutation($names: [IconName!]!) { invalidateCache(input: { names: $names }) { userErrors { message } } }";
        let reply = servers[0]
            .post(&json!({ "query": invalidate, "variables": { "names": all } }))
            .await;
        assert_eq!(reply.data("/invalidateCache/userErrors"), &json!([]));
        shown = (0..12).map(|number| body(&format!("M{number} {round}"))).collect();
        assert!(is_shown(&servers[0], &shown).await);
        for server in &servers {
            eventually("it is shown", async || is_shown(server, &shown).await).await;
            assert!(is_shown(server, &shown).await);
        }
    }
}
