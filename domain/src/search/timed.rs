//! How long the parts of a search take, for those who run the service.

use std::time::Instant;

use super::computing::compute;

/// Does a part of a search in its turn, and notes how long it took, without the wait. `kind` is its label, of a fixed list.
pub(super) fn timed<T>(kind: &'static str, work: impl FnOnce() -> T) -> T {
    compute(|| {
        let started = Instant::now();
        let done = work();
        metrics::histogram!("search_duration_seconds", "kind" => kind).record(started.elapsed());
        done
    })
}
