//! Documents made to bring a server down, against a process of its own: it must refuse them and live.

use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tests::{Engine, Process, Reply, TestApp, TestDatabase};

use crate::documents::each;

/// What a small machine may take for a refusal.
const SOON: Duration = Duration::from_secs(5);

struct Victim {
    process: Process,
    client: Client,
    _database: TestDatabase,
}

impl Victim {
    async fn start(flags: &[&str]) -> Self {
        let database = TestDatabase::fresh(Engine::Sqlite).await;
        let process = Process::serve(env!("CARGO_BIN_EXE_iconql-under-test"), database.url(), flags);
        let client = Client::builder().no_proxy().timeout(SOON).build().unwrap();
        Self {
            process,
            client,
            _database: database,
        }
    }

    async fn send(&self, body: &Value) -> Reply {
        let request = self
            .client
            .post(format!("{}/graphql", self.process.base_url()))
            .json(body);
        Reply::read(
            request
                .send()
                .await
                .unwrap_or_else(|error| panic!("no answer to {:.60}…: {error}", body.to_string())),
        )
        .await
    }

    /// Sends a document that must be refused, after which the process must still answer.
    async fn refuses(&mut self, document: &str) {
        let reply = self.send(&json!({ "query": document })).await;
        assert!(
            !reply.codes().is_empty(),
            "{document:.60} was not refused: {}",
            reply.text
        );
        assert_eq!(reply.json.get("data"), None, "{document:.60}: {}", reply.text);
        self.lives().await;
    }

    async fn lives(&mut self) {
        let reply = self.send(&json!({ "query": "{ __typename }" })).await;
        assert_eq!(reply.data("/__typename"), "Query");
        assert!(self.process.ended().is_none());
    }
}

fn nested(open: &str, close: &str, depth: usize) -> String {
    format!("{}1{}", open.repeat(depth), close.repeat(depth))
}

/// Fragments each of which spreads the next one twice.
fn doubling(count: usize) -> String {
    let last = format!("fragment f{count} on Query {{ __typename }}");
    let others = (0..count).map(|number| format!("fragment f{number} on Query {{ ...f{0} ...f{0} }} ", number + 1));
    format!("{{ ...f0 }} {} {last}", others.collect::<String>())
}

/// Documents that grow with `size`, from brackets of every kind to fragments that never end.
fn bombs(size: usize) -> Vec<String> {
    vec![
        format!("{{ icons(names: {}) {{ __typename }} }}", nested("[", "]", size)),
        format!("{{ icon(by: {}) {{ name }} }}", nested("{a:", "}", size)),
        format!(
            "query($x: {}Int{}) {{ __typename }}",
            "[".repeat(size),
            "]".repeat(size)
        ),
        format!("query($x: Int = {}) {{ __typename }}", nested("[", "]", size)),
        format!("{{ __typename @include(if: {}) }}", nested("[", "]", size)),
        "{".repeat(size),
        "[".repeat(size),
        format!(
            "{}name{}",
            "{ iconSets { nodes { icons { nodes { set ".repeat(size / 10),
            "}".repeat(size / 2)
        ),
        format!("{}__typename{}", "{ ... ".repeat(size), "}".repeat(size)),
        format!("{{ {} }}", "__typename ".repeat(size)),
        format!("{{ {} }}", each(size, |number| format!("a{number}: __typename "))),
        format!("{{ __typename {} }}", "@include(if: true) ".repeat(size)),
        format!("{{ {} }}", "iconSets { nodes { name } } ".repeat(size)),
        format!(
            "query({}) {{ __typename }}",
            each(size, |number| format!("$v{number}: Int "))
        ),
        each(size, |number| format!("query q{number} {{ __typename }} ")),
        each(size, |number| format!("fragment f{number} on Query {{ __typename }} ")) + "{ ...f0 }",
        format!("{{ __typename }} {}", "\"".repeat(size)),
        format!("{{ a(b: \"{}", "\\".repeat(size)),
        format!("{{ a(b: \"\"\"{}", "\\\"\"\"".repeat(size)),
        format!("#{}", "#".repeat(size)),
        "\u{feff}".repeat(size),
        format!(
            "{{ icons(names: [{}]) {{ __typename }} }}",
            r#""mdi:home" "#.repeat(size)
        ),
    ]
}

