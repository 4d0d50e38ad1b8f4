//! What has changed in the catalog, and when: by that, a thing that was read in some generation is still right, or is not.
//!
//! Nothing is deleted anywhere when the catalog changes. Each thing carries the generation that it was read in, and is right
//! for as long as nothing that it was made of has changed since. So it does not matter when it arrives, and who keeps it:
//! what was read before a change is known to be old by whoever knows of the change.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use foldhash::HashMap;

use super::{
    facts::FactsKnown,
    made_of::Part,
    resource::{Dependency, SetId},
};

/// Names of which each has its own generation; of the set with most of them, one is then enough. About 3 MB.
const MOST_NAMES: usize = 100_000;

/// What this process knows of the catalog's changes.
#[derive(Default)]
pub(super) struct Freshness {
    known: RwLock<Known>,
    facts: FactsKnown,
}

#[derive(Default)]
struct Known {
    /// Whether anything is known at all.
    has_begun: bool,
    /// Every change up to this generation is known.
    generation: i64,
    /// This process made this generation itself: what is older is not to be shown, whether or not it is known by then.
    expected: i64,
    /// Everything counts as changed in this generation.
    floor: i64,
    sets: HashMap<SetId, SetChanges>,
    /// Names of all sets.
    names: usize,
}

#[derive(Default)]
struct SetChanges {
    /// The last change of anything in the set.
    last: i64,
    /// Every name counts as changed in this generation.
    floor: i64,
    /// The last change of each name that changed later than that.
    names: HashMap<i64, i64>,
}

/// What one generation did to one set.
pub(crate) struct SetChange {
    pub(crate) generation: i64,
    pub(crate) set: SetId,
    /// The ids of its names; none where they are too many to be told apart.
    pub(crate) names: Option<Vec<i64>>,
}

/// What is known at one moment. It is held for as long as a few things are looked at, and never while anything is waited for.
pub(super) struct View<'a> {
    known: RwLockReadGuard<'a, Known>,
    facts: &'a FactsKnown,
}

