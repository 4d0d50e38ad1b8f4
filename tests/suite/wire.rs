//! Connections that take their time or come in numbers: what they may, and what they cost others.

use std::time::Duration;

use serde_json::Value;
use tests::{Answer, Engine, Iconql, TestApp, TestDatabase, Wire, eventually};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

const LIVE: &str = "GET /api/health/live HTTP/1.1\r\nhost: iconql\r\n\r\n";

/// Long enough for a server that closes too early to be seen doing so, where the figure is a fraction of it.
const A_WHILE: Duration = Duration::from_millis(400);

async fn server(flags: &[&str]) -> TestApp {
    let builder = TestApp::build_with_garden(Engine::Sqlite).await;
    flags
        .iter()
        .fold(builder, |builder, flag| builder.flag(flag))
        .start()
        .await
}

fn is_live(answer: &Answer) -> bool {
    answer.status == 200 && answer.body == r#"{"status":"up"}"#
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_come_in_time_or_not_at_all() {
    let app = server(&["--header-read-timeout-ms=200", "--idle-timeout-ms=600000"]).await;
    // Nothing, half of a line, half of the headers; the last one also after an answer.
    for beginning in ["", "G", "GET / HT", "GET / HTTP/1.1\r\nhost: iconql\r\nx-a: "] {
        let mut silent = Wire::connect(app.base_url());
        silent.send(beginning);
        assert_eq!(silent.rest(), "", "{beginning:?}");
    }
    let mut kept = Wire::connect(app.base_url());
    kept.send(LIVE);
    assert!(is_live(&kept.answer()));
    kept.send("GET / HTTP/1.1\r\nx-a: ");
    assert_eq!(kept.rest(), "");
    // However it goes on.
    let mut slow = Wire::connect(app.base_url());
    slow.send("GET / HTTP/1.1\r\nhost: iconql\r\nx-a: ");
    assert_eq!(slow.drip(b'a', Duration::from_millis(20)), "");
    assert!(
        app.get("/metrics")
            .await
            .text
            .contains(r#"http_connections_given_up_total{reason="headers"}"#),
        "counted"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_waits_for_its_next_request_longer_than_for_its_headers() {
    let app = server(&["--header-read-timeout-ms=100", "--idle-timeout-ms=600000"]).await;
    let mut kept = Wire::connect(app.base_url());
    for _ in 0..2 {
        kept.send(LIVE);
        assert!(is_live(&kept.answer()));
        assert!(kept.is_quiet_for(A_WHILE), "an idle connection is kept");
    }
    let app = server(&["--header-read-timeout-ms=600000", "--idle-timeout-ms=100"]).await;
    let mut kept = Wire::connect(app.base_url());
    kept.send(LIVE);
    assert!(is_live(&kept.answer()));
    assert_eq!(kept.rest(), "", "until it has been idle for too long");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_nothing_of_his_answers_is_given_up() {
    let app = server(&["--write-timeout-ms=200", "--compression-enabled=false"]).await;
    let given_up = async || {
        let text = app.get("/metrics").await.text;
        let line = text
            .lines()
            .find(|line| line.contains(r#"given_up_total{reason="answer"}"#));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .unwrap_or(0)
    };
    let before = given_up().await;
    let mut deaf = Wire::connect(app.base_url());
    // More than all buffers on the way hold.
    deaf.send("GET /schema.graphql HTTP/1.1\r\nhost: iconql\r\n\r\n".repeat(3000));
    eventually("it is given up", async || given_up().await > before).await;
    let read = deaf.rest();
    assert!(
        read.starts_with("HTTP/1.1 200 OK\r\n"),
        "{}",
        &read[..100.min(read.len())]
    );
    let one = app.get("/schema.graphql").await.text.len();
    assert!(read.len() < one * 3000, "not all of it was kept for him");
}

/// Connections that are in use.
fn in_use(app: &TestApp, count: usize) -> Vec<Wire> {
    let wires = (0..count).map(|_| {
        let mut wire = Wire::connect(app.base_url());
        wire.begin_body();
        wire
    });
    wires.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_many_connections_are_open_and_no_more() {
    let patient = ["--body-read-timeout-ms=60000", "--request-timeout-ms=60000"];
    for (flag, status, code) in [
        ("--max-connections=3", 503, "OVERLOADED"),
        ("--max-connections-per-client=3", 429, "RATE_LIMITED"),
    ] {
        let app = server(&[&[flag][..], &patient].concat()).await;
        let mut open = in_use(&app, 3);
        let mut refused = Wire::connect(app.base_url());
        let answer = refused.asked("/icons/garden/tree.svg");
        assert_eq!((answer.status, answer.code()), (status, code.to_owned()), "{flag}");
        assert_eq!(
            (answer.header("retry-after"), answer.header("connection")),
            ("1", "close")
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_ne!(answer.header("x-request-id"), "");
        assert_eq!(refused.rest(), "");
        // Whoever watches over the server is told how it is.
        let mut watching = Wire::connect(app.base_url());
        assert!(is_live(&watching.asked("/api/health/live")), "{flag}");
        assert_eq!(watching.rest(), "");
        // Also when others who have no place stand there and say nothing.
        let standing: Vec<Wire> = (0..300).map(|_| Wire::connect(app.base_url())).collect();
        assert!(
            is_live(&Wire::connect(app.base_url()).asked("/api/health/live")),
            "{flag}"
        );
        drop(standing);
        // Those who are in go on.
        for wire in &mut open {
            wire.end_body();
            assert_eq!(wire.answer().status, 200);
        }
        // Now they wait, and who has waited longest makes room.
        let mut next = Wire::connect(app.base_url());
        assert_eq!(next.asked("/icons/garden/tree.svg").status, 200);
        assert_eq!(open.remove(0).rest(), "", "{flag}");
        for wire in &mut open {
            assert!(is_live(&wire.asked("/api/health/live")));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_opens_connections_and_says_nothing_keeps_nobody_out() {
    let app = server(&["--max-connections=50", "--header-read-timeout-ms=600000"]).await;
    let silent: Vec<Wire> = (0..200)
        .map(|number| {
            let mut wire = Wire::connect(app.base_url());
            wire.send(["", "GET /", "GET / HTTP/1.1\r\nhost: a\r\n"][number % 3]);
            wire
        })
        .collect();
    let mut wire = Wire::connect(app.base_url());
    for _ in 0..3 {
        assert_eq!(wire.asked("/icons/garden/tree.svg").status, 200);
    }
    drop(silent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_proxy_may_have_all_connections() {
    let flags = [
        "--max-connections=4",
        "--max-connections-per-client=1",
        "--trusted-proxies=127.0.0.1",
        "--body-read-timeout-ms=60000",
        "--request-timeout-ms=60000",
    ];
    let app = server(&flags).await;
    let _open = in_use(&app, 4);
    assert_eq!(Wire::connect(app.base_url()).asked("/graphql").status, 503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_names_one_host() {
    let app = server(&[]).await;
    for (version, hosts, status) in [
        ("1.1", "host: a\r\n", 200),
        ("1.1", "", 400),
        ("1.1", "host: a\r\nhost: a\r\n", 400),
        ("1.0", "", 200),
        ("1.0", "host: a\r\nhost: b\r\n", 400),
    ] {
        let mut wire = Wire::connect(app.base_url());
        wire.send(format!("GET /api/health/live HTTP/{version}\r\n{hosts}\r\n"));
        let answer = wire.answer();
        assert_eq!(answer.status, status, "{version} {hosts:?}");
        if status == 400 {
            assert_eq!(answer.code(), "BAD_USER_INPUT");
        }
    }
}

/// A request's head of exactly so many bytes.
fn head_of(bytes: usize) -> String {
    let (start, end) = ("GET /api/health/live HTTP/1.1\r\nhost: iconql\r\nx-a: ", "\r\n\r\n");
    format!("{start}{}{end}", "a".repeat(bytes - start.len() - end.len()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_have_at_most_so_many_bytes() {
    for (max, flags) in [(32_768, &[][..]), (5000, &["--max-header-bytes=5000"])] {
        let app = server(flags).await;
        let answered = |bytes: usize| {
            let mut wire = Wire::connect(app.base_url());
            wire.send(head_of(bytes));
            wire.answer()
        };
        assert!(is_live(&answered(max)), "{max}");
        let refused = answered(max + 1);
        assert_eq!((refused.status, refused.code()), (431, "LIMIT_EXCEEDED".to_owned()));
        let body: Value = serde_json::from_str(&refused.body).unwrap();
        let extensions = &body["errors"][0]["extensions"];
        assert_eq!(
            (
                &extensions["limit"],
                extensions["max"].as_u64(),
                extensions["actual"].as_u64()
            ),
            (&Value::from("maxHeaderBytes"), Some(max as u64), Some(max as u64 + 1))
        );
        // What does not end is not read to its end, and its sender learns why.
        let mut flood = Wire::connect(app.base_url());
        flood.send("GET / HTTP/1.1\r\nhost: iconql\r\n");
        let _ = flood.try_send("x-a: b\r\n".repeat(500_000));
        assert_eq!(flood.answer().status, 431);
        assert_eq!(flood.rest(), "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_many_headers_and_no_more() {
    let app = server(&[]).await;
    let answered = |count: usize| {
        let mut wire = Wire::connect(app.base_url());
        let more = "x-a: b\r\n".repeat(count - 1);
        wire.send(format!("GET /api/health/live HTTP/1.1\r\nhost: iconql\r\n{more}\r\n"));
        wire.answer()
    };
    assert!(is_live(&answered(100)));
    assert_eq!(answered(101).status, 431);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn running_out_of_descriptors_is_survived() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let script = r#"ulimit -n 100 && exec "$0" "$@""#;
    let command = Iconql::through_shell(script, BINARY, &["serve", "--listen=127.0.0.1:0"]).database(database.url());
    let mut child = command.spawn();
    let base_url = child.base_url().await;
    // The system takes them all; the server cannot.
    let mut many: Vec<Wire> = (0..200).map(|_| Wire::connect(&base_url)).collect();
    eventually("it notices", async || {
        child.stderr().contains("cannot take connections")
    })
    .await;
    // Who is in is answered.
    many[0].send(LIVE);
    assert!(is_live(&many[0].answer()));
    many.truncate(1);
    let mut after = Wire::connect(&base_url);
    after.send(LIVE);
    assert!(is_live(&after.answer()));
    child.signal("TERM");
    drop((many, after));
    assert_eq!(child.end().await.status, Some(0));
}
