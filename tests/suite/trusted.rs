//! Trusted documents: those that manifests list, in each of the modes.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Engine, Iconql, Reply, TestApp, eventually, workspace_root};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");
const TREE: &str = "query Tree($name: IconName!) { icon(by: { name: $name }) { key } }";

/// A manifest in a folder of its own.
struct Manifest(TempDir);

impl Manifest {
    fn holding(manifest: &Value) -> Self {
        let own = Self(tempfile::tempdir().unwrap());
        own.write(&manifest.to_string());
        own
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("manifest.json")
    }

    fn write(&self, text: &str) {
        // As whole as deployments replace files.
        let new = self.0.path().join("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.path()).unwrap();
    }

    async fn serve(&self, mode: &str) -> TestApp {
        let builder = TestApp::build_with_garden(Engine::Sqlite).await;
        let manifest = format!("--documents-manifest={}", self.path().display());
        builder
            .flag(&format!("--documents-mode={mode}"))
            .flag(&manifest)
            .start()
            .await
    }
}

fn apollo(operations: &Value) -> Value {
    json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": operations })
}

async fn by_id(app: &TestApp, id: &str) -> Reply {
    app.post(&json!({ "documentId": id, "variables": { "name": "garden:tree" } }))
        .await
}

fn assert_tree(reply: &Reply) {
    assert_eq!(
        (reply.status, reply.data("/icon/key")),
        (200, &json!("tree")),
        "{}",
        reply.text
    );
}

fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.codes()), (status, vec![code]), "{}", reply.text);
}

