//! Completions of what is being typed, and what each of them promises.

use serde_json::{Value, json};
use tests::{Engine, Reply, TestApp, on_each_engine};

/// A set of that name with these keys, each an icon of its own.
fn set(prefix: &str, name: &str, keys: &[&str]) -> Value {
    let icon = json!({ "body": "<path fill=\"currentColor\" d=\"M0 0h1z\"/>" });
    let icons: serde_json::Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), icon.clone())).collect();
    let license = json!({ "title": "MIT", "spdx": "MIT" });
    json!({ "prefix": prefix, "icons": icons, "info": { "name": name, "author": { "name": "A" }, "license": license } })
}

async fn shop(engine: Engine) -> TestApp {
    let app = TestApp::start(engine).await;
    let keys = [
        "home",
        "home-outline",
        "home-off",
        "homepod",
        "home-secret",
        "arrow-left",
        "arrow-left-circle",
        "arrow-up",
        "left-arrow-box",
        "arrows",
        "lettuce",
        "calendar",
        "shopping-cart",
    ];
    let mut tools = set("tools", "Shed of Ürün", &keys);
    tools["icons"]["home-secret"]["hidden"] = json!(true);
    app.import_json(&tools).await;
    let mut faces = set("faces", "Happy Faces", &["home", "smile", "arrow-left"]);
    faces["info"]["palette"] = json!(true);
    app.import_json(&faces).await;
    app.import_json(&set("face-two", "More", &["smile-big"])).await;
    for (tag, name) in [
        ("dustbin", "tools:calendar"),
        ("Dustbin", "faces:smile"),
        ("rubbish heap", "tools:calendar"),
        ("arrowhead", "tools:home"),
    ] {
        app.sql(&format!(
            "INSERT INTO icon_tag (icon_id, tag) SELECT id, '{tag}' FROM icon WHERE name = '{name}'"
        ))
        .await;
    }
    app.sql("UPDATE catalog_state SET generation = 5").await;
    app.sql("INSERT INTO catalog_change (generation, kind, prefix, count, at_ms) VALUES (4, 1, 'tools', 1, 0), (5, 1, 'faces', 1, 0)").await;
    app.index().await;
    app
}

const SUGGEST: &str = "query($text: String!, $filter: IconFilter, $first: Int! = 10) { suggest(text: $text, filter: $filter, first: $first) { text kind count } }";

async fn suggest(app: &TestApp, text: &str, filter: Value) -> Reply {
    let reply = app
        .graphql_with(SUGGEST, json!({ "text": text, "filter": filter }))
        .await;
    assert!(reply.errors().is_empty(), "{text:?}: {}", reply.text);
    assert_eq!(reply.statements(), 0, "{text:?}");
    reply
}

/// The suggestions as `KIND text count`.
fn lines(reply: &Reply) -> Vec<String> {
    let suggestions = reply.data("/suggest").as_array().unwrap();
    let line = |one: &Value| {
        format!(
            "{} {} {}",
            one["kind"].as_str().unwrap(),
            one["text"].as_str().unwrap(),
            one["count"]
        )
    };
    suggestions.iter().map(line).collect()
}

