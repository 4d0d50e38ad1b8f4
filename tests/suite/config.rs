//! Where a value of the configuration comes from, and what happens to one that cannot be used.

use std::{collections::BTreeMap, fs};

use tempfile::TempDir;
use tests::{Ended, Iconql, workspace_root};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// A folder whose `iconql.toml` holds `file`.
fn folder_with(file: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("iconql.toml"), file).unwrap();
    folder
}

/// `iconql config` with these three sources.
async fn config(file: &str, variables: &[(&str, &str)], flags: &[&str]) -> Ended {
    let folder = folder_with(file);
    let mut command = Iconql::new(BINARY, &[&["config"], flags].concat()).in_folder(folder.path());
    for (name, value) in variables {
        command = command.env(name, value);
    }
    command.run().await
}

/// What `iconql config` prints: variable to value and origin.
fn values(ended: &Ended) -> BTreeMap<String, (String, String)> {
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let line = |line: &str| {
        let (rest, origin) = line.rsplit_once("  ").unwrap();
        let (name, value) = rest.split_once("  ").unwrap();
        (name.to_owned(), (value.trim().to_owned(), origin.to_owned()))
    };
    ended.stdout.lines().map(line).collect()
}

#[tokio::test]
async fn a_flag_wins_over_a_variable_over_the_file_over_the_default() {
    // A text, a number, a switch, a choice, a list, a span of time, an address.
    for (variable, default, others) in [
        ("LOG_LEVEL", "info", ["warn", "debug", "info,schema=trace"]),
        ("MAX_ALIASES", "30", ["31", "32", "33"]),
        ("COMPRESSION_ENABLED", "true", ["false", "true", "false"]),
        ("PROMETHEUS_METRICS_ENABLED", "true", ["false", "false", "true"]),
        (
            "ENVIRONMENT",
            "development",
            ["production", "development", "production"],
        ),
        (
            "CORS_ORIGINS",
            "(unset)",
            ["https://a.example,https://b.example", "*", "https://c.example"],
        ),
        ("REQUEST_TIMEOUT_MS", "5000", ["6000", "7000", "8000"]),
        ("LISTEN", "127.0.0.1:8080", ["127.0.0.1:1", "[::1]:2", "0.0.0.0:3"]),
        (
            "DATABASE_URL",
            "(unset)",
            ["sqlite://a.db", "sqlite://b.db", "sqlite://c.db"],
        ),
    ] {
        let [in_file, in_environment, as_flag] = others;
        let file = format!("{} = \"{in_file}\"", variable.to_lowercase());
        let flag = format!("--{}={as_flag}", variable.to_lowercase().replace('_', "-"));
        let environment = [(variable, in_environment)];
        for (expected, origin, ended) in [
            (default, "default", config("", &[], &[]).await),
            (in_file, "file", config(&file, &[], &[]).await),
            (in_environment, "environment", config(&file, &environment, &[]).await),
            (as_flag, "flag", config(&file, &environment, &[&flag]).await),
            (as_flag, "flag", config("", &[], &[&flag]).await),
        ] {
            assert_eq!(values(&ended)[variable], (expected.to_owned(), origin.to_owned()));
        }
    }
}

#[tokio::test]
async fn the_file_takes_values_of_their_own_types() {
    let file =
        "max_aliases = 7\ncompression_enabled = false\ncors_origins = [\"https://a.example\", \"https://b.example\"]\n";
    let values = values(&config(file, &[], &[]).await);
    assert_eq!(values["MAX_ALIASES"].0, "7");
    assert_eq!(values["COMPRESSION_ENABLED"].0, "false");
    assert_eq!(values["CORS_ORIGINS"].0, "https://a.example,https://b.example");
}

#[tokio::test]
async fn an_empty_variable_counts_as_unset() {
    let ended = config(
        "max_depth = 9",
        &[("MAX_DEPTH", ""), ("DATABASE_URL", ""), ("ICONQL_CONFIG", "")],
        &[],
    )
    .await;
    assert_eq!(values(&ended)["MAX_DEPTH"], ("9".to_owned(), "file".to_owned()));
    assert_eq!(values(&ended)["DATABASE_URL"].1, "default");
}