impl Freshness {
    pub(super) fn view(&self) -> View<'_> {
        View {
            known: self.known.read().unwrap_or_else(PoisonError::into_inner),
            facts: &self.facts,
        }
    }

    /// Begins to know, or begins anew, at `generation`: each set last changed when it is told to have, and everything in `floor`
    /// at the earliest.
    pub(super) fn begin(&self, generation: i64, floor: i64, sets: impl IntoIterator<Item = (SetId, i64)>) {
        self.facts.clear();
        self.change(|known| {
            *known = Known {
                has_begun: true,
                generation,
                floor,
                ..Known::default()
            };
            for (set, last) in sets {
                let changes = known.sets.entry(set).or_default();
                changes.last = changes.last.max(last);
                changes.floor = changes.last;
            }
        });
    }

    /// Learns all that changed up to `generation`, and that everything counts as changed in `floor`.
    pub(super) fn advance(&self, generation: i64, floor: i64, changes: Vec<SetChange>) {
        self.change(|known| {
            for change in changes {
                known.learn(change);
            }
            known.floor = known.floor.max(floor);
            known.generation = known.generation.max(generation);
            known.forget_some();
        });
    }

    /// From now on nothing is shown that may be older than `generation`.
    pub(super) fn expect(&self, generation: i64) {
        self.change(|known| known.expected = known.expected.max(generation));
    }

    /// In generation `stamp`, a set's own facts had this hash.
    pub(super) fn learn_facts(&self, number: i64, stamp: i64, hash: u64) {
        self.facts.learn(number, stamp, hash);
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        // Whoever panicked in here has at worst left a change out, and `generation` was not yet raised to it.
        change(&mut self.known.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl View<'_> {
    /// The newest generation that is known; none before anything is.
    pub(super) fn generation(&self) -> Option<i64> {
        self.known.has_begun.then_some(self.known.generation)
    }

    /// As [`Self::generation`]; none as well while this process has made a newer one.
    pub(super) fn shown_generation(&self) -> Option<i64> {
        self.generation().filter(|known| *known >= self.known.expected)
    }

    /// Whether what was read in generation `stamp` is still right, and right in generation `at_least` or a later one.
    pub(super) fn is_fresh(&self, stamp: i64, dependency: Dependency, at_least: i64) -> bool {
        let known = &*self.known;
        // What is right is so from its stamp on up to what is known, or is newer than all that is known.
        known.has_begun
            && stamp.max(known.generation) >= at_least.max(known.expected)
            && match dependency {
                Dependency::Facts { number, set } => self.are_facts_fresh(stamp, number, set),
                Dependency::Name { .. } | Dependency::Set(_) => stamp >= known.last_change(dependency),
            }
    }

    fn are_facts_fresh(&self, stamp: i64, number: i64, set: SetId) -> bool {
        let changed = self.known.last_change(Dependency::Set(set));
        stamp >= changed || stamp >= self.known.floor && self.facts.are_unchanged(number, stamp, changed)
    }

    /// Whether what was made of a part of the catalog in generation `stamp` is still right.
    pub(super) fn is_unchanged(&self, stamp: i64, part: &Part) -> bool {
        let set = part.set;
        let is_fresh = |dependency| self.is_fresh(stamp, dependency, 0);
        // Most of the time nothing in it has changed.
        is_fresh(Dependency::Set(set))
            || !part.is_whole
                && (part.facts).is_none_or(|number| is_fresh(Dependency::Facts { number, set }))
                && part.names.iter().all(|id| is_fresh(Dependency::Name { id: *id, set }))
    }
}

impl Known {
    fn last_change(&self, dependency: Dependency) -> i64 {
        let of = |set: SetId| self.sets.get(&set);
        let last = match dependency {
            Dependency::Set(set) | Dependency::Facts { set, .. } => of(set).map_or(0, |changes| changes.last),
            Dependency::Name { id, set } => of(set).map_or(0, |changes| {
                let name = changes.names.get(&id).copied().unwrap_or(0);
                name.max(changes.floor)
            }),
        };
        last.max(self.floor)
    }

    fn learn(&mut self, change: SetChange) {
        let changes = self.sets.entry(change.set).or_default();
        changes.last = changes.last.max(change.generation);
        match change.names {
            None => self.names -= changes.raise_floor(),
            Some(names) => {
                for name in names {
                    let last = changes.names.entry(name).or_insert_with(|| {
                        self.names += 1;
                        0
                    });
                    *last = (*last).max(change.generation);
                }
            }
        }
    }

    fn forget_some(&mut self) {
        while self.names > MOST_NAMES {
            let largest = self.sets.values_mut().max_by_key(|changes| changes.names.len());
            let Some(largest) = largest else { return };
            self.names -= largest.raise_floor();
        }
    }
}

impl SetChanges {
    /// Has every name count as changed when the set last was. How many names need not be told apart any more.
    fn raise_floor(&mut self) -> usize {
        self.floor = self.last;
        std::mem::take(&mut self.names).len()
    }
}

#[cfg(test)]
mod tests {
    use super::{Dependency, Freshness, MOST_NAMES, Part, SetChange, SetId};

    const SET: SetId = SetId(1);
    const OTHER: SetId = SetId(2);

    fn name(id: i64) -> Dependency {
        Dependency::Name { id, set: SET }
    }

    fn change(generation: i64, set: SetId, names: Option<Vec<i64>>) -> SetChange {
        SetChange { generation, set, names }
    }

    fn check(freshness: &Freshness, cases: &[(i64, Dependency, bool)]) {
        for (stamp, dependency, is_fresh) in cases {
            let view = freshness.view();
            assert_eq!(
                view.is_fresh(*stamp, *dependency, 0),
                *is_fresh,
                "{stamp} {dependency:?}"
            );
        }
    }

    #[test]
    fn nothing_is_right_before_anything_is_known() {
        let freshness = Freshness::default();
        check(&freshness, &[(0, name(1), false), (9, Dependency::Set(SET), false)]);
        freshness.begin(5, 0, [(SET, 3)]);
        check(
            &freshness,
            &[
                (2, name(1), false),
                (3, name(1), true),
                (2, Dependency::Set(SET), false),
                (3, Dependency::Set(SET), true),
                // A set that never changed, and what is newer than all that is known.
                (0, Dependency::Set(OTHER), true),
                (7, name(1), true),
            ],
        );
    }

    #[test]
    fn exactly_what_changed_is_old() {
        let freshness = Freshness::default();
        freshness.begin(5, 0, []);
        freshness.advance(
            7,
            0,
            vec![change(6, SET, Some(vec![1])), change(7, SET, Some(vec![1, 2]))],
        );
        check(
            &freshness,
            &[
                (5, name(1), false),
                (6, name(1), false),
                (7, name(1), true),
                (6, name(2), false),
                (5, name(3), true),
                (6, Dependency::Set(SET), false),
                (7, Dependency::Set(SET), true),
                (5, Dependency::Set(OTHER), true),
            ],
        );
        // Too many names to tell them apart.
        freshness.advance(8, 0, vec![change(8, SET, None)]);
        check(&freshness, &[(7, name(3), false), (8, name(1), true)]);
        // The facts of the set alone.
        freshness.advance(9, 0, vec![change(9, SET, Some(vec![]))]);
        check(&freshness, &[(8, name(1), true), (8, Dependency::Set(SET), false)]);
        // Whatever it is.
        freshness.advance(10, 10, vec![]);
        check(
            &freshness,
            &[
                (9, Dependency::Set(OTHER), false),
                (9, name(8), false),
                (10, name(8), true),
            ],
        );
        // Another database.
        freshness.begin(2, 0, [(SET, 1)]);
        check(&freshness, &[(1, name(1), true), (1, Dependency::Set(SET), true)]);
    }

    #[test]
    fn facts_are_old_until_they_are_seen_to_be_the_same() {
        let freshness = Freshness::default();
        let facts = Dependency::Facts { number: 9, set: SET };
        freshness.begin(5, 0, []);
        freshness.learn_facts(9, 5, 100);
        freshness.advance(6, 0, vec![change(6, SET, Some(vec![1]))]);
        check(&freshness, &[(5, facts, false), (6, facts, true)]);
        freshness.learn_facts(9, 6, 100);
        check(&freshness, &[(5, facts, true), (4, facts, false)]);
        freshness.advance(7, 0, vec![change(7, SET, Some(vec![]))]);
        freshness.learn_facts(9, 7, 200);
        check(&freshness, &[(6, facts, false), (7, facts, true)]);
        // Whatever was seen, everything counts as changed.
        freshness.advance(8, 8, vec![]);
        freshness.learn_facts(9, 8, 200);
        check(&freshness, &[(7, facts, false), (8, facts, true)]);
    }

    #[test]
    fn a_part_is_what_was_told_of_it() {
        let freshness = Freshness::default();
        freshness.begin(5, 0, []);
        freshness.learn_facts(9, 5, 100);
        freshness.advance(6, 0, vec![change(6, SET, Some(vec![1]))]);
        let part = |is_whole, facts, names: &[i64]| Part {
            set: SET,
            is_whole,
            facts,
            names: names.to_vec(),
        };
        let is_unchanged = |part: &Part| freshness.view().is_unchanged(5, part);
        assert!(!is_unchanged(&part(true, None, &[])));
        assert!(is_unchanged(&part(false, None, &[2, 3])));
        assert!(!is_unchanged(&part(false, None, &[2, 1])));
        assert!(
            !is_unchanged(&part(false, Some(9), &[2])),
            "nobody has seen the facts since"
        );
        freshness.learn_facts(9, 6, 100);
        assert!(is_unchanged(&part(false, Some(9), &[2])));
        assert!(is_unchanged(&Part {
            set: OTHER,
            ..part(true, None, &[])
        }));
        // Made by this process, and not known yet.
        freshness.expect(7);
        assert!(!is_unchanged(&part(false, None, &[2])));
    }

    #[test]
    fn a_reader_goes_forward_only() {
        let freshness = Freshness::default();
        freshness.begin(5, 0, []);
        // stamp, at least: what is unchanged is right up to what is known.
        for (stamp, at_least, is_fresh) in [(3, 5, true), (3, 6, false), (6, 6, true), (7, 6, true)] {
            assert_eq!(
                freshness.view().is_fresh(stamp, name(1), at_least),
                is_fresh,
                "{stamp} {at_least}"
            );
        }
        freshness.expect(6);
        check(&freshness, &[(5, name(1), false), (6, name(1), true)]);
        freshness.advance(6, 0, vec![]);
        check(&freshness, &[(5, name(1), true)]);
    }

    #[test]
    fn of_many_names_the_set_is_enough() {
        let freshness = Freshness::default();
        freshness.begin(1, 0, []);
        let many = (0..).take(MOST_NAMES).collect();
        freshness.advance(3, 0, vec![change(2, OTHER, Some(vec![1])), change(3, SET, Some(many))]);
        let other = Dependency::Name { id: 2, set: OTHER };
        // One too many: the set that has most of them is the one that counts as changed.
        check(
            &freshness,
            &[(1, name(-1), false), (3, name(-1), true), (1, other, true)],
        );
    }
}
