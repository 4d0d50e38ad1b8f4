//! A client of graphql-transport-ws that may also break its rules.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error, Message, protocol::Role},
};

/// How long anything may take before a test says that it never will.
const PATIENCE: Duration = Duration::from_mins(1);

/// The subprotocol's header, as clients send it.
const SUBPROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

/// An open socket.
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    protocol: Option<String>,
}

/// An answer to a request for a socket that is none.
#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    pub retry_after: Option<String>,
    /// `extensions.code` of the first error.
    pub code: String,
}

impl Socket {
    /// Opens a socket on `/graphql` below `base_url`, with these headers beside what an upgrade needs.
    ///
    /// Done by hand, for a client library does not let a server go on that takes none of its subprotocols.
    pub async fn request(base_url: &str, headers: &[(&str, &str)]) -> Result<Self, Refusal> {
        let authority = base_url.strip_prefix("http://").expect("an address of ours");
        let mut tcp = TcpStream::connect(authority).await.expect("the server listens");
        let mut request = "GET /graphql HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            .to_owned();
        let has_host = headers.iter().any(|(name, _)| *name == "host");
        let host = (!has_host).then_some(("host", authority));
        for (name, value) in host.iter().chain(headers) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        tcp.write_all(request.as_bytes()).await.expect("the request is sent");
        let head = Head::read(&mut tcp).await;
        if head.status != 101 {
            let length = head.header("content-length").and_then(|length| length.parse().ok());
            let mut body = vec![0; length.unwrap_or_default()];
            tcp.read_exact(&mut body).await.expect("the body comes");
            let json: Value = serde_json::from_slice(&body).unwrap_or_default();
            return Err(Refusal {
                status: head.status,
                retry_after: head.header("retry-after").map(str::to_owned),
                code: json["errors"][0]["extensions"]["code"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
            });
        }
        assert_eq!(head.header("sec-websocket-extensions"), None);
        Ok(Self {
            protocol: head.header(SUBPROTOCOL.0).map(str::to_owned),
            stream: WebSocketStream::from_raw_socket(tcp, Role::Client, None).await,
        })
    }

    /// Opens a socket that speaks the subprotocol.
    pub async fn open(base_url: &str) -> Self {
        Self::open_with(base_url, &[]).await.expect("a socket is opened")
    }

    /// As [`Self::open`], with more headers.
    pub async fn open_with(base_url: &str, headers: &[(&str, &str)]) -> Result<Self, Refusal> {
        Self::request(base_url, &[&[SUBPROTOCOL], headers].concat()).await
    }

    /// Opens a socket and greets.
    pub async fn ready(base_url: &str) -> Self {
        let mut socket = Self::open(base_url).await;
        socket.send(&json!({ "type": "connection_init" })).await;
        assert_eq!(socket.receive().await, json!({ "type": "connection_ack" }));
        socket
    }

    /// The subprotocol that was agreed on.
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// Sends a message.
    pub async fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string()).await;
    }

    /// Sends whatever it is as a text.
    pub async fn send_text(&mut self, text: &str) {
        self.send_frame(Message::text(text)).await;
    }

    /// Sends bytes as binary.
    pub async fn send_binary(&mut self, bytes: &[u8]) {
        self.send_frame(Message::binary(bytes.to_vec())).await;
    }

    async fn send_frame(&mut self, message: Message) {
        // The server may have ended it already, which the test will see.
        let _ = self.stream.send(message).await;
    }

    /// Sends `subscribe`.
    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(&json!({ "id": id, "type": "subscribe", "payload": { "query": query } }))
            .await;
    }

    /// Sends `complete`.
    pub async fn complete(&mut self, id: &str) {
        self.send(&json!({ "id": id, "type": "complete" })).await;
    }

    /// Sends a ping and waits for its pong: everything said before has been heard by then. What came meanwhile is returned.
    pub async fn settle(&mut self) -> Vec<Value> {
        let ping = json!({ "settled": true });
        self.send(&json!({ "type": "ping", "payload": ping })).await;
        let mut before = Vec::new();
        loop {
            let message = self.receive().await;
            if message == json!({ "type": "pong", "payload": ping }) {
                return before;
            }
            before.push(message);
        }
    }

    /// The next message. Fails where the socket ends instead.
    pub async fn receive(&mut self) -> Value {
        match self.next_frame().await {
            Message::Text(text) => serde_json::from_str(&text).expect("messages are JSON"),
            frame => panic!("no message: {frame:?}"),
        }
    }

    /// The next message, or how the server closes the socket.
    pub async fn receive_or_close(&mut self) -> Result<Value, (u16, String)> {
        match self.next_frame().await {
            Message::Text(text) => Ok(serde_json::from_str(&text).expect("messages are JSON")),
            Message::Close(Some(frame)) => Err((frame.code.into(), frame.reason.to_string())),
            frame => panic!("neither: {frame:?}"),
        }
    }

    /// How the server closes the socket. Fails where it says something else.
    pub async fn closed(&mut self) -> (u16, String) {
        match self.next_frame().await {
            Message::Close(Some(frame)) => (frame.code.into(), frame.reason.to_string()),
            frame => panic!("no close: {frame:?}"),
        }
    }

    /// Waits for `count` pings, which are answered.
    pub async fn pinged(&mut self, count: usize) {
        for _ in 0..count {
            match self.any_frame().await {
                Some(Ok(Message::Ping(_))) => {}
                frame => panic!("no ping: {frame:?}"),
            }
        }
    }

    /// Takes what arrives without ever answering, until the connection ends.
    pub async fn ignored(self) {
        let mut tcp = self.stream.into_inner();
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(PATIENCE, tcp.read_to_end(&mut bytes)).await;
        // Cut off or ended, it is over.
        let _ = read.expect("the server gives up");
    }

    /// Closes it and waits until the server has.
    pub async fn close(mut self) {
        let _ = self.stream.close(None).await;
        while let Some(Ok(_)) = self.any_frame().await {}
    }

    /// The next frame that is no ping.
    async fn next_frame(&mut self) -> Message {
        let next = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(frame)) => return frame,
                    end => panic!("the socket ended: {end:?}"),
                }
            }
        };
        // Pings alone are not what is waited for.
        let next = tokio::time::timeout(PATIENCE, next).await;
        next.expect("something comes within a minute")
    }

    async fn any_frame(&mut self) -> Option<Result<Message, Error>> {
        let next = tokio::time::timeout(PATIENCE, self.stream.next()).await;
        next.expect("something comes within a minute")
    }
}

/// The head of an HTTP/1.1 response.
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
}

impl Head {
    /// Reads to the end of the head and no further: a frame may follow at once.
    async fn read(tcp: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            bytes.push(tcp.read_u8().await.expect("the server answers"));
        }
        let text = String::from_utf8(bytes).expect("a head of ours is ASCII");
        let mut lines = text.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(": "));
        Self {
            status: status.expect("a status"),
            headers: headers
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }
}
