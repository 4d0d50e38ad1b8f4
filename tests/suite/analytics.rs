//! Answers about usage; `analytics_recount` has most of them beside a recount of the events that they rest on.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Engine, NOW_MS, Reply, TestApp, on_each_engine};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) icon: &'static str,
    pub(crate) at_ms: i64,
    pub(crate) kind: &'static str,
    pub(crate) country: Option<&'static str>,
    pub(crate) device: Option<&'static str>,
    pub(crate) client: Option<&'static str>,
    pub(crate) user: usize,
    pub(crate) session: usize,
}

fn instant(unix_ms: i64) -> String {
    let instant = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).unwrap();
    instant.format(&Rfc3339).unwrap()
}

pub(crate) fn unix_ms(instant: &Value) -> i64 {
    let instant = OffsetDateTime::parse(instant.as_str().unwrap(), &Rfc3339).unwrap();
    i64::try_from(instant.unix_timestamp_nanos() / 1_000_000).unwrap()
}

/// Somebody looked at an icon.
fn view(icon: &'static str, at_ms: i64, by: usize) -> Event {
    Event {
        icon,
        at_ms,
        kind: "VIEW",
        country: None,
        device: None,
        client: None,
        user: by,
        session: by,
    }
}

pub(crate) async fn record(app: &TestApp, events: &[Event]) {
    for some in events.chunks(500) {
        let event = |event: &Event| {
            json!({
                "icon": event.icon, "occurredAt": instant(event.at_ms), "kind": event.kind, "country": event.country,
                "device": event.device, "client": event.client,
                "userId": format!("user {}", event.user), "sessionId": format!("session {}", event.session),
            })
        };
        let events: Vec<Value> = some.iter().map(event).collect();
        let request = app.request(Method::POST, "/api/v1/analytics/usage/batch");
        let reply = app.send(request.json(&json!({ "events": events }))).await;
        assert_eq!(reply.json["accepted"], events.len(), "{}", reply.text);
    }
}

pub(crate) async fn start(engine: Engine) -> TestApp {
    let app = TestApp::build(engine).await.flag("--batch-max-size=1000").start().await;
    let body = json!({ "body": "<path d=\"M0 0h1z\"/>" });
    for prefix in ["u", "v"] {
        app.import_json(&json!({ "prefix": prefix, "icons": { "a": body, "b": body, "c": body } }))
            .await;
    }
    app
}

/// Half-open, as it is asked for.
pub(crate) type Range = (i64, i64);

pub(crate) async fn ask(app: &TestApp, field: &str, (from_ms, to_ms): Range) -> Reply {
    let field = field.replace(
        "RANGE",
        &format!(
            "range: {{ from: \"{}\", to: \"{}\" }}",
            instant(from_ms),
            instant(to_ms)
        ),
    );
    app.graphql(&format!("{{ analytics {{ found: {field} }} }}")).await
}

