//! The words there are: terms of a field in the order of how often they are met.

use std::{cmp::Reverse, collections::BinaryHeap};

use tantivy::schema::Field;

use super::{segment::Segment, snapshot::Snapshot};

/// The terms of `field` that begin with `start`, the most frequent first, at most `most`.
pub(crate) fn most_frequent(snapshot: &Snapshot, field: Field, start: &str, most: usize) -> Vec<String> {
    most_frequent_where(snapshot, field, (start, most), |_| true)
}

/// Frequent words that are looked at for those that many sets have.
const MOST_COMPARED: usize = 512;

/// The words that most sets have in names, at most `most`: what a single set writes into each name says nothing. Numbers, which
/// stand for sizes, are none. Reads millions of values of the whole catalog.
pub(crate) fn popular_words(snapshot: &Snapshot, most: usize) -> Vec<String> {
    let field = snapshot.fields.word;
    let is_number = |term: &str| term.bytes().all(|byte| byte.is_ascii_digit());
    let mut words = most_frequent_where(snapshot, field, ("", MOST_COMPARED), |term| !is_number(term));
    words.sort_by_cached_key(|word| {
        let sets = |segment: &Segment| segment.count_sets(&segment.documents(field, word));
        Reverse(snapshot.segments.iter().map(sets).sum::<usize>())
    });
    words.truncate(most);
    words
}

fn most_frequent_where(
    snapshot: &Snapshot,
    field: Field,
    (start, most): (&str, usize),
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut terms: Vec<String> = (snapshot.segments.iter())
        .flat_map(|segment| most_frequent_of(segment, field, (start, most), &is_wanted))
        .collect();
    terms.sort_unstable();
    terms.dedup();
    terms.sort_by_cached_key(|term| Reverse(snapshot.frequency(field, term)));
    terms.truncate(most);
    terms
}

/// The same of one segment, in no particular order.
fn most_frequent_of(
    segment: &Segment,
    field: Field,
    (start, most): (&str, usize),
    is_wanted: &impl Fn(&str) -> bool,
) -> Vec<String> {
    let range = segment.terms(field).map(|terms| terms.range().ge(start).into_stream());
    let Some(mut stream) = range.and_then(|range| segment.sound(range)) else {
        return Vec::new();
    };
    // The least frequent is on top; of one frequency the last of the alphabet.
    let mut best: BinaryHeap<(Reverse<u32>, String)> = BinaryHeap::with_capacity(most + 1);
    while stream.advance() && stream.key().starts_with(start.as_bytes()) {
        let frequency = stream.value().doc_freq;
        let is_better = best
            .peek()
            .is_none_or(|(least, _)| best.len() < most || frequency > least.0);
        if is_better
            && let Ok(term) = std::str::from_utf8(stream.key())
            && is_wanted(term)
        {
            best.push((Reverse(frequency), term.to_owned()));
            if best.len() > most {
                best.pop();
            }
        }
    }
    best.into_iter().map(|(_, term)| term).collect()
}
