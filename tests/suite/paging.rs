//! Pages: every item once and in order, exact ends, and cursors that outlive what they point at.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tests::{NOW_MS, TestApp, on_each_engine};

use crate::{documents::each, random::Random, starter};

const ICONS: &str = "query($prefix: String!, $first: Int, $after: String, $last: Int, $before: String) {
    list: iconSet(prefix: $prefix) { page: icons(first: $first, after: $after, last: $last, before: $before) {
        totalCount edges { cursor } nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }";

const SETS: &str = "query($order: IconSetOrder!, $first: Int, $after: String, $last: Int, $before: String) {
    page: iconSets(orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
        totalCount edges { cursor } nodes { name: prefix } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

/// Walks a whole list with pages of random sizes, forward or backward, and checks each page's ends.
pub(crate) async fn walk(app: &TestApp, document: &str, fixed: &Value, at: &str, forward: bool) -> Vec<String> {
    let mut random = Random::new(7);
    let mut names: Vec<String> = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let size = 1 + random.below(100);
        let mut variables = fixed.clone();
        let (count, bound) = if forward {
            ("first", "after")
        } else {
            ("last", "before")
        };
        (variables[count], variables[bound]) = (json!(size), cursor.clone());
        let reply = app.graphql_with(document, variables).await;
        let page = reply.texts(&format!("{at}/nodes"), "name");
        let info = reply.data(&format!("{at}/pageInfo"));
        let edges = reply.data(&format!("{at}/edges")).as_array().unwrap();
        assert!(page.len() <= size);
        assert_eq!(
            info["startCursor"],
            edges.first().map_or(Value::Null, |edge| edge["cursor"].clone())
        );
        assert_eq!(
            info["endCursor"],
            edges.last().map_or(Value::Null, |edge| edge["cursor"].clone())
        );
        let (behind, ahead) = if forward {
            ("hasPreviousPage", "hasNextPage")
        } else {
            ("hasNextPage", "hasPreviousPage")
        };
        assert_eq!(info[behind], !names.is_empty(), "behind after {}", names.len());
        if forward {
            names.extend(page);
            cursor = info["endCursor"].clone();
        } else {
            names.splice(0..0, page);
            cursor = info["startCursor"].clone();
        }
        let total = reply.data(&format!("{at}/totalCount")).as_u64().unwrap();
        assert_eq!(info[ahead], (names.len() as u64) < total, "ahead after {}", names.len());
        if info[ahead] == false {
            return names;
        }
    }
}

/// A server with sets whose names, totals and times tie and cross.
async fn with_sets(engine: tests::Engine) -> TestApp {
    let app = TestApp::start(engine).await;
    let sets = [
        ("a1", "zebra", 1, 3),
        ("a2", "Apple", 5, 1),
        ("b-1", "apple", 3, 9),
        ("b", "Éclair", 3, 2),
        ("c", "apple", 1, 2),
        ("d", "Zebra", 5, 2),
        ("e", "eclair", 2, 7),
        ("f", "100", 2, 5),
        ("g", "_", 4, 5),
        ("h", "Banana", 4, 5),
    ];
    for (prefix, name, icons, time) in sets {
        let icons: Value = (0..icons)
            .map(|number| (format!("i{number}"), json!({ "body": "<path d=\"M0 0h1z\"/>" })))
            .collect();
        let set = json!({ "prefix": prefix, "info": { "name": name }, "icons": icons });
        app.import_json_at(NOW_MS + time, &set).await;
    }
    app
}

on_each_engine! {
    async fn a_set_is_walked_whole_in_both_directions(engine) {
        let app = TestApp::with_starter(engine).await;
        for prefix in ["lucide", "fa6-solid", "twemoji"] {
            let expected = starter::set(prefix).listed();
            for forward in [true, false] {
                let names = walk(&app, ICONS, &json!({ "prefix": prefix }), "/list/page", forward).await;
                assert!(names == expected, "{prefix} {forward}: {} of {}", names.len(), expected.len());
            }
        }
    }

    async fn every_window_of_a_small_set_is_exact(engine) {
        let app = TestApp::with_garden(engine).await;
        let all = app.graphql_with(ICONS, json!({ "prefix": "garden", "first": 100 })).await;
        let names = all.texts("/list/page/nodes", "name");
        assert!(names.is_sorted());
        assert_eq!(names.len(), 13);
        let cursors = all.texts("/list/page/edges", "cursor");
        let bounds: Vec<Option<usize>> = std::iter::once(None).chain((0..names.len()).map(Some)).collect();
        let sizes: Vec<(bool, usize)> = [1, 2, 5, 12, 13, 14].into_iter().flat_map(|size| [(true, size), (false, size)]).collect();
        let mut windows = Vec::new();
        for after in &bounds {
            for before in &bounds {
                windows.extend(sizes.iter().map(|&(forward, size)| Window { after: *after, before: *before, forward, size }));
            }
        }
        // As many in one request as its aliases allow.
        for windows in windows.chunks(30) {
            let argument = |name: &str, place: Option<usize>| place.map_or(String::new(), |place| format!(", {name}: \"{}\"", cursors[place]));
            let fields = each(windows.len(), |number| {
                let Window { after, before, forward, size } = windows[number];
                let count = if forward { "first" } else { "last" };
                format!("p{number}: icons({count}: {size}{}{}) {{ ...page }}", argument("after", after), argument("before", before))
            });
            let document = format!(
                r#"{{ iconSet(prefix: "garden") {{ {fields} }} }}
                fragment page on IconConnection {{ nodes {{ name }} pageInfo {{ hasPreviousPage hasNextPage }} }}"#
            );
            let reply = app.graphql(&document).await;
            for (number, window) in windows.iter().enumerate() {
                assert_eq!(reply.data(&format!("/iconSet/p{number}")), &window.page_of(&names), "{window:?}");
            }
        }
    }

    async fn sets_are_listed_in_three_orders(engine) {
        let app = with_sets(engine).await;
        let expected = [
            ("NAME", ["f", "g", "a2", "b-1", "c", "h", "e", "a1", "d", "b"]),
            ("TOTAL", ["a2", "d", "g", "h", "b", "b-1", "e", "f", "a1", "c"]),
            ("UPDATED", ["b-1", "e", "f", "g", "h", "a1", "b", "c", "d", "a2"]),
        ];
        for (order, expected) in expected {
            for forward in [true, false] {
                for size in [1, 3, 100] {
                    let names = pages_of(&app, order, forward, size).await;
                    assert_eq!(names, expected, "{order} {forward} {size}");
                }
            }
        }
        let unordered = app.graphql("{ iconSets { nodes { prefix } } }").await;
        assert_eq!(unordered.texts("/iconSets/nodes", "prefix"), expected[0].1);
    }

    async fn a_cursor_goes_on_where_its_row_was(engine) {
        let app = TestApp::start(engine).await;
        let set = |keys: &[&str]| {
            let icons: Value = keys.iter().map(|key| (*key, json!({ "body": "<path d=\"M0 0h1z\"/>" }))).collect();
            json!({ "prefix": "s", "icons": icons })
        };
        app.import_json(&set(&["a", "c", "e", "g", "i"])).await;
        let all = app.graphql_with(ICONS, json!({ "prefix": "s" })).await;
        let cursors = all.texts("/list/page/edges", "cursor");
        app.import_json(&set(&["b", "c", "f", "h"])).await;
        let cases = [
            // After a, which is gone.
            (json!({ "after": cursors[0], "first": 2 }), vec!["s:b", "s:c"], false, true),
            (json!({ "after": cursors[2], "first": 9 }), vec!["s:f", "s:h"], true, false),
            (json!({ "before": cursors[2], "last": 9 }), vec!["s:b", "s:c"], false, true),
            (json!({ "after": cursors[4], "first": 9 }), vec![], true, false),
            (json!({ "before": cursors[0], "last": 9 }), vec![], false, true),
            (json!({ "after": cursors[1], "before": cursors[3], "first": 1 }), vec!["s:f"], true, true),
        ];
        for (arguments, expected, previous, next) in cases {
            let mut variables = arguments.clone();
            variables["prefix"] = json!("s");
            let reply = app.graphql_with(ICONS, variables).await;
            assert_eq!(reply.texts("/list/page/nodes", "name"), expected, "{arguments}");
            let info = reply.data("/list/page/pageInfo");
            assert_eq!((&info["hasPreviousPage"], &info["hasNextPage"]), (&json!(previous), &json!(next)), "{arguments}");
        }
    }

    async fn a_cursor_of_a_set_outlives_it(engine) {
        let app = with_sets(engine).await;
        let list = app.graphql_with(SETS, json!({ "order": "TOTAL" })).await;
        let cursors = list.texts("/page/edges", "cursor");
        // d had five icons and now has one, and so stands elsewhere.
        app.import_json(&json!({ "prefix": "d", "icons": { "x": { "body": "<path d=\"M0 0h1z\"/>" } } })).await;
        let reply = app.graphql_with(SETS, json!({ "order": "TOTAL", "after": cursors[1], "first": 3 })).await;
        assert_eq!(reply.texts("/page/nodes", "name"), ["g", "h", "b"]);
    }

    async fn foreign_and_forged_cursors_are_refused(engine) {
        let app = with_sets(engine).await;
        app.import(&[tests::fixture("garden.json")]).await;
        let icons = app.graphql_with(ICONS, json!({ "prefix": "garden" })).await;
        let icon = icons.texts("/list/page/edges", "cursor").remove(0);
        let mut of_sets = Vec::new();
        for order in ["NAME", "TOTAL", "UPDATED"] {
            let sets = app.graphql_with(SETS, json!({ "order": order })).await;
            of_sets.push((order, sets.texts("/page/edges", "cursor").remove(0)));
        }
        let mut altered = URL_SAFE_NO_PAD.decode(&icon).unwrap();
        *altered.last_mut().unwrap() ^= 1;
        let altered = URL_SAFE_NO_PAD.encode(altered);
        let cut = icon[..icon.len() - 4].to_owned();
        let mut bad: Vec<String> = vec![altered, cut, String::new(), "garden:tree".to_owned(), "é".to_owned(), format!("{icon}AAAA")];
        bad.extend(of_sets.iter().map(|(_, cursor)| cursor.clone()));
        for cursor in &bad {
            for bound in ["after", "before"] {
                let reply = app.graphql_with(ICONS, json!({ "prefix": "garden", bound: cursor })).await;
                assert_eq!(reply.codes(), ["BAD_USER_INPUT"], "{bound} {cursor}");
                assert_eq!(reply.errors()[0]["path"], json!(["list", "page"]), "{bound} {cursor}");
            }
        }
        let other_set = app.graphql_with(ICONS, json!({ "prefix": "a1", "after": icon })).await;
        assert_eq!(other_set.codes(), ["BAD_USER_INPUT"]);
        for (order, _) in &of_sets {
            for (of, cursor) in &of_sets {
                let reply = app.graphql_with(SETS, json!({ "order": order, "after": cursor })).await;
                let expected: &[&str] = if order == of { &[] } else { &["BAD_USER_INPUT"] };
                assert_eq!(reply.codes(), expected, "{of} in {order}");
            }
            let reply = app.graphql_with(SETS, json!({ "order": order, "after": icon })).await;
            assert_eq!(reply.codes(), ["BAD_USER_INPUT"], "an icon in {order}");
        }
    }

    async fn sizes_are_1_to_100(engine) {
        let app = TestApp::with_starter(engine).await;
        let cases = [
            (json!({ "first": 0 }), "BAD_USER_INPUT"), (json!({ "first": -1 }), "BAD_USER_INPUT"), (json!({ "last": 0 }), "BAD_USER_INPUT"),
            (json!({ "last": -5 }), "BAD_USER_INPUT"), (json!({ "first": 1, "last": 1 }), "BAD_USER_INPUT"),
            (json!({ "first": 101 }), "LIMIT_EXCEEDED"), (json!({ "last": 101 }), "LIMIT_EXCEEDED"),
            (json!({ "first": 2_147_483_647 }), "LIMIT_EXCEEDED"),
        ];
        for (arguments, code) in cases {
            let mut variables = arguments.clone();
            (variables["prefix"], variables["order"]) = (json!("lucide"), json!("NAME"));
            for document in [ICONS, SETS] {
                let reply = app.graphql_with(document, variables.clone()).await;
                // A page that large also costs too much, which is as good.
                assert_eq!(reply.codes(), [code], "{arguments}");
            }
        }
        let listed = starter::set("lucide").listed();
        for (arguments, expected) in [
            (json!({}), &listed[..50]), (json!({ "first": null, "last": null }), &listed[..50]),
            (json!({ "first": 100 }), &listed[..100]), (json!({ "last": 100 }), &listed[listed.len() - 100..]),
        ] {
            let mut variables = arguments.clone();
            variables["prefix"] = json!("lucide");
            assert_eq!(app.graphql_with(ICONS, variables).await.texts("/list/page/nodes", "name"), expected, "{arguments}");
        }
    }

    async fn an_empty_list_has_an_empty_page(engine) {
        let app = TestApp::start(engine).await;
        let reply = app.graphql_with(SETS, json!({ "order": "NAME" })).await;
        let info = json!({ "hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": null });
        assert_eq!(reply.data("/page"), &json!({ "totalCount": 0, "edges": [], "nodes": [], "pageInfo": info }));
    }
}

/// The names of all pages of one size, put together.
async fn pages_of(app: &TestApp, order: &str, forward: bool, size: usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let (count, bound) = if forward {
            ("first", "after")
        } else {
            ("last", "before")
        };
        let reply = app
            .graphql_with(SETS, json!({ "order": order, count: size, bound: cursor }))
            .await;
        let info = reply.data("/page/pageInfo");
        let page = reply.texts("/page/nodes", "name");
        let place = if forward { names.len() } else { 0 };
        names.splice(place..place, page);
        let (more, next) = if forward {
            ("hasNextPage", "endCursor")
        } else {
            ("hasPreviousPage", "startCursor")
        };
        if info[more] == false {
            return names;
        }
        cursor = info[next].clone();
    }
}

/// A page that can be asked for: the first or last `size` of what lies between two places.
#[derive(Debug, Clone, Copy)]
struct Window {
    after: Option<usize>,
    before: Option<usize>,
    forward: bool,
    size: usize,
}

impl Window {
    /// What the page must be, and whether the list goes on.
    fn page_of(self, names: &[String]) -> Value {
        let Self {
            after,
            before,
            forward,
            size,
        } = self;
        let start = after.map_or(0, |place| place + 1);
        let end = before.unwrap_or(names.len()).max(start);
        let (start, end) = if forward {
            (start, end.min(start + size))
        } else {
            (start.max(end.saturating_sub(size)), end)
        };
        let (previous, next) = if start < end {
            (start > 0, end < names.len())
        } else {
            // An empty page lies between its bounds.
            (after.is_some(), before.is_some())
        };
        let nodes: Vec<Value> = names[start..end].iter().map(|name| json!({ "name": name })).collect();
        json!({ "nodes": nodes, "pageInfo": { "hasPreviousPage": previous, "hasNextPage": next } })
    }
}
