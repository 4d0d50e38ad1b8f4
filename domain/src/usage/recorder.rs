//! Group commit: what waits while one transaction is written is recorded by the next, together.
//!
//! Whoever sends events waits until they are committed, so that what waits is bounded by how many may wait, and nobody is told that
//! something was recorded before it was.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    time::timeout,
};

use super::{RecordError, feed::Feed, occurrence::Event, store::EventStore};
use crate::{access::Clock, database::DatabaseError};

/// How long a request waits to wait. Each of those that wait keeps others from being answered.
const PATIENCE: Duration = Duration::from_millis(500);

/// The events of one request, on their way.
pub(super) struct Submission {
    events: Vec<Event>,
    answer: oneshot::Sender<Result<Vec<bool>, DatabaseError>>,
}

/// Hands events to the recorder.
#[derive(Clone)]
pub(super) struct Queue {
    submissions: mpsc::Sender<Submission>,
    /// One for each that may wait.
    places: Arc<Semaphore>,
}

/// Records what is in the queue, until everybody who could put something into it is gone.
pub struct Recorder {
    store: EventStore,
    queue: mpsc::Receiver<Submission>,
    most_waiting: usize,
    most_at_once: usize,
    clock: Clock,
    feed: Feed,
}

impl Queue {
    /// Records events; for each, whether it was new. What is dropped before its turn comes is not recorded.
    pub(super) async fn record(&self, events: Vec<Event>) -> Result<Vec<bool>, RecordError> {
        let Ok(Ok(_place)) = timeout(PATIENCE, self.places.acquire()).await else {
            return Err(RecordError::Overloaded);
        };
        let (answer, answered) = oneshot::channel();
        let submission = Submission { events, answer };
        self.submissions
            .send(submission)
            .await
            .map_err(|_| RecordError::Failed)?;
        Ok(answered.await.map_err(|_| RecordError::Failed)??)
    }
}

impl Recorder {
    /// A recorder for which so many requests may wait, and whose transactions have at most `most_at_once` events, if not those of one
    /// request alone. What is recorded is told to `feed`.
    pub(super) fn new(
        store: EventStore,
        (most_waiting, most_at_once): (usize, usize),
        clock: Clock,
        feed: Feed,
    ) -> (Queue, Self) {
        let (submissions, queue) = mpsc::channel(most_waiting);
        let recorder = Self {
            store,
            queue,
            most_waiting,
            most_at_once,
            clock,
            feed,
        };
        let places = Arc::new(Semaphore::new(most_waiting));
        (Queue { submissions, places }, recorder)
    }

    /// Records, for as long as it is polled.
    pub async fn run(mut self) {
        let mut waiting = Vec::with_capacity(self.most_waiting);
        while self.queue.recv_many(&mut waiting, self.most_waiting).await > 0 {
            // Whoever has gone meanwhile was told nothing, and may send it again.
            let mut rest = waiting
                .drain(..)
                .filter(|submission| !submission.answer.is_closed())
                .peekable();
            while rest.peek().is_some() {
                let mut size = 0;
                let mut group = Vec::new();
                while let Some(submission) =
                    rest.next_if(|next| size == 0 || size + next.events.len() <= self.most_at_once)
                {
                    size += submission.events.len();
                    group.push(submission);
                }
                // Whatever becomes of these, the next are recorded.
                let recording = record((&mut self.store, &self.feed), group, self.clock.now_ms());
                if AssertUnwindSafe(recording).catch_unwind().await.is_err() {
                    tracing::error!("recording usage panicked");
                }
            }
        }
    }
}

async fn record((store, feed): (&mut EventStore, &Feed), mut group: Vec<Submission>, now_ms: i64) {
    let mut lengths = Vec::with_capacity(group.len());
    let mut events = Vec::new();
    for submission in &mut group {
        lengths.push(submission.events.len());
        events.append(&mut submission.events);
    }
    #[expect(clippy::cast_precision_loss, reason = "a group is far below 2^52 events")]
    metrics::histogram!("usage_commit_events").record(events.len() as f64);
    let recorded = store.record(&events, now_ms).await;
    let mut from = 0;
    for (submission, length) in group.into_iter().zip(lengths) {
        let answer = recorded.as_ref().map(|is_new| is_new[from..from + length].to_vec());
        // Who does not listen any more may send them again, and is then told that they are there.
        let _ = submission.answer.send(answer.map_err(Clone::clone));
        from += length;
    }
    // Whoever waited has been answered.
    if let Ok(is_new) = &recorded {
        feed.note(&events, is_new);
    }
}
