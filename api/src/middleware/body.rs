//! Bodies of requests: how large, how slow and in what encoding they may be.
//!
//! Whoever reads one further in gets it decoded, and an error where it is late; the answer is then made here.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, Version, header},
    response::{IntoResponse as _, Response},
};
use hyper::body::{Frame, SizeHint};
use schema::Code;
use tokio::time::{Instant, Sleep};

use crate::routes::Refused;

/// The encodings that are undone, as `Accept-Encoding` lists them.
const ENCODINGS: &str = "zstd, br, gzip, deflate";

/// What a body may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyRules {
    /// Of the body as sent; once decoded, its reader counts again.
    pub(crate) max_bytes: u64,
    pub(crate) read_timeout: Duration,
}

/// How far a body has been read.
#[derive(Debug, Default)]
pub(super) struct Reading(AtomicU8);

const UNDER_WAY: u8 = 0;
const ENDED: u8 = 1;
const LATE: u8 = 2;

impl Reading {
    fn is(&self, state: u8) -> bool {
        self.0.load(Ordering::Relaxed) == state
    }

    /// Whether the client has yet to send some of it.
    pub(super) fn is_under_way(&self) -> bool {
        self.is(UNDER_WAY)
    }
}

/// Refuses what cannot be taken before any of it is read, and gives up what comes too slowly.
pub(super) async fn guard<F>(rules: BodyRules, mut request: Request, next: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    if request.body().is_end_stream() {
        request.headers_mut().remove(header::CONTENT_ENCODING);
        return next(request).await;
    }
    let is_http1 = request.version() < Version::HTTP_2;
    let reading = Arc::new(Reading::default());
    let mut response = if let Some(refusal) = refusal(&mut request, rules) {
        refusal
    } else {
        request.extensions_mut().insert(Arc::clone(&reading));
        let request = request.map(|body| Body::new(Watched::new(body, rules.read_timeout, Arc::clone(&reading))));
        let response = next(request).await;
        if reading.is(LATE) {
            late(rules.read_timeout)
        } else {
            response
        }
    };
    if is_http1 && !reading.is(ENDED) && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        // The rest of the body stands where the next request would.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

/// The answer to a request whose body did not come in time.
pub(super) fn late(limit: Duration) -> Response {
    let message = format!("The body did not come within {} ms. Send it again.", limit.as_millis());
    Refused::new(Code::Timeout, message)
        .with_status(StatusCode::REQUEST_TIMEOUT)
        .into_response()
}

fn refusal(request: &mut Request, rules: BodyRules) -> Option<Response> {
    if normalize_encoding(request.headers_mut()).is_err() {
        let message = "The body is encoded in a way that is not known here. Send it plain, or as Accept-Encoding says.";
        let refused = Refused::new(Code::UnsupportedMediaType, message);
        return Some(([(header::ACCEPT_ENCODING, ENCODINGS)], refused).into_response());
    }
    (request.body().size_hint().lower() > rules.max_bytes).then(|| {
        let message = "The body is larger than MAX_BODY_BYTES. Ask for it in several requests.";
        Refused::new(Code::PayloadTooLarge, message).into_response()
    })
}

/// Leaves at most one encoding, written as the decoder knows it.
fn normalize_encoding(headers: &mut HeaderMap) -> Result<(), ()> {
    let mut given = headers.get_all(header::CONTENT_ENCODING).iter();
    let (first, others) = (given.next(), given.count());
    let Some(first) = first else {
        return Ok(());
    };
    let name = first.to_str().map_err(drop)?.trim().to_ascii_lowercase();
    if others > 0 || !ENCODINGS.split(", ").chain(["identity"]).any(|known| known == name) {
        return Err(());
    }
    let value = HeaderValue::from_str(&name).map_err(drop)?;
    headers.insert(header::CONTENT_ENCODING, value);
    Ok(())
}

/// A body that fails once it is late.
struct Watched {
    body: Body,
    until: Instant,
    alarm: Option<Pin<Box<Sleep>>>,
    reading: Arc<Reading>,
}

impl Watched {
    fn new(body: Body, timeout: Duration, reading: Arc<Reading>) -> Self {
        Self {
            body,
            until: Instant::now() + timeout,
            alarm: None,
            reading,
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the body did not come in time")]
struct Late;

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            if frame.is_none() || this.body.is_end_stream() {
                this.reading.0.store(ENDED, Ordering::Relaxed);
            }
            return Poll::Ready(frame);
        }
        let alarm = this
            .alarm
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(this.until)));
        if alarm.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        this.reading.0.store(LATE, Ordering::Relaxed);
        Poll::Ready(Some(Err(axum::Error::new(Late))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
