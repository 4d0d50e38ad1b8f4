//! What is said of read replicas: of those that cannot be, at the start, and of those that are, in the log and to whom.

use tests::{Iconql, OwnPostgres, eventually};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_of_a_replica_is_said_once_and_without_its_password() {
    let primary = OwnPostgres::start().await;
    let mut replica = primary.replica().await;
    let url = primary.url("iconql", "right");
    let _ = Iconql::new(BINARY, &["migrate", "up"])
        .database(&url)
        .run()
        .await
        .succeeded();
    let mut server = Iconql::new(BINARY, &["serve"])
        .database(&url)
        .env("LISTEN", "127.0.0.1:0")
        .env(
            "DATABASE_REPLICA_URL",
            &format!("{},{}", replica.url("iconql", "right"), replica.url("iconql", "wrong")),
        )
        .spawn();
    let base_url = server.base_url().await;
    let lines = |text: &str| server.stderr().lines().filter(|line| line.contains(text)).count();
    eventually("one is asked", async || lines("a read replica is asked") == 1).await;
    eventually("the other is not", async || {
        lines("password authentication failed for user") == 1
    })
    .await;
    replica.stop();
    eventually("it is away", async || lines("a read replica is away") == 2).await;
    replica.start_again().await;
    eventually("it is back", async || lines("a read replica is asked") == 2).await;
    let text = async |path: &str| {
        let reply = reqwest::get(format!("{base_url}{path}")).await.unwrap();
        reply.text().await.unwrap()
    };
    let (summary, metrics) = (text("/api/health").await, text("/metrics").await);
    assert!(
        summary.contains(r#""status":"up""#) && !summary.contains(&replica.address()),
        "{summary}"
    );
    eventually("who may know it is told which", async || {
        let health = text("/api/health/detailed").await;
        assert!(!health.contains("right") && !health.contains("wrong"), "{health}");
        health.contains(&format!("{} is away: see the log", replica.address()))
    })
    .await;
    assert!(
        metrics.contains(&format!("db_replica_up{{replica=\"{}\"}}", replica.address())),
        "{metrics}"
    );
    assert!(server.signal("TERM"));
    let ended = server.end().await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    for text in ["a read replica is away", "a read replica is asked"] {
        assert_eq!(ended.stderr.matches(text).count(), 2, "{}", ended.stderr);
    }
    for text in [&ended.stdout, &ended.stderr, &summary, &metrics] {
        assert!(
            !text.contains("right") && !text.contains("wrong") && !text.contains("panicked"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_url_that_names_no_replica_stops_the_start() {
    let server = OwnPostgres::start().await;
    let url = server.url("iconql", "right");
    let _ = Iconql::new(BINARY, &["migrate", "up"])
        .database(&url)
        .run()
        .await
        .succeeded();
    for (database, replica, status, expected) in [
        (
            url.as_str(),
            "sqlite://replica.db",
            2,
            "it does not begin with postgres:; write postgres://USER@HOST/NAME",
        ),
        (
            url.as_str(),
            "postgres://a/x,mysql://me:hush@b/x",
            2,
            "it begins with neither sqlite: nor postgres:",
        ),
        (url.as_str(), "postgres://me:hush@a:port/x", 2, "invalid port number"),
        (
            "",
            "postgres://me:hush@a/x",
            1,
            "PostgreSQL has read replicas, and DATABASE_URL names an embedded database",
        ),
    ] {
        let command = Iconql::new(BINARY, &["serve"])
            .database(database)
            .env("LISTEN", "127.0.0.1:0");
        let ended = command.env("DATABASE_REPLICA_URL", replica).run().await;
        let complaint = ended.complaint(status);
        assert!(
            complaint.starts_with("DATABASE_REPLICA_URL") && complaint.contains(expected),
            "{complaint}"
        );
        assert!(!complaint.contains("hush"), "{complaint}");
    }
}
