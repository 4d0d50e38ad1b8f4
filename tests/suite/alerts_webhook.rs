//! Alerts are sent to whoever is to hear of them: at least once, whatever becomes of the receiver or the sender, and nowhere else.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tests::{Engine, Iconql, Process, Receiver, Running, TestDatabase, eventually, on_each_engine};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::mpsc,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

const QUICK: [&str; 5] = [
    "--alert-interval-ms=100",
    "--alert-fire-after-ms=0",
    "--alert-resolve-after-ms=300",
    // However busy the machine is.
    "--slo-latency-p95-ms=600000",
    "--slo-latency-p99-ms=600000",
];

/// More than this no process can do with.
const LITTLE: &str = "--alert-memory-bytes=1";
const PLENTY: &str = "--alert-memory-bytes=1000000000000";

/// An address that nobody listens at.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// A server where it was before, which sends to `url`.
fn serve(database: &TestDatabase, listen: SocketAddr, (url, flag): (&str, &str)) -> Process {
    let (listen, url) = (format!("--listen={listen}"), format!("--alert-webhook-url={url}"));
    Process::serve(BINARY, database.url(), &[&QUICK[..], &[&listen, &url, flag]].concat())
}

/// As [`serve`], whose log is read.
fn serve_and_listen(database: &TestDatabase, url: &str) -> Running {
    let listen = format!("--listen={}", free_address());
    let arguments = [&["serve", &listen, LITTLE][..], &QUICK].concat();
    Iconql::new(BINARY, &arguments)
        .database(database.url())
        .env("ALERT_WEBHOOK_URL", url)
        .spawn()
}

/// The states that were told of alerts of memory, each once, with how many alerts those were.
fn told(receiver: &Receiver) -> (Vec<String>, usize) {
    let events = receiver.events_of("memory");
    let mut states = Vec::new();
    let mut ids = Vec::new();
    for event in events {
        let (id, state) = event.split_once(':').unwrap();
        for (list, value) in [(&mut states, state), (&mut ids, id)] {
            if !list.iter().any(|known| known == value) {
                list.push(value.to_owned());
            }
        }
    }
    (states, ids.len())
}

async fn number(database: &TestDatabase, what: &str) -> i64 {
    database
        .number(&format!("SELECT CAST(COALESCE(MAX({what}), -1) AS BIGINT) FROM alert"))
        .await
}

