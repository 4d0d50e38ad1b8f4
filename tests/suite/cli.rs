//! The command line as people and scripts meet it.

use std::{fmt::Write as _, fs};

use tests::{Engine, Iconql, MIGRATIONS, TestDatabase, fixture, workspace_root};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Every command there is.
const COMMANDS: [&[&str]; 15] = [
    &[],
    &["serve"],
    &["import"],
    &["migrate"],
    &["migrate", "up"],
    &["migrate", "down"],
    &["migrate", "status"],
    &["keys"],
    &["keys", "create"],
    &["keys", "list"],
    &["keys", "revoke"],
    &["backup"],
    &["restore"],
    &["schema"],
    &["config"],
];

/// `UPDATE_HELP=1` writes the file instead of comparing with it.
#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the tests")]
fn is_update() -> bool {
    std::env::var("UPDATE_HELP").is_ok_and(|value| value == "1")
}

/// What `--help` says of a command, and of the settings once, since every command has them.
async fn help() -> String {
    let mut text = String::new();
    for command in COMMANDS {
        let help = Iconql::new(BINARY, &[command, &["--help"]].concat())
            .env("COLUMNS", "100")
            .run()
            .await
            .succeeded();
        assert_eq!(help.stderr, "");
        let settings = help
            .stdout
            .find("\nConfiguration:\n")
            .expect("every command takes the settings");
        let (own, settings) = help.stdout.split_at(settings);
        let _ = write!(
            text,
            "$ iconql {}\n\n{own}\n",
            [command, &["--help"]].concat().join(" ")
        );
        if command == ["config"] {
            text.push_str(settings);
        }
    }
    // The terminal does not show spaces at the end of a line, and editors take them away.
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

#[tokio::test]
async fn the_help_is_what_was_agreed_on() {
    let file = fixture("help.txt");
    let help = help().await;
    if is_update() {
        fs::write(&file, &help).unwrap();
    }
    let agreed = fs::read_to_string(&file).unwrap();
    assert!(
        help == agreed,
        "the help changed: look at it with `UPDATE_HELP=1 cargo test -p tests cli::` and `git diff`"
    );
}

#[tokio::test]
async fn the_help_fits_a_terminal() {
    for command in COMMANDS {
        let help = Iconql::new(BINARY, &[command, &["-h"]].concat())
            .env("COLUMNS", "80")
            .run()
            .await
            .succeeded();
        let widest = help.stdout.lines().max_by_key(|line| line.chars().count()).unwrap();
        assert!(widest.chars().count() <= 80, "{command:?}: {widest}");
        assert!(!help.stdout.contains('\u{1b}'), "colours that no terminal asked for");
    }
}

#[tokio::test]
async fn the_version_is_one_line() {
    for command in COMMANDS {
        let version = Iconql::new(BINARY, &[command, &["--version"]].concat())
            .run()
            .await
            .succeeded();
        assert_eq!(version.stdout.lines().count(), 1, "{command:?}");
        assert!(version.stdout.starts_with("iconql"), "{}", version.stdout);
    }
}

#[tokio::test]
async fn the_schema_is_the_committed_one() {
    let printed = Iconql::new(BINARY, &["schema"]).run().await.succeeded();
    let committed = fs::read_to_string(workspace_root().join("schema/schema.graphql")).unwrap();
    assert!(
        printed.stdout.trim_end() == committed.trim_end(),
        "schema/schema.graphql is not what is printed"
    );
    assert_eq!(printed.stderr, "");
}

#[tokio::test]
async fn bad_usage_is_2_and_says_how() {
    for (arguments, expected) in [
        (&[][..], "Usage: iconql [OPTIONS] <COMMAND>"),
        (&["import"], "the following required arguments were not provided"),
        (&["imports"], "a similar subcommand exists: 'import'"),
        (&["migrate"], "Usage: iconql migrate"),
        (&["migrate", "down", "--steps=0"], "0 is not in 1.."),
        (&["keys"], "Usage: iconql keys"),
        (&["serve", "now"], "unexpected argument 'now'"),
        (&["config", "--listen"], "a value is required"),
    ] {
        let ended = Iconql::new(BINARY, arguments).run().await;
        assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ended.stderr.contains(expected), "{arguments:?}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn migrations_go_up_and_down_and_tell() {
    let folder = tempfile::tempdir().unwrap();
    // The folder of the database is made with it.
    let url = format!("sqlite://{}", folder.path().join("new/iconql.db").display());
    let migrate = |arguments: &[&str]| Iconql::new(BINARY, &[&["migrate"], arguments].concat()).database(&url);
    let all = MIGRATIONS.len();
    let [applied, behind, pending] = [all, all - 1, 0].map(|applied| {
        let states = (0..all).map(|place| if place < applied { "applied" } else { "pending" });
        let lines: Vec<String> = states
            .zip(MIGRATIONS)
            .map(|(state, name)| format!("{state}  {name}\n"))
            .collect();
        lines.concat()
    });
    let [all_down, more] = [all, all + 1].map(|steps| format!("--steps={steps}"));
    for (arguments, expected) in [
        (&["up"][..], &applied),
        (&["up"], &applied),
        (&["status"], &applied),
        (&["down"], &behind),
        (&["status"], &behind),
        (&["up"], &applied),
        (&["down", &all_down], &pending),
        (&["down", &more], &pending),
        (&["up"], &applied),
    ] {
        assert_eq!(
            &migrate(arguments).run().await.succeeded().stdout,
            expected,
            "{arguments:?}"
        );
    }
    // Closed in order: one file and no log beside it.
    assert_eq!(fs::read_dir(folder.path().join("new")).unwrap().count(), 1);
}

/// What a script reads is on standard output, what a person reads is on standard error.
#[tokio::test]
async fn results_and_logs_go_their_own_ways() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("iconql.db").display());
    // The first import migrates, and logs that it does.
    let ended = Iconql::new(BINARY, &["import"])
        .arg(fixture("shed.json"))
        .database(&url)
        .run()
        .await
        .succeeded();
    assert!(ended.stdout.starts_with("shed: 2 added\n"), "{}", ended.stdout);
    assert!(ended.stderr.contains("m20261101_000001_catalog"), "{}", ended.stderr);
    for text in [&ended.stdout, &ended.stderr] {
        assert!(
            !text.contains(['\u{1b}', '\r', '█', '░']),
            "nobody watches, and yet something is drawn: {text:?}"
        );
    }
    let again = Iconql::new(BINARY, &["import"])
        .arg(fixture("shed.json"))
        .database(&url)
        .run()
        .await
        .succeeded();
    assert_eq!(again.stderr, "");
    let quiet = Iconql::new(BINARY, &["import", "--log-format=json"])
        .arg(fixture("garden.json"))
        .database(&url)
        .run()
        .await;
    assert_eq!(quiet.succeeded().stderr, "");
}

