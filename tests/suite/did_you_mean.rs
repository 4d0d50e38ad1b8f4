//! What is offered in the place of a name that no icon has.

use serde_json::{Value, json};
use tests::{Engine, TestApp, on_each_engine};

const ICONS: &str =
    "query($names: [String!]!) { icons(names: $names) { __typename ... on IconNotFound { name didYouMean } } }";

fn set(prefix: &str, keys: &[&str]) -> Value {
    let icon = json!({ "body": "<path fill=\"currentColor\" d=\"M0 0h1z\"/>" });
    let icons: serde_json::Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), icon.clone())).collect();
    let license = json!({ "title": "MIT", "spdx": "MIT" });
    json!({ "prefix": prefix, "icons": icons, "info": { "name": prefix, "author": { "name": "A" }, "license": license } })
}

async fn shop(engine: Engine) -> TestApp {
    let app = TestApp::start(engine).await;
    let keys = [
        "home",
        "home-outline",
        "homepod",
        "secret-door",
        "arrow-left",
        "arrow-left-circle",
        "arrow-up",
        "account-circle",
        "calendar",
    ];
    let mut tools = set("tools", &keys);
    tools["icons"]["secret-door"]["hidden"] = json!(true);
    app.import_json(&tools).await;
    app.import_json(&set("faces", &["home", "smile", "arrow-left"])).await;
    app.import_json(&set("faces-solid", &["smile", "frown"])).await;
    app
}

on_each_engine! {
    async fn the_closest_names_are_offered(engine) {
        let app = shop(engine).await;
        for (missing, expected) in [
            // Another spelling, another order, a word too many or too few.
            ("tools:arrow-lef", vec!["tools:arrow-left"]), ("tools:hoem", vec!["tools:home"]), ("tools:arrowleft", vec!["tools:arrow-left", "faces:arrow-left"]),
            ("tools:left-arrow", vec!["tools:arrow-left", "tools:arrow-left-circle"]), ("tools:acount-cirlce", vec!["tools:account-circle"]),
            ("tools:home-filled", vec!["tools:home"]), ("tools:calendar-check", vec!["tools:calendar"]), ("tools:account", vec!["tools:account-circle"]),
            ("tools:arrows-left", vec!["tools:arrow-left", "tools:arrow-left-circle"]),
            // Another prefix.
            ("tool:home", vec!["tools:home", "faces:home"]), ("toosl:hoem", vec!["tools:home"]), ("face:smile", vec!["faces:smile", "faces-solid:smile"]),
            ("nowhere:home", vec!["tools:home", "faces:home"]), ("tools-sharp:arrow-up", vec!["tools:arrow-up"]),
            // Other sets have it.
            ("tools:frown", vec!["faces-solid:frown"]), ("tools:smile", vec!["faces:smile", "faces-solid:smile"]),
            ("faces:home-outline", vec!["faces:home", "tools:home-outline"]),
            // Hidden icons are not offered, and nothing is like nothing.
            ("tools:secret-doo", vec![]), ("tools:zzzzzz", vec![]), ("nowhere:zzzzzz", vec![]),
        ] {
            let reply = app.graphql_with(ICONS, json!({ "names": [missing] })).await;
            assert_eq!(reply.data("/icons/0"), &json!({ "__typename": "IconNotFound", "name": missing, "didYouMean": expected }), "{missing}");
        }
    }

    async fn what_came_later_is_offered(engine) {
        let app = shop(engine).await;
        let offered = async || app.graphql_with(ICONS, json!({ "names": ["faces:frwon"] })).await.data("/icons/0/didYouMean").clone();
        assert_eq!(offered().await, json!([]));
        app.import_json(&set("faces", &["frown"])).await;
        assert_eq!(offered().await, json!(["faces:frown"]));
    }

    async fn a_batch_of_missing_names_takes_one_statement(engine) {
        let app = TestApp::with_starter(engine).await;
        // An alias is no name of the index.
        let mut known: Vec<String> = crate::starter::sets().values()
            .flat_map(|set| set.icons.keys().map(move |key| format!("{}:{key}", set.prefix))).collect();
        known.sort();
        let known: Vec<String> = known.into_iter().step_by(30).take(450).collect();
        let long = ["a-".repeat(63) + "a", "a".repeat(128)];
        let missing = known.iter().map(|name| format!("{name}x")).chain(long.iter().cycle().take(50).map(|key| format!("mdi:{key}")));
        let names: Vec<String> = missing.collect();
        assert_eq!(names.len(), 500);
        let reply = app.graphql_with(ICONS, json!({ "names": names })).await;
        assert_eq!(reply.statements(), 1);
        let icons = reply.data("/icons").as_array().unwrap();
        let offers = |icon: &Value| icon["didYouMean"].as_array().map(|names| names.iter().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>());
        let (mut asked, mut right) = (0, 0);
        for (icon, known) in icons.iter().zip(&known) {
            let Some(offered) = offers(icon) else { continue };
            assert!(offered.len() <= 5, "{icon}");
            asked += 1;
            right += u32::from(offered.contains(known));
        }
        assert!(asked > 400 && right * 100 > asked * 95, "{right} of {asked}");
        // What is offered is there.
        let all: Vec<String> = icons.iter().filter_map(offers).flatten().take(500).collect();
        let reply = app.graphql_with(ICONS, json!({ "names": all })).await;
        assert!(reply.texts("/icons", "__typename").iter().all(|kind| kind == "Icon"));
    }

    async fn without_an_index_nothing_is_offered(engine) {
        let app = TestApp::start(engine).await;
        app.import_unsearched(tests::NOW_MS, &[tests::fixture("garden.json")]).await;
        let reply = app.graphql_with(ICONS, json!({ "names": ["garden:tre"] })).await;
        assert_eq!(reply.data("/icons/0/didYouMean"), &json!([]));
    }
}
