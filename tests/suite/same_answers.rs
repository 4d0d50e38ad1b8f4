//! Keeping nothing, keeping what is read, and keeping whole answers: every byte of every answer is the same.

use std::fs;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tests::{TestApp, on_each_engine, workspace_root};

const NAMES: &str = "query Named($names: [String!]!, $more: Boolean! = false) {
    icons(names: $names) { __typename ...icon ... on IconNotFound { name didYouMean } ... on InvalidIconName { input message } } }
fragment icon on Icon { id name key prefix body left top width height hidden palette contentHash updatedAt
    ...hanging @include(if: $more) }
fragment hanging on Icon { aliases tags categories characters license { title spdx url } variants(first: 3) { name body }
    aliasOf { name } set { id prefix name total updatedAt } }";

const SHOWN: &str = "query Shown($name: IconName!, $options: SvgOptions, $flavor: SnippetFlavor! = JSX) {
    icon(by: { name: $name }) { svg(options: $options) dataUri(options: $options) url(size: 24) snippet(flavor: $flavor) }
    again: icon(by: { name: $name }) { name svg plain: svg(options: { height: \"2em\" }) } }";

const SET: &str = "query OfSet($prefix: String!, $first: Int, $after: String, $last: Int, $before: String, $filter: IconFilter) {
    iconSet(prefix: $prefix) { id name version total heights palette category tags author { name url } license { title spdx }
        categories { __typename } samples(first: 2) { name body }
        icons(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
            totalCount edges { cursor node { name } } nodes { name width body set { prefix } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }";

const SETS: &str = "query Sets($filter: IconSetFilter, $orderBy: IconSetOrder! = NAME, $first: Int, $last: Int) {
    iconSets(filter: $filter, orderBy: $orderBy, first: $first, last: $last) {
        totalCount edges { cursor } nodes { prefix name total samples { name } } pageInfo { endCursor startCursor } } }";

const FOUND: &str = "query Found($query: String!, $filter: IconFilter, $orderBy: SearchOrder! = RELEVANCE, $first: Int, $after: String) {
    search(query: $query, filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
        totalCount correctedQuery edges { cursor score matchedOn node { name body set { name } } } nodes { name tags }
        facets(first: 5) { sets { value label count } licenses { value count } styles { value count } } pageInfo { hasNextPage endCursor } } }";

const PAGES: &str = "query Pages($query: String!, $pages: [Int!]!, $size: Int! = 24) {
    searchPages(query: $query, pages: $pages, size: $size) { number nodes { name body } } }";

const BY: &str = "query($by: IconBy!) { icon(by: $by) { id name set { prefix } } }";

const NODES: &str = "query($ids: [ID!]!, $id: ID!) { nodes(ids: $ids) { __typename id ... on Icon { name body } ... on IconSet { prefix total } }
    node(id: $id) { ... on Icon { name } ... on IconSet { name } } }";

fn id(kind: &str, name: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{kind}:{name}"))
}

/// For icons by name: requests that succeed, that name nothing, and that are refused, as of the others.
fn for_icons() -> Vec<(&'static str, Value)> {
    let house = "lucide:house";
    vec![
        (NAMES, json!({ "names": [house, "tabler:home", "mdi:home", house] })),
        (
            NAMES,
            json!({ "names": [house, "tabler:home", "mdi:home"], "more": true }),
        ),
        (
            NAMES,
            json!({ "names": ["lucide:hose", "no-set:house", "no name", "Mdi:Home", "twemoji:rocket"], "more": true }),
        ),
        (NAMES, json!({ "names": [] })),
        (
            NAMES,
            json!({ "names": ["fa6-solid:f015", "ph:house-fill", "ph:house-duotone"], "more": true }),
        ),
        (NAMES, json!({ "names": [null] })),
        (NAMES, json!({})),
        (SHOWN, json!({ "name": house })),
        (
            SHOWN,
            json!({ "name": house, "options": { "height": "32", "color": "rebeccapurple", "title": "A <b>", "rotate": "QUARTER" }, "flavor": "CSS" }),
        ),
        (
            SHOWN,
            json!({ "name": "logos:rust", "options": { "width": "auto", "uniqueIds": true, "box": true, "flip": ["VERTICAL"] } }),
        ),
        (
            SHOWN,
            json!({ "name": "logos:rust", "options": { "height": "no length" } }),
        ),
        (SHOWN, json!({ "name": "no-such:icon" })),
        (SHOWN, json!({ "name": "not a name" })),
    ]
}

/// For lists, searches, and whatever else there is.
fn for_the_rest() -> Vec<(&'static str, Value)> {
    let house = "lucide:house";
    vec![
        (SET, json!({ "prefix": "lucide", "first": 7 })),
        (SET, json!({ "prefix": "lucide", "last": 3 })),
        (
            SET,
            json!({ "prefix": "tabler", "first": 4, "filter": { "style": "STROKE" } }),
        ),
        (
            SET,
            json!({ "prefix": "twemoji", "first": 3, "filter": { "includeHidden": true, "categories": ["Flags"] } }),
        ),
        (SET, json!({ "prefix": "lucide", "first": 3, "after": "no cursor" })),
        (SET, json!({ "prefix": "no-such-set" })),
        (SETS, json!({})),
        (SETS, json!({ "orderBy": "TOTAL", "first": 3 })),
        (SETS, json!({ "last": 2, "filter": { "palette": true } })),
        (SETS, json!({ "filter": { "query": "icons", "spdx": ["MIT"] } })),
        (SETS, json!({ "first": -1 })),
        (FOUND, json!({ "query": "home", "first": 5 })),
        (FOUND, json!({ "query": "arow lfet", "first": 5 })),
        (
            FOUND,
            json!({ "query": "mdi:account -circle", "first": 9, "orderBy": "NAME" }),
        ),
        (
            FOUND,
            json!({ "query": "", "first": 3, "filter": { "prefixes": ["logos"], "palette": true } }),
        ),
        (FOUND, json!({ "query": "zzzzzzzzz" })),
        (FOUND, json!({ "query": "home", "first": 5, "after": "no cursor" })),
        (PAGES, json!({ "query": "star", "pages": [0, 3], "size": 6 })),
        (PAGES, json!({ "query": "star", "pages": [-1] })),
        (BY, json!({ "by": { "name": "mdi:home" } })),
        (BY, json!({ "by": { "id": id("Icon", "mdi:home") } })),
        (
            BY,
            json!({ "by": { "character": { "prefix": "mdi", "codepoint": "F02DC" } } }),
        ),
        (BY, json!({ "by": { "id": "no id" } })),
        (BY, json!({ "by": {} })),
        (
            NODES,
            json!({ "ids": [id("Icon", house), id("IconSet", "mdi"), id("Icon", "no:icon"), id("Icon", house)], "id": id("IconSet", "ph") }),
        ),
        (NODES, json!({ "ids": ["rubbish"], "id": id("Icon", house) })),
        (
            "query($text: String!) { suggest(text: $text, first: 6) { text kind count } }",
            json!({ "text": "mdi:ho" }),
        ),
        (
            "query($c: [String!]!) { setsCovering(concepts: $c, first: 3) { set { name } covered of matches { concept icon { name body } } } }",
            json!({ "c": ["home", "user", "zzzz"] }),
        ),
        (
            "query($since: Int!) { changes(since: $since, first: 5) { generation hasMore changes { generation kind prefix count names(first: 2) at } } }",
            json!({ "since": 0 }),
        ),
        (
            "query($since: Int!) { changes(since: $since, first: 5) { generation hasMore } }",
            json!({ "since": 10_000 }),
        ),
        (
            "{ rateLimit { remaining } __typename service { version generation limits { maxBatch } } }",
            json!({}),
        ),
        (
            "{ __schema { queryType { name fields { name } } } __type(name: \"Icon\") { fields { name isDeprecated } } }",
            json!({}),
        ),
        ("{ icon(by: { name: \"mdi:home\" }) { name nonsense } }", json!({})),
        ("{ icon(by: { name: \"mdi:home\" }) { ", json!({})),
        ("query A { __typename } query B { __typename }", json!({})),
        ("subscription { catalogChanged { kind } }", json!({})),
        (
            "mutation { invalidateCache(input: { pattern: \"mdi\" }) { entries userErrors { code field } } }",
            json!({}),
        ),
    ]
}

/// The documents that users are shown, as they are and with what they leave open.
fn examples() -> Vec<(String, String, Value)> {
    let folder = workspace_root().join("frontend-examples/operations");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut examples = Vec::new();
    for file in files {
        let (name, text) = (
            file.file_stem().unwrap().to_str().unwrap().to_owned(),
            fs::read_to_string(&file).unwrap(),
        );
        let open = match name.as_str() {
            "IconsOfSet" => json!({ "prefix": "logos", "first": 5 }),
            "OneIcon" => json!({ "name": "tabler:home" }),
            "ScrollPage" => json!({ "names": ["ph:heart", "ph:no-such", "no name"] }),
            "Search" => json!({ "query": "tras", "filter": { "prefixes": ["mdi", "lucide"] } }),
            "SetsCovering" => json!({ "concepts": ["star"] }),
            "Suggest" => json!({ "text": "he" }),
            "IconSets" => json!({ "first": 2 }),
            "Changes" => json!({ "since": 3 }),
            _ => json!({}),
        };
        examples.push((name.clone(), text.clone(), json!({})));
        examples.push((name, text, open));
    }
    examples
}

on_each_engine! {
    async fn every_answer_is_the_same_to_the_byte(engine) {
        let flags = ["--cache-enabled=true", "--performance-optimization-enabled=false", "--response-cache-enabled=false", "--cache-enabled=false"];
        let mut apps = Vec::new();
        for flag in flags {
            apps.push(TestApp::build_with_starter(engine).await.cached().flag("--max-cost=100000").flag(flag).start().await);
        }
        let given = for_icons().into_iter().chain(for_the_rest()).map(|(document, variables)| (document.to_owned(), document.to_owned(), variables));
        let requests: Vec<_> = examples().into_iter().chain(given).collect();
        let (mut succeeded, mut refused, mut saved) = (0, 0, 0);
        // Each of them, then two at once; and all of it again, in the other order.
        let single = requests.iter().map(|(name, document, variables)| (name.clone(), json!({ "query": document, "variables": variables })));
        let mut bodies: Vec<(String, Value)> = single.collect();
        let pairs: Vec<_> = bodies.windows(2).step_by(7).map(|pair| (format!("{} and {}", pair[0].0, pair[1].0), json!([pair[0].1, pair[1].1]))).collect();
        bodies.extend(pairs);
        for (name, body) in bodies.iter().chain(bodies.iter().rev()) {
            let without = apps[3].post(body).await;
            for (app, flag) in apps.iter().zip(flags).take(3) {
                let reply = app.post(body).await;
                assert_eq!((reply.status, &reply.text), (without.status, &without.text), "{flag}: {name} {}", body["variables"]);
                if reply.errors().is_empty() && reply.status == 200 && reply.statements() < without.statements() {
                    saved += 1;
                }
            }
            if without.errors().is_empty() { succeeded += 1 } else { refused += 1 }
        }
        // The requests are such as can be told apart, and what is kept was used.
        assert!(succeeded >= 80 && refused >= 20 && saved >= 100, "{succeeded} {refused} {saved}");
    }
}
