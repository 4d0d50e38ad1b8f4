//! Noting what is done, by whichever thread does it.
//!
//! Each thread has a part of its own, so that they hardly ever wait for each other: a request that is answered from memory takes
//! microseconds.

use std::{
    cell::Cell,
    collections::BTreeMap,
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::figures::Figures;

/// Parts. More threads share them, which is as right.
const PARTS: usize = 16;

/// What was noted and is not written yet.
#[derive(Default)]
pub(super) struct Noting([Part; PARTS]);

/// Apart from others in the processor's memory too.
#[derive(Default)]
#[repr(align(128))]
struct Part(Mutex<Minutes>);

/// What was noted in the minute that was noted in last, and in those before.
#[derive(Default)]
struct Minutes {
    minute: i32,
    figures: Figures,
    before: Vec<(i32, Figures)>,
}

thread_local! {
    static PLACE: Cell<usize> = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        Cell::new(THREADS.fetch_add(1, Ordering::Relaxed) % PARTS)
    };
}

impl Noting {
    /// Has `note` note something in a minute, by its number since 1970.
    pub(super) fn note(&self, minute: i32, note: impl FnOnce(&mut Figures)) {
        let minutes = &mut *held(&self.0[PLACE.get()]);
        if minutes.minute != minute {
            let figures = mem::take(&mut minutes.figures);
            if !figures.is_empty() {
                minutes.before.push((minutes.minute, figures));
            }
            minutes.minute = minute;
        }
        note(&mut minutes.figures);
    }

    /// Moves what was noted into `taken`, by minutes.
    pub(super) fn take(&self, taken: &mut BTreeMap<i32, Figures>) {
        for part in &self.0 {
            let (last, before) = {
                let minutes = &mut *held(part);
                (
                    (minutes.minute, mem::take(&mut minutes.figures)),
                    mem::take(&mut minutes.before),
                )
            };
            for (minute, figures) in before.into_iter().chain([last]) {
                if !figures.is_empty() {
                    taken.entry(minute).or_default().merge(&figures);
                }
            }
        }
    }
}

fn held(part: &Part) -> MutexGuard<'_, Minutes> {
    // Nothing panics while it is held.
    part.0.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, thread, time::Duration};

    use super::Noting;
    use crate::{
        cache::Lookups,
        operations::figures::{Answered, Figures},
    };

    fn note(noting: &Noting, minute: i32) {
        let answered = Answered {
            operation: "Scroll",
            is_trusted: false,
            took: Duration::from_millis(1),
            statements: 0,
            lookups: Lookups::default(),
            was_kept: false,
            errors: &[],
        };
        noting.note(minute, |figures| figures.note_answer(&answered, 0));
    }

    #[test]
    fn what_threads_note_is_taken_once_by_its_minute() {
        let noting = Noting::default();
        thread::scope(|scope| {
            for _ in 0..40 {
                scope.spawn(|| {
                    for place in 0..300 {
                        note(&noting, place / 100);
                    }
                });
            }
        });
        let mut taken = BTreeMap::new();
        noting.take(&mut taken);
        let count = |figures: &Figures| figures.totals().times.count();
        let counts: Vec<(i32, u64)> = taken
            .iter()
            .map(|(minute, figures)| (*minute, count(figures)))
            .collect();
        assert_eq!(counts, [(0, 4_000), (1, 4_000), (2, 4_000)]);
        noting.take(&mut taken);
        assert_eq!(taken.values().map(count).sum::<u64>(), 12_000);
        note(&noting, 2);
        noting.take(&mut taken);
        assert_eq!(taken.values().map(count).sum::<u64>(), 12_001);
    }
}
