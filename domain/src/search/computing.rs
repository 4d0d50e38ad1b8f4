//! Searches take the processor for milliseconds at a time. As many run at once as there are cores, apart from what only waits: so
//! nobody's search keeps other requests from being taken, or refused.

use std::{cell::Cell, num::NonZero, sync::LazyLock, thread::available_parallelism};

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::Semaphore,
    task::block_in_place,
};

/// As many as there are cores. Asking the system takes as long as a small search: it reads the limits of its group.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, NonZero::get)));

thread_local! {
    /// Whether this thread has a turn.
    static HAS_TURN: Cell<bool> = const { Cell::new(false) };
}

/// Does `work` in its turn, for which the first waits who came first. Whatever else the thread had to do is done by another meanwhile,
/// where there can be one.
#[expect(
    clippy::disallowed_methods,
    reason = "where there is one thread for all tasks, it is not called"
)]
pub async fn compute<T>(work: impl FnOnce() -> T) -> T {
    if !has_others() {
        return work();
    }
    // Nobody closes it, which alone could fail.
    let _turn = TURNS.acquire().await;
    block_in_place(|| {
        let _mark = Mark::new();
        work()
    })
}

/// Whether this computes in a turn, or where there are none.
pub(super) fn is_in_turn() -> bool {
    HAS_TURN.get() || !has_others()
}

/// Whether there are other threads for tasks.
fn has_others() -> bool {
    Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread)
}

/// This thread has a turn, until this is dropped.
struct Mark;

impl Mark {
    fn new() -> Self {
        HAS_TURN.set(true);
        Self
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        HAS_TURN.set(false);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        thread::available_parallelism,
    };

    use super::{compute, is_in_turn};

    #[test]
    fn as_many_compute_as_there_are_cores() {
        let cores = available_parallelism().map_or(1, usize::from);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        runtime.block_on(async {
            let tasks = (0..8 * cores).map(|_| {
                let (now, most) = (Arc::clone(&now), Arc::clone(&most));
                tokio::spawn(async move {
                    assert!(!is_in_turn());
                    compute(|| {
                        assert!(is_in_turn());
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        let sum: u64 = (0..2_000_000_u64).fold(0, |sum, item| sum ^ std::hint::black_box(item));
                        now.fetch_sub(1, Ordering::SeqCst);
                        sum
                    })
                    .await
                })
            });
            for task in tasks.collect::<Vec<_>>() {
                task.await.unwrap();
            }
        });
        assert!((1..=cores).contains(&most.load(Ordering::SeqCst)));
    }

    #[test]
    fn what_waits_goes_on_while_others_compute() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        runtime.block_on(async {
            let (told, mut hears) = tokio::sync::oneshot::channel();
            // There is one thread for tasks: another is there for whoever tells.
            let computing = tokio::spawn(async move {
                tokio::spawn(async move { told.send(()) });
                compute(|| {
                    while hears.try_recv().is_err() {
                        std::thread::yield_now();
                    }
                })
                .await;
            });
            computing.await.unwrap();
        });
    }
}
