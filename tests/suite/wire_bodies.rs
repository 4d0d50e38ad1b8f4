//! Bodies of requests: too slow, too large, and compressed.

use std::{io::Write as _, time::Duration};

use reqwest::Method;
use serde_json::json;
use tests::{Engine, Reply, TestApp, Wire};

async fn server(flags: &[&str]) -> TestApp {
    let builder = TestApp::build_with_garden(Engine::Sqlite).await;
    flags
        .iter()
        .fold(builder, |builder, flag| builder.flag(flag))
        .start()
        .await
}

/// The head of a posted document, up to the headers of its body.
const POST: &str = "POST /graphql HTTP/1.1\r\nhost: iconql\r\ncontent-type: application/json\r\n";

const DOCUMENT: &str = r#"{"query":"{ __typename }"}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_comes_in_time_or_is_given_up() {
    for flags in [
        ["--body-read-timeout-ms=200", "--request-timeout-ms=600000"],
        ["--body-read-timeout-ms=600000", "--request-timeout-ms=200"],
    ] {
        let app = server(&flags).await;
        for framing in [
            "content-length: 5000\r\n\r\n{",
            "transfer-encoding: chunked\r\n\r\nfff\r\n{",
        ] {
            let mut slow = Wire::connect(app.base_url());
            slow.send(format!("{POST}{framing}"));
            let text = slow.drip(b' ', Duration::from_millis(20)).to_lowercase();
            assert!(text.starts_with("http/1.1 408 request timeout\r\n"), "{text}");
            assert!(text.contains("\r\nconnection: close\r\n"), "{text}");
            assert!(text.contains(r#""code":"timeout""#), "{text}");
        }
        assert_eq!(app.graphql("{ __typename }").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_far_too_much_learns_so() {
    let app = server(&["--max-body-bytes=2000"]).await;
    let megabyte = vec![b' '; 1 << 20];
    let declared = format!("content-length: {}\r\n\r\n", 30 << 20);
    for (framing, chunk_start, chunk_end) in [
        (declared.as_str(), "", ""),
        ("transfer-encoding: chunked\r\n\r\n", "100000\r\n", "\r\n"),
    ] {
        // He sends all of it before he looks for an answer.
        let mut wire = Wire::connect(app.base_url());
        wire.send(format!("{POST}{framing}"));
        for _ in 0..30 {
            wire.send(chunk_start);
            wire.send(&megabyte);
            wire.send(chunk_end);
        }
        let answer = wire.answer();
        assert_eq!(
            (answer.status, answer.code()),
            (413, "PAYLOAD_TOO_LARGE".to_owned()),
            "{framing}"
        );
        assert_eq!(answer.header("connection"), "close");
        wire.finish();
        assert_eq!(wire.rest(), "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_first_need_not_send_in_vain() {
    let app = server(&["--max-body-bytes=2000"]).await;
    let ask = |length: usize| {
        let mut wire = Wire::connect(app.base_url());
        wire.send(format!(
            "{POST}expect: 100-continue\r\ncontent-length: {length}\r\n\r\n"
        ));
        wire
    };
    assert_eq!(ask(2001).answer().status, 413);
    let mut wire = ask(DOCUMENT.len());
    assert_eq!(wire.answer().status, 100);
    wire.send(DOCUMENT);
    let answer = wire.answer();
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, r#"{"data":{"__typename":"Query"}}"#)
    );
}

type Encode = fn(&[u8]) -> Vec<u8>;

fn encodings() -> [(&'static str, Encode); 4] {
    [
        ("gzip", |plain| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }),
        ("deflate", |plain| {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }),
        ("br", |plain| {
            let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
            encoder.write_all(plain).unwrap();
            encoder.into_inner()
        }),
        ("zstd", |plain| zstd::encode_all(plain, 3).unwrap()),
    ]
}

async fn post(app: &TestApp, encoding: &str, body: Vec<u8>) -> Reply {
    let request = app.request(Method::POST, "/graphql");
    let request = request.header("content-type", "application/json");
    app.send(request.header("content-encoding", encoding).body(body)).await
}

#[tokio::test]
async fn a_body_may_be_compressed() {
    let app = server(&[]).await;
    for (encoding, encode) in encodings() {
        let reply = post(&app, encoding, encode(DOCUMENT.as_bytes())).await;
        assert_eq!(reply.data("/__typename"), "Query", "{encoding}");
        let broken = &encode(DOCUMENT.as_bytes())[..12];
        let reply = post(&app, encoding, broken.to_vec()).await;
        assert_eq!(
            (reply.status, reply.codes()),
            (400, vec!["BAD_USER_INPUT"]),
            "{encoding}"
        );
    }
    let reply = post(&app, "GZip", encodings()[0].1(DOCUMENT.as_bytes())).await;
    assert_eq!(reply.data("/__typename"), "Query");
    let reply = post(&app, "identity", DOCUMENT.into()).await;
    assert_eq!(reply.data("/__typename"), "Query");
    for unknown in ["compress", "gzip, gzip", "gzip,br", "", "x"] {
        let reply = post(&app, unknown, DOCUMENT.into()).await;
        assert_eq!(
            (reply.status, reply.codes()),
            (415, vec!["UNSUPPORTED_MEDIA_TYPE"]),
            "{unknown}"
        );
        assert_eq!(reply.header("accept-encoding"), "zstd, br, gzip, deflate");
    }
}

#[tokio::test]
async fn a_body_is_counted_once_it_is_decoded() {
    let app = server(&["--max-body-bytes=2000"]).await;
    let of = |bytes: usize| {
        let document = json!({ "query": "{ __typename }" }).to_string();
        format!("{document}{}", " ".repeat(bytes - document.len())).into_bytes()
    };
    for (encoding, encode) in encodings() {
        assert_eq!(post(&app, encoding, encode(&of(2000))).await.status, 200, "{encoding}");
        // One byte more; and a thousand times as much in no more bytes on the wire.
        for bytes in [2001, 1_000_000] {
            let encoded = encode(&of(bytes));
            assert!(encoded.len() < 2000, "{encoding}: {}", encoded.len());
            let reply = post(&app, encoding, encoded).await;
            assert_eq!(
                (reply.status, reply.codes()),
                (413, vec!["PAYLOAD_TOO_LARGE"]),
                "{encoding} {bytes}"
            );
        }
    }
}
