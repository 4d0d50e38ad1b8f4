//! Migrations at once, of a newer version, left undone and killed: nothing is half done.

use tests::{Engine, MIGRATIONS, TestDatabase, eventually, on_each_engine};

use crate::database_failures::{COMMANDS, command, complaint};

/// Takes back whatever was migrated.
fn every_step() -> String {
    format!("--steps={}", MIGRATIONS.len())
}

on_each_engine! {
    async fn two_first_migrations_at_once_make_one(engine) {
        let database = TestDatabase::fresh(engine).await;
        let _ = command(&["migrate", "down", &every_step()], database.url()).run().await.succeeded();
        database.run("DROP TABLE seaql_migrations").await;
        let running: Vec<_> = (0..4).map(|_| command(&["migrate", "up"], database.url()).spawn()).collect();
        let applied: Vec<String> = MIGRATIONS.iter().map(|name| format!("applied  {name}\n")).collect();
        for one in running {
            let ended = one.end().await.succeeded();
            assert_eq!(ended.stdout, applied.concat());
        }
    }

    async fn a_newer_schema_is_left_alone(engine) {
        let database = TestDatabase::fresh(engine).await;
        database.run("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000001_future', 0)").await;
        for arguments in COMMANDS {
            let expected = "the database was migrated by a newer iconql (m29991231_000001_future): run that version, or use another database";
            assert_eq!(complaint(arguments, database.url()).await, expected);
        }
        assert_eq!(database.number("SELECT count(*) FROM icon").await, 0);
    }

    async fn a_schema_that_is_behind_is_mended_where_nobody_else_uses_it(engine) {
        let database = TestDatabase::fresh(engine).await;
        let _ = command(&["migrate", "down"], database.url()).run().await.succeeded();
        match engine {
            Engine::Sqlite => {
                let _ = command(&["serve"], database.url()).spawn().base_url().await;
            }
            Engine::Postgres => {
                for arguments in [["serve"], ["import"]] {
                    let expected = "the database schema is behind, 1 to apply: run `iconql migrate up`";
                    assert_eq!(complaint(&arguments, database.url()).await, expected);
                }
                let _ = command(&["migrate", "up"], database.url()).run().await.succeeded();
            }
        }
        let _ = command(&["import"], database.url()).run().await.succeeded();
    }

    async fn a_migration_that_is_killed_leaves_nothing_half_done(engine) {
        let database = TestDatabase::fresh(engine).await;
        let _ = command(&["migrate", "down", &every_step()], database.url()).run().await.succeeded();
        for _ in 0..8 {
            let running = command(&["migrate", "up"], database.url()).spawn();
            eventually("it migrates", async || running.stderr().contains("Applying migration")).await;
            running.signal("KILL");
            drop(running);
            let status = command(&["migrate", "status"], database.url()).run().await.succeeded();
            if status.stdout.starts_with("applied") {
                let _ = command(&["migrate", "down", &every_step()], database.url()).run().await.succeeded();
            }
        }
        let _ = command(&["migrate", "up"], database.url()).run().await.succeeded();
        let _ = command(&["import"], database.url()).run().await.succeeded();
    }
}
