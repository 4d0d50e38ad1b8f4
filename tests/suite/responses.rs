//! Answers that are kept as bytes, whole or icon by icon: the same as if they had been worked out, and never older than is known.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Engine, NOW_MS, Process, Reply, TestApp, fixture, on_each_engine, workspace_root};

use crate::random::Random;

const SCROLL: &str = "query Scroll($names: [String!]!) { icons(names: $names) { ... on Icon { name body set { name license { title } } } \
     ... on IconNotFound { name } } }";

/// What may be asked of an icon, with nothing that varies.
const FIELDS: [&str; 26] = [
    "name",
    "key",
    "prefix",
    "id",
    "body",
    "left top width height",
    "svg",
    "big: svg(options: { height: \"48\", color: \"#0a7\", title: \"x\" })",
    "dataUri",
    "url(size: 24)",
    "snippet(flavor: JSX)",
    "categories",
    "tags",
    "characters",
    "hidden @include(if: true)",
    "palette @skip(if: true)",
    "license { title spdx }",
    "set { name total }",
    "set { license { title } } prefix",
    "set { samples(first: 2) { name body } }",
    "set { icons(first: 2) { nodes { name } } }",
    "aliases",
    "aliasOf { name body }",
    "variants(first: 3) { name set { name } }",
    "contentHash updatedAt __typename",
    "...common",
];

/// What icons, their sets and licences have themselves, which is written without being resolved where nothing else is selected.
const OWN_FIELDS: [&str; 16] = [
    "name",
    "n: name",
    "key prefix",
    "id",
    "body",
    "left top",
    "width height",
    "hidden palette",
    "__typename",
    "body body",
    "set { name license { title } }",
    "of: set { __typename id prefix palette category terms: license { __typename spdx url } }",
    "license { title ... on License { url } }",
    "...common",
    "... { width } ... on Node { id __typename }",
    "... on Icon { palette set { ... on IconSet { name } ... on Node { id } } }",
];

/// Where icons stand. `ICON` is what is selected from each.
const LISTS: [&str; 6] = [
    "icons(names: $names) { ... on Icon ICON ... on IconNotFound { name } ... on InvalidIconName { input message } __typename }",
    "icons(names: $names) { ... on Icon { ... on Icon ICON } }",
    "search(query: \"a\", first: 20) { totalCount nodes ICON edges { cursor node ICON } }",
    "searchPages(query: \"home\", pages: [0, 1], size: 5) { number nodes ICON }",
    "iconSet(prefix: \"lucide\") { samples(first: 3) ICON icons(first: $first) { nodes ICON pageInfo { endCursor } } }",
    "a: icons(names: $names) { ... on Icon ICON } b: icons(names: [\"mdi:home\", \"no:such\"]) { ... on Icon ICON }",
];

const NAMES: [&str; 10] = [
    "mdi:home",
    "lucide:house",
    "tabler:home",
    "logos:rust",
    "twemoji:red-heart",
    "mdi:account",
    "no:such-icon",
    "no name",
    "fa6-solid:house",
    "simple-icons:rust",
];

/// A document that nobody thought of, with a field that is selected from twice now and then, and variables inside.
fn document(random: &mut Random) -> String {
    let selected = 1 + random.below(6);
    let is_own = random.below(3) == 0;
    let mut fields = if is_own {
        random.choose(&OWN_FIELDS, selected)
    } else {
        random.choose(&FIELDS, selected)
    };
    if !is_own && random.below(4) == 0 {
        fields.push("svg2: svg(options: { height: $height })");
    }
    let list = LISTS[random.below(LISTS.len())].replace("ICON", &format!("{{ {} }}", fields.join(" ")));
    format!(
        "query Random($names: [String!]!, $first: Int, $height: String) {{ {list} \
         unused: icon(by: {{ name: \"mdi:home\" }}) {{ ...common svg(options: {{ height: $height }}) }} \
         empty: iconSets(first: $first) {{ totalCount }} __typename icons2: icons(names: $names) {{ __typename }} }} \
         fragment common on Icon {{ name body set {{ prefix }} }}"
    )
}

async fn with(flags: &[&str]) -> TestApp {
    let mut builder = TestApp::build_with_starter(Engine::Sqlite).await;
    for flag in flags {
        builder = builder.flag(flag);
    }
    builder.start().await
}

