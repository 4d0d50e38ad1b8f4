//! What has changed in the catalog, and when: by that, a thing that was read in some generation is still right, or is not.
//!
//! Nothing is deleted anywhere when the catalog changes. Each thing carries the generation that it was read in, and is right
//! for as long as nothing that it was made of has changed since. So it does not matter when it arrives, and who keeps it:
//! what was read before a change is known to be old by whoever knows of the change.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use foldhash::HashMap;

use super::resource::{Dependency, SetId};

/// Names of which each has its own generation; of the set with most of them, one is then enough. About 3 MB.
const MOST_NAMES: usize = 100_000;

/// What this process knows of the catalog's changes.
#[derive(Default)]
pub(super) struct Freshness(RwLock<Known>);

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
pub(super) struct View<'a>(RwLockReadGuard<'a, Known>);

impl Freshness {
    pub(super) fn view(&self) -> View<'_> {
        View(self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins to know, or begins anew, at `generation`: each set last changed when it is told to have, and everything in `floor`
    /// at the earliest.
    pub(super) fn begin(&self, generation: i64, floor: i64, sets: impl IntoIterator<Item = (SetId, i64)>) {
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

    fn change(&self, change: impl FnOnce(&mut Known)) {
        // Whoever panicked in here has at worst left a change out, and `generation` was not yet raised to it.
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl View<'_> {
    /// The newest generation that is known; none before anything is.
    pub(super) fn generation(&self) -> Option<i64> {
        self.0.has_begun.then_some(self.0.generation)
    }

    /// As [`Self::generation`]; none as well while this process has made a newer one.
    pub(super) fn shown_generation(&self) -> Option<i64> {
        self.generation().filter(|known| *known >= self.0.expected)
    }

    /// Whether what was read in generation `stamp` is still right, and right in generation `at_least` or a later one.
    pub(super) fn is_fresh(&self, stamp: i64, dependency: Dependency, at_least: i64) -> bool {
        let known = &*self.0;
        // What is right is so from its stamp on up to what is known, or is newer than all that is known.
        known.has_begun
            && stamp.max(known.generation) >= at_least.max(known.expected)
            && stamp >= known.last_change(dependency)
    }
}

impl Known {
    fn last_change(&self, dependency: Dependency) -> i64 {
        let of = |set: SetId| self.sets.get(&set);
        let last = match dependency {
            Dependency::Set(set) => of(set).map_or(0, |changes| changes.last),
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
    use super::{Dependency, Freshness, MOST_NAMES, SetChange, SetId};

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
