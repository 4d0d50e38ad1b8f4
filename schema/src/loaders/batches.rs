//! When a batch is sent: once its request has come to rest, which it does when every field of one depth has asked.
//!
//! Batches run inside the request's own task, taking turns with it. A task of their own would run on another thread while
//! fields are still asking, and one depth would become several statements; a timer would wait for the runtime's next
//! tick, milliseconds for each depth. A request that is given up takes its batches with it.

use std::{
    future::{poll_fn, ready},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use async_graphql::runtime::Timer;
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::BoxFuture,
    stream::FuturesUnordered,
    task::{FutureObj, Spawn, SpawnError},
};

/// The batches that a request's fields have begun and nobody has sent yet.
#[derive(Clone, Default)]
pub(crate) struct Batches(Arc<Mutex<Vec<FutureObj<'static, ()>>>>);

impl Batches {
    /// Runs `request`, and whenever it rests, what its fields wait for.
    pub(crate) async fn run<F: Future>(&self, request: F) -> F::Output {
        let mut request = pin!(request);
        let mut sent = FuturesUnordered::new();
        poll_fn(|context| {
            loop {
                if let Poll::Ready(output) = request.as_mut().poll(context) {
                    return Poll::Ready(output);
                }
                sent.extend(self.begun().drain(..));
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

    fn begun(&self) -> std::sync::MutexGuard<'_, Vec<FutureObj<'static, ()>>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spawn for Batches {
    fn spawn_obj(&self, batch: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.begun().push(batch);
        Ok(())
    }
}

/// A batch that is sent has waited for its siblings already.
pub(super) struct NoDelay;

impl Timer for NoDelay {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        ready(()).boxed()
    }
}
