//! The roll-up, beside a recount of the events that it is made of.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{NOW_MS, TestApp, on_each_engine};

use crate::random::Random;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

fn instant(unix_ms: i64) -> String {
    let instant = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).unwrap();
    instant.format(&time::format_description::well_known::Rfc3339).unwrap()
}

async fn start(engine: tests::Engine) -> TestApp {
    let app = TestApp::build(engine).await.flag("--batch-max-size=1000").start().await;
    let body = json!({ "body": "<path d=\"M0 0h1z\"/>" });
    for prefix in ["u", "v"] {
        app.import_json(&json!({ "prefix": prefix, "icons": { "a": body, "b": body, "c": body } }))
            .await;
    }
    app
}

/// Records these events, all of them.
async fn record(app: &TestApp, events: &[Value]) {
    let request = app.request(Method::POST, "/api/v1/analytics/usage/batch");
    let reply = app.send(request.json(&json!({ "events": events }))).await;
    assert_eq!(reply.json["accepted"], events.len(), "{}", reply.text);
}

/// Events of the last days, most of which lie together.
fn events(random: &mut Random, count: usize) -> Vec<Value> {
    let event = |random: &mut Random| {
        let back_ms = match random.below(10) {
            0 => i64::try_from(random.below(29 * 24 * 60)).unwrap() * 60_000,
            1 => DAY_MS + i64::try_from(random.below(1_000)).unwrap(),
            _ => i64::try_from(random.below(3 * 3_600_000)).unwrap(),
        };
        json!({
            "icon": (["u:a", "u:a", "u:b", "u:c", "v:a", "v:b"][random.below(6)]),
            "kind": (["RENDER", "COPY", "VIEW"][random.below(3)]),
            "occurredAt": instant(NOW_MS - back_ms),
            "userId": format!("user {}", random.below(50)),
            "sessionId": format!("session {}", random.below(80)),
            "device": (["DESKTOP", "MOBILE"][random.below(2)]),
            "client": format!("web/{}", random.below(4)),
            "country": (["DE", "FR", "US"][random.below(3)]),
        })
    };
    (0..count).map(|_| event(random)).collect()
}

/// Asserts that hours and days are what a recount of the events gives: for icons, sets and everything.
pub(crate) async fn assert_recounted(app: &TestApp) {
    for (table, length_ms) in [("usage_hour", HOUR_MS), ("usage_day", DAY_MS)] {
        let rows = |bucket: &str, name: &str, count: &str| {
            format!("CAST({bucket} AS TEXT) || ' ' || {name} || ' ' || CAST({count} AS TEXT)")
        };
        let cells = format!(
            "SELECT {} FROM {table} LEFT JOIN usage_name ON usage_name.id = target WHERE target >= -1",
            rows("bucket", "COALESCE(name, 'all')", "count")
        );
        let bucket = format!("occurred_ms / {length_ms}");
        let grouped = |name: &str| {
            let row = rows(&bucket, name, "count(*)");
            format!("SELECT {row} FROM usage_event JOIN usage_name ON usage_name.id = icon GROUP BY {bucket}, {name}")
        };
        let prefix = "substr(name, 1, 1)";
        let recount = format!(
            "{} UNION ALL {} UNION ALL SELECT {} FROM usage_event GROUP BY {bucket}",
            grouped("name"),
            grouped(prefix),
            rows(&bucket, "'all'", "count(*)")
        );
        let (mut cells, mut recount) = (app.database().lines(&cells).await, app.database().lines(&recount).await);
        cells.sort_unstable();
        recount.sort_unstable();
        assert!(!recount.is_empty());
        assert_eq!(cells, recount, "{table}");
    }
    assert_eq!(app.database().number("SELECT count(*) FROM usage_pending").await, 0);
}

