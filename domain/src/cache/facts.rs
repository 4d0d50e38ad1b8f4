//! Since when the facts of each set are what they are.
//!
//! The feed of changes tells that something in a set has changed, and by name of what; whether that were facts of the set itself, as its
//! licence, it does not tell. Whoever reads the set again finds out.

use std::sync::{PoisonError, RwLock};

use foldhash::HashMap;

/// What is known of the facts of sets, by the number of each.
#[derive(Default)]
pub(super) struct FactsKnown(RwLock<HashMap<i64, Known>>);

struct Known {
    hash: u64,
    /// No later than in this generation they became what they are.
    since: i64,
    /// They were looked at in this generation last.
    seen: i64,
}

impl FactsKnown {
    /// In generation `stamp`, the facts of a set had this hash.
    pub(super) fn learn(&self, number: i64, stamp: i64, hash: u64) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let new = Known {
            hash,
            since: stamp,
            seen: stamp,
        };
        let known = known.entry(number).or_insert(new);
        if known.hash == hash {
            known.seen = known.seen.max(stamp);
        } else if stamp >= known.seen {
            *known = Known {
                hash,
                since: stamp,
                seen: stamp,
            };
        } else {
            // Somewhere between they changed.
            known.since = known.seen;
        }
    }

    /// Whether the facts of a set, in which something changed in generation `changed` last, are what they were in generation `stamp`.
    pub(super) fn are_unchanged(&self, number: i64, stamp: i64, changed: i64) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(&number)
            .is_some_and(|known| known.seen >= changed && known.since <= stamp)
    }

    /// Knows nothing any more.
    pub(super) fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::FactsKnown;

    #[test]
    fn facts_are_what_they_were_until_they_are_seen_to_differ() {
        let facts = FactsKnown::default();
        assert!(!facts.are_unchanged(1, 5, 3), "never seen");
        facts.learn(1, 3, 100);
        assert!(facts.are_unchanged(1, 3, 3));
        assert!(!facts.are_unchanged(1, 2, 3), "they may have been others before");
        assert!(!facts.are_unchanged(1, 3, 4), "nobody has looked since the change");
        assert!(!facts.are_unchanged(2, 3, 3), "another set");
        facts.learn(1, 4, 100);
        assert!(facts.are_unchanged(1, 3, 4));
        facts.learn(1, 6, 200);
        assert!(!facts.are_unchanged(1, 5, 6));
        assert!(facts.are_unchanged(1, 6, 6));
        // And back again: what was made before need not have been made of the same.
        facts.learn(1, 7, 100);
        assert!(!facts.are_unchanged(1, 4, 7));
        facts.clear();
        assert!(!facts.are_unchanged(1, 7, 7));
    }

    #[test]
    fn what_is_learnt_late_counts_too() {
        let facts = FactsKnown::default();
        facts.learn(1, 3, 100);
        facts.learn(1, 8, 100);
        facts.learn(1, 5, 100);
        assert!(
            facts.are_unchanged(1, 3, 8),
            "the same all along, as far as anybody knows"
        );
        facts.learn(1, 6, 200);
        assert!(!facts.are_unchanged(1, 3, 8));
        assert!(!facts.are_unchanged(1, 7, 8));
        assert!(facts.are_unchanged(1, 8, 8));
    }
}
