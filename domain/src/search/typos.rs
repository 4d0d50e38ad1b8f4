//! Words that somebody may have meant.

use std::sync::Arc;

use moka::sync::Cache;
use tantivy::query::FuzzyTermQuery;
use tantivy::{Term, schema::Field};

use super::snapshot::Snapshot;

/// Letters of the longer word from which on one, and from which on two of them may be wrong.
const ONE_EDIT_FROM: usize = 5;
const TWO_EDITS_FROM: usize = 9;

/// A word, or two that were joined, of names, which is spelt like another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) word: String,
    /// Icons that have it.
    pub(crate) frequency: u64,
    /// How likely it was meant; more is likelier.
    likelihood: f64,
}

/// Where words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Among {
    Words,
    /// Also two that are written as one.
    WordsAndPairs,
}

/// Candidates of one word, which outlive the query.
pub(crate) type Known = Cache<(Among, String), Arc<[Candidate]>>;

/// At most so many candidates of a word.
pub(crate) const MOST_CANDIDATES: usize = 24;

/// The likeliest words that `word` may stand for by a slip, at most [`MOST_CANDIDATES`]; fewer edits first.
pub(crate) fn candidates(snapshot: &Snapshot, among: Among, word: &str) -> Arc<[Candidate]> {
    let key = (among, word.to_owned());
    if let Some(known) = snapshot.slips.get(&key) {
        return known;
    }
    let candidates: Arc<[Candidate]> = look_up(snapshot, among, word).into();
    snapshot.slips.insert(key, candidates.clone());
    candidates
}

fn look_up(snapshot: &Snapshot, among: Among, word: &str) -> Vec<Candidate> {
    let fields: &[Field] = match among {
        Among::Words => &[snapshot.fields.word],
        Among::WordsAndPairs => &[snapshot.fields.word, snapshot.fields.pair],
    };
    let letters = word.chars().count();
    // A letter may be what is missing.
    let distances: &[u8] = if letters + 1 < ONE_EDIT_FROM {
        &[]
    } else if letters < TWO_EDITS_FROM {
        &[1]
    } else {
        &[1, 2]
    };
    for distance in distances {
        let mut found = within(snapshot, fields, word, *distance);
        if !found.is_empty() {
            found.sort_unstable_by(|one, other| {
                other
                    .likelihood
                    .total_cmp(&one.likelihood)
                    .then_with(|| one.word.cmp(&other.word))
            });
            found.truncate(MOST_CANDIDATES);
            return found;
        }
    }
    Vec::new()
}

fn within(snapshot: &Snapshot, fields: &[Field], word: &str, distance: u8) -> Vec<Candidate> {
    let letters = word.chars().count();
    let mut frequencies = foldhash::HashMap::<String, u64>::default();
    let searched = (snapshot.segments.iter()).flat_map(|segment| fields.iter().map(move |field| (segment, *field)));
    for (segment, field) in searched {
        let automaton = FuzzyTermQuery::new(Term::from_field_text(field, word), distance, true).automaton();
        let (Some(terms), Ok(automaton)) = (segment.terms(field), automaton) else {
            continue;
        };
        let Some(mut stream) = segment.sound(terms.search(automaton).into_stream()) else {
            continue;
        };
        while stream.advance() {
            if let Ok(term) = std::str::from_utf8(stream.key())
                && term != word
                && letters.max(term.chars().count()) >= ONE_EDIT_FROM
            {
                *frequencies.entry(term.to_owned()).or_default() += u64::from(stream.value().doc_freq);
            }
        }
    }
    frequencies
        .into_iter()
        .map(|(term, frequency)| Candidate {
            likelihood: likelihood(word, &term, frequency),
            word: term,
            frequency,
        })
        .collect()
}

/// Frequent words, the same first letter, and letters that changed places or were doubled, are what slips come from.
#[expect(clippy::cast_precision_loss, reason = "a logarithm is taken of it")]
fn likelihood(typed: &str, meant: &str, frequency: u64) -> f64 {
    let mut likelihood = (frequency as f64 + 1.0).ln();
    if typed.chars().next() == meant.chars().next() {
        likelihood += 2.0;
    }
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    if sorted(typed) == sorted(meant) {
        likelihood += 3.0;
    } else if without_repeats(typed) == without_repeats(meant) {
        likelihood += 2.0;
    }
    likelihood
}

fn without_repeats(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    letters.dedup();
    letters.into_iter().collect()
}

/// Whether nobody uses the word: no name begins a word with it, and no alias, tag or set has it.
pub(crate) fn is_unknown(snapshot: &Snapshot, word: &str, stem: &str) -> bool {
    let fields = &snapshot.fields;
    let looked_up: [(Field, &str); 7] = [
        (fields.word, word),
        (fields.pair, word),
        (fields.start, word),
        (fields.stem, stem),
        (fields.alias, stem),
        (fields.tag, stem),
        (fields.keyword, stem),
    ];
    looked_up
        .iter()
        .all(|(field, term)| snapshot.frequency(*field, term) == 0)
}
