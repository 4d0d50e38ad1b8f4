//! What is used together, beside a recount of the sessions that it is made of.

use reqwest::Method;
use serde_json::{Map, Value, json};
use tests::{NOW_MS, TestApp, eventually, on_each_engine};

use crate::{
    co_usage_recount::{MOST_ICONS, counted, recount},
    random::Random,
};

const DAY_MS: i64 = 24 * 3_600_000;
const TODAY: i64 = NOW_MS / DAY_MS;

fn instant(unix_ms: i64) -> String {
    let instant = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).unwrap();
    instant.format(&time::format_description::well_known::Rfc3339).unwrap()
}

pub(crate) fn set(prefix: &str, names: impl IntoIterator<Item = String>) -> Value {
    let body = json!({ "body": "<path d=\"M0 0h1z\"/>" });
    let icons: Map<String, Value> = names.into_iter().map(|name| (name, body.clone())).collect();
    json!({ "prefix": prefix, "icons": icons })
}

pub(crate) async fn fill(app: TestApp) -> TestApp {
    app.import_json(&set("u", ["a", "b", "c", "d", "e", "f"].map(str::to_owned)))
        .await;
    app
}

/// A server that keeps no answers: those with what is related are good for half a minute.
async fn build(engine: tests::Engine) -> tests::Builder {
    let builder = TestApp::build(engine).await.flag("--batch-max-size=1000");
    builder.flag("--response-cache-enabled=false")
}

pub(crate) async fn start(engine: tests::Engine) -> TestApp {
    fill(build(engine).await.start().await).await
}

/// Records that a session used icons of `u`, by their keys, some days ago.
pub(crate) fn session(id: &str, icons: &str, days_ago: i64) -> Vec<Value> {
    let at = instant(NOW_MS - days_ago * DAY_MS);
    let event = |icon: char| json!({ "icon": format!("u:{icon}"), "sessionId": id, "occurredAt": at });
    icons.chars().map(event).collect()
}

/// As many sessions as `count`, which use the same today.
pub(crate) fn sessions(prefix: &str, icons: &str, count: usize) -> Vec<Value> {
    (0..count)
        .flat_map(|number| session(&format!("{prefix} {number}"), icons, 0))
        .collect()
}

pub(crate) async fn record(app: &TestApp, events: &[Value]) {
    for events in events.chunks(500) {
        let request = app.request(Method::POST, "/api/v1/analytics/usage/batch");
        let reply = app.send(request.json(&json!({ "events": events }))).await;
        assert_eq!(reply.json["accepted"], events.len(), "{}", reply.text);
    }
}

/// The icons that are related to one, with the lift and the support of each.
pub(crate) async fn related(app: &TestApp, icon: &str) -> Vec<(String, String, i64)> {
    let query =
        format!("{{ icon(by: {{ name: \"{icon}\" }}) {{ related(first: 100) {{ icon {{ name }} score support }} }} }}");
    let reply = app.graphql(&query).await;
    let related = reply.data("/icon/related").as_array().unwrap();
    let facts = |related: &Value| {
        (
            related["icon"]["name"].as_str().unwrap().to_owned(),
            format!("{:.4}", related["score"].as_f64().unwrap()),
            related["support"].as_i64().unwrap(),
        )
    };
    related.iter().map(facts).collect()
}

pub(crate) async fn names(app: &TestApp, icon: &str) -> Vec<String> {
    related(app, icon).await.into_iter().map(|(name, ..)| name).collect()
}

/// Asserts that what is counted is what a recount gives.
pub(crate) async fn assert_recounted(app: &TestApp) {
    let (counted, recounted) = (counted(app.database()).await, recount(app.database(), TODAY).await);
    assert!(!recounted.0.is_empty());
    assert_eq!(counted, recounted);
}