on_each_engine! {
    async fn a_complete_word_comes_first_unless_it_is_far_rarer(engine) {
        let app = TestApp::start(engine).await;
        let homes: Vec<String> = (0..21).map(|number| format!("home-{number}x")).collect();
        let mut keys: Vec<&str> = homes.iter().map(String::as_str).collect();
        keys.push("ho");
        let first = async |keys: &[&str]| {
            app.import_json(&set("many", "Many", keys)).await;
            suggest(&app, "ho", Value::Null).await.data("/suggest/0/text").clone()
        };
        assert_eq!((first(&keys).await, first(&keys[1..]).await), (json!("home"), json!("ho")));
    }

    async fn what_is_typed_is_completed(engine) {
        let app = shop(engine).await;
        for (text, expected) in [
            ("ho", vec!["WORD home 4", "WORD homepod 1", "ICON tools:home 1", "ICON faces:home 1", "ICON tools:homepod 1", "ICON tools:home-off 1", "ICON tools:home-outline 1"]),
            // What is complete comes first, singular and plural are one, and a pair of words is none.
            ("arrows", vec!["WORD arrows 6", "ICON tools:arrows 1"]),
            ("arrow-le", vec!["WORD arrow left 4", "ICON tools:arrow-left 1", "ICON faces:arrow-left 1", "ICON tools:left-arrow-box 1", "ICON tools:arrow-left-circle 1"]),
            ("ArrowLe", vec!["WORD arrow left 4", "ICON tools:arrow-left 1", "ICON faces:arrow-left 1", "ICON tools:left-arrow-box 1", "ICON tools:arrow-left-circle 1"]),
            ("shoppi", vec!["WORD shopping 1", "ICON tools:shopping-cart 1"]),
            ("shopping c", vec!["WORD shopping cart 1", "ICON tools:shopping-cart 1"]),
            // The next word.
            ("Left ", vec!["WORD left arrow 4", "WORD left box 1", "WORD left circle 1", "ICON tools:arrow-left 1", "ICON faces:arrow-left 1", "ICON tools:left-arrow-box 1", "ICON tools:arrow-left-circle 1"]),
            // Filters and words to leave out apply, and stay where they were typed.
            ("prefix:faces ho", vec!["WORD prefix:faces home 1", "ICON faces:home 1"]),
            ("-left arr", vec!["WORD -left arrow 2", "ICON tools:arrows 1", "ICON tools:arrow-up 1", "TAG -left tag:arrowhead 1"]),
            ("tools:home o", vec!["WORD tools:home off 1", "WORD tools:home outline 1", "ICON tools:home-off 1", "ICON tools:home-outline 1"]),
            // Sets by their prefixes and the words of their names, alone or behind words.
            ("urun", vec!["SET prefix:tools 12"]), ("happy fa", vec!["SET prefix:faces 3"]), ("home hap", vec!["SET home prefix:faces 1"]),
            ("happy ho", vec!["WORD happy home 1", "ICON faces:home 1"]), ("smile tools", vec![]),
            // Tags, which are filters where they can be.
            ("dust", vec!["TAG tag:dustbin 2"]), ("rubbish h", vec!["TAG rubbish heap 1"]), ("home arrowh", vec!["TAG home tag:arrowhead 1"]),
            // What is written as a name or a filter is completed as one.
            ("tools:ho", vec!["ICON tools:home 1", "ICON tools:homepod 1", "ICON tools:home-off 1", "ICON tools:home-outline 1"]),
            ("tools:left", vec!["ICON tools:left-arrow-box 1", "ICON tools:arrow-left 1", "ICON tools:arrow-left-circle 1"]),
            ("tools:calandar", vec!["ICON tools:calendar 1"]), ("faces:", vec!["ICON faces:home 1", "ICON faces:smile 1", "ICON faces:arrow-left 1"]),
            ("prefix:fa", vec!["SET prefix:faces 3", "SET prefix:face-two 1"]), ("smile prefix:face", vec!["SET smile prefix:faces 1", "SET smile prefix:face-two 1"]),
            ("tag:d", vec!["TAG tag:dustbin 2"]), ("calendar tag:", vec!["TAG calendar tag:dustbin 1", "TAG calendar rubbish heap 1"]),
            // Slips.
            ("calender", vec!["WORD calendar 1", "ICON tools:calendar 1"]), ("arow lettuc", vec![]),
            ("arow le", vec!["WORD arrow left 4", "ICON tools:arrow-left 1", "ICON faces:arrow-left 1", "ICON tools:left-arrow-box 1", "ICON tools:arrow-left-circle 1"]),
            ("zzz", vec![]), ("home -o", vec![]), ("🏠", vec![]),
        ] {
            assert_eq!(lines(&suggest(&app, text, Value::Null).await), expected, "{text:?}");
        }
    }

    async fn of_nothing_typed_the_frequent_words_come(engine) {
        let app = shop(engine).await;
        let all = ["WORD arrow 6", "WORD home 4", "WORD left 4", "WORD smile 2"];
        for text in ["", "  ", "\u{0}"] {
            assert_eq!(lines(&suggest(&app, text, Value::Null).await)[..4], all, "{text:?}");
        }
        let reply = suggest(&app, "", json!({ "prefixes": ["faces"] })).await;
        assert_eq!(lines(&reply), ["WORD home 1", "WORD left 1", "WORD arrow 1", "WORD smile 1"]);
    }

    async fn filters_apply_to_all_that_is_counted(engine) {
        let app = shop(engine).await;
        for (text, filter, expected) in [
            ("hom", json!({ "prefixes": ["faces"] }), vec!["WORD home 1", "ICON faces:home 1"]),
            ("home", json!({ "includeHidden": true, "palette": false }), vec![
                "WORD home 4", "WORD homepod 1", "ICON tools:home 1", "ICON tools:homepod 1", "ICON tools:home-off 1", "ICON tools:home-secret 1", "ICON tools:home-outline 1"]),
            ("dust", json!({ "palette": true }), vec!["TAG tag:dustbin 1"]), ("dust", json!({ "excludePrefixes": ["tools", "faces"] }), vec![]),
            ("fac", json!({ "palette": true }), vec!["SET prefix:faces 3"]), ("faces:h", json!({ "palette": false }), vec![]),
            ("home", json!({ "prefixes": ["nowhere"] }), vec![]), ("prefix:f", json!({ "prefixes": ["face-two"] }), vec!["SET prefix:face-two 1"]),
            ("calender", json!({ "prefixes": ["faces"] }), vec![]), ("home arr", json!({ "spdx": ["GPL-3.0"] }), vec![]),
        ] {
            assert_eq!(lines(&suggest(&app, text, filter.clone()).await), expected, "{text:?} {filter}");
        }
    }

    async fn a_suggestion_finds_what_it_says(engine) {
        let app = TestApp::with_starter(engine).await;
        let (mut checked, mut kinds) = (0, std::collections::BTreeSet::new());
        for text in ["a", "ho", "arrow", "arrow l", "circle ", "lucide", "material ic", "home t", "trash", "calender", "mdi:acc", "prefix:l", "de"] {
            let reply = suggest(&app, text, Value::Null).await;
            assert_eq!(lines(&reply), lines(&suggest(&app, text, Value::Null).await), "{text:?} is answered in one way");
            let suggestions = reply.data("/suggest").as_array().unwrap();
            assert!((1..=10).contains(&suggestions.len()), "{text:?}: {}", reply.text);
            for suggestion in suggestions {
                let (kind, count) = (suggestion["kind"].as_str().unwrap(), suggestion["count"].as_u64().unwrap());
                let document = "query($query: String!) { search(query: $query, first: 1) { totalCount nodes { name } } }";
                let found = app.graphql_with(document, json!({ "query": suggestion["text"] })).await;
                let total = found.data("/search/totalCount").as_u64().unwrap();
                let is_filter_alone = !suggestion["text"].as_str().unwrap().contains(' ') && (kind == "SET" || kind == "TAG");
                assert!(count > 0 && (total == count || (total > count && !is_filter_alone)), "{text:?}: {suggestion}, and a search finds {total}");
                if kind == "ICON" {
                    assert_eq!(found.data("/search/nodes/0/name"), &suggestion["text"], "{text:?}");
                }
                kinds.insert(kind.to_owned());
                checked += 1;
            }
        }
        let expected = ["ICON", "SET", "WORD"];
        assert!(expected.iter().all(|kind| kinds.contains(*kind)) && checked > 80, "{checked} of {kinds:?}");
    }

    async fn a_list_is_as_long_as_it_may_be(engine) {
        let app = TestApp::with_starter(engine).await;
        for first in [1, 2, 7, 50, 100] {
            let reply = app.graphql_with(SUGGEST, json!({ "text": "s", "first": first })).await;
            assert_eq!(lines(&reply).len(), first);
        }
        for (first, code) in [(0, "BAD_USER_INPUT"), (-1, "BAD_USER_INPUT"), (101, "LIMIT_EXCEEDED")] {
            let reply = app.graphql_with(SUGGEST, json!({ "text": "a", "first": first })).await;
            assert_eq!(reply.errors()[0]["extensions"]["code"], json!(code), "{first}");
        }
    }

    async fn nonsense_is_refused_or_completes_nothing(engine) {
        let app = shop(engine).await;
        for text in ["\u{0}", "\u{1b}[2J", "!!! ??? ***", "\"home", "(((((", "a:b:c:d", "prefix:", "prefix:!", "tag:", "tag:\u{0}", ":", "=", "-", "--", "tools:", "tools::", "tools:{",
            "tools:é", "\u{202e}emoh", "\\x00", "AND OR NOT", "home~2", "ho*e", "[a TO z]", "{}", "\u{fffd}\u{fffd}", "éééééééééééééééééééé", "palette:true ", "ßſK"] {
            suggest(&app, text, Value::Null).await;
        }
        for (text, limit, max, actual) in [
            ("x".repeat(257), "maxQueryCharacters", 256, 257), ("a ".repeat(13), "maxQueryWords", 12, 13), (format!("tag:{}", "x".repeat(253)), "maxQueryCharacters", 256, 257),
        ] {
            let reply = app.graphql_with(SUGGEST, json!({ "text": text })).await;
            assert_eq!(reply.json["data"]["suggest"], Value::Null);
            let extensions = &reply.errors()[0]["extensions"];
            assert_eq!((&extensions["code"], &extensions["limit"], &extensions["max"], &extensions["actual"]), (&json!("LIMIT_EXCEEDED"), &json!(limit), &json!(max), &json!(actual)));
        }
        for text in ["x".repeat(256), "a ".repeat(12), "qwrtz ".repeat(12), "calender ".repeat(12), format!("tools:{}", "-a".repeat(11))] {
            suggest(&app, &text, Value::Null).await;
        }
        let values: Vec<String> = (0..501).map(|number| format!("p{number}")).collect();
        let reply = app.graphql_with(SUGGEST, json!({ "text": "a", "filter": { "prefixes": values } })).await;
        assert_eq!(reply.errors()[0]["extensions"]["limit"], json!("maxBatch"));
    }

    async fn without_an_index_nothing_is_completed(engine) {
        let app = TestApp::start(engine).await;
        app.import_unsearched(tests::NOW_MS, &[tests::fixture("garden.json")]).await;
        let reply = app.graphql("{ suggest(text: \"a\") { text } }").await;
        assert_eq!((reply.status, &reply.json["data"]["suggest"], reply.codes()), (200, &Value::Null, vec!["UNAVAILABLE"]));
    }
}
