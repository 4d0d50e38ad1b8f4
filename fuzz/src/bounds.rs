//! What one input may cost.

use std::{
    alloc::System,
    panic,
    sync::{
        Once,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use cap::Cap;
use cpu_time::ThreadTime;

/// An allocation beyond its limit fails, which ends the process.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Memory that one input may need, and that all inputs together may leave behind.
const GROWTH_BYTES: usize = 64 << 20;

/// Processor time that one input may take, so that a busy machine does not make it look slow.
const TIME: Duration = Duration::from_secs(1);

/// Memory after the first input, which makes what is made once.
static AFTER_FIRST: AtomicUsize = AtomicUsize::new(0);

/// Runs `target` on `input`, and panics where that takes too long or leaves too much.
pub fn within_bounds(target: fn(&[u8]), input: &[u8]) {
    let before = MEMORY.allocated();
    let is_first = AFTER_FIRST.load(Ordering::Relaxed) == 0;
    lift_limit_in_panics();
    let room = if is_first { 4 * GROWTH_BYTES } else { GROWTH_BYTES };
    let _ = MEMORY.set_limit(before + room);
    let started = ThreadTime::now();
    target(input);
    let elapsed = started.elapsed();
    let _ = MEMORY.set_limit(usize::MAX);
    assert!(elapsed < TIME, "the input took {elapsed:?}");
    let after = MEMORY.allocated();
    if is_first {
        AFTER_FIRST.store(after, Ordering::Relaxed);
    }
    let grown = after.saturating_sub(AFTER_FIRST.load(Ordering::Relaxed));
    assert!(grown <= GROWTH_BYTES, "{grown} bytes were left behind");
}

/// What is told of a panic needs more memory than an input may.
fn lift_limit_in_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let _ = MEMORY.set_limit(usize::MAX);
            tell(panic);
        }));
    });
}
