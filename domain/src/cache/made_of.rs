//! What an answer is made of: as long as nothing of it changes, the answer stays right.

use std::sync::Arc;

use super::resource::{Dependency, SetId};

/// Sets that are told apart. An answer that is made of more is taken to be made of everything.
const MOST_SETS: usize = 64;

/// Names that are told apart. Of an answer that is made of more, the sets of the others count as a whole.
const MOST_NAMES: usize = 2_000;

/// What an answer is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MadeOf {
    /// Of the catalog and the search index as they are.
    Everything,
    /// Of some things in some sets, which lie there or do not.
    Parts(Parts),
}

/// Parts of the catalog, each of another set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts(Arc<[Part]>);

/// Some things in a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) set: SetId,
    /// All that lies in it, so that nothing else has to be told.
    pub(super) is_whole: bool,
    /// The number of the set whose facts it tells.
    pub(super) facts: Option<i64>,
    /// Ids of names, and whatever has them.
    pub(super) names: Vec<i64>,
}

/// What an answer turns out to be made of.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    parts: Vec<Part>,
    names: usize,
}

impl MadeOf {
    /// Of all that lies in a set, or of there being nothing.
    pub(crate) fn set(set: SetId) -> Self {
        let mut gathered = Gathered::default();
        gathered.add(Dependency::Set(set));
        gathered.made_of()
    }

    /// Memory that telling this takes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Everything => 0,
            Self::Parts(parts) => {
                let part = |part: &Part| size_of::<Part>() + size_of_val(&*part.names);
                parts.0.iter().map(part).sum()
            }
        }
    }
}

impl Parts {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Part> {
        self.0.iter()
    }
}

impl Gathered {
    /// It is made of this as well.
    pub(super) fn add(&mut self, dependency: Dependency) {
        let set = dependency.set();
        let index = self.parts.iter().position(|part| part.set == set).unwrap_or_else(|| {
            self.parts.push(Part::of(set));
            self.parts.len() - 1
        });
        let has_room = self.names < MOST_NAMES;
        let part = &mut self.parts[index];
        match dependency {
            _ if part.is_whole => {}
            Dependency::Name { id, .. } if has_room => {
                part.names.push(id);
                self.names += 1;
            }
            Dependency::Facts { number, .. } if part.facts.is_none_or(|known| known == number) => {
                part.facts = Some(number);
            }
            Dependency::Name { .. } | Dependency::Facts { .. } | Dependency::Set(_) => {
                self.names -= part.become_whole();
            }
        }
    }

    /// One more says that they are too many.
    pub(super) fn is_full(&self) -> bool {
        self.parts.len() > MOST_SETS
    }

    /// All of it.
    pub(super) fn made_of(&self) -> MadeOf {
        if self.is_full() {
            return MadeOf::Everything;
        }
        let told = |part: &Part| {
            let mut names = part.names.clone();
            names.sort_unstable();
            names.dedup();
            // What it had room for is kept with it.
            names.shrink_to_fit();
            Part { names, ..part.clone() }
        };
        MadeOf::Parts(Parts(self.parts.iter().map(told).collect()))
    }
}

impl Part {
    fn of(set: SetId) -> Self {
        Self {
            set,
            is_whole: false,
            facts: None,
            names: Vec::new(),
        }
    }

    /// How many names need not be told any more.
    fn become_whole(&mut self) -> usize {
        self.is_whole = true;
        self.facts = None;
        std::mem::take(&mut self.names).len()
    }
}

#[cfg(test)]
mod tests {
    use super::{Dependency, Gathered, MOST_NAMES, MOST_SETS, MadeOf, Part, SetId};

    const SET: SetId = SetId(1);

    fn name(id: i64) -> Dependency {
        Dependency::Name { id, set: SET }
    }

    fn facts(number: i64) -> Dependency {
        Dependency::Facts { number, set: SET }
    }

    fn parts(dependencies: impl IntoIterator<Item = Dependency>) -> Option<Vec<Part>> {
        let mut gathered = Gathered::default();
        dependencies.into_iter().for_each(|dependency| gathered.add(dependency));
        match gathered.made_of() {
            MadeOf::Everything => None,
            MadeOf::Parts(parts) => Some(parts.iter().cloned().collect()),
        }
    }

    fn whole(set: SetId) -> Part {
        Part {
            is_whole: true,
            ..Part::of(set)
        }
    }

    #[test]
    fn it_is_made_of_names_and_facts() {
        let expected = Part {
            facts: Some(9),
            names: vec![1, 2],
            ..Part::of(SET)
        };
        assert_eq!(
            parts([name(2), facts(9), name(1), name(2), facts(9)]),
            Some(vec![expected])
        );
        assert_eq!(parts([]), Some(vec![]));
        assert_eq!(MadeOf::set(SET).bytes(), size_of::<Part>());
    }

    #[test]
    fn of_a_whole_set_nothing_else_is_told() {
        assert_eq!(
            parts([name(1), facts(9), Dependency::Set(SET), name(2), facts(8)]),
            Some(vec![whole(SET)])
        );
        // Two sets that share an id.
        assert_eq!(parts([facts(9), facts(8)]), Some(vec![whole(SET)]));
    }

    #[test]
    fn of_many_names_the_set_is_enough() {
        let most = i64::try_from(MOST_NAMES).expect("a small number");
        let of = |count| parts((0..count).map(name)).expect("they are of one set");
        assert_eq!(of(most)[0].names.len(), MOST_NAMES);
        assert_eq!(of(most + 1), [whole(SET)]);
        // Those that the set is told for leave room for others.
        let other = SetId(2);
        let rest = (0..most).map(|id| Dependency::Name { id, set: other });
        let both = parts((0..=most).map(name).chain(rest)).expect("they are of two sets");
        assert_eq!((both[0].is_whole, both[1].names.len()), (true, MOST_NAMES));
    }

    #[test]
    fn of_many_sets_it_is_made_of_everything() {
        let most = u16::try_from(MOST_SETS).expect("a small number");
        let of = |count| parts((0..count).map(|number| Dependency::Set(SetId(number))));
        assert_eq!(of(most).map(|parts| parts.len()), Some(MOST_SETS));
        assert_eq!(of(most + 1), None);
    }
}