#[tokio::test]
async fn values_and_selections_inside_each_other() {
    let mut victim = Victim::start(&[]).await;
    // From some hundreds on a parser overflows its stack, from some thousands on this one gives up by itself; beyond, a
    // body is too large to be read at all.
    for size in [70, 300, 600, 900, 5_000, 25_000] {
        for bomb in bombs(size) {
            let reply = victim.send(&json!({ "query": bomb })).await;
            // Small ones may be lawful; the others are refused.
            assert!(
                size < 1_000 || !reply.codes().is_empty(),
                "{bomb:.60} of {size}: {:.300}",
                reply.text
            );
            assert!(reply.status < 500, "{bomb:.60} of {size}: {:.300}", reply.text);
        }
        victim.lives().await;
    }
}

#[tokio::test]
async fn brackets_survive_the_highest_limits_that_can_be_set() {
    let mut victim = Victim::start(&[
        "--max-nesting=200",
        "--max-tokens=1000000",
        "--max-document-bytes=16777216",
        "--max-body-bytes=268435456",
        "--max-depth=64",
    ])
    .await;
    for depth in [150, 199, 200, 201, 300, 600, 900, 100_000] {
        for bomb in [
            format!("{{ icons(names: {}) {{ __typename }} }}", nested("[", "]", depth)),
            format!("{{ icon(by: {}) {{ name }} }}", nested("{a:", "}", depth)),
            format!(
                "query($x: {}Int{}) {{ iconSets(first: $x) {{ totalCount }} }}",
                "[".repeat(depth),
                "]".repeat(depth)
            ),
            format!("query($x: [Int] = {}) {{ __typename }}", nested("[", "]", depth)),
            format!("{}__typename{}", "{ ... ".repeat(depth), "}".repeat(depth)),
            format!("{}name{}", "{ set ".repeat(depth), "}".repeat(depth)),
        ] {
            victim.refuses(&bomb).await;
        }
    }
}

#[tokio::test]
async fn what_is_as_deep_as_can_be_set_is_answered() {
    let app = TestApp::with_garden(Engine::Sqlite).await;
    let serve = |flags: &[&str]| {
        let process = Process::serve(env!("CARGO_BIN_EXE_iconql-under-test"), app.database().url(), flags);
        (format!("{}/graphql", process.base_url()), process)
    };
    let answer = async |url: &str, document: &str| {
        let client = Client::builder().no_proxy().timeout(6 * SOON).build().unwrap();
        let sent = client.post(url).json(&json!({ "query": document })).send().await;
        Reply::read(sent.unwrap_or_else(|error| panic!("no answer to {document:.60}…: {error}"))).await
    };
    let rounds = |count: usize, innermost: &str| {
        let opened = "set { icons(first: 1) { nodes { ".repeat(count);
        format!(
            "icon(by: {{ name: \"garden:tree\" }}) {{ {opened} {innermost} {}",
            "} } } ".repeat(count) + "}"
        )
    };
    let (url, _highest) = serve(&["--max-depth=64", "--max-cost=10000000"]);
    // The innermost field is the 64th, and stands in the 64th selection set.
    let deepest = format!("{{ {} }}", rounds(20, "set { icons(first: 1) { totalCount } }"));
    let reply = answer(&url, &deepest).await;
    let innermost = format!("/icon{}/set/icons/totalCount", "/set/icons/nodes/0".repeat(20));
    assert!(reply.data(&innermost).is_number(), "{:.300}", reply.text);
    let deeper = format!("{{ {} }}", rounds(21, "name"));
    assert_eq!(answer(&url, &deeper).await.codes(), ["LIMIT_EXCEEDED"]);
    // By default fields go less deep, and fragments as deep.
    let (url, _default) = serve(&["--max-cost=10000000"]);
    let within = format!(
        "{}{} {}",
        "{ ... ".repeat(47) + "{ ",
        rounds(4, "set { name }"),
        "}".repeat(48)
    );
    let reply = answer(&url, &within).await;
    let innermost = format!("/icon{}/set/name", "/set/icons/nodes/0".repeat(4));
    assert!(reply.data(&innermost).is_string(), "{:.300}", reply.text);
}

