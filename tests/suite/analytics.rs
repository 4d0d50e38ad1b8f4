//! Answers about usage, beside a recount of the events that they rest on.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Engine, NOW_MS, Reply, TestApp, on_each_engine};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::random::Random;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

const ICONS: [&str; 6] = ["u:a", "u:b", "u:c", "v:a", "v:b", "v:c"];

#[derive(Debug, Clone)]
struct Event {
    icon: &'static str,
    at_ms: i64,
    kind: &'static str,
    country: Option<&'static str>,
    user: usize,
    session: usize,
}

fn instant(unix_ms: i64) -> String {
    let instant = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).unwrap();
    instant.format(&Rfc3339).unwrap()
}

fn unix_ms(instant: &Value) -> i64 {
    let instant = OffsetDateTime::parse(instant.as_str().unwrap(), &Rfc3339).unwrap();
    i64::try_from(instant.unix_timestamp_nanos() / 1_000_000).unwrap()
}

fn events(random: &mut Random, count: usize) -> Vec<Event> {
    let event = |random: &mut Random| {
        let back_minutes = if random.below(2) == 0 {
            random.below(28 * 24 * 60)
        } else {
            random.below(300)
        };
        // Some are used more than others.
        let icon = ICONS[random.below(6).min(random.below(6))];
        Event {
            icon,
            at_ms: NOW_MS
                - i64::try_from(back_minutes).unwrap() * MINUTE_MS
                - i64::try_from(random.below(59_000)).unwrap(),
            kind: ["RENDER", "COPY", "VIEW"][random.below(3)],
            country: [Some("DE"), Some("FR"), Some("US"), None][random.below(4)],
            user: random.below(40),
            session: random.below(60),
        }
    };
    (0..count).map(|_| event(random)).collect()
}

async fn record(app: &TestApp, events: &[Event]) {
    for some in events.chunks(500) {
        let event = |event: &Event| {
            json!({
                "icon": event.icon, "occurredAt": instant(event.at_ms), "kind": event.kind, "country": event.country,
                "userId": format!("user {}", event.user), "sessionId": format!("session {}", event.session),
            })
        };
        let events: Vec<Value> = some.iter().map(event).collect();
        let request = app.request(Method::POST, "/api/v1/analytics/usage/batch");
        let reply = app.send(request.json(&json!({ "events": events }))).await;
        assert_eq!(reply.json["accepted"], events.len(), "{}", reply.text);
    }
}

async fn start(engine: Engine) -> TestApp {
    let app = TestApp::build(engine).await.flag("--batch-max-size=1000").start().await;
    let body = json!({ "body": "<path d=\"M0 0h1z\"/>" });
    for prefix in ["u", "v"] {
        app.import_json(&json!({ "prefix": prefix, "icons": { "a": body, "b": body, "c": body } }))
            .await;
    }
    app
}

/// Half-open, as it is asked for.
type Range = (i64, i64);

async fn ask(app: &TestApp, field: &str, (from_ms, to_ms): Range) -> Reply {
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

/// Ranges of whole hours, of a few hours up to all that there is, and some that are none.
fn ranges(random: &mut Random) -> Vec<Range> {
    let today_ms = NOW_MS - NOW_MS.rem_euclid(DAY_MS);
    let mut ranges = vec![
        (today_ms - 27 * DAY_MS, today_ms + DAY_MS),
        (today_ms - DAY_MS, today_ms),
        (today_ms - 7 * DAY_MS, today_ms - 3 * DAY_MS),
        (today_ms, today_ms + HOUR_MS),
        (today_ms + 5 * DAY_MS, today_ms + 6 * DAY_MS),
    ];
    for _ in 0..6 {
        let from_ms = today_ms - i64::try_from(random.below(28 * 24)).unwrap() * HOUR_MS;
        ranges.push((
            from_ms,
            from_ms + i64::try_from(1 + random.below(200)).unwrap() * HOUR_MS,
        ));
    }
    ranges
}

fn within<'a>(events: &'a [Event], (from_ms, to_ms): Range) -> impl Iterator<Item = &'a Event> {
    events
        .iter()
        .filter(move |event| (from_ms..to_ms).contains(&event.at_ms))
}

