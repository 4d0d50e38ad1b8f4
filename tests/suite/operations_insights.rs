//! What the figures of operations say of the cache, the database and what was promised.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Engine, NOW_MS, Socket, TestApp, fixture, on_each_engine};

use crate::{
    errors::with_slow_sets,
    operations_data::{DAY_MS, ask, note, range, today},
};

const TREE: &str = "query Tree($name: IconName!) { icon(by: { name: $name }) { name body } }";

async fn found(app: &TestApp, field: &str) -> Value {
    ask(app, field).await.data("/analytics/found").clone()
}

/// The object whose `field` is `value`.
fn with<'a>(objects: &'a Value, field: &str, value: &str) -> &'a Value {
    let found = objects.as_array().unwrap().iter().find(|object| object[field] == value);
    found.unwrap_or_else(|| panic!("no {field} {value} in {objects}"))
}

fn hash(text: &str) -> Value {
    use sha2::{Digest as _, Sha256};
    let hash: [u8; 32] = Sha256::digest(text).into();
    let hex = hash.map(|byte| format!("{byte:02x}")).concat();
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hex } })
}

async fn tree(app: &TestApp, name: &str) {
    let reply = app.graphql_with(TREE, json!({ "name": name })).await;
    assert!(reply.errors().is_empty(), "{}", reply.text);
}

fn close(found: &Value, expected: f64) -> bool {
    (found.as_f64().unwrap() - expected).abs() < 1e-6
}

