//! Kill switches: what each turns, on every instance, and that none of them changes an answer where nothing was used.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Engine, OwnRedis, Process, Reply, TestApp, TestDatabase, eventually, fixture, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// Each switch, and the flag that it begins by.
const SWITCHES: [(&str, &str); 11] = [
    ("PERFORMANCE_OPTIMIZATION", "performance-optimization-enabled"),
    ("RESPONSE_CACHE", "response-cache-enabled"),
    ("MEMORY_CACHE", "cache-enabled"),
    ("REDIS_CACHE", "redis-caching-enabled"),
    ("CACHE_INTELLIGENCE", "cache-intelligence-enabled"),
    ("CACHE_WARMING", "cache-warming-enabled"),
    ("RATE_LIMIT", "rate-limit-enabled"),
    ("COMPRESSION", "compression-enabled"),
    ("METRICS", "prometheus-metrics-enabled"),
    ("TRACING", "opentelemetry-tracing-enabled"),
    ("USAGE_RANKING", "usage-ranking-enabled"),
];

/// Those that begin off in a server of the tests.
const OFF: [&str; 3] = ["CACHE_INTELLIGENCE", "RATE_LIMIT", "TRACING"];

const STATES: &str = "{ service { switches { switch on configured } } }";

fn turning(switch: &str, on: bool) -> String {
    format!(
        "mutation {{ setSwitch(input: {{ switch: {switch}, on: {on} }}) {{ switches {{ switch on configured }} userErrors {{ code }} }} }}"
    )
}

/// Turns a switch; how all of them are then.
async fn turn(app: &TestApp, switch: &str, on: bool) -> Value {
    let reply = app.graphql(&turning(switch, on)).await;
    assert_eq!(reply.data("/setSwitch/userErrors"), &json!([]));
    reply.data("/setSwitch/switches").clone()
}

/// How all are where those of `but` are not as they are configured, in a server of the tests.
fn states(but: &[&str]) -> Value {
    let state = |(switch, _): &(&str, &str)| {
        let configured = !OFF.contains(switch);
        json!({ "switch": switch, "on": configured != but.contains(switch), "configured": configured })
    };
    SWITCHES.iter().map(state).collect()
}

async fn send(server: &Process, query: &str) -> Reply {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/graphql", server.base_url());
    let request = client.post(url).json(&json!({ "query": query }));
    Reply::read(request.send().await.unwrap()).await
}

/// By GET, as an answer that is kept says how old it is.
async fn get(app: &TestApp, query: &str) -> Reply {
    let request = app.request(Method::GET, "/graphql").query(&[("query", query)]);
    let reply = app.send(request).await;
    assert!(reply.errors().is_empty(), "{}", reply.text);
    reply
}

fn set(path: &str) -> Value {
    json!({ "prefix": "s", "icons": { "a": { "body": format!("<path d=\"{path}\"/>") }, "b": { "body": "<path d=\"M9 9\"/>" } } })
}

const ICONS: &str = r#"{ icons(names: ["s:a", "s:b", "s:c"]) { ... on Icon { name body set { name total } } ... on IconNotFound { name } } }"#;