#[tokio::test]
async fn another_file_can_be_named() {
    let folder = folder_with("max_depth = 9");
    let other = folder.path().join("other.toml");
    fs::write(&other, "max_depth = 8").unwrap();
    let other = other.to_str().unwrap();
    let command = || Iconql::new(BINARY, &["config"]).in_folder(folder.path());
    for (ended, depth) in [
        (command().run().await, "9"),
        (command().env("ICONQL_CONFIG", other).run().await, "8"),
        (command().arg("--config").arg(other).run().await, "8"),
        (
            command()
                .env("ICONQL_CONFIG", "not-there.toml")
                .arg("--config")
                .arg(other)
                .run()
                .await,
            "8",
        ),
    ] {
        assert_eq!(values(&ended)["MAX_DEPTH"], (depth.to_owned(), "file".to_owned()));
    }
    let missing = command().arg("--config=not-there.toml").run().await;
    assert!(missing.complaint(2).starts_with("not-there.toml: No such file"));
}

#[tokio::test]
async fn what_cannot_be_used_stops_every_command_with_its_name() {
    for (file, variable, expected) in [
        ("max_dept = 9", None, "unknown key `max_dept`"),
        ("[limits]\nmax_depth = 9", None, "unknown key `limits`"),
        ("config = \"x\"", None, "unknown key `config`"),
        (
            "max_depth = 0",
            None,
            "MAX_DEPTH (from the configuration file): cannot use \"0\": 0 is not in 1..=64",
        ),
        (
            "max_depth = 1.5",
            None,
            "MAX_DEPTH (from the configuration file): cannot use \"1.5\": invalid digit",
        ),
        ("max_depth = 2026-09-01", None, "`max_depth` must be text, a number"),
        ("max_depth = ", None, "line 1: "),
        ("log_level = \"info\"\nlisten = 127.0.0.1", None, "line 2: "),
        (
            "environment = \"staging\"",
            None,
            "ENVIRONMENT (from the configuration file): cannot use \"staging\": write one of development, production",
        ),
        (
            "",
            Some(("MAX_DEPTH", "x")),
            "MAX_DEPTH (from the environment): cannot use \"x\": invalid digit",
        ),
        (
            "",
            Some(("MAX_DEPTH", "-1")),
            "MAX_DEPTH (from the environment): cannot use \"-1\"",
        ),
        (
            "",
            Some(("LISTEN", "localhost")),
            "LISTEN (from the environment): cannot use \"localhost\": invalid socket address",
        ),
        (
            "",
            Some(("COMPRESSION_ENABLED", "yes")),
            "COMPRESSION_ENABLED (from the environment): cannot use \"yes\": write one of true, false",
        ),
        (
            "",
            Some(("LOG_LEVEL", "=loud=")),
            "LOG_LEVEL (from the environment): cannot use \"=loud=\"",
        ),
        (
            "",
            Some(("PUBLIC_URL", "icons.example")),
            "PUBLIC_URL (from the environment): cannot use \"icons.example\": write it as https://HOST",
        ),
        (
            "",
            Some(("TRUSTED_PROXIES", "10.0.0.0/33")),
            "TRUSTED_PROXIES (from the environment): cannot use \"10.0.0.0/33\": write it as 10.1.2.3, 10.0.0.0/8",
        ),
        (
            "slo_error_rate = 0.0",
            None,
            "SLO_ERROR_RATE (from the configuration file): cannot use \"0\": write a share above 0 and below 1",
        ),
        (
            "",
            Some(("SLO_POPULAR_HIT_RATE", "1")),
            "SLO_POPULAR_HIT_RATE (from the environment): cannot use \"1\": write a share above 0 and below 1",
        ),
        (
            "",
            Some(("SLO_ERROR_RATE", "NaN")),
            "SLO_ERROR_RATE (from the environment): cannot use \"NaN\": write a share above 0 and below 1",
        ),
        // It is a fault also where another source wins.
        (
            "max_depth = 99",
            Some(("MAX_DEPTH", "9")),
            "MAX_DEPTH (from the configuration file): cannot use \"99\"",
        ),
    ] {
        let folder = folder_with(file);
        for command in [
            &["config"][..],
            &["serve"],
            &["migrate", "status"],
            &["import", "x.json"],
            &["schema"],
        ] {
            let mut command = Iconql::new(BINARY, command).in_folder(folder.path());
            if let Some((name, value)) = variable {
                command = command.env(name, value);
            }
            let ended = command.run().await;
            assert!(
                ended.complaint(2).contains(expected),
                "{expected:?} is not in {}",
                ended.stderr
            );
            assert_eq!(ended.stdout, "");
        }
    }
}

