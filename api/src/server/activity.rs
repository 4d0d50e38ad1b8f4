//! What a connection is doing: what decides whether it waits for its client, and since when.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// How long a connection waits for its client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// From a request's first byte to the end of its headers.
    pub(super) headers: Duration,
    /// From an answer to the next request.
    pub(super) idle: Duration,
    /// Without anything of an answer being taken.
    pub(super) answer: Duration,
}

impl Patience {
    /// How often to look, where nothing else says when.
    pub(super) fn shortest(self) -> Duration {
        self.headers.min(self.idle).min(self.answer)
    }
}

/// Why a connection was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    Headers,
    Idle,
    Answer,
}

/// What one connection is doing, shared by its socket and its requests.
#[derive(Debug)]
pub(crate) struct Activity {
    patience: Patience,
    state: Mutex<State>,
    began: Notify,
    given_up: Notify,
}

#[derive(Debug)]
struct State {
    /// Requests whose answer is not wholly handed over.
    running: u32,
    /// Since when none runs.
    idle_since: Instant,
    /// When the first byte of the next request came. From the start: a new client has something to say.
    headers_since: Option<Instant>,
    /// Frames that are no part of a request come at any time.
    speaks_http2: bool,
    /// It is a WebSocket now, whose own rules say how long it may be silent.
    is_upgraded: bool,
    /// The client was answered before it had sent all of its request.
    has_more_to_say: bool,
    /// Parts of answers that wait for the client, by the order in which they were handed over.
    owed: BTreeMap<u64, Instant>,
    next_owed: u64,
}

/// A request that runs, until this is dropped.
#[derive(Debug)]
pub(super) struct Running(Arc<Activity>);

/// Something that the client has yet to take, until this is dropped.
#[derive(Debug)]
pub(super) struct Owed {
    activity: Arc<Activity>,
    number: u64,
}

impl Activity {
    pub(super) fn new(patience: Patience) -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Self {
            patience,
            state: Mutex::new(State {
                running: 0,
                idle_since: now,
                headers_since: Some(now),
                speaks_http2: false,
                is_upgraded: false,
                has_more_to_say: false,
                owed: BTreeMap::new(),
                next_owed: 0,
            }),
            began: Notify::new(),
            given_up: Notify::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn patience(&self) -> Patience {
        self.patience
    }

    /// A request's headers have come.
    pub(super) fn begin(self: &Arc<Self>, is_http2: bool) -> Running {
        let mut state = self.state();
        state.running += 1;
        state.headers_since = None;
        state.speaks_http2 |= is_http2;
        state.has_more_to_say = false;
        drop(state);
        self.began.notify_waiters();
        Running(Arc::clone(self))
    }

    /// Bytes came from the client.
    pub(super) fn heard(&self) {
        let mut state = self.state();
        if state.running == 0 && !state.speaks_http2 && !state.is_upgraded && state.headers_since.is_none() {
            state.headers_since = Some(Instant::now());
        }
    }

    /// The connection has become a socket.
    pub(super) fn upgraded(&self) {
        self.state().is_upgraded = true;
    }

    /// A request's body was not read to its end.
    pub(crate) fn left_unread(&self) {
        self.state().has_more_to_say = true;
    }

    /// Whether the client may be sending still. What a socket's client says has no end that is known here.
    pub(super) fn has_more_to_say(&self) -> bool {
        let state = self.state();
        state.has_more_to_say || state.is_upgraded
    }

    /// Hands something over to the client.
    pub(super) fn owe(self: &Arc<Self>) -> Owed {
        let mut state = self.state();
        let number = state.next_owed;
        state.next_owed += 1;
        state.owed.insert(number, Instant::now());
        Owed {
            activity: Arc::clone(self),
            number,
        }
    }

    /// Until when the client has to move, and what it is then late with; none while the server is to move.
    pub(super) fn deadline(&self) -> Option<(Instant, Overdue)> {
        let state = self.state();
        let patience = self.patience;
        let answer = state.owed.first_key_value();
        let answer = answer.map(|(_, since)| (*since + patience.answer, Overdue::Answer));
        if state.is_upgraded || state.running > 0 {
            return answer;
        }
        let request = match state.headers_since {
            Some(since) => (since + patience.headers, Overdue::Headers),
            None => (state.idle_since + patience.idle, Overdue::Idle),
        };
        Some(answer.map_or(request, |answer| if answer.0 < request.0 { answer } else { request }))
    }

    /// Since when the connection has waited for a request; none while it is of use, or has something to hand over.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        let state = self.state();
        let is_waiting = !state.is_upgraded && state.running == 0 && state.owed.is_empty();
        is_waiting.then(|| state.headers_since.unwrap_or(state.idle_since))
    }

    /// Ends the connection: another needs its place.
    pub(super) fn give_up(&self) {
        self.given_up.notify_one();
    }

    /// Ends once the connection is to end for another's sake.
    pub(super) async fn given_up(&self) {
        self.given_up.notified().await;
    }

    /// Ends once a request runs, at once where one does.
    pub(super) async fn busy(&self) {
        let began = self.began.notified();
        if self.state().running == 0 {
            began.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.running -= 1;
        state.idle_since = Instant::now();
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        self.activity.state().owed.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        headers: Duration::from_secs(10),
        idle: Duration::from_mins(1),
        answer: Duration::from_secs(30),
    };

    #[test]
    fn a_client_is_waited_for_as_long_as_its_state_allows() {
        let activity = Activity::new(PATIENCE);
        let check = |patience: Duration, expected, case| {
            let (at, why) = activity.deadline().expect(case);
            assert_eq!(why, expected, "{case}");
            // Of a moment that has just been.
            let left = at - Instant::now();
            assert!(left <= patience && left > patience / 2, "{case}: {left:?}");
        };
        check(PATIENCE.headers, Overdue::Headers, "at first");
        let request = activity.begin(false);
        activity.heard();
        assert_eq!(activity.deadline(), None, "while the server works");
        drop(request);
        check(PATIENCE.idle, Overdue::Idle, "after an answer");
        activity.heard();
        check(PATIENCE.headers, Overdue::Headers, "in the headers");
        let first = activity.deadline();
        activity.heard();
        assert_eq!(activity.deadline(), first, "later bytes win no time");
        let request = activity.begin(true);
        let owed = activity.owe();
        check(PATIENCE.answer, Overdue::Answer, "with an answer to take");
        let first = activity.deadline();
        let another = activity.owe();
        assert_eq!(activity.deadline(), first, "nor does another answer");
        drop((owed, another, request));
        activity.heard();
        check(PATIENCE.idle, Overdue::Idle, "frames are no request");
        activity.upgraded();
        assert_eq!(activity.deadline(), None, "a socket has rules of its own");
    }
}
