//! What a query finds, as far as somebody wants to know: a page needs the best of it, a count all of it.

use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashMapExt as _};
use roaring::{MultiOps as _, RoaringBitmap};

use super::{
    SearchError,
    filter::{Filter, Filters, Part},
    pass::Pass,
    query::{MAX_QUERY_WORDS, ParsedQuery},
    snapshot::Snapshot,
    text,
    tiers::{DIRECT_TIERS, Tier},
    timed::Timed,
    typos,
};

/// What to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SearchRequest {
    pub query: String,
    pub filter: Filter,
    pub order: Order,
}

/// In what order icons are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// The best match first. Without anything to match, as `Name`.
    #[default]
    Relevance,
    /// By `prefix:name`.
    Name,
    /// What came to the catalog last, first; of one time, by name.
    Newest,
}

/// The icons that a request finds in one generation.
pub struct Matches {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) order: Order,
    filter: Filter,
    query: ParsedQuery,
    /// By segment: what the filters let pass.
    allowed: Vec<Arc<RoaringBitmap>>,
    /// By segment: what has a word that was excluded.
    excluded: Vec<RoaringBitmap>,
    /// The readings of the query, in order, until there are no more.
    passes: [OnceLock<Option<Reading>>; MOST_PASSES],
    total: OnceLock<u64>,
}

/// Where icons stand: in a tier of a reading, in one segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) reading: usize,
    pub(crate) tier: usize,
    pub(crate) segment: usize,
}

/// A reading and what is known about it.
pub(crate) struct Reading {
    pub(crate) pass: Pass,
    pub(crate) is_corrected: bool,
    /// The words, where they are not those that were typed.
    pub(crate) corrected: Option<String>,
    /// By segment: what it finds and no reading before it.
    found: Vec<OnceLock<RoaringBitmap>>,
}

/// Fewer icons than this are little: perhaps something else was meant.
const LITTLE: u64 = 100;
/// A word that was typed and exists is taken for a slip where the other is this much more frequent.
const FAR_MORE_FREQUENT: u64 = 20;
/// Corrections that are tried.
const MOST_CORRECTIONS: usize = 3;
/// And that are looked at, of which many find nothing.
const MOST_TRIED: usize = 24;
/// As typed or by characters, corrected or by the characters' name, and with words left out.
const MOST_PASSES: usize = 2 + MOST_CORRECTIONS;

impl Matches {
    /// Prepares to answer `request` from `snapshot`.
    pub(crate) fn new(snapshot: Arc<Snapshot>, request: &SearchRequest) -> Result<Self, SearchError> {
        let mut query = ParsedQuery::parse(&request.query)?;
        match query.set.take() {
            Some(set) if snapshot.set(&set).is_some() => query.filter.prefixes.push(set),
            // No set, so a word like any other.
            Some(word) => query.words.splice(0..0, text::words(&word)).for_each(drop),
            None => {}
        }
        let order = if query.is_browse() && request.order == Order::Relevance {
            Order::Name
        } else {
            request.order
        };
        let mut matches = Self {
            order,
            filter: request.filter.clone(),
            query,
            allowed: Vec::new(),
            excluded: Vec::new(),
            passes: Default::default(),
            total: OnceLock::new(),
            snapshot,
        };
        matches.excluded = (matches.snapshot.segments.iter())
            .map(|segment| {
                let fields = &matches.snapshot.fields;
                matches.query.excluded.iter().fold(RoaringBitmap::new(), |any, word| {
                    let stem = text::stem(word);
                    any | &*segment.documents_called(fields, word)
                        | &*segment.documents(fields.stem, stem)
                        | &*segment.documents(fields.alias, stem)
                })
            })
            .collect();
        matches.allowed = (0..matches.snapshot.segments.len())
            .map(|segment| matches.allowed_without(segment, None))
            .collect();
        Ok(matches)
    }

    /// The words that are looked for.
    pub(crate) fn words(&self) -> &[String] {
        &self.query.words
    }

    /// Whether sets to look in were typed.
    pub(crate) fn names_sets(&self) -> bool {
        let query = &self.query;
        !(query.prefixes.is_empty() && query.prefix_starts.is_empty() && query.filter.prefixes.is_empty())
    }

    /// The icons of a segment that the filters let pass.
    pub(crate) fn allowed(&self, segment: usize) -> &RoaringBitmap {
        &self.allowed[segment]
    }

    /// The catalog's generation that it was found in.
    pub fn generation(&self) -> i64 {
        self.snapshot.version.generation
    }

    /// How many icons there are.
    pub fn total(&self) -> u64 {
        *self.total.get_or_init(|| {
            let _timed = Timed::new("total");
            (0..self.snapshot.segments.len())
                .map(|segment| self.all(segment).len())
                .sum()
        })
    }

