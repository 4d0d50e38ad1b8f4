//! Statements on a read replica: where each ends up, whatever becomes of it there.

use std::{sync::Arc, time::Duration};

use domain::database::{
    Database, DatabaseConfig, DatabaseError, MOST_LAG, OpenMode, ReplicaStanding, Replicas, StatementCount,
};
use tests::{OwnPostgres, eventually};

/// A database with a replica that is asked, and the task that looks at it.
async fn open(
    primary: &OwnPostgres,
    replica: &OwnPostgres,
    (query_timeout, most_lag): (Duration, Duration),
) -> Database {
    let config = DatabaseConfig {
        url: primary.url("iconql", "right"),
        pool_size: Some(2),
        pool_min: Some(0),
        acquire_timeout: Duration::from_secs(30),
        connection_recycle: Duration::from_hours(1),
        query_timeout,
        lock_timeout: Duration::from_mins(1),
        slow_query_threshold: Duration::from_mins(5),
    };
    let replicas = Replicas::open(&config, &replica.url("iconql", "right"), most_lag).unwrap();
    let database = Database::open(&config, OpenMode::Existing)
        .await
        .unwrap()
        .with_replicas(replicas);
    let kept = database.clone();
    tokio::spawn(async move { kept.keep_replicas().await });
    eventually("the replica is asked", async || database.replica_states()[0].is_asked()).await;
    database
}

/// Runs a statement of its own request: where it ended up, and how many statements that took.
async fn run(database: &Database, sql: &str) -> (Result<i32, DatabaseError>, u32) {
    let statements = Arc::new(StatementCount::default());
    let reading = database.counted_by(Arc::clone(&statements)).reading();
    let rows = reading.query("test", sql, vec![]).await;
    (rows.map(|rows| rows[0].try_get_by_index(0).unwrap()), statements.get())
}

/// 1 on a replica, after as long as it takes; 2 on the primary.
const WHERE_IT_RUNS: &str = "SELECT CASE WHEN pg_is_in_recovery() THEN 1 ELSE 2 END";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_too_far_behind_is_asked_again_when_it_has_caught_up() {
    let primary = OwnPostgres::start().await;
    let replica = primary.replica().await;
    let above = primary.database();
    let most_lag = Duration::from_secs(2);
    let database = open(&primary, &replica, (Duration::from_mins(5), most_lag)).await;
    let state = || database.replica_states().remove(0);
    for table in ["one", "other"] {
        assert!(matches!(run(&database, WHERE_IT_RUNS).await, (Ok(1), 1)));
        replica.pause().await;
        above.run(&format!("CREATE TABLE {table} (number INTEGER)")).await;
        eventually("it is too far behind", async || {
            state().standing == ReplicaStanding::Behind
        })
        .await;
        assert!(state().lag.is_some_and(|lag| lag > most_lag), "{:?}", state());
        assert!(
            matches!(run(&database, WHERE_IT_RUNS).await, (Ok(2), 1)),
            "nobody tries it"
        );
        replica.resume().await;
        eventually("it has caught up", async || {
            state().is_asked() && state().lag == Some(Duration::ZERO)
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_replica_cannot_do_the_primary_does() {
    let primary = OwnPostgres::start().await;
    let replica = primary.replica().await;
    let (above, behind) = (primary.database(), replica.database());
    let database = open(&primary, &replica, (Duration::from_mins(5), MOST_LAG)).await;
    assert!(matches!(run(&database, WHERE_IT_RUNS).await, (Ok(1), 1)));

    // What it replays takes away what is being read.
    above.run("CREATE TABLE conflict (number INTEGER)").await;
    behind.run("ALTER SYSTEM SET max_standby_streaming_delay = 0").await;
    behind.run("SELECT pg_reload_conf()").await;
    eventually("it has the table", async || {
        behind
            .number("SELECT count(*) FROM pg_class WHERE relname = 'conflict'")
            .await
            == 1
    })
    .await;
    let slow = "SELECT CASE WHEN pg_is_in_recovery() THEN (SELECT 1 FROM pg_sleep(600)) ELSE 2 END FROM (SELECT count(*) FROM conflict) counted";
    let conflict = async {
        eventually("it runs", async || {
            let running = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
            behind.number(running).await == 1
        })
        .await;
        above.run("TRUNCATE conflict").await;
    };
    let (ran, ()) = tokio::join!(run(&database, slow), conflict);
    assert!(matches!(ran, (Ok(2), 2)), "{ran:?}");
    assert!(database.replica_states()[0].is_asked(), "it is none the worse for that");

    // A replica that has not heard of a table yet.
    replica.pause().await;
    above.run("CREATE TABLE newer AS SELECT 3 AS number").await;
    assert!(matches!(run(&database, "SELECT number FROM newer").await, (Ok(3), 2)));
    replica.resume().await;

    // Somebody ends its connections, of which none has heard yet.
    let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'iconql' AND pid <> pg_backend_pid()";
    assert!(behind.number(ended).await > 0);
    assert!(matches!(run(&database, WHERE_IT_RUNS).await, (Ok(_), 1 | 2)));
    eventually("it is asked again", async || {
        matches!(run(&database, WHERE_IT_RUNS).await, (Ok(1), 1))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_stays_where_it_is_and_what_takes_too_long_is_not_tried_twice() {
    let primary = OwnPostgres::start().await;
    let replica = primary.replica().await;
    let database = open(&primary, &replica, (Duration::from_millis(400), MOST_LAG)).await;
    let ran = run(&database, "SELECT 1 FROM pg_sleep(600)").await;
    assert!(
        matches!(ran, (Err(DatabaseError::Timeout { after_ms: 400 }), 1)),
        "{ran:?}"
    );

    let statements = Arc::new(StatementCount::default());
    let request = database.counted_by(Arc::clone(&statements));
    let (one, other) = (request.reading(), request.reading());
    let place = async |handle: &Database, sql| {
        handle.query("test", sql, vec![]).await.unwrap()[0]
            .try_get_by_index::<i32>(0)
            .unwrap()
    };
    assert_eq!(place(&one, WHERE_IT_RUNS).await, 1);
    // A replica cannot do this, whose first handle is back on the primary with it.
    assert_eq!(place(&one, "SELECT 5 FROM pg_current_wal_lsn()").await, 5);
    assert_eq!(
        (place(&one, WHERE_IT_RUNS).await, place(&other, WHERE_IT_RUNS).await),
        (2, 2)
    );
    assert_eq!(statements.get(), 5);
    // What does not ask for replicas is never told by one.
    assert_eq!(place(&database.counted_by(Arc::default()), WHERE_IT_RUNS).await, 2);
    assert_eq!(place(&database.reading(), WHERE_IT_RUNS).await, 1);
}
