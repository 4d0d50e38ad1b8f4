use std::{sync::Arc, time::Duration};

use tempfile::TempDir;
use tokio::{sync::watch, task::JoinSet};

use super::{FollowedChange, Follower, KEPT};
use crate::{
    catalog::{Catalog, ChangeKind},
    database::{Database, DatabaseConfig, OpenMode, StatementCount},
};

/// A catalog whose history the tests write themselves, and how many statements its readers run.
struct History {
    database: Database,
    catalog: Catalog,
    newest: watch::Sender<i64>,
    statements: Arc<StatementCount>,
    _folder: TempDir,
}

impl History {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let patience = Duration::from_secs(5);
        let config = DatabaseConfig {
            url: format!("sqlite://{}", folder.path().join("test.db").display()),
            pool_size: Some(2),
            pool_min: None,
            acquire_timeout: patience,
            connection_recycle: Duration::from_hours(1),
            query_timeout: patience,
            lock_timeout: patience,
            slow_query_threshold: patience,
        };
        let database = Database::open(&config, OpenMode::Create).await.unwrap();
        migration::up(database.connection()).await.unwrap();
        let statements = Arc::new(StatementCount::default());
        Self {
            catalog: Catalog::new(database.clone()).counted_by(Arc::clone(&statements)),
            database,
            newest: watch::Sender::new(0),
            statements,
            _folder: folder,
        }
    }

    /// Adds generations, each of one change, and tells nobody.
    async fn write(&self, generations: std::ops::RangeInclusive<i64>) {
        let last = *generations.end();
        let rows: Vec<String> = generations
            .map(|generation| format!("({generation}, 0, 's', 2, 0)"))
            .collect();
        let names = rows.iter().map(|row| row.replace("'s', 2, 0", "'b', 'a\nb'"));
        let names: Vec<String> = names.collect();
        for sql in [
            format!(
                "INSERT INTO catalog_change (generation, kind, prefix, count, at_ms) VALUES {}",
                rows.join(", ")
            ),
            format!(
                "INSERT INTO catalog_change_names (generation, kind, last_name, names) VALUES {}",
                names.join(", ")
            ),
            format!("UPDATE catalog_state SET generation = {last}"),
        ] {
            self.database.run(&sql).await.unwrap();
        }
    }

    async fn write_and_tell(&self, generations: std::ops::RangeInclusive<i64>) {
        let last = *generations.end();
        self.write(generations).await;
        self.newest.send_replace(last);
    }

    async fn follow(&self) -> Follower {
        self.catalog.follow(self.newest.subscribe()).await.unwrap()
    }
}

/// The generations of the next `count` changes.
async fn next(follower: &mut Follower, count: usize) -> Vec<i64> {
    let mut generations = Vec::new();
    for _ in 0..count {
        generations.push(followed(follower).await.change.generation);
    }
    generations
}

