//! How far the server is on its way out.

use tokio::sync::watch;

/// The steps of a shutdown, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Serving,
    /// Requests are taken as ever, and load balancers are told to send them elsewhere.
    Announced,
    /// No connection is taken, and those that are open close after their answer.
    Closing,
    /// What still runs is ended.
    Cut,
}

/// Tells whoever has to know how far it is.
#[derive(Debug, Clone)]
pub(crate) struct Draining(watch::Receiver<Phase>);

/// Decides how far it is. When it is dropped, so is all that runs.
#[derive(Debug)]
pub(super) struct Drain(watch::Sender<Phase>);

/// The two ends.
pub(super) fn channel() -> (Drain, Draining) {
    let (sender, receiver) = watch::channel(Phase::Serving);
    (Drain(sender), Draining(receiver))
}

impl Drain {
    /// Goes on to `phase`, never back.
    pub(super) fn advance(&self, phase: Phase) {
        self.0.send_if_modified(|current| {
            let is_later = phase > *current;
            *current = phase.max(*current);
            is_later
        });
    }
}

impl Draining {
    /// Whether new requests should go elsewhere.
    pub(crate) fn is_announced(&self) -> bool {
        *self.0.borrow() >= Phase::Announced
    }

    /// Ends when whatever could go on for ever has to end: sockets, streams of events.
    pub(crate) async fn begun(&self) {
        self.reached(Phase::Closing).await;
    }

    /// Of a server that goes on for ever.
    #[cfg(test)]
    pub(crate) fn never() -> Self {
        let (drain, draining) = channel();
        std::mem::forget(drain);
        draining
    }

    pub(super) async fn reached(&self, phase: Phase) {
        // Where nobody decides any more, it is over.
        let _ = self.0.clone().wait_for(|current| *current >= phase).await;
    }
}
