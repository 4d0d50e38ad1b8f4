//! Several operations in one body.

use serde_json::{Value, json};
use tests::{Engine, Reply, TestApp};

async fn app(most: usize) -> TestApp {
    let builder = TestApp::build_with_garden(Engine::Sqlite).await;
    let flag = format!("--operation-batch-max-size={most}");
    builder.flag(&flag).flag("--max-cost=30").start().await
}

fn sets(first: u32) -> Value {
    json!({ "query": "query($first: Int) { iconSets(first: $first) { nodes { prefix } } }", "variables": { "first": first } })
}

fn assert_refused(reply: &Reply, code: &str) {
    assert_eq!((reply.status, reply.codes()), (400, vec![code]), "{}", reply.text);
}

#[tokio::test]
async fn they_are_not_taken_unless_configured() {
    let app = TestApp::with_garden(Engine::Sqlite).await;
    for body in [json!([{ "query": "{ __typename }" }]), json!([])] {
        assert_refused(&app.post(&body).await, "BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn each_is_answered_in_its_place() {
    let app = app(3).await;
    let body = json!([{ "query": "{ a: __typename }" }, { "query": "{ nonsense }" }, { "query": "{ b: __typename }" }]);
    let reply = app.post(&body).await;
    assert_eq!(reply.status, 200);
    let answers = reply.json.as_array().unwrap();
    assert_eq!(answers.len(), 3, "{}", reply.text);
    assert_eq!(
        (&answers[0], &answers[2]),
        (
            &json!({ "data": { "a": "Query" } }),
            &json!({ "data": { "b": "Query" } })
        )
    );
    assert_eq!(
        answers[1]["errors"][0]["extensions"]["code"],
        "GRAPHQL_VALIDATION_FAILED"
    );
    assert_eq!(
        app.post(&json!([{ "query": "{ a: __typename }" }])).await.json,
        json!([{ "data": { "a": "Query" } }])
    );
}

#[tokio::test]
async fn there_are_at_most_so_many() {
    let app = app(3).await;
    let of = |count: usize| Value::from(vec![json!({ "query": "{ __typename }" }); count]);
    assert_eq!(app.post(&of(3)).await.json.as_array().map(Vec::len), Some(3));
    let reply = app.post(&of(4)).await;
    assert_refused(&reply, "LIMIT_EXCEEDED");
    let extensions = &reply.json["errors"][0]["extensions"];
    assert_eq!(
        extensions,
        &json!({ "code": "LIMIT_EXCEEDED", "limit": "maxOperations", "max": 3, "actual": 4 })
    );
    assert_refused(&app.post(&json!([])).await, "BAD_USER_INPUT");
    assert_refused(
        &app.post(&json!([[{ "query": "{ __typename }" }]])).await,
        "BAD_USER_INPUT",
    );
    assert_refused(
        &app.post(&json!([{ "query": "{ __typename }" }, 5])).await,
        "BAD_USER_INPUT",
    );
}

#[tokio::test]
async fn their_costs_are_added_up() {
    let app = app(3).await;
    let at = app.post(&json!([sets(20), sets(10)])).await;
    assert!(
        at.json
            .as_array()
            .unwrap()
            .iter()
            .all(|answer| answer.get("errors").is_none()),
        "{}",
        at.text
    );
    let beyond = app
        .post(&json!([sets(20), sets(10), { "query": "{ service { generation } }" }]))
        .await;
    for answer in beyond.json.as_array().unwrap() {
        let extensions = &answer["errors"][0]["extensions"];
        assert_eq!(
            (&extensions["limit"], &extensions["max"]),
            (&json!("maxCost"), &json!(30)),
            "{}",
            beyond.text
        );
        assert!(
            extensions["actual"].as_u64() > Some(30) && answer.get("data").is_none(),
            "{}",
            beyond.text
        );
    }
}