#[tokio::test]
async fn fragments_that_spread_each_other() {
    let mut victim = Victim::start(&[]).await;
    victim.refuses(&doubling(24)).await;
    victim.refuses(&doubling(45)).await;
    // Where all ways lead to nothing, there is no field to count.
    for end in ["f99", "f0"] {
        let ways = doubling(30).replace("f30 on Query { __typename }", &format!("f30 on Query {{ ...{end} }}"));
        assert!(ways.contains(end));
        victim.refuses(&ways).await;
    }
    victim.refuses("{ ...a } fragment a on Query { ...a }").await;
    victim
        .refuses("{ ...a } fragment a on Query { ...b } fragment b on Query { ...c ...a } fragment c on Query { ...b }")
        .await;
    victim
        .refuses("{ ...a } fragment a on Query { __typename ...a @include(if: false) }")
        .await;
    victim
        .refuses("{ __typename } fragment a on Query { ...b } fragment b on Query { ...a }")
        .await;
    let chain = (0..49).map(|number| {
        format!(
            "fragment f{number} on Icon {{ set {{ icons {{ nodes {{ ...f{} }} }} }} }} ",
            number + 1
        )
    });
    victim
        .refuses(&format!(
            "{{ icon(by: {{ name: \"a:b\" }}) {{ ...f0 }} }} {} fragment f49 on Icon {{ name }}",
            chain.collect::<String>()
        ))
        .await;
    let unused = each(49, |number| {
        format!("fragment f{number} on Query {{ ...f{0} ...f{0} }} ", number + 1)
    });
    victim
        .refuses(&format!(
            "{{ __typename }} {unused} fragment f49 on Query {{ __typename }}"
        ))
        .await;
}

#[tokio::test]
async fn fields_that_cannot_be_merged_cheaply() {
    let mut victim = Victim::start(&["--max-aliases=10000", "--max-selections=100000"]).await;
    // A validator that compares each selection with each other takes its time for these.
    let same = format!("{{ {} }}", "a: __typename ".repeat(450));
    let reply = victim.send(&json!({ "query": same })).await;
    assert!(reply.status < 500, "{}", reply.text);
    let deep = format!(
        "{{ {} }}",
        "iconSets { nodes { icons { nodes { name } } } } ".repeat(20)
    );
    victim.send(&json!({ "query": deep })).await;
    victim.lives().await;
}

#[tokio::test]
async fn variables_inside_each_other() {
    let mut victim = Victim::start(&[]).await;
    let document = "query($names: [String!]!) { icons(names: $names) { __typename } }";
    for depth in [20, 100, 120, 126] {
        let value: Value = serde_json::from_str(&nested("[", "]", depth)).unwrap();
        let reply = victim
            .send(&json!({ "query": document, "variables": { "names": value } }))
            .await;
        assert!(
            !reply.codes().is_empty() && reply.status < 500,
            "{depth}: {}",
            reply.text
        );
        victim.lives().await;
    }
    for (depth, code) in [
        (127, "BAD_USER_INPUT"),
        (1_000, "BAD_USER_INPUT"),
        (40_000, "BAD_USER_INPUT"),
        (100_000, "LIMIT_EXCEEDED"),
        (500_000, "LIMIT_EXCEEDED"),
    ] {
        let body = format!(
            r#"{{"query":"{document}","variables":{{"names":{}}}}}"#,
            nested("[", "]", depth)
        );
        let request = victim
            .client
            .post(format!("{}/graphql", victim.process.base_url()))
            .header("content-type", "application/json");
        let reply = Reply::read(request.body(body).send().await.unwrap()).await;
        assert_eq!((reply.status, reply.codes()), (400, vec![code]), "{depth}");
        victim.lives().await;
    }
    let wide: Vec<String> = (0..60_000).map(|number| format!("a:b{number}")).collect();
    let reply = victim
        .send(&json!({ "query": document, "variables": { "names": wide } }))
        .await;
    assert_eq!(reply.codes(), ["LIMIT_EXCEEDED"]);
    victim.lives().await;
}