#[tokio::test]
async fn logs_are_json_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("iconql.db").display());
    for (flag, is_json) in [
        ("--log-format=json", true),
        ("--environment=production", true),
        ("--log-format=pretty", false),
    ] {
        let _ = fs::remove_file(folder.path().join("iconql.db"));
        let ended = Iconql::new(BINARY, &["migrate", "up", flag])
            .database(&url)
            .run()
            .await
            .succeeded();
        let lines = ended.stderr.lines().collect::<Vec<_>>();
        assert!(!lines.is_empty());
        let objects = lines.iter().filter(|line| {
            serde_json::from_str::<serde_json::Value>(line).is_ok_and(|line| line["message"].is_string())
        });
        assert_eq!(
            objects.count(),
            if is_json { lines.len() } else { 0 },
            "{flag}: {}",
            ended.stderr
        );
    }
}

/// `iconql schema | head -1` is no error: whoever reads may stop reading.
#[tokio::test]
async fn a_reader_that_leaves_is_no_error() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let file = fixture("garden.json");
    for arguments in [
        &["schema"][..],
        &["config"],
        &["--help"],
        &["migrate", "status"],
        &["import", file.to_str().unwrap()],
    ] {
        // The reader is gone before the first byte comes.
        let script = r#"set -o pipefail; { read -r _ <&3; "$0" "$@"; } 3< <(echo) | true; echo "${PIPESTATUS[0]}" >&2"#;
        let ended = Iconql::through_shell(script, BINARY, arguments)
            .database(database.url())
            .run()
            .await;
        assert_eq!(ended.stderr, "0\n", "{arguments:?}");
    }
}

#[tokio::test]
async fn an_output_that_is_full_is_an_error() {
    for arguments in [&["schema"][..], &["config"]] {
        let ended = Iconql::through_shell(r#"exec "$0" "$@" >/dev/full"#, BINARY, arguments)
            .run()
            .await;
        assert!(
            ended
                .complaint(1)
                .starts_with("cannot write to standard output: No space left"),
            "{ended:?}"
        );
    }
}
