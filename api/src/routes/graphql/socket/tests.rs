//! What a running server cannot be made to do from outside: faults, and floods of events.

use std::{
    ffi::OsString,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::Request, http::HeaderMap, routing::get};
use clap::Parser as _;
use domain::{
    access::{Client, Clock, Keys},
    catalog::Catalog,
    database::{Database, OpenMode},
    operations::Operations,
};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _, stream};
use schema::{Caller, DocumentSource, Opened, OperationRequest};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use super::{SUBPROTOCOL, connection::Connection, handshake::Handshake};
use crate::{
    commands::Cli,
    middleware::overload::Gate,
    routes::graphql::{Streaming, operation::Open},
    server::Draining,
};

/// Streams that run, and events they have made.
#[derive(Default)]
struct Counts {
    running: AtomicUsize,
    made: AtomicUsize,
}

struct Counted(Arc<Counts>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Does as the query says: `flood` is a subscription that never pauses, `quiet` one that never says anything.
fn scripted(counts: &Arc<Counts>) -> Open {
    let counts = Arc::clone(counts);
    Arc::new(move |request: OperationRequest| {
        let counts = Arc::clone(&counts);
        async move {
            let DocumentSource::Text(query) = request.document else {
                panic!("a text");
            };
            match query.as_str() {
                "panic" => panic!("as told: secret"),
                "panic later" => Opened::Answers(stream::once(async { panic!("as told: secret") }).boxed()),
                "flood" => {
                    counts.running.fetch_add(1, Ordering::SeqCst);
                    let counted = Counted(Arc::clone(&counts));
                    let events = stream::unfold(counted, |counted| async move {
                        tokio::task::yield_now().await;
                        let number = counted.0.made.fetch_add(1, Ordering::SeqCst);
                        let event = json!({ "data": { "number": number, "text": "x".repeat(10_000) } });
                        Some((event.to_string().into_bytes(), counted))
                    });
                    Opened::Answers(events.boxed())
                }
                _ => {
                    counts.running.fetch_add(1, Ordering::SeqCst);
                    let counted = Counted(Arc::clone(&counts));
                    Opened::Answers(
                        stream::once(async move {
                            let _counted = counted;
                            std::future::pending::<Vec<u8>>().await
                        })
                        .boxed(),
                    )
                }
            }
        }
        .boxed()
    })
}

struct Server {
    address: std::net::SocketAddr,
    counts: Arc<Counts>,
    _folder: tempfile::TempDir,
}

impl Server {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let arguments = ["iconql", "serve", "--websocket-ping-interval-ms=3600000", "--data-dir"];
        let arguments = arguments.map(OsString::from).into_iter().chain([folder.path().into()]);
        let config = Cli::try_parse_from(arguments).expect("usable flags").config;
        let opened = Database::open(&config.database(), OpenMode::Create).await;
        let database = opened.expect("a database");
        migration::up(database.connection()).await.expect("tables");
        let keys = Keys::load(&database, Clock::new(|| 0)).await.expect("no keys");
        let catalog = Catalog::new(database);
        let standings = watch::Sender::default().subscribe();
        let operations = Operations::new(&catalog, "test", Clock::new(|| 0), standings);
        let streaming = Streaming::new(&config, Gate::new(1, 1 << 20), operations);
        let counts = Arc::new(Counts::default());
        let open = scripted(&counts);
        let handler = move |request: Request| async move {
            let (mut parts, _) = request.into_parts();
            let handshake = Handshake::read(&mut parts).unwrap_or_else(|unfit| panic!("{unfit:?}"));
            let connection = Connection {
                place: Mutex::new(streaming.connections.enter(Client::default()).expect("there is room")),
                keys,
                terms: streaming,
                open,
                draining: Draining::never(),
                caller: Caller::default(),
                headers: HeaderMap::new(),
            };
            handshake.grant(1 << 20, |socket, speaks| connection.serve(socket, speaks))
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/", get(handler))).await });
        Self {
            address,
            counts,
            _folder: folder,
        }
    }

    /// A socket that has been acknowledged, over a connection that holds little back.
    async fn connect(&self) -> WebSocketStream<TcpStream> {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        let stream = socket.connect(self.address).await.expect("it listens");
        let mut request = format!("ws://{}/", self.address)
            .into_client_request()
            .expect("a request");
        let protocol = SUBPROTOCOL.parse().expect("a header");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (mut socket, _) = client_async(request, stream).await.expect("it upgrades");
        send(&mut socket, &json!({ "type": "connection_init" })).await;
        assert_eq!(receive(&mut socket).await, json!({ "type": "connection_ack" }));
        socket
    }
}

async fn send(socket: &mut WebSocketStream<TcpStream>, message: &Value) {
    socket
        .send(Message::text(message.to_string()))
        .await
        .expect("it is sent");
}

async fn subscribe(socket: &mut WebSocketStream<TcpStream>, id: &str, query: &str) {
    send(
        socket,
        &json!({ "type": "subscribe", "id": id, "payload": { "query": query } }),
    )
    .await;
}

async fn next(socket: &mut WebSocketStream<TcpStream>) -> Message {
    let next = tokio::time::timeout(Duration::from_mins(1), socket.next()).await;
    next.expect("in a minute").expect("not the end").expect("a message")
}

async fn receive(socket: &mut WebSocketStream<TcpStream>) -> Value {
    let message = next(socket).await;
    serde_json::from_str(message.to_text().expect("text")).expect("JSON")
}

async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(2));
    let wait = tokio::time::timeout(Duration::from_mins(1), async {
        while !holds() {
            ticks.tick().await;
        }
    });
    assert!(wait.await.is_ok(), "{what}");
}

