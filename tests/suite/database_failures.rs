//! A database that is not there, cannot be used or goes away: one line, what to do, and no harm done.

use std::{fs, io::Write as _, path::Path, time::Duration};

use tests::{
    Ended, Engine, Iconql, OwnPostgres, Reply, TestDatabase, eventually, fixture, on_each_engine, runs_as_root,
    starter_package,
};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Commands that need a database, with nothing in their way but the database.
pub(crate) const COMMANDS: [&[&str]; 4] = [&["serve"], &["import"], &["migrate", "up"], &["migrate", "status"]];

/// A command on the database at `url`, on a free port and with a set to import where it needs one.
pub(crate) fn command(arguments: &[&str], url: &str) -> Iconql {
    let command = Iconql::new(BINARY, arguments)
        .database(url)
        .env("LISTEN", "127.0.0.1:0");
    if arguments == ["import"] {
        command.arg(fixture("shed.json"))
    } else {
        command
    }
}

fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// The complaint of a command that is to fail.
pub(crate) async fn complaint(arguments: &[&str], url: &str) -> String {
    // Long enough to answer, short enough to give up.
    let ended = command(arguments, url).env("DB_ACQUIRE_TIMEOUT_MS", "400").run().await;
    assert_eq!(ended.stdout, "", "{arguments:?}");
    ended.complaint(1).to_owned()
}

async fn send(base_url: &str, query: &str) -> Reply {
    let body = serde_json::json!({ "query": query });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    Reply::read(
        client
            .post(format!("{base_url}/graphql"))
            .json(&body)
            .send()
            .await
            .unwrap(),
    )
    .await
}

async fn status(base_url: &str, path: &str) -> u16 {
    reqwest::get(format!("{base_url}{path}"))
        .await
        .unwrap()
        .status()
        .as_u16()
}

const GENERATION: &str = "{ service { generation } }";

mod sqlite {
    use super::*;