on_each_engine! {
    async fn hours_and_days_are_what_a_recount_gives(engine) {
        let app = start(engine).await;
        assert_eq!(app.roll_up().await, 0);
        let mut random = Random::new(7);
        // What comes later is added to what is there, however late it is.
        for (round, count) in [1, 3, 400, 1_000, 50].into_iter().enumerate() {
            for half in events(&mut random, count).chunks(500) {
                record(&app, half).await;
            }
            assert_eq!(app.roll_up().await, count as u64, "round {round}");
            assert_recounted(&app).await;
            assert_eq!(app.roll_up().await, 0);
        }
    }

    async fn events_at_the_edges_are_of_one_hour_and_day(engine) {
        let app = start(engine).await;
        let midnight = NOW_MS - NOW_MS.rem_euclid(DAY_MS);
        let events: Vec<Value> = [-1, 0, 1, HOUR_MS - 1, HOUR_MS]
            .map(|from_midnight| json!({ "icon": "u:a", "occurredAt": instant(midnight + from_midnight) }))
            .into();
        record(&app, &events).await;
        assert_eq!(app.roll_up().await, 5);
        assert_recounted(&app).await;
        let of_all = "SELECT count FROM usage_day WHERE target = -1 ORDER BY bucket";
        assert_eq!(app.database().numbers::<1>(of_all).await, [[1], [4]]);
        let of_all = "SELECT count FROM usage_hour WHERE target = -1 ORDER BY bucket";
        assert_eq!(app.database().numbers::<1>(of_all).await, [[1], [3], [1]]);
    }

    async fn what_fails_half_way_is_as_if_it_had_not_begun(engine) {
        let app = start(engine).await;
        record(&app, &events(&mut Random::new(3), 100)).await;
        // The last table that is written.
        app.sql("ALTER TABLE usage_day RENAME TO elsewhere").await;
        assert!(app.try_to_roll_up().await.is_err());
        assert_eq!(app.database().number("SELECT count(*) FROM usage_hour").await, 0);
        app.sql("ALTER TABLE elsewhere RENAME TO usage_day").await;
        assert_eq!(app.roll_up().await, 100);
        assert_recounted(&app).await;
    }

    async fn two_servers_roll_up_each_event_once(engine) {
        let app = start(engine).await;
        let beside = app.build_beside().start().await;
        let mut random = Random::new(11);
        for _ in 0..5 {
            for some in events(&mut random, 300).chunks(60) {
                record(&app, some).await;
            }
            let (one, other) = tokio::join!(app.roll_up(), beside.roll_up());
            let rest = app.roll_up().await;
            assert_eq!(one + other + rest, 300);
        }
        assert_recounted(&app).await;
    }
}

/// How `field` was used, by its points' counts as well.
async fn usage(app: &TestApp, field: &str, window: &str) -> (i64, i64, Value, Vec<i64>) {
    let query = format!(
        "{{ found: {field} {{ usage(window: {window}) {{ window count uniqueUsers change points {{ at count uniqueUsers }} }} }} }}"
    );
    let reply = app.graphql(&query).await;
    let usage = reply.data("/found/usage");
    assert_eq!(usage["window"], window, "{}", reply.text);
    let points = usage["points"].as_array().unwrap();
    assert_eq!(points.len(), 24);
    (
        usage["count"].as_i64().unwrap(),
        usage["uniqueUsers"].as_i64().unwrap(),
        usage["change"].clone(),
        points.iter().map(|point| point["count"].as_i64().unwrap()).collect(),
    )
}

const ICON: &str = "icon(by: { name: \"u:a\" })";
const SET: &str = "iconSet(prefix: \"u\")";

