//! What usage does to the order of icons and sets: places, popularity and what is rising, in answers that are kept too.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Engine, NOW_MS, Reply, TestApp, on_each_engine};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

fn instant(unix_ms: i64) -> String {
    let instant = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).unwrap();
    instant.format(&time::format_description::well_known::Rfc3339).unwrap()
}

/// Two sets, with twelve icons and one.
async fn start(engine: Engine) -> TestApp {
    let app = TestApp::build(engine)
        .await
        .cached()
        .flag("--batch-max-size=1000")
        .start()
        .await;
    let body = json!({ "body": "<path d=\"M0 0h1z\"/>" });
    let icons: serde_json::Map<String, Value> = ('a'..='l')
        .map(|letter| (format!("leaf-{letter}"), body.clone()))
        .collect();
    app.import_json(&json!({ "prefix": "u", "icons": icons })).await;
    app.import_json(&json!({ "prefix": "v", "icons": { "leaf": body } }))
        .await;
    app
}

/// Records so many uses of each icon, so long ago, and rolls them up.
async fn use_icons(app: &TestApp, uses: &[(&str, usize, i64)]) {
    let events: Vec<Value> = uses
        .iter()
        .flat_map(|(icon, count, ago_ms)| {
            let event = json!({ "icon": icon, "occurredAt": instant(NOW_MS - ago_ms) });
            std::iter::repeat_n(event, *count)
        })
        .collect();
    for events in events.chunks(1_000) {
        let request = app.request(Method::POST, "/api/v1/analytics/usage/batch");
        let reply = app.send(request.json(&json!({ "events": events }))).await;
        assert_eq!(reply.json["accepted"], events.len(), "{}", reply.text);
    }
    app.roll_up().await;
}