on_each_engine! {
    async fn what_fires_and_is_resolved_is_sent(engine) {
        let database = TestDatabase::fresh(engine).await;
        let receiver = Receiver::start();
        let listen = free_address();
        let server = serve(&database, listen, (&receiver.url(), LITTLE));
        eventually("it is sent", async || !receiver.taken().is_empty()).await;
        let delivery = receiver.taken().remove(0);
        let body = &delivery.body;
        let id = body["event"].as_str().unwrap().strip_suffix(":FIRING").unwrap();
        assert_eq!(body["id"], URL_SAFE_NO_PAD.encode(format!("Alert:{id}")));
        assert_eq!((&body["rule"], &body["severity"], &body["state"]), (&json!("memory"), &json!("CRITICAL"), &json!("FIRING")));
        assert_eq!((&body["threshold"], &body["resolvedAt"], &body["at"]), (&json!(1.0), &Value::Null, &body["since"]));
        assert!(body["value"].as_f64().unwrap() > 1e6 && body["message"].as_str().unwrap().contains(&format!(":{}: ", listen.port())), "{body}");
        assert!(body["instance"].as_str().unwrap().ends_with(&format!(":{}", listen.port())), "{body}");
        let head = delivery.head.to_lowercase();
        assert!(head.starts_with("post /hooks/s3cret http/1.1\r\n") && head.contains("content-type: application/json"), "{head}");
        assert!(head.contains(&format!("idempotency-key: {id}:firing")) && head.contains("user-agent: iconql/"), "{head}");
        eventually("that is noted", async || number(&database, "told").await == 1).await;
        drop(server);
        let server = serve(&database, listen, (&receiver.url(), PLENTY));
        eventually("that is noted", async || number(&database, "told").await == 2).await;
        let resolved = receiver.taken().pop().unwrap().body;
        assert_eq!((&resolved["event"], &resolved["id"]), (&json!(format!("{id}:RESOLVED")), &body["id"]));
        assert_eq!((&resolved["state"], &resolved["at"], &resolved["since"]), (&json!("RESOLVED"), &resolved["resolvedAt"], &body["since"]));
        drop(server);
        // Nothing is left to be told, to whoever starts.
        let _server = serve(&database, listen, (&receiver.url(), PLENTY));
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(100));
        for _ in 0..5 {
            ticks.tick().await;
        }
        assert_eq!(receiver.events_of("memory").len(), 2, "{:?}", receiver.taken());
    }

    async fn what_is_not_taken_is_sent_again(engine) {
        let database = TestDatabase::fresh(engine).await;
        let (receiver, elsewhere) = (Receiver::start(), Receiver::start());
        receiver.answer_next("500 Internal Server Error");
        // Nobody else is told where the receiver says.
        receiver.answer_next(&format!("307 Temporary Redirect\r\nlocation: {}", elsewhere.url()));
        receiver.answer_next("");
        let mut server = serve_and_listen(&database, &receiver.url());
        eventually("it is taken", async || number(&database, "told").await == 1).await;
        let events = receiver.events_of("memory");
        assert_eq!(events.len(), 4, "{events:?}");
        assert!(events.iter().all(|event| *event == events[0] && event.ends_with(":FIRING")), "{events:?}");
        assert!(elsewhere.taken().is_empty());
        let log = server.stderr();
        assert!(log.contains("it answered 500") && log.contains("redirects are not followed"), "{log}");
        let metrics = reqwest::get(format!("{}/metrics", server.base_url().await)).await.unwrap().text().await.unwrap();
        for line in [r#"alert_deliveries_total{outcome="delivered"} 1"#, r#"alert_deliveries_total{outcome="failed"} 3"#, r#"alert_deliveries_total{outcome="given_up"} 0"#] {
            assert!(metrics.lines().any(|found| found == line), "{line} is not in {metrics}");
        }
        server.signal("TERM");
        let ended = server.end().await;
        assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
    }

    async fn who_is_away_is_told_when_they_are_back(engine) {
        let database = TestDatabase::fresh(engine).await;
        let address = free_address();
        let mut server = serve_and_listen(&database, &format!("http://{address}/hooks/s3cret"));
        server.base_url().await;
        eventually("it was tried", async || server.stderr().contains("was not taken by the webhook")).await;
        let receiver = Receiver::at(address);
        eventually("it is taken", async || number(&database, "told").await == 1).await;
        assert_eq!(receiver.events_of("memory").len(), 1);
    }

    async fn who_is_killed_before_it_could_be_sent_sends_it_afterwards(engine) {
        let database = TestDatabase::fresh(engine).await;
        let (address, listen) = (free_address(), free_address());
        let url = format!("http://{address}/hooks/s3cret");
        let server = serve(&database, listen, (&url, LITTLE));
        eventually("it is stored", async || number(&database, "told").await == 0).await;
        drop(server);
        let receiver = Receiver::at(address);
        // It finds that nothing was told, and that its cause is gone.
        let _server = serve(&database, listen, (&url, PLENTY));
        eventually("both are told", async || number(&database, "told").await == 2).await;
        assert_eq!(told(&receiver), (vec!["FIRING".to_owned(), "RESOLVED".to_owned()], 1));
    }

    async fn who_does_not_come_back_is_spoken_for_by_another(engine) {
        let database = TestDatabase::fresh(engine).await;
        let address = free_address();
        let url = format!("http://{address}/hooks/s3cret");
        let server = serve(&database, free_address(), (&url, LITTLE));
        eventually("it is stored", async || number(&database, "told").await == 0).await;
        drop(server);
        let receiver = Receiver::at(address);
        let _other = serve(&database, free_address(), (&url, PLENTY));
        eventually("it is told that it fires", async || {
            // A minute later.
            database.run("UPDATE alert SET tell_after_ms = tell_after_ms - 61000").await;
            number(&database, "told").await == 1
        }).await;
        eventually("it is told that it does not", async || {
            database.run("UPDATE alert SET seen_ms = seen_ms - 61000 WHERE state = 0").await;
            number(&database, "told").await == 2
        }).await;
        assert_eq!(told(&receiver), (vec!["FIRING".to_owned(), "RESOLVED".to_owned()], 1));
    }

    async fn what_concerns_all_is_sent_by_one_of_them(engine) {
        let database = TestDatabase::fresh(engine).await;
        let receiver = Receiver::start();
        let import = Iconql::new(BINARY, &["import"]).arg(tests::fixture("garden.json")).database(database.url());
        let _ = import.run().await.succeeded();
        let url = format!("--alert-webhook-url={}", receiver.url());
        let flags = [&QUICK[..], &[&url, "--analytics-processing-interval=86400", "--alert-rollup-behind-seconds=1", "--alert-resolve-after-ms=5000"]].concat();
        let servers = [0, 1, 2].map(|_| Process::serve(BINARY, database.url(), &flags));
        let record = json!({ "query": r#"mutation { recordUsage(input: { events: [{ icon: "garden:tree" }] }) { accepted } }"# });
        assert_eq!(servers[1].post(&record).await.data("/recordUsage/accepted"), 1);
        for server in &servers {
            eventually("each has heard of it", async || {
                let active = server.post(&json!({ "query": "{ service { activeAlerts { rule } } }" })).await;
                active.data("/service/activeAlerts") == &json!([{ "rule": "rollup_behind" }])
            }).await;
        }
        let _rolling = Process::serve(BINARY, database.url(), &["--alerts-enabled=false"]);
        eventually("all is told", async || number(&database, "told").await == 2).await;
        let events = receiver.events_of("rollup_behind");
        assert_eq!(events.len(), 2, "{events:?}");
        assert_eq!(events[0].replace("FIRING", "RESOLVED"), events[1]);
        assert_eq!(database.number("SELECT COUNT(*) FROM alert").await, 1);
    }
}

/// A receiver that speaks TLS, and tells the first line of what it is sent.
async fn secure(certificate: CertificateDer<'static>, key: Vec<u8>) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key)))
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            // Who does not trust it goes away.
            let Ok(mut stream) = acceptor.accept(connection).await else {
                continue;
            };
            let mut piece = vec![0; 1 << 14];
            let length = stream.read(&mut piece).await.unwrap_or(0);
            let text = String::from_utf8_lossy(&piece[..length]).into_owned();
            let _ = tell.send(text.lines().next().unwrap_or_default().to_owned());
            let _ = stream
                .write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
                .await;
            let _ = stream.shutdown().await;
        }
    });
    (address, told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_is_told_over_tls_and_none_that_nobody_vouches_for() {
    let (authority_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();
    let (address, mut told) = secure(certificate.der().clone(), key.serialize_der()).await;
    let folder = tempfile::tempdir().unwrap();
    let [ours, others] = ["ours.pem", "others.pem"].map(|file| folder.path().join(file));
    fs::write(&ours, ca.pem()).unwrap();
    let mut other = CertificateParams::default();
    other.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    fs::write(&others, other.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()).unwrap();
    let serve = |database: &TestDatabase, authorities: &std::path::Path| {
        let listen = format!("--listen={}", free_address());
        let url = format!("https://{address}/hooks/s3cret");
        Iconql::new(BINARY, &[&["serve", &listen, LITTLE][..], &QUICK].concat())
            .database(database.url())
            .env("ALERT_WEBHOOK_URL", &url)
            .env("SSL_CERT_FILE", authorities.to_str().unwrap())
            .spawn()
    };
    let databases = [
        TestDatabase::fresh(Engine::Sqlite).await,
        TestDatabase::fresh(Engine::Sqlite).await,
    ];
    let stranger = serve(&databases[0], &others);
    eventually("it is not sent", async || {
        stranger.stderr().contains("was not taken by the webhook")
    })
    .await;
    assert!(stranger.stderr().contains("certificate"), "{}", stranger.stderr());
    drop(stranger);
    let _server = serve(&databases[1], &ours);
    assert_eq!(told.recv().await.unwrap(), "POST /hooks/s3cret HTTP/1.1");
    eventually("it is taken", async || number(&databases[1], "told").await == 1).await;
}

#[tokio::test]
async fn an_address_that_cannot_be_used_stops_the_start_and_is_not_shown() {
    for url in [
        "ftp://hooks.example/s3cret",
        "https://me:s3cret@hooks.example/",
        "hooks.example/s3cret",
    ] {
        let ended = Iconql::new(BINARY, &["serve"])
            .env("ALERT_WEBHOOK_URL", url)
            .run()
            .await;
        let complaint = ended.complaint(2);
        assert!(
            complaint.starts_with("ALERT_WEBHOOK_URL (from the environment): cannot use"),
            "{complaint}"
        );
        assert!(
            complaint.contains("write it as https://HOST/PATH") && !complaint.contains("s3cret"),
            "{complaint}"
        );
    }
    let shown = Iconql::new(BINARY, &["config"])
        .env("ALERT_WEBHOOK_URL", "https://hooks.example/T0/s3cret")
        .run()
        .await
        .succeeded();
    let line = shown
        .stdout
        .lines()
        .find(|line| line.starts_with("ALERT_WEBHOOK_URL"))
        .unwrap();
    assert!(
        line.contains("https://hooks.example/***") && !line.contains("s3cret"),
        "{line}"
    );
}
