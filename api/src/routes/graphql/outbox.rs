//! What waits to be sent on one connection, bounded whatever the client does.
//!
//! Who adds is held to the pace of the client in one of three ways. Replies to the client's own messages are few, because no
//! more of those are read meanwhile. Answers wait, with their operation, for room. Events never wait: of those of one
//! subscription, and of all together, the oldest go when there is no room, and the loss is counted.
//!
//! It also knows which operations there are, under the same lock: nothing is sent for one that has ended.

mod queue;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, task::AbortHandle};

use queue::Queue;

/// Replies that may wait.
const MAX_REPLIES: usize = 16;

/// What may wait for a client.
#[derive(Debug, Clone, Copy)]
pub(super) struct QueueLimits {
    /// Of one subscription.
    pub(super) events: usize,
    /// Of all events, of all answers, and of all replies.
    pub(super) bytes: usize,
    /// Operations at a time.
    pub(super) operations: usize,
}

/// What a transport is to send.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outgoing {
    /// A sign of life that the client must answer.
    Ping,
    /// What the transport answers by itself, and has yet to hand over.
    Flush,
    /// A message as it stands.
    Reply(String),
    /// Of the operation with that id.
    Of(Arc<str>, Part),
}

/// One message of an operation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A response as JSON, and how many before it were dropped.
    Next {
        response: Vec<u8>,
        dropped: u64,
    },
    /// An array of errors as JSON.
    Error(String),
    Complete,
}

/// Why an operation cannot begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotBegun {
    /// There is one with that id.
    Duplicate,
    /// There are as many as may be.
    TooMany,
}

/// What waits to be sent on one connection.
pub(super) struct Outbox {
    queue: Mutex<Queue>,
    filled: Notify,
    emptied: Notify,
}

/// An operation's way into the outbox. Whatever it sends after its end, or the client's, goes nowhere.
pub(super) struct Operation {
    outbox: Arc<Outbox>,
    serial: u64,
}

impl Outbox {
    pub(super) fn new(limits: QueueLimits) -> Arc<Self> {
        Arc::new(Self {
            queue: Mutex::new(Queue::new(limits)),
            filled: Notify::new(),
            emptied: Notify::new(),
        })
    }

    /// Begins the operation `id`.
    pub(super) fn begin(self: &Arc<Self>, id: &str) -> Result<Operation, NotBegun> {
        let serial = self.queue().begin(id)?;
        Ok(Operation {
            outbox: Arc::clone(self),
            serial,
        })
    }

    /// Has the work of an operation dropped when it is cancelled.
    pub(super) fn attach(&self, serial: u64, work: AbortHandle) {
        self.queue().attach(serial, work);
    }

    /// Drops the operation `id`, and what waits of it. Unknown ids are no news.
    pub(super) fn cancel(&self, id: &str) {
        self.queue().cancel(id);
        self.emptied.notify_waiters();
    }

    /// Drops all operations. What waits can still be sent.
    pub(super) fn cancel_all(&self) {
        self.queue().cancel_all();
    }

    /// How long there has been no operation. None while there is one.
    pub(super) fn idle_for(&self) -> Option<Duration> {
        self.queue().idle_since().map(|since| since.elapsed())
    }

    pub(super) fn reply(&self, message: String) {
        self.queue().reply(message);
        self.filled.notify_one();
    }

    /// The transport has answered by itself: that counts as a reply until the client has taken it.
    pub(super) fn flush(&self) {
        self.queue().flush();
        self.filled.notify_one();
    }

    pub(super) fn ping(&self) {
        self.queue().ping();
        self.filled.notify_one();
    }

    /// Waits until replies may be added.
    pub(super) async fn room_for_replies(&self) {
        self.once_there_is_room(|queue| queue.has_room_for_replies().then_some(()))
            .await;
    }

    /// Takes what is to be sent next. None where nothing waits.
    pub(super) fn take(&self) -> Option<Outgoing> {
        let taken = self.queue().take();
        if taken.is_some() {
            self.emptied.notify_waiters();
        }
        taken
    }

    /// Waits until there is something to take. One waits at a time.
    pub(super) async fn filled(&self) {
        while self.queue().is_empty() {
            self.filled.notified().await;
        }
    }

    async fn once_there_is_room<T>(&self, mut add: impl FnMut(&mut Queue) -> Option<T>) -> T {
        loop {
            // Before looking, so that room made in between is noticed.
            let emptied = self.emptied.notified();
            if let Some(added) = add(&mut self.queue()) {
                return added;
            }
            emptied.await;
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Operation {
    /// Its number, which is never used again.
    pub(super) fn serial(&self) -> u64 {
        self.serial
    }

    /// Sends an event; old ones make room.
    pub(super) fn event(&self, response: Vec<u8>) {
        let dropped = self.outbox.queue().event(self.serial, response);
        self.outbox.filled.notify_one();
        if dropped > 0 {
            metrics::counter!("subscription_events_dropped_total").increment(dropped);
        }
    }

    /// Sends the one answer there is, and ends.
    pub(super) async fn answer(self, response: Vec<u8>) {
        let next = Part::Next { response, dropped: 0 };
        self.end([next, Part::Complete].into()).await;
    }

    /// Ends with an array of errors.
    pub(super) async fn refuse(self, errors: String) {
        self.end([Part::Error(errors)].into()).await;
    }

    /// Ends.
    pub(super) async fn complete(self) {
        self.end([Part::Complete].into()).await;
    }

    async fn end(self, parts: Vec<Part>) {
        let mut parts = Some(parts);
        let serial = self.serial;
        self.outbox
            .once_there_is_room(|queue| {
                if !queue.has_room_for_answers() {
                    return None;
                }
                queue.end(serial, parts.take().unwrap_or_default());
                Some(())
            })
            .await;
        self.outbox.filled.notify_one();
    }
}

#[cfg(test)]
mod tests;
