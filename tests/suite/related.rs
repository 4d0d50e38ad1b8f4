//! What is shown as used together with an icon.

use tests::{NOW_MS, TestApp, on_each_engine};

use crate::co_usage::{assert_recounted, fill, names, record, related, session, sessions, set, start};

on_each_engine! {
    async fn what_is_used_together_is_found(engine) {
        let app = start(engine).await;
        assert_eq!(related(&app, "u:a").await, []);
        // Of 40 sessions 20 use a, 10 use b, 8 both; c comes with everything; e and f come together, seldom.
        record(&app, &sessions("ab", "abc", 8)).await;
        record(&app, &sessions("a", "ac", 12)).await;
        record(&app, &sessions("b", "b", 2)).await;
        record(&app, &sessions("ef", "ef", 4)).await;
        record(&app, &sessions("c", "cd", 14)).await;
        // It is not there before it is rolled up.
        assert_eq!(related(&app, "u:a").await, []);
        app.roll_up().await;
        assert_recounted(&app).await;
        let expected = |name: &str, both: i32, (a, b): (i32, i32)| {
            let lift = f64::from(both * 40) / f64::from(a * b);
            (name.to_owned(), format!("{lift:.4}"), i64::from(both))
        };
        let of_a = [expected("u:b", 8, (20, 10)), expected("u:c", 20, (20, 34))];
        assert_eq!(related(&app, "u:a").await, of_a);
        assert_eq!(related(&app, "u:e").await, [expected("u:f", 4, (4, 4))]);
        assert_eq!(related(&app, "u:d").await, [expected("u:c", 14, (14, 34))]);
        // Both ways alike.
        assert_eq!(related(&app, "u:b").await[0], expected("u:a", 8, (10, 20)));
    }

    async fn what_few_did_by_accident_stands_behind_what_many_did(engine) {
        let app = start(engine).await;
        record(&app, &sessions("ab", "ab", 3)).await;
        record(&app, &sessions("ac", "ac", 60)).await;
        record(&app, &sessions("a", "a", 17)).await;
        record(&app, &sessions("c", "c", 20)).await;
        record(&app, &sessions("d", "d", 100)).await;
        app.roll_up().await;
        // By the lift alone it would be the other way round.
        let fact = |name: &str, lift: &str, support: i64| (name.to_owned(), lift.to_owned(), support);
        assert_eq!(related(&app, "u:a").await, [fact("u:c", "1.8750", 60), fact("u:b", "2.5000", 3)]);
    }

    async fn fewer_than_three_sessions_are_an_accident(engine) {
        let app = start(engine).await;
        for (count, expected) in [(1, &[][..]), (2, &[]), (3, &["u:b"])] {
            record(&app, &session(&format!("s {count}"), "ab", 0)).await;
            app.roll_up().await;
            assert_eq!(names(&app, "u:a").await, expected, "{count}");
        }
        // On several days as well.
        for days_ago in 1..=3 {
            assert_eq!(names(&app, "u:c").await, Vec::<String>::new());
            record(&app, &session("one", "cd", days_ago)).await;
            app.roll_up().await;
        }
        assert_eq!(names(&app, "u:c").await, ["u:d"]);
    }

    async fn what_is_gone_or_hidden_is_left_out(engine) {
        let app = start(engine).await;
        record(&app, &sessions("s", "abcd", 5)).await;
        record(&app, &sessions("t", "bcd", 5)).await;
        app.roll_up().await;
        let mut of_a = names(&app, "u:a").await;
        of_a.sort_unstable();
        assert_eq!(of_a, ["u:b", "u:c", "u:d"]);
        let mut without = set("u", ["a", "b", "d"].map(str::to_owned));
        without["icons"]["b"]["hidden"] = true.into();
        app.import_json(&without).await;
        assert_eq!(names(&app, "u:a").await, ["u:d"]);
        // Whatever is asked of a hidden one by its name, is answered.
        assert_eq!(names(&app, "u:b").await.len(), 2);
    }

    async fn what_is_related_to_a_page_is_read_at_once(engine) {
        let app = fill(TestApp::build(engine).await.cached().start().await).await;
        record(&app, &sessions("s", "abc", 4)).await;
        record(&app, &sessions("t", "cd", 4)).await;
        app.roll_up().await;
        let page = "{ iconSet(prefix: \"u\") { icons { nodes { name two: related(first: 2) { icon { name } } related { icon { name } score support } } } } }";
        let reply = app.graphql(page).await;
        // The set, its page, what is related, and the icons that those are, which may be in memory.
        assert!(reply.statements() <= 4, "{}", reply.statements());
        let nodes = reply.data("/iconSet/icons/nodes").as_array().unwrap();
        let lengths: Vec<(usize, usize)> =
            nodes.iter().map(|node| (node["two"].as_array().unwrap().len(), node["related"].as_array().unwrap().len())).collect();
        assert_eq!(lengths, [(2, 2), (2, 2), (2, 3), (1, 1), (0, 0), (0, 0)]);
        assert_eq!(nodes[2]["two"][0]["icon"], nodes[2]["related"][0]["icon"]);
        // What is used together next is seen half a minute later at the latest.
        record(&app, &sessions("v", "ef", 3)).await;
        app.roll_up().await;
        app.set_now_ms(NOW_MS + 30_000);
        assert_ne!(app.graphql(page).await.text, reply.text);
        for (first, code) in [(0, "BAD_USER_INPUT"), (101, "LIMIT_EXCEEDED")] {
            let reply = app.graphql(&format!("{{ icon(by: {{ name: \"u:a\" }}) {{ related(first: {first}) {{ score }} }} }}")).await;
            assert_eq!(reply.codes(), [code], "{}", reply.text);
        }
    }
}
