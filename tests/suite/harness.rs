//! The harness itself: what the other tests rely on.

use tests::{TestApp, on_each_engine};

on_each_engine! {
    async fn a_garden_is_served(engine) {
        let app = TestApp::with_garden(engine).await;
        let reply = app.graphql(r#"{ icon(by: { name: "garden:tree" }) { name } iconSets { nodes { prefix total } } }"#).await;
        assert_eq!(reply.data("/icon/name"), "garden:tree");
        assert_eq!(reply.texts("/iconSets/nodes", "prefix"), ["garden", "shed"]);
        assert_eq!(reply.statements(), 2);
    }

    async fn an_own_database_is_empty_and_can_be_filled(engine) {
        let app = TestApp::start(engine).await;
        assert_eq!(app.graphql("{ service { generation } }").await.data("/service/generation"), 0);
        let report = app.import(&[tests::fixture("shed.json")]).await;
        assert_eq!(report.failed_sets(), 0);
        assert_eq!(app.graphql("{ service { generation } }").await.data("/service/generation"), 1);
    }

    async fn the_starter_sets_are_served(engine) {
        let app = TestApp::with_starter(engine).await;
        assert_eq!(app.graphql("{ iconSets { totalCount } }").await.data("/iconSets/totalCount"), 8);
    }
}

mod process {
    use tests::{Engine, Process, TestDatabase};

    #[tokio::test]
    async fn the_binary_serves() {
        let database = TestDatabase::fresh(Engine::Sqlite).await;
        let process = Process::serve(env!("CARGO_BIN_EXE_iconql-under-test"), database.url(), &[]);
        let live = reqwest::get(format!("{}/api/health/live", process.base_url()))
            .await
            .unwrap();
        assert_eq!(live.status(), 200);
    }
}
