//! The icons, sets and tags that may be meant.

use std::cmp::Reverse;

use foldhash::HashSet;

use super::{
    MOST_WEIGHED, Suggestion, SuggestionKind,
    scope::{Found, Icons, Scope},
};
use crate::search::{dictionary, index::source::SetFacts};

/// Icons that are compared with each other: those with the shortest names.
const MOST_COMPARED: usize = 4096;

/// Icons with a word that begins so, the most appealing first.
pub(super) fn icons(scope: &Scope<'_>, found: &Found, first: usize) -> Vec<Suggestion> {
    let mut best = Vec::new();
    for (place, (segment, icons)) in scope.snapshot.segments.iter().zip(&found.begun).enumerate() {
        let icon = |doc: u32| {
            (
                Reverse(segment.appeal(doc)),
                segment.rank(doc),
                segment.id(doc),
                (place, doc),
            )
        };
        best.extend(icons.iter().take(MOST_COMPARED).map(icon));
    }
    if best.len() > first {
        best.select_nth_unstable(first);
        best.truncate(first);
    }
    best.sort_unstable();
    named(scope, best.into_iter().map(|(.., place)| place))
}

/// Icons of a set whose keys begin so, the shortest first.
pub(super) fn icons_of_set(scope: &Scope<'_>, (prefix, key): (&str, &str), first: usize) -> Vec<Suggestion> {
    let of_set = (scope.snapshot.segments.iter().zip(&scope.allowed)).enumerate();
    let mut best = Vec::new();
    for (place, (segment, allowed)) in of_set {
        let icons = &*segment.documents(scope.snapshot.fields.prefix, prefix) & allowed;
        let (from, _) = segment.place_of_name(&format!("{prefix}:{key}"));
        // After every character that a key can have.
        let (to, _) = segment.place_of_name(&format!("{prefix}:{key}{{"));
        let begun = icons
            .iter()
            .filter(|doc| (from..to).contains(&segment.name_place(*doc)));
        best.extend((begun.take(first)).map(|doc| (segment.rank(doc), segment.id(doc), (place, doc))));
    }
    best.sort_unstable();
    best.truncate(first);
    named(scope, best.into_iter().map(|(.., place)| place))
}

fn named(scope: &Scope<'_>, places: impl Iterator<Item = (usize, u32)>) -> Vec<Suggestion> {
    let suggestion = |(segment, doc): (usize, u32)| Suggestion {
        text: scope.snapshot.segments[segment].name(doc),
        kind: SuggestionKind::Icon,
        count: 1,
    };
    places.map(suggestion).collect()
}

/// Sets that are called as was typed, and sets whose names begin with the last word, for what was typed before it.
pub(super) fn sets(scope: &Scope<'_>, found: &Found, first: usize) -> Vec<Suggestion> {
    let snapshot = &scope.snapshot;
    if scope.has_sets || (found.start.is_empty() && found.words.is_empty()) {
        return Vec::new();
    }
    let begun = snapshot.sets_beginning(&found.start);
    let is_called = |prefix: &&str| {
        let mut words = found.words.iter();
        words.all(|word| snapshot.sets_called(word).iter().any(|set| set == *prefix))
    };
    let (called, mut others): (HashSet<&str>, HashSet<&str>) = begun.into_iter().partition(|prefix| is_called(prefix));
    if found.start.is_empty() {
        others.clear();
    }
    let mut sets = counted_sets(scope, &scope.allowed, &called, &found.start, |filter| {
        scope.typed.kept_and(filter)
    });
    sets.extend(counted_sets(scope, &found.base, &others, &found.start, |filter| {
        scope.typed.completed(&found.words, filter)
    }));
    sets.truncate(first);
    sets
}

/// Sets for `prefix:…`.
pub(super) fn sets_for_filter(scope: &Scope<'_>, start: &str, first: usize) -> Vec<Suggestion> {
    let base = scope.begun_by("");
    let called = scope.snapshot.sets_beginning(start);
    let mut sets = counted_sets(scope, &base.base, &called, start, |filter| {
        scope.typed.completed(&base.words, filter)
    });
    sets.truncate(first);
    sets
}

