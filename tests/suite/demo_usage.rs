//! `iconql demo-usage`: what is made up, and what there is to find in it.

use serde_json::{Value, json};
use tests::{Engine, Iconql, TestDatabase, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

fn set() -> Value {
    let icons: serde_json::Map<String, Value> = (0..300)
        .map(|number| {
            (
                format!("icon-{number}"),
                json!({ "body": format!("<path d=\"M0 {number}h1z\"/>") }),
            )
        })
        .collect();
    json!({ "prefix": "demo", "icons": icons })
}

fn demo_usage(database: &TestDatabase, flags: &[&str]) -> Iconql {
    Iconql::new(
        BINARY,
        &[&["demo-usage", "--days=21", "--events-per-day=400"], flags].concat(),
    )
    .database(database.url())
}

on_each_engine! {
    async fn made_up_usage_is_there_summed_up(engine) {
        let database = TestDatabase::with_set(engine, &set()).await;
        let said = demo_usage(&database, &[]).run().await.succeeded();
        let events = database.number("SELECT count(*) FROM usage_event").await;
        assert!((4_000..9_000).contains(&events), "{events}");
        assert!(said.stdout.contains(&format!("{events} events of the last 21 days")), "{}", said.stdout);
        for table in ["usage_hour", "usage_day"] {
            let sql = format!("SELECT CAST(sum(count) AS BIGINT) FROM {table} WHERE target = -1");
            assert_eq!(database.number(&sql).await, events);
        }
        // Weekends are quieter than other days, by far. 1970 began on a Thursday.
        let sql = "SELECT CAST(sum(CASE WHEN (bucket + 3) % 7 >= 5 THEN count ELSE 0 END) AS BIGINT), CAST(sum(count) AS BIGINT) \
                   FROM usage_day WHERE target = -1";
        let [[weekends, all]] = database.numbers::<2>(sql).await[..] else { panic!("one row") };
        assert!(weekends * 5 < all, "{weekends} of {all}");
        // Some icons are used far more than others.
        let of_icon = "SELECT count(*) FROM usage_event GROUP BY icon ORDER BY 1 DESC LIMIT 1";
        assert!(database.number(of_icon).await > events / 20);
        // There are many users, sessions, countries and clients, and all of them say so.
        let sql = "SELECT count(DISTINCT user_hash), count(DISTINCT session_hash), count(DISTINCT country), count(DISTINCT client) FROM usage_event";
        let [[users, sessions, countries, clients]] = database.numbers::<4>(sql).await[..] else { panic!("one row") };
        assert!(users > 30 && sessions > 500 && countries > 8 && clients > 4, "{users} {sessions} {countries} {clients}");
    }

    async fn what_goes_together_is_found(engine) {
        let body = json!({ "body": "<path d=\"M0 0h1z\"/>" });
        let names = (0..60).flat_map(|word| (0..5).map(move |number| format!("w{word}-{number}")));
        let icons: serde_json::Map<String, Value> = names.map(|name| (name, body.clone())).collect();
        let database = TestDatabase::with_set(engine, &json!({ "prefix": "demo", "icons": icons })).await;
        let _ = demo_usage(&database, &[]).run().await.succeeded();
        crate::co_usage_recount::until_recounted(&database).await;
        let sql = "SELECT one.name || '-' || two.name FROM usage_related JOIN usage_name one ON one.id = icon \
                   JOIN usage_name two ON two.id = other WHERE icon < other AND sessions >= 3";
        let pairs = database.lines(sql).await;
        let has_one_word = |pair: &&String| {
            let words: Vec<&str> = pair.split('-').step_by(2).collect();
            words[0] == words[1]
        };
        let of_one_word = pairs.iter().filter(has_one_word).count();
        // By chance it is one in 75.
        assert!(of_one_word > 60 && of_one_word * 10 > pairs.len(), "{of_one_word} of {}", pairs.len());
    }

    async fn it_is_not_mixed_with_what_is_there_by_accident(engine) {
        let database = TestDatabase::with_set(engine, &set()).await;
        let _ = demo_usage(&database, &["--days=1"]).run().await;
        let events = async || database.number("SELECT count(*) FROM usage_event").await;
        let once = events().await;
        assert!(once > 0);
        let refused = demo_usage(&database, &[]).run().await;
        assert!(refused.complaint(1).contains("--add"), "{}", refused.stderr);
        assert_eq!(events().await, once);
        let _ = demo_usage(&database, &["--add"]).run().await.succeeded();
        assert!(events().await > 2 * once);
    }
}

#[tokio::test]
async fn there_have_to_be_icons() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let refused = demo_usage(&database, &[]).run().await;
    assert!(refused.complaint(1).contains("iconql import"), "{}", refused.stderr);
}
