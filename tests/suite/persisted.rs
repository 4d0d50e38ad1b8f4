//! Documents that are known by their hash: automatic persisted queries.

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tests::{Engine, Reply, TestApp};

const DOCUMENT: &str = "query Tree($name: IconName!) { icon(by: { name: $name }) { key } }";

fn hash(text: &str) -> String {
    let hash: [u8; 32] = Sha256::digest(text).into();
    hash.iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// A body with a hash and, where it is given, the document.
fn body(sha256: &str, document: Option<&str>) -> Value {
    let mut body = json!({
        "variables": { "name": "garden:tree" },
        "extensions": { "persistedQuery": { "version": 1, "sha256Hash": sha256 } },
    });
    if let Some(document) = document {
        body["query"] = document.into();
    }
    body
}

async fn app(flags: &[&str]) -> TestApp {
    let builder = TestApp::build_with_garden(Engine::Sqlite).await;
    flags
        .iter()
        .fold(builder, |builder, flag| builder.flag(flag))
        .start()
        .await
}

fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.codes()), (status, vec![code]), "{}", reply.text);
    assert_eq!(reply.json.get("data"), None, "{}", reply.text);
    assert_eq!(reply.header("cache-control"), "no-store");
}

fn assert_tree(reply: &Reply) {
    assert_eq!(
        (reply.status, reply.data("/icon/key")),
        (200, &json!("tree")),
        "{}",
        reply.text
    );
}

