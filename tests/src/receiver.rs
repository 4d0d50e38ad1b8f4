//! Somebody whom alerts are sent to, who answers as a test says.

use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use serde_json::Value;

/// An alert as it was sent.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The request's line and headers.
    pub head: String,
    pub body: Value,
}

/// A receiver, until the process ends.
pub struct Receiver {
    address: SocketAddr,
    /// What the next requests are answered, beginning with the status; 200 where there is nothing.
    answers: Arc<Mutex<VecDeque<String>>>,
    taken: Arc<Mutex<Vec<Delivery>>>,
}

impl Receiver {
    /// Starts to listen on a free port.
    pub fn start() -> Self {
        Self::at(([127, 0, 0, 1], 0).into())
    }

    /// Starts to listen where nobody listened before.
    pub fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).expect("the port is free");
        let address = listener.local_addr().expect("it has an address");
        let (answers, taken) = (Arc::default(), Arc::default());
        let receiver = Self {
            address,
            answers: Arc::clone(&answers),
            taken: Arc::clone(&taken),
        };
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (answers, taken) = (Arc::clone(&answers), Arc::clone(&taken));
                std::thread::spawn(move || take(&connection, &answers, &taken));
            }
        });
        receiver
    }

    /// Where alerts are to be sent, with a path that is nobody else's business.
    pub fn url(&self) -> String {
        format!("http://{}/hooks/s3cret", self.address)
    }

    /// Has the next request be answered so: a status, and more headers after line breaks. An empty answer ends the connection.
    pub fn answer_next(&self, answer: &str) {
        let mut answers = self.answers.lock().expect("nobody panics with it");
        answers.push_back(answer.to_owned());
    }

    /// What was sent so far, also what was not answered well.
    pub fn taken(&self) -> Vec<Delivery> {
        self.taken.lock().expect("nobody panics with it").clone()
    }

    /// What was sent so far of a rule: the events, each as often as it was sent.
    pub fn events_of(&self, rule: &str) -> Vec<String> {
        let taken = self.taken();
        let of_rule = taken.iter().filter(|delivery| delivery.body["rule"] == rule);
        of_rule
            .map(|delivery| delivery.body["event"].as_str().expect("an event is a text").to_owned())
            .collect()
    }
}

/// Reads one request and answers it.
fn take(connection: &TcpStream, answers: &Mutex<VecDeque<String>>, taken: &Mutex<Vec<Delivery>>) -> Option<()> {
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
    let body = serde_json::from_slice(&body).expect("a body is JSON");
    let answer = answers.lock().expect("nobody panics with it").pop_front();
    taken
        .lock()
        .expect("nobody panics with it")
        .push(Delivery { head, body });
    let answer = answer.unwrap_or_else(|| "200 OK".to_owned());
    if answer.is_empty() {
        return None;
    }
    let mut writer = connection;
    let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    writer.write_all(answer.as_bytes()).ok()
}
