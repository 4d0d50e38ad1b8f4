//! The lists behind an outbox, and which operations they are of.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Instant,
};

use tokio::task::AbortHandle;

use super::{MAX_REPLIES, NotBegun, Outgoing, Part, QueueLimits};

/// What a message weighs beside its text.
const OVERHEAD_BYTES: usize = 128;

pub(super) struct Queue {
    limits: QueueLimits,
    /// Operations that go on, by a number that is never used again.
    operations: HashMap<u64, Running>,
    serials: HashMap<Arc<str>, u64>,
    next_serial: u64,
    idle_since: Instant,
    is_ping_due: bool,
    /// A text, or none for what the transport answers by itself.
    replies: VecDeque<Option<String>>,
    reply_bytes: usize,
    waiting: VecDeque<Waiting>,
    event_bytes: usize,
    answer_bytes: usize,
}

struct Running {
    id: Arc<str>,
    work: Option<AbortHandle>,
    /// Its events in the queue.
    events: usize,
    /// Its events that were dropped and that the client was not told of.
    dropped: u64,
}

struct Waiting {
    serial: u64,
    id: Arc<str>,
    part: Part,
    /// Whether newer ones may take its place.
    is_event: bool,
}

impl Waiting {
    fn bytes(&self) -> usize {
        let text = match &self.part {
            Part::Next { response, .. } => response.len(),
            Part::Error(errors) => errors.len(),
            Part::Complete => 0,
        };
        OVERHEAD_BYTES + self.id.len() + text
    }
}

impl Queue {
    pub(super) fn new(limits: QueueLimits) -> Self {
        Self {
            limits,
            operations: HashMap::new(),
            serials: HashMap::new(),
            next_serial: 0,
            idle_since: Instant::now(),
            is_ping_due: false,
            replies: VecDeque::new(),
            reply_bytes: 0,
            waiting: VecDeque::new(),
            event_bytes: 0,
            answer_bytes: 0,
        }
    }

    pub(super) fn begin(&mut self, id: &str) -> Result<u64, NotBegun> {
        if self.serials.contains_key(id) {
            return Err(NotBegun::Duplicate);
        }
        if self.serials.len() >= self.limits.operations {
            return Err(NotBegun::TooMany);
        }
        let serial = self.next_serial;
        self.next_serial += 1;
        let id: Arc<str> = id.into();
        self.serials.insert(Arc::clone(&id), serial);
        let running = Running {
            id,
            work: None,
            events: 0,
            dropped: 0,
        };
        self.operations.insert(serial, running);
        Ok(serial)
    }

    pub(super) fn attach(&mut self, serial: u64, work: AbortHandle) {
        if let Some(running) = self.operations.get_mut(&serial) {
            running.work = Some(work);
        }
    }

    pub(super) fn cancel(&mut self, id: &str) {
        let Some(running) = self.serials.get(id).copied().and_then(|serial| self.forget(serial)) else {
            return;
        };
        if let Some(work) = &running.1.work {
            work.abort();
        }
        let (mut events, mut answers) = (0, 0);
        self.waiting.retain(|waiting| {
            let is_of_it = waiting.serial == running.0;
            if is_of_it {
                *(if waiting.is_event { &mut events } else { &mut answers }) += waiting.bytes();
            }
            !is_of_it
        });
        self.event_bytes -= events;
        self.answer_bytes -= answers;
    }

    pub(super) fn cancel_all(&mut self) {
        for (_, running) in self.operations.drain() {
            if let Some(work) = running.work {
                work.abort();
            }
        }
        self.serials.clear();
    }

    fn forget(&mut self, serial: u64) -> Option<(u64, Running)> {
        let running = self.operations.remove(&serial)?;
        self.serials.remove(&running.id);
        self.idle_since = Instant::now();
        Some((serial, running))
    }

