//! The icons that meet what is finished, and those that go on as the unfinished word does.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::typed::Typed;
use crate::search::{
    SearchError, dictionary,
    filter::Filter,
    index::icon_document::LONGEST_START,
    matches::{Matches, Order, SearchRequest},
    segment::Segment,
    snapshot::Snapshot,
    text,
    typos::{self, Among},
    usage_ranks::Ranking,
};

use super::MOST_WEIGHED;

/// Corrections of a word that are offered.
const MOST_CORRECTIONS: usize = 3;
/// And that are looked at, of which many find nothing.
const MOST_TRIED: usize = typos::MOST_CANDIDATES;
/// Words that nobody uses, of which each is corrected; with more, nothing is meant.
const MOST_WRONG: usize = 3;

/// Icons by segment.
pub(super) type Icons = Vec<RoaringBitmap>;

/// Where is looked.
pub(super) struct Scope<'a> {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) typed: &'a Typed,
    /// What the filters let pass, of the argument and those that were typed.
    pub(super) allowed: Icons,
    /// Sets were typed as a filter, to which another one would be added.
    pub(super) has_sets: bool,
}

/// What was found for an unfinished word.
pub(super) struct Found {
    /// The finished words, as they were probably meant.
    pub(super) words: Vec<String>,
    /// What the word begins with.
    pub(super) start: String,
    /// Icons that meet the finished words.
    pub(super) base: Icons,
    /// Those with a word that begins so, or with one of `meant`.
    pub(super) begun: Icons,
    /// Words that may have been meant where none begins so, the likeliest first.
    pub(super) meant: Vec<String>,
}

/// By what a finished word may be met.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Names,
    /// Also aliases, tags and the names of sets.
    Everything,
}

impl<'a> Scope<'a> {
    pub(super) fn new(snapshot: Arc<Snapshot>, typed: &'a Typed, filter: &Filter) -> Result<Self, SearchError> {
        let request = SearchRequest {
            query: typed.kept(),
            filter: filter.clone(),
            order: Order::Name,
        };
        let kept = Matches::new(snapshot.clone(), &request, Ranking::default())?;
        let scope = Self {
            allowed: (0..snapshot.segments.len())
                .map(|segment| kept.allowed(segment).clone())
                .collect(),
            has_sets: kept.names_sets(),
            snapshot,
            typed,
        };
        // `mdi:home` is a set, and a word that has to be met.
        let allowed = scope.meeting(kept.words(), Reach::Everything);
        Ok(Self { allowed, ..scope })
    }

    /// Whether there are icons that are left out.
    pub(super) fn is_narrowed(&self) -> bool {
        let visible = self.snapshot.segments.iter().map(|segment| &*segment.visible);
        !visible.eq(&self.allowed)
    }

    /// Icons by the word `start` begins, for the finished words as typed or, where that leads nowhere, as meant.
    pub(super) fn begun_by(&self, start: &str) -> Found {
        let words = self.typed.words();
        let reaches = [Reach::Names, Reach::Everything];
        for reach in reaches.into_iter().take(if words.is_empty() { 1 } else { 2 }) {
            let found = self.found(words.clone(), start, reach);
            if count(&found.begun) > 0 {
                return found;
            }
        }
        self.corrected(&words, start)
    }

    fn found(&self, words: Vec<String>, start: &str, reach: Reach) -> Found {
        let base = self.meeting(&words, reach);
        Found {
            begun: self.beginning(&base, start),
            base,
            words,
            start: start.to_owned(),
            meant: Vec::new(),
        }
    }

    fn corrected(&self, words: &[String], start: &str) -> Found {
        let wrong = words.iter().filter(|word| self.is_wrong(word)).count();
        let meant_by = |word: &String| {
            let is_corrected = wrong <= MOST_WRONG && self.is_wrong(word);
            is_corrected.then(|| self.meant_by(word, 1).pop()).flatten()
        };
        let words = (words.iter())
            .map(|word| meant_by(word).unwrap_or_else(|| word.clone()))
            .collect();
        let mut found = self.found(words, start, Reach::Everything);
        if count(&found.begun) == 0 {
            let field = self.snapshot.fields.stem;
            found.meant = (self.meant_by(start, MOST_TRIED).into_iter())
                .filter(|word| self.count_having(&found.base, field, text::stem(word)) > 0)
                .take(MOST_CORRECTIONS)
                .collect();
            found.begun = self.each_segment(|segment, place| {
                let meant = found.meant.iter().map(|word| (field, text::stem(word)));
                segment.documents_of_any(meant) & &found.base[place]
            });
        }
        found
    }

    /// Whether nobody uses the word.
    fn is_wrong(&self, word: &str) -> bool {
        typos::is_unknown(&self.snapshot, word, text::stem(word)) && self.snapshot.sets_called(word).is_empty()
    }

    /// Words of names that `word` may be a slip of, the likeliest first.
    fn meant_by(&self, word: &str, most: usize) -> Vec<String> {
        let candidates = typos::candidates(&self.snapshot, Among::Words, word);
        let likeliest = candidates.iter().take(most);
        likeliest.map(|candidate| candidate.word.clone()).collect()
    }

    /// The allowed icons that meet all of `words`.
    fn meeting(&self, words: &[String], reach: Reach) -> Icons {
        let fields = &self.snapshot.fields;
        self.each_segment(|segment, place| {
            words.iter().fold(self.allowed[place].clone(), |all, word| {
                let stem = text::stem(word);
                if reach == Reach::Names {
                    return all & &*segment.documents(fields.stem, stem);
                }
                let named = [fields.stem, fields.alias, fields.tag]
                    .into_iter()
                    .map(|field| (field, stem));
                let sets = self.snapshot.sets_called(word).iter();
                all & segment.documents_of_any(named.chain(sets.map(|prefix| (fields.prefix, prefix.as_str()))))
            })
        })
    }

    /// Those of `icons` that have a word which begins with `start`.
    fn beginning(&self, icons: &Icons, start: &str) -> Icons {
        let fields = &self.snapshot.fields;
        if start.is_empty() {
            return icons.clone();
        }
        if start.len() <= LONGEST_START {
            return self.each_segment(|segment, place| &*segment.documents(fields.start, start) & &icons[place]);
        }
        let words = dictionary::most_frequent(&self.snapshot, fields.word, start, MOST_WEIGHED);
        self.each_segment(|segment, place| {
            segment.documents_of_any(words.iter().map(|word| (fields.word, word.as_str()))) & &icons[place]
        })
    }

    /// How many of `icons` have a term.
    pub(super) fn count_having(&self, icons: &Icons, field: tantivy::schema::Field, term: &str) -> u64 {
        (self.snapshot.segments.iter().zip(icons))
            .map(|(segment, icons)| segment.documents(field, term).intersection_len(icons))
            .sum()
    }

    pub(super) fn each_segment(&self, icons: impl Fn(&Segment, usize) -> RoaringBitmap) -> Icons {
        let segments = self.snapshot.segments.iter().enumerate();
        segments.map(|(place, segment)| icons(segment, place)).collect()
    }
}

/// How many icons there are.
pub(super) fn count(icons: &Icons) -> u64 {
    icons.iter().map(RoaringBitmap::len).sum()
}
