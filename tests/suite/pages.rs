//! The pages that the binary brings along. What people do on them is played in a browser (`frontend-examples`); all but what is said of
//! their files holds whether or not the pages are built.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use reqwest::Method;
use tests::{Engine, Reply, TestApp, on_each_engine, workspace_root};

/// As a browser asks when somebody opens an address.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn open(app: &TestApp, path: &str, accept: &str) -> Reply {
    app.send(app.request(Method::GET, path).header("accept", accept)).await
}

fn assert_page(page: &Reply, path: &str) {
    assert!(
        page.status == 200 || page.text.contains("make ui"),
        "{path}: {}",
        page.text
    );
    assert!(page.header("content-type").starts_with("text/html"), "{path}");
    assert!(page.header("set-cookie").starts_with("iconql_session="), "{path}");
}

fn assert_nothing(reply: &Reply, path: &str) {
    assert_eq!((reply.status, reply.codes()), (404, vec!["NOT_FOUND"]), "{path}");
    assert_eq!(reply.header("set-cookie"), "", "{path}");
}

/// Where builds of the pages leave their files.
fn folder() -> PathBuf {
    workspace_root().join("api/assets/pages")
}

/// Every file below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = entries.map(|path| if path.is_dir() { files_below(&path) } else { vec![path] });
    below.flatten().collect()
}

/// The addresses of files that a build has compressed.
fn compressed() -> Vec<String> {
    let files = files_below(&folder());
    let paths = files
        .iter()
        .map(|file| file.strip_prefix(folder()).unwrap().to_str().unwrap());
    let compressed: Vec<_> = paths
        .filter_map(|path| path.strip_suffix(".br").map(str::to_owned))
        .collect();
    assert!(
        !compressed.is_empty(),
        "the pages are not built: run `make ui`, or `make test`, which does"
    );
    compressed
}

/// How a file comes to whom takes these encodings: its status, its encoding and its bytes.
async fn fetch(app: &TestApp, path: &str, encodings: &str) -> (u16, String, Vec<u8>) {
    let request = app.request(Method::GET, &format!("/{path}"));
    let response = request.header("accept-encoding", encodings).send().await.unwrap();
    let status = response.status().as_u16();
    let encoding = response.headers().get("content-encoding");
    let encoding = encoding.map_or("", |value| value.to_str().unwrap()).to_owned();
    if status == 200 {
        let varies: Vec<_> = response.headers().get_all("vary").iter().collect();
        assert!(
            varies.iter().any(|value| *value == "accept-encoding"),
            "{path}: {varies:?}"
        );
    }
    (status, encoding, response.bytes().await.unwrap().into())
}

#[tokio::test]
async fn files_of_pages_are_sent_as_their_build_has_compressed_them() {
    let app = TestApp::with_garden(Engine::Sqlite).await;
    for path in compressed() {
        let plain = fs::read(folder().join(&path)).unwrap();
        let small = fs::read(folder().join(format!("{path}.br"))).unwrap();
        let mut unpacked = Vec::new();
        brotli::Decompressor::new(&*small, 4096)
            .read_to_end(&mut unpacked)
            .unwrap();
        assert!(unpacked == plain, "{path} was built after what it is compressed to");
        // As browsers take them.
        for encodings in ["gzip, deflate, br, zstd", "gzip, deflate, br"] {
            let (status, encoding, body) = fetch(&app, &path, encodings).await;
            assert_eq!((status, &*encoding), (200, "br"), "{path}");
            assert!(body == small, "{path} was compressed once more");
        }
        let (status, encoding, body) = fetch(&app, &path, "identity").await;
        assert_eq!((status, &*encoding), (200, ""), "{path}");
        assert!(body == plain, "{path} is another file");
        let itself = fetch(&app, &format!("{path}.br"), "identity").await;
        assert_eq!(itself.0, 404, "{path}.br");
    }
}

#[test]
fn every_script_and_style_sheet_is_compressed_by_its_build() {
    let compressed = compressed();
    for file in files_below(&folder()) {
        let extension = file.extension().unwrap().to_str().unwrap();
        let path = file.strip_prefix(folder()).unwrap().to_str().unwrap();
        if ["js", "css"].contains(&extension) && fs::metadata(&file).unwrap().len() > 200 {
            assert!(compressed.iter().any(|known| known == path), "{path}");
        }
    }
}

on_each_engine! {
    async fn whoever_accepts_html_finds_the_icon_browser_and_programs_find_nothing(engine) {
        let app = TestApp::with_garden(engine).await;
        let page = open(&app, "/", BROWSER).await;
        assert_page(&page, "/");
        if page.status == 200 {
            let policy = page.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
            assert!(!policy.contains("unsafe"), "{policy}");
            assert_eq!((page.header("cache-control"), page.header("vary")), ("private, no-cache", "accept"));
            assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        }
        for accept in ["*/*", "application/json", "application/graphql-response+json"] {
            let reply = open(&app, "/", accept).await;
            assert_nothing(&reply, accept);
            assert!(reply.header("vary").contains("accept"), "{accept}");
        }
        for path in ["/browser", "/browser/", "/browser/nothing.js", "/index.html"] {
            assert_nothing(&open(&app, path, BROWSER).await, path);
        }
    }

    async fn the_dashboard_is_there_for_everybody_and_may_load_nothing_of_others(engine) {
        let app = TestApp::with_garden(engine).await;
        for path in ["/dashboard", "/dashboard/"] {
            for accept in [BROWSER, "*/*"] {
                let page = open(&app, path, accept).await;
                assert_page(&page, path);
                if page.status == 200 {
                    let policy = page.header("content-security-policy");
                    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
                    assert!(!policy.contains("unsafe"), "{policy}");
                    assert_eq!(page.header("cache-control"), "private, no-cache");
                }
            }
        }
        assert_nothing(&open(&app, "/dashboard/nothing.js", BROWSER).await, "/dashboard/nothing.js");
    }

    async fn production_has_the_icon_browser_and_the_dashboard_and_no_graphiql(engine) {
        let app = TestApp::build_with_garden(engine).await.flag("--environment=production").start().await;
        for path in ["/", "/dashboard"] {
            assert_page(&open(&app, path, BROWSER).await, path);
        }
        for path in ["/graphiql", "/graphiql/", "/graphiql/index.html"] {
            assert_nothing(&open(&app, path, BROWSER).await, path);
        }
    }
}
