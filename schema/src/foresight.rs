//! The next page, worked out before anybody asks for it.
//!
//! Whoever has one page of a list often wants the next: the same operation with the last cursor in its variable. Its response is kept as
//! any other, and so answers everybody who scrolls the same way. How many of those responses are asked for says whether it goes on:
//! where fewer than one in four is, it is only tried now and then.

mod scroll;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use scroll::Scroll;

/// So many pages are worked out before anything is made of how many were asked for.
const TRIAL: u64 = 32;

/// Of so many pages, one has to be asked for.
const WORTH_ONE_IN: u64 = 4;

/// Where they are not, one page in so many is worked out all the same: people may have begun to scroll.
const TRIED_ONE_IN: u64 = 16;

/// What was learned is forgotten by half each time so many pages were worked out.
const MEMORY: u64 = 1024;

/// Decides what is worked out before it is asked for. Clones share what they know.
#[derive(Clone)]
pub(crate) struct Foresight(Arc<Known>);

struct Known {
    /// As many at once as there are cores: more would only take them from requests.
    places: Arc<Semaphore>,
    made: AtomicU64,
    used: AtomicU64,
    considered: AtomicU64,
}

impl Foresight {
    /// Works out as many pages at once.
    pub(crate) fn new(at_once: usize) -> Self {
        Self(Arc::new(Known {
            places: Arc::new(Semaphore::new(at_once)),
            made: AtomicU64::default(),
            used: AtomicU64::default(),
            considered: AtomicU64::default(),
        }))
    }

    /// A place to work out one page, where that promises anything and there is one.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        let known = &*self.0;
        let (made, used) = (known.made.load(Ordering::Relaxed), known.used.load(Ordering::Relaxed));
        let is_promising = made < TRIAL || used * WORTH_ONE_IN >= made;
        let is_tried = is_promising
            || known
                .considered
                .fetch_add(1, Ordering::Relaxed)
                .is_multiple_of(TRIED_ONE_IN);
        is_tried
            .then(|| Arc::clone(&known.places).try_acquire_owned().ok())
            .flatten()
    }

    /// A page was worked out.
    pub(crate) fn note_made(&self) {
        metrics::counter!("cache_foreseen_pages_total", "status" => "made").increment(1);
        let known = &*self.0;
        if known.made.fetch_add(1, Ordering::Relaxed) >= MEMORY {
            // Two at once forget more, of both alike.
            known.made.store(MEMORY / 2, Ordering::Relaxed);
            known
                .used
                .store(known.used.load(Ordering::Relaxed) / 2, Ordering::Relaxed);
        }
    }

    /// Somebody asked for a page that was.
    pub(crate) fn note_used(&self) {
        metrics::counter!("cache_foreseen_pages_total", "status" => "used").increment(1);
        self.0.used.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{Foresight, TRIAL, TRIED_ONE_IN, WORTH_ONE_IN};

    /// How many of so many pages would be worked out.
    fn tried(foresight: &Foresight, pages: u64) -> u64 {
        (0..pages).map(|_| u64::from(foresight.place().is_some())).sum()
    }

    #[test]
    fn as_many_at_once_as_there_are_places() {
        let foresight = Foresight::new(2);
        let (first, second) = (foresight.place(), foresight.place());
        assert!(first.is_some() && second.is_some() && foresight.place().is_none());
        drop(first);
        assert!(foresight.place().is_some());
    }

    #[test]
    fn what_nobody_asks_for_is_seldom_tried() {
        let foresight = Foresight::new(1);
        for _ in 0..TRIAL - 1 {
            foresight.note_made();
        }
        assert_eq!(tried(&foresight, 160), 160);
        foresight.note_made();
        assert_eq!(tried(&foresight, 160), 160 / TRIED_ONE_IN);
        // As soon as enough are asked for, it goes on.
        for _ in 0..TRIAL / WORTH_ONE_IN {
            assert_eq!(tried(&foresight, 16), 1);
            foresight.note_used();
        }
        assert_eq!(tried(&foresight, 160), 160);
    }

    #[test]
    fn what_is_long_past_counts_for_less() {
        let foresight = Foresight::new(1);
        for _ in 0..2_000 {
            foresight.note_made();
            foresight.note_used();
        }
        for _ in 0..4_000 {
            foresight.note_made();
        }
        assert_eq!(tried(&foresight, 160), 160 / TRIED_ONE_IN);
    }
}
