//! Whether Redis is asked at all: a circuit that opens when it fails, and the task that closes it again.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use super::{
    answers,
    nodes::{Connection, Nodes},
};

/// Failures in a row that open the circuit. A connection that is lost opens it alone.
const FAILURES: u32 = 3;
/// How long the circuit stays open at first, and at most: each time that it did not help doubles it.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(100);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The connection in use, while there is one that works.
#[derive(Default)]
pub(super) struct Circuit {
    state: Mutex<State>,
    opened: Notify,
}

#[derive(Default)]
struct State {
    /// None while the circuit is open.
    connection: Option<Connection>,
    /// Of the connection, so that what is late from one before does not count against it.
    number: u64,
    failures: u32,
    /// Whether a command has succeeded on it.
    is_proven: bool,
}

impl Circuit {
    /// The connection in use and its number; none while the circuit is open.
    pub(super) fn connection(&self) -> Option<(Connection, u64)> {
        let state = self.state();
        Some((state.connection.clone()?, state.number))
    }

    pub(super) fn succeeded(&self, number: u64) {
        let mut state = self.state();
        if state.number == number {
            state.failures = 0;
            state.is_proven = true;
        }
    }

    /// Counts a failure; `is_lost` says that nothing more can come over that connection.
    pub(super) fn failed(&self, number: u64, is_lost: bool) {
        let mut state = self.state();
        if state.number != number || state.connection.is_none() {
            return;
        }
        state.failures += 1;
        if is_lost || state.failures >= FAILURES {
            state.connection = None;
            self.opened.notify_one();
        }
    }

    fn close(&self, connection: Connection) {
        let mut state = self.state();
        *state = State {
            connection: Some(connection),
            number: state.number + 1,
            failures: 0,
            is_proven: false,
        };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the state, and what it holds is whole at every moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the circuit closed as far as that can be done. Never ends.
pub(super) async fn keep(circuit: Arc<Circuit>, nodes: Arc<Nodes>, timeout: Duration) {
    let mut pause = FIRST_PAUSE;
    let mut was_up = None;
    loop {
        let is_up = match nodes.connect().await {
            Ok(connection) if answers(connection.clone(), timeout).await => {
                report(&mut was_up, Ok(()));
                circuit.close(connection);
                circuit.opened.notified().await;
                report(&mut was_up, Err("it stopped answering in time".to_owned()));
                circuit.state().is_proven
            }
            Ok(_) => {
                report(&mut was_up, Err("it does not answer in time".to_owned()));
                false
            }
            Err(error) => {
                report(&mut was_up, Err(error.to_string()));
                false
            }
        };
        if is_up {
            pause = FIRST_PAUSE;
        }
        rest(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing tells when a Redis that is away may be back"
)]
pub(super) async fn rest(pause: Duration) {
    tokio::time::sleep(pause).await;
}

/// Says once what has changed.
fn report(was_up: &mut Option<bool>, state: Result<(), String>) {
    if *was_up == Some(state.is_ok()) {
        return;
    }
    *was_up = Some(state.is_ok());
    match state {
        Ok(()) => tracing::info!("redis answers"),
        Err(reason) => tracing::warn!(reason, "redis is away: this instance goes on by itself"),
    }
}