on_each_engine! {
    async fn layers_are_told_of_as_they_counted(engine) {
        let app = TestApp::build(engine).await.cached().start().await;
        app.import(&[fixture("garden.json")]).await;
        app.write_operations().await;
        // Missed and read, three whole answers; another document finds the icon in memory.
        for _ in 0..4 {
            tree(&app, "garden:tree").await;
        }
        app.graphql(r#"{ icon(by: { name: "garden:tree" }) { key } }"#).await;
        app.write_operations().await;
        for interval in ["MINUTE", "HOUR", "DAY"] {
            let range = range(NOW_MS, NOW_MS + 60_000);
            let field = format!("cacheEffectiveness({range}, interval: {interval}) {{ at layer hits misses stale evictions hitRate }}");
            let points = found(&app, &field).await;
            assert_eq!(points.as_array().unwrap().len(), 2, "{points}");
            let (response, memory) = (with(&points, "layer", "RESPONSE"), with(&points, "layer", "MEMORY"));
            assert_eq!((&response["hits"], &response["misses"]), (&json!(3), &json!(2)), "{response}");
            assert!(close(&response["hitRate"], 0.6), "{response}");
            assert!(memory["hits"].as_u64() >= Some(1) && memory["misses"].as_u64() >= Some(1), "{memory}");
        }
        // Nothing happened since.
        app.write_operations().await;
        let later = range(NOW_MS + 60_000, NOW_MS + 120_000);
        assert_eq!(found(&app, &format!("cacheEffectiveness({later}, interval: MINUTE) {{ hits }}")).await, json!([]));
    }

    async fn what_is_sent_again_by_get_is_an_operation_too(engine) {
        let app = TestApp::build(engine).await.cached().flag("--environment=production").start().await;
        app.import(&[fixture("garden.json")]).await;
        let (_, key) = app.create_key(&["analytics:read"]).await;
        let body = json!({ "query": TREE, "extensions": hash(TREE), "variables": { "name": "garden:tree" } });
        assert_eq!(app.post(&body).await.status, 200);
        for _ in 0..4 {
            let request = app.request(Method::GET, "/graphql").query(&[
                ("extensions", hash(TREE).to_string()),
                ("variables", json!({ "name": "garden:tree" }).to_string()),
            ]);
            assert_eq!(app.send(request).await.status, 200);
        }
        app.write_operations().await;
        let query = format!("{{ analytics {{ found: operations({}) {{ operation count cacheHitRate }} }} }}", today());
        let stats = app.graphql_as(&key, &query).await;
        let tree = with(stats.data("/analytics/found"), "operation", "Tree");
        assert!(tree["count"] == 5 && close(&tree["cacheHitRate"], 0.8), "{tree}");
    }

    async fn trusted_documents_go_by_their_names(engine) {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("manifest.json");
        let operations = json!([{ "id": "one", "name": "Listed", "type": "query", "body": "query Inside { __typename }" }]);
        let list = json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": operations });
        std::fs::write(&manifest, list.to_string()).unwrap();
        let app = TestApp::build(engine).await.flag(&format!("--documents-manifest={}", manifest.display())).start().await;
        for _ in 0..2 {
            app.graphql("query Inside { __typename }").await;
        }
        app.graphql("query Outside { __typename }").await;
        app.write_operations().await;
        let stats = found(&app, &format!("operations({}) {{ operation count }}", today())).await;
        assert_eq!((&with(&stats, "operation", "Listed")["count"], &with(&stats, "operation", "Outside")["count"]), (&json!(2), &json!(1)));
        assert_eq!(stats.as_array().unwrap().len(), 2, "{stats}");
    }

    async fn slow_statements_have_plans_and_others_are_not_told_of(engine) {
        let app = with_slow_sets(engine, &["--slow-query-threshold-ms=40"]).await;
        app.write_operations().await;
        for _ in 0..2 {
            app.graphql(r#"query Slow { iconSet(prefix: "shed") { name } }"#).await;
        }
        app.write_operations().await;
        let fields = "slowQueries(first: 3) { statement count meanMs maxMs plan } pool { max open idle waiting acquireP99Ms }";
        let insights = found(&app, &format!("database({}) {{ {fields} }}", today())).await;
        let slow = insights["slowQueries"].as_array().unwrap();
        let slow = slow.iter().find(|slow| slow["statement"].as_str().unwrap().contains("icon_set")).unwrap_or_else(|| panic!("{insights}"));
        assert!(slow["count"].as_u64() >= Some(2), "{slow}");
        let [mean, max] = ["meanMs", "maxMs"].map(|field| slow[field].as_f64().unwrap());
        assert!(40.0 <= mean && mean <= max, "{slow}");
        let plan = slow["plan"].as_str().unwrap_or_else(|| panic!("no plan: {slow}"));
        let expected = match engine { Engine::Sqlite => "icon_set_quick", Engine::Postgres => "CTE count" };
        assert!(plan.contains(expected), "{plan}");
        // What had parameters has none of their values.
        assert!(!slow["statement"].as_str().unwrap().contains("shed"), "{slow}");
        assert_eq!(insights["pool"]["max"], 5);
        // Without a range, it is of the last day.
        let lately = found(&app, "database { slowQueries { statement } }").await;
        assert!(!lately["slowQueries"].as_array().unwrap().is_empty());
        let before = range(NOW_MS - 2 * DAY_MS, NOW_MS - DAY_MS);
        assert_eq!(found(&app, &format!("database({before}) {{ slowQueries {{ count }} }}")).await["slowQueries"], json!([]));
    }

    async fn indexes_are_told_of_with_their_sizes(engine) {
        let app = TestApp::start(engine).await;
        app.import(&[fixture("garden.json")]).await;
        let indexes = found(&app, "database { indexes { table index scans sizeBytes unused } }").await;
        let indexes = indexes["indexes"].as_array().unwrap();
        let listed = indexes.iter().find(|index| index["index"] == "usage_name_set").unwrap_or_else(|| panic!("{indexes:?}"));
        assert_eq!(listed["table"], "usage_name");
        assert!(indexes.iter().any(|index| index["sizeBytes"].as_u64() > Some(0)), "{indexes:?}");
        for index in indexes {
            assert!(index["sizeBytes"].is_u64(), "{index}");
            match engine {
                Engine::Sqlite => assert!(index["scans"].is_null() && index["unused"].is_null(), "{index}"),
                Engine::Postgres => assert!(index["scans"].is_u64() && index["unused"].is_boolean(), "{index}"),
            }
        }
    }

    async fn what_is_promised_is_counted_against_what_was_kept(engine) {
        let flags = ["--slo-latency-p95-ms=100", "--slo-latency-p99-ms=500", "--slo-error-rate=0.1", "--slo-popular-hit-rate=0.5"];
        let builder = TestApp::build(engine).await.cached().flag("--response-cache-enabled=false");
        let app = flags.iter().fold(builder, |builder, flag| builder.flag(flag)).start().await;
        app.import(&[fixture("garden.json")]).await;
        // Two hours ago all was well; in the last hour it was not.
        app.set_now_ms(NOW_MS - 2 * 3_600_000);
        note(&app, "Known", [10; 900]);
        app.set_now_ms(NOW_MS);
        note(&app, "Known", [10; 60]);
        note(&app, "Known", [200; 20]);
        note(&app, "Known", [1_000; 20]);
        app.write_operations().await;
        let range = range(NOW_MS - DAY_MS, NOW_MS + 1);
        let statuses = found(&app, &format!("slos({range}) {{ name objective attained budgetLeft burnRate }}")).await;
        for (name, objective, attained, budget_left, burn_rate) in [
            ("latency_p95", 0.95, 0.96, 0.2, 8.0),
            ("latency_p99", 0.99, 0.98, -1.0, 20.0),
            ("errors", 0.9, 1.0, 1.0, 0.0),
            ("popular_hit_rate", 0.5, 1.0, 1.0, 0.0),
        ] {
            let status = with(&statuses, "name", name);
            let expected = [("objective", objective), ("attained", attained), ("budgetLeft", budget_left), ("burnRate", burn_rate)];
            assert!(expected.iter().all(|(field, expected)| close(&status[field], *expected)), "{status}");
        }
        // The clock is set, as after a machine has slept: the last hour is the one before what it shows now.
        app.set_now_ms(NOW_MS + 5 * 3_600_000);
        note(&app, "Known", [10; 50]);
        note(&app, "Known", [200; 50]);
        app.write_operations().await;
        let range = self::range(NOW_MS - DAY_MS, NOW_MS + DAY_MS);
        let statuses = found(&app, &format!("slos({range}) {{ name burnRate }}")).await;
        assert!(close(&with(&statuses, "name", "latency_p95")["burnRate"], 10.0), "{statuses}");
    }

    async fn what_the_service_is_to_blame_for_counts_as_an_error(engine) {
        let app = with_slow_sets(engine, &["--request-timeout-ms=200"]).await;
        // Whoever asks for nonsense is to blame.
        for _ in 0..3 {
            assert_eq!(app.graphql("query Wrong { nothing }").await.codes(), ["GRAPHQL_VALIDATION_FAILED"]);
        }
        let reply = app.graphql(r#"query Slow { iconSet(prefix: "shed") { name } }"#).await;
        assert_eq!(reply.codes(), ["TIMEOUT"], "{}", reply.text);
        app.write_operations().await;
        // One that has the time to tell.
        let other = app.build_beside().flag("--slo-error-rate=0.5").start().await;
        let errors = found(&other, &format!("errors({}) {{ code operation count }}", today())).await;
        assert_eq!(with(&errors, "code", "TIMEOUT"), &json!({ "code": "TIMEOUT", "operation": null, "count": 1 }), "{errors}");
        let statuses = found(&other, &format!("slos({}) {{ name attained budgetLeft }}", today())).await;
        let status = with(&statuses, "name", "errors");
        // Three were answered, one was not.
        assert!(close(&status["attained"], 0.75) && close(&status["budgetLeft"], 0.5), "{status}");
    }

    async fn what_a_socket_cannot_take_counts_as_it_does_by_post(engine) {
        let app = TestApp::start(engine).await;
        let payload = json!({ "query": "{ __typename }", "extensions": { "persistedQuery": { "version": 2, "sha256Hash": "" } } });
        assert_eq!(app.post(&payload).await.codes(), ["BAD_USER_INPUT"]);
        let mut socket = Socket::ready(app.base_url()).await;
        socket.send(&json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
        assert_eq!(socket.receive().await["type"], "error");
        app.write_operations().await;
        let errors = found(&app, &format!("errors({}) {{ code operation count }}", today())).await;
        assert_eq!(errors, json!([{ "code": "BAD_USER_INPUT", "operation": null, "count": 2 }]));
    }

    async fn popular_icons_are_counted_where_they_are_looked_up(engine) {
        let app = TestApp::build(engine).await.cached().flag("--response-cache-enabled=false").start().await;
        app.import(&[fixture("garden.json")]).await;
        let record = "mutation { recordUsage(input: { events: [{ icon: \"garden:tree\" }] }) { accepted } }";
        assert_eq!(app.graphql(record).await.data("/recordUsage/accepted"), 1);
        app.roll_up().await;
        // Has the cache know what is popular.
        app.write_operations().await;
        app.forget();
        for _ in 0..4 {
            tree(&app, "garden:tree").await;
            tree(&app, "garden:rose").await;
        }
        app.forget();
        tree(&app, "garden:tree").await;
        app.write_operations().await;
        let statuses = found(&app, &format!("slos({}) {{ name attained }}", today())).await;
        // Of five lookups of the one that is popular two took the database.
        assert!(close(&with(&statuses, "name", "popular_hit_rate")["attained"], 0.6), "{statuses}");
    }

    async fn each_field_takes_a_statement(engine) {
        let app = TestApp::start(engine).await;
        note(&app, "Known", [10; 10]);
        app.write_operations().await;
        let range = range(NOW_MS - 400 * DAY_MS - 90 * 60_000, NOW_MS + 90 * 60_000);
        for (field, statements) in [
            ("operations(RANGE) { operation }", 1),
            ("errors(RANGE) { code }", 1),
            ("latency(RANGE, interval: WEEK) { count }", 1),
            ("latency(operation: \"Known\", RANGE, interval: DAY) { count }", 1),
            ("cacheEffectiveness(RANGE, interval: DAY) { hits }", 1),
            // And its last hour.
            ("slos(RANGE) { name }", 2),
            ("database(RANGE) { pool { max } }", 0),
            ("database(RANGE) { slowQueries { count } indexes { index } }", 2),
        ] {
            let reply = ask(&app, &field.replace("RANGE", &range)).await;
            assert!(reply.errors().is_empty(), "{}", reply.text);
            assert_eq!(reply.statements(), statements, "{field}");
        }
    }
}
