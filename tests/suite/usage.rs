//! Recording of usage: what is taken and what is not, once and by whom, and what is stored of it.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Engine, NOW_MS, Reply, TestApp, on_each_engine};

const RECORD: &str = "mutation($events: [UsageEventInput!]!) {
    recordUsage(input: { events: $events }) { accepted duplicates rejected { index code message } } }";

const ROUTE: &str = "/api/v1/analytics/usage/batch";

const DAY_MS: i64 = 24 * 3_600_000;

/// A server over a set of three icons, of which one has an alias and a code point.
async fn start(engine: Engine) -> TestApp {
    fill(TestApp::start(engine).await).await
}

async fn fill(app: TestApp) -> TestApp {
    let body = json!({ "body": "<path d=\"M0 0h1z\"/>" });
    let set = json!({
        "prefix": "u",
        "icons": { "a": body, "b": body, "c": body },
        "aliases": { "alias": { "parent": "a" } },
        "chars": { "f000": "a" },
    });
    app.import_json(&set).await;
    app
}

async fn record(app: &TestApp, events: Value) -> Reply {
    app.graphql_with(RECORD, json!({ "events": events })).await
}

/// Asserts how many were taken, and were there; none is rejected.
fn assert_taken(reply: &Reply, accepted: usize, duplicates: usize) {
    let expected = json!({ "accepted": accepted, "duplicates": duplicates, "rejected": [] });
    assert_eq!(reply.data("/recordUsage"), &expected, "{}", reply.text);
}

fn id(number: u64) -> String {
    format!("018f6f5e-7c1a-7000-8000-{number:012x}")
}

fn instant(unix_ms: i64) -> String {
    let instant = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).unwrap();
    instant.format(&time::format_description::well_known::Rfc3339).unwrap()
}

/// Events as they are stored, without the hashes of users and sessions: whether there are any.
async fn stored(app: &TestApp) -> Vec<String> {
    let sql = "SELECT usage_name.name || ' ' || CAST(occurred_ms AS TEXT) || ' ' || CAST(kind AS TEXT) || ' ' || \
               COALESCE(CAST(device AS TEXT), '-') || ' ' || COALESCE(country, '-') || ' ' || COALESCE(client, '-') || ' ' || \
               CASE WHEN user_hash IS NULL THEN '-' ELSE 'user' END || ' ' || \
               CASE WHEN session_hash IS NULL THEN '-' ELSE 'session' END || ' ' || \
               CASE WHEN usage_event.id IS NULL THEN '-' ELSE 'id' END \
               FROM usage_event JOIN usage_name ON usage_name.id = usage_event.icon ORDER BY 1";
    app.database().lines(sql).await
}