/// When the bucket begins.
fn begin_ms(interval: &str, at_ms: i64) -> i64 {
    let (length_ms, offset_ms) = match interval {
        "MINUTE" => (MINUTE_MS, 0),
        "HOUR" => (HOUR_MS, 0),
        "DAY" => (DAY_MS, 0),
        _ => (7 * DAY_MS, 4 * DAY_MS),
    };
    at_ms - (at_ms - offset_ms).rem_euclid(length_ms)
}

/// By key and bucket, what happened and by how many.
type Counted = BTreeMap<(String, i64), (u64, u64)>;

fn recount<'a>(events: impl Iterator<Item = &'a Event>, interval: &str, key: impl Fn(&Event) -> String) -> Counted {
    let mut users: BTreeMap<(String, i64), (u64, BTreeSet<usize>)> = BTreeMap::new();
    for event in events {
        let (count, by) = users.entry((key(event), begin_ms(interval, event.at_ms))).or_default();
        *count += 1;
        by.insert(event.user);
    }
    users
        .into_iter()
        .map(|(key, (count, users))| (key, (count, users.len() as u64)))
        .collect()
}

fn key_of(event: &Event, dimension: &str) -> String {
    let at = OffsetDateTime::from_unix_timestamp(event.at_ms / 1_000).unwrap();
    match dimension {
        "COUNTRY" => event.country.unwrap_or("(unknown)").to_owned(),
        "KIND" => event.kind.to_owned(),
        "SET" => event.icon.split(':').next().unwrap().to_owned(),
        "HOUR_OF_DAY" => format!("{:02}", at.hour()),
        "DAY_OF_WEEK" => at.weekday().to_string().to_uppercase(),
        _ => String::new(),
    }
}

fn told(reply: &Reply) -> Counted {
    let mut told = Counted::new();
    for series in reply.data("/analytics/found").as_array().unwrap() {
        let points = series["points"].as_array().unwrap();
        let total: u64 = points.iter().map(|point| point["count"].as_u64().unwrap()).sum();
        assert_eq!(series["total"], total);
        for point in points.iter().filter(|point| point["count"] != 0) {
            let key = series["key"].as_str().unwrap_or_default().to_owned();
            told.insert(
                (key, unix_ms(&point["at"])),
                (point["count"].as_u64().unwrap(), point["uniqueUsers"].as_u64().unwrap()),
            );
        }
    }
    told
}

on_each_engine! {
    async fn answers_are_what_a_recount_gives(engine) {
        let (app, mut random) = (start(engine).await, Random::new(41));
        let mut all = Vec::new();
        for round in 0..2 {
            // What comes later than its day was ranked counts as well.
            let new = events(&mut random, 1_200);
            record(&app, &new).await;
            all.extend(new);
            app.roll_up().await;
            for range in ranges(&mut random) {
                series_are_recounted(&app, &all, range).await;
                shares_and_users_are_recounted(&app, &all, range).await;
            }
            let unranked = app.database().number("SELECT count(*) FROM usage_day_ranking WHERE icons IS NULL").await;
            assert_eq!(unranked, 1, "{round}: today alone is not over");
        }
    }
}

async fn series_are_recounted(app: &TestApp, events: &[Event], range: Range) {
    for interval in ["MINUTE", "HOUR", "DAY", "WEEK"] {
        for (target, wanted) in [
            ("", ""),
            ("target: { icon: \"u:a\" }, ", "u:a"),
            ("target: { set: \"v\" }, ", "v:"),
        ] {
            for by in ["", "COUNTRY", "KIND", "SET", "HOUR_OF_DAY", "DAY_OF_WEEK"] {
                if interval == "MINUTE" && (!by.is_empty() || range.1 - range.0 > 1_000 * MINUTE_MS) {
                    continue;
                }
                let argument = if by.is_empty() {
                    String::new()
                } else {
                    format!(", by: {by}")
                };
                let field = format!(
                    "usageSeries({target}RANGE, interval: {interval}{argument}) {{ key total points {{ at count uniqueUsers }} }}"
                );
                let reply = ask(app, &field, range).await;
                let mut expected = recount(
                    within(events, range).filter(|event| event.icon.starts_with(wanted)),
                    interval,
                    |event| key_of(event, by),
                );
                if by == "HOUR_OF_DAY" {
                    // Of 24 keys the twenty that were used most are told.
                    let told = told(&reply);
                    expected.retain(|key, _| told.contains_key(key));
                    assert_eq!(told.len(), expected.len());
                }
                assert_eq!(told(&reply), expected, "{field} {range:?}");
            }
        }
    }
}