#[tokio::test]
async fn a_flag_that_cannot_be_used_is_named() {
    for (flag, expected) in [
        ("--max-dept=9", "unexpected argument '--max-dept'"),
        (
            "--max-depth=0",
            "invalid value '0' for '--max-depth <COUNT>': 0 is not in 1..=64",
        ),
        ("--environment=staging", "[possible values: development, production]"),
        (
            "--listen=localhost",
            "invalid value 'localhost' for '--listen <ADDRESS>'",
        ),
    ] {
        let ended = config("", &[], &[flag]).await;
        assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn passwords_are_never_shown() {
    for (url, shown) in [
        ("postgres://iconql:hush@db/iconql", "postgres://iconql:***@db/iconql"),
        (
            "postgres://iconql:hush@@hush@db/iconql",
            "postgres://iconql:***@db/iconql",
        ),
        (
            "postgres://db/iconql?user=iconql&password=hush",
            "postgres://db/iconql?user=iconql&password=***",
        ),
        ("postgres://iconql@db/iconql", "postgres://iconql@db/iconql"),
    ] {
        for (file, variables) in [
            (format!("database_url = {url:?}"), vec![]),
            (String::new(), vec![("DATABASE_URL", url)]),
        ] {
            let ended = config(&file, &variables, &[]).await;
            assert_eq!(values(&ended)["DATABASE_URL"].0, shown);
        }
    }
    // Nor where the file or the URL is no such thing.
    let not_quoted = config("database_url = postgres://iconql:hush@db/iconql", &[], &[]).await;
    assert!(!not_quoted.complaint(2).contains("hush"), "{}", not_quoted.stderr);
    let no_url = Iconql::new(BINARY, &["serve"])
        .database("postgres://iconql:hush hush@:::/x")
        .run()
        .await;
    assert!(!no_url.complaint(1).contains("hush"), "{}", no_url.stderr);
    let bad_key = config("", &[("PUBLIC_URL", "ftp://iconql:hush@db")], &[]).await;
    assert!(!bad_key.complaint(2).contains("hush"), "{}", bad_key.stderr);
}

/// `.env.example` has a line for each value, commented out, with its default and one line of meaning above it.
#[tokio::test]
async fn the_example_lists_every_variable_with_its_default() {
    let example = fs::read_to_string(workspace_root().join(".env.example")).unwrap();
    let lines: Vec<&str> = example.lines().collect();
    let mut found = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        let Some((name, value)) = line.strip_prefix('#').and_then(|line| line.split_once('=')) else {
            continue;
        };
        let is_of_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        if !name.bytes().all(is_of_name) {
            continue;
        }
        let meaning = lines[index - 1].strip_prefix("# ");
        assert!(
            meaning.is_some_and(|meaning| meaning.len() > 10),
            "{name} has no meaning above it"
        );
        let earlier = found.insert(name.to_owned(), value.to_owned());
        assert_eq!(earlier, None, "{name} stands there twice");
    }
    let defaults = values(&config("", &[], &[]).await);
    let expected: BTreeMap<String, String> = defaults
        .into_iter()
        .map(|(name, (value, _))| (name, if value == "(unset)" { String::new() } else { value }))
        .collect();
    for name in ["ICONQL_CONFIG", "OTEL_EXPORTER_OTLP_ENDPOINT"] {
        assert!(found.remove(name).is_some(), "{name} is missing");
    }
    assert_eq!(found, expected);
    assert!(
        lines.iter().all(|line| line.is_empty() || line.starts_with('#')),
        "a copy must change nothing"
    );
}

/// What the example says of a value is what `--help` says of it.
#[tokio::test]
async fn the_example_means_what_the_help_means() {
    let example = fs::read_to_string(workspace_root().join(".env.example")).unwrap();
    let help = Iconql::new(BINARY, &["serve", "--help"])
        .env("COLUMNS", "1000")
        .run()
        .await
        .succeeded();
    let help: Vec<&str> = help.stdout.lines().map(str::trim).collect();
    let flags = help
        .iter()
        .enumerate()
        .filter_map(|(index, line)| Some((index, line.strip_prefix("--")?)));
    let mut checked = 0;
    for (index, flag) in flags {
        let (flag, _) = flag.split_once(' ').unwrap();
        let variable = if flag == "config" {
            "ICONQL_CONFIG".to_owned()
        } else {
            flag.to_uppercase().replace('-', "_")
        };
        let paragraph: Vec<&str> = help[index + 1..]
            .iter()
            .take_while(|line| !line.is_empty())
            .copied()
            .collect();
        let meaning = format!("# {}\n#{variable}=", paragraph.join(" "));
        assert!(example.contains(&meaning), "{meaning:?} is not in .env.example");
        checked += 1;
    }
    assert!(checked > 30, "{checked} flags");
}
