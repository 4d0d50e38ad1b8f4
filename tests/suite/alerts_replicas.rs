//! A replica that falls behind, or is away, has an alert fire, and whoever has caught up has not.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tests::{Iconql, OwnPostgres, TestDatabase, eventually};

use crate::alerts::{BINARY, Following, PATIENT, figure, number, rows, serve, until_rows_are};

/// The alert of `replica`, whose cause is still there.
async fn fired(following: &mut Following, replica: &OwnPostgres) -> Value {
    let alert = following.next("replica_lag", "FIRING").await;
    assert_eq!(
        (&alert["instance"], &alert["severity"], &alert["threshold"]),
        (&Value::Null, &json!("WARNING"), &json!(3.0)),
        "{alert}"
    );
    assert!(number(&alert, "value") > 3.0, "{alert}");
    let message = alert["message"].as_str().unwrap();
    assert!(
        message.starts_with(&format!("the replica {} is ", replica.address())),
        "{alert}"
    );
    alert
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_lags_or_is_away() {
    let primary = OwnPostgres::start().await;
    let mut replica = primary.replica().await;
    let database: TestDatabase = primary.database();
    let migrate = Iconql::new(BINARY, &["migrate", "up"]).database(database.url());
    let _ = migrate.run().await.succeeded();
    let url = format!("--database-replica-url={}", replica.url("iconql", "right"));
    // Long enough for it to be said in time that it still is so.
    let flags = [&url, "--alert-replica-lag-seconds=3", "--alert-resolve-after-ms=5000"];
    let server = serve(&database, &flags).await;
    let mut following = Following::of(&server).await;

    replica.pause().await;
    database.run("UPDATE alert_state SET revision = revision").await;
    let lagging = fired(&mut following, &replica).await;
    replica.resume().await;
    assert_eq!(following.next("replica_lag", "RESOLVED").await["id"], lagging["id"]);

    replica.stop();
    let away = fired(&mut following, &replica).await;
    assert_ne!(away["id"], lagging["id"]);
    replica.start_again().await;
    assert_eq!(following.next("replica_lag", "RESOLVED").await["id"], away["id"]);
    until_rows_are(&database, "replica_lag", [2, 0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_that_has_nothing_left_says_nothing_of_replicas() {
    let primary = OwnPostgres::start().await;
    let replica = primary.replica().await;
    let database: TestDatabase = primary.database();
    let migrate = Iconql::new(BINARY, &["migrate", "up"]).database(database.url());
    let _ = migrate.run().await.succeeded();
    let url = format!("--database-replica-url={}", replica.url("iconql", "right"));
    let own = [url.as_str(), "--alert-replica-lag-seconds=3", "--db-pool-size=2"];
    let server = Arc::new(serve(&database, &[&PATIENT[..], &own].concat()).await);
    let mut following = Following::of(&server).await;
    let of_replica = |name: &str| format!("{name}{{replica=\"{}\"}}", replica.address());
    let (up, lag) = (of_replica("db_replica_up"), of_replica("db_replica_lag_seconds"));
    eventually("it is asked", async || figure(&server, &up).await > 0.0).await;

    let held = database.hold_table("icon").await;
    let asking: Vec<_> = (0..6)
        .map(|_| {
            let server = Arc::clone(&server);
            let query = json!({ "query": r#"{ icon(by: { name: "garden:tree" }) { body } }"# });
            tokio::spawn(async move { server.post(&query).await })
        })
        .collect();
    following.next("pool_exhausted", "FIRING").await;
    // So long that the primary's silence would have counted.
    let mut ticks = tokio::time::interval(Duration::from_secs(4));
    for _ in 0..3 {
        ticks.tick().await;
    }
    let (is_up, behind) = (figure(&server, &up).await, figure(&server, &lag).await);
    assert!(is_up > 0.0 && behind < 4.0, "{is_up} {behind}");
    held.release().await;
    for request in asking {
        assert!(request.await.unwrap().errors().is_empty());
    }
    assert_eq!(rows(&database, "replica_lag").await, [0, 0]);
}