async fn shares_and_users_are_recounted(app: &TestApp, events: &[Event], range: Range) {
    for dimension in ["COUNTRY", "KIND", "SET", "HOUR_OF_DAY", "DAY_OF_WEEK"] {
        let mut expected: BTreeMap<String, u64> = BTreeMap::new();
        for event in within(events, range) {
            *expected.entry(key_of(event, dimension)).or_default() += 1;
        }
        let all: u64 = expected.values().sum();
        let reply = ask(
            app,
            &format!("distribution(RANGE, dimension: {dimension}) {{ key count share }}"),
            range,
        )
        .await;
        let found = reply.data("/analytics/found").as_array().unwrap();
        let counts = found.iter().filter(|share| share["count"] != 0);
        let counts: BTreeMap<String, u64> = counts
            .map(|share| {
                (
                    share["key"].as_str().unwrap().to_owned(),
                    share["count"].as_u64().unwrap(),
                )
            })
            .collect();
        assert_eq!(counts, expected, "{dimension} {range:?}");
        if all > 0 {
            let shares: f64 = found.iter().map(|share| share["share"].as_f64().unwrap()).sum();
            assert!((shares - 1.0).abs() < 1e-9, "{}", reply.text);
        }
    }
    let mut used: BTreeMap<&str, u64> = BTreeMap::new();
    for event in within(events, range) {
        *used.entry(event.icon).or_default() += 1;
    }
    let mut used: Vec<u64> = used.into_values().collect();
    used.sort_unstable_by(|one, other| other.cmp(one));
    let reply = ask(app, "topIcons(RANGE, first: 4) { name icon { name } count }", range).await;
    let found = reply.data("/analytics/found").as_array().unwrap();
    let counts: Vec<u64> = found.iter().map(|top| top["count"].as_u64().unwrap()).collect();
    assert_eq!(counts, used[..used.len().min(4)], "{range:?} {}", reply.text);
    for top in found {
        let name = top["icon"]["name"].as_str().unwrap();
        assert_eq!(top["name"], name);
        assert_eq!(
            top["count"],
            within(events, range).filter(|event| event.icon == name).count()
        );
    }
    let users = |range: Range| -> BTreeSet<usize> { within(events, range).map(|event| event.user).collect() };
    let (active, before) = (users(range), users((0, range.0)));
    let sessions: BTreeSet<usize> = within(events, range).map(|event| event.session).collect();
    let reply = ask(
        app,
        "users(RANGE) { activeUsers newUsers returningUsers sessions iconsPerSession byHour { key } }",
        range,
    )
    .await;
    let found = reply.data("/analytics/found");
    let counts = ["activeUsers", "newUsers", "sessions"].map(|field| found[field].as_u64().unwrap());
    let expected = [active.len(), active.difference(&before).count(), sessions.len()];
    assert_eq!(counts, expected.map(|count| count as u64), "{range:?}");
    assert_eq!(found["returningUsers"], counts[0] - counts[1]);
    assert_eq!(found["byHour"].as_array().unwrap().len(), 24);
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
        let event = |icon: &'static str| Event {
            icon, at_ms: NOW_MS - DAY_MS, kind: "VIEW", country: None, user: 1, session: 1,
        };
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
        let event = |icon: &'static str, session: usize, back_ms: i64| Event {
            icon, session, at_ms: NOW_MS - back_ms, kind: "VIEW", country: None, user: session,
        };
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
                    all.push(Event { icon, at_ms, kind: "VIEW", country: None, user: 1, session: 1 });
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
                all.push(Event { icon: "u:a", at_ms: at_ms + place * 1_000, kind: "VIEW", country: None, user: 1, session: 1 });
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