on_each_engine! {
    async fn days_are_what_a_recount_gives_whenever_events_come(engine) {
        let app = start(engine).await;
        let mut random = Random::new(5);
        for round in 0..4 {
            let events: Vec<Value> = (0..400)
                .flat_map(|_| {
                    let days_ago = [0, 0, 0, 1, 2, i64::try_from(random.below(30)).unwrap()][random.below(6)];
                    let icon = ["a", "a", "b", "c", "d", "e"][random.below(6)];
                    session(&format!("session {}", random.below(60)), icon, days_ago)
                })
                .collect();
            record(&app, &events).await;
            assert_eq!(app.roll_up().await, 400, "round {round}");
            assert_recounted(&app).await;
            // Again, nothing changes.
            let before = counted(app.database()).await;
            assert_eq!(app.roll_up().await, 0);
            assert_eq!(counted(app.database()).await, before);
        }
    }

    async fn a_day_is_counted_only_when_it_has_changed(engine) {
        let app = start(engine).await;
        record(&app, &session("s", "ab", 0)).await;
        record(&app, &session("s", "ab", 1)).await;
        app.roll_up().await;
        // Whatever happens to these, nobody looks.
        app.sql("UPDATE usage_pair SET sessions = 7").await;
        app.roll_up().await;
        let sevens = "SELECT count(*) FROM usage_pair WHERE sessions = 7";
        assert_eq!(app.database().number(sevens).await, 6);
        record(&app, &session("t", "c", 1)).await;
        // What has no session changes nothing.
        record(&app, &[json!({ "icon": "u:a" })]).await;
        app.roll_up().await;
        assert_eq!(app.database().number(sevens).await, 3);
    }

    async fn large_days_are_read_in_parts(engine) {
        let app = start(engine).await;
        let mut random = Random::new(9);
        let events: Vec<Value> = (0..300)
            .map(|_| {
                let at = instant((TODAY - 1) * DAY_MS + i64::try_from(random.below(24 * 3_600_000)).unwrap());
                let icon = ["u:a", "u:b", "u:c", "u:d"][random.below(4)];
                json!({ "icon": icon, "sessionId": format!("session {}", random.below(50)), "occurredAt": at })
            })
            .collect();
        record(&app, &events).await;
        app.roll_up().await;
        let counted_whole = counted(app.database()).await;
        // As if there were many more.
        app.sql("UPDATE usage_day SET count = 5000000 WHERE target = -2").await;
        app.sql("DELETE FROM usage_pair").await;
        app.sql("DELETE FROM usage_pair_day").await;
        app.sql("DELETE FROM usage_related").await;
        app.roll_up().await;
        assert_eq!(counted(app.database()).await, counted_whole);
        assert_recounted(&app).await;
    }

    async fn a_session_is_of_each_day_what_it_used_on_it(engine) {
        let app = start(engine).await;
        let midnight = TODAY * DAY_MS;
        let event = |session: usize, icon: &str, at_ms: i64| {
            json!({ "icon": icon, "sessionId": session.to_string(), "occurredAt": instant(at_ms) })
        };
        for number in 0..3 {
            record(&app, &[event(number, "u:a", midnight - 1), event(number, "u:b", midnight), event(number, "u:c", midnight + 1)]).await;
        }
        app.roll_up().await;
        assert_recounted(&app).await;
        assert_eq!(names(&app, "u:a").await, Vec::<String>::new());
        assert_eq!(names(&app, "u:b").await, ["u:c"]);
    }

    async fn what_has_no_session_is_of_none(engine) {
        let app = start(engine).await;
        for _ in 0..5 {
            record(&app, &[json!({ "icon": "u:a", "userId": "ann" }), json!({ "icon": "u:b", "userId": "ann" })]).await;
        }
        app.roll_up().await;
        assert_eq!(related(&app, "u:a").await, []);
        assert_eq!(app.database().number("SELECT count(*) FROM usage_pair_day").await, 0);
        // An icon that comes again and again is one of its session.
        record(&app, &sessions("s", "aaaa", 3)).await;
        app.roll_up().await;
        assert_recounted(&app).await;
        assert_eq!(related(&app, "u:a").await, []);
    }

    async fn who_goes_through_a_list_says_nothing(engine) {
        let app = start(engine).await;
        app.import_json(&set("w", (0..=MOST_ICONS).map(|number| number.to_string()))).await;
        let sessions = |icons: usize, prefix: &str| -> Vec<Value> {
            (0..3)
                .flat_map(|session| (0..icons).map(move |icon| (session, icon)))
                .map(|(session, icon)| json!({ "icon": format!("w:{icon}"), "sessionId": format!("{prefix} {session}") }))
                .collect()
        };
        record(&app, &sessions(MOST_ICONS + 1, "long")).await;
        app.roll_up().await;
        assert_eq!(related(&app, "w:0").await, []);
        assert_eq!(app.database().number("SELECT sessions FROM usage_pair_day").await, 0);
        record(&app, &sessions(MOST_ICONS, "short")).await;
        app.roll_up().await;
        assert_recounted(&app).await;
        assert_eq!(related(&app, "w:0").await.len(), MOST_ICONS - 1);
        // One more each, and nothing is left of them.
        let last = (0..3).map(|session| json!({ "icon": format!("w:{MOST_ICONS}"), "sessionId": format!("short {session}") }));
        record(&app, &last.collect::<Vec<_>>()).await;
        app.roll_up().await;
        for table in ["usage_pair", "usage_related"] {
            assert_eq!(app.database().number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
        }
    }

    async fn what_was_left_half_way_is_made_good(engine) {
        let app = start(engine).await;
        record(&app, &sessions("s", "ab", 3)).await;
        // The last that is written.
        app.sql("ALTER TABLE usage_related RENAME TO elsewhere").await;
        assert!(app.try_to_roll_up().await.is_err());
        // Rolled up, and not counted: none of it is there.
        assert_eq!(app.database().number("SELECT count(*) FROM usage_pending").await, 0);
        assert_eq!(app.database().number("SELECT count(*) FROM usage_pair").await, 0);
        app.sql("ALTER TABLE elsewhere RENAME TO usage_related").await;
        // The transaction that failed is being taken back.
        eventually("the day is counted", async || {
            assert_eq!(app.roll_up().await, 0);
            app.database().number("SELECT count(*) FROM usage_pair_day").await == 1
        })
        .await;
        assert_recounted(&app).await;
        assert_eq!(names(&app, "u:a").await, ["u:b"]);
    }

    async fn two_servers_count_each_session_once(engine) {
        let app = start(engine).await;
        let beside = app.build_beside().start().await;
        let mut random = Random::new(3);
        for round in 0..5 {
            let events: Vec<Value> = (0..200)
                .flat_map(|_| {
                    let icons = ["ab", "bc", "acd"][random.below(3)];
                    session(&format!("{round} {}", random.below(40)), icons, i64::try_from(random.below(4)).unwrap())
                })
                .collect();
            record(&app, &events).await;
            tokio::join!(app.roll_up(), beside.roll_up());
            app.roll_up().await;
            assert_recounted(&app).await;
        }
    }

    async fn the_window_leaves_days_behind(engine) {
        let app = start(engine).await;
        record(&app, &sessions("s", "ab", 3)).await;
        for number in 0..3 {
            record(&app, &session(&format!("old {number}"), "cd", 1)).await;
        }
        app.roll_up().await;
        let pairs = app.database().number("SELECT count(*) FROM usage_pair").await;
        for (days, of_a, of_c) in [(88, &["u:b"][..], &["u:d"][..]), (89, &["u:b"], &[]), (90, &[], &[])] {
            app.set_now_ms(NOW_MS + days * DAY_MS);
            app.roll_up().await;
            assert_eq!(names(&app, "u:a").await, of_a, "{days}");
            assert_eq!(names(&app, "u:c").await, of_c, "{days}");
        }
        // Nothing is left of the sums, and all of the days.
        assert_eq!(app.database().number("SELECT count(*) FROM usage_related").await, 0);
        assert_eq!(app.database().number("SELECT count(*) FROM usage_pair").await, pairs);
    }

    async fn a_day_whose_events_are_gone_stays_as_it_was(engine) {
        let app = fill(build(engine).await.flag("--usage-retention-days=7").start().await).await;
        record(&app, &sessions("s", "ab", 3)).await;
        app.roll_up().await;
        let before = counted(app.database()).await;
        app.set_now_ms(NOW_MS + 8 * DAY_MS);
        app.keep_usage().await;
        assert_eq!(app.database().number("SELECT count(*) FROM usage_event").await, 0);
        // One that comes late, of which the others are not there any more.
        record(&app, &session("late", "ab", 0)).await;
        app.roll_up().await;
        assert_eq!(counted(app.database()).await, before);
        assert_eq!(related(&app, "u:a").await, [("u:b".to_owned(), "1.0000".to_owned(), 3)]);
    }
}