#[tokio::test]
async fn a_fault_ends_the_connection_and_shows_only_its_id() {
    let server = Server::start().await;
    for query in ["panic", "panic later"] {
        let mut socket = server.connect().await;
        subscribe(&mut socket, "1", query).await;
        let Message::Close(Some(frame)) = next(&mut socket).await else {
            panic!("{query}: no close");
        };
        assert_eq!(u16::from(frame.code), 4500, "{query}");
        let id = frame.reason.strip_prefix("Internal server error, errorId ");
        assert_eq!(id.map(str::len), Some(36), "{query}: {}", frame.reason);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_loses_old_events() {
    const SUBSCRIPTIONS: usize = 100;
    const EVENTS: usize = 40_000;
    let server = Server::start().await;
    let mut socket = server.connect().await;
    for id in 0..SUBSCRIPTIONS {
        subscribe(&mut socket, &id.to_string(), "flood").await;
    }
    let made = || server.counts.made.load(Ordering::SeqCst);
    let running = || server.counts.running.load(Ordering::SeqCst);
    eventually("400 MB of events are made", || made() >= EVENTS).await;
    assert_eq!(running(), SUBSCRIPTIONS);
    // What it says is heard all the same.
    for id in 1..SUBSCRIPTIONS {
        send(&mut socket, &json!({ "type": "complete", "id": id.to_string() })).await;
    }
    eventually("the others are dropped", || running() == 1).await;
    // It goes on with newer events, and is told of the loss.
    let then = made();
    let mut dropped = 0;
    loop {
        let message = receive(&mut socket).await;
        let payload = &message["payload"];
        dropped += payload["extensions"]["droppedEvents"].as_u64().unwrap_or_default();
        if payload["data"]["number"]
            .as_u64()
            .is_some_and(|number| number >= then as u64)
        {
            assert_eq!(message["id"], "0");
            break;
        }
    }
    assert!(dropped > 0);
}

#[tokio::test]
async fn a_stream_is_dropped_when_its_client_says_so_or_goes() {
    let server = Server::start().await;
    let running = || server.counts.running.load(Ordering::SeqCst);
    let mut socket = server.connect().await;
    for id in ["1", "2", "3"] {
        subscribe(&mut socket, id, "quiet").await;
    }
    eventually("they run", || running() == 3).await;
    send(&mut socket, &json!({ "type": "complete", "id": "2" })).await;
    eventually("one is dropped", || running() == 2).await;
    drop(socket);
    eventually("the others too", || running() == 0).await;
}
