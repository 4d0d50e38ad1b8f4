//! The life of one connection: greeting, operations, signs of life, and its end.

use std::{
    convert::Infallible,
    future::pending,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::http::{HeaderMap, header};
use domain::access::Keys;
use futures_util::{
    FutureExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use schema::Caller;
use serde_json::{Map, Value};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};
use tokio_tungstenite::tungstenite::Message;

use super::{
    close::Close,
    end::End,
    handshake::Socket,
    message::{self, ClientMessage},
    writing::write,
};
use crate::{
    caller::key::caller_of_text,
    routes::{
        Refused,
        graphql::{
            connections::Place,
            decode::{self, Body, Sender},
            operation::{Open, Running, log_panic},
            outbox::{NotBegun, Outbox},
            streaming::{Streaming, key_refused},
        },
    },
    server::Draining,
};

/// Queries and mutations of one socket that run at a time; the others wait for their turn.
const QUERIES_AT_A_TIME: usize = 8;

/// A socket and on what terms it is open.
pub(super) struct Connection {
    pub(super) terms: Streaming,
    pub(super) open: Open,
    pub(super) keys: Keys,
    pub(super) draining: Draining,
    pub(super) caller: Caller,
    /// Of the request for the socket.
    pub(super) headers: HeaderMap,
    /// Counted for the client that it turns out to be.
    pub(super) place: Mutex<Place>,
}

/// What the parts of a connection share.
struct Session {
    connection: Connection,
    outbox: Arc<Outbox>,
    turns: Arc<Semaphore>,
    /// Those that are held by queries and mutations.
    in_flight: watch::Sender<()>,
    /// Ids of panics of operations.
    faults: mpsc::Sender<String>,
    /// Whether anything came from the client since the last ping.
    is_alive: AtomicBool,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.outbox.cancel_all();
    }
}

impl Connection {
    /// Talks over `socket` with a client that `speaks` the protocol or not, until one side ends it.
    pub(super) async fn serve(self, socket: Socket, speaks: bool) {
        metrics::gauge!("websocket_connections").increment(1);
        let (mut sink, mut stream) = socket.split();
        let (faults, mut fault) = mpsc::channel(1);
        let session = Session {
            outbox: Outbox::new(self.terms.queue_limits()),
            turns: Arc::new(Semaphore::new(QUERIES_AT_A_TIME)),
            in_flight: watch::Sender::new(()),
            faults,
            is_alive: AtomicBool::new(true),
            connection: self,
        };
        let end = if speaks {
            let conversation = session.converse(&mut sink, &mut stream, &mut fault);
            let caught = std::panic::AssertUnwindSafe(conversation).catch_unwind().await;
            caught.unwrap_or_else(|panic| Close::internal(&log_panic(panic.as_ref())).into())
        } else {
            Close::subprotocol().into()
        };
        end.come(&session.outbox, sink, stream).await;
        metrics::gauge!("websocket_connections").decrement(1);
    }
}

impl Session {
    /// Talks until one side ends it.
    async fn converse(
        &self,
        sink: &mut SplitSink<Socket, Message>,
        stream: &mut SplitStream<Socket>,
        fault: &mut mpsc::Receiver<String>,
    ) -> End {
        tokio::select! {
            end = self.listen(stream) => end,
            () = write(&self.outbox, sink) => End::Lost,
            () = self.keep_alive() => End::Lost,
            () = self.idle() => Close::idle().into(),
            () = self.drained() => Close::going_away().into(),
            Some(error_id) = fault.recv() => Close::internal(&error_id).into(),
        }
    }

    async fn listen(&self, stream: &mut SplitStream<Socket>) -> End {
        let init_timeout = self.connection.terms.settings.init_timeout();
        let heard = async {
            match timeout(init_timeout, self.greet(stream)).await {
                Err(_) => Err(Close::init_timeout().into()),
                Ok(Err(end)) => Err(end),
                Ok(Ok(caller)) => tokio::select! {
                    end = self.obey(stream, caller) => end,
                    () = key_refused(&self.connection.keys, caller.client) => Err(Close::forbidden().into()),
                },
            }
        };
        tokio::select! {
            heard = heard => {
                let Err(end): Result<Infallible, End> = heard;
                end
            }
            // Nothing more is begun.
            () = self.connection.draining.begun() => pending().await,
        }
    }

    /// Waits for `connection_init`, and finds out who it is.
    async fn greet(&self, stream: &mut SplitStream<Socket>) -> Result<Caller, End> {
        loop {
            match self.next_message(stream).await? {
                ClientMessage::Init(payload) => {
                    let caller = self.caller_of(&payload)?;
                    self.outbox.reply(message::ack());
                    return Ok(caller);
                }
                ClientMessage::Ping(payload) => self.outbox.reply(message::pong(payload.as_deref())),
                ClientMessage::Subscribe { .. } => return Err(Close::unauthorized().into()),
                ClientMessage::Pong | ClientMessage::Complete { .. } => {}
            }
        }
    }

