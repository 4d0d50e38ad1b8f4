//! What is no backup, what is one no more, and where nothing is restored to.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::database::{Database, DatabaseConfig, OpenMode};
use serde_json::json;
use tests::{Ended, Engine, Iconql, TestApp, TestDatabase, on_each_engine};

use crate::{
    backup::{ENGINES, backup, command, lived_in, place, restore, rows},
    usage_scenario, writers,
};

/// Changes a copy of a backup by SQL.
async fn edited(file: &Path, sql: &str) -> PathBuf {
    let copy = file.with_file_name("edited");
    fs::copy(file, &copy).unwrap();
    let config = DatabaseConfig {
        url: format!("sqlite://{}", copy.display()),
        pool_size: Some(1),
        pool_min: None,
        acquire_timeout: Duration::from_secs(30),
        connection_recycle: Duration::from_hours(1),
        query_timeout: Duration::from_secs(30),
        lock_timeout: Duration::from_secs(30),
        slow_query_threshold: Duration::from_secs(30),
    };
    let database = Database::open(&config, OpenMode::Existing).await.unwrap();
    database.run(sql).await.unwrap();
    database.run("PRAGMA journal_mode = DELETE").await.unwrap();
    database.close().await.unwrap();
    copy
}

/// A copy of a backup in which `text` is another one of that length, wherever it stands.
fn spoilt(file: &Path, text: &str, by: &str) -> PathBuf {
    let copy = file.with_file_name("spoilt");
    let mut bytes = fs::read(file).unwrap();
    let places: Vec<usize> = (0..bytes.len() - text.len())
        .filter(|place| bytes[*place..].starts_with(text.as_bytes()))
        .collect();
    assert!(!places.is_empty() && text.len() == by.len());
    for place in places {
        bytes[place..place + by.len()].copy_from_slice(by.as_bytes());
    }
    fs::write(&copy, bytes).unwrap();
    copy
}

async fn try_to_restore(file: &Path, database: &TestDatabase) -> Ended {
    command("restore", file, database).run().await
}

