//! A client that speaks HTTP/1.1 byte by byte, as badly as a test wants.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// How long an answer may take before a test says that it never comes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection.
pub struct Wire {
    socket: TcpStream,
    unread: Vec<u8>,
}

/// One answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Its first line and its headers, in lower case.
    pub head: String,
    pub body: String,
}

/// The address in `http://127.0.0.1:PORT`.
pub fn address(base_url: &str) -> SocketAddr {
    let (_, address) = base_url.split_once("://").expect("a base URL has a scheme");
    address.parse().expect("a base URL ends with an address")
}

impl Wire {
    pub fn connect(base_url: &str) -> Self {
        Self::try_connect(base_url).expect("the server takes connections")
    }

    /// As [`Self::connect`], where there may be no server.
    pub fn try_connect(base_url: &str) -> io::Result<Self> {
        let socket = TcpStream::connect(address(base_url))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            socket,
            unread: Vec::new(),
        })
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).expect("the server takes what is sent");
    }

    /// Sends for so long without anything being taken.
    pub fn try_for(&mut self, patience: Duration) {
        self.socket.set_write_timeout(Some(patience)).expect("it is not zero");
    }

    /// Sends what the server may not want any more.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.socket.write_all(bytes.as_ref())
    }

    /// Begins a request whose body does not end, and waits until the server does for it: the connection is in use.
    pub fn begin_body(&mut self) {
        self.send(
            "POST /graphql HTTP/1.1\r\nhost: iconql\r\ncontent-type: application/json\r\ncontent-length: 26\r\n\
             expect: 100-continue\r\n\r\n",
        );
        assert_eq!(self.answer().status, 100);
    }

    /// Ends what [`Self::begin_body`] began.
    pub fn end_body(&mut self) {
        self.send(r#"{"query":"{ __typename }"}"#);
    }

    /// Asks for `path`, and reads the answer.
    pub fn asked(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: iconql\r\n\r\n"));
        self.answer()
    }

    /// Closes this end.
    pub fn finish(&mut self) {
        let _ = self.socket.shutdown(std::net::Shutdown::Write);
    }

    /// Reads one answer.
    pub fn answer(&mut self) -> Answer {
        let end = loop {
            if let Some(end) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            assert!(self.read_more() > 0, "closed before an answer: {:?}", self.text());
        };
        let head = String::from_utf8_lossy(&self.unread[..end]).to_lowercase();
        self.unread.drain(..end + 4);
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status in {head:?}"));
        let mut answer = Answer {
            status,
            head,
            body: String::new(),
        };
        let length = answer.header("content-length").parse().unwrap_or(0);
        while self.unread.len() < length {
            assert!(self.read_more() > 0, "closed within an answer");
        }
        let body: Vec<u8> = self.unread.drain(..length).collect();
        answer.body = String::from_utf8_lossy(&body).into_owned();
        answer
    }

    /// Reads until the server closes, in order or not.
    pub fn rest(&mut self) -> String {
        while self.read_more() > 0 {}
        self.text()
    }

    /// As [`Self::rest`], where it is no text.
    pub fn rest_bytes(&mut self) -> Vec<u8> {
        while self.read_more() > 0 {}
        std::mem::take(&mut self.unread)
    }

    /// Whether nothing comes, not even the end, for so long.
    pub fn is_quiet_for(&mut self, time: Duration) -> bool {
        self.socket.set_read_timeout(Some(time)).expect("a timeout can be set");
        let read = self.socket.read(&mut [0]);
        self.socket
            .set_read_timeout(Some(PATIENCE))
            .expect("a timeout can be set");
        is_timeout(&read)
    }

    /// Sends one byte after another, with pauses, until the server says something.
    pub fn drip(&mut self, byte: u8, pause: Duration) -> String {
        self.socket.set_read_timeout(Some(pause)).expect("a timeout can be set");
        let mut buffer = [0; 4096];
        for _ in 0..PATIENCE.as_millis() / pause.as_millis() {
            let _ = self.try_send([byte]);
            let read = self.socket.read(&mut buffer);
            if is_timeout(&read) {
                continue;
            }
            self.unread.extend_from_slice(&buffer[..read.unwrap_or(0)]);
            self.socket
                .set_read_timeout(Some(PATIENCE))
                .expect("a timeout can be set");
            return self.rest();
        }
        panic!("the server lets a client drip for ever");
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.unread).into_owned()
    }

    /// Bytes that came; 0 at the end.
    fn read_more(&mut self) -> usize {
        let mut buffer = [0; 16 << 10];
        let read = self.socket.read(&mut buffer);
        assert!(
            !is_timeout(&read),
            "nothing came within {PATIENCE:?}: {:?}",
            self.text()
        );
        let bytes = read.unwrap_or(0);
        self.unread.extend_from_slice(&buffer[..bytes]);
        bytes
    }
}

fn is_timeout(read: &io::Result<usize>) -> bool {
    matches!(read, Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
}

impl Answer {
    /// A header's text; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.map_or("", str::trim)
    }

    /// `extensions.code` of the first error.
    pub fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_else(|| panic!("an error without a code: {self:?}"))
            .to_owned()
    }
}
