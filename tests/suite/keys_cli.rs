//! `iconql keys`: what it prints where, and what it refuses.

use tests::{Engine, Iconql, TestDatabase, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

fn keys(database: &TestDatabase, arguments: &[&str]) -> Iconql {
    Iconql::new(BINARY, &[&["keys"], arguments].concat()).database(database.url())
}

/// The cells of each line; columns are at least two blanks apart.
fn cells(table: &str) -> Vec<Vec<String>> {
    let line = |line: &str| {
        line.split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .map(str::to_owned)
            .collect()
    };
    table.lines().map(line).collect()
}

on_each_engine! {
    async fn a_key_is_made_listed_and_revoked(engine) {
        let database = TestDatabase::fresh(engine).await;
        let empty = keys(&database, &["list"]).run().await.succeeded();
        assert_eq!(empty.stdout, "ID  NAME  SCOPES  CREATED  EXPIRES  STATE  ORIGINS\n");
        assert_eq!(empty.stderr, "There are no keys. `iconql keys create --scope SCOPE` makes one.\n");

        let mut secrets = Vec::new();
        for (arguments, prefix, explained) in [
            (&["--scope", "admin"][..], "iconql_", "This is key 1, with admin. Keep it now"),
            (&["--scope", "usage:write", "metrics:read", "--name", "the shop's"], "iconql_", "This is key 2, with usage:write,metrics:read. "),
            (&["--scope=admin,usage:write", "--scope=admin", "--expires-in-days=1"], "iconql_", "This is key 3, with usage:write,admin, until 20"),
            (&["--publishable", "--origin=https://Shop.example", "--origin=http://localhost:5173"], "iconql_pub_", "good for pages of https://shop.example and http://localhost:5173, and may"),
            (&["--publishable", "--origin=https://a.example,https://b.example", "--scope=usage:write"], "iconql_pub_", "This is key 5, with usage:write. "),
        ] {
            let ended = keys(&database, &[&["create"], arguments].concat()).run().await.succeeded();
            // A script takes the whole of standard output for the key.
            let secret = ended.stdout.strip_suffix('\n').unwrap();
            let random = secret.strip_prefix(prefix).unwrap();
            assert!(random.len() == 43 && random.chars().all(|one| one.is_ascii_alphanumeric()), "{}", ended.stdout);
            assert!(ended.stderr.contains(explained), "{}", ended.stderr);
            assert!(ended.stderr.contains("not shown again") && !ended.stderr.contains(random), "{}", ended.stderr);
            secrets.push(random.to_owned());
        }
        secrets.sort();
        secrets.dedup();
        assert_eq!(secrets.len(), 5);

        database.run("UPDATE api_key SET expires_at_ms = 86400000, created_at_ms = 0 WHERE id = 3").await;
        let revoked = keys(&database, &["revoke", "2"]).run().await.succeeded();
        assert_eq!(revoked.stdout, "Key 2 is revoked. Every server refuses it within two seconds.\n");
        let list = keys(&database, &["list"]).run().await.succeeded();
        assert_eq!(list.stderr, "");
        let rows = cells(&list.stdout);
        let columns = |row: usize, columns: &[usize]| columns.iter().map(|column| rows[row][*column].as_str()).collect::<Vec<_>>();
        assert_eq!(columns(1, &[0, 1, 2, 4, 5, 6]), ["1", "-", "admin", "-", "active", "-"]);
        assert_eq!(columns(2, &[0, 1, 2, 4, 6]), ["2", "the shop's", "usage:write,metrics:read", "-", "-"]);
        assert!(rows[2][5].starts_with("revoked 20") && rows[2][5].ends_with('Z'), "{}", list.stdout);
        assert_eq!(rows[3], ["3", "-", "usage:write,admin", "1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z", "expired", "-"]);
        assert_eq!(columns(4, &[0, 2, 5, 6]), ["4", "usage:write", "active", "https://shop.example,http://localhost:5173"]);
        assert_eq!(columns(5, &[0, 6]), ["5", "https://a.example,https://b.example"]);
        for secret in &secrets {
            assert!(!list.stdout.contains(secret));
        }

        // Again, it says since when. What was never there is a mistake.
        let again = keys(&database, &["revoke", "2"]).run().await.succeeded();
        assert!(again.stdout.starts_with("Key 2 was revoked at 20"), "{}", again.stdout);
        for id in ["6", "0", "9223372036854775807"] {
            let expected = format!("there is no key {id}; `iconql keys list` shows those there are");
            assert_eq!(keys(&database, &["revoke", id]).run().await.complaint(1), expected);
        }
        // Whatever was not done has left no trace, and a number is never given out again.
        assert_eq!(database.number("SELECT revision FROM access_state").await, 6);
        let next = keys(&database, &["create", "--scope=admin"]).run().await.succeeded();
        // A machine that is busy may have said that a statement was slow.
        assert!(next.stderr.contains("This is key 7,"), "{}", next.stderr);
    }

    async fn many_at_once_are_many_keys(engine) {
        let database = TestDatabase::fresh(engine).await;
        let running: Vec<_> = (0..6).map(|_| keys(&database, &["create", "--scope=admin"]).spawn()).collect();
        for one in running {
            let _ = one.end().await.succeeded();
        }
        let ids = database.numbers::<1>("SELECT id FROM api_key ORDER BY id").await;
        assert_eq!(ids, [[1], [2], [3], [4], [5], [6]]);
        let running: Vec<_> = (0..4).map(|_| keys(&database, &["revoke", "3"]).spawn()).collect();
        let mut revoked = 0;
        for one in running {
            revoked += usize::from(one.end().await.succeeded().stdout.starts_with("Key 3 is revoked"));
        }
        assert_eq!(revoked, 1);
    }
}

#[tokio::test]
async fn wrong_use_is_2_and_says_what_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("iconql.db");
    let url = format!("sqlite://{}", file.display());
    let long = "x".repeat(101);
    for (arguments, expected) in [
        (&["create"][..], "required arguments were not provided"),
        (&["create", "--name=x"], "--scope"),
        (&["create", "--scope"], "a value is required"),
        (&["create", "--scope="], "there is no scope \"\""),
        (
            &["create", "--scope=Admin"],
            "there is no scope \"Admin\"; take usage:write, analytics:read, metrics:read or admin",
        ),
        (&["create", "--scope=admin,all"], "there is no scope \"all\""),
        (&["create", "--publishable"], "--origin"),
        (&["create", "--publishable", "--scope=usage:write"], "--origin"),
        (
            &["create", "--scope=usage:write", "--origin=https://a.example"],
            "--publishable",
        ),
        (
            &["create", "--publishable", "--origin=https://a.example", "--scope=admin"],
            "a publishable key holds usage:write alone",
        ),
        (
            &[
                "create",
                "--publishable",
                "--origin=https://a.example",
                "--scope=usage:write,metrics:read",
            ],
            "a publishable key holds usage:write alone",
        ),
        (
            &["create", "--publishable", "--origin=https://a.example/page"],
            "write an origin as browsers do: https://HOST or https://HOST:PORT, without a path",
        ),
        (&["create", "--publishable", "--origin=a.example"], "write an origin"),
        (&["create", "--publishable", "--origin=*"], "write an origin"),
        (&["create", "--publishable", "--origin=null"], "write an origin"),
        (
            &["create", "--scope=admin", "--expires-in-days=0"],
            "0 is not in 1..=36500",
        ),
        (
            &["create", "--scope=admin", "--expires-in-days=36501"],
            "36501 is not in 1..=36500",
        ),
        (
            &["create", "--scope=admin", "--name=a\nb"],
            "a name has at most 100 characters",
        ),
        (
            &["create", "--scope=admin", "--name", &long],
            "a name has at most 100 characters",
        ),
        (&["create", "--scope=admin", "extra"], "there is no scope"),
        (&["revoke"], "required arguments were not provided"),
        (&["revoke", "first"], "invalid digit"),
        (&["revoke", "iconql_abc"], "invalid digit"),
        (&["list", "1"], "unexpected argument"),
        (&["remove", "1"], "unrecognized subcommand"),
    ] {
        let ended = Iconql::new(BINARY, &[&["keys"], arguments].concat())
            .database(&url)
            .run()
            .await;
        // The last of several values of a scope is told apart from one that stands alone by nothing.
        let is_extra = arguments.last() == Some(&"extra") && ended.stderr.contains("unexpected argument");
        assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(
            ended.stderr.contains(expected) || is_extra,
            "{arguments:?}: {}",
            ended.stderr
        );
    }
    assert!(
        !file.exists(),
        "who is told to write it differently has changed nothing"
    );
}

#[tokio::test]
async fn a_name_of_a_hundred_characters_is_no_mistake() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let name = "é".repeat(100);
    let arguments = ["create", "--scope=admin", "--expires-in-days=36500", "--name", &name];
    let _ = keys(&database, &arguments).run().await.succeeded();
    assert_eq!(database.lines("SELECT name FROM api_key").await, [name]);
}

#[tokio::test]
async fn a_secret_that_nobody_could_read_is_revoked() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    for script in [r#"exec "$0" "$@" >/dev/full"#, r#"exec "$0" "$@" >&-"#] {
        let create = ["keys", "create", "--scope=admin"];
        let ended = Iconql::through_shell(script, BINARY, &create)
            .database(database.url())
            .run()
            .await;
        if ended.status == Some(0) {
            // Rust opens /dev/null in the place of an output that is closed.
            continue;
        }
        let complaint = ended.complaint(1);
        assert!(
            complaint.starts_with("the key could not be shown, so it is revoked: cannot write to standard output"),
            "{complaint}"
        );
        assert_eq!(
            database
                .number("SELECT count(*) FROM api_key WHERE revoked_at_ms IS NULL")
                .await,
            0
        );
        assert_eq!(database.number("SELECT count(*) FROM api_key").await, 1);
    }
}
