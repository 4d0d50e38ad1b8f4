//! What a job that is being done says of itself.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use super::JobFailure;

/// Failures that are told apart. Of what fails more often, the first ones say why.
const MOST_FAILURES: usize = 1000;

/// How far it is, as its row will have it within a second.
pub(super) struct Progress {
    done: AtomicI64,
    /// Less than 0 where it is not known.
    total: AtomicI64,
    failures: Mutex<Vec<JobFailure>>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            done: AtomicI64::new(0),
            total: AtomicI64::new(-1),
            failures: Mutex::default(),
        }
    }

    pub(super) fn add_done(&self, count: i64) {
        self.done.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn set_total(&self, total: i64) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// Says of a part that it did not succeed.
    pub(super) fn fail(&self, item: &str, message: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() < MOST_FAILURES {
            failures.push(JobFailure {
                item: item.to_owned(),
                message: message.to_owned(),
            });
        }
    }

    pub(super) fn done(&self) -> i64 {
        self.done.load(Ordering::Relaxed)
    }

    pub(super) fn total(&self) -> Option<i64> {
        Some(self.total.load(Ordering::Relaxed)).filter(|total| *total >= 0)
    }

    pub(super) fn failures(&self) -> Vec<JobFailure> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_FAILURES, Progress};

    #[test]
    fn failures_are_bounded() {
        let progress = Progress::new();
        assert_eq!((progress.done(), progress.total()), (0, None));
        for item in 0..=MOST_FAILURES {
            progress.fail(&item.to_string(), "no");
        }
        let failures = progress.failures();
        assert_eq!((failures.len(), failures[0].item.as_str()), (MOST_FAILURES, "0"));
    }
}
