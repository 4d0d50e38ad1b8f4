//! The facts of sets, kept for as long as the catalog stays as it was when they were read.
//!
//! Nearly every page of icons wants their sets, of which there are a few hundred that change with an import. A statement
//! that reads icons reads the catalog's generation in the same snapshot, so what was read of a set in that generation is
//! what a statement would find: nobody has to be told, and nothing is stale.
//!
//! Only a database put in the place of another can have the same generation for something else. So what is remembered
//! ends after a minute anyway, at the cost of one statement.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use foldhash::HashMap;

use super::IconSet;

const MAX_AGE: Duration = Duration::from_mins(1);

/// Sets by prefix, of one generation.
#[derive(Default)]
pub(super) struct SetMemory(RwLock<Option<Remembered>>);

struct Remembered {
    generation: i64,
    since: Instant,
    sets: HashMap<String, Arc<IconSet>>,
}

impl Remembered {
    fn is_of(&self, generation: i64, now: Instant) -> bool {
        self.generation == generation && now.duration_since(self.since) < MAX_AGE
    }
}

impl SetMemory {
    /// The set as `generation` of the catalog has it, where it has been read.
    pub(super) fn get(&self, prefix: &str, generation: i64, now: Instant) -> Option<Arc<IconSet>> {
        // Whoever panicked while writing has at worst left a set out.
        let remembered = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let remembered = remembered
            .as_ref()
            .filter(|remembered| remembered.is_of(generation, now))?;
        remembered.sets.get(prefix).cloned()
    }

    /// Keeps what was read in `generation`, and forgets what was read in any other.
    pub(super) fn keep(&self, set: &Arc<IconSet>, generation: i64, now: Instant) {
        let mut remembered = self.0.write().unwrap_or_else(PoisonError::into_inner);
        remembered.take_if(|remembered| !remembered.is_of(generation, now));
        let remembered = remembered.get_or_insert_with(|| Remembered {
            generation,
            since: now,
            sets: HashMap::default(),
        });
        remembered.sets.insert(set.prefix.clone(), Arc::clone(set));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    use super::{MAX_AGE, SetMemory};
    use crate::catalog::IconSet;

    #[test]
    fn a_set_is_known_in_its_generation_and_for_a_minute() {
        let (memory, start) = (SetMemory::default(), Instant::now());
        let (late, too_late) = (start + Duration::from_secs(59), start + MAX_AGE);
        let is_known = |generation, now| memory.get("a", generation, now).is_some();
        assert!(!is_known(0, start) && !is_known(1, start));
        memory.keep(&Arc::new(IconSet::called("a")), 1, start);
        assert!(is_known(1, start) && is_known(1, late));
        assert!(!is_known(0, start) && !is_known(2, start) && !is_known(1, too_late));
        // Another set does not prolong it.
        memory.keep(&Arc::new(IconSet::called("b")), 1, late);
        assert!(!is_known(1, too_late));
        memory.keep(&Arc::new(IconSet::called("b")), 2, start);
        assert!(!is_known(1, start) && !is_known(2, start));
    }
}
