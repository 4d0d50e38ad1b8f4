//! GraphQL over server-sent events, in distinct connections mode: each request is answered by a stream of its own.
//!
//! Source: PROTOCOL.md of the npm package `graphql-sse`.

use std::{convert::Infallible, panic::AssertUnwindSafe, sync::Arc};

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use domain::access::Client;
use futures_util::{FutureExt as _, Stream, stream};
use schema::{Answers, Code, Opened, OperationKinds, OperationRequest, Outcome};
use serde_json::json;
use tokio::time::{Instant, Interval, interval_at};

use super::{
    accept::Form,
    connections::Place,
    observe,
    operation::{Active, forward, log_panic, tell_dropped},
    outbox::{Operation, Outbox, Outgoing, Part},
    respond,
    streaming::key_refused,
};
use crate::{router::AppState, routes::Refused};

/// What a stream says when there is nothing to say.
const COMMENT: &[u8] = b":\n\n";

/// The one operation of a stream.
const ID: &str = "events";

/// Answers `request` with a stream of events.
pub(crate) async fn respond(state: &AppState, request: OperationRequest) -> Response {
    let client = request.caller.client;
    let kinds = match request.kinds {
        OperationKinds::Queries => OperationKinds::QueriesAndSubscriptions,
        kinds => kinds,
    };
    let request = OperationRequest { kinds, ..request };
    match state.graphql.open(request).await {
        Opened::Answered(executed) => {
            observe(&executed);
            if let Outcome::Refused(Code::MethodNotAllowed | Code::RateLimited) = executed.outcome {
                return respond::one(*executed, Form::EventStream, false);
            }
            let mut frames = frame(Part::Next {
                response: executed.body.into(),
                dropped: 0,
            });
            frames.extend(frame(Part::Complete));
            event_stream(Body::from(frames))
        }
        Opened::Answers(answers) => match state.streaming.connections.enter(client) {
            Ok(place) => event_stream(Body::from_stream(follow_as_frames(state, (client, place), answers))),
            Err(full) => full.into_response(),
        },
    }
}

fn event_stream(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        // Proxies would hold events back to send more at once.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (headers, body).into_response()
}

/// A stream of frames, with everything that ends when nobody reads it any more.
struct Frames {
    outbox: Arc<Outbox>,
    keep_alive: Interval,
    has_begun: bool,
    is_complete: bool,
    _place: Place,
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.outbox.cancel_all();
        metrics::gauge!("event_streams").decrement(1);
    }
}

fn follow_as_frames(
    state: &AppState,
    (client, place): (Client, Place),
    answers: Answers,
) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
    let outbox = Outbox::new(state.streaming.queue_limits());
    metrics::gauge!("event_streams").increment(1);
    if let Ok(operation) = outbox.begin(ID) {
        let serial = operation.serial();
        let (keys, draining) = (state.keys.clone(), state.draining.clone());
        let end = async move {
            tokio::select! {
                () = draining.begun() => None,
                () = key_refused(&keys, client) => Some(key_is_not_good()),
            }
        };
        let work = tokio::spawn(pump(answers, operation, end));
        outbox.attach(serial, work.abort_handle());
    }
    let pause = state.streaming.settings.ping_interval();
    let frames = Frames {
        outbox,
        keep_alive: interval_at(Instant::now() + pause, pause),
        has_begun: false,
        is_complete: false,
        _place: place,
    };
    stream::unfold(frames, async |mut frames| {
        let next = frames.next().await?;
        Some((Ok(next.into()), frames))
    })
}

/// Puts the events of a subscription into its outbox, whether or not anybody reads them, until it ends or `end` does, with
/// what is to be said last.
async fn pump(answers: Answers, operation: Operation, end: impl Future<Output = Option<Vec<u8>>>) {
    let _active = Active::new();
    let forwarded = AssertUnwindSafe(forward(answers, &operation)).catch_unwind();
    let last = tokio::select! {
        forwarded = forwarded => forwarded.err().map(|panic| fault(&log_panic(panic.as_ref()))),
        last = end => last,
    };
    if let Some(last) = last {
        operation.event(last);
    }
    operation.complete().await;
}

fn key_is_not_good() -> Vec<u8> {
    let message = "The key that this subscription was begun with is no longer good.";
    let errors = Refused::new(Code::Unauthenticated, message).errors();
    json!({ "errors": errors }).to_string().into_bytes()
}

impl Frames {
    /// The next frame, or a sign of life: one at once, for the first event may be long in coming, and who is in between may hold the
    /// headers back until there is something behind them. None after the last.
    async fn next(&mut self) -> Option<Vec<u8>> {
        if self.is_complete {
            return None;
        }
        if !self.has_begun {
            self.has_begun = true;
            return Some(COMMENT.to_vec());
        }
        loop {
            if let Some(outgoing) = self.outbox.take() {
                self.keep_alive.reset();
                return Some(self.frame(outgoing));
            }
            tokio::select! {
                () = self.outbox.filled() => {}
                _ = self.keep_alive.tick() => return Some(COMMENT.to_vec()),
            }
        }
    }

    fn frame(&mut self, outgoing: Outgoing) -> Vec<u8> {
        match outgoing {
            Outgoing::Of(_, part) => {
                self.is_complete = part == Part::Complete;
                frame(part)
            }
            // There is nobody to reply to.
            Outgoing::Ping | Outgoing::Flush | Outgoing::Reply(_) => COMMENT.to_vec(),
        }
    }
}

/// One event. Responses are JSON on one line; the last event has an empty line of data, without which browsers pass it over.
fn frame(part: Part) -> Vec<u8> {
    match part {
        Part::Next { response, dropped } => {
            let response = tell_dropped(response, dropped);
            [b"event: next\ndata: ", response.as_slice(), b"\n\n"].concat()
        }
        Part::Error(errors) => frame(Part::Next {
            response: format!(r#"{{"errors":{errors}}}"#).into_bytes(),
            dropped: 0,
        }),
        Part::Complete => b"event: complete\ndata:\n\n".to_vec(),
    }
}

fn fault(error_id: &str) -> Vec<u8> {
    let errors = Refused::internal(error_id).errors();
    json!({ "errors": errors }).to_string().into_bytes()
}