async fn followed(follower: &mut Follower) -> Arc<FollowedChange> {
    let next = tokio::time::timeout(Duration::from_mins(1), follower.next()).await;
    next.expect("there is a change").expect("the catalog is there")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_from_now_on_is_told_once_and_in_order() {
    let history = History::new().await;
    history.write_and_tell(1..=3).await;
    // Here by now, and nobody has noticed.
    history.write(4..=4).await;
    let mut follower = history.follow().await;
    history.newest.send_replace(4);
    history.write_and_tell(5..=6).await;
    assert_eq!(next(&mut follower, 2).await, [5, 6]);
    let mut late = history.follow().await;
    history.write_and_tell(7..=7).await;
    assert_eq!(
        (next(&mut follower, 1).await, next(&mut late, 1).await),
        (vec![7], vec![7])
    );
    // A generation of which the feed says nothing, such as a change of synonyms.
    history
        .database
        .run("UPDATE catalog_state SET generation = 8")
        .await
        .unwrap();
    history.newest.send_replace(8);
    history.write_and_tell(9..=9).await;
    assert_eq!(
        (next(&mut follower, 1).await, next(&mut late, 1).await),
        (vec![9], vec![9])
    );
    let change = followed({
        history.write_and_tell(10..=10).await;
        &mut follower
    })
    .await;
    assert_eq!(
        (change.change.kind, change.change.prefix.as_str(), change.change.count),
        (ChangeKind::Added, "s", 2)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_followers_cost_as_much_as_one() {
    let history = History::new().await;
    history.write_and_tell(1..=10).await;
    let mut followers = JoinSet::new();
    let mut all = Vec::new();
    for _ in 0..1000 {
        all.push(history.follow().await);
    }
    let before = history.statements.get();
    for mut follower in all {
        let catalog = history.catalog.clone();
        followers.spawn(async move {
            let mut told = Vec::new();
            for _ in 0..3 {
                let change = followed(&mut follower).await;
                let names = change.names(&catalog, 2).await.unwrap();
                told.push((
                    change.change.generation,
                    names.iter().map(|name| name.as_str().to_owned()).collect(),
                ));
            }
            told
        });
    }
    history.write_and_tell(11..=13).await;
    let names = vec!["s:a".to_owned(), "s:b".to_owned()];
    let expected: Vec<(i64, Vec<String>)> = [11, 12, 13].map(|generation| (generation, names.clone())).into();
    for told in followers.join_all().await {
        assert_eq!(told, expected);
    }
    // One for the changes, one for the names of each.
    assert_eq!(history.statements.get() - before, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_falls_behind_loses_nothing() {
    let history = History::new().await;
    let (mut quick, mut slow, mut slower) = (history.follow().await, history.follow().await, history.follow().await);
    let last = i64::try_from(KEPT + 250).unwrap();
    for generation in (50..=last).step_by(50) {
        history.write_and_tell(generation - 49..=generation).await;
        next(&mut quick, 50).await;
        if generation == 50 {
            assert_eq!(next(&mut slow, 1).await, [1]);
        }
    }
    let written = last / 50 * 50;
    let count = usize::try_from(written).unwrap();
    assert_eq!(next(&mut slow, count - 1).await, (2..=written).collect::<Vec<_>>());
    assert_eq!(next(&mut slower, count).await, (1..=written).collect::<Vec<_>>());
    history.write_and_tell(written + 1..=written + 1).await;
    for follower in [&mut quick, &mut slow, &mut slower] {
        assert_eq!(next(follower, 1).await, [written + 1]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_is_bounded() {
    let history = History::new().await;
    let mut follower = history.follow().await;
    history.write_and_tell(1..=2000).await;
    assert_eq!(next(&mut follower, 2000).await, (1..=2000).collect::<Vec<_>>());
    let recent = history.catalog.followed.0.lock().await;
    assert_eq!((recent.changes.len(), recent.until), (KEPT, 2000));
    drop(recent);
    // Nobody follows for long: what happened meanwhile is not read for who comes then.
    drop(follower);
    history.write(2001..=2999).await;
    let before = history.statements.get();
    let mut follower = history.follow().await;
    history.write_and_tell(3000..=3000).await;
    assert_eq!(next(&mut follower, 1).await, [3000]);
    assert_eq!(history.statements.get() - before, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cannot_be_read_costs_nothing_but_time() {
    let history = History::new().await;
    let (mut one, mut other) = (history.follow().await, history.follow().await);
    history
        .database
        .run("ALTER TABLE catalog_change RENAME TO gone")
        .await
        .unwrap();
    history.newest.send_replace(1);
    let both = tokio::spawn(async move { (next(&mut one, 1).await, next(&mut other, 1).await) });
    while history.catalog.followed.0.lock().await.failed.is_none() {
        tokio::task::yield_now().await;
    }
    history
        .database
        .run("ALTER TABLE gone RENAME TO catalog_change")
        .await
        .unwrap();
    history.write(1..=1).await;
    assert_eq!(both.await.unwrap(), (vec![1], vec![1]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_database_is_followed_from_where_it_is() {
    let history = History::new().await;
    let mut follower = history.follow().await;
    history.write_and_tell(1..=20).await;
    next(&mut follower, 20).await;
    for sql in ["DELETE FROM catalog_change", "DELETE FROM catalog_change_names"] {
        history.database.run(sql).await.unwrap();
    }
    history.write_and_tell(1..=5).await;
    let waiting = tokio::spawn(async move { next(&mut follower, 1).await });
    // It is awaited that the follower has seen this, before there is more.
    while history.catalog.followed.0.lock().await.until != 0 {
        tokio::task::yield_now().await;
    }
    history.write_and_tell(6..=6).await;
    assert_eq!(waiting.await.unwrap(), [6]);
}