#[tokio::test]
async fn only_documents_of_the_list_are_answered() {
    let operations = json!([
        { "id": "tree", "name": "Tree", "type": "query", "body": TREE },
        { "id": "own", "name": "Own", "body": "{ service { version } }", "clientName": "web" },
        { "id": "outdated", "name": "Outdated", "body": "{ nonsense }" },
    ]);
    let manifest = Manifest::holding(&apollo(&operations));
    let app = manifest.serve("trusted_only").await;
    assert_tree(&by_id(&app, "tree").await);
    let persisted = json!({ "persistedQuery": { "version": 1, "sha256Hash": "tree" } });
    assert_tree(
        &app.post(&json!({ "extensions": persisted, "variables": { "name": "garden:tree" } }))
            .await,
    );
    for id in ["own", "outdated", "nothing", "", "sha256:00"] {
        assert_refused(&by_id(&app, id).await, 404, "PERSISTED_QUERY_NOT_IN_LIST");
    }
    for text in [TREE, "{ __typename }", "mutation { x }", "{"] {
        assert_refused(&app.graphql(text).await, 400, "PERSISTED_QUERY_ID_REQUIRED");
    }
    let registering = json!({ "query": "{ __typename }", "extensions": { "persistedQuery": { "version": 1,
        "sha256Hash": "7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b" } } });
    assert_refused(&app.post(&registering).await, 404, "PERSISTED_QUERY_NOT_IN_LIST");
    let own = app
        .request(reqwest::Method::POST, "/graphql")
        .header("apollographql-client-name", "web")
        .json(&json!({ "documentId": "own" }));
    assert!(app.send(own).await.data("/service/version").is_string());
    // Its name is known, so that it may stand in the metrics.
    let metrics = app.get("/metrics").await.text;
    assert!(
        metrics.contains(r#"operation="Tree""#) && !metrics.contains("Outdated"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_list_is_read_again_when_it_changes() {
    let manifest = Manifest::holding(&json!({ "old": TREE }));
    let app = manifest.serve("trusted_only").await;
    assert_tree(&by_id(&app, "old").await);
    let status = async |id: &str| by_id(&app, id).await.status;
    manifest.write(&json!({ "newer": TREE }).to_string());
    eventually("the new list is in force", async || status("newer").await == 200).await;
    assert_eq!(status("old").await, 404);
    // A list that cannot be read leaves the one of before in force; the next is read again.
    manifest.write("{");
    manifest.write(&json!({ "newest": TREE }).to_string());
    eventually("the newest list is in force", async || status("newest").await == 200).await;
}

#[tokio::test]
async fn other_modes_answer_every_document() {
    let manifest = Manifest::holding(&json!({ "tree": TREE }));
    for mode in ["open", "log_unknown"] {
        let app = manifest.serve(mode).await;
        assert_tree(&by_id(&app, "tree").await);
        assert_eq!(
            app.graphql("{ __typename }").await.data("/__typename"),
            "Query",
            "{mode}"
        );
        assert_refused(&by_id(&app, "nothing").await, 200, "PERSISTED_QUERY_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_read_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/x.db?mode=rwc", folder.path().display());
    let file = folder.path().join("manifest.json");
    let serve = async |flags: &[&str]| {
        let arguments = [&["serve", "--listen=127.0.0.1:0"], flags].concat();
        Iconql::new(BINARY, &arguments)
            .in_folder(folder.path())
            .database(&database)
            .run()
            .await
    };
    let flag = format!("--documents-manifest={}", file.display());
    for (text, words) in [
        (None, "cannot read the manifest"),
        (Some("{"), "it is no JSON"),
        (Some(r#"{"format":"x","version":1,"operations":[]}"#), "its format is"),
    ] {
        if let Some(text) = text {
            fs::write(&file, text).unwrap();
        }
        let ended = serve(&[&flag]).await;
        assert_eq!(ended.status, Some(1), "{}", ended.stderr);
        assert!(
            ended.stderr.contains(words) && ended.stderr.contains("manifest.json"),
            "{}",
            ended.stderr
        );
    }
    let ended = serve(&["--documents-mode=trusted_only"]).await;
    assert_eq!(ended.status, Some(1));
    assert!(ended.stderr.contains("DOCUMENTS_MANIFEST"), "{}", ended.stderr);
}

#[tokio::test]
async fn the_examples_become_a_list_that_is_served() {
    let examples = workspace_root().join("frontend-examples/operations");
    let examples = examples.display().to_string();
    let check = Iconql::new(BINARY, &["operations", "check", &examples]).run().await;
    assert_eq!((check.status, check.stderr.as_str()), (Some(0), ""));
    assert!(check.stdout.contains("operations fit the schema"), "{}", check.stdout);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifest.json");
    let written = Iconql::new(BINARY, &["operations", "manifest", "--add-typename", &examples, "-o"])
        .arg(&file)
        .run()
        .await;
    assert_eq!(
        (written.status, written.stdout.as_str()),
        (Some(0), ""),
        "{}",
        written.stderr
    );
    let manifest: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let served = Manifest::holding(&manifest);
    let app = served.serve("trusted_only").await;
    let operations = manifest["operations"].as_array().unwrap();
    let service = operations
        .iter()
        .find(|operation| operation["name"] == "ServiceInfo")
        .unwrap();
    let reply = app.post(&json!({ "documentId": service["id"] })).await;
    assert!(
        reply.errors().is_empty() && reply.json["data"].is_object(),
        "{}",
        reply.text
    );
    assert_eq!(reply.data("/service/__typename"), "Service", "as caches have it");
}

#[tokio::test]
async fn documents_that_do_not_fit_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = "query Good { service { ...facts } }";
    fs::create_dir(folder.path().join("parts")).unwrap();
    fs::write(
        folder.path().join("parts/facts.gql"),
        "fragment facts on Service { version }",
    )
    .unwrap();
    let check = async |file: &str, text: &str| {
        fs::write(folder.path().join(file), text).unwrap();
        let path = folder.path().display().to_string();
        Iconql::new(BINARY, &["operations", "check", &path]).run().await
    };
    let ended = check("a.graphql", good).await;
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    for (text, words) in [
        (
            "query Bad { nonsense }",
            "b.graphql: Bad: 1:13: Unknown field \"nonsense\"",
        ),
        (
            "query Good { __typename }",
            "b.graphql: there is another operation Good",
        ),
        ("{ __typename }", "b.graphql: an operation has no name"),
        (
            "query Large { iconSets(first: 100) { nodes { icons(first: 100) { nodes { name } } } } }",
            "maxCost",
        ),
        ("query Open {", "b.graphql: "),
        ("fragment facts on Service { startedAt }", "another fragment facts"),
    ] {
        let ended = check("b.graphql", text).await;
        assert_eq!(ended.status, Some(1), "{text}");
        assert!(ended.stderr.contains(words), "{text}: {}", ended.stderr);
    }
    // A manifest is looked at as well, and so is one file.
    let check = async |file: &str, text: &str| {
        let path = folder.path().join(file);
        fs::write(&path, text).unwrap();
        let path = path.display().to_string();
        Iconql::new(BINARY, &["operations", "check", &path]).run().await
    };
    let listed = |operations: Value| apollo(&operations).to_string();
    let [good, bad] = ["query Good { __typename }", "query Bad { nonsense }"];
    for (file, text) in [
        ("one.graphql", good.to_owned()),
        (
            "apollo.json",
            listed(json!([{ "id": "1", "name": "Good", "body": good }])),
        ),
        ("relay.json", json!({ "1": good, "2": good }).to_string()),
    ] {
        let ended = check(file, &text).await.succeeded();
        assert!(ended.stdout.contains("operations fit the schema"), "{}", ended.stdout);
    }
    for (text, words) in [
        (
            listed(json!([{ "id": "1", "name": "Good", "body": good }, { "id": "2", "name": "Bad", "body": bad }])),
            "manifest.json: Bad: 1:13: Unknown field \"nonsense\"",
        ),
        (json!({ "some id": bad }).to_string(), "manifest.json: some id: 1:13"),
        (
            listed(json!([{ "id": "1", "body": good }, { "id": "1", "body": good }])),
            "manifest.json: there is another document 1",
        ),
        ("{".to_owned(), "cannot use the manifest"),
    ] {
        let ended = check("manifest.json", &text).await;
        assert_eq!(ended.status, Some(1), "{text}");
        assert!(ended.stderr.contains(words), "{text}: {}", ended.stderr);
    }
    let empty = tempfile::tempdir().unwrap().path().display().to_string();
    let ended = Iconql::new(BINARY, &["operations", "check", &empty]).run().await;
    assert_eq!(ended.status, Some(1), "{}", ended.stderr);
}

/// What a document costs may depend on its variables: that is found out when it is asked for.
#[tokio::test]
async fn a_listed_document_may_leave_its_size_to_variables() {
    let documents = [
        "query Q($v: [String!]!) { icons(names: $v) { ... on Icon { name } } }",
        "query Q($v: [ID!]!) { nodes(ids: $v) { id } }",
        "query Q($v: String!) { icons(names: [$v]) { ... on Icon { name } } }",
        "query Q($v: Int) { search(query: \"a\", first: $v) { nodes { name } } }",
        "query Q($v: [Int!]!) { searchPages(query: \"a\", pages: $v) { number } }",
        "query Q($v: [String!]!) { setsCovering(concepts: $v) { __typename } }",
    ];
    let folder = tempfile::tempdir().unwrap();
    for (number, document) in documents.iter().enumerate() {
        fs::write(
            folder.path().join(format!("{number}.graphql")),
            document.replace('Q', &format!("Q{number}")),
        )
        .unwrap();
    }
    let path = folder.path().display().to_string();
    let check = Iconql::new(BINARY, &["operations", "check", &path])
        .run()
        .await
        .succeeded();
    assert!(check.stdout.contains("operations fit the schema"), "{}", check.stdout);
    // One that is not declared is a fault all the same.
    fs::write(
        folder.path().join("x.graphql"),
        "query X { icons(names: $v) { ... on Icon { name } } }",
    )
    .unwrap();
    let check = Iconql::new(BINARY, &["operations", "check", &path]).run().await;
    assert!(
        check.status != Some(0) && check.stderr.contains("x.graphql"),
        "{} {}",
        check.stdout,
        check.stderr
    );
}
