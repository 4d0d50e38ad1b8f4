//! Pages of what was found: the best icons strictly between two positions, from either end.

use std::cmp::Reverse;

use super::{
    matches::{Matches, Place},
    rank::{MOST_POPULAR, Rank},
    segment::Segment,
    tiers::MatchedField,
    timed::timed,
};
use crate::catalog::{IconId, Page, PageBounds};

/// An icon that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub id: IconId,
    /// How well it matches: 1 for the best there can be, above 0; it never rises along a list by relevance.
    pub score: f64,
    /// By what, each once.
    pub matched_on: Vec<MatchedField>,
    pub position: Position,
}

/// Where a hit stands in its list. It means the same in any generation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Position {
    /// By relevance.
    Best {
        reading: u8,
        tier: u8,
        /// More is better.
        strength: Reverse<u16>,
        /// As it is lifted by popularity.
        rank: u64,
        id: i64,
    },
    Named {
        name: String,
    },
    /// Newer first.
    New {
        generation: Reverse<i64>,
        name: String,
    },
    /// By usage: more is better.
    Used {
        score: Reverse<u32>,
        rank: u64,
        id: i64,
    },
}

impl Matches {
    /// A page of the list.
    pub fn page(&self, bounds: &PageBounds<Position>) -> Page<Hit> {
        timed("page", || self.page_within(bounds))
    }

    fn page_within(&self, bounds: &PageBounds<Position>) -> Page<Hit> {
        let wanted = bounds.limit as usize + 1;
        let mut candidates = self.candidates(bounds, wanted);
        if bounds.after.is_none() && bounds.before.is_none() {
            let outcome = if candidates.is_empty() { "nothing" } else { "found" };
            metrics::counter!("searches_total", "outcome" => outcome).increment(1);
        }
        let goes_on = candidates.len() == wanted;
        candidates.truncate(bounds.limit as usize);
        if bounds.backward {
            candidates.reverse();
        }
        let (has_previous, has_next) = if bounds.backward {
            (goes_on, self.has_beyond(bounds.before.as_ref(), true))
        } else {
            (self.has_beyond(bounds.after.as_ref(), false), goes_on)
        };
        Page {
            items: candidates.iter().map(|candidate| self.hit(candidate)).collect(),
            has_previous,
            has_next,
        }
    }

    /// The pages with these numbers, from 0, of `size` hits each, in the order asked; past the end they are empty.
    pub fn numbered_pages(&self, numbers: &[u32], size: u32) -> Vec<Vec<Hit>> {
        timed("pages", || self.pages_with(numbers, size as usize))
    }

    fn pages_with(&self, numbers: &[u32], size: usize) -> Vec<Vec<Hit>> {
        let start = |number: u32| (number as usize).saturating_mul(size);
        // Nothing is looked for beyond the end, however large the number.
        let total = usize::try_from(self.total()).unwrap_or(usize::MAX);
        let within = numbers
            .iter()
            .map(|number| start(*number))
            .filter(|start| *start < total);
        let wanted = within.max().map_or(0, |last| last.saturating_add(size).min(total));
        let whole = PageBounds {
            limit: 0,
            backward: false,
            after: None,
            before: None,
        };
        let candidates = self.candidates(&whole, wanted);
        numbers
            .iter()
            .map(|number| {
                let page = candidates.iter().skip(start(*number)).take(size);
                page.map(|candidate| self.hit(candidate)).collect()
            })
            .collect()
    }

    /// Whether anything stands at a bound or beyond it, away from the page.
    fn has_beyond(&self, bound: Option<&Position>, after: bool) -> bool {
        let Some(bound) = bound else {
            return false;
        };
        let outwards = PageBounds {
            limit: 1,
            backward: false,
            after: after.then(|| bound.clone()),
            before: (!after).then(|| bound.clone()),
        };
        !self.candidates(&outwards, 1).is_empty() || self.is_there(bound)
    }

    /// Whether a hit stands at exactly this position.
    fn is_there(&self, position: &Position) -> bool {
        (0..self.snapshot.segments.len()).any(|segment| {
            let Some(doc) = self.doc_at(segment, position) else {
                return false;
            };
            match position {
                Position::Best { reading, tier, .. } => {
                    let (reading, tier) = (usize::from(*reading), usize::from(*tier));
                    self.icons_at(Place { reading, tier, segment }).contains(doc)
                }
                Position::Named { .. } | Position::New { .. } | Position::Used { .. } => {
                    self.all(segment).contains(doc)
                }
            }
        })
    }

    fn doc_at(&self, place: usize, position: &Position) -> Option<u32> {
        let segment = &self.snapshot.segments[place];
        match position {
            // It may have been lifted otherwise than it is now.
            Position::Best { rank, id, .. } => (0..=MOST_POPULAR)
                .filter_map(|popularity| Rank::of_lifted(*rank, popularity))
                .find_map(|rank| doc_of(segment, rank, IconId(*id))),
            Position::Used { rank, id, .. } => doc_of(segment, Rank(*rank), IconId(*id)),
            Position::Named { name } | Position::New { name, .. } => segment.doc_of_name(name),
        }
    }
}

fn doc_of(segment: &Segment, rank: Rank, id: IconId) -> Option<u32> {
    let doc = segment.first_doc_from(rank, id);
    (doc < segment.max_doc() && segment.id(doc) == id).then_some(doc)
}
