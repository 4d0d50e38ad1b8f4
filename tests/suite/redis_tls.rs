//! Redis over TLS: whose certificate nobody known has signed is none.

use std::{fs, path::PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::json;
use tempfile::TempDir;
use tests::{Engine, Iconql, OwnRedis, Process, TestDatabase, eventually, fixture};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

const TREE: &str = r#"{ icon(by: { name: "garden:tree" }) { name body } }"#;

/// Of a busy machine, Redis is slow to be asked.
const PATIENT: &str = "--redis-timeout-ms=5000";

/// An authority of its own that has signed a certificate for 127.0.0.1.
struct Identity(TempDir);

impl Identity {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (authority_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = authority.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &issuer).unwrap();
        for (file, text) in [
            ("ca.pem", ca.pem()),
            ("cert.pem", certificate.pem()),
            ("key.pem", key.serialize_pem()),
        ] {
            fs::write(folder.path().join(file), text).unwrap();
        }
        Self(folder)
    }

    fn authority(&self) -> PathBuf {
        self.0.path().join("ca.pem")
    }
}

async fn garden() -> TestDatabase {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let import = Iconql::new(BINARY, &["import"]).arg(fixture("garden.json"));
    let _ = import.database(database.url()).run().await.succeeded();
    database
}

async fn redis_is(server: &Process, state: &str) {
    eventually(&format!("redis is {state}"), async || {
        server.get("/api/health").await.json["redis"] == state
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_share_a_redis_that_speaks_tls_alone() {
    let (identity, other) = (Identity::new(), Identity::new());
    let redis = OwnRedis::start_with_tls(identity.0.path().to_owned()).await;
    let database = garden().await;
    let url = format!("--redis-url={}", redis.url());
    let serve = |authority: PathBuf| {
        let trusted = authority.to_str().unwrap();
        Process::serve_with(BINARY, database.url(), &[&url, PATIENT], &[("SSL_CERT_FILE", trusted)])
    };
    let first = serve(identity.authority());
    redis_is(&first, "up").await;
    let expected = first.post(&json!({ "query": TREE })).await;
    assert_eq!(expected.data("/icon/name"), "garden:tree");
    eventually("it is in redis", async || {
        redis.command(&["KEYS", "iconql:v1:*:1"]).contains(":icon:")
    })
    .await;
    let second = serve(identity.authority());
    redis_is(&second, "up").await;
    let reply = second.post(&json!({ "query": TREE })).await;
    assert_eq!((reply.statements(), &reply.text), (0, &expected.text));
    // The channel by which they tell each other of changes, too.
    eventually("both listen", async || redis.listeners() == 2).await;
    // Who trusts somebody else does not talk to it, and answers all the same.
    let stranger = serve(other.authority());
    let reply = stranger.post(&json!({ "query": TREE })).await;
    assert_eq!((reply.statements(), &reply.text), (1, &expected.text));
    let health = stranger.get("/api/health").await.json;
    assert_eq!(
        (&health["redis"], &health["status"]),
        (&json!("down"), &json!("degraded"))
    );
}

#[tokio::test]
async fn a_certificate_that_would_not_be_checked_is_refused() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    for url in [
        "rediss://:secret@127.0.0.1/#insecure",
        "rediss://127.0.0.1,rediss://:secret@127.0.0.1:7000/#insecure",
    ] {
        let serve = Iconql::new(BINARY, &["serve", "--listen=127.0.0.1:0"]).database(database.url());
        let ended = serve.env("REDIS_URL", url).run().await;
        let complaint = ended.complaint(2);
        assert!(
            complaint.contains("REDIS_URL") && complaint.contains("leave out #insecure"),
            "{complaint}"
        );
        assert!(!complaint.contains("secret"), "{complaint}");
    }
}
