//! Answers about usage, beside a recount of the events that they rest on.

use std::collections::{BTreeMap, BTreeSet};

use tests::{NOW_MS, Reply, TestApp, on_each_engine};
use time::OffsetDateTime;

use crate::{
    analytics::{DAY_MS, Event, HOUR_MS, MINUTE_MS, Range, ask, record, start, unix_ms},
    random::Random,
};

const ICONS: [&str; 6] = ["u:a", "u:b", "u:c", "v:a", "v:b", "v:c"];

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
            device: [Some("DESKTOP"), Some("MOBILE"), None][random.below(3)],
            client: [Some("web/2.1"), Some("app"), None][random.below(3)],
            user: random.below(40),
            session: random.below(60),
        }
    };
    (0..count).map(|_| event(random)).collect()
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

fn within(events: &[Event], (from_ms, to_ms): Range) -> impl Iterator<Item = &Event> {
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
        "DEVICE" => event.device.unwrap_or("(unknown)").to_owned(),
        "CLIENT" => event.client.unwrap_or("(unknown)").to_owned(),
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
            for by in [
                "",
                "COUNTRY",
                "DEVICE",
                "CLIENT",
                "KIND",
                "SET",
                "HOUR_OF_DAY",
                "DAY_OF_WEEK",
            ] {
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
    for dimension in [
        "COUNTRY",
        "DEVICE",
        "CLIENT",
        "KIND",
        "SET",
        "HOUR_OF_DAY",
        "DAY_OF_WEEK",
    ] {
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