    #[tokio::test]
    async fn a_missing_file_is_made_by_who_may_make_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("below/iconql.db");
        for arguments in [&["migrate", "status"][..], &["migrate", "down"]] {
            let expected = format!(
                "no database at {}: run `iconql migrate up` to create it, or set DATABASE_URL",
                file.display()
            );
            assert_eq!(complaint(arguments, &sqlite_url(&file)).await, expected);
            assert!(!file.parent().unwrap().exists());
        }
        let mut server = command(&["serve"], &sqlite_url(&file)).spawn();
        let base_url = server.base_url().await;
        assert!(
            server
                .stdout()
                .contains("The catalog is empty. Fill it with `iconql import PATH`")
        );
        assert_eq!(send(&base_url, GENERATION).await.data("/service/generation"), 0);
        assert!(file.exists());
    }

    #[tokio::test]
    async fn a_place_that_cannot_be_is_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        for (file, expected) in [
            (
                folder.path().join("file/iconql.db"),
                "cannot open the database file: cannot create the folder",
            ),
            (
                folder.path().to_owned(),
                "cannot open the database file: unable to open database file",
            ),
        ] {
            for arguments in [&["serve"][..], &["import"], &["migrate", "up"]] {
                let complaint = complaint(arguments, &sqlite_url(&file)).await;
                assert!(complaint.starts_with(expected), "{arguments:?}: {complaint}");
            }
        }
    }

    #[tokio::test]
    async fn readers_do_not_wait_for_a_writer() {
        let database = TestDatabase::fresh(Engine::Sqlite).await;
        let lock = database.hold_write_lock().await;
        let mut server = command(&["serve"], database.url()).spawn();
        let base_url = server.base_url().await;
        assert_eq!(send(&base_url, GENERATION).await.data("/service/generation"), 0);
        assert_eq!(status(&base_url, "/api/health/ready").await, 200);
        lock.release().await;
    }

    /// A file and a folder that this user may only read. As root, who may always write, another user reads.
    #[tokio::test]
    async fn a_folder_without_permission_is_told() {
        let folder = tempfile::Builder::new().prefix("iconql-").tempdir_in("/tmp").unwrap();
        let file = folder.path().join("iconql.db");
        let _ = command(&["import"], &sqlite_url(&file)).run().await.succeeded();
        let set_mode = |mode: &str, path: &Path| {
            let changed = std::process::Command::new("chmod").arg(mode).arg(path).status();
            assert!(changed.unwrap().success());
        };
        set_mode("0444", &file);
        set_mode("0555", folder.path());
        let script = if runs_as_root() {
            r#"exec setpriv --reuid 65534 --regid 65534 --clear-groups "$0" "$@""#
        } else {
            r#"exec "$0" "$@""#
        };
        let set = starter_package("fa6-solid").join("info.json");
        let as_reader =
            |arguments: &[&str]| Iconql::through_shell(script, BINARY, arguments).database(&sqlite_url(&file));
        for arguments in [&["import", set.to_str().unwrap()][..], &["migrate", "down"]] {
            let ended = as_reader(arguments).run().await;
            let complaint = ended.complaint(1);
            let expected = [
                "the database is read-only: make its file and folder writable",
                "cannot open the database file",
            ];
            assert!(
                expected.iter().any(|expected| complaint.starts_with(expected)),
                "{complaint}"
            );
        }
        set_mode("0755", folder.path());
    }

    #[tokio::test]
    async fn a_file_opened_for_reading_can_be_served_and_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("iconql.db");
        let _ = command(&["import"], &sqlite_url(&file)).run().await.succeeded();
        let read_only = format!("{}?mode=ro", sqlite_url(&file));
        let again = Iconql::new(BINARY, &["import"])
            .arg(fixture("garden.json"))
            .database(&read_only)
            .run()
            .await;
        assert_eq!(
            again.complaint(1),
            "the database is read-only: make its file and folder writable for this user"
        );
        let mut server = command(&["serve"], &read_only).spawn();
        let base_url = server.base_url().await;
        assert_eq!(send(&base_url, GENERATION).await.data("/service/generation"), 1);
        let status = command(&["migrate", "status"], &read_only).run().await.succeeded();
        assert!(status.stdout.starts_with("applied"));
    }

    /// Files of the process may grow to 600 KiB and no further: what a full disk looks like from inside.
    #[tokio::test]
    async fn a_disk_that_is_full_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("iconql.db");
        let url = sqlite_url(&file);
        let _ = command(&["import"], &url).run().await.succeeded();
        let set = starter_package("lucide");
        let import = ["import", set.to_str().unwrap()];
        let script = r#"trap '' XFSZ; ulimit -f 600; exec "$0" "$@""#;
        let ended = Iconql::through_shell(script, BINARY, &import)
            .database(&url)
            .run()
            .await;
        let complaint = ended.complaint(1);
        let expected = [
            "the disk failed: disk I/O error; check its health, its room",
            "the disk or database is full: free some space",
        ];
        assert!(
            expected.iter().any(|expected| complaint.starts_with(expected)),
            "{complaint}"
        );

        let mut server = command(&["serve"], &url).spawn();
        let base_url = server.base_url().await;
        let query = "{ service { generation } iconSets { nodes { prefix total } } changes(since: 0) { generation } }";
        let before = send(&base_url, query).await;
        assert_eq!(before.texts("/iconSets/nodes", "prefix"), ["shed"]);
        assert_eq!(before.data("/changes/generation"), 1);
        let _ = Iconql::new(BINARY, &import).database(&url).run().await.succeeded();
        assert_eq!(
            send(&base_url, query).await.texts("/iconSets/nodes", "prefix"),
            ["lucide", "shed"]
        );
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("iconql.db");
        let noise: Vec<u8> = (0..40_000_u32)
            .flat_map(|index| index.wrapping_mul(2_654_435_761).to_le_bytes())
            .collect();
        fs::write(&file, &noise).unwrap();
        for arguments in COMMANDS {
            let expected = "the database file is damaged or no SQLite database: move it away and import again";
            assert_eq!(complaint(arguments, &sqlite_url(&file)).await, expected);
        }
        assert!(
            fs::read(&file).unwrap() == noise,
            "nobody may write into a file that is none of ours"
        );
    }

    #[tokio::test]
    async fn damage_inside_ends_requests_and_not_the_server() {
        /// Behind the first pages of all tables, which a start reads.
        const DAMAGED_FROM: u64 = 400_000;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("iconql.db");
        let url = sqlite_url(&file);
        let set = starter_package("lucide");
        let import = Iconql::new(BINARY, &["import", set.to_str().unwrap()]).database(&url);
        let _ = import.run().await.succeeded();
        let length = fs::metadata(&file).unwrap().len();
        let mut damaged = fs::OpenOptions::new().write(true).open(&file).unwrap();
        std::io::Seek::seek(&mut damaged, std::io::SeekFrom::Start(DAMAGED_FROM)).unwrap();
        damaged
            .write_all(&vec![0xA5; usize::try_from(length - DAMAGED_FROM).unwrap()])
            .unwrap();
        let mut server = command(&["serve"], &url).spawn();
        let base_url = server.base_url().await;
        let reply = send(
            &base_url,
            r#"{ iconSet(prefix: "lucide") { icons(first: 100) { nodes { body } } } }"#,
        )
        .await;
        assert_eq!(reply.codes(), ["INTERNAL"], "{}", reply.text);
        assert_eq!(reply.errors()[0]["message"], "Something went wrong on the server.");
        let id = reply.errors()[0]["extensions"]["errorId"].as_str().unwrap().to_owned();
        eventually("the log has the error under its id", async || {
            server
                .stderr()
                .lines()
                .any(|line| line.contains(&id) && line.contains("the database file is damaged"))
        })
        .await;
        assert!(!server.stderr().contains("panicked"), "{}", server.stderr());
        assert_eq!(status(&base_url, "/api/health/live").await, 200);
    }
}