on_each_engine! {
    async fn usage_is_what_was_recorded_in_the_window(engine) {
        let app = start(engine).await;
        let event = |icon: &str, back_ms: i64, user: u8| {
            json!({ "icon": icon, "occurredAt": instant(NOW_MS - back_ms), "userId": format!("user {user}") })
        };
        for window in ["HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "ALL"] {
            assert_eq!(usage(&app, ICON, window).await, (0, 0, Value::Null, vec![0; 24]), "{window}");
        }
        record(&app, &[
            event("u:a", 0, 1), event("u:a", 60_000, 1), event("u:a", 2 * 60_000, 2), event("u:b", 0, 3),
            // Two hours and five days back.
            event("u:a", 2 * HOUR_MS, 1), event("u:a", 5 * DAY_MS, 4), event("u:a", 5 * DAY_MS, 4), event("u:c", 5 * DAY_MS, 5),
            // In the week before, and in the month.
            event("u:a", 10 * DAY_MS, 1), event("u:a", 10 * DAY_MS, 1),
            event("v:a", 0, 1),
        ]).await;
        // It is not there before it is rolled up.
        assert_eq!(usage(&app, ICON, "WEEK").await.0, 0);
        app.roll_up().await;
        for (window, icon, set) in [
            ("HOUR", (3, 2), (4, 3)),
            ("DAY", (4, 2), (5, 3)),
            ("WEEK", (6, 3), (8, 5)),
            ("MONTH", (8, 3), (10, 5)),
            ("QUARTER", (8, 3), (10, 5)),
            ("YEAR", (8, 3), (10, 5)),
            ("ALL", (8, 3), (10, 5)),
        ] {
            for (field, expected) in [(ICON, icon), (SET, set)] {
                let (count, users, _, points) = usage(&app, field, window).await;
                assert_eq!((count, users), expected, "{window} {field}");
                assert_eq!(points.iter().sum::<i64>(), count);
            }
        }
        // Against the window before: an hour ago nothing, a week ago two.
        assert_eq!(usage(&app, ICON, "HOUR").await.2, Value::Null);
        assert_eq!(usage(&app, ICON, "WEEK").await.2, 2.0);
        assert_eq!(usage(&app, ICON, "ALL").await.2, Value::Null);
        // The newest is in the last point.
        let points = usage(&app, ICON, "DAY").await.3;
        assert!(points[23] >= 1 && points[23] + points[22] == 3, "{points:?}");
    }

    async fn what_is_pending_is_not_numbered_anew(engine) {
        let app = start(engine).await;
        let newest = async || app.database().number("SELECT MAX(id) FROM usage_pending").await;
        let mut before = 0;
        // Else what came after a roll-up would pass for what was there before it, and for late.
        for _ in 0..3 {
            record(&app, &[json!({ "icon": "u:a" })]).await;
            let now = newest().await;
            assert!(now > before, "{now} after {before}");
            before = now;
            assert_eq!(app.roll_up().await, 1);
        }
    }

    async fn usage_of_a_page_is_read_at_once(engine) {
        let app = start(engine).await;
        record(&app, &events(&mut Random::new(5), 200)).await;
        app.roll_up().await;
        let page = "{ u: iconSet(prefix: \"u\") { usage { count } icons { nodes { name usage(window: WEEK) { count } } } }
                      v: iconSet(prefix: \"v\") { usage { count } icons { nodes { name usage(window: WEEK) { count } } } } }";
        let reply = app.graphql(page).await;
        let of_icons = |set: &str| {
            let nodes = reply.data(&format!("/{set}/icons/nodes")).as_array().unwrap();
            nodes.iter().map(|node| node["usage"]["count"].as_i64().unwrap()).sum::<i64>()
        };
        for set in ["u", "v"] {
            assert_eq!(reply.data(&format!("/{set}/usage/count")), of_icons(set));
        }
        // The sets, their pages, and usage once for the sets and once for the icons.
        assert!(reply.statements() <= 4, "{}", reply.statements());
        // What is used next is seen half a minute later at the latest, of each icon too.
        record(&app, &[json!({ "icon": "v:a" })]).await;
        app.roll_up().await;
        app.set_now_ms(NOW_MS + 30_000);
        let next = app.graphql(page).await;
        let counts = |reply: &tests::Reply, set: &str| {
            let nodes = reply.data(&format!("/{set}/icons/nodes")).as_array().unwrap().iter();
            nodes.map(|node| node["usage"]["count"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(next.data("/v/usage/count").as_i64().unwrap(), counts(&next, "v").iter().sum::<i64>());
        assert_eq!(counts(&next, "v")[0], counts(&reply, "v")[0] + 1);
        assert_eq!(counts(&next, "u"), counts(&reply, "u"));
    }
}