on_each_engine! {
    async fn what_is_sent_is_stored(engine) {
        let app = start(engine).await;
        let whole = json!({
            "id": id(1), "icon": "u:b", "kind": "COPY", "occurredAt": instant(NOW_MS - 1_500), "userId": "ann", "sessionId": "s-1",
            "device": "TABLET", "client": "web/2.1", "country": "DE",
        });
        let reply = record(&app, json!([whole, { "icon": "u:a" }, { "icon": "u:f000" }, { "icon": "u:alias", "kind": "VIEW" }])).await;
        assert_taken(&reply, 4, 0);
        let (now, before) = (NOW_MS, NOW_MS - 1_500);
        assert_eq!(stored(&app).await, [
            format!("u:a {now} 1 - - - - - -"),
            // A code point is another name of its icon.
            format!("u:a {now} 1 - - - - - -"),
            format!("u:alias {now} 2 - - - - - -"),
            format!("u:b {before} 3 3 DE web/2.1 user session id"),
        ]);
        // The same once more for whoever rolls it up.
        assert_eq!(app.database().numbers::<1>("SELECT events FROM usage_pending").await, [[4]]);
        let stored = app.database().lines("SELECT CAST(user_hash AS TEXT) || CAST(session_hash AS TEXT) FROM usage_event WHERE user_hash IS NOT NULL").await;
        assert!(!stored[0].contains("ann") && !stored[0].contains("s-1"));
    }

    async fn what_is_wrong_with_an_event_concerns_that_one(engine) {
        let app = start(engine).await;
        let faults = [
            (json!({ "icon": "u:zzz" }), "UNKNOWN_ICON", "there is no icon u:zzz"),
            (json!({ "icon": "nobody:a" }), "UNKNOWN_ICON", "there is no icon nobody:a"),
            (json!({ "icon": "U:A" }), "INVALID", "mdi:home"),
            (json!({ "icon": "" }), "INVALID", "mdi:home"),
            (json!({ "icon": "u:a", "id": "4711" }), "INVALID", "`id`"),
            (json!({ "icon": "u:a", "occurredAt": "yesterday" }), "INVALID", "`occurredAt`"),
            (json!({ "icon": "u:a", "occurredAt": instant(NOW_MS - 30 * DAY_MS - 1) }), "OUT_OF_RANGE", "30 days"),
            (json!({ "icon": "u:a", "occurredAt": instant(NOW_MS + 300_001) }), "OUT_OF_RANGE", "5 minutes"),
            (json!({ "icon": "u:a", "country": "de" }), "INVALID", "`country`"),
            (json!({ "icon": "u:a", "country": "XX" }), "INVALID", "`country`"),
            (json!({ "icon": "u:a", "client": "two words" }), "INVALID", "`client`"),
            (json!({ "icon": "u:a", "client": "x".repeat(65) }), "INVALID", "`client`"),
            (json!({ "icon": "u:a", "userId": "x".repeat(257) }), "INVALID", "`userId`"),
            (json!({ "icon": "u:a", "sessionId": "x".repeat(257) }), "INVALID", "`sessionId`"),
        ];
        // A good one before, between and behind them.
        let mut events = vec![json!({ "icon": "u:a" })];
        for (event, _, _) in &faults {
            events.extend([event.clone(), json!({ "icon": "u:b" })]);
        }
        let (count, taken) = (events.len(), faults.len() + 1);
        let by_route = app.send(app.request(Method::POST, ROUTE).json(&json!({ "events": events }))).await;
        let reply = record(&app, events.into()).await;
        for recorded in [reply.data("/recordUsage"), &by_route.json] {
            assert_eq!((&recorded["accepted"], &recorded["duplicates"]), (&json!(taken), &json!(0)));
            let rejected = recorded["rejected"].as_array().unwrap();
            assert_eq!(rejected.len() + taken, count);
            for ((rejected, (event, code, message)), place) in rejected.iter().zip(&faults).zip((1..).step_by(2)) {
                assert_eq!((&rejected["index"], &rejected["code"]), (&json!(place), &json!(code)), "{event}");
                assert!(rejected["message"].as_str().unwrap().contains(message), "{rejected}");
            }
        }
        assert_eq!(stored(&app).await.len(), 2 * taken);
    }

    async fn the_bounds_of_time_are_within(engine) {
        let app = start(engine).await;
        let events = [NOW_MS - 30 * DAY_MS, NOW_MS + 300_000].map(|at| json!({ "icon": "u:a", "occurredAt": instant(at) }));
        assert_taken(&record(&app, events.to_vec().into()).await, 2, 0);
        // Around midnight, where on PostgreSQL one table ends and the next begins.
        let midnight = NOW_MS - NOW_MS.rem_euclid(DAY_MS);
        let events = [midnight - 1, midnight, midnight + 1].map(|at| json!({ "icon": "u:b", "occurredAt": instant(at) }));
        assert_taken(&record(&app, events.to_vec().into()).await, 3, 0);
        let sql = format!("SELECT occurred_ms - {midnight} FROM usage_event WHERE occurred_ms BETWEEN {midnight} - 1 AND {midnight} + 1 ORDER BY 1");
        assert_eq!(app.database().numbers::<1>(&sql).await, [[-1], [0], [1]]);
    }

    async fn an_id_counts_once(engine) {
        let app = start(engine).await;
        let beside = app.build_beside().start().await;
        let event = |number: u64| json!({ "id": id(number), "icon": "u:a" });
        // Twice in one request, in capital letters too, and with other facts.
        let again = json!({ "id": id(1).to_uppercase(), "icon": "u:b", "kind": "COPY" });
        assert_taken(&record(&app, json!([event(1), again, event(2)])).await, 2, 1);
        // By another request, by another instance, by another way.
        assert_taken(&record(&app, json!([event(2), event(3)])).await, 1, 1);
        assert_taken(&record(&beside, json!([event(1), event(3), event(4)])).await, 1, 2);
        let by_route = app.send(app.request(Method::POST, ROUTE).json(&json!({ "events": [event(4), event(5)] }))).await;
        assert_eq!(by_route.json, json!({ "accepted": 1, "duplicates": 1, "rejected": [] }));
        // Across midnight, whichever of the two days it is said to be of.
        app.set_now_ms(NOW_MS + DAY_MS);
        let on_the_day_before = json!({ "id": id(5), "icon": "u:a", "occurredAt": instant(NOW_MS) });
        assert_taken(&record(&app, json!([event(1), on_the_day_before])).await, 0, 2);
        // Without an id, there is none.
        assert_taken(&record(&app, json!([{ "icon": "u:a" }, { "icon": "u:a" }])).await, 2, 0);
        assert_eq!(stored(&app).await.len(), 7);
    }

    async fn a_batch_has_a_limit(engine) {
        let app = fill(TestApp::build(engine).await.flag("--batch-max-size=3").start().await).await;
        let events = |count: usize| Value::from(vec![json!({ "icon": "u:a" }); count]);
        assert_taken(&record(&app, events(3)).await, 3, 0);
        for (count, code) in [(0, "BAD_USER_INPUT"), (4, "LIMIT_EXCEEDED")] {
            assert_eq!(record(&app, events(count)).await.codes(), [code], "{count}");
            let by_route = app.send(app.request(Method::POST, ROUTE).json(&json!({ "events": events(count) }))).await;
            assert_eq!(by_route.status, 400, "{count}");
            assert_eq!(by_route.json["errors"][0]["extensions"]["code"], code, "{count}");
        }
        assert_eq!(stored(&app).await.len(), 3);
    }

    async fn a_program_and_its_place_are_known_by_headers(engine) {
        let trusting = ["--country-header=CF-IPCountry", "--trusted-proxies=127.0.0.0/8"];
        for (flags, country) in [(&trusting[..], "NL"), (&trusting[..1], "-")] {
            let mut builder = TestApp::build(engine).await;
            for flag in flags {
                builder = builder.flag(flag);
            }
            let app = fill(builder.start().await).await;
            let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";
            let send = |body: Value, path| {
                let request = app.request(Method::POST, path).header("user-agent", firefox).header("cf-ipcountry", "NL");
                app.send(request.json(&body))
            };
            let events = json!([{ "icon": "u:a" }, { "icon": "u:b", "device": "SERVER", "client": "cli", "country": "FR" }]);
            let reply = send(json!({ "query": RECORD, "variables": { "events": events } }), "/graphql").await;
            assert_taken(&reply, 2, 0);
            let by_route = send(json!({ "events": events }), ROUTE).await;
            assert_eq!(by_route.json["accepted"], 2, "{}", by_route.text);
            let now = NOW_MS;
            let expected = [format!("u:a {now} 1 1 {country} Firefox/132 - - -"), format!("u:b {now} 1 4 FR cli - - -")];
            let stored = stored(&app).await;
            assert_eq!(stored.iter().step_by(2).collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
            assert_eq!(stored.iter().skip(1).step_by(2).collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
        }
    }

    async fn recording_needs_its_scope(engine) {
        let app = fill(TestApp::build(engine).await.flag("--environment=production").start().await).await;
        let query = "mutation { recordUsage(input: { events: [{ icon: \"u:a\" }] }) { accepted } }";
        let events = json!({ "events": [{ "icon": "u:a" }] });
        assert_eq!(app.graphql(query).await.codes(), ["FORBIDDEN"]);
        let by_route = app.send(app.request(Method::POST, ROUTE).json(&events)).await;
        assert_eq!((by_route.status, &by_route.json["errors"][0]["extensions"]["scope"]), (403, &json!("usage:write")));
        let (_, reading) = app.create_key(&["analytics:read", "metrics:read"]).await;
        assert_eq!(app.graphql_as(&reading, query).await.codes(), ["FORBIDDEN"]);
        let (_, writing) = app.create_key(&["usage:write"]).await;
        assert_eq!(app.graphql_as(&writing, query).await.data("/recordUsage/accepted"), 1);
        let (_, of_page) = app.create_publishable_key(&["https://shop.example"]).await;
        let request = app.request(Method::POST, ROUTE).bearer_auth(&of_page).header("origin", "https://shop.example");
        assert_eq!(app.send(request.json(&events)).await.json["accepted"], 1);
        assert_eq!(stored(&app).await.len(), 2);
    }

    async fn a_mutation_that_does_not_fit_records_nothing_whatever_fitted_before(engine) {
        let app = start(engine).await;
        let mutation = "mutation($kind: String!) { one: recordUsage(input: { events: { icon: \"u:a\" } }) { accepted } \
             two: recordUsage(input: { events: { icon: \"u:a\", kind: $kind } }) { accepted } }";
        let taken = app.graphql_with(mutation, json!({ "kind": "COPY" })).await;
        assert_eq!((taken.data("/one/accepted"), taken.data("/two/accepted")), (&json!(1), &json!(1)), "{}", taken.text);
        let refused = app.graphql_with(mutation, json!({ "kind": "NOPE" })).await;
        assert!(refused.codes().iter().all(|code| *code == "BAD_USER_INPUT") && !refused.codes().is_empty(), "{}", refused.text);
        assert_eq!(refused.json.get("data"), None);
        assert_eq!(stored(&app).await.len(), 2);
    }

    async fn what_is_no_batch_is_refused(engine) {
        let app = start(engine).await;
        let send = |body: &str, content_type: &str| {
            let request = app.request(Method::POST, ROUTE).header("content-type", content_type);
            app.send(request.body(body.to_owned()))
        };
        for (body, content_type, status) in [
            ("", "application/json", 400),
            ("[]", "application/json", 400),
            ("{\"events\":{}}", "application/json", 400),
            ("{\"events\":[{\"icon\":7}]}", "application/json", 400),
            ("{\"events\":[{\"icon\":\"u:a\",\"colour\":\"red\"}]}", "application/json", 400),
            ("{\"events\":[{\"icon\":\"u:a\"}],\"more\":1}", "application/json", 400),
            ("{\"events\":[{\"icon\":\"u:a\"}]}", "text/plain", 415),
        ] {
            let reply = send(body, content_type).await;
            assert_eq!(reply.status, status, "{body}: {}", reply.text);
            assert!(reply.json["errors"][0]["extensions"]["code"].is_string(), "{body}: {}", reply.text);
        }
        let unknown = json!([{ "icon": "u:a", "kind": "PAINT" }, { "icon": "u:a", "device": "WATCH" }]);
        let by_route = app.send(app.request(Method::POST, ROUTE).json(&json!({ "events": unknown }))).await;
        assert_eq!(by_route.json["rejected"].as_array().unwrap().len(), 2, "{}", by_route.text);
        assert_eq!(app.get(ROUTE).await.status, 405);
        assert!(stored(&app).await.is_empty());
    }

    async fn what_was_kept_long_enough_goes(engine) {
        let app = fill(TestApp::build(engine).await.flag("--usage-retention-days=7").start().await).await;
        let events: Vec<Value> = (0..=9)
            .map(|days| json!({ "id": id(days), "icon": "u:a", "occurredAt": instant(NOW_MS - i64::try_from(days).unwrap() * DAY_MS) }))
            .collect();
        assert_taken(&record(&app, events.into()).await, 10, 0);
        app.keep_usage().await;
        assert_eq!(stored(&app).await.len(), 8);
        let ids = async || app.database().number("SELECT count(*) FROM usage_event_id").await;
        // Ids stay, whatever becomes of the events.
        assert_eq!(ids().await, 10);
        app.set_now_ms(NOW_MS + 31 * DAY_MS);
        app.keep_usage().await;
        assert_eq!((stored(&app).await.len(), ids().await), (0, 10));
        app.set_now_ms(NOW_MS + 32 * DAY_MS);
        app.keep_usage().await;
        assert_eq!(ids().await, 0);
        // And where a day had gone, it is made again.
        app.set_now_ms(NOW_MS + DAY_MS);
        assert_taken(&record(&app, json!([{ "icon": "u:a", "occurredAt": instant(NOW_MS) }])).await, 1, 0);
    }

    async fn a_request_runs_few_statements(engine) {
        let app = start(engine).await;
        let events = Value::from(vec![json!({ "icon": "u:a" }); 100]);
        // The names of all icons at once, if that; what is written is written together with others.
        assert!(record(&app, events.clone()).await.statements() <= 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_are_tables_of_their_own_on_postgres() {
    let app = start(Engine::Postgres).await;
    app.keep_usage().await;
    let days = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'usage_event'::regclass ORDER BY 1";
    // Today and two more.
    let ahead = ["usage_event_20260901", "usage_event_20260902", "usage_event_20260903"];
    assert_eq!(app.database().lines(days).await, ahead);
    let late = json!([{ "icon": "u:a", "occurredAt": instant(NOW_MS - 3 * DAY_MS) }]);
    assert_taken(&record(&app, late.clone()).await, 1, 0);
    assert_eq!(app.database().lines(days).await[0], "usage_event_20260829");
    // Dropped behind the server's back.
    app.sql("DROP TABLE usage_event_20260829").await;
    assert_taken(&record(&app, late).await, 1, 0);
    assert_eq!(stored(&app).await.len(), 1);
}