#[tokio::test]
async fn what_is_kept_is_what_would_be_answered() {
    let resolving = with(&["--cache-enabled=false", "--performance-optimization-enabled=false"]).await;
    let keeping = [
        with(&["--cache-enabled=false"]).await,
        with(&["--response-cache-enabled=false"]).await,
        with(&["--response-cache-enabled=true"]).await,
    ];
    let mut random = Random::new(20_261_121);
    for _ in 0..200 {
        let document = document(&mut random);
        let count = 1 + random.below(NAMES.len());
        let names = random.choose(&NAMES, count);
        let variables = json!({ "names": names, "first": 1 + random.below(9), "height": "2em" });
        let expected = resolving.graphql_with(&document, variables.clone()).await;
        assert!(expected.errors().is_empty(), "{document}: {}", expected.text);
        for app in &keeping {
            for time in 0..3 {
                let answer = app.graphql_with(&document, variables.clone()).await;
                assert_eq!(answer.text, expected.text, "time {time}: {document}");
            }
        }
    }
}

/// Documents that are easily taken for others.
const ODD: [&str; 6] = [
    // What comes after a carriage return stands on the same line, as the parser counts, and from its first column on.
    "{a:icons(names:[\"mdi:home\"]){...on Icon{name}}\r b:icons(names:[\"mdi:home\"]){...on Icon{body}}}",
    "query($s:Boolean=true){a:icons(names:[\"mdi:home\"]){...on Icon{name}}\r                       b:icons(names:[\"mdi:home\"]){...on Icon{key @skip(if:$s) name}}}",
    "{ iconSet(prefix: \"lucide\") { samples(first: 1) { name ... on IconResult { __typename } } } }",
    "{ icons(names: [\"mdi:home\", \"mdi:no\"]) { ... on IconResult { __typename } ... on Icon { name ... on IconResult { __typename } } } }",
    "{ icons(names: [\"mdi:home\"]) { ... on Node { id ... on IconResult { ... on Icon { body } } } } }",
    "{ icons(names: [\"mdi:home\"]) { ... on InvalidIconName { message } } }",
];

#[tokio::test]
async fn odd_documents_are_answered_as_they_would_be() {
    let resolving = with(&["--cache-enabled=false", "--performance-optimization-enabled=false"]).await;
    let others = [
        with(&["--cache-enabled=false"]).await,
        with(&["--response-cache-enabled=false"]).await,
    ];
    for document in ODD {
        let expected = resolving.graphql(document).await;
        assert!(expected.errors().is_empty(), "{document}: {}", expected.text);
        for app in &others {
            for time in 0..3 {
                assert_eq!(
                    app.graphql(document).await.text,
                    expected.text,
                    "time {time}: {document}"
                );
            }
        }
    }
}

on_each_engine! {
    async fn a_set_that_is_gone_is_missed_in_the_same_way(engine) {
        let resolving = TestApp::build(engine).await.flag("--cache-enabled=false").flag("--performance-optimization-enabled=false").start().await;
        let writing = resolving.build_beside().flag("--cache-enabled=false").start().await;
        resolving.import_json(&set("M0 0")).await;
        resolving.import_json(&other("M0 0")).await;
        let documents = [
            "{ icons(names: [\"s:a\", \"other:a\"]) { ... on Icon { name license { title } } } }",
            "{ icons(names: [\"s:a\", \"other:a\"]) { ... on Icon { name set { name } } } more: icons(names: [\"other:a\"]) { ... on Icon { set { prefix } } } }",
            "{ icons(names: [\"s:a\"]) { ... on Icon { name license { title } } } more: icons(names: [\"other:a\"]) { ... on Icon { tags set { name } } } }",
        ];
        // What an error is known by differs each time.
        let shown = |reply: &Reply| {
            let errors: Vec<Value> = reply.errors().iter().map(|error| json!([error["path"], error["extensions"]["code"]])).collect();
            (serde_json::from_str::<Value>(&reply.text).unwrap()["data"].clone(), errors, reply.statements())
        };
        for is_gone in [false, true] {
            if is_gone {
                resolving.sql("DELETE FROM icon_set WHERE prefix = 's'").await;
            }
            for document in documents {
                let (expected, found) = (resolving.graphql(document).await, writing.graphql(document).await);
                assert_eq!(expected.errors().is_empty(), !is_gone, "{document}: {}", expected.text);
                assert_eq!(shown(&found), shown(&expected), "{document}");
            }
        }
    }
}

