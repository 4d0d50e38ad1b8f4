//! How the service did, beside a recount of what it was sent.

use std::{collections::BTreeMap, time::Duration};

use domain::operations::Answered;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Engine, NOW_MS, Reply, TestApp, on_each_engine};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

pub(crate) fn instant(unix_ms: i64) -> String {
    let instant = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).unwrap();
    instant.format(&Rfc3339).unwrap()
}

/// A range as an argument, half-open.
pub(crate) fn range(from_ms: i64, to_ms: i64) -> String {
    format!(
        "range: {{ from: \"{}\", to: \"{}\" }}",
        instant(from_ms),
        instant(to_ms)
    )
}

/// A day around the clock of every test.
pub(crate) fn today() -> String {
    range(NOW_MS - DAY_MS / 2, NOW_MS + DAY_MS / 2)
}

/// What a field of `analytics` tells, as a document without a name.
pub(crate) async fn ask(app: &TestApp, field: &str) -> Reply {
    app.graphql(&format!("{{ analytics {{ found: {field} }} }}")).await
}

/// Objects by one of their fields.
fn by(reply: &Reply, key: &str) -> BTreeMap<String, Value> {
    let found = reply.data("/analytics/found").as_array().unwrap().iter();
    found
        .map(|object| (object[key].as_str().unwrap_or_default().to_owned(), object.clone()))
        .collect()
}

async fn start(engine: Engine) -> TestApp {
    let app = TestApp::build(engine).await.cached().start().await;
    let body = json!({ "body": "<path d=\"M0 0h1z\"/>" });
    app.import_json(&json!({ "prefix": "u", "icons": { "a": body, "b": body } }))
        .await;
    app
}

/// Notes operations that took so many milliseconds each.
pub(crate) fn note(app: &TestApp, operation: &str, times_ms: impl IntoIterator<Item = u64>) {
    for ms in times_ms {
        app.operations().note(&Answered {
            operation,
            is_trusted: false,
            took: Duration::from_millis(ms),
            statements: 3,
            lookups: domain::cache::Lookups { wanted: 4, found: 1 },
            was_kept: false,
            errors: &[],
        });
    }
}

fn close(found: &Value, expected: f64) -> bool {
    let found = found.as_f64().unwrap();
    (found - expected).abs() <= expected.abs() * 0.011 + 1e-9
}

const ICON: &str = "query Named($name: IconName!) { icon(by: { name: $name }) { name body } }";