    /// The query as it was probably meant, where it found nothing or little as typed and finds more so.
    pub fn corrected_query(&self) -> Option<&str> {
        self.readings().find_map(|reading| reading.corrected.as_deref())
    }

    /// Everything that is found in a segment.
    pub(crate) fn all(&self, segment: usize) -> RoaringBitmap {
        self.all_of(segment, &self.allowed[segment])
    }

    /// Everything that would be found in a segment if a part of the filters did not apply.
    pub(crate) fn all_without(&self, segment: usize, part: Part) -> RoaringBitmap {
        if self.filters().has(part) {
            self.all_of(segment, &self.allowed_without(segment, Some(part)))
        } else {
            self.all(segment)
        }
    }

    fn all_of(&self, segment: usize, allowed: &RoaringBitmap) -> RoaringBitmap {
        if self.query.is_browse() {
            return allowed.clone();
        }
        let found = self.readings().fold(RoaringBitmap::new(), |any, reading| {
            let last = reading.pass.tiers.len() - 1;
            any | reading.pass.reached(&self.snapshot, segment, last)
        });
        found & allowed
    }

    fn allowed_without(&self, segment: usize, part: Option<Part>) -> Arc<RoaringBitmap> {
        let mut allowed = self.filters().allowed(&self.snapshot.segments[segment], part);
        if !self.excluded[segment].is_empty() {
            *Arc::make_mut(&mut allowed) -= &self.excluded[segment];
        }
        allowed
    }

    fn filters(&self) -> Filters<'_> {
        Filters {
            given: [&self.filter, &self.query.filter],
            prefixes: &self.query.prefixes,
            prefix_starts: &self.query.prefix_starts,
            sets: &self.snapshot.sets,
            fields: &self.snapshot.fields,
        }
    }

    /// The readings in order. Each is only made when somebody comes to it.
    pub(crate) fn readings(&self) -> impl Iterator<Item = &Reading> {
        (0..MOST_PASSES).map_while(|place| self.reading(place))
    }

    /// The reading of that place, if there are as many.
    pub(crate) fn reading(&self, place: usize) -> Option<&Reading> {
        self.passes
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
        let as_typed = self.count_direct();
        if as_typed >= LITTLE {
            return None;
        }
        if let Some(words) = self.corrections(as_typed).into_iter().nth(place - 1) {
            let pass = Pass::of_all(&words, &[], &self.snapshot);
            return Some(Reading::new(pass, Some(words.join(" ")), &self.snapshot));
        }
        let found_any = (0..place).any(|reading| self.count(reading) > 0);
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
    fn corrections(&self, as_typed: u64) -> Vec<Vec<String>> {
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
        corrections.retain(|correction| self.finds_by_name(correction));
        corrections.truncate(MOST_CORRECTIONS);
        corrections
    }

    /// The words that `word` may be a slip of, the likeliest first.
    fn meant_by(&self, word: &str, least_frequency: u64) -> Vec<String> {
        let fields = &self.snapshot.fields;
        typos::candidates(&self.snapshot, &[fields.word, fields.pair], word, 2 * MOST_CORRECTIONS)
            .into_iter()
            .filter(|candidate| candidate.frequency >= least_frequency)
            .map(|candidate| candidate.word)
            .collect()
    }

    /// Whether some icon that the filters let pass has all the words in its name.
    fn finds_by_name(&self, words: &[String]) -> bool {
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
                !(named.intersection() & &**allowed).is_empty()
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

    /// The icons that the query as typed finds, and not what stands for them.
    fn count_direct(&self) -> u64 {
        let Some(reading) = self.reading(0) else {
            return 0;
        };
        let direct = |segment: usize| reading.pass.reached(&self.snapshot, segment, DIRECT_TIERS - 1);
        (0..self.snapshot.segments.len())
            .map(|segment| direct(segment).intersection_len(&self.allowed[segment]))
            .sum()
    }

    fn count(&self, reading: usize) -> u64 {
        (0..self.snapshot.segments.len())
            .filter_map(|segment| Some(self.found(reading, segment)?.len()))
            .sum()
    }

    /// The icons at a place that are at no better one.
    pub(crate) fn icons_at(&self, place: Place) -> RoaringBitmap {
        let Place {
            reading: number,
            tier,
            segment,
        } = place;
        let Some(reading) = self.reading(number).filter(|made| tier < made.pass.tiers.len()) else {
            return RoaringBitmap::new();
        };
        let mut icons = reading.pass.reached(&self.snapshot, segment, tier) & &*self.allowed[segment];
        if let Some(better) = tier.checked_sub(1) {
            icons -= reading.pass.reached(&self.snapshot, segment, better);
        }
        for before in (0..number).filter_map(|before| self.found(before, segment)) {
            icons -= before;
        }
        icons
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