on_each_engine! {
    async fn what_cannot_be_answered_says_why(engine) {
        let app = start(engine).await;
        let (day, year) = ((NOW_MS - DAY_MS, NOW_MS), (NOW_MS - 365 * DAY_MS, NOW_MS));
        for (field, range, message) in [
            ("topIcons(RANGE) { count }", (NOW_MS, NOW_MS), "`range.from` has to be before `range.to`"),
            ("topIcons(RANGE) { count }", (NOW_MS, NOW_MS - 1), "`range.from` has to be before `range.to`"),
            ("users(RANGE) { sessions }", (NOW_MS - 3_653 * DAY_MS, NOW_MS), "a range has at most 1096 days"),
            ("usageSeries(RANGE, interval: HOUR) { total }", year, "a series has at most 1000 points, and these would be 8760"),
            ("usageSeries(RANGE, interval: MINUTE, by: KIND) { total }", (NOW_MS - HOUR_MS, NOW_MS), "take `interval: HOUR` or leave out `by`"),
            ("usageSeries(RANGE, interval: DAY, target: { set: \"No Set\" }) { total }", day, "`target.set` is a prefix, such as mdi"),
            ("topIcons(RANGE, first: 0) { count }", day, "`first` must be at least 1"),
            ("forecast(horizon: 0) { model }", day, "`horizon` is 1 to 366 intervals"),
            ("forecast(horizon: -1) { model }", day, "`horizon` is 1 to 366 intervals"),
            ("forecast(horizon: 10000) { model }", day, "`horizon` is 1 to 366 intervals"),
            ("forecast(confidence: 2) { model }", day, "`confidence` is 0.5 to 0.999"),
            ("forecast(interval: MINUTE) { model }", day, "minutes cannot be forecast"),
        ] {
            let reply = ask(&app, field, range).await;
            let error = &reply.errors()[0];
            assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{field}: {}", reply.text);
            assert!(error["message"].as_str().unwrap().contains(message), "{field}: {}", reply.text);
        }
        // What nobody has used is nothing, and no error.
        for target in ["icon: \"no:icon\"", "set: \"nosuch\""] {
            let field = format!("usageSeries(RANGE, interval: HOUR, target: {{ {target} }}) {{ key total points {{ count }} }}");
            let reply = ask(&app, &field, day).await;
            let series = reply.data("/analytics/found/0");
            assert_eq!((&series["total"], series["points"].as_array().unwrap().len()), (&json!(0), 24), "{}", reply.text);
        }
        let reply = ask(&app, "forecast(target: { icon: \"no:icon\" }) { model points { value } }", day).await;
        assert!(reply.data("/analytics").is_object());
    }

    async fn icons_that_are_gone_are_counted_by_their_names(engine) {
        let app = start(engine).await;
        let event = |icon| view(icon, NOW_MS - DAY_MS, 1);
        record(&app, &[event("u:a"), event("u:a"), event("v:a")]).await;
        app.roll_up().await;
        let body = json!({ "body": "<path d=\"M0 0h1z\"/>" });
        app.import_json(&json!({ "prefix": "u", "icons": { "b": body, "c": body } })).await;
        let reply = ask(&app, "topIcons(RANGE) { name icon { name } count }", (NOW_MS - 2 * DAY_MS, NOW_MS)).await;
        let expected = json!([
            { "name": "u:a", "icon": null, "count": 2 },
            { "name": "v:a", "icon": { "name": "v:a" }, "count": 1 },
        ]);
        assert_eq!(reply.data("/analytics/found"), &expected, "{}", reply.text);
        let filtered = ask(&app, "topIcons(RANGE, filter: { prefixes: [\"v\"] }) { name }", (NOW_MS - 2 * DAY_MS, NOW_MS)).await;
        assert_eq!(filtered.texts("/analytics/found", "name"), ["v:a"], "{}", filtered.text);
    }

    async fn what_no_day_used_most_may_be_what_was_used_most(engine) {
        let app = start(engine).await;
        let icons: Vec<String> = (0..3_000).map(|icon| format!("w:i{icon}")).collect();
        let icons: Vec<&'static str> = icons.into_iter().map(|icon| &*icon.leak()).collect();
        let body = json!({ "body": "<path d=\"M0 0h1z\"/>" });
        let bodies: serde_json::Map<String, Value> = icons.iter().map(|icon| (icon[2..].to_owned(), body.clone())).collect();
        app.import_json(&json!({ "prefix": "w", "icons": bodies })).await;
        // Of each day's ranking a thousand are read at first. On each day 1,500 were used more than u:a, and over both u:a most.
        let mut all = Vec::new();
        for (day, icons) in icons.chunks(1_500).enumerate() {
            let at_ms = NOW_MS - (1 + i64::try_from(day).unwrap()) * DAY_MS;
            all.extend(icons.iter().flat_map(|icon| [view(icon, at_ms, 1); 3]));
            all.extend([view("u:a", at_ms, 1); 2]);
        }
        record(&app, &all).await;
        app.roll_up().await;
        let two_days = (NOW_MS - 3 * DAY_MS, NOW_MS);
        for (first, expected) in [(1, vec![4]), (2, vec![4, 3]), (100, [vec![4], vec![3; 99]].concat())] {
            let reply = ask(&app, &format!("topIcons(RANGE, first: {first}) {{ name count }}"), two_days).await;
            let found = reply.data("/analytics/found").as_array().unwrap();
            let counts: Vec<u64> = found.iter().map(|top| top["count"].as_u64().unwrap()).collect();
            assert_eq!((&found[0]["name"], counts), (&json!("u:a"), expected), "{first}");
        }
        // Nothing that a day used most passes.
        let filtered = ask(&app, "topIcons(RANGE, filter: { prefixes: [\"u\"] }) { name count }", two_days).await;
        assert_eq!(filtered.data("/analytics/found"), &json!([{ "name": "u:a", "count": 4 }]), "{}", filtered.text);
    }

    async fn analytics_need_their_scope(engine) {
        let app = TestApp::build(engine).await.flag("--environment=production").start().await;
        let (_, key) = app.create_key(&["usage:write", "metrics:read"]).await;
        let (_, reading) = app.create_key(&["analytics:read"]).await;
        let query = json!({ "query": "{ analytics { forecast { model } } __typename }" });
        for (key, code) in [(None, Some("FORBIDDEN")), (Some(key), Some("FORBIDDEN")), (Some(reading), None)] {
            let mut request = app.request(Method::POST, "/graphql").json(&query);
            if let Some(key) = key {
                request = request.bearer_auth(key);
            }
            let reply = app.send(request).await;
            let found = reply.errors().first().map(|error| error["extensions"]["code"].as_str().unwrap().to_owned());
            assert_eq!(found.as_deref(), code, "{}", reply.text);
        }
    }

    async fn pairs_are_those_that_sessions_use_together(engine) {
        let app = start(engine).await;
        let event = |icon, session, back_ms: i64| view(icon, NOW_MS - back_ms, session);
        let mut all = Vec::new();
        for session in 0..20 {
            all.push(event("u:a", session, DAY_MS));
            all.push(event(["u:b", "u:c"][session % 2], session, DAY_MS));
            all.push(event("v:a", session + 100, 2 * DAY_MS));
        }
        for session in 0..6 {
            all.push(event("v:b", session, DAY_MS));
        }
        record(&app, &all).await;
        app.roll_up().await;
        let field = "coUsage(RANGE, first: 3) { a { name } b { name } score support }";
        let pairs = |reply: &Reply| -> Vec<(BTreeSet<String>, u64)> {
            let pairs = reply.data("/analytics/found").as_array().unwrap().iter();
            pairs.map(|pair| (["a", "b"].map(|icon| pair[icon]["name"].as_str().unwrap().to_owned()).into(), pair["support"].as_u64().unwrap())).collect()
        };
        let of = |one: &str, other: &str, support| (BTreeSet::from([one.to_owned(), other.to_owned()]), support);
        let found = pairs(&ask(&app, field, (NOW_MS - 3 * DAY_MS, NOW_MS)).await);
        assert_eq!(found.len(), 3);
        assert!(found.contains(&of("u:a", "u:b", 10)) && found.contains(&of("u:a", "u:c", 10)) && found.contains(&of("u:a", "v:b", 6)), "{found:?}");
        // On the day before there were no pairs.
        assert!(pairs(&ask(&app, field, (NOW_MS - 2 * DAY_MS, NOW_MS - 2 * DAY_MS + 1)).await).is_empty());
    }

    async fn trends_are_what_rises_and_what_falls(engine) {
        let app = start(engine).await;
        let mut all = Vec::new();
        for day in 0..10_i64 {
            for (icon, count) in [("u:a", 10 + 20 * day), ("u:b", 210 - 20 * day), ("u:c", 100)] {
                for place in 0..count {
                    let at_ms = NOW_MS - (10 - day) * DAY_MS + place * 1_000;
                    all.push(view(icon, at_ms, 1));
                }
            }
        }
        record(&app, &all).await;
        app.roll_up().await;
        let range = (NOW_MS - 10 * DAY_MS, NOW_MS);
        for (direction, name, slope) in [("RISING", "u:a", 20.0), ("FALLING", "u:b", -20.0)] {
            let field = format!("trends(RANGE, direction: {direction}) {{ icon {{ name }} slope change count }}");
            let reply = ask(&app, &field, range).await;
            let found = reply.data("/analytics/found").as_array().unwrap();
            assert_eq!((found.len(), &found[0]["icon"]["name"]), (1, &json!(name)), "{}", reply.text);
            let found = found[0]["slope"].as_f64().unwrap();
            assert!((found - slope).abs() < 3.0, "{}", reply.text);
        }
    }

    async fn forecasts_know_the_week(engine) {
        let app = start(engine).await;
        let mut all = Vec::new();
        for day in 1..=29_i64 {
            let at_ms = NOW_MS - day * DAY_MS;
            let is_weekend = (at_ms.div_euclid(DAY_MS) + 3).rem_euclid(7) >= 5;
            for place in 0..(if is_weekend { 20 } else { 60 }) {
                all.push(view("u:a", at_ms + place * 1_000, 1));
            }
        }
        record(&app, &all).await;
        app.roll_up().await;
        let reply = ask(&app, "forecast(target: { icon: \"u:a\" }, horizon: 14) { model backtestSmape points { at value lower upper } }", (0, 1)).await;
        let found = reply.data("/analytics/found");
        assert!(found["model"].as_str().unwrap().starts_with("MSTL(7)"), "{}", reply.text);
        assert!(found["backtestSmape"].as_f64().unwrap() < 0.2, "{}", reply.text);
        let points = found["points"].as_array().unwrap();
        assert_eq!((points.len(), unix_ms(&points[0]["at"])), (14, NOW_MS - NOW_MS.rem_euclid(DAY_MS)));
        for point in points {
            let is_weekend = (unix_ms(&point["at"]).div_euclid(DAY_MS) + 3).rem_euclid(7) >= 5;
            let (value, expected) = (point["value"].as_f64().unwrap(), if is_weekend { 20.0 } else { 60.0 });
            assert!((value - expected).abs() < 10.0, "{}", reply.text);
        }
    }
}
