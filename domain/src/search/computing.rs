//! Searches take the processor for milliseconds at a time. As many run at once as there are cores, apart from what only waits: so
//! nobody's search keeps other requests from being taken, or refused.

use std::{
    cell::Cell,
    num::NonZero,
    sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError},
    thread::available_parallelism,
};

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::block_in_place,
};

/// Searches that wait for their turn, each with a thread of its own. The runtime has 512.
const MOST_WAITING: usize = 256;

/// As many as there are cores. Asking the system takes as long as a small search: it reads the limits of its group.
static MOST_COMPUTING: LazyLock<usize> = LazyLock::new(|| available_parallelism().map_or(1, NonZero::get));

static TURNS: Turns = Turns::new();

thread_local! {
    /// Whether this thread has a turn already.
    static HAS_TURN: Cell<bool> = const { Cell::new(false) };
}

/// Those who compute, and those who wait for it.
struct Turns {
    counts: Mutex<Counts>,
    given_back: Condvar,
}

#[derive(Default)]
struct Counts {
    computing: usize,
    waiting: usize,
}

/// One turn, until it is dropped.
struct Turn;

/// Does `work` in its turn. Whatever else the thread had to do is done by another meanwhile, where there can be one.
#[expect(
    clippy::disallowed_methods,
    reason = "where there is one thread for all tasks, it is not called"
)]
pub fn compute<T>(work: impl FnOnce() -> T) -> T {
    let has_others = Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if !has_others || HAS_TURN.get() {
        return work();
    }
    block_in_place(|| {
        let _turn = TURNS.take();
        work()
    })
}

impl Turns {
    const fn new() -> Self {
        Self {
            counts: Mutex::new(Counts {
                computing: 0,
                waiting: 0,
            }),
            given_back: Condvar::new(),
        }
    }

    /// None where too many wait: it is then done at once, and beside the others.
    fn take(&self) -> Option<Turn> {
        let most = *MOST_COMPUTING;
        let mut counts = self.counts();
        if counts.computing >= most && counts.waiting >= MOST_WAITING {
            return None;
        }
        counts.waiting += 1;
        let waited = self.given_back.wait_while(counts, |counts| counts.computing >= most);
        let mut counts = waited.unwrap_or_else(PoisonError::into_inner);
        counts.waiting -= 1;
        counts.computing += 1;
        HAS_TURN.set(true);
        Some(Turn)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        HAS_TURN.set(false);
        TURNS.counts().computing -= 1;
        TURNS.given_back.notify_one();
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

    use super::{TURNS, compute};

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
                    compute(|| {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        // Inside a turn there is no other to wait for.
                        let sum: u64 =
                            compute(|| (0..2_000_000_u64).fold(0, |sum, item| sum ^ std::hint::black_box(item)));
                        now.fetch_sub(1, Ordering::SeqCst);
                        sum
                    })
                })
            });
            for task in tasks.collect::<Vec<_>>() {
                task.await.unwrap();
            }
        });
        assert!((1..=cores).contains(&most.load(Ordering::SeqCst)));
        assert_eq!(TURNS.counts().waiting, 0);
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
                });
            });
            computing.await.unwrap();
        });
    }
}
