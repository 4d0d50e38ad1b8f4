//! More than can be answered: what is too much is shed at once, and neither slow senders nor health feel it.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use serde_json::{Value, json};
use tests::{Engine, Process, Reply, Socket, TestDatabase, eventually, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");
const PUT: &str = r#"mutation { putSynonyms(input: { groups: [{ words: ["cockpit", "dashboard"] }] }) { groups } }"#;

/// A server that works on one request at a time.
async fn narrow(engine: Engine) -> (Process, TestDatabase) {
    let database = TestDatabase::fresh(engine).await;
    let flags = [
        "--max-concurrent-requests=1",
        "--query-timeout-ms=60000",
        "--request-timeout-ms=60000",
    ];
    (Process::serve(BINARY, database.url(), &flags), database)
}

fn post(server: &Process, body: &Value) -> reqwest::RequestBuilder {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.post(format!("{}/graphql", server.base_url())).json(body)
}

async fn ask(server: &Process) -> Reply {
    let request = post(server, &json!({ "query": "{ __typename }" }));
    Reply::read(request.send().await.unwrap()).await
}

async fn get(server: &Process, path: &str) -> Reply {
    Reply::read(reqwest::get(format!("{}{path}", server.base_url())).await.unwrap()).await
}

async fn in_flight(server: &Process) -> String {
    let metrics = get(server, "/metrics").await.text;
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix("http_requests_admitted "));
    line.unwrap_or("none yet").to_owned()
}

on_each_engine! {
    async fn what_is_too_much_is_shed_and_health_answers(engine) {
        let (server, database) = narrow(engine).await;
        let lock = database.hold_write_lock().await;
        let held = tokio::spawn(post(&server, &json!({ "query": PUT })).send());
        eventually("the request is worked on", async || in_flight(&server).await == "1").await;
        // Not even looked at.
        for body in [json!({ "query": "{ __typename }" }), json!("no request")] {
            let reply = Reply::read(post(&server, &body).send().await.unwrap()).await;
            assert_eq!((reply.status, reply.codes()), (503, vec!["OVERLOADED"]), "{}", reply.text);
            assert_eq!((reply.header("retry-after"), reply.header("cache-control")), ("1", "no-store"));
        }
        assert_eq!(get(&server, "/nowhere").await.status, 503);
        for path in ["/api/health", "/api/health/live", "/api/health/ready", "/metrics", "/api/metrics", "/graphiql"] {
            assert_eq!(get(&server, path).await.status, 200, "{path}");
        }
        let metrics = get(&server, "/metrics").await.text;
        assert!(metrics.contains("\nrequests_shed_total 3\n"), "{metrics}");
        lock.release().await;
        let reply = Reply::read(held.await.unwrap().unwrap()).await;
        assert_eq!(reply.data("/putSynonyms/groups"), &json!(1));
        assert_eq!(in_flight(&server).await, "0");
        assert_eq!(ask(&server).await.data("/__typename"), "Query");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_of_a_socket_is_shed_as_a_request_is() {
    let (server, database) = narrow(Engine::Sqlite).await;
    let mut socket = Socket::ready(server.base_url()).await;
    let lock = database.hold_write_lock().await;
    let held = tokio::spawn(post(&server, &json!({ "query": PUT })).send());
    eventually("the request is worked on", async || in_flight(&server).await == "1").await;
    for (id, query) in [
        ("1", "{ __typename }"),
        ("2", "subscription { catalogChanged { generation } }"),
    ] {
        socket.subscribe(id, query).await;
        let message = socket.receive().await;
        let code = &message["payload"][0]["extensions"]["code"];
        assert_eq!(
            (&message["type"], &message["id"], code),
            (&json!("error"), &json!(id), &json!("OVERLOADED"))
        );
    }
    lock.release().await;
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
    socket.subscribe("3", "{ __typename }").await;
    assert_eq!(socket.receive().await["payload"]["data"]["__typename"], "Query");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_slowly_keeps_nobody_out() {
    let (server, _database) = narrow(Engine::Sqlite).await;
    let address = server.base_url().strip_prefix("http://").unwrap();
    let body = json!({ "query": "{ __typename }" }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: iconql\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(head.as_bytes()).unwrap();
        connection.write_all(&body.as_bytes()[..5]).unwrap();
        slow.push(connection);
    }
    for _ in 0..5 {
        assert_eq!(ask(&server).await.data("/__typename"), "Query");
    }
    let mut last = slow.pop().unwrap();
    last.write_all(&body.as_bytes()[5..]).unwrap();
    let mut answer = String::new();
    last.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

/// Of bodies that are more than a request usually has, as many are received at a time as are worked on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_body_that_never_ends_keeps_no_other_out() {
    let (server, _database) = narrow(Engine::Sqlite).await;
    let address = server.base_url().strip_prefix("http://").unwrap();
    let head =
        "POST /graphql HTTP/1.1\r\nhost: iconql\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n";
    let unfinished: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut large = TcpStream::connect(address).unwrap();
            large.write_all(head.as_bytes()).unwrap();
            large.write_all(" ".repeat(16 * 1024 + 1).as_bytes()).unwrap();
            large
        })
        .collect();
    for bytes in [16_000, 20_000, 500_000] {
        let padded = json!({ "query": "{ __typename }", "padding": " ".repeat(bytes) });
        let reply = Reply::read(post(&server, &padded).send().await.unwrap()).await;
        assert_eq!(reply.data("/__typename"), "Query", "{bytes}");
    }
    drop(unfinished);
}
