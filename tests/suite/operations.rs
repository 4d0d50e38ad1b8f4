//! The example documents: each runs without an error, and within its number of SQL statements.

use std::{
    fs,
    path::{Path, PathBuf},
};

use graphql_parser::schema::parse_schema;
use serde_json::{Value, json};
use tests::{Iconql, Process, Socket, TestApp, TestDatabase, on_each_engine, workspace_root};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Each document and the statements it may take; of those that are followed, each of their events.
const BUDGETS: [(&str, u32); 15] = [
    // The series; rankings, sets, an unranked day, names, the icons; shares; users, the first day, users before; hours of the day; history.
    ("Analytics", 14),
    // The changes, their names.
    ("Changes", 2),
    // The sets, their number, the samples.
    ("IconSets", 3),
    // The set, the page.
    ("IconsOfSet", 2),
    // What the process and others tell.
    ("LiveMetrics", 0),
    // The icon, its aliases, variants and tags, its set for the licence.
    ("OneIcon", 5),
    // What was promised, and the last hour of it; operations, times, errors, layers, slow statements.
    ("Operations", 7),
    // The icons, their sets.
    ("ScrollPage", 2),
    // The icons, their sets; the search itself takes none.
    ("Search", 2),
    // The generation.
    ("ServiceInfo", 1),
    // The icons, the sets.
    ("SetsCovering", 2),
    // The index alone.
    ("Suggest", 0),
    // The icons that trend and those that are found, their usage.
    ("Trending", 3),
    // The icons.
    ("UsageFeed", 1),
    // The icon, its usage, what is related, and the icons that those are.
    ("UsedTogether", 4),
];

/// Whether a document is followed, and not answered once.
fn is_followed(document: &str) -> bool {
    document.lines().any(|line| line.starts_with("subscription "))
}

fn document(name: &str) -> String {
    let file = workspace_root()
        .join("frontend-examples/operations")
        .join(format!("{name}.graphql"));
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn every_example_has_a_budget() {
    let folder = fs::read_dir(workspace_root().join("frontend-examples/operations")).unwrap();
    let mut found: Vec<String> = folder
        .map(|entry| {
            entry
                .unwrap()
                .file_name()
                .into_string()
                .unwrap()
                .replace(".graphql", "")
        })
        .collect();
    found.sort();
    assert_eq!(found, BUDGETS.map(|(name, _)| name));
}

/// The files of documents in a folder and those below. What is installed or generated there is somebody else's; schemas are none.
fn documents_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            if name != "node_modules" && name != "generated" {
                documents_below(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "graphql")
            && parse_schema::<String>(&fs::read_to_string(&path).unwrap()).is_err()
        {
            found.push(path);
        }
    }
}

/// Of each example, wherever its documents stand: each has its own names and fragments.
#[tokio::test]
async fn every_document_of_every_example_fits_the_schema() {
    let mut examples = 0;
    for entry in fs::read_dir(workspace_root().join("frontend-examples")).unwrap() {
        let example = entry.unwrap().path();
        let mut documents = Vec::new();
        if example.is_dir() && !example.ends_with("node_modules") {
            documents_below(&example, &mut documents);
        }
        if documents.is_empty() {
            continue;
        }
        examples += 1;
        let folder = tempfile::tempdir().unwrap();
        for (number, document) in documents.iter().enumerate() {
            fs::copy(document, folder.path().join(format!("{number}.graphql"))).unwrap();
        }
        let check = Iconql::new(env!("CARGO_BIN_EXE_iconql-under-test"), &["operations", "check"]);
        let ended = check.arg(folder.path()).run().await;
        let told = || format!("{}, numbered {documents:#?}: {}", example.display(), ended.stderr);
        assert_eq!(ended.status, Some(0), "{}", told());
        assert!(ended.stdout.contains("operations fit the schema"), "{}", told());
    }
    assert_ne!(examples, 0);
}

on_each_engine! {
    async fn every_example_runs_within_its_budget(engine) {
        let app = TestApp::with_starter(engine).await;
        for (name, budget) in BUDGETS {
            let document = document(name);
            if is_followed(&document) {
                continue;
            }
            let reply = app.graphql(&document).await;
            assert!(reply.errors().is_empty(), "{name}: {}", reply.text);
            assert!(reply.statements() <= budget, "{name}: {} statements", reply.statements());
        }
    }

    async fn every_example_that_is_followed_tells_within_its_budget(engine) {
        let set = json!({ "prefix": "u", "icons": { "a": { "body": "<path d=\"M0 0h1\"/>" }, "b": { "body": "<path d=\"M0 1h1\"/>" } } });
        let database = TestDatabase::with_set(engine, &set).await;
        for (name, budget) in BUDGETS.into_iter().filter(|(name, _)| is_followed(&document(name))) {
            // Whatever it reads is counted, for nothing is kept.
            let server = Process::serve(BINARY, database.url(), &["--cache-enabled=false"]);
            // A loader runs one statement for each batch.
            let batches = async || {
                let text = server.get("/metrics").await.text;
                let counts = text.lines().filter(|line| line.starts_with("dataloader_batch_size_count"));
                counts.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u32>().unwrap()).sum::<u32>()
            };
            let used = json!({ "query": "mutation { recordUsage(input: { events: [{ icon: \"u:a\", kind: COPY }, { icon: \"u:b\", kind: COPY }] }) { accepted } }" });
            let mut socket = Socket::ready(server.base_url()).await;
            socket.subscribe("1", &document(name)).await;
            let mut events = 0;
            while events == 0 || (batches().await == 0 && budget > 0) {
                assert_eq!(server.post(&used).await.data("/recordUsage/accepted"), 2);
                let message = socket.receive().await;
                assert_eq!((&message["type"], message["payload"].get("errors")), (&json!("next"), None), "{name}: {message}");
                events += 1;
            }
            let batches = batches().await;
            assert!(batches <= budget * events, "{name}: {batches} statements of {events} events");
        }
    }

    async fn the_scrolling_page_shows_all_but_the_one_that_is_missing(engine) {
        let app = TestApp::with_starter(engine).await;
        let reply = app.graphql(&document("ScrollPage")).await;
        let kinds = reply.texts("/icons", "__typename");
        let (last, others) = kinds.split_last().unwrap();
        assert_eq!(last, "IconNotFound");
        assert!(others.iter().all(|kind| kind == "Icon"), "{kinds:?}");
    }

    async fn pages_go_on_where_they_ended(engine) {
        let app = TestApp::with_starter(engine).await;
        let first = app.graphql_with(&document("IconsOfSet"), serde_json::json!({ "first": 3 })).await;
        let after: &Value = first.data("/iconSet/icons/pageInfo/endCursor");
        let next = app.graphql_with(&document("IconsOfSet"), serde_json::json!({ "first": 2, "after": after })).await;
        let names = [first.texts("/iconSet/icons/nodes", "name"), next.texts("/iconSet/icons/nodes", "name")].concat();
        assert_eq!(names, crate::starter::set("lucide").listed()[..5]);
    }
}
