//! The walls between the rooms, as ARCHITECTURE.md has them.

use std::{collections::BTreeSet, fs, path::Path, process::Command, sync::OnceLock};

use serde_json::Value;
use tests::workspace_root;

/// Each room and the rooms it may depend on.
const ROOMS: [(&str, &[&str]); 8] = [
    ("entities", &[]),
    ("migration", &[]),
    // Its own tests need the tables.
    ("domain", &["entities", "migration (dev)"]),
    ("schema", &["domain"]),
    ("api", &["domain", "migration", "schema"]),
    // The harness wires a server; the tests themselves speak HTTP.
    ("tests", &["api", "domain", "migration"]),
    ("benches", &["api", "domain", "schema", "tests"]),
    ("fuzz", &["domain", "schema"]),
];

/// What belongs to some rooms, by the beginning of a crate's name.
const WALLED: [(&str, &[&str]); 14] = [
    ("async-graphql", &["schema"]),
    ("axum", &["api"]),
    ("clap", &["api"]),
    // The least that speaks HTTP, to measure what iconql adds to it.
    ("hyper", &["api", "benches"]),
    ("tower", &["api"]),
    // The tests are its clients.
    ("tokio-tungstenite", &["api", "tests"]),
    ("opentelemetry", &["api"]),
    ("tracing-subscriber", &["api"]),
    ("sea-orm-migration", &["migration"]),
    ("sea-orm", &["domain", "entities", "migration"]),
    // The engines alone, to measure what iconql adds to them.
    ("sqlx", &["benches"]),
    ("redis", &["domain"]),
    ("reqwest", &["tests", "benches"]),
    ("libfuzzer-sys", &["fuzz"]),
];

/// Longest a hand-written file may be.
const MAX_LINES: usize = 500;

fn packages() -> &'static [Value] {
    static PACKAGES: OnceLock<Vec<Value>> = OnceLock::new();
    PACKAGES.get_or_init(|| {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
            .current_dir(workspace_root())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
        metadata["packages"].as_array().expect("packages").clone()
    })
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    package["dependencies"].as_array().expect("dependencies").iter()
}

#[test]
fn every_crate_is_a_room() {
    let found: BTreeSet<&str> = packages().iter().map(|package| text(package, "name")).collect();
    let known: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    assert_eq!(found, known);
}

#[test]
fn rooms_depend_one_way() {
    let is_room = |name: &str| ROOMS.iter().any(|(room, _)| *room == name);
    for (room, allowed) in ROOMS {
        let package = packages()
            .iter()
            .find(|package| text(package, "name") == room)
            .expect("a room is a crate");
        let named = dependencies(package)
            .filter(|dependency| is_room(text(dependency, "name")))
            .map(|dependency| match text(dependency, "kind") {
                "" => text(dependency, "name").to_owned(),
                kind => format!("{} ({kind})", text(dependency, "name")),
            });
        for dependency in named {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{room} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn crates_stay_in_their_rooms() {
    for package in packages() {
        let room = text(package, "name");
        for name in dependencies(package).map(|dependency| text(dependency, "name")) {
            let wall = WALLED.iter().find(|(crate_name, _)| name.starts_with(crate_name));
            let allowed = wall.is_none_or(|(_, rooms)| rooms.contains(&room));
            assert!(allowed, "{room} must not depend on {name}");
        }
    }
}

#[test]
fn no_file_is_too_long() {
    let mut files = 0;
    for (room, _) in ROOMS {
        each_source(&workspace_root().join(room), &mut |file| {
            files += 1;
            let lines = fs::read_to_string(file).expect("a source is text").lines().count();
            assert!(lines <= MAX_LINES, "{} has {lines} lines: make it two", file.display());
            assert_ne!(
                file.file_name().and_then(|name| name.to_str()),
                Some("mod.rs"),
                "{}",
                file.display()
            );
        });
    }
    assert!(files > 100, "only {files} files were found");
}

fn each_source(folder: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("a folder can be listed").path();
        let is_foreign = path.ends_with("node_modules") || path.ends_with("target");
        if path.is_dir() && !is_foreign {
            each_source(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path);
        }
    }
}
