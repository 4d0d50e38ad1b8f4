//! When batches are sent: once their request has come to rest, which it does when every field of one depth has asked.
//! A request that only pauses is no rest: of long lists inside long lists, each poll goes through a few.
//!
//! Batches run inside the request's own task, taking turns with it. A task of their own would run on another thread while
//! fields are still asking, and one depth would become several statements; a timer would wait for the runtime's next
//! tick, milliseconds for each depth. A request that is given up takes its batches with it.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll};

use futures_util::{StreamExt as _, stream::FuturesUnordered};

use super::Loaders;

impl Loaders {
    /// Runs `request`, and whenever it rests, what its fields have asked these loaders for.
    pub(crate) async fn run<F: Future>(self: &Arc<Self>, request: F) -> F::Output {
        let mut request = pin!(request);
        let mut sent = FuturesUnordered::new();
        poll_fn(|context| {
            loop {
                let asked = self.asked();
                if let Poll::Ready(output) = request.as_mut().poll(context) {
                    return Poll::Ready(output);
                }
                if self.asked() > asked {
                    continue;
                }
                self.begin_batches(&mut sent);
                let mut has_answers = false;
                // All that are there, so that their fields go on together.
                while let Poll::Ready(Some(())) = sent.poll_next_unpin(context) {
                    has_answers = true;
                }
                if !has_answers {
                    return Poll::Pending;
                }
            }
        })
        .await
    }
}
