//! Health and figures, and what a service in production keeps to itself.

use serde_json::json;
use tests::{TestApp, eventually, on_each_engine};

on_each_engine! {
    async fn health_says_what_there_is(engine) {
        let app = TestApp::start(engine).await;
        app.import(&[tests::fixture("shed.json")]).await;
        for (path, expected) in [
            ("/api/health/live", json!({ "status": "up" })), ("/api/health/ready", json!({ "status": "up" })),
            ("/api/health", json!({ "status": "up", "version": "0.1.0", "database": "up", "search": "up", "generation": 1, "searchGeneration": 1 })),
        ] {
            let reply = app.get(path).await;
            assert_eq!((reply.status, reply.json), (200, expected), "{path}");
        }
        app.sql("DROP TABLE catalog_state").await;
        // The database is asked once a second.
        eventually("it is found out", async || app.get("/api/health").await.status == 503).await;
        let reply = app.get("/api/health").await;
        assert_eq!((reply.status, reply.json), (503, json!({ "status": "down", "version": "0.1.0", "database": "down" })));
        assert_eq!(app.get("/api/health/live").await.status, 200);
    }

    async fn every_documented_figure_is_served(engine) {
        // Its index is made here, where figures are taken.
        let app = TestApp::build(engine).await.cached().flag("--redis-url=redis://127.0.0.1:1").start().await;
        app.import(&[tests::fixture("garden.json")]).await;
        app.graphql(r#"{ icons(names: ["garden:tree"]) { ... on Icon { set { name } } } }"#).await;
        app.graphql("{ nonsense }").await;
        app.graphql(r#"{ search(query: "tree") { totalCount facets { sets { value } } } }"#).await;
        app.graphql(r#"{ search(query: "zzzzzz") { totalCount } }"#).await;
        app.get("/icons/garden/tree.svg").await;
        app.graphql(r#"mutation { recordUsage(input: { events: [{ icon: "garden:tree", sessionId: "s" }] }) { accepted } }"#).await;
        assert_eq!(app.roll_up().await, 1);
        app.get("/nothing/at/all").await;
        let reply = app.get("/metrics").await;
        assert!(reply.header("content-type").starts_with("text/plain; version=0.0.4"));
        let documentation = std::fs::read_to_string(tests::workspace_root().join("docs/metrics.md")).unwrap();
        let documented = documentation.lines().take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `")).flat_map(|line| line.split('|').nth(1).unwrap().split(','));
        let mut names = 0;
        for name in documented.map(|name| name.trim().trim_matches('`')) {
            names += 1;
            // A group is documented by its beginning.
            let type_line = format!("# TYPE {}", name.strip_suffix('*').map_or(format!("{name} "), str::to_owned));
            assert!(reply.text.contains(&type_line), "{name} is documented and not served");
        }
        assert!(names >= 8, "{names} names");
        for sample in [
            r#"http_requests_total{method="GET",endpoint="/icons/{prefix}/{file}",status="200"}"#,
            r#"http_requests_total{method="GET",endpoint="unmatched",status="404"}"#,
            r#"http_requests_total{method="POST",endpoint="/graphql",status="200"}"#,
            r#"graphql_operations_total{operation="other",kind="query",outcome="ok"}"#,
            r#"graphql_operations_total{operation="other",kind="unknown",outcome="refused"}"#,
            r#"dataloader_batch_size_count{loader="icons_by_name"}"#, r#"db_query_duration_seconds_count{query_type="icons_by_name"}"#,
            r#"searches_total{outcome="found"}"#, r#"searches_total{outcome="nothing"}"#,
            r#"search_duration_seconds_count{kind="page"}"#, r#"search_duration_seconds_count{kind="facets"}"#,
            r#"http_request_duration_seconds_bucket{method="POST",endpoint="/graphql",le="+Inf"}"#,
        ] {
            assert!(reply.text.contains(sample), "{sample} is not in\n{}", reply.text);
        }
        for line in reply.text.lines().filter(|line| line.starts_with("# TYPE ")) {
            let name = line.split(' ').nth(2).unwrap();
            assert!(reply.text.contains(&format!("# HELP {name} ")), "{name} is not described");
            assert!(documentation.contains(&format!("`{name}`")) || name.starts_with("process_"), "{name} is not documented");
        }
        assert_eq!(app.get("/api/metrics").await.status, 200);
        let off = TestApp::build_with_garden(engine).await.flag("--prometheus-metrics-enabled=false").start().await;
        assert_eq!((off.get("/metrics").await.status, off.get("/api/metrics").await.status), (404, 404));
    }

    async fn production_tells_less(engine) {
        let open = TestApp::with_garden(engine).await;
        let closed = TestApp::build_with_garden(engine).await.flag("--environment=production").start().await;
        for query in ["{ __schema { queryType { name } } }", r#"{ __type(name: "Icon") { name } }"#] {
            assert!(open.graphql(query).await.errors().is_empty(), "{query}");
            let reply = closed.graphql(query).await;
            assert_eq!((reply.codes(), reply.json.get("data")), (vec!["GRAPHQL_VALIDATION_FAILED"], None), "{query}");
        }
        assert_eq!(closed.graphql("{ __typename }").await.data("/__typename"), "Query");
        let misspelt = "{ iconSts { totalCount } }";
        assert!(open.graphql(misspelt).await.text.contains("iconSets"));
        assert!(!closed.graphql(misspelt).await.text.contains("iconSets"));
        for path in ["/schema.graphql", "/graphiql", "/graphiql/assets/x.js"] {
            assert_eq!(closed.get(path).await.status, 404, "{path}");
        }
        assert_eq!(open.get("/schema.graphql").await.status, 200);
        assert!(!open.graphql("{ __typename }").await.header("server-timing").is_empty());
        assert_eq!(closed.graphql("{ __typename }").await.header("server-timing"), "");
        let get = "/graphql?query=%7B__typename%7D";
        assert_eq!(open.get(get).await.data("/__typename"), "Query");
        let reply = closed.get(get).await;
        assert_eq!((reply.status, reply.codes()), (400, vec!["PERSISTED_QUERY_ID_REQUIRED"]));
        let icons = r#"{ icons(names: ["garden:tree", "shed:saw"]) { ... on Icon { svg set { name } } } }"#;
        assert_eq!(closed.graphql(icons).await.text, open.graphql(icons).await.text);
    }
}