/// Of the sets, those that have some of `icons`: the one of that very prefix, those whose prefixes begin so, the others; larger ones first.
fn counted_sets(
    scope: &Scope<'_>,
    icons: &Icons,
    prefixes: &HashSet<&str>,
    start: &str,
    text: impl Fn(&str) -> String,
) -> Vec<Suggestion> {
    let facts = prefixes.iter().filter_map(|prefix| scope.snapshot.set(prefix));
    let mut sets: Vec<&SetFacts> = facts.collect();
    let order = |set: &SetFacts| (set.prefix != start, !set.prefix.starts_with(start));
    sets.sort_unstable_by_key(|set| (order(set), Reverse(set.total), &set.prefix));
    sets.truncate(MOST_WEIGHED);
    let mut counted: Vec<(&SetFacts, u64)> = (sets.into_iter())
        .map(|set| {
            let count = scope.count_having(icons, scope.snapshot.fields.prefix, &set.prefix);
            (set, count)
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    counted.sort_by_key(|(set, count)| (order(set), Reverse(*count)));
    let suggestion = |(set, count): (&SetFacts, u64)| Suggestion {
        text: text(&format!("prefix:{}", set.prefix)),
        kind: SuggestionKind::Set,
        count,
    };
    counted.into_iter().map(suggestion).collect()
}

/// Tags that begin as was typed, then those that begin with the last word, for what was typed before it.
pub(super) fn tags(scope: &Scope<'_>, found: &Found, first: usize) -> Vec<Suggestion> {
    let phrase = &scope.typed.phrase;
    if phrase.is_empty() {
        return Vec::new();
    }
    let mut tags = counted_tags(scope, &scope.allowed, phrase, |tag| {
        scope.typed.kept_and(&query_of(tag))
    });
    if !found.words.is_empty() && !found.start.is_empty() {
        tags.extend(counted_tags(scope, &found.base, &found.start, |tag| {
            scope.typed.completed(&found.words, &query_of(tag))
        }));
    }
    tags.truncate(first);
    tags
}

/// Tags for `tag:…`, of which those of several words cannot be written so.
pub(super) fn tags_for_filter(scope: &Scope<'_>, start: &str, first: usize) -> Vec<Suggestion> {
    let base = scope.begun_by("");
    let mut tags = counted_tags(scope, &base.base, start, |tag| {
        scope.typed.completed(&base.words, &query_of(tag))
    });
    tags.truncate(first);
    tags
}

/// The frequent tags that begin with `start`, those first that more of `icons` have.
fn counted_tags(scope: &Scope<'_>, icons: &Icons, start: &str, text: impl Fn(&str) -> String) -> Vec<Suggestion> {
    let field = scope.snapshot.fields.tag_text;
    let tags = dictionary::most_frequent(&scope.snapshot, field, start, MOST_WEIGHED / 2);
    let mut counted: Vec<(String, u64)> = (tags.into_iter())
        .map(|tag| {
            let count = scope.count_having(icons, field, &tag);
            (tag, count)
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    counted.sort_unstable_by(|one, other| {
        let order = |(tag, count): &(String, u64)| (tag != start, Reverse(*count));
        order(one).cmp(&order(other)).then_with(|| one.0.cmp(&other.0))
    });
    let suggestion = |(tag, count): (String, u64)| Suggestion {
        text: text(&tag),
        kind: SuggestionKind::Tag,
        count,
    };
    counted.into_iter().map(suggestion).collect()
}

/// A tag as a filter; one of several words cannot be written as one, and its words find it.
fn query_of(tag: &str) -> String {
    let is_one_token = !tag.contains(|character: char| character.is_whitespace() || character.is_control());
    if is_one_token {
        format!("tag:{tag}")
    } else {
        tag.to_owned()
    }
}
