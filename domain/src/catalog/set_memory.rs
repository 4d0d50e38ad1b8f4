//! The facts of sets, kept for as long as the catalog stays as it was when they were read.
//!
//! Nearly every page of icons wants their sets, of which there are a few hundred that change with an import. A statement
//! that reads icons reads the catalog's generation in the same snapshot, so what was read of a set in that generation is
//! what a statement would find: nothing has to be told, and nothing can be stale.

use std::sync::{Arc, PoisonError, RwLock};

use foldhash::HashMap;

use super::IconSet;

/// Sets by prefix, of one generation.
#[derive(Default)]
pub(super) struct SetMemory(RwLock<Remembered>);

#[derive(Default)]
struct Remembered {
    generation: i64,
    sets: HashMap<String, Arc<IconSet>>,
}

impl SetMemory {
    /// The set as `generation` of the catalog has it, where it has been read.
    pub(super) fn get(&self, prefix: &str, generation: i64) -> Option<Arc<IconSet>> {
        // Whoever panicked while writing has at worst left a set out.
        let remembered = self.0.read().unwrap_or_else(PoisonError::into_inner);
        (remembered.generation == generation)
            .then(|| remembered.sets.get(prefix).cloned())
            .flatten()
    }

    /// Keeps what was read in `generation`, and forgets what was read in any other.
    pub(super) fn keep(&self, generation: i64, set: &Arc<IconSet>) {
        let mut remembered = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.generation != generation {
            *remembered = Remembered {
                generation,
                ..Remembered::default()
            };
        }
        remembered.sets.insert(set.prefix.clone(), Arc::clone(set));
    }
}