on_each_engine! {
    async fn a_switch_is_turned_and_told(engine) {
        let app = TestApp::build(engine).await.cached().start().await;
        assert_eq!(app.graphql(STATES).await.data("/service/switches"), &states(&[]));
        for (switch, _) in SWITCHES {
            if switch == "TRACING" {
                continue;
            }
            let configured = !OFF.contains(&switch);
            // Twice is as once.
            for _ in 0..2 {
                assert_eq!(turn(&app, switch, !configured).await, states(&[switch]), "{switch}");
            }
            assert_eq!(app.graphql(STATES).await.data("/service/switches"), &states(&[switch]));
            assert_eq!(turn(&app, switch, configured).await, states(&[]), "{switch}");
        }
        let refused = app.graphql(&turning("TRACING", true)).await;
        assert_eq!(refused.data("/setSwitch/userErrors"), &json!([{ "code": "CONFLICT" }]));
        assert_eq!(refused.data("/setSwitch/switches"), &states(&[]));
        assert_eq!(turn(&app, "TRACING", false).await, states(&[]));
        for (switch, flag) in SWITCHES {
            if OFF.contains(&switch) {
                continue;
            }
            let off = TestApp::build(engine).await.cached().flag(&format!("--{flag}=false")).start().await;
            let reply = off.graphql(STATES).await;
            let found = reply.data("/service/switches").as_array().unwrap().clone();
            let found = found.iter().filter(|state| state["configured"] == false && state["on"] == false);
            let found: Vec<&Value> = found.map(|state| &state["switch"]).collect();
            assert_eq!(found.len(), OFF.len() + 1, "{switch}: {found:?}");
            assert!(found.contains(&&json!(switch)), "{switch}: {found:?}");
        }
    }

    async fn switches_need_their_scopes(engine) {
        let app = TestApp::build(engine).await.flag("--environment=production").start().await;
        let turning = turning("RESPONSE_CACHE", false);
        let (_, metrics) = app.create_key(&["usage:write", "analytics:read", "metrics:read"]).await;
        let (_, admin) = app.create_key(&["admin"]).await;
        for (reply, scope) in [
            (app.graphql(&turning).await, "admin"),
            (app.graphql_as(&metrics, &turning).await, "admin"),
            (app.graphql(STATES).await, "metrics:read"),
            (app.graphql_as(&admin, STATES).await, "metrics:read"),
        ] {
            assert_eq!(reply.codes(), ["FORBIDDEN"], "{}", reply.text);
            assert_eq!(reply.errors()[0]["extensions"]["scope"], scope);
        }
        assert_eq!(app.database().number("SELECT revision FROM switch_state").await, 0);
        assert!(app.graphql_as(&admin, &turning).await.errors().is_empty());
        let told = app.graphql_as(&metrics, STATES).await;
        assert_eq!(told.data("/service/switches/1"), &json!({ "switch": "RESPONSE_CACHE", "on": false, "configured": true }));
        let unknown = app.graphql_as(&admin, &turning.replace("RESPONSE_CACHE", "LIGHTS")).await;
        assert_eq!(unknown.codes(), ["BAD_USER_INPUT"]);
    }

    async fn what_went_stale_while_it_was_off_is_not_shown(engine) {
        let app = TestApp::start(engine).await;
        let mut version = 0;
        for switch in ["PERFORMANCE_OPTIMIZATION", "RESPONSE_CACHE", "MEMORY_CACHE", "REDIS_CACHE"] {
            // Asked for while it is off, or only afterwards.
            for is_asked in [true, false] {
                app.import_json(&set("M0 0")).await;
                for _ in 0..2 {
                    assert_eq!(get(&app, ICONS).await.data("/icons/0/body"), r#"<path d="M0 0"/>"#);
                }
                turn(&app, switch, false).await;
                if is_asked {
                    assert_eq!(get(&app, ICONS).await.data("/icons/0/body"), r#"<path d="M0 0"/>"#);
                }
                version += 1;
                let path = format!("M{version} 1");
                app.import_json(&set(&path)).await;
                let expected = format!("<path d=\"{path}\"/>");
                if is_asked {
                    assert_eq!(get(&app, ICONS).await.data("/icons/0/body"), expected.as_str());
                }
                turn(&app, switch, true).await;
                for _ in 0..2 {
                    assert_eq!(get(&app, ICONS).await.data("/icons/0/body"), expected.as_str(), "{switch}");
                }
            }
        }
    }

    async fn answers_are_the_same_bytes(engine) {
        let app = TestApp::start(engine).await;
        app.import(&[fixture("garden.json"), fixture("shed.json")]).await;
        let queries = [
            r#"{ icons(names: ["garden:tree", "garden:nothing", "shed:saw", "garden:face"]) {
                ... on Icon { name svg tags aliases variants(first: 5) { name } set { name license { title } } } ... on IconNotFound { name didYouMean } } }"#,
            r#"{ search(query: "tree", first: 10) { totalCount nodes { name body set { name } } } iconSets { nodes { name total } } }"#,
        ];
        for query in queries {
            let expected = get(&app, query).await.text;
            for (switch, _) in SWITCHES.into_iter().filter(|(switch, _)| *switch != "TRACING") {
                let on = OFF.contains(&switch);
                turn(&app, switch, on).await;
                for _ in 0..2 {
                    assert_eq!(get(&app, query).await.text, expected, "{switch}");
                }
                turn(&app, switch, !on).await;
                assert_eq!(get(&app, query).await.text, expected, "{switch}");
            }
        }
    }

    async fn every_instance_is_turned_and_a_new_one_is_not(engine) {
        let database = TestDatabase::fresh(engine).await;
        let redis = OwnRedis::start().await;
        let flag = format!("--redis-url={}", redis.url());
        let servers = [
            Process::serve(BINARY, database.url(), &[]),
            Process::serve(BINARY, database.url(), &[&flag]),
            Process::serve(BINARY, database.url(), &[&flag]),
        ];
        for (from, on) in [(0, false), (1, true), (2, false)] {
            let turned = send(&servers[from], &turning("RESPONSE_CACHE", on)).await;
            assert_eq!(turned.data("/setSwitch/switches/1/on"), on);
            for server in &servers {
                eventually("it is turned", async || {
                    let reply = send(server, STATES).await;
                    reply.data("/service/switches/1") == &json!({ "switch": "RESPONSE_CACHE", "on": on, "configured": true })
                })
                .await;
            }
        }
        let new = Process::serve(BINARY, database.url(), &[]);
        assert_eq!(send(&new, STATES).await.data("/service/switches/1/on"), true);
        // It hears of what is turned from now on, and of that alone.
        send(&servers[0], &turning("METRICS", false)).await;
        eventually("the new one is turned", async || {
            send(&new, STATES).await.data("/service/switches/6/on") == false
        })
        .await;
        assert_eq!(send(&new, STATES).await.data("/service/switches/1/on"), true);
    }

    async fn a_database_that_was_put_back_is_heard_on(engine) {
        let database = TestDatabase::fresh(engine).await;
        let server = Process::serve(BINARY, database.url(), &[]);
        let other = Process::serve(BINARY, database.url(), &[]);
        for on in [false, true, false] {
            send(&server, &turning("COMPRESSION", on)).await;
        }
        let is_on = async |switch: &str| {
            let states = send(&other, STATES).await;
            let states = states.data("/service/switches").as_array().unwrap();
            states.iter().any(|state| state["switch"] == switch && state["on"] == true)
        };
        eventually("it is off", async || !is_on("COMPRESSION").await).await;
        database.run("DELETE FROM switch_setting; UPDATE switch_state SET revision = 0").await;
        // Whoever turns one has looked before.
        eventually("it is heard of again", async || {
            send(&server, &turning("METRICS", false)).await;
            !is_on("METRICS").await
        })
        .await;
        assert!(!is_on("COMPRESSION").await, "what was turned stays");
    }
}

