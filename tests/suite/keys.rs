//! Keys in requests: what they give, what is refused, and how soon every instance knows.

use std::time::Duration;

use domain::access::{BELIEVED_FOR, KeyRefused};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Iconql, NOW_MS, Reply, TestApp, TestDatabase, eventually, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Needs admin, and holds something that needs nothing.
const ADMIN: &str = "mutation { putSynonyms(input: { groups: [] }) { groups userErrors { code } } __typename }";

/// No key was ever made so.
const UNKNOWN: &str = "iconql_0000000000000000000000000000000000000000000";

async fn production(engine: tests::Engine) -> TestApp {
    TestApp::build(engine)
        .await
        .flag("--environment=production")
        .start()
        .await
}

/// What the caller of a request holds, as a field tells it that it lacks `admin` for. The rest of the page is there.
fn held(reply: &Reply) -> &Value {
    assert_eq!(
        (reply.status, reply.codes()),
        (200, vec!["FORBIDDEN"]),
        "{}",
        reply.text
    );
    assert_eq!(
        reply.json["data"],
        json!({ "putSynonyms": null, "__typename": "Mutation" }),
        "{}",
        reply.text
    );
    let error = &reply.errors()[0];
    assert_eq!(
        (&error["path"], &error["extensions"]["scope"]),
        (&json!(["putSynonyms"]), &json!("admin"))
    );
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("iconql keys create --scope admin"), "{message}");
    &error["extensions"]["holds"]
}

fn assert_allowed(reply: &Reply) {
    assert_eq!(
        reply.data("/putSynonyms"),
        &json!({ "groups": 0, "userErrors": [] }),
        "{}",
        reply.text
    );
}

/// The request was refused whole. What it was told.
fn refused(reply: &Reply, status: u16, code: &str) -> String {
    assert_eq!((reply.status, reply.codes()), (status, vec![code]), "{}", reply.text);
    assert_eq!(reply.json.get("data"), None);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert!(reply.header("content-type").starts_with("application/json"));
    assert_eq!(
        reply.header("www-authenticate").starts_with("Bearer realm=\"iconql\""),
        status == 401
    );
    reply.errors()[0]["message"].as_str().unwrap().to_owned()
}

