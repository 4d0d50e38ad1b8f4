//! What is done when more comes than can be answered: a bounded number of requests is worked on, a bounded number waits for a
//! moment, and the rest is told to come again, before anything of it is parsed.
//!
//! A queue that empties again and again is a burst, in which a request may wait long. One that does not is an overload: a
//! request that waits in it only makes those behind it late, so each waits a few milliseconds and those who are answered
//! are answered as fast as ever. (Source: "Fail at Scale", ACM Queue 13/8, "Controlled Delay".)
//!
//! Saying no costs time too, and whoever is told so at once asks again at once. So the more there are the later they are told:
//! that never takes more than a small share of the cores.
//!
//! A request has its place from when its body is there until its answer begins: neither a client that sends slowly nor one
//! that listens for hours, as to a subscription, keeps others out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    body::{Body, HttpBody as _},
    extract::Request,
    http::header,
    response::{IntoResponse as _, Response},
};
use http_body_util::BodyExt as _;
use schema::Code;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use crate::routes::Refused;

/// How long a request waits in a burst, and in a queue that has not been empty for [`BURST`].
const LONGEST_WAIT: Duration = Duration::from_millis(50);
const SHORTEST_WAIT: Duration = Duration::from_millis(10);
const BURST: Duration = Duration::from_millis(100);

/// Requests that wait in a burst, for each that is worked on.
const WAITING_FOR_EACH: usize = 8;

/// In an overload, one waits for so many that are worked on: whoever waits in vain costs as much as whoever is told no at once,
/// and comes back sooner.
const WORKED_ON_FOR_EACH: usize = 4;

/// How much later a request is told no for each that is about to be told, and how much at most.
const PAUSE_FOR_EACH: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Bytes of a body that anybody may be sending.
const SMALL_BODY_BYTES: usize = 16 * 1024;

/// What all bodies may hold beyond that while they come, in KiB. Who sends slowly holds what has come, and no place.
const LARGE_BODIES_KIB: usize = 256 * 1024;

/// The places. Clones share them.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Places>);

struct Places {
    working: Arc<Semaphore>,
    waiting: AtomicUsize,
    worked_on: usize,
    /// About to be told no.
    refused: AtomicUsize,
    /// A permit for each KiB.
    large_bodies: Semaphore,
    max_body_bytes: usize,
    /// When somebody last found a place free, in milliseconds since `started`.
    last_free_ms: AtomicU64,
    started: Instant,
}

/// A place among those that are worked on, until it is dropped.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
}

/// One of those that wait, until it is dropped.
struct Waiting<'a> {
    all: &'a AtomicUsize,
    /// How many waited already.
    before: usize,
}

/// Why a request is not worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Overloaded,
    Incomplete,
}

impl Gate {
    /// `places` requests are worked on, whose bodies have at most `max_body_bytes`.
    pub(crate) fn new(places: usize, max_body_bytes: usize) -> Self {
        let places = places.min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Places {
            working: Arc::new(Semaphore::new(places)),
            waiting: AtomicUsize::new(0),
            worked_on: places,
            refused: AtomicUsize::new(0),
            large_bodies: Semaphore::new(LARGE_BODIES_KIB),
            max_body_bytes,
            last_free_ms: AtomicU64::new(0),
            started: Instant::now(),
        }))
    }

    /// Waits for the body of a request, which is none yet.
    ///
    /// # Errors
    /// It did not come whole, or too much comes at the moment.
    pub(super) async fn receive(&self, request: Request) -> Result<Request, Refusal> {
        self.0.receive(request).await
    }

    /// The answer to whoever is not worked on.
    pub(super) async fn refuse(&self, refusal: Refusal) -> Response {
        refusal.answer(&self.0).await
    }

    /// A place among those that are worked on, without counting who finds none: [`Self::refuse`] does.
    pub(super) async fn take_place(&self) -> Result<Place, Refusal> {
        self.0.enter().await.ok_or(Refusal::Overloaded)
    }

    /// A place among those that are worked on, for as long as it is kept; none where there are too many.
    pub(crate) async fn enter(&self) -> Option<Place> {
        let place = self.0.enter().await;
        if place.is_none() {
            metrics::counter!("requests_shed_total").increment(1);
        }
        place
    }
}

/// What is told to whoever is shed.
pub(crate) fn overloaded() -> Refused {
    let message = "More is asked for than can be answered at the moment. Try again in a second.";
    Refused::new(Code::Overloaded, message)
}

impl Places {
    /// Waits for the body. One that is too large is handed on as far as it came, to be refused.
    async fn receive(&self, request: Request) -> Result<Request, Refusal> {
        if request.body().is_end_stream() {
            return Ok(request);
        }
        let (parts, mut body) = request.into_parts();
        let mut received = Vec::new();
        let mut held = Vec::new();
        let mut held_kib = 0;
        while received.len() <= self.max_body_bytes {
            let Some(frame) = body.frame().await else { break };
            let frame = frame.map_err(|_| Refusal::Incomplete)?;
            received.extend(frame.into_data().unwrap_or_default());
            let needed_kib = received.len().saturating_sub(SMALL_BODY_BYTES).div_ceil(1024);
            if needed_kib > held_kib {
                let more = u32::try_from(needed_kib - held_kib).unwrap_or(u32::MAX);
                let permit = self.large_bodies.try_acquire_many(more);
                held.push(permit.map_err(|_| Refusal::Overloaded)?);
                held_kib = needed_kib;
            }
        }
        Ok(Request::from_parts(parts, Body::from(received)))
    }

