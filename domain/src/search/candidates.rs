//! The order of what was found: which icons come next, as far as somebody wants to know.

use std::cmp::Reverse;

use roaring::RoaringBitmap;

use super::{
    matches::{Matches, Order, Place},
    page::Position,
};
use crate::catalog::{IconId, PageBounds};

/// By how much a popular icon appeals more to who begins to type its name: as if that had two letters less.
const APPEAL_OF_A_LEVEL: u16 = 2_048;

/// A document before it is shown.
pub(super) struct Candidate {
    pub(super) position: Position,
    pub(super) segment: usize,
    pub(super) doc: u32,
}

impl Matches {
    /// At most `wanted` icons strictly within the bounds, from the front or from the back.
    pub(super) fn candidates(&self, bounds: &PageBounds<Position>, wanted: usize) -> Vec<Candidate> {
        match self.order {
            Order::Relevance => self.best(bounds, wanted),
            Order::Name | Order::Newest | Order::Popularity | Order::Trending(_) => self.listed(bounds, wanted),
        }
    }

    /// By relevance: tier by tier, so that what is not wanted is not looked for.
    fn best(&self, bounds: &PageBounds<Position>, wanted: usize) -> Vec<Candidate> {
        let mut places: Vec<(usize, usize)> = Vec::new();
        let mut candidates = Vec::new();
        if bounds.backward {
            for (reading, made) in self.readings().enumerate() {
                places.extend((0..made.pass.tiers.len()).map(|tier| (reading, tier)));
            }
            places.reverse();
            for (reading, tier) in places {
                candidates.extend(self.best_of_tier(reading, tier, bounds, wanted - candidates.len()));
                if candidates.len() == wanted {
                    break;
                }
            }
            return candidates;
        }
        for (reading, made) in self.readings().enumerate() {
            for tier in 0..made.pass.tiers.len() {
                candidates.extend(self.best_of_tier(reading, tier, bounds, wanted - candidates.len()));
                if candidates.len() == wanted {
                    return candidates;
                }
            }
        }
        candidates
    }

    fn best_of_tier(
        &self,
        reading: usize,
        tier: usize,
        bounds: &PageBounds<Position>,
        wanted: usize,
    ) -> Vec<Candidate> {
        let here = (reading, tier);
        let tier_of = |bound: &Option<Position>| match bound {
            Some(Position::Best { reading, tier, .. }) => Some((usize::from(*reading), usize::from(*tier))),
            _ => None,
        };
        if tier_of(&bounds.after).is_some_and(|after| here < after)
            || tier_of(&bounds.before).is_some_and(|before| here > before)
        {
            return Vec::new();
        }
        let mut candidates: Vec<Candidate> = (0..self.snapshot.segments.len())
            .flat_map(|segment| self.candidates_at(Place { reading, tier, segment }, bounds, wanted))
            .collect();
        if bounds.backward {
            candidates.sort_unstable_by(|one, other| other.position.cmp(&one.position));
        } else {
            candidates.sort_unstable_by(|one, other| one.position.cmp(&other.position));
        }
        candidates.truncate(wanted);
        candidates
    }

    /// At least the `wanted` first, or last, icons at a place that lie within the bounds.
    fn candidates_at(&self, place: Place, bounds: &PageBounds<Position>, wanted: usize) -> Vec<Candidate> {
        let Some(made) = self.reading(place.reading) else {
            return Vec::new();
        };
        if !made.pass.adds(&self.snapshot, place.segment, place.tier) {
            return Vec::new();
        }
        let icons = self.icons_at(place);
        if icons.is_empty() {
            return Vec::new();
        }
        if made.pass.tiers[place.tier].has_strengths() {
            return self.strongest(place, &icons, bounds, wanted);
        }
        let mut candidates = Vec::new();
        let mut others = icons;
        for (popularity, popular) in self.ranking.levels(place.segment) {
            let here = &others & popular;
            if !here.is_empty() {
                others -= popular;
                candidates.extend(self.by_rank((place, popularity), &here, bounds, wanted));
            }
        }
        candidates.extend(self.by_rank((place, 0), &others, bounds, wanted));
        candidates
    }

    /// The same of icons that are equally popular, and so ordered as they rank.
    fn by_rank(
        &self,
        (place, popularity): (Place, u8),
        icons: &RoaringBitmap,
        bounds: &PageBounds<Position>,
        wanted: usize,
    ) -> Vec<Candidate> {
        let opened = &self.snapshot.segments[place.segment];
        let position = |doc: u32| self.best_position((place, popularity), 0, doc);
        let candidate = |doc: u32| Candidate {
            position: position(doc),
            segment: place.segment,
            doc,
        };
        let start = (bounds.after.as_ref()).map_or(0, |after| opened.first_doc_where(|doc| position(doc) > *after));
        let end = (bounds.before.as_ref()).map_or(opened.max_doc(), |before| {
            opened.first_doc_where(|doc| position(doc) >= *before)
        });
        if start >= end {
            return Vec::new();
        }
        let range = icons.range(start..end);
        if bounds.backward {
            range.rev().take(wanted).map(candidate).collect()
        } else {
            range.take(wanted).map(candidate).collect()
        }
    }