on_each_engine! {
    async fn a_key_gives_its_scopes_and_no_more(engine) {
        let app = production(engine).await;
        assert_eq!(held(&app.graphql(ADMIN).await), &json!([]));
        let all = ["usage:write", "analytics:read", "metrics:read", "admin"];
        for scopes in [&all[..1], &all[1..2], &all[2..3], &all[..3], &all[3..], &all] {
            let (_, key) = app.create_key(scopes).await;
            let reply = app.graphql_as(&key, ADMIN).await;
            if scopes.contains(&"admin") {
                assert_allowed(&reply);
            } else {
                assert_eq!(held(&reply), &json!(scopes));
            }
            // Whatever it holds, icons are there.
            assert_eq!(app.graphql_as(&key, "{ service { generation } }").await.data("/service/generation"), 0);
        }
    }

    async fn on_ones_own_machine_a_key_can_be_tried_out(engine) {
        let app = TestApp::start(engine).await;
        assert_allowed(&app.graphql(ADMIN).await);
        let (id, key) = app.create_key(&["usage:write"]).await;
        assert_eq!(held(&app.graphql_as(&key, ADMIN).await), &json!(["usage:write"]));
        app.revoke_key(id).await;
        refused(&app.graphql_as(&key, ADMIN).await, 401, "UNAUTHENTICATED");
    }

    async fn a_key_stands_in_one_place_alone(engine) {
        let app = production(engine).await;
        let (_, key) = app.create_key(&["admin"]).await;
        let body = json!({ "query": ADMIN });
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let request = app.request(Method::POST, "/graphql").header("authorization", format!("{scheme} {key}"));
            assert_allowed(&app.send(request.json(&body)).await);
        }
        for name in ["key", "api_key", "apiKey", "access_token", "authorization", "token"] {
            let request = app.request(Method::POST, "/graphql").query(&[(name, &key)]);
            assert_eq!(held(&app.send(request.json(&body)).await), &json!([]), "{name}");
            let request = app.request(Method::POST, "/graphql").query(&[(name, format!("Bearer {key}"))]);
            assert_eq!(held(&app.send(request.json(&body)).await), &json!([]), "{name}");
        }
        for name in ["x-api-key", "api-key", "cookie", "proxy-authorization"] {
            let request = app.request(Method::POST, "/graphql").header(name, &key);
            assert_eq!(held(&app.send(request.json(&body)).await), &json!([]), "{name}");
        }
        // Nor does a key in the address hide that the header's is none.
        let request = app.request(Method::POST, "/graphql").query(&[("access_token", &key)]).bearer_auth(UNKNOWN);
        refused(&app.send(request.json(&body)).await, 401, "UNAUTHENTICATED");
    }

    async fn what_is_no_key_is_refused_whole(engine) {
        let app = production(engine).await;
        let (id, key) = app.create_key(&["admin"]).await;
        let (_, other) = app.create_key(&["admin"]).await;
        let reading = json!({ "query": "{ __typename }" });
        let send = async |values: &[&str]| {
            let request = app.request(Method::POST, "/graphql").json(&reading);
            app.send(values.iter().fold(request, |request, value| request.header("authorization", *value))).await
        };
        let mut messages = Vec::new();
        let swapped = key.chars().rev().collect::<String>();
        let longer = format!("{key}a");
        let cut = &key[..key.len() - 1];
        let publishable = key.replace("iconql_", "iconql_pub_");
        for value in [UNKNOWN, &swapped, &longer, cut, &publishable, &format!("{key} {other}"), &format!("\"{key}\""), "", "null", "%00"] {
            let reply = send(&[&format!("Bearer {value}")]).await;
            messages.push(refused(&reply, 401, "UNAUTHENTICATED"));
            if !value.is_empty() {
                assert!(reply.header("www-authenticate").contains("error=\"invalid_token\""), "{value}");
            }
            assert!(!reply.text.contains(&key[7..20]));
        }
        app.revoke_key(id).await;
        messages.push(refused(&send(&[&format!("Bearer {key}")]).await, 401, "UNAUTHENTICATED"));
        messages.dedup();
        // An empty value loses its blank on the way, and is told of the form.
        let (known, form): (Vec<_>, Vec<_>) = messages.iter().partition(|message| message.starts_with("This key is not known"));
        assert!(known.len() <= 2 && form.len() <= 1, "who guesses learns something: {messages:?}");

        for values in [&["Basic YTpi"][..], &[other.as_str()], &["Token x"], &[&format!("Bearer {other}"), &format!("Bearer {other}")]] {
            let message = refused(&send(values).await, 401, "UNAUTHENTICATED");
            assert!(message.contains("Authorization: Bearer KEY"), "{message}");
        }
        // By GET too, and before the body is looked at.
        let get = app.request(Method::GET, "/graphql").query(&[("query", "{ __typename }")]).bearer_auth(UNKNOWN);
        refused(&app.send(get).await, 401, "UNAUTHENTICATED");
        let nonsense = app.request(Method::POST, "/graphql").bearer_auth(UNKNOWN).header("content-type", "text/plain");
        refused(&app.send(nonsense.body("{")).await, 401, "UNAUTHENTICATED");
        // What needs no caller looks at no key.
        let health = app.request(Method::GET, "/api/health").bearer_auth(UNKNOWN);
        assert_eq!(app.send(health).await.status, 200);
    }

    async fn a_key_ends_when_it_was_to_end(engine) {
        let app = production(engine).await;
        let (id, key) = app.create_key_until(NOW_MS + 5_000, &["admin"]).await;
        for (after_ms, is_good) in [(0, true), (4_999, true), (5_000, false), (5_001, false)] {
            app.set_now_ms(NOW_MS + after_ms);
            let reply = app.graphql_as(&key, ADMIN).await;
            assert_eq!(app.keys().is_good(id), is_good, "{after_ms}");
            if is_good {
                assert_allowed(&reply);
            } else {
                assert!(refused(&reply, 401, "UNAUTHENTICATED").contains("expired"));
            }
        }
    }

    async fn a_publishable_key_is_good_for_its_pages(engine) {
        let app = production(engine).await;
        let (_, key) = app.create_publishable_key(&["https://shop.example.com", "HTTP://Localhost:5173", "https://other.example:443"]).await;
        assert!(key.starts_with("iconql_pub_"), "{key}");
        let send = async |origins: &[&str]| {
            let request = app.request(Method::POST, "/graphql").bearer_auth(&key).json(&json!({ "query": ADMIN }));
            app.send(origins.iter().fold(request, |request, origin| request.header("origin", *origin))).await
        };
        for origin in ["https://shop.example.com", "http://localhost:5173", "https://other.example"] {
            assert_eq!(held(&send(&[origin]).await), &json!(["usage:write"]), "{origin}");
        }
        for origins in [
            &[][..], &["null"], &[""], &["*"], &["http://shop.example.com"], &["https://shop.example.com:8443"], &["https://shop.example.com."],
            &["https://evil.shop.example.com"], &["https://shop.example.com.evil.com"], &["https://shop.example.com/"], &["shop.example.com"],
        ] {
            let message = refused(&send(origins).await, 403, "FORBIDDEN");
            assert!(message.contains("origins"), "{message}");
        }
        // Of two, whichever is meant: the first is the one that counts, and a browser sends one.
        refused(&send(&["https://evil.example", "https://shop.example.com"]).await, 403, "FORBIDDEN");
    }

    async fn a_key_costs_no_statement(engine) {
        let app = production(engine).await;
        let (_, key) = app.create_key(&["admin"]).await;
        for table in ["api_key", "access_state"] {
            app.sql(&format!("ALTER TABLE {table} RENAME TO {table}_gone")).await;
        }
        refused(&app.graphql_as(UNKNOWN, "{ __typename }").await, 401, "UNAUTHENTICATED");
        assert_allowed(&app.graphql_as(&key, ADMIN).await);
        assert!(app.keys().refresh().await.is_err());
        assert_allowed(&app.graphql_as(&key, ADMIN).await);
    }

    async fn keys_that_nobody_can_look_at_are_believed_for_a_while(engine) {
        let app = production(engine).await;
        let (id, key) = app.create_key(&["admin"]).await;
        let believed_ms = i64::try_from(BELIEVED_FOR.as_millis()).unwrap();
        for (after_ms, is_good) in [(believed_ms, true), (believed_ms + 1, false), (-believed_ms, true), (-believed_ms - 1, false)] {
            app.set_now_ms(NOW_MS + after_ms);
            let reply = app.graphql_as(&key, ADMIN).await;
            assert_eq!(app.keys().is_good(id), is_good, "{after_ms}");
            if is_good {
                assert_allowed(&reply);
            } else {
                let message = refused(&reply, 503, "UNAVAILABLE");
                assert!(message.contains("Try again"), "{message}");
                assert_eq!(reply.header("retry-after"), "1");
                // Who brings none is as welcome as ever.
                assert_eq!(app.graphql("{ __typename }").await.data("/__typename"), "Query");
                let nonsense = app.graphql_as("nonsense", "{ __typename }").await;
                refused(&nonsense, 401, "UNAUTHENTICATED");
            }
        }
        app.look_at_keys().await;
        assert_allowed(&app.graphql_as(&key, ADMIN).await);
    }

    async fn a_long_connection_learns_that_its_key_has_ended(engine) {
        let app = production(engine).await;
        let wait = |id: i64| {
            let keys = app.keys().clone();
            tokio::spawn(async move { tokio::time::timeout(Duration::from_mins(1), keys.until_refused(id)).await })
        };
        let (revoked, _) = app.create_key(&["admin"]).await;
        let (expires, _) = app.create_key_until(NOW_MS + 10, &["admin"]).await;
        let (stays, _) = app.create_key(&["admin"]).await;
        let [was_revoked, has_expired, has_stayed] = [revoked, expires, stays].map(wait);
        app.revoke_key(revoked).await;
        assert_eq!(was_revoked.await.unwrap(), Ok(KeyRefused::Unknown));
        assert!(!has_expired.is_finished() && app.keys().is_good(expires));
        app.set_now_ms(NOW_MS + 10);
        assert_eq!(has_expired.await.unwrap(), Ok(KeyRefused::Expired));
        assert!(!has_stayed.is_finished() && app.keys().is_good(stays) && !app.keys().is_good(revoked));
        has_stayed.abort();
    }

    async fn only_a_hash_is_stored(engine) {
        use sha2::Digest as _;
        let app = production(engine).await;
        let (_, key) = app.create_key(&["admin"]).await;
        let hex = match engine {
            tests::Engine::Sqlite => "lower(hex(secret_hash))",
            tests::Engine::Postgres => "encode(secret_hash, 'hex')",
        };
        let hash = <[u8; 32]>::from(sha2::Sha256::digest(&key)).map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(app.database().lines(&format!("SELECT {hex} FROM api_key")).await, [hash]);
        if let Some(file) = app.database().url().strip_prefix("sqlite://") {
            let folder = std::path::Path::new(file).parent().unwrap();
            for file in std::fs::read_dir(folder).unwrap() {
                let bytes = std::fs::read(file.unwrap().path()).unwrap();
                assert!(!bytes.windows(20).any(|window| window == &key.as_bytes()[10..30]));
            }
        }
    }

    async fn every_instance_follows(engine) {
        let database = TestDatabase::fresh(engine).await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let (mut servers, mut urls) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let serve = Iconql::new(BINARY, &["serve", "--listen=127.0.0.1:0", "--environment=production", "--log-format=pretty"]);
            let mut server = serve.database(database.url()).spawn();
            urls.push(server.base_url().await);
            servers.push(server);
        }
        let keys = async |arguments: &[&str]| {
            let command = Iconql::new(BINARY, &[&["keys"], arguments].concat()).database(database.url());
            command.run().await.succeeded().stdout
        };
        let status = async |url: &str, key: &str| {
            let request = client.post(format!("{url}/graphql")).bearer_auth(key).json(&json!({ "query": ADMIN }));
            let reply = Reply::read(request.send().await.unwrap()).await;
            if reply.status == 200 {
                assert_allowed(&reply);
            }
            reply.status
        };
        let key = keys(&["create", "--scope", "admin"]).await.trim().to_owned();
        for url in &urls {
            eventually("the key is known", async || status(url, &key).await == 200).await;
        }
        assert!(keys(&["revoke", "1"]).await.starts_with("Key 1 is revoked."));
        for url in &urls {
            eventually("the key is refused", async || status(url, &key).await == 401).await;
        }

        // A database that is away is told of once, and so is its return.
        let metric = async |name: &str| {
            let text = client.get(format!("{}/metrics", urls[0])).send().await.unwrap().text().await.unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("no {name} in {text}")).parse::<f64>().unwrap()
        };
        let key = keys(&["create", "--scope", "admin"]).await.trim().to_owned();
        eventually("the key is known", async || status(&urls[0], &key).await == 200).await;
        assert!((metric("api_keys").await - 1.0).abs() < f64::EPSILON);
        assert!(metric("api_key_refusals_total{reason=\"unknown\"}").await >= 1.0);
        assert!(metric("api_key_look_failures_total").await < 1.0);
        database.run("ALTER TABLE access_state RENAME TO access_state_gone").await;
        eventually("it looks in vain", async || metric("api_key_look_failures_total").await >= 2.0).await;
        assert_eq!(status(&urls[0], &key).await, 200);
        database.run("ALTER TABLE access_state_gone RENAME TO access_state").await;
        eventually("it looks again", async || servers[0].stderr().contains("the API keys can be looked at again")).await;
        let told = servers[0].stderr().matches("those known stay in force for 5 minutes").count();
        assert_eq!(told, 1, "{}", servers[0].stderr());
        assert_eq!(status(&urls[0], &key).await, 200);
    }

    async fn no_secret_is_logged(engine) {
        let database = TestDatabase::fresh(engine).await;
        let create = Iconql::new(BINARY, &["keys", "create", "--scope=admin"]).env("LOG_LEVEL", "trace");
        let created = create.database(database.url()).run().await.succeeded();
        let key = created.stdout.trim().to_owned();
        let serve = Iconql::new(BINARY, &["serve", "--listen=127.0.0.1:0", "--log-format=pretty"]).env("LOG_LEVEL", "trace");
        let mut server = serve.database(database.url()).spawn();
        let url = server.base_url().await;
        let page = reqwest::Client::builder().no_proxy().build().unwrap().get(format!("{url}/graphiql")).send().await.unwrap();
        let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let signature = cookie.split_once('.').unwrap().1.to_owned();
        let clients = [
            reqwest::Client::builder().no_proxy().build().unwrap(),
            reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap(),
        ];
        let unknown = UNKNOWN.replace("000", "abc");
        for client in &clients {
            for (key, expected) in [(key.as_str(), 200), (&unknown, 401), (&key[..30], 401)] {
                let request = client.post(format!("{url}/graphql?access_token={key}")).bearer_auth(key).header("cookie", &cookie);
                let reply = Reply::read(request.json(&json!({ "query": ADMIN })).send().await.unwrap()).await;
                assert_eq!(reply.status, expected, "{}", reply.text);
            }
            // A fault in the middle of a request.
            let request = client.post(format!("{url}/graphql")).bearer_auth(&key).header("cookie", &cookie);
            let reply = request.header("content-type", "application/json").body("{").send().await.unwrap();
            assert_eq!(reply.status(), 400);
        }
        drop(clients);
        server.signal("TERM");
        let ended = server.end().await;
        let logs = format!("{}{}{}", created.stderr, ended.stderr, ended.stdout);
        assert!(logs.contains("TRACE") && logs.contains("answered") && logs.len() > 10_000, "{logs}");
        for secret in [&key[7..27], &unknown[7..27], &signature[..20]] {
            let line = logs.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "a secret in the log");
        }
    }
}

#[test]
fn five_minutes_are_five_minutes() {
    assert_eq!(BELIEVED_FOR, Duration::from_mins(5));
}
