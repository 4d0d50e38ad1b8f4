//! How long the parts of a search take, for those who run the service.

use std::time::Instant;

use super::computing::is_in_turn;

/// Does a part of a search, and notes how long it took. `kind` is its label, of a fixed list. To be called within
/// [`compute`](super::compute).
pub(super) fn timed<T>(kind: &'static str, work: impl FnOnce() -> T) -> T {
    debug_assert!(is_in_turn(), "{kind}");
    let started = Instant::now();
    let done = work();
    metrics::histogram!("search_duration_seconds", "kind" => kind).record(started.elapsed());
    done
}
