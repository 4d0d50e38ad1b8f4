//! What somebody who types may be about to write: words, icons, sets and tags, as far as it can be told from the index.
//!
//! `typed` says what is being written, `scope` which icons meet the rest, `words` how the word may go on, `offers` which icons, sets
//! and tags are meant.

mod offers;
mod scope;
mod typed;
mod words;

use std::sync::Arc;

use super::{Search, SearchError, filter::Filter, snapshot::Snapshot, timed::timed};
use scope::{Found, Scope};
use typed::{Last, Typed};

/// A completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// A query that finds it: everything that was typed, completed.
    pub text: String,
    pub kind: SuggestionKind,
    /// Icons that are meant by it.
    pub count: u64,
}

/// What a completion consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SuggestionKind {
    /// A word of icons' names.
    Word,
    /// An icon's name.
    Icon,
    /// A set, as a filter.
    Set,
    /// A tag that was published, as a filter where it can be one.
    Tag,
}

/// Words that are weighed for one completion, at most.
const MOST_WEIGHED: usize = 64;

impl Search {
    /// At most `first` completions of `text`, of icons that `filter` lets pass: words before icons before sets before tags, the
    /// best of each first. Of nothing typed, words that many sets have.
    ///
    /// # Errors
    /// A search for `text` would be refused.
    pub fn suggest(&self, text: &str, filter: &Filter, first: usize) -> Result<Vec<Suggestion>, SearchError> {
        let snapshot = self.snapshot().ok_or(SearchError::NotReady)?;
        timed("suggest", || completions(snapshot, text, filter, first))
    }
}

fn completions(
    snapshot: Arc<Snapshot>,
    text: &str,
    filter: &Filter,
    first: usize,
) -> Result<Vec<Suggestion>, SearchError> {
    let typed = Typed::read(text, &snapshot)?;
    let scope = Scope::new(snapshot, &typed, filter)?;
    Ok(match &typed.last {
        Last::Word(_) if typed.is_empty() => words::completions(&scope, &scope.begun_by(""), first),
        Last::Word(start) => {
            let found = scope.begun_by(start);
            mixed(first, complete(&scope, &found, first))
        }
        Last::Icon { prefix, key } => {
            let begun = offers::icons_of_set(&scope, (prefix, key), first);
            let in_set = Typed::in_set(prefix, key);
            let scope = Scope::new(scope.snapshot.clone(), &in_set, filter)?;
            let others = match &in_set.last {
                Last::Word(start) if begun.len() < first => offers::icons(&scope, &scope.begun_by(start), first),
                _ => Vec::new(),
            };
            joined(begun, others, first)
        }
        Last::Set(start) => offers::sets_for_filter(&scope, start, first),
        Last::Tag(start) => offers::tags_for_filter(&scope, start, first),
        Last::Other => Vec::new(),
    })
}

/// One list and then what is only in the other.
fn joined(mut list: Vec<Suggestion>, others: Vec<Suggestion>, first: usize) -> Vec<Suggestion> {
    for other in others {
        if !list.contains(&other) {
            list.push(other);
        }
    }
    list.truncate(first);
    list
}

/// Completions of a word, by kind.
fn complete(scope: &Scope<'_>, found: &Found, first: usize) -> [Vec<Suggestion>; 4] {
    [
        words::completions(scope, found, first),
        offers::icons(scope, found, first),
        offers::sets(scope, found, first),
        offers::tags(scope, found, first),
    ]
}

/// Most are words, and each other kind has a share; what one kind leaves goes to the others, in their order.
fn mixed(first: usize, mut kinds: [Vec<Suggestion>; 4]) -> Vec<Suggestion> {
    let (icons, sets, tags) = (first / 4, first / 8, first / 8);
    let shares = [first - icons - sets - tags, icons, sets, tags];
    let mut taken = [0; 4];
    for (taken, (kind, share)) in taken.iter_mut().zip(kinds.iter().zip(shares)) {
        *taken = kind.len().min(share);
    }
    for (place, kind) in kinds.iter().enumerate() {
        let left = first - taken.iter().sum::<usize>();
        taken[place] += left.min(kind.len() - taken[place]);
    }
    for (kind, taken) in kinds.iter_mut().zip(taken) {
        kind.truncate(taken);
    }
    kinds.concat()
}

#[cfg(test)]
mod tests {
    use super::{Suggestion, SuggestionKind, mixed};

    #[test]
    fn kinds_share_a_list() {
        let kinds = [
            SuggestionKind::Word,
            SuggestionKind::Icon,
            SuggestionKind::Set,
            SuggestionKind::Tag,
        ];
        for (first, there_are, expected) in [
            (10, [20, 20, 20, 20], [6, 2, 1, 1]),
            (10, [1, 20, 0, 1], [1, 8, 0, 1]),
            (10, [1, 1, 20, 20], [1, 1, 7, 1]),
            (10, [3, 0, 0, 0], [3, 0, 0, 0]),
            (1, [1, 1, 1, 1], [1, 0, 0, 0]),
            (1, [0, 0, 1, 1], [0, 0, 1, 0]),
            (3, [0, 0, 0, 0], [0, 0, 0, 0]),
        ] {
            let given = [0, 1, 2, 3].map(|kind: usize| {
                let suggestion = Suggestion {
                    text: String::new(),
                    kind: kinds[kind],
                    count: 1,
                };
                vec![suggestion; there_are[kind]]
            });
            let mixed = mixed(first, given);
            let counts = kinds.map(|kind| mixed.iter().filter(|suggestion| suggestion.kind == kind).count());
            assert_eq!(counts, expected, "{first} of {there_are:?}");
        }
    }
}
