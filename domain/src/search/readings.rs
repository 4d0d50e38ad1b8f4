//! The ways in which a query is read: as typed, as it was probably meant, and with words left out.

use std::sync::OnceLock;

use foldhash::{HashMap, HashMapExt as _};
use roaring::{MultiOps as _, RoaringBitmap};

use super::{
    matches::Matches,
    pass::Pass,
    query::MAX_QUERY_WORDS,
    snapshot::Snapshot,
    text,
    tiers::{LITTLE, Tier},
    typos::{self, Among},
};

/// A reading and what is known about it.
pub(crate) struct Reading {
    pub(crate) pass: Pass,
    pub(crate) is_corrected: bool,
    /// The words, where they are not those that were typed.
    pub(crate) corrected: Option<String>,
    /// By segment: what it finds and no reading before it.
    found: Vec<OnceLock<RoaringBitmap>>,
}

/// A word that was typed and exists is taken for a slip where the other is this much more frequent.
const FAR_MORE_FREQUENT: u64 = 20;
/// Corrections that are tried.
const MOST_CORRECTIONS: usize = 3;
/// And that are looked at, of which many find nothing.
const MOST_TRIED: usize = 24;
/// As typed or by characters, corrected or by the characters' name, and with words left out.
pub(super) const MOST_READINGS: usize = 2 + MOST_CORRECTIONS;

impl Matches {
    /// The readings in order. Each is only made when somebody comes to it.
    pub(crate) fn readings(&self) -> impl Iterator<Item = &Reading> {
        (0..MOST_READINGS).map_while(|place| self.reading(place))
    }

    /// The reading of that place, if there are as many.
    pub(crate) fn reading(&self, place: usize) -> Option<&Reading> {
        self.readings
            .get(place)?
            .get_or_init(|| match place {
                0 => (!self.query.is_browse()).then(|| {
                    let pass = Pass::of_all(&self.query.words, &self.query.characters, &self.snapshot);
                    Reading::new(pass, None, &self.snapshot)
                }),
                _ => self.next_reading(place),
            })
            .as_ref()
    }

    /// The reading after those that there are.
    fn next_reading(&self, place: usize) -> Option<Reading> {
        let before: Vec<&Reading> = (0..place).map_while(|before| self.reading(before)).collect();
        if before.len() < place || before.iter().any(|reading| reading.is_last()) {
            return None;
        }
        if self.query.words.is_empty() {
            let words = Some(self.words_of_characters()).filter(|words| place == 1 && !words.is_empty())?;
            let pass = Pass::of_all(&words, &[], &self.snapshot);
            return Some(Reading::new(pass, None, &self.snapshot));
        }
        // What is read does not depend on the filters, so that a facet counts what its value would leave; but where they leave
        // nothing, whatever may have been meant is better.
        let found_any = (0..place).any(|reading| self.count(reading) > 0);
        let as_typed = if found_any { self.count_direct() } else { 0 };
        if as_typed >= LITTLE {
            return None;
        }
        let corrections = self.corrections.get_or_init(|| self.correct(as_typed, found_any));
        if let Some(words) = corrections.get(place - 1) {
            let pass = Pass::of_all(words, &[], &self.snapshot);
            return Some(Reading::new(pass, Some(words.join(" ")), &self.snapshot));
        }
        (!found_any && self.query.words.len() > 1).then(|| {
            let pass = Pass::of_some(&self.query.words, &self.snapshot);
            Reading::new(pass, None, &self.snapshot)
        })
    }

    /// What most sets call the icons that the characters stand for: other sets have icons of that name without the
    /// characters.
    fn words_of_characters(&self) -> Vec<String> {
        let mut names: HashMap<String, usize> = HashMap::new();
        for segment in &self.snapshot.segments {
            let field = self.snapshot.fields.character;
            let characters = self
                .query
                .characters
                .iter()
                .map(|character| (field, character.as_str()));
            for doc in segment.documents_of_any(characters) {
                let name = segment.name(doc);
                let key = name.split_once(':').map_or("", |(_, key)| key);
                *names.entry(key.to_owned()).or_default() += 1;
            }
        }
        let most = names.into_iter().max_by(|(one, ones), (other, others)| {
            let shorter = other.len().cmp(&one.len());
            ones.cmp(others).then(shorter).then_with(|| other.cmp(one))
        });
        let mut words = most.map_or_else(Vec::new, |(name, _)| text::words(&name));
        words.truncate(MAX_QUERY_WORDS);
        words
    }

