//! Work in a task of its own.

use std::{panic::resume_unwind, task::Poll::Ready};

use futures_util::poll;
use tokio::task::JoinSet;
use tracing::Instrument as _;

/// Does `work`, and what is left of it once it has to wait in a task of its own: whatever wakes it then, which rows of a statement
/// do many times, does not go through all that a request passes. Whoever drops this drops the work.
pub(super) async fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let mut work = Box::pin(work.in_current_span());
    if let Ready(done) = poll!(&mut work) {
        return done;
    }
    let mut task = JoinSet::new();
    task.spawn(work);
    match task.join_next().await {
        Some(Ok(done)) => done,
        Some(Err(error)) if error.is_panic() => resume_unwind(error.into_panic()),
        // The runtime ends, and with it whoever waits here.
        _ => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::{panic::AssertUnwindSafe, sync::Arc};

    use futures_util::FutureExt as _;

    use super::apart;

    #[tokio::test]
    async fn work_is_done_whether_it_waits_or_not() {
        assert_eq!(apart(async { 7 }).await, 7);
        let waiting = async {
            tokio::task::yield_now().await;
            8
        };
        assert_eq!(apart(waiting).await, 8);
    }

    #[tokio::test]
    async fn a_panic_reaches_whoever_waits() {
        for waits in [false, true] {
            let work = async move {
                if waits {
                    tokio::task::yield_now().await;
                }
                panic!("on purpose")
            };
            let panic = AssertUnwindSafe(apart::<()>(work)).catch_unwind().await;
            assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"on purpose"));
        }
    }

    #[tokio::test]
    async fn work_is_dropped_with_whoever_waits() {
        let held = Arc::new(());
        let inside = Arc::clone(&held);
        let mut waiting = Box::pin(apart(async move {
            std::future::pending::<()>().await;
            drop(inside);
        }));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        tokio::task::yield_now().await;
        drop(waiting);
        let_go(&held).await;
    }

    /// Ends once nobody else holds it.
    async fn let_go(held: &Arc<()>) {
        while Arc::strong_count(held) > 1 {
            tokio::task::yield_now().await;
        }
    }
}
