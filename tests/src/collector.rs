//! An OpenTelemetry collector that keeps what it is sent.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// A span as it was exported. Ids are lower-case hex.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub name: String,
}

/// A request: its head, its body.
type Request = (String, Vec<u8>);

/// A collector on a free port, until the process ends.
pub struct Collector {
    endpoint: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Collector {
    /// Starts to listen.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("it has an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || {
                    while let Some(request) = take(&connection) {
                        kept.lock().expect("nobody panics with it").push(request);
                    }
                });
            }
        });
        Self { endpoint, requests }
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` takes.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The heads of the requests so far.
    pub fn heads(&self) -> Vec<String> {
        self.requests
            .lock()
            .expect("nobody panics with it")
            .iter()
            .map(|(head, _)| head.clone())
            .collect()
    }

    /// The spans so far.
    pub fn spans(&self) -> Vec<Span> {
        self.requests
            .lock()
            .expect("nobody panics with it")
            .iter()
            .flat_map(|(_, body)| spans(body))
            .collect()
    }
}

/// Reads one request and answers it; none where the connection has ended.
fn take(connection: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut writer = connection;
    writer
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
        .ok()?;
    Some((head, body))
}

/// Source: `ExportTraceServiceRequest` of opentelemetry-proto: resource spans 1, scope spans 2, spans 2.
fn spans(body: &[u8]) -> Vec<Span> {
    let below = |messages: Vec<Vec<u8>>, field: u64| -> Vec<Vec<u8>> {
        let fields = messages.iter().flat_map(|message| fields(message));
        fields
            .filter(|(number, _)| *number == field)
            .map(|(_, bytes)| bytes)
            .collect()
    };
    let spans = below(below(below(vec![body.to_vec()], 1), 2), 2);
    let span = spans.iter().map(|span| {
        let mut found = Span::default();
        let hex = |bytes: &[u8]| {
            bytes.iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
        };
        for (number, bytes) in fields(span) {
            match number {
                1 => found.trace = hex(&bytes),
                2 => found.id = hex(&bytes),
                4 => found.parent = hex(&bytes),
                5 => found.name = String::from_utf8_lossy(&bytes).into_owned(),
                _ => {}
            }
        }
        found
    });
    span.collect()
}

/// The length-delimited fields of a protobuf message by number, in order. Others are passed over.
fn fields(mut message: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut found = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message);
        match key & 7 {
            0 => drop(varint(&mut message)),
            1 => message = &message[8..],
            2 => {
                let length = usize::try_from(varint(&mut message)).expect("a length that fits");
                let (field, rest) = message.split_at(length);
                found.push((key >> 3, field.to_vec()));
                message = rest;
            }
            5 => message = &message[4..],
            kind => panic!("protobuf has no wire type {kind}"),
        }
    }
    found
}

fn varint(message: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = message.split_first().expect("a number is whole");
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}