on_each_engine! {
    async fn another_writer_is_waited_for(engine) {
        let database = TestDatabase::fresh(engine).await;
        let lock = database.hold_write_lock().await;
        let started = std::time::Instant::now();
        let ended = command(&["import"], database.url()).env("DB_LOCK_TIMEOUT_MS", "100").run().await;
        let expected = "the database is locked by another process that writes: wait for it to end, or raise DB_LOCK_TIMEOUT_MS";
        assert_eq!(ended.complaint(1), expected);
        assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
        // The limits of requests are not those of an import: it waits longer than any of them.
        let patient = command(&["import"], database.url()).env("QUERY_TIMEOUT_MS", "50").env("DB_ACQUIRE_TIMEOUT_MS", "200");
        let mut patient = patient.spawn();
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        for _ in 0..5 {
            ticks.tick().await;
            assert_eq!(patient.status(), None, "{}", patient.stderr());
        }
        lock.release().await;
        let _ = patient.end().await.succeeded();
        assert_eq!(database.number("SELECT generation FROM catalog_state").await, 1);
    }
}

#[tokio::test]
async fn a_url_that_names_no_database_is_told() {
    for (url, expected) in [
        (
            "mysql://db/iconql",
            "cannot use the database URL: it begins with neither sqlite: nor postgres:; write sqlite://FILE",
        ),
        ("iconql.db", "cannot use the database URL"),
        (
            "postgres://iconql@:::/x",
            "cannot use the database URL: it cannot be parsed; write",
        ),
        (
            "sqlite://x.db?mode=upside-down",
            "cannot use the database URL: unknown value \"upside-down\" for `mode`",
        ),
    ] {
        for arguments in COMMANDS {
            let folder = tempfile::tempdir().unwrap();
            let ended = command(arguments, url).in_folder(folder.path()).run().await;
            let complaint = ended.complaint(1);
            let is_missing = arguments == ["migrate", "status"] && complaint.starts_with("no database at x.db");
            assert!(complaint.starts_with(expected) || is_missing, "{complaint}");
        }
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // It takes connections and says nothing; then it is not there at all.
    let silent = complaint(&["serve"], &format!("postgres://iconql@127.0.0.1:{port}/iconql")).await;
    drop(listener);
    let gone = complaint(&["serve"], &format!("postgres://iconql@127.0.0.1:{port}/iconql")).await;
    let nowhere = complaint(&["serve"], "postgres://iconql@no-such-host.invalid/iconql").await;
    for (complaint, reason) in [
        (silent, "it took no connection in time (DB_ACQUIRE_TIMEOUT_MS)"),
        (gone, "it took no connection in time (DB_ACQUIRE_TIMEOUT_MS)"),
        (nowhere, "failed to lookup address information"),
    ] {
        assert!(
            complaint.starts_with(&format!("cannot reach the database: {reason}")),
            "{complaint}"
        );
        assert!(
            complaint.ends_with("; check DATABASE_URL and that the server runs"),
            "{complaint}"
        );
    }
}

#[tokio::test]
async fn a_postgres_is_survived() {
    let mut postgres = OwnPostgres::start().await;
    for (url, reason) in [
        (
            postgres.url("iconql", "wrong"),
            "password authentication failed for user \"iconql\"",
        ),
        (
            postgres.url("not-there", "right"),
            "database \"not-there\" does not exist",
        ),
        (
            postgres.url("iconql", "right").replace("iconql:right", "nobody:right"),
            "password authentication failed for user \"nobody\"",
        ),
    ] {
        for arguments in COMMANDS {
            let expected = format!("cannot reach the database: {reason}; check DATABASE_URL and that the server runs");
            assert_eq!(complaint(arguments, &url).await, expected);
        }
    }

    // `postgresql:` names it too.
    let url = postgres.url("iconql", "right").replacen("postgres:", "postgresql:", 1);
    let _ = command(&["migrate", "up"], &url).run().await.succeeded();
    let _ = command(&["import"], &url).run().await.succeeded();
    let mut server = command(&["serve"], &url)
        // What is kept is shown on, which is tested with the cache.
        .env("CACHE_ENABLED", "false")
        .env("DB_ACQUIRE_TIMEOUT_MS", "300")
        .env("DB_POOL_SIZE", "4")
        .spawn();
    let base_url = server.base_url().await;
    let answers = async || {
        send(
            &base_url,
            "{ icons(names: [\"shed:saw\"]) { ... on Icon { name body } } }",
        )
        .await
    };
    assert_eq!(answers().await.texts("/icons", "name"), ["shed:saw"]);
    // The search is made first.
    eventually("it is ready", async || {
        status(&base_url, "/api/health/ready").await == 200
    })
    .await;

    postgres.stop();
    for _ in 0..8 {
        let started = std::time::Instant::now();
        let reply = answers().await;
        assert_eq!(reply.codes(), ["UNAVAILABLE"], "{}", reply.text);
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }
    // It is asked once a second.
    eventually("it is not ready", async || {
        status(&base_url, "/api/health/ready").await == 503
    })
    .await;
    assert_eq!(status(&base_url, "/api/health/live").await, 200);

    postgres.start_again().await;
    eventually("it answers again by itself", async || {
        answers().await.errors().is_empty()
    })
    .await;
    eventually("it is ready again", async || {
        status(&base_url, "/api/health/ready").await == 200
    })
    .await;
    for _ in 0..8 {
        assert_eq!(answers().await.texts("/icons", "name"), ["shed:saw"]);
    }

    // Restarted between two requests: what was open is dead, and nobody has looked yet.
    postgres.stop();
    postgres.start_again().await;
    let mut failed = 0;
    for _ in 0..20 {
        let reply = answers().await;
        assert!(
            reply.codes().iter().all(|code| *code == "UNAVAILABLE"),
            "{}",
            reply.text
        );
        failed += reply.errors().len();
    }
    assert!(failed <= 4, "{failed} requests failed over 4 dead connections");
    assert!(answers().await.errors().is_empty());
    let ended: Ended = {
        assert!(server.signal("TERM"));
        server.end().await
    };
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(
        !ended.stderr.contains("panicked") && !ended.stderr.contains("right"),
        "{}",
        ended.stderr
    );
}