    /// Who sends `connection_init` with this payload: whoever holds the key in it, else whoever asked for the socket.
    fn caller_of(&self, payload: &Map<String, Value>) -> Result<Caller, Close> {
        let mut shown = payload
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let (Some((_, value)), another) = (shown.next(), shown.next()) else {
            return Ok(self.connection.caller);
        };
        let origin = self.connection.headers.get(header::ORIGIN);
        let text = value.as_str().filter(|_| another.is_none()).unwrap_or_default();
        let caller =
            caller_of_text(&self.connection.keys, text, origin, self.connection.caller.client).map_err(|refusal| {
                refusal.count();
                Close::forbidden()
            })?;
        let mut place = self.connection.place.lock().unwrap_or_else(PoisonError::into_inner);
        place
            .belongs_to(caller.client)
            .map_err(|full| Close::too_many(&full.to_string()))?;
        Ok(caller)
    }

    /// Does what the client says.
    async fn obey(&self, stream: &mut SplitStream<Socket>, caller: Caller) -> Result<Infallible, End> {
        loop {
            match self.next_message(stream).await? {
                ClientMessage::Init(_) => return Err(Close::second_init().into()),
                ClientMessage::Ping(payload) => self.outbox.reply(message::pong(payload.as_deref())),
                ClientMessage::Pong => {}
                ClientMessage::Subscribe { id, payload } => self.subscribe(&id, payload, caller)?,
                ClientMessage::Complete { id } => self.outbox.cancel(&id),
            }
        }
    }

    fn subscribe(&self, id: &str, payload: Body, caller: Caller) -> Result<(), Close> {
        let operation = match self.outbox.begin(id) {
            Ok(operation) => operation,
            Err(NotBegun::Duplicate) => return Err(Close::duplicate(id)),
            Err(NotBegun::TooMany) => {
                let max = self.connection.terms.settings.websocket_max_operations as usize;
                let refused = Refused::limit("maxSocketOperations", max, max + 1);
                self.outbox.reply(message::error(id, &refused.errors().to_string()));
                return Ok(());
            }
        };
        let sender = Sender {
            caller,
            headers: &self.connection.headers,
            country_header: self.connection.terms.country_header.as_ref(),
        };
        let request = decode::from_payload(payload, &sender);
        let serial = operation.serial();
        let running = Running {
            open: Arc::clone(&self.connection.open),
            deadline: self.connection.terms.deadline,
            turns: Arc::clone(&self.turns),
            gate: self.connection.terms.gate.clone(),
            operations: self.connection.terms.operations.clone(),
            _in_flight: self.in_flight.subscribe(),
        };
        let faults = self.faults.clone();
        let work = tokio::spawn(async move {
            match request {
                Err(refused) => running.refuse(&refused, operation).await,
                Ok(request) => {
                    if let Err(error_id) = running.run(request, operation).await {
                        let _ = faults.try_send(error_id);
                    }
                }
            }
        });
        self.outbox.attach(serial, work.abort_handle());
        Ok(())
    }

    /// The client's next message, as soon as the replies to those before leave room for another.
    async fn next_message(&self, stream: &mut SplitStream<Socket>) -> Result<ClientMessage, End> {
        let max = self.connection.terms.max_message_bytes;
        loop {
            self.outbox.room_for_replies().await;
            let received = match stream.next().await {
                Some(Ok(received)) => received,
                Some(Err(error)) => return Err(Close::after(&error, max).map_or(End::Lost, End::Close)),
                None => return Err(End::Lost),
            };
            self.is_alive.store(true, Ordering::Relaxed);
            let text = match received {
                Message::Text(text) => text,
                Message::Ping(_) => {
                    // Its answer waits in the transport, where nobody counts, for as long as the client takes nothing.
                    self.outbox.flush();
                    continue;
                }
                Message::Pong(_) | Message::Frame(_) => continue,
                Message::Close(frame) => return Err(End::ByClient(frame.map_or(1005, |frame| frame.code.into()))),
                Message::Binary(_) => return Err(Close::bad_request("Messages are text, not binary").into()),
            };
            metrics::counter!("websocket_messages_total", "direction" => "in").increment(1);
            return ClientMessage::read(&text).map_err(|malformed| Close::bad_request(&malformed.to_string()).into());
        }
    }

    /// Pings, and ends once nothing comes back.
    async fn keep_alive(&self) {
        let interval = self.connection.terms.settings.ping_interval();
        let mut pings = interval_at(Instant::now() + interval, interval);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            pings.tick().await;
            if !self.is_alive.swap(false, Ordering::Relaxed) {
                return;
            }
            self.outbox.ping();
        }
    }

    /// Ends once the socket has been open for nothing for too long.
    async fn idle(&self) {
        let limit = self.connection.terms.settings.idle_timeout();
        let mut looks = interval_at(Instant::now() + limit, limit / 4);
        loop {
            looks.tick().await;
            if self.outbox.idle_for().is_some_and(|idle| idle >= limit) {
                return;
            }
        }
    }

    /// Ends when the server does, and queries and mutations have been answered.
    async fn drained(&self) {
        self.connection.draining.begun().await;
        // Each ends at its deadline.
        self.in_flight.closed().await;
    }
}