/// The names that a search finds, page by page, forward and back.
async fn found(app: &TestApp, arguments: &str, size: usize) -> Vec<String> {
    let names = |reply: &Reply| -> Vec<String> {
        let nodes = reply.data("/search/nodes").as_array().unwrap();
        nodes
            .iter()
            .map(|node| node["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let ask = async |page: String| {
        let query = format!(
            "{{ search({arguments}, {page}) {{ nodes {{ name }} edges {{ score }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
        );
        app.graphql(&query).await
    };
    let (mut forward, mut scores) = (Vec::new(), Vec::new());
    let mut page = format!("first: {size}");
    loop {
        let reply = ask(page).await;
        forward.extend(names(&reply));
        let edges = reply.data("/search/edges").as_array().unwrap();
        scores.extend(edges.iter().map(|edge| edge["score"].as_f64().unwrap()));
        let info = reply.data("/search/pageInfo");
        if info["hasNextPage"] == false {
            break;
        }
        page = format!("first: {size}, after: {}", info["endCursor"]);
    }
    if !arguments.contains("orderBy") {
        assert!(scores.is_sorted_by(|one, next| one >= next), "{scores:?}");
    }
    let mut back: Vec<String> = Vec::new();
    let mut page = format!("last: {size}");
    loop {
        let reply = ask(page).await;
        back.splice(0..0, names(&reply));
        let info = reply.data("/search/pageInfo");
        if info["hasPreviousPage"] == false {
            break;
        }
        page = format!("last: {size}, before: {}", info["startCursor"]);
    }
    assert_eq!(forward, back, "{arguments}");
    forward
}

async fn place(app: &TestApp, of: &str, window: &str) -> Value {
    let query = format!("{{ of: {of} {{ usage(window: {window}) {{ count rank }} }} }}");
    app.graphql(&query).await.data("/of/usage").clone()
}

fn icon_by(name: &str) -> String {
    format!("icon(by: {{ name: \"{name}\" }})")
}

on_each_engine! {
    async fn icons_and_sets_have_places(engine) {
        let app = start(engine).await;
        assert_eq!(place(&app, &icon_by("u:leaf-a"), "WEEK").await, json!({ "count": 0, "rank": null }));
        use_icons(&app, &[
            ("u:leaf-a", 5, HOUR_MS / 2),
            ("u:leaf-b", 3, 20 * HOUR_MS),
            ("u:leaf-c", 3, 3 * DAY_MS),
            ("u:leaf-d", 1, 20 * DAY_MS),
            ("v:leaf", 20, 29 * DAY_MS),
        ])
        .await;
        for (name, window, count, rank) in [
            ("u:leaf-a", "WEEK", 5, json!(1)),
            ("u:leaf-b", "WEEK", 3, json!(2)),
            ("u:leaf-c", "WEEK", 3, json!(2)),
            ("u:leaf-d", "WEEK", 0, json!(null)),
            ("u:leaf-d", "MONTH", 1, json!(5)),
            ("v:leaf", "MONTH", 20, json!(1)),
            ("u:leaf-a", "MONTH", 5, json!(2)),
            ("u:leaf-a", "HOUR", 5, json!(1)),
            ("u:leaf-b", "HOUR", 0, json!(null)),
            ("u:leaf-b", "DAY", 3, json!(2)),
            ("u:leaf-c", "ALL", 3, json!(3)),
        ] {
            let expected = json!({ "count": count, "rank": rank });
            assert_eq!(place(&app, &icon_by(name), window).await, expected, "{name} {window}");
        }
        let sets = [("u", "WEEK", 11, 1), ("u", "MONTH", 12, 2), ("v", "MONTH", 20, 1)];
        for (prefix, window, count, rank) in sets {
            let of = format!("iconSet(prefix: \"{prefix}\")");
            assert_eq!(place(&app, &of, window).await, json!({ "count": count, "rank": rank }), "{prefix} {window}");
        }
    }

    async fn searches_are_ordered_by_popularity(engine) {
        let app = start(engine).await;
        let by_popularity = "query: \"leaf\", orderBy: POPULARITY";
        let unused = found(&app, by_popularity, 4).await;
        assert_eq!(unused.len(), 13);
        assert_eq!(unused[0], "v:leaf");
        use_icons(&app, &[("u:leaf-k", 2, HOUR_MS), ("u:leaf-c", 7, 2 * DAY_MS), ("u:leaf-e", 2, DAY_MS), ("u:leaf-l", 1, 30 * DAY_MS)]).await;
        for size in [1, 2, 5, 20] {
            let names = found(&app, by_popularity, size).await;
            // Those that were used as often stand as they rank.
            let [e, k] = ["u:leaf-e", "u:leaf-k"].map(|name| unused.iter().position(|other| other == name));
            let (second, third) = if e < k { ("u:leaf-e", "u:leaf-k") } else { ("u:leaf-k", "u:leaf-e") };
            // What was used longer ago than 30 days stands as what was not.
            assert_eq!(names[..4], ["u:leaf-c", second, third, "v:leaf"]);
            let mut all = names.clone();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), 13, "{names:?}");
        }
        let everything = found(&app, "query: \"\", orderBy: POPULARITY, filter: { prefixes: [\"u\"] }", 5).await;
        assert_eq!((everything.len(), everything[0].as_str()), (12, "u:leaf-c"));
        let sets = "{ iconSets(orderBy: POPULARITY, first: 1) { edges { cursor node { prefix } } } }";
        let first = app.graphql(sets).await;
        assert_eq!(first.data("/iconSets/edges/0/node/prefix"), "u");
        use_icons(&app, &[("v:leaf", 50, DAY_MS)]).await;
        let first = app.graphql(sets).await;
        assert_eq!(first.data("/iconSets/edges/0/node/prefix"), "v");
        let after = sets.replace("first: 1", &format!("first: 5, after: {}", first.data("/iconSets/edges/0/cursor")));
        let rest = app.graphql(&after).await;
        assert_eq!(rest.data("/iconSets/edges").as_array().unwrap().len(), 1);
        assert_eq!(rest.data("/iconSets/edges/0/node/prefix"), "u");
    }

    async fn a_popular_icon_comes_before_others_that_match_as_well(engine) {
        let app = start(engine).await;
        let by_relevance = "query: \"leaf\"";
        let unused = found(&app, by_relevance, 4).await;
        assert_eq!(unused[0], "v:leaf");
        let (popular, next) = (unused[12].as_str(), unused[1].as_str());
        // Of ten that are used one can be popular, and it has to be used ten times.
        let uses = |of_popular| -> Vec<(String, usize, i64)> {
            let seldom = unused[1..10].iter().map(|name| (name.clone(), 1, DAY_MS));
            seldom.chain([(popular.to_owned(), of_popular, DAY_MS)]).collect()
        };
        let uses = async |of_popular| {
            let uses = uses(of_popular);
            let uses: Vec<(&str, usize, i64)> = uses.iter().map(|(icon, count, ago_ms)| (icon.as_str(), *count, *ago_ms)).collect();
            use_icons(&app, &uses).await;
        };
        uses(9).await;
        assert_eq!(found(&app, by_relevance, 4).await, unused);
        use_icons(&app, &[(popular, 1, DAY_MS)]).await;
        for size in [1, 3, 20] {
            let names = found(&app, by_relevance, size).await;
            // Whatever is called as it was typed is still before it.
            assert_eq!(names[..3], ["v:leaf", popular, next], "{size}");
            assert_eq!(names.len(), 13);
        }
        let begun = found(&app, "query: \"lea\"", 20).await;
        assert!(begun.iter().position(|name| name == popular) < begun.iter().position(|name| name == next), "{begun:?}");
        let turning = |on| format!("mutation {{ setSwitch(input: {{ switch: USAGE_RANKING, on: {on} }}) {{ userErrors {{ code }} }} }}");
        app.graphql(&turning(false)).await;
        assert_eq!(found(&app, by_relevance, 4).await, unused);
        assert_eq!(found(&app, "query: \"leaf\", orderBy: POPULARITY", 20).await[0], popular);
        app.graphql(&turning(true)).await;
        assert_eq!(found(&app, by_relevance, 20).await[1], popular);
    }

    async fn what_is_used_more_than_expected_is_trending(engine) {
        let app = start(engine).await;
        let trending = "{ trending(window: DAY) { icon { name } count surprise change } }";
        assert_eq!(app.graphql(trending).await.data("/trending"), &json!([]));
        let (today, yesterday) = (2 * HOUR_MS, 30 * HOUR_MS);
        // All but one is used twice as often as the day before.
        use_icons(&app, &[
            ("u:leaf-a", 100, yesterday),
            ("u:leaf-a", 200, today),
            ("u:leaf-b", 40, yesterday),
            ("u:leaf-b", 80, today),
            ("u:leaf-c", 5, yesterday),
            ("u:leaf-c", 60, today),
            ("u:leaf-d", 2, today),
        ])
        .await;
        let reply = app.graphql(trending).await;
        let first = reply.data("/trending/0");
        assert_eq!(first["icon"]["name"], "u:leaf-c");
        assert_eq!((&first["count"], &first["change"]), (&json!(60), &json!(11.0)));
        assert!(first["surprise"].as_f64().unwrap() > 3.0, "{first}");
        assert_eq!(reply.data("/trending").as_array().unwrap().len(), 1, "{}", reply.text);
        let none = app.graphql("{ trending(filter: { prefixes: [\"v\"] }) { count } }").await;
        assert_eq!(none.data("/trending"), &json!([]));
        // Of a week there is no week before.
        let week = app.graphql("{ trending(window: WEEK, first: 2) { icon { name } count surprise change } }").await;
        let expected = |name, count| json!({ "icon": { "name": name }, "count": count, "surprise": null, "change": null });
        assert_eq!(week.data("/trending"), &json!([expected("u:leaf-a", 300), expected("u:leaf-b", 120)]));
        assert_eq!(found(&app, "query: \"leaf\", orderBy: TRENDING", 3).await[..2], ["u:leaf-c", "v:leaf"]);
        for (first, code) in [("0", "BAD_USER_INPUT"), ("501", "LIMIT_EXCEEDED")] {
            let refused = app.graphql(&format!("{{ trending(first: {first}) {{ count }} }}")).await;
            assert_eq!(refused.codes(), [code], "{}", refused.text);
        }
    }

    async fn kept_answers_go_when_usage_says_otherwise(engine) {
        let app = start(engine).await;
        let get = async |query: &str| {
            let reply = app.send(app.request(Method::GET, "/graphql").query(&[("query", query)])).await;
            assert!(reply.errors().is_empty(), "{}", reply.text);
            reply
        };
        let by_popularity = "{ search(query: \"leaf\", orderBy: POPULARITY, first: 1) { nodes { name } } }";
        let sets = "{ iconSets(orderBy: POPULARITY, first: 1) { nodes { prefix } } }";
        for (icon, set) in [("u:leaf-f", "u"), ("v:leaf", "v"), ("u:leaf-b", "u")] {
            let count = app.database().number("SELECT count(*) FROM usage_event").await;
            use_icons(&app, &[(icon, usize::try_from(count).unwrap() + 1, HOUR_MS)]).await;
            let figures = format!("{{ {} {{ usage(window: DAY) {{ count rank }} }} }}", icon_by(icon));
            for is_kept in [false, true, true] {
                let replies = [get(by_popularity).await, get(sets).await, get(&figures).await];
                assert_eq!(replies[0].data("/search/nodes/0/name"), icon);
                assert_eq!(replies[1].data("/iconSets/nodes/0/prefix"), set);
                assert_eq!(replies[2].data("/icon/usage/rank"), 1);
                for reply in &replies[1..] {
                    assert_eq!(reply.statements() == 0, is_kept, "{}", reply.text);
                }
            }
        }
    }
}
