//! How an unfinished word may go on.

use std::cmp::Reverse;

use foldhash::{HashMap, HashSet};
use roaring::RoaringBitmap;

use super::{
    MOST_WEIGHED, Suggestion, SuggestionKind,
    scope::{Found, Scope, count},
};
use crate::search::{dictionary, text};

/// Icons whose names are read for the words in them.
const MOST_READ: u64 = 128;

/// A word that is complete as it is comes first, but one that is so many times rarer than another is hardly meant.
const FAR_RARER: u64 = 20;

/// At most `first` completions, the most frequent first; before them the word that is complete as it is.
pub(super) fn completions(scope: &Scope<'_>, found: &Found, first: usize) -> Vec<Suggestion> {
    let mut completions: Vec<(String, u64)> = weighed(scope, found, first);
    if found.meant.is_empty() {
        let most = completions.iter().map(|(_, count)| *count).max().unwrap_or_default();
        let is_complete = |word: &str, count: u64| word == found.start && count * FAR_RARER >= most;
        completions.sort_unstable_by_key(|(word, count)| {
            (!is_complete(word, *count), Reverse(*count), word.len(), word.clone())
        });
    }
    completions.truncate(first);
    let suggestion = |(word, count): (String, u64)| Suggestion {
        text: scope.typed.completed(&found.words, &word),
        kind: SuggestionKind::Word,
        count,
    };
    completions.into_iter().map(suggestion).collect()
}

/// Words that icons have, with the number of these. Singular and plural count as one, for they find the same icons.
fn weighed(scope: &Scope<'_>, found: &Found, first: usize) -> Vec<(String, u64)> {
    let field = scope.snapshot.fields.stem;
    let mut seen: HashSet<String> = found.words.iter().map(|word| text::stem(word).to_owned()).collect();
    let candidates = if found.meant.is_empty() {
        candidates(scope, found, first)
    } else {
        found.meant.clone()
    };
    (candidates.into_iter())
        .filter(|word| seen.insert(text::stem(word).to_owned()))
        .map(|word| {
            let count = scope.count_having(&found.base, field, text::stem(&word));
            (word, count)
        })
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// Words that begin so, of which some icon is likely to have each: what was typed first, and the frequent ones before the others.
fn candidates(scope: &Scope<'_>, found: &Found, first: usize) -> Vec<String> {
    let snapshot = &scope.snapshot;
    let most = (2 * first).clamp(MOST_WEIGHED / 4, MOST_WEIGHED);
    let mut words = Vec::new();
    if snapshot.frequency(snapshot.fields.word, &found.start) > 0 {
        words.push(found.start.clone());
    }
    let is_narrowed = !found.words.is_empty() || scope.is_narrowed();
    if is_narrowed {
        // The frequent words of few icons may be rare among all.
        words.extend(words_in_names(scope, found).into_iter().take(most));
    }
    if !is_narrowed || count(&found.begun) > MOST_READ {
        words.extend(if found.start.is_empty() {
            snapshot.popular_words().iter().take(most).cloned().collect()
        } else {
            dictionary::most_frequent(snapshot, snapshot.fields.word, &found.start, most)
        });
    }
    words
}

/// Words that begin so in the names of some of the icons, evenly chosen; the most frequent first.
fn words_in_names(scope: &Scope<'_>, found: &Found) -> Vec<String> {
    let total = count(&found.begun);
    let mut frequencies: HashMap<String, u32> = HashMap::default();
    for (segment, icons) in scope.snapshot.segments.iter().zip(&found.begun) {
        for name in segment.names_of(&some_of(icons, total)) {
            let key = name.split_once(':').map_or(name.as_str(), |(_, key)| key);
            for word in key.split('-').filter(|word| word.starts_with(&found.start)) {
                *frequencies.entry(word.to_owned()).or_default() += 1;
            }
        }
    }
    let mut words: Vec<(String, u32)> = frequencies.into_iter().collect();
    words.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    words.into_iter().map(|(word, _)| word).collect()
}

/// A share of [`MOST_READ`] as large as these icons' among `total`; all of few.
fn some_of(icons: &RoaringBitmap, total: u64) -> Vec<u32> {
    let wanted = if total <= MOST_READ {
        icons.len()
    } else {
        (icons.len() * MOST_READ).div_ceil(total)
    };
    (0..wanted)
        .filter_map(|place| icons.select(u32::try_from(place * icons.len() / wanted).ok()?))
        .collect()
}
