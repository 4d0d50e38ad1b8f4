//! Clients that record usage at a server that dies, and a look at what is there of what they were told.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};
use tests::{Engine, Process, TestDatabase, eventually};

use crate::{co_usage_recount, random::Random};

/// Clients that send at a time, each one request after another.
const SENDERS: usize = 6;

/// Rolled up while others record.
pub(crate) const OFTEN: &str = "--analytics-processing-interval=1";

const ROUTE: &str = "/api/v1/analytics/usage/batch";

/// A set with icons for events to be of.
pub(crate) fn set() -> Value {
    let body = json!({ "body": "<path d=\"M0 0h1z\"/>" });
    json!({ "prefix": "u", "icons": { "a": body, "b": body, "c": body } })
}

/// What was sent, and what was said of it.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Each request's events, by the product that they name as their client, and whether the client was told that they are there.
    requests: Vec<Sent>,
    serial: Arc<AtomicU64>,
}

struct Sent {
    product: String,
    events: Vec<Value>,
    is_acknowledged: bool,
}

impl Sent {
    fn has_ids(&self) -> bool {
        !self.events[0]["id"].is_null()
    }
}

/// Senders that are at it.
pub(crate) struct Sending {
    tasks: Vec<tokio::task::JoinHandle<Vec<Sent>>>,
    acknowledged: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

/// Kills a server `kills` times while clients record, and looks each time; in the end everything with ids is there.
pub(crate) async fn kill_servers(binary: &str, engine: Engine, kills: usize) {
    let database = TestDatabase::with_set(engine, &set()).await;
    let mut random = Random::new(4_711);
    let mut ledger = Ledger::default();
    for _ in 0..kills {
        let server = Process::serve(binary, database.url(), &[OFTEN]);
        let sending = ledger.send_to(&[server.base_url()], false);
        sending.until_acknowledged(20 + random.below(100)).await;
        server.signal("KILL");
        ledger.note(sending).await;
        drop(server);
        ledger.assert_kept(&database).await;
    }
    let server = Process::serve(binary, database.url(), &[OFTEN]);
    ledger.assert_completed(&database, server.base_url()).await;
    co_usage_recount::until_recounted(&database).await;
}

impl Ledger {
    /// Has clients send to these servers in turn, until they are to stop; or until one does not answer, where they are not to insist.
    /// Those who insist send again what was not acknowledged and has ids.
    pub(crate) fn send_to(&self, servers: &[&str], insists: bool) -> Sending {
        let (acknowledged, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let sender = |number: usize| Sender {
            servers: servers.iter().map(|server| (*server).to_owned()).collect(),
            number,
            insists,
            serial: Arc::clone(&self.serial),
            acknowledged: Arc::clone(&acknowledged),
            stop: Arc::clone(&stop),
        };
        Sending {
            tasks: (0..SENDERS).map(|number| tokio::spawn(sender(number).run())).collect(),
            acknowledged,
            stop,
        }
    }

    pub(crate) async fn note(&mut self, sending: Sending) {
        for task in sending.tasks {
            self.requests.extend(task.await.expect("a sender does not panic"));
        }
    }

    /// Asserts that everything acknowledged is there once, and nothing twice; that what is left for the roll-up is what is there.
    pub(crate) async fn assert_kept(&self, database: &TestDatabase) {
        let stored = database
            .lines("SELECT client || '=' || CAST(count(*) AS TEXT) FROM usage_event GROUP BY client")
            .await;
        let stored: HashMap<&str, usize> = (stored.iter())
            .map(|line| line.split_once('=').unwrap())
            .map(|(product, count)| (product, count.parse().unwrap()))
            .collect();
        for sent in &self.requests {
            let count = stored.get(sent.product.as_str()).copied().unwrap_or_default();
            let all = sent.events.len();
            // All of a request, or nothing of it.
            assert!(
                count == all || count == 0 && !sent.is_acknowledged,
                "{count} of {all} of {}",
                sent.product
            );
        }
        let twice = "SELECT count(*) FROM (SELECT id FROM usage_event WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1) AS twice";
        assert_eq!(database.number(twice).await, 0);
        let with_ids = "SELECT count(*) FROM usage_event WHERE id IS NOT NULL";
        assert_eq!(
            database.number("SELECT count(*) FROM usage_event_id").await,
            database.number(with_ids).await
        );
        // Each is yet to be rolled up, or is in its hour and its day.
        for table in ["usage_hour", "usage_day"] {
            let sql = format!(
                "SELECT CAST(COALESCE((SELECT sum(events) FROM usage_pending), 0) AS BIGINT) + \
                 CAST(COALESCE((SELECT sum(count) FROM {table} WHERE target = -1), 0) AS BIGINT)"
            );
            let known = database.number(&sql).await;
            assert_eq!(
                known,
                database.number("SELECT count(*) FROM usage_event").await,
                "{table}"
            );
        }
        if database.engine() == Engine::Sqlite {
            assert_eq!(database.lines("PRAGMA integrity_check").await, ["ok"]);
        }
    }

    /// Sends everything that has ids once more, and asserts that each event is there in the end, once.
    pub(crate) async fn assert_completed(&mut self, database: &TestDatabase, server: &str) {
        let client = client();
        for sent in self.requests.iter_mut().filter(|sent| sent.has_ids()) {
            let answer = post(&client, server, &sent.events).await.expect("nobody kills it now");
            let (accepted, duplicates) = (
                answer["accepted"].as_u64().unwrap(),
                answer["duplicates"].as_u64().unwrap(),
            );
            assert_eq!(accepted + duplicates, sent.events.len() as u64);
            assert!(
                accepted == 0 || !sent.is_acknowledged,
                "what was acknowledged was not there"
            );
            sent.is_acknowledged = true;
        }
        self.assert_kept(database).await;
    }

    /// How many requests nobody was told the end of.
    pub(crate) fn unacknowledged(&self) -> usize {
        self.requests.iter().filter(|sent| !sent.is_acknowledged).count()
    }
}

impl Sending {
    /// Waits until so many requests have been acknowledged.
    pub(crate) async fn until_acknowledged(&self, count: usize) {
        eventually("requests are acknowledged", async || {
            self.acknowledged.load(Ordering::Relaxed) >= count
        })
        .await;
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

struct Sender {
    servers: Vec<String>,
    number: usize,
    insists: bool,
    serial: Arc<AtomicU64>,
    acknowledged: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Sender {
    async fn run(self) -> Vec<Sent> {
        let client = client();
        let mut sent: Vec<Sent> = Vec::new();
        let mut next: Option<Sent> = None;
        loop {
            // What nobody acknowledged is sent again before anything else, and before the end.
            if next.is_none() && self.stop.load(Ordering::Relaxed) {
                return sent;
            }
            let mut request = next.take().unwrap_or_else(|| self.request(sent.len()));
            let server = &self.servers[(sent.len() + self.number) % self.servers.len()];
            let answer = post(&client, server, &request.events).await;
            request.is_acknowledged = answer.is_some();
            if request.is_acknowledged {
                self.acknowledged.fetch_add(1, Ordering::Relaxed);
            } else if self.insists && request.has_ids() {
                tokio::task::yield_now().await;
                next = Some(request);
                continue;
            }
            let is_over = !request.is_acknowledged && !self.insists;
            sent.push(request);
            if is_over {
                return sent;
            }
        }
    }

    /// A request that was never sent; every third has no ids.
    fn request(&self, place: usize) -> Sent {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let product = format!("request/{serial}");
        let event = |number: usize| {
            let icon = ["u:a", "u:b", "u:c"][number % 3];
            let mut event =
                json!({ "icon": icon, "client": product, "userId": format!("user {number}"), "sessionId": product });
            if !serial.is_multiple_of(3) {
                event["id"] = format!("018f6f5e-7c1a-7000-8000-{:012x}", serial * 100 + number as u64).into();
            }
            event
        };
        Sent {
            events: (0..=(place * 7 + self.number) % 40).map(event).collect(),
            product,
            is_acknowledged: false,
        }
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a plain client")
}

/// What is said of events; none where they are not acknowledged.
async fn post(client: &reqwest::Client, server: &str, events: &[Value]) -> Option<Value> {
    let request = client
        .post(format!("{server}{ROUTE}"))
        .json(&json!({ "events": events }));
    let answer = request.send().await.ok()?;
    if !answer.status().is_success() {
        return None;
    }
    let answer: Value = answer.json().await.ok()?;
    assert_eq!(answer["rejected"], json!([]));
    Some(answer)
}