    /// Since when there has been no operation. None while there is one.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        self.operations.is_empty().then_some(self.idle_since)
    }

    pub(super) fn ping(&mut self) {
        self.is_ping_due = true;
    }

    pub(super) fn reply(&mut self, message: String) {
        self.reply_bytes += OVERHEAD_BYTES + message.len();
        self.replies.push_back(Some(message));
    }

    pub(super) fn flush(&mut self) {
        self.replies.push_back(None);
    }

    pub(super) fn has_room_for_replies(&self) -> bool {
        self.replies.len() < MAX_REPLIES && self.reply_bytes < self.limits.bytes
    }

    pub(super) fn has_room_for_answers(&self) -> bool {
        self.answer_bytes < self.limits.bytes
    }

    /// Adds an event, and says how many were dropped for it.
    pub(super) fn event(&mut self, serial: u64, response: Vec<u8>) -> u64 {
        let Some(running) = self.operations.get_mut(&serial) else {
            return 0;
        };
        let waiting = Waiting {
            serial,
            id: Arc::clone(&running.id),
            part: Part::Next { response, dropped: 0 },
            is_event: true,
        };
        running.events += 1;
        let is_too_many = running.events > self.limits.events;
        self.event_bytes += waiting.bytes();
        self.waiting.push_back(waiting);
        let mut dropped = 0;
        if is_too_many {
            dropped += self.drop_first(|_, waiting| waiting.serial == serial);
        }
        while self.event_bytes > self.limits.bytes {
            let has_newer = |queue: &Self, waiting: &Waiting| {
                queue
                    .operations
                    .get(&waiting.serial)
                    .is_some_and(|running| running.events > 1)
            };
            // The newest of a subscription stays as long as there is any other.
            let found = match self.drop_first(has_newer) {
                0 => self.drop_first(|_, waiting| waiting.serial != serial),
                found => found,
            };
            if found == 0 {
                break;
            }
            dropped += found;
        }
        dropped
    }

    /// Drops the oldest event of those that `fits` says may go.
    fn drop_first(&mut self, fits: impl Fn(&Self, &Waiting) -> bool) -> u64 {
        let place = (self.waiting.iter()).position(|waiting| waiting.is_event && fits(self, waiting));
        let Some(waiting) = place.and_then(|place| self.waiting.remove(place)) else {
            return 0;
        };
        self.event_bytes -= waiting.bytes();
        if let Some(running) = self.operations.get_mut(&waiting.serial) {
            running.events -= 1;
            running.dropped += 1;
        }
        1
    }

    /// Ends an operation with `parts`; nothing where it was cancelled.
    pub(super) fn end(&mut self, serial: u64, parts: Vec<Part>) {
        let Some((serial, mut running)) = self.forget(serial) else {
            return;
        };
        // No newer ones will come for its events, so they stay.
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.serial == serial) {
            waiting.is_event = false;
            self.event_bytes -= waiting.bytes();
            self.answer_bytes += waiting.bytes();
            if let Part::Next { dropped, .. } = &mut waiting.part {
                *dropped = std::mem::take(&mut running.dropped);
            }
        }
        for part in parts {
            let waiting = Waiting {
                serial,
                id: Arc::clone(&running.id),
                part,
                is_event: false,
            };
            self.answer_bytes += waiting.bytes();
            self.waiting.push_back(waiting);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.is_ping_due && self.replies.is_empty() && self.waiting.is_empty()
    }

    pub(super) fn take(&mut self) -> Option<Outgoing> {
        if std::mem::take(&mut self.is_ping_due) {
            return Some(Outgoing::Ping);
        }
        if let Some(reply) = self.replies.pop_front() {
            let Some(reply) = reply else {
                return Some(Outgoing::Flush);
            };
            self.reply_bytes -= OVERHEAD_BYTES + reply.len();
            return Some(Outgoing::Reply(reply));
        }
        let mut waiting = self.waiting.pop_front()?;
        let bytes = waiting.bytes();
        if !waiting.is_event {
            self.answer_bytes -= bytes;
            return Some(Outgoing::Of(waiting.id, waiting.part));
        }
        self.event_bytes -= bytes;
        if let (Some(running), Part::Next { dropped, .. }) =
            (self.operations.get_mut(&waiting.serial), &mut waiting.part)
        {
            running.events -= 1;
            *dropped = std::mem::take(&mut running.dropped);
        }
        Some(Outgoing::Of(waiting.id, waiting.part))
    }

    /// Bytes of events, answers and replies that wait.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> [usize; 3] {
        [self.event_bytes, self.answer_bytes, self.reply_bytes]
    }
}
