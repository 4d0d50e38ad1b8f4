//! Backups and restores that are killed: there is all of it or nothing.

use std::fs;

use tests::{Engine, Iconql, Running, TestDatabase, on_each_engine};

use crate::{
    backup::{BINARY, backup, command, place, restore, rows},
    kill_scenario::{share, work_until},
    random::Random,
    usage_scenario,
};

/// Enough usage for a while.
async fn used(engine: Engine) -> TestDatabase {
    let database = TestDatabase::with_set(engine, &usage_scenario::set()).await;
    let demo = Iconql::new(BINARY, &["demo-usage", "--days=12", "--events-per-day=1500"]).database(database.url());
    let _ = demo.run().await.succeeded();
    let _ = Iconql::new(BINARY, &["keys", "create", "--scope=admin"])
        .database(database.url())
        .run()
        .await
        .succeeded();
    database
}

/// Kills `running` when it has used `seconds` of processor time.
async fn kill_at(mut running: Running, seconds: f64) {
    work_until(&mut running, seconds).await;
    running.signal("KILL");
    let _ = running.end().await;
}

on_each_engine! {
    async fn a_killed_restore_has_restored_nothing(engine) {
        let source = used(Engine::Sqlite).await;
        let (_folder, file) = place();
        backup(&source, &file).await;
        let rehearsal = TestDatabase::fresh(engine).await;
        let whole = work_until(&mut command("restore", &file, &rehearsal).spawn(), f64::INFINITY).await;
        let target = TestDatabase::fresh(engine).await;
        let (empty, full) = (rows(&target).await, rows(&rehearsal).await);
        let mut random = Random::new(20_261_122);
        let mut killed_before_the_end = 0;
        for part in 0..8 {
            kill_at(command("restore", &file, &target).spawn(), whole * (f64::from(part) + share(&mut random)) / 8.0).await;
            let left = rows(&target).await;
            if left == full {
                break;
            }
            // The secret is another one in each database, and none of them is that of the backup.
            assert!(left == empty, "killed in part {part} of 8");
            killed_before_the_end += 1;
        }
        assert!(killed_before_the_end >= 4, "only {killed_before_the_end} kills came before the end");
        if rows(&target).await == empty {
            restore(&file, &target).await;
        }
        assert_eq!(rows(&target).await, full);
        if engine == Engine::Sqlite {
            assert_eq!(target.lines("PRAGMA integrity_check").await, ["ok"]);
        }
    }

    async fn a_killed_backup_leaves_no_file(engine) {
        let source = used(engine).await;
        let (_folder, file) = place();
        let whole = work_until(&mut command("backup", &file, &source).spawn(), f64::INFINITY).await;
        let (mut random, mut killed_before_the_end) = (Random::new(7), 0);
        for part in 0..8 {
            fs::remove_file(&file).unwrap_or_default();
            kill_at(command("backup", &file, &source).spawn(), whole * (f64::from(part) + share(&mut random)) / 8.0).await;
            if file.exists() {
                // Then it is one.
                restore(&file, &TestDatabase::fresh(Engine::Sqlite).await).await;
            } else {
                killed_before_the_end += 1;
            }
        }
        assert!(killed_before_the_end >= 4, "only {killed_before_the_end} kills came before the end");
        // One that is there stays until another is whole.
        fs::remove_file(&file).unwrap_or_default();
        backup(&source, &file).await;
        let before = fs::read(&file).unwrap();
        kill_at(command("backup", &file, &source).arg("--force").spawn(), whole / 3.0).await;
        assert_eq!(fs::read(&file).unwrap(), before);
    }
}
