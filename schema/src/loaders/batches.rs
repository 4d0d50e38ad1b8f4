//! When batches are sent: once their request has come to rest, which it does when every field of one depth has asked.
//! A request that only pauses is no rest: of long lists inside long lists, each poll goes through a few.
//!
//! Batches run inside the request's own task, taking turns with it. A task of their own would run on another thread while
//! fields are still asking, and one depth would become several statements; a timer would wait for the runtime's next
//! tick, milliseconds for each depth. A request that is given up takes its batches with it.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};

use super::Loaders;

/// The task of a request, and whether somebody has woken it.
struct Task {
    waker: Waker,
    woken: AtomicBool,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.waker.wake_by_ref();
    }
}

impl Loaders {
    /// Runs `request`, and whenever it rests, what its fields have asked these loaders for.
    pub(crate) async fn run<T: Send>(self: &Arc<Self>, request: impl Future<Output = T> + Send) -> T {
        // Each is polled only when it was woken itself: a row that arrives for a batch is no news to the request.
        let mut running: FuturesUnordered<BoxFuture<'_, Option<T>>> = FuturesUnordered::new();
        running.push(request.map(Some).boxed());
        poll_fn(|context| {
            let task = Arc::new(Task {
                waker: context.waker().clone(),
                woken: AtomicBool::new(false),
            });
            let waker = Waker::from(Arc::clone(&task));
            let context = &mut Context::from_waker(&waker);
            loop {
                task.woken.store(false, Ordering::Release);
                if let Poll::Ready(Some(ended)) = running.poll_next_unpin(context) {
                    match ended {
                        Some(output) => return Poll::Ready(output),
                        None => continue,
                    }
                }
                if task.woken.load(Ordering::Acquire) {
                    // It pauses, and the runtime knows that it wants to go on.
                    return Poll::Pending;
                }
                let batches = self.begin_batches();
                if batches.is_empty() {
                    return Poll::Pending;
                }
                running.extend(batches.into_iter().map(|batch| batch.map(|()| None).boxed()));
            }
        })
        .await
    }
}