/// How many answers, and icons' answers, were found in memory.
async fn hits(server: &Process) -> [u64; 2] {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/metrics", server.base_url());
    let metrics = Reply::read(client.get(url).send().await.unwrap()).await.text;
    ["response", "serialized"].map(|layer| {
        let line = format!(r#"cache_operations_total{{layer="{layer}",operation="get",status="hit"}} "#);
        let count = metrics.lines().find_map(|found| found.strip_prefix(&line));
        count.map_or(0, |count| count.parse().unwrap())
    })
}

/// Figures are a process's: each of these has its own.
#[tokio::test]
async fn what_is_kept_is_only_used_while_it_is_on() {
    let app = TestApp::with_garden(Engine::Sqlite).await;
    let one = r#"{ icons(names: ["garden:tree", "garden:flower"]) { ... on Icon { name body } } }"#;
    let many = r"query($names: [String!]!) { icons(names: $names) { ... on Icon { name body } } }";
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    // How many more of each were found, of an answer that was there before, and of icons in another.
    let found = async |server: &Process, names: &[&str]| {
        let before = hits(server).await;
        send(server, one).await;
        let body = json!({ "query": many, "variables": { "names": names } });
        let sent = client.post(format!("{}/graphql", server.base_url())).json(&body).send();
        assert!(Reply::read(sent.await.unwrap()).await.errors().is_empty());
        let after = hits(server).await;
        [after[0] - before[0], after[1] - before[1]]
    };
    let lists: Vec<Vec<&str>> = (1..20).map(|length| vec!["garden:tree"; length]).collect();
    let mut lists = lists.iter();
    // A new search index is a new answer to everything.
    let serve = async |flags: &[&str]| {
        let server = Process::serve(BINARY, app.database().url(), flags);
        let url = format!("{}/api/health/ready", server.base_url());
        eventually("it is ready", async || {
            client.get(&url).send().await.unwrap().status() == 200
        })
        .await;
        server
    };
    let server = serve(&[]).await;
    found(&server, lists.next().unwrap()).await;
    for (switch, expected) in [
        ("RESPONSE_CACHE", [0, 1]),
        ("PERFORMANCE_OPTIMIZATION", [0, 0]),
        ("MEMORY_CACHE", [0, 0]),
    ] {
        let names = lists.next().unwrap();
        assert_eq!(found(&server, names).await, [1, names.len() as u64], "{switch}");
        send(&server, &turning(switch, false)).await;
        let names = lists.next().unwrap();
        let [responses, icons] = found(&server, names).await;
        assert_eq!([responses, icons.min(1)], expected, "{switch}");
        send(&server, &turning(switch, true)).await;
    }
    // What begins off can be on.
    for flag in [
        "--response-cache-enabled=false",
        "--cache-enabled=false",
        "--performance-optimization-enabled=false",
    ] {
        let server = serve(&[flag]).await;
        for length in 1..3 {
            assert_eq!(found(&server, &vec!["garden:tree"; length]).await[0], 0, "{flag}");
        }
        for (switch, _) in &SWITCHES[..3] {
            send(&server, &turning(switch, true)).await;
        }
        found(&server, &["garden:tree"; 3]).await;
        assert_eq!(found(&server, &["garden:tree"; 4]).await, [1, 4], "{flag}");
    }
}

#[tokio::test]
async fn traffic_goes_by_its_switches() {
    let app = TestApp::build(Engine::Sqlite)
        .await
        .flag("--rate-limit-cost-per-minute=50")
        .start()
        .await;
    let limited = async || {
        let reply = app.graphql("{ rateLimit { limit } }").await;
        (
            reply.status,
            reply.header("ratelimit").is_empty(),
            reply.json["data"]["rateLimit"].clone(),
        )
    };
    assert_eq!(limited().await, (200, true, Value::Null));
    turn(&app, "RATE_LIMIT", true).await;
    assert_eq!(limited().await, (200, false, json!({ "limit": 50 })));
    for _ in 0..60 {
        limited().await;
    }
    assert_eq!(limited().await.0, 429);
    // Who has nothing left cannot turn it off from here.
    let (_, admin) = app.create_key(&["admin"]).await;
    let off = app.graphql_as(&admin, &turning("RATE_LIMIT", false)).await;
    assert!(off.errors().is_empty(), "{}", off.text);
    assert_eq!(limited().await, (200, true, Value::Null));

    let encoding = async || {
        let request = app
            .request(Method::POST, "/graphql")
            .header("accept-encoding", "gzip")
            .json(&json!({ "query": "{ __schema { types { name description } } }" }));
        request.send().await.unwrap().headers().contains_key("content-encoding")
    };
    assert!(encoding().await);
    turn(&app, "COMPRESSION", false).await;
    assert!(!encoding().await);
    turn(&app, "COMPRESSION", true).await;
    assert!(encoding().await);

    for (on, status) in [(false, 404), (true, 200)] {
        turn(&app, "METRICS", on).await;
        for path in ["/metrics", "/api/metrics"] {
            assert_eq!(app.get(path).await.status, status, "{path}");
        }
    }
}
