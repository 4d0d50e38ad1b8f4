//! What a request has seen of the catalog, and what its answer is made of.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering},
};

use super::{
    made_of::{Gathered, MadeOf},
    resource::Dependency,
};

/// How far a request has seen the catalog: what it is shown next is never older. Whoever is no request forgets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading(Option<Arc<Seen>>);

/// What a request has seen.
#[derive(Debug, Default)]
struct Seen {
    generation: AtomicI64,
    wanted: AtomicU32,
    found: AtomicU32,
    /// Statements that read what was wanted by key.
    loads: AtomicU32,
    /// It has seen what no key tells of.
    is_of_everything: AtomicBool,
    /// What it wanted by key.
    made_of: Mutex<Gathered>,
}

/// Things that a request has wanted of the catalog, and how many of them were in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lookups {
    pub wanted: u32,
    pub found: u32,
}

impl Reading {
    /// A request's, which has seen nothing yet.
    pub(crate) fn of_request() -> Self {
        Self(Some(Arc::default()))
    }

    /// This one, or one of its own for who forgets.
    pub(super) fn or_of_request(&self) -> Self {
        if self.0.is_some() {
            self.clone()
        } else {
            Self::of_request()
        }
    }

    /// Has seen the catalog's `generation`.
    pub(crate) fn saw(&self, generation: i64) {
        if let Some(seen) = &self.0 {
            seen.generation.fetch_max(generation, Ordering::Relaxed);
        }
    }

    /// Has seen what no key tells of, as what a search finds.
    pub(crate) fn saw_everything(&self) {
        if let Some(seen) = &self.0 {
            seen.is_of_everything.store(true, Ordering::Relaxed);
        }
    }

    /// The answer is made of this as well.
    pub(crate) fn shows(&self, dependency: Dependency) {
        self.shows_all(std::iter::once(dependency));
    }

    /// The answer is made of all these as well.
    pub(crate) fn shows_all(&self, shown: impl Iterator<Item = Dependency>) {
        let Some(seen) = &self.0 else { return };
        let mut made_of = seen.made_of();
        for dependency in shown {
            if !made_of.is_full() {
                made_of.add(dependency);
            }
        }
    }

    /// Has wanted so many things, of which memory had some.
    pub(super) fn looked_up(&self, wanted: usize, found: usize) {
        if let Some(seen) = &self.0 {
            let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
            seen.wanted.fetch_add(count(wanted), Ordering::Relaxed);
            seen.found.fetch_add(count(found), Ordering::Relaxed);
        }
    }

    /// Has read by one statement what was wanted by key.
    pub(super) fn loaded(&self) {
        if let Some(seen) = &self.0 {
            seen.loads.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What it has wanted so far.
    pub(crate) fn lookups(&self) -> Lookups {
        self.0.as_ref().map_or_else(Lookups::default, |seen| Lookups {
            wanted: seen.wanted.load(Ordering::Relaxed),
            found: seen.found.load(Ordering::Relaxed),
        })
    }

    /// What it has seen, where it has run so many `statements`: one that was not for a key may have seen anything.
    pub(crate) fn made_of(&self, statements: u32) -> MadeOf {
        let Some(seen) = &self.0 else {
            return MadeOf::Everything;
        };
        let is_of_everything =
            seen.is_of_everything.load(Ordering::Relaxed) || statements != seen.loads.load(Ordering::Relaxed);
        if is_of_everything {
            MadeOf::Everything
        } else {
            seen.made_of().made_of()
        }
    }

    pub(super) fn at_least(&self) -> i64 {
        self.0
            .as_ref()
            .map_or(0, |seen| seen.generation.load(Ordering::Relaxed))
    }
}

impl Seen {
    fn made_of(&self) -> MutexGuard<'_, Gathered> {
        self.made_of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Dependency, MadeOf, Reading};
    use crate::cache::SetId;

    #[test]
    fn an_answer_is_made_of_what_was_asked_for() {
        let reading = Reading::of_request();
        assert_eq!(reading.made_of(0).bytes(), 0);
        reading.shows(Dependency::Set(SetId(1)));
        reading.loaded();
        assert_eq!(reading.made_of(1), MadeOf::set(SetId(1)));
        // A statement that was for no key, and one that somebody else ran.
        assert_eq!(reading.made_of(2), MadeOf::Everything);
        reading.saw_everything();
        assert_eq!(reading.made_of(1), MadeOf::Everything);
        assert_eq!(Reading::default().made_of(0), MadeOf::Everything);
    }
}
