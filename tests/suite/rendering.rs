//! Drawings: as fields, as data addresses, as snippets, and as files.

use reqwest::{Method, header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tests::{Reply, TestApp, on_each_engine};

const SVG: &str = "query($name: IconName!, $options: SvgOptions) { icon(by: { name: $name }) { svg(options: $options) dataUri(options: $options) } }";

async fn svg(app: &TestApp, name: &str, options: &Value) -> String {
    let reply = app.graphql_with(SVG, json!({ "name": name, "options": options })).await;
    reply.data("/icon/svg").as_str().unwrap().to_owned()
}

/// The answer to one field of an icon.
async fn field(app: &TestApp, name: &str, field: &str) -> Value {
    let reply = app
        .graphql(&format!(r#"{{ icon(by: {{ name: "{name}" }}) {{ value: {field} }} }}"#))
        .await;
    reply.data("/icon/value").clone()
}

/// Options of the field, and the same as parameters of the file.
fn renditions() -> Vec<(Value, &'static str)> {
    vec![
        (Value::Null, ""),
        (json!({ "height": "32" }), "?size=32"),
        (json!({ "height": "32" }), "?height=32"),
        (json!({ "width": "2em" }), "?width=2em"),
        (json!({ "width": "10", "height": "20px" }), "?width=10&height=20px"),
        (json!({ "height": "auto" }), "?height=auto"),
        (json!({ "color": "#ba3329" }), "?color=%23ba3329"),
        (
            json!({ "color": "rebeccapurple", "height": "1.5em" }),
            "?color=rebeccapurple&size=1.5em",
        ),
        (
            json!({ "color": "rgb(1 2 3 / 50%)" }),
            "?color=rgb(1%202%203%20/%2050%25)",
        ),
        (json!({ "rotate": "QUARTER" }), "?rotate=90deg"),
        (json!({ "rotate": "HALF" }), "?rotate=2"),
        (
            json!({ "rotate": "THREE_QUARTERS", "flip": ["VERTICAL"] }),
            "?rotate=3&flip=vertical",
        ),
        (
            json!({ "flip": ["HORIZONTAL", "VERTICAL"] }),
            "?flip=horizontal,vertical",
        ),
        (json!({ "box": true }), "?box=1"),
        (
            json!({ "box": true, "rotate": "QUARTER", "width": "3rem" }),
            "?box=true&rotate=1&width=3rem",
        ),
    ]
}

on_each_engine! {
    async fn without_options_a_drawing_is_one_em_high(engine) {
        let app = TestApp::with_garden(engine).await;
        let svg = svg(&app, "garden:pond", &Value::Null).await;
        let expected = r#"<svg xmlns="http://www.w3.org/2000/svg" width="1.34em" height="1em" viewBox="0 0 32 24"><path fill="currentColor" d="M2 8h28v8H2z"/></svg>"#;
        assert_eq!(svg, expected);
    }

    async fn a_file_is_the_field(engine) {
        let app = TestApp::with_garden(engine).await;
        for name in ["garden:tree", "garden:pond", "garden:well", "garden:rose", "garden:oak", "garden:pond-upright", "shed:spade"] {
            for (options, parameters) in renditions() {
                let expected = svg(&app, name, &options).await;
                let file = app.get(&format!("/icons/{}.svg{parameters}", name.replace(':', "/"))).await;
                assert_eq!((file.status, file.text), (200, expected), "{name} {parameters}");
                assert_eq!(file.headers["content-type"], "image/svg+xml; charset=utf-8");
            }
        }
    }

    async fn options_change_the_drawing(engine) {
        let app = TestApp::with_garden(engine).await;
        let plain = svg(&app, "garden:pond", &Value::Null).await;
        let cases = [
            (json!({ "height": "24" }), r#"width="32" height="24""#),
            (json!({ "width": "unset" }), r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 24">"#),
            (json!({ "color": "red" }), r#"fill="red""#),
            (json!({ "rotate": "QUARTER" }), r#"viewBox="0 0 24 32""#),
            (json!({ "flip": ["HORIZONTAL"] }), "scale(-1 1)"),
            (json!({ "box": true }), r#"<rect x="0" y="0" width="32" height="24""#),
            (json!({ "title": "A <pond> & more" }), "<title>A &lt;pond&gt; &amp; more</title>"),
        ];
        for (options, expected) in cases {
            let drawing = svg(&app, "garden:pond", &options).await;
            assert!(drawing.contains(expected) && !plain.contains(expected), "{options}: {drawing}");
        }
        // Defaults spelled out are the defaults; both flips are half a turn.
        let spelled = json!({ "rotate": "NONE", "flip": [], "box": false, "uniqueIds": false, "width": null });
        assert_eq!(svg(&app, "garden:pond", &spelled).await, plain);
        let flipped = svg(&app, "garden:pond", &json!({ "flip": ["VERTICAL", "HORIZONTAL"] })).await;
        assert_eq!(flipped, svg(&app, "garden:pond", &json!({ "rotate": "HALF" })).await);
    }

    async fn ids_can_be_made_unique(engine) {
        let app = TestApp::with_garden(engine).await;
        let plain = svg(&app, "garden:rose", &Value::Null).await;
        let unique = svg(&app, "garden:rose", &json!({ "uniqueIds": true })).await;
        assert!(plain.contains("url(#a)") && !unique.contains("url(#a)"), "{unique}");
        let id = unique.split_once("url(#").and_then(|(_, rest)| rest.split_once(')')).unwrap().0;
        assert!(unique.contains(&format!(r#"id="{id}""#)), "{unique}");
        assert_eq!(svg(&app, "garden:rose", &json!({ "uniqueIds": true })).await, unique);
    }

    async fn bad_options_are_refused(engine) {
        let app = TestApp::with_garden(engine).await;
        // By the scalar, before anything runs.
        for color in ["red\"", "url(#a)", "#12", "not-a-color", "", "javascript:alert(1)", "rgb(1,2)"] {
            let document = "query($options: SvgOptions) { icon(by: { name: \"garden:tree\" }) { svg(options: $options) } }";
            let reply = app.graphql_with(document, json!({ "options": { "color": color } })).await;
            assert_eq!(reply.codes(), ["BAD_USER_INPUT"], "{color}");
            assert_eq!(reply.json.get("data"), None, "{color}");
            let literal = format!(r#"{{ icon(by: {{ name: "garden:tree" }}) {{ svg(options: {{ color: {} }}) }} }}"#, json!(color));
            let reply = app.graphql(&literal).await;
            assert_eq!(reply.codes(), ["BAD_USER_INPUT"], "{color}");
            assert_eq!(reply.errors()[0]["extensions"]["argument"], "options.color", "{color}");
            assert_eq!(reply.statements(), 0, "{color}");
        }
        // By the field.
        let title = |characters: usize| json!({ "title": "é".repeat(characters) });
        let cases = [
            json!({ "width": "-1" }), json!({ "width": "" }), json!({ "height": "1e3" }), json!({ "height": "calc(1px)" }),
            json!({ "height": "1px\" onload=\"" }), json!({ "width": "5parsecs" }), title(201),
        ];
        for options in cases {
            let reply = app.graphql_with(SVG, json!({ "name": "garden:tree", "options": options })).await;
            assert_eq!(reply.codes().first(), Some(&"BAD_USER_INPUT"), "{options}");
            assert_eq!(reply.json["data"], json!({ "icon": null }), "{options}");
        }
        assert!(svg(&app, "garden:tree", &title(200)).await.contains("éé</title>"));
        for cast in [json!({ "rotate": "SIDEWAYS" }), json!({ "flip": ["DIAGONAL"] }), json!({ "box": "yes" }), json!({ "spin": 1 })] {
            let reply = app.graphql_with(SVG, json!({ "name": "garden:tree", "options": cast })).await;
            assert_eq!(reply.codes().first(), Some(&"BAD_USER_INPUT"), "{cast}");
            assert_eq!(reply.json.get("data"), None, "{cast}");
        }
    }

    async fn bad_parameters_of_a_file_are_refused(engine) {
        let app = TestApp::with_garden(engine).await;
        let cases = [
            "garden/tree.svg?color=red%22", "garden/tree.svg?size=-1", "garden/tree.svg?size=1&height=1", "garden/tree.svg?rotate=45deg",
            "garden/tree.svg?flip=diagonal", "garden/tree.svg?box=maybe", "garden/tree.svg?colour=red", "garden/tree.svg?width=",
            "Garden/tree.svg", "garden/a--b.svg", "garden/.svg",
        ];
        for path in cases {
            let reply = app.get(&format!("/icons/{path}")).await;
            assert_eq!(reply.status, 400, "{path}");
            assert_eq!(reply.codes(), ["BAD_USER_INPUT"], "{path}");
        }
        for path in ["garden/no-such.svg", "nowhere/tree.svg", "garden/tree", "garden/tree.png", "garden/tree.svg/x", "garden"] {
            let reply = app.get(&format!("/icons/{path}")).await;
            assert_eq!(reply.status, 404, "{path}");
            assert_eq!(reply.codes(), ["NOT_FOUND"], "{path}");
            assert!(!reply.header("cache-control").contains("immutable"), "{path}");
        }
    }

    async fn data_uris_and_snippets_hold_the_drawing(engine) {
        let app = TestApp::with_garden(engine).await;
        let data_uri = field(&app, "garden:tree", "dataUri").await;
        let expected = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='1em' height='1em' viewBox='0 0 24 24'%3E%3Cpath fill='currentColor' d='M12 2L4 14h6v8h4v-8h6z'/%3E%3C/svg%3E";
        assert_eq!(data_uri, expected);
        let svg = svg(&app, "garden:tree", &Value::Null).await;
        let cases = [
            ("SVG", svg.as_str()), ("SYMBOL", "<symbol"), ("CSS", "mask"), ("DATA_URI", expected), ("JSX", "export"),
            ("VUE", "<template>"), ("SVELTE", "<svg"), ("ASTRO", "<svg"), ("ICONIFY_ICON", "<iconify-icon"), ("UNOCSS", "i-garden"),
        ];
        for (flavor, expected) in cases {
            let snippet = field(&app, "garden:tree", &format!("snippet(flavor: {flavor})")).await;
            assert!(snippet.as_str().unwrap().contains(expected), "{flavor}: {snippet}");
        }
    }

    async fn the_hash_is_of_box_and_body(engine) {
        let app = TestApp::with_garden(engine).await;
        let names = ["garden:tree", "garden:well", "garden:pond-upright", "garden:oak", "shed:spade"];
        let document = "query($names: [String!]!) { icons(names: $names) { ... on Icon { left top width height body contentHash } } }";
        let reply = app.graphql_with(document, json!({ "names": names })).await;
        for icon in reply.data("/icons").as_array().unwrap() {
            // As JavaScript writes numbers: no fraction where there is none.
            let number = |field: &str| icon[field].as_f64().unwrap().to_string();
            let text = format!("{} {} {} {}\n{}", number("left"), number("top"), number("width"), number("height"), icon["body"].as_str().unwrap());
            let digest = Sha256::digest(&text);
            let hash = crate::documents::each(digest.len(), |place| format!("{:02x}", digest[place])).replace(' ', "");
            assert_eq!(icon["contentHash"], hash, "{text}");
        }
        assert_eq!(reply.data("/icons")[0]["contentHash"], reply.data("/icons")[3]["contentHash"]);
        assert_eq!(reply.data("/icons")[1]["left"].as_f64(), Some(-3.0));
        assert_eq!(reply.data("/icons")[1]["top"].as_f64(), Some(2.5));
    }

    async fn an_address_leads_to_the_drawing_and_stays(engine) {
        let app = TestApp::with_garden(engine).await;
        let hash = field(&app, "garden:pond", "contentHash").await;
        let hash = hash.as_str().unwrap();
        let cases = [
            ("url", Value::Null, format!("/icons/garden/pond.svg?v={hash}")),
            ("url(format: SVG, size: 48)", json!({ "height": "48" }), format!("/icons/garden/pond.svg?size=48&v={hash}")),
            ("url(size: 1)", json!({ "height": "1" }), format!("/icons/garden/pond.svg?size=1&v={hash}")),
            ("url(size: 4096)", json!({ "height": "4096" }), format!("/icons/garden/pond.svg?size=4096&v={hash}")),
            (r##"url(color: "#fff")"##, json!({ "color": "#fff" }), format!("/icons/garden/pond.svg?color=%23fff&v={hash}")),
        ];
        for (address, options, expected) in cases {
            let url = field(&app, "garden:pond", address).await;
            assert_eq!(url, expected);
            let file = app.get(url.as_str().unwrap()).await;
            assert_eq!(file.text, svg(&app, "garden:pond", &options).await, "{address}");
            assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        }
        for size in [0, -1, 4097] {
            let reply = app.graphql(&format!(r#"{{ icon(by: {{ name: "garden:pond" }}) {{ url(size: {size}) }} }}"#)).await;
            assert_eq!(reply.codes(), ["BAD_USER_INPUT"], "{size}");
        }
        let public = TestApp::build_with_garden(engine).await.flag("--public-url=https://icons.example.com/base/").start().await;
        let url = field(&public, "garden:pond", "url").await;
        assert_eq!(url, format!("https://icons.example.com/base/icons/garden/pond.svg?v={hash}"));
    }

    async fn a_file_is_revalidated_by_its_tag(engine) {
        let app = TestApp::with_garden(engine).await;
        let path = "/icons/garden/tree.svg?color=red";
        let first = app.get(path).await;
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 10, "{tag}");
        assert_eq!(first.header("cache-control"), "public, max-age=60, stale-while-revalidate=86400, stale-if-error=86400");
        assert_eq!(first.header("access-control-allow-origin"), "*");
        assert!(first.header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(first.header("x-content-type-options"), "nosniff");
        let conditional = |tags: String| {
            let request = app.request(Method::GET, path).header(header::IF_NONE_MATCH, tags);
            async { Reply::read(request.send().await.unwrap()).await }
        };
        for tags in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let reply = conditional(tags.clone()).await;
            assert_eq!((reply.status, reply.text.as_str()), (304, ""), "{tags}");
            assert_eq!(reply.header("etag"), tag, "{tags}");
            assert_eq!(reply.header("cache-control"), first.header("cache-control"), "{tags}");
        }
        for tags in ["\"other\"".to_owned(), tag.trim_matches('"').to_owned()] {
            assert_eq!(conditional(tags.clone()).await.text, first.text, "{tags}");
        }
        let other = app.get("/icons/garden/tree.svg?color=blue").await;
        assert_ne!(other.header("etag"), tag);
        let wrong = app.get(&format!("{path}&v={}", "0".repeat(64))).await;
        assert_eq!((wrong.status, wrong.header("cache-control")), (200, first.header("cache-control")));
        let head = app.send(app.request(Method::HEAD, path)).await;
        assert_eq!((head.status, head.header("etag"), head.text.as_str()), (200, tag.as_str(), ""));
        let short = TestApp::build_with_garden(engine).await.flag("--cdn-max-age-seconds=5").flag("--cdn-stale-seconds=7").start().await;
        let reply = short.get(path).await;
        assert_eq!(reply.header("cache-control"), "public, max-age=5, stale-while-revalidate=7, stale-if-error=7");
        assert_eq!(reply.header("etag"), tag);
    }

    async fn an_address_that_is_no_text_is_told_so(engine) {
        let app = TestApp::with_garden(engine).await;
        for path in ["/icons/garden/%ff.svg", "/icons/%ff/tree.svg", "/icons/garden/tree.svg?color=%ff"] {
            let reply = app.get(path).await;
            assert_eq!((reply.status, reply.codes()), (400, vec!["BAD_USER_INPUT"]), "{path}: {}", reply.text);
        }
        let reply = app.get(&format!("/icons/garden/tree.svg?flip={}", "x".repeat(5000))).await;
        assert_eq!((reply.status, reply.codes()), (400, vec!["BAD_USER_INPUT"]));
        assert!(reply.text.len() < 500, "what was sent is not repeated whole: {}", reply.text);
    }

    async fn a_character_draws_its_icon(engine) {
        let app = TestApp::with_garden(engine).await;
        assert_eq!(app.get("/icons/garden/f001.svg").await.text, app.get("/icons/garden/tree.svg").await.text);
    }
}