/// What icons answer is joined: without that, all of the above would be the same, and slower.
#[tokio::test]
async fn icons_that_answered_before_are_not_resolved_again() {
    let app = TestApp::with_starter(Engine::Sqlite).await;
    // Figures are a process's: this one has its own.
    let binary = env!("CARGO_BIN_EXE_iconql-under-test");
    let server = Process::serve(binary, app.database().url(), &["--response-cache-enabled=false"]);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let counted = async |document: &str, names: &[&str]| {
        let body = json!({ "query": document, "variables": { "names": names } });
        let url = server.base_url();
        let sent = client.post(format!("{url}/graphql")).json(&body).send();
        let reply = Reply::read(sent.await.unwrap()).await;
        assert!(reply.errors().is_empty(), "{}", reply.text);
        let metrics = Reply::read(client.get(format!("{url}/metrics")).send().await.unwrap())
            .await
            .text;
        ["hit", "miss"].map(|status| {
            let line = format!(r#"cache_operations_total{{layer="serialized",operation="get",status="{status}"}} "#);
            let count = metrics.lines().find_map(|found| found.strip_prefix(&line));
            count.map(str::to_owned).unwrap_or_default()
        })
    };
    assert_eq!(counted(SCROLL, &["mdi:home", "lucide:house"]).await, ["0", "2"]);
    assert_eq!(
        counted(SCROLL, &["lucide:house", "tabler:home", "mdi:home"]).await,
        ["2", "3"]
    );
    // What is found for a name that is not there is no part of what icons answer; it is looked for each time.
    let closest = SCROLL.replace("IconNotFound { name }", "IconNotFound { didYouMean }");
    assert_eq!(counted(&closest, &["mdi:home", "mdi:hme"]).await, ["2", "5"]);
    assert_eq!(counted(&closest, &["mdi:home", "mdi:hme"]).await, ["3", "6"]);
}

/// Another set than [`set`].
fn other(path: &str) -> Value {
    json!({ "prefix": "other", "icons": { "a": { "body": format!("<path d=\"{path}\"/>") } } })
}

fn set(path: &str) -> Value {
    json!({ "prefix": "s", "icons": { "a": { "body": format!("<path d=\"{path}\"/>") } } })
}

async fn scroll(app: &TestApp) -> Reply {
    let reply = app.graphql_with(SCROLL, json!({ "names": ["s:a", "s:b"] })).await;
    assert!(reply.errors().is_empty(), "{}", reply.text);
    reply
}

on_each_engine! {
    async fn what_is_kept_goes_with_what_it_was_made_of(engine) {
        for flag in ["--response-cache-enabled=true", "--response-cache-enabled=false"] {
            let app = TestApp::build(engine).await.cached().flag(flag).start().await;
            app.import_json(&set("M0 0")).await;
            let first = scroll(&app).await;
            let again = scroll(&app).await;
            assert_eq!((again.statements(), &again.text), (0, &first.text), "{flag}");
            // The icon itself, then one that was not there, then its set.
            app.import_json(&set("M1 1")).await;
            let changed = scroll(&app).await;
            assert!(changed.text.contains("M1 1") && changed.text.contains(r#"{"name":"s:b"}"#), "{}", changed.text);
            let mut larger = set("M1 1");
            larger["icons"]["b"] = json!({ "body": "<path d=\"M2 2\"/>" });
            larger["info"] = json!({ "name": "Named", "license": { "title": "MIT" } });
            app.import_json_at(NOW_MS + 1, &larger).await;
            let renamed = scroll(&app).await;
            assert!(renamed.text.contains("Named") && renamed.text.contains("M2 2"), "{}", renamed.text);
            app.sql("UPDATE icon SET body = '<g/>'").await;
            assert!(scroll(&app).await.text.contains("<g/>"));
        }
    }

    async fn what_no_change_concerns_is_answered_on(engine) {
        let app = TestApp::start(engine).await;
        app.import_json(&set("M1 1")).await;
        app.import_json(&other("M1 1")).await;
        let queries = [
            // Whether it is made of the set that changes.
            (r#"{ icons(names: ["other:a", "other:none", "third:a"]) { ... on Icon { name body set { name total } } ... on IconNotFound { name } } }"#, false),
            (r#"{ iconSet(prefix: "other") { name total } }"#, false),
            (r#"{ icons(names: ["other:a", "s:a"]) { ... on Icon { name body } } }"#, true),
            (r#"{ icon(by: { name: "other:a" }) { name } iconSet(prefix: "s") { total } }"#, true),
            (r#"{ icon(by: { name: "s:none" }) { name } }"#, false),
            // What is found without a key may be of anything.
            ("{ iconSets { nodes { prefix } } }", true),
            (r#"{ iconSet(prefix: "other") { icons(first: 1) { nodes { name } } } }"#, true),
            (r#"{ search(query: "a") { totalCount } }"#, true),
            (r#"{ icons(names: ["other:none"]) { ... on IconNotFound { didYouMean } } }"#, true),
        ];
        let mut before = Vec::new();
        for (query, _) in queries {
            app.graphql(query).await;
            let kept = app.graphql(query).await;
            assert!(kept.is_whole_answer(), "{query}: {}", kept.header("server-timing"));
            before.push(kept.text);
        }
        app.import_json(&set("M2 2")).await;
        for ((query, is_concerned), before) in queries.iter().zip(&before) {
            let after = app.graphql(query).await;
            assert_eq!(after.is_whole_answer(), !is_concerned, "{query}");
            assert_eq!(after.text != *before, query.contains("s:a"), "{query}");
        }
        // What was not there comes as well.
        app.import_json(&json!({ "prefix": "third", "icons": { "a": { "body": "<path d=\"M3 3\"/>" } } })).await;
        let (query, _) = queries[0];
        let after = app.graphql(query).await;
        assert!(!after.is_whole_answer() && after.text.contains("M3 3"), "{}", after.text);
    }
}

#[tokio::test]
async fn kept_answers_cost_what_they_would() {
    let builder = TestApp::build_with_garden(Engine::Sqlite).await;
    let app = builder
        .flag("--rate-limit-enabled=true")
        .flag("--rate-limit-cost-per-minute=30")
        .start()
        .await;
    // Ten icons at once cost ten.
    let names: Vec<&str> = ["garden:tree"; 10].to_vec();
    let document = "query($names: [String!]!) { icons(names: $names) { ... on Icon { name } } }";
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(app.graphql_with(document, json!({ "names": names })).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
}

#[tokio::test]
async fn what_everybody_gets_alike_may_be_kept_on_the_way() {
    let builder = TestApp::build_with_garden(Engine::Sqlite).await;
    let app = builder
        .flag("--cdn-max-age-seconds=5")
        .flag("--cdn-stale-seconds=7")
        .start()
        .await;
    let get = |query: &str, tag: Option<&str>| {
        let request = app.request(Method::GET, "/graphql").query(&[("query", query)]);
        match tag {
            Some(tag) => request.header("if-none-match", tag.to_owned()),
            None => request,
        }
    };
    let tree = "{ icon(by: { name: \"garden:tree\" }) { name body } }";
    let first = app.send(get(tree, None)).await;
    let control = "public, max-age=5, stale-while-revalidate=7, stale-if-error=7";
    assert_eq!(
        (first.status, first.header("cache-control"), first.header("age")),
        (200, control, "0")
    );
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let same = app.send(get(tree, Some(&tag))).await;
    assert_eq!(
        (same.status, same.text.as_str(), same.header("etag")),
        (304, "", tag.as_str())
    );
    assert_eq!(same.header("cache-control"), control);
    assert!(same.header("vary").contains("accept"), "{}", same.header("vary"));
    // Another one, and what is one caller's.
    let other = app
        .send(get("{ icon(by: { name: \"garden:pond\" }) { name } }", Some(&tag)))
        .await;
    assert_eq!(other.status, 200);
    for query in [
        "{ rateLimit { remaining } }",
        "{ service { version } }",
        "{ ...f } fragment f on Query { icon(by: { name: \"garden:tree\" }) { name } service { version } }",
        "{ icon(by: { name: \"garden:tree\" }) { url(size: 0) } }",
        "{ nothing }",
    ] {
        let reply = app.send(get(query, None)).await;
        assert_eq!(
            (reply.header("cache-control"), reply.header("etag")),
            ("no-store", ""),
            "{query}"
        );
    }
    // What is posted is nobody else's.
    let posted = app.graphql(tree).await;
    assert_eq!(
        (posted.header("cache-control"), posted.text.as_str()),
        ("no-store", first.text.as_str())
    );
}

#[tokio::test]
async fn a_hash_is_all_that_a_cache_on_the_way_needs() {
    let builder = TestApp::build(Engine::Sqlite).await;
    let app = builder.flag("--environment=production").start().await;
    app.import(&[fixture("garden.json")]).await;
    let example =
        std::fs::read_to_string(workspace_root().join("frontend-examples/operations/OneIcon.graphql")).unwrap();
    let hash = sha256(&example);
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let variables = json!({ "name": "garden:tree" });
    let registered = app
        .post(&json!({ "query": example, "extensions": extensions, "variables": variables }))
        .await;
    assert!(registered.errors().is_empty(), "{}", registered.text);
    let request = app.request(Method::GET, "/graphql").query(&[
        ("extensions", extensions.to_string()),
        ("variables", variables.to_string()),
    ]);
    let reply = app.send(request).await;
    assert_eq!((reply.status, &reply.text), (200, &registered.text));
    assert!(reply.header("cache-control").starts_with("public, max-age=60"));
    // Whoever may know how long it took is not told in what others are shown.
    let (_, key) = app.create_key(&["metrics:read"]).await;
    let asked = |request: reqwest::RequestBuilder| app.send(request.bearer_auth(&key));
    let body = json!({ "extensions": extensions, "variables": variables });
    let posted = asked(app.request(Method::POST, "/graphql").json(&body)).await;
    assert_ne!(posted.header("server-timing"), "");
    let request = app.request(Method::GET, "/graphql").query(&[
        ("extensions", extensions.to_string()),
        ("variables", variables.to_string()),
    ]);
    assert_eq!(asked(request).await.header("server-timing"), "");
}

fn sha256(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let hash: [u8; 32] = Sha256::digest(text).into();
    hash.map(|byte| format!("{byte:02x}")).concat()
}
