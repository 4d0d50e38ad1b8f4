//! What a query finds, as far as somebody wants to know: a page needs the best of it, a count all of it.

use std::sync::{Arc, OnceLock};

use roaring::RoaringBitmap;

use super::{
    SearchError,
    filter::{Filter, Filters, Part},
    page::Hit,
    query::ParsedQuery,
    readings::{MOST_READINGS, Reading},
    segment::Segment,
    snapshot::Snapshot,
    text,
    timed::timed,
    usage_ranks::Ranking,
};
use crate::{
    catalog::IconId,
    usage::{Rising, UsageWindow},
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
    /// What was used most lately, first; what was not, as it ranks.
    Popularity,
    /// What is used more than was to be expected, first; the rest as it ranks.
    Trending(UsageWindow),
}

/// The icons that a request finds in one generation.
pub struct Matches {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) order: Order,
    filter: Filter,
    pub(super) query: ParsedQuery,
    /// By segment: what the filters let pass.
    pub(super) allowed: Vec<Arc<RoaringBitmap>>,
    /// By segment: what has a word that was excluded.
    excluded: Vec<RoaringBitmap>,
    /// The readings of the query, in order, until there are no more.
    pub(super) readings: [OnceLock<Option<Reading>>; MOST_READINGS],
    /// The words as they may have been meant.
    pub(super) corrections: OnceLock<Vec<Vec<String>>>,
    total: OnceLock<u64>,
    pub(super) ranking: Ranking,
}

/// Where icons stand: in a tier of a reading, in one segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) reading: usize,
    pub(crate) tier: usize,
    pub(crate) segment: usize,
}

impl Matches {
    /// Prepares to answer `request` from `snapshot`.
    pub(crate) fn new(snapshot: Arc<Snapshot>, request: &SearchRequest, ranking: Ranking) -> Result<Self, SearchError> {
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
            readings: Default::default(),
            corrections: OnceLock::new(),
            total: OnceLock::new(),
            snapshot,
            ranking,
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

    /// The icons that the filters let pass, whatever the query is.
    pub(crate) fn passing(&self) -> impl Iterator<Item = IconId> {
        let segments = self.snapshot.segments.iter().zip(&self.allowed);
        segments.flat_map(|(segment, allowed)| allowed.iter().map(move |doc| segment.id(doc)))
    }

    /// Whether it was found in this very index, and ordered so.
    pub(crate) fn is_of(&self, snapshot: &Arc<Snapshot>, ranking: &Ranking) -> bool {
        Arc::ptr_eq(&self.snapshot, snapshot) && self.ranking.is(ranking)
    }

    /// What is known of an icon that is used more than was to be expected in the window that the list is ordered by.
    pub fn rising(&self, hit: &Hit) -> Option<Rising> {
        let Order::Trending(window) = self.order else {
            return None;
        };
        let rising = self.ranking.usage.standings().rising(window);
        rising.iter().find(|rising| rising.icon == hit.id).copied()
    }

    /// What it can come to in memory: of each word eight sets of icons, and as much again for all words.
    pub(crate) fn most_bytes(&self) -> u32 {
        let icons = self.snapshot.segments.iter().map(Segment::max_doc);
        let words = u32::try_from(self.query.words.len()).unwrap_or(u32::MAX);
        icons.sum::<u32>().saturating_mul(words.saturating_add(1))
    }

    /// The catalog's generation that it was found in.
    pub fn generation(&self) -> i64 {
        self.snapshot.version.generation
    }

    /// How many icons there are.
    pub fn total(&self) -> u64 {
        *self.total.get_or_init(|| {
            timed("total", || {
                let segments = 0..self.snapshot.segments.len();
                segments.map(|segment| self.all(segment).len()).sum()
            })
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