    /// The same of icons that are ordered by their strengths.
    fn strongest(
        &self,
        place: Place,
        icons: &RoaringBitmap,
        bounds: &PageBounds<Position>,
        wanted: usize,
    ) -> Vec<Candidate> {
        // Documents of one strength are in the order of their ranks already.
        let mut ordered = self.with_strengths(place, icons);
        if let Some(first) = self.first_beyond(place, bounds.after.as_ref(), true) {
            ordered.retain(|found| *found >= first);
        }
        if let Some(end) = self.first_beyond(place, bounds.before.as_ref(), false) {
            ordered.retain(|found| *found < end);
        }
        let taken = wanted.min(ordered.len());
        if taken < ordered.len() {
            if bounds.backward {
                ordered.select_nth_unstable_by(taken, |one, other| other.cmp(one));
            } else {
                ordered.select_nth_unstable(taken);
            }
        }
        (ordered[..taken].iter())
            .map(|found| Candidate {
                position: self.best_position((place, 0), found.0.0, found.1),
                segment: place.segment,
                doc: found.1,
            })
            .collect()
    }

    /// The first that stands behind a bound, or at it where it is not `past` it; none where the bound lies in another tier.
    fn first_beyond(&self, place: Place, bound: Option<&Position>, past: bool) -> Option<(Reverse<u16>, u32)> {
        let Some(Position::Best {
            reading,
            tier,
            strength,
            rank,
            id,
        }) = bound
        else {
            return None;
        };
        let opened = &self.snapshot.segments[place.segment];
        let at = (*rank, IconId(*id));
        let doc = opened.first_doc_where(|doc| {
            let here = (opened.rank(doc).lifted(0), opened.id(doc));
            here > at || (here == at && !past)
        });
        let is_here = (usize::from(*reading), usize::from(*tier)) == (place.reading, place.tier);
        is_here.then_some((*strength, doc))
    }

    fn with_strengths(&self, place: Place, icons: &RoaringBitmap) -> Vec<(Reverse<u16>, u32)> {
        let synonyms = self
            .reading(place.reading)
            .filter(|made| made.pass.tiers[place.tier].is_of_synonyms());
        if let Some(made) = synonyms {
            let strengths = made.pass.strengths(&self.snapshot, place.segment).iter();
            let allowed = strengths.filter(|(doc, _)| icons.contains(*doc));
            return allowed.map(|(doc, strength)| (Reverse(*strength), *doc)).collect();
        }
        let opened = &self.snapshot.segments[place.segment];
        let mut appeals: Vec<_> = icons.iter().map(|doc| (Reverse(opened.appeal(doc)), doc)).collect();
        // Of many icons few are popular: these alone are looked up.
        for (_, popular) in self.ranking.levels(place.segment) {
            for doc in icons & popular {
                if let Ok(at) = appeals.binary_search_by_key(&doc, |(_, doc)| *doc) {
                    appeals[at].0 = Reverse(self.appeal(place.segment, doc));
                }
            }
        }
        appeals
    }

    /// How likely an icon is meant by somebody who begins to type its name.
    pub(super) fn appeal(&self, segment: usize, doc: u32) -> u16 {
        let popularity = u16::from(self.ranking.popularity(segment, doc));
        let appeal = self.snapshot.segments[segment].appeal(doc);
        appeal.saturating_add(popularity * APPEAL_OF_A_LEVEL)
    }

    fn best_position(&self, (place, popularity): (Place, u8), strength: u16, doc: u32) -> Position {
        let segment = &self.snapshot.segments[place.segment];
        Position::Best {
            reading: u8::try_from(place.reading).unwrap_or(u8::MAX),
            tier: u8::try_from(place.tier).unwrap_or(u8::MAX),
            strength: Reverse(strength),
            rank: segment.rank(doc).lifted(popularity),
            id: segment.id(doc).0,
        }
    }

    /// By name, or by age and name.
    fn listed(&self, bounds: &PageBounds<Position>, wanted: usize) -> Vec<Candidate> {
        let mut candidates: Vec<Candidate> = (0..self.snapshot.segments.len())
            .flat_map(|segment| self.listed_in(segment, bounds, wanted))
            .collect();
        if bounds.backward {
            candidates.sort_unstable_by(|one, other| other.position.cmp(&one.position));
        } else {
            candidates.sort_unstable_by(|one, other| one.position.cmp(&other.position));
        }
        candidates.truncate(wanted);
        candidates
    }

    fn listed_in(&self, place: usize, bounds: &PageBounds<Position>, wanted: usize) -> Vec<Candidate> {
        let segment = &self.snapshot.segments[place];
        let found = self.all(place);
        let scored = self.ranking.usage.scored((place, segment), self.order);
        let list = scored.map_or_else(|| segment.list(self.order), |scored| &scored.list);
        let position = |doc: u32| self.listed_position(place, doc);
        let start = (bounds.after.as_ref()).map_or(0, |after| list.partition_point(|doc| position(*doc) <= *after));
        let end = (bounds.before.as_ref()).map_or(list.len(), |before| {
            list.partition_point(|doc| position(*doc) < *before)
        });
        if start >= end {
            return Vec::new();
        }
        let candidate = |doc: u32| Candidate {
            position: position(doc),
            segment: place,
            doc,
        };
        let within = list[start..end].iter().copied();
        if bounds.backward {
            within
                .rev()
                .filter(|doc| found.contains(*doc))
                .take(wanted)
                .map(candidate)
                .collect()
        } else {
            within
                .filter(|doc| found.contains(*doc))
                .take(wanted)
                .map(candidate)
                .collect()
        }
    }

    fn listed_position(&self, place: usize, doc: u32) -> Position {
        let segment = &self.snapshot.segments[place];
        if let Some(scored) = self.ranking.usage.scored((place, segment), self.order) {
            return Position::Used {
                score: Reverse(scored.score(doc)),
                rank: segment.rank(doc).0,
                id: segment.id(doc).0,
            };
        }
        let name = segment.name(doc);
        match self.order {
            Order::Newest => Position::New {
                generation: Reverse(segment.first_generation(doc)),
                name,
            },
            Order::Name | Order::Relevance | Order::Popularity | Order::Trending(_) => Position::Named { name },
        }
    }
}
