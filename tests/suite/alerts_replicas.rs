//! A replica that falls behind, or is away, has an alert fire, and whoever has caught up has not.

use serde_json::{Value, json};
use tests::{Iconql, OwnPostgres, TestDatabase};

use crate::alerts::{BINARY, Following, number, rows, serve};

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
    assert_eq!(rows(&database, "replica_lag").await, [2, 0]);
}