#[tokio::test]
async fn a_document_is_sent_once_and_its_hash_from_then_on() {
    let app = app(&[]).await;
    let sha256 = hash(DOCUMENT);
    let unknown = app.post(&body(&sha256, None)).await;
    assert_refused(&unknown, 200, "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(unknown.errors()[0]["message"], "PersistedQueryNotFound");
    assert_tree(&app.post(&body(&sha256, Some(DOCUMENT))).await);
    assert_tree(&app.post(&body(&sha256, None)).await);
    assert_tree(&app.post(&body(&sha256.to_uppercase(), None)).await);
    assert_tree(
        &app.post(&json!({ "documentId": format!("sha256:{sha256}"), "variables": { "name": "garden:tree" } }))
            .await,
    );
    let by_get = app.request(Method::GET, "/graphql").query(&[
        ("extensions", body(&sha256, None)["extensions"].to_string()),
        ("variables", r#"{"name":"garden:tree"}"#.to_owned()),
    ]);
    assert_tree(&app.send(by_get).await);
}

#[tokio::test]
async fn only_what_was_validated_under_its_own_hash_is_kept() {
    let app = app(&[]).await;
    let other = hash("{ __typename }");
    for wrong in [
        other.as_str(),
        "",
        "abc",
        &hash(DOCUMENT)[1..],
        &format!("{}0", hash(DOCUMENT)),
    ] {
        assert_refused(
            &app.post(&body(wrong, Some(DOCUMENT))).await,
            400,
            "PERSISTED_QUERY_HASH_MISMATCH",
        );
        assert_refused(&app.post(&body(wrong, None)).await, 200, "PERSISTED_QUERY_NOT_FOUND");
    }
    assert_refused(
        &app.post(&body(&hash(DOCUMENT), None)).await,
        200,
        "PERSISTED_QUERY_NOT_FOUND",
    );
    for (invalid, code) in [
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        (
            "query($n: Int!) { iconSets(first: $n) { totalCount } }",
            "BAD_USER_INPUT",
        ),
        ("{ iconSets(first: 101) { totalCount } }", "LIMIT_EXCEEDED"),
    ] {
        let sha256 = hash(invalid);
        assert_eq!(
            app.post(&body(&sha256, Some(invalid))).await.codes(),
            [code],
            "{invalid}"
        );
        assert_refused(&app.post(&body(&sha256, None)).await, 200, "PERSISTED_QUERY_NOT_FOUND");
    }
    // A text that nobody asked to keep is not known by its hash.
    app.graphql("{ __typename }").await.data("/__typename");
    assert_refused(&app.post(&body(&other, None)).await, 200, "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn what_is_no_persisted_query_is_refused() {
    let app = app(&[]).await;
    let sha256 = hash(DOCUMENT);
    for extensions in [
        json!([]),
        json!({ "persistedQuery": [] }),
        json!({ "persistedQuery": { "version": 1 } }),
        json!({ "persistedQuery": { "sha256Hash": sha256 } }),
        json!({ "persistedQuery": { "version": 2, "sha256Hash": sha256 } }),
        json!({ "persistedQuery": { "version": "1", "sha256Hash": sha256 } }),
        json!({ "persistedQuery": { "version": 1, "sha256Hash": 5 } }),
    ] {
        let reply = app.post(&json!({ "query": DOCUMENT, "extensions": extensions })).await;
        assert_refused_early(&reply);
    }
    assert_refused_early(&app.post(&json!({ "query": DOCUMENT, "documentId": "x" })).await);
    assert_refused_early(&app.post(&json!({ "documentId": 5 })).await);
    let unknown = app.post(&json!({ "documentId": "x" })).await;
    assert_refused(&unknown, 200, "PERSISTED_QUERY_NOT_FOUND");
    for extensions in ["{", "[]", "5"] {
        let request = app
            .request(Method::GET, "/graphql")
            .query(&[("query", DOCUMENT), ("extensions", extensions)]);
        assert_refused_early(&app.send(request).await);
    }
}

fn assert_refused_early(reply: &Reply) {
    assert_eq!(
        (reply.status, reply.codes()),
        (400, vec!["BAD_USER_INPUT"]),
        "{}",
        reply.text
    );
}

#[tokio::test]
async fn automatic_persisted_queries_can_be_turned_off() {
    let app = app(&["--automatic-persisted-queries=false"]).await;
    let sha256 = hash(DOCUMENT);
    for document in [None, Some(DOCUMENT)] {
        let reply = app.post(&body(&sha256, document)).await;
        assert_refused(&reply, 200, "PERSISTED_QUERY_NOT_SUPPORTED");
        assert_eq!(reply.errors()[0]["message"], "PersistedQueryNotSupported");
    }
    assert_eq!(app.graphql("{ __typename }").await.data("/__typename"), "Query");
}

#[tokio::test]
async fn in_production_documents_are_asked_by_get_only_if_persisted() {
    let app = app(&["--environment=production"]).await;
    let extensions = body(&hash(DOCUMENT), None)["extensions"].to_string();
    let variables = r#"{"name":"garden:tree"}"#;
    let by_hash = || {
        app.request(Method::GET, "/graphql")
            .query(&[("extensions", extensions.as_str()), ("variables", variables)])
    };
    let by_text = app
        .request(Method::GET, "/graphql")
        .query(&[("query", DOCUMENT), ("variables", variables)]);
    assert_refused(&app.send(by_text).await, 400, "PERSISTED_QUERY_ID_REQUIRED");
    assert_refused(&app.send(by_hash()).await, 200, "PERSISTED_QUERY_NOT_FOUND");
    // With another's hash it is none.
    let others = by_hash().query(&[("query", "{ __typename }")]);
    assert_refused(&app.send(others).await, 400, "PERSISTED_QUERY_HASH_MISMATCH");
    assert_refused(&app.send(by_hash()).await, 200, "PERSISTED_QUERY_NOT_FOUND");
    // As clients do that ask by GET from the first: the hash, then the hash with the text, and from then on the hash.
    assert_tree(&app.send(by_hash().query(&[("query", DOCUMENT)])).await);
    assert_tree(&app.send(by_hash()).await);
    let mutation = "mutation { putSynonyms(input: { groups: [] }) { groups } }";
    let extensions = body(&hash(mutation), None)["extensions"].to_string();
    let by_get = || {
        app.request(Method::GET, "/graphql")
            .query(&[("extensions", &extensions)])
    };
    // A page could send this with an image: it is neither run nor remembered.
    let reply = app.send(by_get().query(&[("query", mutation)])).await;
    assert_refused(&reply, 405, "METHOD_NOT_ALLOWED");
    assert_refused(&app.send(by_get()).await, 200, "PERSISTED_QUERY_NOT_FOUND");
    app.post(&body(&hash(mutation), Some(mutation))).await;
    assert_refused(&app.send(by_get()).await, 405, "METHOD_NOT_ALLOWED");
}
