//! What a request has seen of the catalog, and what its answer is made of.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering},
};

use super::resource::SetId;

/// Sets that are told apart. An answer that is made of more is taken to be made of everything.
const MOST_SETS: usize = 64;

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
    /// The sets of what it wanted by key.
    sets: Mutex<Vec<SetId>>,
}

/// Things that a request has wanted of the catalog, and how many of them were in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lookups {
    pub wanted: u32,
    pub found: u32,
}

/// What an answer is made of: while none of it changes, the answer stays right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MadeOf {
    /// Of the catalog and the search index as they are.
    Everything,
    /// Of what lies, or does not lie, in some sets.
    Sets(Sets),
}

/// Some sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sets(pub(crate) Arc<[SetId]>);

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

    /// Has wanted something of each of these sets.
    pub(super) fn wanted_of(&self, wanted: impl Iterator<Item = SetId>) {
        let Some(seen) = &self.0 else { return };
        let mut sets = seen.sets();
        for set in wanted {
            // One more says that they are too many.
            if sets.len() <= MOST_SETS && !sets.contains(&set) {
                sets.push(set);
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
        let sets = seen.sets();
        let is_of_everything = seen.is_of_everything.load(Ordering::Relaxed)
            || statements != seen.loads.load(Ordering::Relaxed)
            || sets.len() > MOST_SETS;
        if is_of_everything {
            MadeOf::Everything
        } else {
            MadeOf::Sets(Sets(sets.as_slice().into()))
        }
    }

    pub(super) fn at_least(&self) -> i64 {
        self.0
            .as_ref()
            .map_or(0, |seen| seen.generation.load(Ordering::Relaxed))
    }
}

impl Seen {
    fn sets(&self) -> std::sync::MutexGuard<'_, Vec<SetId>> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_SETS, MadeOf, Reading, Sets};
    use crate::cache::SetId;

    fn sets(numbers: &[u16]) -> MadeOf {
        MadeOf::Sets(Sets(numbers.iter().map(|number| SetId(*number)).collect()))
    }

    #[test]
    fn an_answer_is_made_of_the_sets_that_were_asked_for() {
        let reading = Reading::of_request();
        assert_eq!(reading.made_of(0), sets(&[]));
        reading.wanted_of([SetId(1), SetId(2), SetId(1)].into_iter());
        reading.loaded();
        assert_eq!(reading.made_of(1), sets(&[1, 2]));
        // A statement that was for no key, and one that somebody else ran.
        assert_eq!(reading.made_of(2), MadeOf::Everything);
        reading.saw_everything();
        assert_eq!(reading.made_of(1), MadeOf::Everything);
        assert_eq!(Reading::default().made_of(0), MadeOf::Everything);
    }

    #[test]
    fn of_many_sets_it_is_made_of_everything() {
        let most = u16::try_from(MOST_SETS).expect("a small number");
        let reading = Reading::of_request();
        reading.wanted_of((0..most).map(SetId));
        assert_eq!(reading.made_of(0), sets(&(0..most).collect::<Vec<_>>()));
        reading.wanted_of(std::iter::once(SetId(most)));
        assert_eq!(reading.made_of(0), MadeOf::Everything);
    }
}
