//! The pages that the binary brings along. What people do on them is played in a browser (`frontend-examples`); these hold whether or not
//! the pages are built.

use reqwest::Method;
use tests::{Reply, TestApp, on_each_engine};

/// As a browser asks when somebody opens an address.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn open(app: &TestApp, path: &str, accept: &str) -> Reply {
    app.send(app.request(Method::GET, path).header("accept", accept)).await
}

fn assert_page(page: &Reply, path: &str) {
    assert!(
        page.status == 200 || page.text.contains("make ui"),
        "{path}: {}",
        page.text
    );
    assert!(page.header("content-type").starts_with("text/html"), "{path}");
    assert!(page.header("set-cookie").starts_with("iconql_session="), "{path}");
}

fn assert_nothing(reply: &Reply, path: &str) {
    assert_eq!((reply.status, reply.codes()), (404, vec!["NOT_FOUND"]), "{path}");
    assert_eq!(reply.header("set-cookie"), "", "{path}");
}

on_each_engine! {
    async fn whoever_accepts_html_finds_the_icon_browser_and_programs_find_nothing(engine) {
        let app = TestApp::with_garden(engine).await;
        let page = open(&app, "/", BROWSER).await;
        assert_page(&page, "/");
        if page.status == 200 {
            let policy = page.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
            assert!(!policy.contains("unsafe"), "{policy}");
            assert_eq!((page.header("cache-control"), page.header("vary")), ("private, no-cache", "accept"));
        }
        for accept in ["*/*", "application/json", "application/graphql-response+json"] {
            let reply = open(&app, "/", accept).await;
            assert_nothing(&reply, accept);
            assert!(reply.header("vary").contains("accept"), "{accept}");
        }
        for path in ["/browser", "/browser/", "/browser/nothing.js", "/index.html"] {
            assert_nothing(&open(&app, path, BROWSER).await, path);
        }
    }

    async fn the_dashboard_is_there_for_everybody_and_may_load_nothing_of_others(engine) {
        let app = TestApp::with_garden(engine).await;
        for path in ["/dashboard", "/dashboard/"] {
            for accept in [BROWSER, "*/*"] {
                let page = open(&app, path, accept).await;
                assert_page(&page, path);
                if page.status == 200 {
                    let policy = page.header("content-security-policy");
                    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
                    assert!(!policy.contains("unsafe"), "{policy}");
                    assert_eq!(page.header("cache-control"), "private, no-cache");
                }
            }
        }
        assert_nothing(&open(&app, "/dashboard/nothing.js", BROWSER).await, "/dashboard/nothing.js");
    }

    async fn production_has_the_icon_browser_and_the_dashboard_and_no_graphiql(engine) {
        let app = TestApp::build_with_garden(engine).await.flag("--environment=production").start().await;
        for path in ["/", "/dashboard"] {
            assert_page(&open(&app, path, BROWSER).await, path);
        }
        for path in ["/graphiql", "/graphiql/", "/graphiql/index.html"] {
            assert_nothing(&open(&app, path, BROWSER).await, path);
        }
    }
}