on_each_engine! {
    async fn a_backup_that_is_damaged_is_not_restored(engine) {
        let (source, _) = lived_in(engine).await;
        let (_folder, file) = place();
        backup(source.database(), &file).await;
        let bytes = fs::read(&file).unwrap();
        let half = file.with_file_name("half");
        fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
        let page = file.with_file_name("page");
        let mut hole = bytes.clone();
        hole[3 * 4096..5 * 4096].fill(0);
        fs::write(&page, hole).unwrap();
        for engine in ENGINES {
            let target = TestDatabase::fresh(engine).await;
            let untouched = rows(&target).await;
            for (what, damaged) in [
                ("half", half.clone()),
                ("page", page.clone()),
                ("a value", spoilt(&file, "https://shop.example", "https://shop.exampel")),
                ("a count", edited(&file, "UPDATE backup_table SET rows = rows + 1 WHERE name = 'usage_day'").await),
                ("a row", edited(&file, "DELETE FROM usage_hour WHERE rowid = 7").await),
                ("a table", edited(&file, "DROP TABLE usage_name").await),
                ("another column", edited(&file, "ALTER TABLE usage_name ADD COLUMN other ANY").await),
                ("its origin", edited(&file, "DELETE FROM backup").await),
            ] {
                let refused = try_to_restore(&damaged, &target).await;
                let complaint = refused.complaint(1);
                assert!(complaint.contains("is damaged (") && complaint.contains("take another copy of it"), "{what}: {complaint}");
                assert_eq!(rows(&target).await, untouched, "{what}");
            }
            // It was the copies.
            restore(&file, &target).await;
        }
    }

    async fn what_is_newer_says_so(engine) {
        let (source, _) = lived_in(engine).await;
        let (_folder, file) = place();
        backup(source.database(), &file).await;
        let target = TestDatabase::fresh(engine).await;
        for sql in [
            "UPDATE backup SET format = 2, program = '9.8.7'",
            "UPDATE backup SET migration = 'm20991231_000099_more', program = '9.8.7'",
            "ALTER TABLE usage_name RENAME TO usage_fame; UPDATE backup_table SET name = 'usage_fame' WHERE name = 'usage_name'; \
             UPDATE backup SET program = '9.8.7'",
        ] {
            let newer = edited(&file, sql).await;
            let refused = try_to_restore(&newer, &target).await;
            assert!(refused.complaint(1).ends_with("taken by a newer iconql, 9.8.7: restore it by that version"), "{}", refused.stderr);
            assert_eq!(target.number("SELECT count(*) FROM api_key").await, 0);
        }
    }

    async fn what_is_there_is_not_mixed_with(engine) {
        let (source, _) = lived_in(engine).await;
        let (_folder, file) = place();
        backup(source.database(), &file).await;
        for (sql, what) in [
            ("INSERT INTO usage_name (id, name) VALUES (1, 'x:y')", "usage"),
            ("INSERT INTO usage_pending (events, occurrences) VALUES (0, 'x')", "usage"),
            ("INSERT INTO synonym_group (id, words) VALUES (1, '[]')", "synonyms"),
            ("INSERT INTO api_key (id, name, secret_hash, scopes, publishable, origins, created_at_ms) VALUES (1, '', 'x', '[]', FALSE, '[]', 0)", "API keys"),
        ] {
            let target = TestDatabase::fresh(engine).await;
            target.run(&if engine == Engine::Sqlite { sql.replace("'x'", "x'00'") } else { sql.to_owned() }).await;
            let before = rows(&target).await;
            let refused = try_to_restore(&file, &target).await;
            let expected = format!("the database has {what} already, which a restore would mix with: restore into a new database (DATABASE_URL)");
            assert_eq!(refused.complaint(1), expected);
            assert_eq!(rows(&target).await, before);
        }
        let target = writers::signs(engine).await;
        writers::assert_put(&writers::put(&target, json!([writers::icon("own", "o")])).await, &["s:own"]);
        let refused = try_to_restore(&file, target.database()).await;
        assert!(refused.complaint(1).contains("icons of its own in the set s already"), "{}", refused.stderr);
        // Of other sets it may have some.
        let other = TestApp::start(engine).await;
        other.import_json(&writers::set("t")).await;
        assert_eq!(other.graphql(r#"mutation { deleteIcons(input: { names: ["t:gate"] }) { deleted } }"#).await.data("/deleteIcons/deleted"), &json!(["t:gate"]));
        restore(&file, other.database()).await;
        // And once is enough.
        let again = try_to_restore(&file, other.database()).await;
        assert!(again.complaint(1).contains("already"), "{}", again.stderr);
    }

    async fn what_may_not_be_served_is_not_restored(engine) {
        let (source, _) = lived_in(engine).await;
        source.sql("UPDATE icon SET body = '<script>alert(1)</script>' WHERE name = 's:rocket'; \
                    UPDATE icon_set SET author_name = 'x', author_url = 'javascript:alert(1)', license_url = 'https://a.example' WHERE prefix = 's'").await;
        let (_folder, file) = place();
        backup(source.database(), &file).await;
        let target = TestApp::start(engine).await;
        let refused = try_to_restore(&file, target.database()).await;
        assert!(refused.complaint(1).contains("icon s:rocket is none that iconql would store"), "{}", refused.stderr);
        source.sql("UPDATE icon SET body = '<path d=\"M0 0h1z\"/>' WHERE name = 's:rocket'").await;
        fs::remove_file(&file).unwrap();
        backup(source.database(), &file).await;
        restore(&file, target.database()).await;
        let links = "SELECT COALESCE(author_url, '-') || ' ' || COALESCE(license_url, '-') FROM icon_set WHERE prefix = 's'";
        assert_eq!(target.database().lines(links).await, ["- https://a.example"]);
    }

    async fn the_key_of_hashes_is_asked_for_where_it_was_configured(engine) {
        let database = TestDatabase::with_set(engine, &usage_scenario::set()).await;
        let (_folder, file) = place();
        let key = "a key of sixteen characters";
        let _ = command("backup", &file, &database).env("USAGE_HASH_KEY", key).run().await.succeeded();
        for (configured, expected) in [(None, "another key"), (Some("a key of other characters"), "another key"), (Some(key), "")] {
            let target = TestDatabase::fresh(engine).await;
            let command = command("restore", &file, &target);
            let command = match configured {
                Some(key) => command.env("USAGE_HASH_KEY", key),
                None => command,
            };
            let said = command.run().await.succeeded().stderr;
            assert!(said.contains(expected) && !said.contains("characters"), "{configured:?}: {said}");
            assert_eq!(said.is_empty(), expected.is_empty(), "{configured:?}: {said}");
        }
    }
}

#[tokio::test]
async fn what_is_no_backup_is_told_before_anything_is_made() {
    let (folder, missing) = place();
    let write = |name: &str, bytes: &[u8]| {
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        file
    };
    let other = TestDatabase::fresh(Engine::Sqlite).await;
    let database = Path::new(other.url().strip_prefix("sqlite://").unwrap());
    let url = format!("sqlite://{}", folder.path().join("new.db").display());
    for (file, expected) in [
        (
            missing,
            "No such file or directory (os error 2); name a file that `iconql backup` wrote",
        ),
        (folder.path().to_owned(), "is a folder: name a file"),
        (
            write(
                "text",
                b"not a backup, and longer than a hundred bytes. ".repeat(9).as_slice(),
            ),
            "is no backup",
        ),
        (write("empty", b""), "is no backup"),
        (write("short", b"SQLite format 3\0"), "is no backup"),
        (
            database.to_owned(),
            "is no backup: name a file that `iconql backup` wrote",
        ),
    ] {
        let refused = Iconql::new(crate::backup::BINARY, &["restore"])
            .arg(&file)
            .database(&url)
            .run()
            .await;
        assert!(refused.complaint(1).contains(expected), "{}", refused.stderr);
    }
    assert!(!folder.path().join("new.db").exists());
}

#[tokio::test]
async fn a_backup_goes_where_nothing_is_and_is_for_nobody_else() {
    let database = TestDatabase::with_set(Engine::Sqlite, &usage_scenario::set()).await;
    let (folder, file) = place();
    let taken = async |file: &Path, flags: &[&str]| {
        flags
            .iter()
            .fold(command("backup", file, &database), Iconql::arg)
            .run()
            .await
    };
    let text = folder.path().join("text");
    fs::write(&text, "of somebody").unwrap();
    let own = Path::new(database.url().strip_prefix("sqlite://").unwrap());
    for (file, flags, expected) in [
        (folder.path(), &[][..], "is a folder: name a file"),
        (folder.path(), &["--force"], "is a folder: name a file"),
        (&folder.path().join("no/such/folder"), &[], "cannot write "),
        (
            &text,
            &[],
            "is there already: name another file, or say --force to replace it",
        ),
        (
            &text,
            &["--force"],
            "is there already, and is no backup: name another file",
        ),
        (
            own,
            &["--force"],
            "is there already, and is no backup: name another file",
        ),
    ] {
        let refused = taken(file, flags).await;
        assert!(refused.complaint(1).contains(expected), "{}", refused.stderr);
    }
    assert_eq!(fs::read_to_string(&text).unwrap(), "of somebody");
    let said = taken(&file, &[]).await.succeeded();
    assert_eq!(said.stderr, "");
    let first = fs::read(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(taken(&file, &[]).await.complaint(1).contains("--force"));
    let create = Iconql::new(crate::backup::BINARY, &["keys", "create", "--scope=admin"]).database(database.url());
    let _ = create.run().await.succeeded();
    assert_eq!(fs::read(&file).unwrap(), first);
    let said = taken(&file, &["--force"]).await.succeeded();
    assert!(said.stdout.contains("1 key,"), "{}", said.stdout);
    assert_ne!(fs::read(&file).unwrap(), first);
    // And nothing else is left.
    let mut left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    left.sort();
    assert_eq!(left, [file, text]);
}

#[tokio::test]
async fn only_what_this_program_knows_is_backed_up() {
    let (folder, file) = place();
    let url = format!("sqlite://{}", folder.path().join("iconql.db").display());
    let run = |arguments: &[&str]| Iconql::new(crate::backup::BINARY, arguments).database(&url).run();
    let missing = Iconql::new(crate::backup::BINARY, &["backup"])
        .arg(&file)
        .database(&url)
        .run()
        .await;
    assert!(missing.complaint(1).contains("no database at"), "{}", missing.stderr);
    for arguments in [&["migrate", "up"][..], &["migrate", "down"]] {
        let _ = run(arguments).await.succeeded();
    }
    let behind = Iconql::new(crate::backup::BINARY, &["backup"])
        .arg(&file)
        .database(&url)
        .run()
        .await;
    assert!(
        behind
            .complaint(1)
            .starts_with("the database schema is behind, 1 to apply: take the backup by"),
        "{}",
        behind.stderr
    );
    assert!(!file.exists());
}
