//! HTTP/2 on the same port, and what it is bounded by.

use std::time::Duration;

use h2::{
    Reason,
    client::{self, SendRequest},
};
use http::{Request, StatusCode};
use serde_json::Value;
use tests::{Engine, TestApp, Wire, address, eventually};
use tokio::{net::TcpStream, task::JoinHandle};

async fn server(flags: &[&str]) -> TestApp {
    let builder = TestApp::build_with_garden(Engine::Sqlite).await;
    flags
        .iter()
        .fold(builder, |builder, flag| builder.flag(flag))
        .start()
        .await
}

struct Http2 {
    requests: SendRequest<&'static [u8]>,
    connection: JoinHandle<Result<(), h2::Error>>,
    base_url: String,
}

impl Http2 {
    async fn connect(app: &TestApp, builder: &client::Builder) -> Self {
        let socket = TcpStream::connect(address(app.base_url())).await.unwrap();
        let (requests, connection) = builder.handshake(socket).await.unwrap();
        Self {
            requests: requests.ready().await.unwrap(),
            connection: tokio::spawn(connection),
            base_url: app.base_url().to_owned(),
        }
    }

    fn get(&self, path: &str) -> http::request::Builder {
        Request::get(format!("{}{path}", self.base_url))
    }

    async fn answer(&mut self, request: http::request::Builder, body: &'static [u8]) -> (StatusCode, Value) {
        let (response, mut stream) = self
            .requests
            .send_request(request.body(()).unwrap(), body.is_empty())
            .unwrap();
        if !body.is_empty() {
            stream.send_data(body, true).unwrap();
        }
        let (head, mut body) = response.await.unwrap().into_parts();
        let mut text = Vec::new();
        while let Some(data) = body.data().await {
            let data = data.unwrap();
            body.flow_control().release_capacity(data.len()).unwrap();
            text.extend_from_slice(&data);
        }
        (head.status, serde_json::from_slice(&text).unwrap_or_default())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_is_spoken_to_those_who_know() {
    let app = server(&[]).await;
    let mut client = Http2::connect(&app, &client::Builder::new()).await;
    for _ in 0..3 {
        let request = Request::post(format!("{}/graphql", app.base_url())).header("content-type", "application/json");
        let (status, json) = client.answer(request, br#"{"query":"{ __typename }"}"#).await;
        assert_eq!(
            (status.as_u16(), &json["data"]["__typename"]),
            (200, &Value::from("Query"))
        );
    }
    // Beside HTTP/1.1, which an answer to it shows.
    assert_eq!(app.graphql("{ __typename }").await.status, 200);
    assert_eq!(client.requests.current_max_send_streams(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_has_the_same_limits_of_headers() {
    let app = server(&["--max-header-bytes=5000"]).await;
    let mut client = Http2::connect(&app, &client::Builder::new()).await;
    let live = client.get("/api/health/live");
    assert_eq!(client.answer(live, b"").await.0, StatusCode::OK);
    let cases = [
        ("maxHeaderBytes", vec![("x-a".to_owned(), "a".repeat(5000))]),
        (
            "maxHeaders",
            (0..101).map(|number| (format!("x-{number}"), "a".to_owned())).collect(),
        ),
    ];
    for (limit, headers) in cases {
        let request = headers
            .into_iter()
            .fold(client.get("/api/health/live"), |request, (name, value)| {
                request.header(name, value)
            });
        let (status, json) = client.answer(request, b"").await;
        assert_eq!(
            (status.as_u16(), &json["errors"][0]["extensions"]["limit"]),
            (431, &Value::from(limit))
        );
    }
    let live = client.get("/api/health/live");
    assert_eq!(client.answer(live, b"").await.0, StatusCode::OK);
    // More than is read at all.
    let request = client.get("/api/health/live").header("x-a", "a".repeat(100_000));
    let (response, _) = client.requests.send_request(request.body(()).unwrap(), true).unwrap();
    let refused = response.await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ENHANCE_YOUR_CALM));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_opens_no_window_for_his_answer_is_given_up() {
    let app = server(&["--write-timeout-ms=200"]).await;
    let mut shut = client::Builder::new();
    shut.initial_window_size(0);
    // An answer that is waited for, and one whose client goes on asking for others.
    for path in ["/api/health/live", "/schema.graphql"] {
        let mut client = Http2::connect(&app, &shut).await;
        let request = client.get(path).body(()).unwrap();
        let (response, _) = client.requests.send_request(request, true).unwrap();
        let response = response.await.unwrap();
        assert_eq!(response.status(), 200);
        let ended = tokio::time::timeout(Duration::from_secs(30), client.connection).await;
        assert!(ended.is_ok(), "{path}: nothing of an answer is kept for ever");
    }
    // Who opens it a little at a time is served to the end.
    let mut narrow = client::Builder::new();
    narrow.initial_window_size(4096);
    let mut client = Http2::connect(&app, &narrow).await;
    let request = client.get("/schema.graphql").body(()).unwrap();
    let (response, _) = client.requests.send_request(request, true).unwrap();
    let mut body = response.await.unwrap().into_body();
    let mut bytes = 0;
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        bytes += data.len();
    }
    assert_eq!(bytes, app.get("/schema.graphql").await.text.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_http2_connection_is_closed() {
    let app = server(&["--idle-timeout-ms=200", "--header-read-timeout-ms=600000"]).await;
    let mut client = Http2::connect(&app, &client::Builder::new()).await;
    let live = client.get("/api/health/live");
    assert_eq!(client.answer(live, b"").await.0, StatusCode::OK);
    let ended = tokio::time::timeout(Duration::from_secs(30), client.connection).await;
    assert!(ended.is_ok());
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA_END: u8 = 0x1;
const HEADERS_END: u8 = 0x4;

/// A frame as it stands on the wire. Source: RFC 9113, section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;

/// `GET /` of `http://a`, compressed.
const GET: [u8; 6] = [0x82, 0x86, 0x84, 0x41, 0x01, b'a'];

/// Sends all of it at once; the reason with which the server ended the connection.
fn reason_after(app: &TestApp, frames: &[Vec<u8>]) -> Option<Reason> {
    let mut wire = Wire::connect(app.base_url());
    let begin = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    let _ = wire.try_send([begin, frames.concat()].concat());
    let answer = wire.rest_bytes();
    let mut rest = answer.as_slice();
    while let [a, b, c, kind, _, _, _, _, _, after @ ..] = rest {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        let (payload, after) = after.split_at(length.min(after.len()));
        if *kind == 7 && payload.len() >= 8 {
            let code = u32::from_be_bytes(payload[4..8].try_into().unwrap());
            return Some(Reason::from(code));
        }
        rest = after;
    }
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attacks_on_http2_end_their_own_connection() {
    let app = server(&[]).await;
    let streams = (0..1000).map(|number| 2 * number + 1);
    let reset: Vec<_> = streams
        .flat_map(|stream| {
            [
                frame(HEADERS, HEADERS_END | DATA_END, stream, &GET),
                frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()),
            ]
        })
        .collect();
    assert_eq!(
        reason_after(&app, &reset),
        Some(Reason::ENHANCE_YOUR_CALM),
        "rapid reset"
    );
    let mut endless = vec![frame(HEADERS, DATA_END, 1, &GET)];
    endless.extend(vec![frame(CONTINUATION, 0, 1, &[0; 0]); 10_000]);
    assert_eq!(
        reason_after(&app, &endless),
        Some(Reason::ENHANCE_YOUR_CALM),
        "continuations"
    );
    eventually("others are answered", async || {
        app.get("/api/health/live").await.status == 200
    })
    .await;
}