on_each_engine! {
    async fn a_known_mix_is_recounted(engine) {
        let app = start(engine).await;
        let (_, key) = app.create_key(&["usage:write"]).await;
        let mut statements = 0;
        for (time, name) in ["u:a", "u:a", "u:b", "u:a", "u:none"].into_iter().enumerate() {
            let reply = app.graphql_with(ICON, json!({ "name": name })).await;
            assert_eq!(reply.is_whole_answer(), [1, 3].contains(&time), "{time}");
            statements += reply.statements();
        }
        for _ in 0..3 {
            app.graphql("{ __typename }").await;
        }
        let users = |range: &str| format!("users({range}) {{ sessions }}");
        let never = users(&range(NOW_MS, NOW_MS));
        let failing = format!("query Failing {{ analytics {{ one: {never} other: {never} }} }}");
        let record = "mutation { recordUsage(input: { events: [{ icon: \"u:a\" }] }) { accepted } }";
        let analytics = format!("query Secret {{ analytics {{ {} }} }}", users(&today()));
        for _ in 0..2 {
            assert_eq!(app.graphql(&failing).await.codes(), ["BAD_USER_INPUT"; 2]);
            assert_eq!(app.graphql_as(&key, &analytics).await.codes(), ["FORBIDDEN"]);
            assert_eq!(app.graphql("query Wrong { nothing }").await.codes(), ["GRAPHQL_VALIDATION_FAILED"]);
        }
        assert_eq!(app.graphql("{").await.codes(), ["GRAPHQL_PARSE_FAILED"]);
        assert_eq!(app.graphql(record).await.codes(), Vec::<&str>::new());
        let plain = app.request(Method::POST, "/graphql").body("{}");
        assert_eq!(app.send(plain).await.codes(), ["UNSUPPORTED_MEDIA_TYPE"]);
        app.write_operations().await;

        let fields = "operation count errorRate p50Ms p95Ms p99Ms sqlPerRequest cacheHitRate";
        let found = by(&ask(&app, &format!("operations({}) {{ {fields} }}", today())).await, "operation");
        let counts: BTreeMap<&str, (u64, f64)> = found
            .iter()
            .map(|(name, stats)| (name.as_str(), (stats["count"].as_u64().unwrap(), stats["errorRate"].as_f64().unwrap())))
            .collect();
        let expected = [
            ("(mutation)", (1, 0.0)), ("(query)", (3, 0.0)), ("(unknown)", (3, 1.0)), ("Failing", (2, 1.0)), ("Named", (5, 0.0)), ("Secret", (2, 1.0)),
        ];
        assert_eq!(counts, BTreeMap::from(expected), "{found:?}");
        let named = &found["Named"];
        assert!(close(&named["sqlPerRequest"], f64::from(statements) / 5.0), "{named}");
        // Two whole answers; of the others, one found the set that another had read, if it asked for it at all.
        assert!((0.4..1.0).contains(&named["cacheHitRate"].as_f64().unwrap()), "{named}");
        for stats in found.values() {
            let [p50, p95, p99] = ["p50Ms", "p95Ms", "p99Ms"].map(|field| stats[field].as_f64().unwrap());
            assert!(0.0 < p50 && p50 <= p95 && p95 <= p99, "{stats}");
        }

        let errors = ask(&app, &format!("errors({}) {{ code operation count firstAt lastAt sample }}", today())).await;
        let errors = errors.data("/analytics/found").as_array().unwrap();
        let counts: BTreeMap<(&str, Option<&str>), u64> = errors
            .iter()
            .map(|error| ((error["code"].as_str().unwrap(), error["operation"].as_str()), error["count"].as_u64().unwrap()))
            .collect();
        let expected = [
            (("BAD_USER_INPUT", Some("Failing")), 4),
            (("FORBIDDEN", Some("Secret")), 2),
            (("GRAPHQL_PARSE_FAILED", Some("(unknown)")), 1),
            (("GRAPHQL_VALIDATION_FAILED", Some("(unknown)")), 2),
            (("UNSUPPORTED_MEDIA_TYPE", None), 1),
        ];
        assert_eq!(counts, BTreeMap::from(expected), "{errors:?}");
        assert_eq!(errors[0]["code"], "BAD_USER_INPUT", "the most frequent is the first");
        assert!(errors[0]["sample"].as_str().unwrap().starts_with("`range.from` has to be"), "{errors:?}");
        assert_eq!((&errors[0]["firstAt"], &errors[0]["lastAt"]), (&json!(instant(NOW_MS)), &json!(instant(NOW_MS))));

        // What asked for all this was not written yet, and is the only other there is.
        let latency = ask(&app, &format!("latency({}, interval: DAY) {{ at count }}", today())).await;
        assert_eq!(latency.data("/analytics/found/0/count"), 16, "{}", latency.text);
        app.write_operations().await;
        let again = by(&ask(&app, &format!("operations({}) {{ operation count }}", today())).await, "operation");
        assert_eq!(again["(query)"]["count"], 6, "{again:?}");
        assert_eq!(again["Named"]["count"], 5, "what was written is not written again");
    }

    async fn times_are_known_to_a_hundredth(engine) {
        let app = start(engine).await;
        note(&app, "Known", 1..=1_000);
        note(&app, "Other", [5_000; 10]);
        app.write_operations().await;
        note(&app, "Known", 1_001..=2_000);
        app.write_operations().await;
        let fields = "operation count p50Ms p95Ms p99Ms sqlPerRequest cacheHitRate";
        let found = by(&ask(&app, &format!("operations({}) {{ {fields} }}", today())).await, "operation");
        let known = &found["Known"];
        assert_eq!(known["count"], 2_000);
        for (field, expected) in [("p50Ms", 1_000.0), ("p95Ms", 1_900.0), ("p99Ms", 1_980.0), ("sqlPerRequest", 3.0), ("cacheHitRate", 0.25)] {
            assert!(close(&known[field], expected), "{field}: {known}");
        }
        for (operation, count, p99) in [("Known", 2_000, 1_980.0), ("Other", 10, 5_000.0), ("None", 0, 0.0)] {
            let reply = ask(&app, &format!("latency(operation: \"{operation}\", {}, interval: DAY) {{ count p99Ms }}", today())).await;
            let points = reply.data("/analytics/found").as_array().unwrap();
            assert_eq!((points.len(), &points[0]["count"]), (1, &json!(count)), "{}", reply.text);
            assert!(close(&points[0]["p99Ms"], p99), "{operation}: {}", reply.text);
        }
        let all = ask(&app, &format!("latency({}, interval: DAY) {{ count p50Ms p99Ms }}", today())).await;
        let all = all.data("/analytics/found/0");
        assert!(all["count"] == 2_010 && close(&all["p50Ms"], 1_005.0) && close(&all["p99Ms"], 1_990.0), "{all}");
    }

    async fn several_instances_are_one_service(engine) {
        let app = start(engine).await;
        let other = app.build_beside().cached().start().await;
        note(&app, "Both", [10; 60]);
        note(&other, "Both", [1_000; 40]);
        // They write at once, again and again.
        for _ in 0..3 {
            note(&app, "Often", [1]);
            note(&other, "Often", [1]);
            tokio::join!(app.write_operations(), other.write_operations());
        }
        for server in [&app, &other] {
            let found = by(&ask(server, &format!("operations({}) {{ operation count p50Ms p95Ms }}", today())).await, "operation");
            let both = &found["Both"];
            assert_eq!((&both["count"], &found["Often"]["count"]), (&json!(100), &json!(6)), "{found:?}");
            assert!(close(&both["p50Ms"], 10.0) && close(&both["p95Ms"], 1_000.0), "{both}");
        }
        // Each has a row of its own in each of the three.
        assert_eq!(app.database().number("SELECT count(*) FROM operations_figures").await, 6);
    }

    async fn what_is_over_is_put_together(engine) {
        let app = start(engine).await;
        let other = app.build_beside().start().await;
        for (server, count) in [(&app, 30), (&other, 12)] {
            note(server, "Known", vec![10; count]);
            server.write_operations().await;
        }
        let rows = |tier: i32| format!("SELECT count(*) FROM operations_figures WHERE tier = {tier}");
        let hour_ms = NOW_MS + HOUR_MS;
        let midnight_ms = NOW_MS - NOW_MS.rem_euclid(DAY_MS) + DAY_MS;
        // Two hours after it is over.
        for (at_ms, hours, days) in [(hour_ms + 2 * HOUR_MS - 1, 2, 2), (hour_ms + 2 * HOUR_MS, 1, 2), (midnight_ms + 2 * HOUR_MS, 1, 1)] {
            for server in [&app, &other] {
                server.set_now_ms(at_ms);
            }
            let (one, another) = tokio::join!(app.operations().tidy(), other.operations().tidy());
            one.and(another).unwrap();
            for (tier, expected) in [(0, 2), (1, hours), (2, days)] {
                assert_eq!(app.database().number(&rows(tier)).await, expected, "{tier} {at_ms}");
            }
            for interval in ["MINUTE", "HOUR", "DAY"] {
                let range = range(NOW_MS, NOW_MS + MINUTE_MS);
                let reply = ask(&app, &format!("latency(operation: \"Known\", {range}, interval: {interval}) {{ count }}")).await;
                assert_eq!(reply.data("/analytics/found/0/count"), 42, "{}", reply.text);
            }
            let day = ask(&app, &format!("latency(operation: \"Known\", {}, interval: DAY) {{ count }}", today())).await;
            assert_eq!(day.data("/analytics/found/0/count"), 42, "{}", day.text);
        }
        // What comes late is added.
        app.set_now_ms(NOW_MS);
        note(&app, "Known", [10]);
        app.write_operations().await;
        app.set_now_ms(midnight_ms + 2 * HOUR_MS);
        app.operations().tidy().await.unwrap();
        // Who asked for all this is on the next day.
        let rows_of_day = format!("{} AND bucket = {}", rows(2), NOW_MS / DAY_MS);
        assert_eq!(app.database().number(&rows_of_day).await, 1);
        let day = ask(&other, &format!("latency(operation: \"Known\", {}, interval: DAY) {{ count }}", today())).await;
        assert_eq!(day.data("/analytics/found/0/count"), 43, "{}", day.text);
    }

    async fn a_range_is_half_open_and_a_series_is_zero_filled(engine) {
        let app = start(engine).await;
        let day_ms = NOW_MS - NOW_MS.rem_euclid(DAY_MS);
        // One in the last minute of an hour, two in the first of the next, three at the end of the day, four at the beginning of the next.
        for (at_ms, count) in [(NOW_MS - 1, 1), (NOW_MS, 2), (day_ms + DAY_MS - 1, 3), (day_ms + DAY_MS, 4)] {
            app.set_now_ms(at_ms);
            note(&app, "Known", vec![10; count]);
        }
        app.set_now_ms(NOW_MS);
        app.write_operations().await;
        for (from_ms, to_ms, count) in [
            (NOW_MS - MINUTE_MS, NOW_MS, 1),
            (NOW_MS, NOW_MS + MINUTE_MS, 2),
            (NOW_MS - MINUTE_MS, NOW_MS + MINUTE_MS, 3),
            (NOW_MS - HOUR_MS, NOW_MS, 1),
            (NOW_MS, NOW_MS + HOUR_MS, 2),
            (NOW_MS + MINUTE_MS, day_ms + DAY_MS - MINUTE_MS, 0),
            (day_ms, day_ms + DAY_MS, 6),
            (day_ms + DAY_MS - MINUTE_MS, day_ms + DAY_MS, 3),
            (day_ms, day_ms + DAY_MS + 1, 10),
            (NOW_MS - 1, day_ms + DAY_MS + 1, 10),
            (day_ms + DAY_MS, day_ms + 2 * DAY_MS, 4),
            (NOW_MS - 5, NOW_MS + 5, 3),
        ] {
            let range = range(from_ms, to_ms);
            let reply = ask(&app, &format!("operations({range}) {{ operation count }}")).await;
            let counted = by(&reply, "operation").get("Known").map_or(0, |stats| stats["count"].as_u64().unwrap());
            assert_eq!(counted, count, "{range}");
            for interval in ["MINUTE", "HOUR", "DAY", "WEEK"] {
                if interval == "MINUTE" && to_ms - from_ms > 900 * MINUTE_MS {
                    continue;
                }
                let reply = ask(&app, &format!("latency(operation: \"Known\", {range}, interval: {interval}) {{ at count }}")).await;
                let points = reply.data("/analytics/found").as_array().unwrap();
                let sum: u64 = points.iter().map(|point| point["count"].as_u64().unwrap()).sum();
                assert_eq!(sum, count, "{interval} {range}");
            }
        }
        let range = range(NOW_MS - 2 * MINUTE_MS, NOW_MS + 2 * MINUTE_MS);
        let reply = ask(&app, &format!("latency({range}, interval: MINUTE) {{ at count }}")).await;
        let points = reply.data("/analytics/found").as_array().unwrap();
        let counts: Vec<u64> = points.iter().map(|point| point["count"].as_u64().unwrap()).collect();
        assert_eq!(points[0]["at"], instant(NOW_MS - 2 * MINUTE_MS));
        // What asked for all this is not written.
        assert_eq!(counts, [0, 1, 2, 0], "{}", reply.text);
    }

    async fn what_cannot_be_answered_says_why(engine) {
        let app = start(engine).await;
        let old_ms = NOW_MS - 4 * DAY_MS;
        for (field, from_ms, to_ms, message) in [
            ("operations(RANGE) { count }", NOW_MS, NOW_MS, "`range.from` has to be before `range.to`"),
            ("errors(RANGE) { count }", NOW_MS - 1_097 * DAY_MS, NOW_MS, "a range has at most 1096 days"),
            ("operations(RANGE, first: 0) { count }", NOW_MS - DAY_MS, NOW_MS, "`first` must be at least 1"),
            ("errors(RANGE, first: 0) { count }", NOW_MS - DAY_MS, NOW_MS, "`first` must be at least 1"),
            ("slos(RANGE) { name }", NOW_MS, NOW_MS - 1, "`range.from` has to be before `range.to`"),
            ("database(RANGE) { pool { max } }", NOW_MS, NOW_MS, "`range.from` has to be before `range.to`"),
            ("database { slowQueries(first: 0) { count } }", 0, 1, "`first` must be at least 1"),
            ("latency(RANGE, interval: MINUTE) { count }", NOW_MS - 1_001 * MINUTE_MS, NOW_MS, "a series has at most 1000 points"),
            ("latency(RANGE, interval: MINUTE) { count }", old_ms, old_ms + HOUR_MS, "minutes are kept for three days"),
            ("cacheEffectiveness(RANGE, interval: MINUTE) { hits }", old_ms, old_ms + HOUR_MS, "minutes are kept for three days"),
            ("cacheEffectiveness(RANGE, interval: HOUR) { hits }", NOW_MS - 100 * DAY_MS, NOW_MS - 90 * DAY_MS, "hours are kept for 92 days"),
        ] {
            let reply = ask(&app, &field.replace("RANGE", &range(from_ms, to_ms))).await;
            assert_eq!(reply.codes(), ["BAD_USER_INPUT"], "{field}: {}", reply.text);
            assert!(reply.errors()[0]["message"].as_str().unwrap().contains(message), "{field}: {}", reply.text);
        }
        for (field, from_ms, to_ms) in [
            ("operations(RANGE) { count }", NOW_MS - 1_096 * DAY_MS, NOW_MS),
            ("latency(RANGE, interval: MINUTE) { count }", NOW_MS - 1_000 * MINUTE_MS, NOW_MS),
            ("latency(RANGE, interval: HOUR) { count }", old_ms, old_ms + HOUR_MS),
            ("cacheEffectiveness(RANGE, interval: WEEK) { hits }", NOW_MS - 1_096 * DAY_MS, NOW_MS),
            ("slos(RANGE) { name }", NOW_MS + DAY_MS, NOW_MS + 2 * DAY_MS),
        ] {
            let reply = ask(&app, &field.replace("RANGE", &range(from_ms, to_ms))).await;
            assert!(reply.data("/analytics/found").is_array(), "{field}: {}", reply.text);
        }
    }

    async fn names_without_end_are_counted_together(engine) {
        let app = TestApp::build(engine).await.flag("--page-max-size=500").start().await;
        let long = "n".repeat(100);
        for place in 0..3 {
            app.graphql(&format!("query {long}{place} {{ __typename }}")).await;
        }
        for name in 0..230 {
            app.graphql(&format!("query Tail{name} {{ __typename }}")).await;
        }
        app.write_operations().await;
        let reply = ask(&app, &format!("operations({}, first: 500) {{ operation count }}", today())).await;
        let found = by(&reply, "operation");
        let sum: u64 = found.values().map(|stats| stats["count"].as_u64().unwrap()).sum();
        assert_eq!((found.len(), sum), (201, 233), "{}", reply.text);
        // Of those there were 231 names, of which 200 are told apart.
        assert_eq!(found["(other)"]["count"], 31);
        // A name is told to its 64th letter, and is asked for as it is.
        assert_eq!(found[&long[..64]]["count"], 3, "{}", reply.text);
        let reply = ask(&app, &format!("latency(operation: \"{long}0\", {}, interval: WEEK) {{ count }}", today())).await;
        assert_eq!(reply.data("/analytics/found/0/count"), 3, "{}", reply.text);
    }

    async fn what_was_kept_long_enough_is_forgotten(engine) {
        let app = start(engine).await;
        note(&app, "Known", [10]);
        app.write_operations().await;
        let tiers = "SELECT CAST(tier AS BIGINT) FROM operations_figures ORDER BY tier";
        // Each is kept until its days are over, to the beginning of an hour or a day.
        for (at_ms, left) in [
            (NOW_MS + 3 * DAY_MS, &[[0], [1], [2]][..]),
            (NOW_MS + 3 * DAY_MS + HOUR_MS, &[[1], [2]]),
            (NOW_MS + 92 * DAY_MS, &[[1], [2]]),
            (NOW_MS + 93 * DAY_MS, &[[2]]),
            (NOW_MS + 1_100 * DAY_MS, &[[2]]),
            (NOW_MS + 1_101 * DAY_MS, &[]),
        ] {
            app.set_now_ms(at_ms);
            app.operations().tidy().await.unwrap();
            assert_eq!(app.database().numbers::<1>(tiers).await, left, "{at_ms}");
        }
    }
}
