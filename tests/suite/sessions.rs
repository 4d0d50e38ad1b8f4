//! The session that a page of the binary's own comes with, and what it is good for.

use domain::access::SESSION_LIFE;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{NOW_MS, Reply, TestApp, on_each_engine};

/// Needs a scope that no session holds.
const ADMIN: &str = "mutation { putSynonyms(input: { groups: [] }) { groups } }";

/// By which the server is known to somebody who does not sit at it.
const HOST: &str = "icons.lan:8080";

async fn cookie(app: &TestApp) -> String {
    let page = app.get("/graphiql").await;
    page.header("set-cookie").to_owned()
}

/// What a browser sends back of it.
async fn session(app: &TestApp) -> String {
    cookie(app).await.split(';').next().unwrap().to_owned()
}

/// Sends with these headers, from elsewhere than the server's own machine.
async fn send(app: &TestApp, headers: &[(&str, &str)]) -> Reply {
    let request = app.request(Method::POST, "/graphql").header("host", HOST);
    let request = headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value));
    app.send(request.json(&json!({ "query": ADMIN }))).await
}

async fn held(app: &TestApp, headers: &[(&str, &str)]) -> Value {
    let reply = send(app, headers).await;
    assert_eq!(
        (reply.status, reply.codes()),
        (200, vec!["FORBIDDEN"]),
        "{headers:?}: {}",
        reply.text
    );
    reply.errors()[0]["extensions"]["holds"].clone()
}

on_each_engine! {
    async fn a_page_comes_with_a_session(engine) {
        let app = TestApp::with_garden(engine).await;
        for path in ["/graphiql", "/graphiql/", "/graphiql/index.html"] {
            let page = app.get(path).await;
            let cookie = page.header("set-cookie").to_owned();
            let (session, attributes) = cookie.split_once("; ").unwrap();
            assert!(session.starts_with("iconql_session="), "{cookie}");
            assert_eq!(attributes, "Path=/; Max-Age=86400; HttpOnly; SameSite=Strict");
            assert!(page.status == 404 || page.header("cache-control") == "private, no-cache");
        }
        assert_eq!(app.get("/api/health").await.header("set-cookie"), "");
        let body = json!({ "query": "{ __typename }" });
        assert_eq!(app.post(&body).await.header("set-cookie"), "");
        for (url, is_secure) in [("https://icons.example.com/all", true), ("HTTPS://icons.example.com", true), ("http://icons.example.com", false)] {
            let app = TestApp::build_with_garden(engine).await.flag(&format!("--public-url={url}")).start().await;
            assert_eq!(cookie(&app).await.ends_with("; Secure"), is_secure, "{url}");
        }
    }

    async fn a_session_gives_its_own_pages_one_scope(engine) {
        let app = TestApp::with_garden(engine).await;
        let session = session(&app).await;
        let cookie = ("cookie", session.as_str());
        let (none, writes) = (json!([]), json!(["usage:write"]));
        for (headers, expected) in [
            (&[][..], &none),
            (&[cookie], &none),
            (&[("sec-fetch-site", "same-origin")], &none),
            (&[cookie, ("sec-fetch-site", "same-origin")], &writes),
            (&[cookie, ("sec-fetch-site", "same-origin"), ("origin", "http://icons.lan:8080")], &writes),
            (&[cookie, ("origin", "http://icons.lan:8080")], &writes),
            (&[cookie, ("sec-fetch-site", "same-site")], &none),
            (&[cookie, ("sec-fetch-site", "cross-site")], &none),
            (&[cookie, ("sec-fetch-site", "none")], &none),
            (&[cookie, ("sec-fetch-site", "cross-site"), ("origin", "http://icons.lan:8080")], &none),
            (&[cookie, ("origin", "http://icons.lan")], &none),
            (&[cookie, ("origin", "https://evil.example")], &none),
            (&[cookie, ("origin", "null")], &none),
        ] {
            assert_eq!(&held(&app, headers).await, expected, "{headers:?}");
        }
    }

    async fn every_instance_honours_it_and_none_stores_it(engine) {
        // Both are over one database.
        let (one, other) = (TestApp::with_garden(engine).await, TestApp::build_with_garden(engine).await.flag("--environment=production").start().await);
        let session = session(&one).await;
        let headers = [("cookie", session.as_str()), ("sec-fetch-site", "same-origin")];
        assert_eq!(held(&other, &headers).await, json!(["usage:write"]));
        let strange = TestApp::start(engine).await;
        assert_eq!(held(&strange, &headers).await, json!([]));
    }

    async fn what_is_forged_or_over_is_nobodys(engine) {
        let app = TestApp::with_garden(engine).await;
        let session = session(&app).await;
        let (until, signature) = session.strip_prefix("iconql_session=").unwrap().split_once('.').unwrap();
        let later = until.parse::<i64>().unwrap() + 1;
        let swapped: String = signature.chars().rev().collect();
        for forged in [
            "iconql_session=".to_owned(), "iconql_session=.".to_owned(), format!("iconql_session={until}"), format!("iconql_session={until}."),
            format!("iconql_session={later}.{signature}"), format!("iconql_session={until}.{swapped}"), format!("session={until}.{signature}"),
            format!("iconql_session={until}.{signature}x"), format!("{session}%00"), "iconql_session=\u{e9}".to_owned(),
        ] {
            let headers = [("cookie", forged.as_str()), ("sec-fetch-site", "same-origin")];
            assert_eq!(held(&app, &headers).await, json!([]), "{forged}");
        }
        let life_ms = i64::try_from(SESSION_LIFE.as_millis()).unwrap();
        let headers = [("cookie", session.as_str()), ("sec-fetch-site", "same-origin")];
        for (after_ms, expected) in [(0, json!(["usage:write"])), (life_ms - 1, json!(["usage:write"])), (life_ms, json!([]))] {
            app.set_now_ms(NOW_MS + after_ms);
            assert_eq!(held(&app, &headers).await, expected, "{after_ms}");
        }
    }

    async fn a_key_says_more_than_a_session(engine) {
        let app = TestApp::start(engine).await;
        let session = session(&app).await;
        let (_, key) = app.create_key(&["metrics:read"]).await;
        let bearer = format!("Bearer {key}");
        let headers = [("cookie", session.as_str()), ("sec-fetch-site", "same-origin"), ("authorization", bearer.as_str())];
        assert_eq!(held(&app, &headers).await, json!(["metrics:read"]));
        let headers = [headers[0], headers[1], ("authorization", "Bearer nonsense")];
        assert_eq!(send(&app, &headers).await.status, 401);
    }
}
