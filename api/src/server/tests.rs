//! Connections that become sockets: they go on, they count, and they are told.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header},
    routing::get,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{
    ceiling::{Ceiling, Ceilings},
    connection::Connections,
    draining::{self, Draining, Phase},
    listener::Listener,
};
use crate::config::ConnectionArgs;

const SHORT_MS: u64 = 100;

/// Repeats what it is told until the server is to end.
fn echo(draining: Draining) -> Router {
    let handler = async move |request: Request| {
        tokio::spawn(async move {
            let Ok(upgraded) = hyper::upgrade::on(request).await else {
                return;
            };
            let mut socket = TokioIo::new(upgraded);
            let mut byte = [0];
            loop {
                tokio::select! {
                    () = draining.begun() => {
                        let _ = socket.write_all(b"bye").await;
                        return drop(socket.shutdown().await);
                    }
                    _ = socket.read_exact(&mut byte) => drop(socket.write_all(&byte).await),
                }
            }
        });
        (
            StatusCode::SWITCHING_PROTOCOLS,
            [(header::CONNECTION, "upgrade"), (header::UPGRADE, "echo")],
        )
    };
    Router::new().route("/", get(handler))
}

#[tokio::test]
async fn a_socket_outlives_every_timeout_and_is_told_of_the_end() {
    let args = ConnectionArgs {
        tls_cert_file: None,
        tls_key_file: None,
        trusted_proxies: Vec::new(),
        max_connections: 1,
        max_connections_per_client: 1,
        max_header_bytes: 8192,
        header_read_timeout_ms: SHORT_MS,
        body_read_timeout_ms: SHORT_MS,
        write_timeout_ms: SHORT_MS,
        idle_timeout_ms: SHORT_MS,
    };
    let (drain, draining) = draining::channel();
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let connections = Connections::new((echo(draining.clone()), None), &args, None, draining.clone());
    let newcomer = connections.new_activity();
    let ceiling = Ceiling::new(Ceilings {
        all: 1,
        of_client: 1,
        exempt: Arc::new([]),
    });
    let server = tokio::spawn(Listener::new(socket, connections, ceiling.clone(), draining).run());

    let mut client = TcpStream::connect(address).await.unwrap();
    let upgrade = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    client.write_all(upgrade).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
    let longer = Duration::from_millis(4 * SHORT_MS);
    let silence = tokio::time::timeout(longer, client.read_u8()).await;
    assert!(silence.is_err(), "it is not closed");
    client.write_all(b"x").await.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), b'x');
    assert!(ceiling.enter(address.ip(), newcomer).is_err(), "it has its place");

    drain.advance(Phase::Closing);
    let mut last = Vec::new();
    client.read_to_end(&mut last).await.unwrap();
    assert_eq!(last, b"bye");
    ceiling.all_left().await;
    assert!(server.await.unwrap().is_ok());
}