    /// The words as they may have been meant, the likeliest first; each finds something.
    fn correct(&self, as_typed: u64, found_any: bool) -> Vec<Vec<String>> {
        let words = &self.query.words;
        let unknown: Vec<bool> = (words.iter())
            .map(|word| typos::is_unknown(&self.snapshot, word, text::stem(word)))
            .collect();
        let mut corrections = if unknown.contains(&true) {
            // Every word that nobody uses must have been meant otherwise.
            let wrong = (0..words.len()).filter(|place| unknown[*place]);
            wrong.fold(vec![words.clone()], |corrections, place| {
                let meant = self.meant_by(&words[place], 1);
                let replaced = corrections
                    .iter()
                    .flat_map(|correction| replacements(correction, place, &meant));
                replaced.take(MOST_TRIED).collect()
            })
        } else {
            // Words that exist, of which one may be another.
            let least_frequency = FAR_MORE_FREQUENT * as_typed.max(1);
            let places = (0..words.len()).filter(|_| as_typed == 0 || words.len() == 1);
            places
                .flat_map(|place| replacements(words, place, &self.meant_by(&words[place], least_frequency)))
                .take(MOST_TRIED)
                .collect()
        };
        corrections.retain(|correction| self.finds_by_name(correction, found_any));
        corrections.truncate(MOST_CORRECTIONS);
        corrections
    }

    /// The words that `word` may be a slip of, the likeliest first.
    fn meant_by(&self, word: &str, least_frequency: u64) -> Vec<String> {
        // Two words that are written as one are never far more frequent than another.
        let among = if least_frequency > 1 {
            Among::Words
        } else {
            Among::WordsAndPairs
        };
        let candidates = typos::candidates(&self.snapshot, among, word);
        let likeliest = candidates.iter().take(2 * MOST_CORRECTIONS);
        likeliest
            .filter(|candidate| candidate.frequency >= least_frequency)
            .map(|candidate| candidate.word.clone())
            .collect()
    }

    /// Whether some icon, of all or of those that the filters let pass, has all the words in its name.
    fn finds_by_name(&self, words: &[String], of_all: bool) -> bool {
        let fields = &self.snapshot.fields;
        self.snapshot
            .segments
            .iter()
            .zip(&self.allowed)
            .any(|(segment, allowed)| {
                let named = words.iter().map(|word| {
                    let stem = text::stem(word);
                    &*segment.documents(fields.stem, stem) | &*segment.documents_called(fields, word)
                });
                let within = if of_all { &segment.visible } else { allowed };
                !named.intersection().is_disjoint(within)
            })
    }

    /// What a reading finds in a segment, and none before it.
    pub(crate) fn found(&self, place: usize, segment: usize) -> Option<&RoaringBitmap> {
        let reading = self.reading(place)?;
        let found = reading.found[segment].get_or_init(|| {
            let last = reading.pass.tiers.len() - 1;
            let mut found = reading.pass.reached(&self.snapshot, segment, last) & &*self.allowed[segment];
            for before in (0..place).filter_map(|before| self.found(before, segment)) {
                found -= before;
            }
            found
        });
        Some(found)
    }

    /// The icons that the query as typed finds, and not what stands for them, without filters.
    fn count_direct(&self) -> u64 {
        let reading = self.reading(0);
        reading.map_or(0, |reading| reading.pass.count_direct(&self.snapshot))
    }

    fn count(&self, reading: usize) -> u64 {
        (0..self.snapshot.segments.len())
            .filter_map(|segment| Some(self.found(reading, segment)?.len()))
            .sum()
    }
}

/// `words` with each of `meant` in one place.
fn replacements(words: &[String], place: usize, meant: &[String]) -> Vec<Vec<String>> {
    let replaced = meant.iter().map(|word| {
        let mut replaced = words.to_vec();
        replaced[place].clone_from(word);
        replaced
    });
    replaced.collect()
}

impl Reading {
    fn new(pass: Pass, corrected: Option<String>, snapshot: &Snapshot) -> Self {
        Self {
            pass,
            is_corrected: corrected.is_some(),
            corrected,
            found: snapshot.segments.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    /// Whether words may be missing, after which nothing more is tried.
    fn is_last(&self) -> bool {
        self.pass
            .tiers
            .first()
            .is_some_and(|tier| matches!(tier, Tier::Missing(_)))
    }
}