    /// A place, or none where too many have it.
    async fn enter(&self) -> Option<Place> {
        match Arc::clone(&self.working).try_acquire_owned() {
            Ok(permit) => {
                // While some are being told no, a place that is free for a moment says nothing.
                if self.refused.load(Ordering::Relaxed) == 0 {
                    self.last_free_ms.store(self.now_ms(), Ordering::Relaxed);
                }
                return Some(Place::new(permit));
            }
            Err(TryAcquireError::Closed) => return None,
            Err(TryAcquireError::NoPermits) => {}
        }
        let (max_waiting, patience) = self.queue();
        let waiting = Waiting::of(&self.waiting);
        if waiting.before >= max_waiting {
            return None;
        }
        let turn = Arc::clone(&self.working).acquire_owned();
        let permit = tokio::time::timeout(patience, turn).await.ok()?.ok()?;
        Some(Place::new(permit))
    }

    /// How many may wait now, and how long.
    fn queue(&self) -> (usize, Duration) {
        let since_free = self.now_ms().saturating_sub(self.last_free_ms.load(Ordering::Relaxed));
        if u128::from(since_free) < BURST.as_millis() {
            (self.worked_on.saturating_mul(WAITING_FOR_EACH), LONGEST_WAIT)
        } else {
            (self.worked_on.div_ceil(WORKED_ON_FOR_EACH), SHORTEST_WAIT)
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Place {
    fn new(permit: OwnedSemaphorePermit) -> Self {
        metrics::gauge!("http_requests_admitted").increment(1);
        Self { _permit: permit }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("http_requests_admitted").decrement(1);
    }
}

impl<'a> Waiting<'a> {
    fn of(all: &'a AtomicUsize) -> Self {
        let before = all.fetch_add(1, Ordering::Relaxed);
        Self { all, before }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.all.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Refusal {
    async fn answer(self, places: &Places) -> Response {
        if let Self::Incomplete = self {
            return Refused::bad("The body did not come whole. Send it again.").into_response();
        }
        metrics::counter!("requests_shed_total").increment(1);
        pause(&Waiting::of(&places.refused)).await;
        ([(header::RETRY_AFTER, "1")], overloaded()).into_response()
    }
}

#[expect(clippy::disallowed_methods, reason = "time is what is waited for here")]
async fn pause(refused: &Waiting<'_>) {
    // The first waits too: who is told at once has come back before there is a second.
    let count = u32::try_from(refused.before).unwrap_or(u32::MAX).saturating_add(1);
    tokio::time::sleep(PAUSE_FOR_EACH.saturating_mul(count).min(LONGEST_PAUSE)).await;
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::Request};

    use super::{Gate, LARGE_BODIES_KIB, SMALL_BODY_BYTES};

    #[tokio::test]
    async fn who_finds_no_place_waits_for_one() {
        let Gate(places) = Gate::new(1, 1024);
        let first = places.enter().await;
        assert!(first.is_some());
        let (second, ()) = tokio::join!(places.enter(), async { drop(first) });
        assert!(second.is_some());
        // Nobody leaves: sooner or later there is no use in waiting.
        assert!(places.enter().await.is_none());
        drop(second);
        assert!(places.enter().await.is_some());
    }

    #[tokio::test]
    async fn bodies_that_come_hold_so_much_together() {
        let Gate(places) = Gate::new(1, 1024 * 1024);
        let all_but_one = u32::try_from(LARGE_BODIES_KIB - 1).expect("there are fewer than 2^32");
        let _held = places.large_bodies.try_acquire_many(all_but_one);
        for (bytes, expected) in [
            (SMALL_BODY_BYTES, true),
            (SMALL_BODY_BYTES + 1024, true),
            (SMALL_BODY_BYTES + 1025, false),
        ] {
            let request = Request::new(Body::from(vec![b' '; bytes]));
            assert_eq!(places.receive(request).await.is_ok(), expected, "{bytes}");
            // What has come is handed on, and holds nothing here.
            assert_eq!(places.large_bodies.available_permits(), 1);
        }
    }

    #[tokio::test]
    async fn no_more_wait_than_may() {
        let Gate(places) = Gate::new(1, 1024);
        let _only = places.enter().await;
        let waiting: Vec<_> = (0..places.queue().0)
            .map(|_| super::Waiting::of(&places.waiting))
            .collect();
        assert!(places.enter().await.is_none());
        drop(waiting);
        assert_eq!(places.waiting.load(super::Ordering::Relaxed), 0);
    }
}
