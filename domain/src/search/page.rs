//! Pages of what was found: the best icons strictly between two positions, from either end.

use std::cmp::Reverse;

use roaring::RoaringBitmap;

use super::{
    matches::{Matches, Order, Reading},
    rank::Rank,
    tiers::{MatchedField, Meeting, Tier},
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
}

/// A document before it is shown.
struct Candidate {
    position: Position,
    segment: usize,
    doc: u32,
}

impl Matches {
    /// A page of the list.
    pub fn page(&self, bounds: &PageBounds<Position>) -> Page<Hit> {
        let wanted = bounds.limit as usize + 1;
        let mut candidates = match self.order {
            Order::Relevance => self.best(bounds, wanted),
            Order::Name | Order::Newest => self.listed(bounds, wanted),
        };
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
        let found = |bounds| match self.order {
            Order::Relevance => !self.best(&bounds, 1).is_empty(),
            Order::Name | Order::Newest => !self.listed(&bounds, 1).is_empty(),
        };
        found(outwards) || self.is_there(bound)
    }

    /// Whether a hit stands at exactly this position.
    fn is_there(&self, position: &Position) -> bool {
        (0..self.snapshot.segments.len()).any(|segment| {
            let Some(doc) = self.doc_at(segment, position) else {
                return false;
            };
            self.all(segment).contains(doc)
        })
    }

    fn doc_at(&self, place: usize, position: &Position) -> Option<u32> {
        let segment = &self.snapshot.segments[place];
        match position {
            Position::Best { rank, id, .. } => {
                let doc = segment.first_doc_from(Rank(*rank), IconId(*id));
                (doc < segment.max_doc() && segment.id(doc) == IconId(*id)).then_some(doc)
            }
            Position::Named { name } | Position::New { name, .. } => segment.doc_of_name(name),
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
            .flat_map(|segment| self.candidates_of_tier(reading, tier, segment, bounds, wanted))
            .collect();
        if bounds.backward {
            candidates.sort_unstable_by(|one, other| other.position.cmp(&one.position));
        } else {
            candidates.sort_unstable_by(|one, other| one.position.cmp(&other.position));
        }
        candidates.truncate(wanted);
        candidates
    }

    /// At least the `wanted` first, or last, icons of a tier in one segment that lie within the bounds.
    fn candidates_of_tier(
        &self,
        reading: usize,
        tier: usize,
        segment: usize,
        bounds: &PageBounds<Position>,
        wanted: usize,
    ) -> Vec<Candidate> {
        let is_empty = |made: &Reading| !made.pass.adds(&self.snapshot, segment, tier);
        if self.reading(reading).is_none_or(is_empty) {
            return Vec::new();
        }
        let icons = self.of_tier(reading, tier, segment);
        if icons.is_empty() {
            return Vec::new();
        }
        let made = self
            .readings()
            .nth(reading)
            .expect("the reading was made to find its icons");
        if made.pass.tiers[tier].has_strengths() {
            return self.strongest(reading, tier, segment, &icons, bounds, wanted);
        }
        let opened = &self.snapshot.segments[segment];
        let position = |doc: u32| self.best_position(reading, tier, 0, segment, doc);
        let candidate = |doc: u32| Candidate {
            position: position(doc),
            segment,
            doc,
        };
        let start = bounds
            .after
            .as_ref()
            .map_or(0, |after| opened.first_doc_where(|doc| position(doc) > *after));
        let end = bounds.before.as_ref().map_or(opened.max_doc(), |before| {
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

    fn strongest(
        &self,
        reading: usize,
        tier: usize,
        segment: usize,
        icons: &RoaringBitmap,
        bounds: &PageBounds<Position>,
        wanted: usize,
    ) -> Vec<Candidate> {
        let made = self
            .readings()
            .nth(reading)
            .expect("the reading was made to find its icons");
        // Documents of one strength are in the order of their ranks already.
        let mut ordered: Vec<(Reverse<u16>, u32)> = if made.pass.tiers[tier] == Tier::Met(Meeting::Synonym) {
            let strengths = made.pass.strengths(&self.snapshot, segment).iter();
            let allowed = strengths.filter(|(doc, _)| icons.contains(*doc));
            allowed.map(|(doc, strength)| (Reverse(*strength), *doc)).collect()
        } else {
            let opened = &self.snapshot.segments[segment];
            icons.iter().map(|doc| (Reverse(opened.appeal(doc)), doc)).collect()
        };
        let position =
            |(strength, doc): &(Reverse<u16>, u32)| self.best_position(reading, tier, strength.0, segment, *doc);
        if bounds.after.is_some() || bounds.before.is_some() {
            ordered.retain(|place| {
                let position = position(place);
                bounds.after.as_ref().is_none_or(|after| position > *after)
                    && bounds.before.as_ref().is_none_or(|before| position < *before)
            });
        }
        let taken = wanted.min(ordered.len());
        if bounds.backward {
            if taken < ordered.len() {
                ordered.select_nth_unstable_by(taken, |one, other| other.cmp(one));
            }
        } else if taken < ordered.len() {
            ordered.select_nth_unstable(taken);
        }
        ordered[..taken]
            .iter()
            .map(|place| Candidate {
                position: position(place),
                segment,
                doc: place.1,
            })
            .collect()
    }

    fn best_position(&self, reading: usize, tier: usize, strength: u16, segment: usize, doc: u32) -> Position {
        let segment = &self.snapshot.segments[segment];
        Position::Best {
            reading: u8::try_from(reading).unwrap_or(u8::MAX),
            tier: u8::try_from(tier).unwrap_or(u8::MAX),
            strength: Reverse(strength),
            rank: segment.rank(doc).0,
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
        let list = segment.list(self.order);
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

    fn listed_position(&self, segment: usize, doc: u32) -> Position {
        let segment = &self.snapshot.segments[segment];
        let name = segment.name(doc);
        match self.order {
            Order::Newest => Position::New {
                generation: Reverse(segment.first_generation(doc)),
                name,
            },
            Order::Name | Order::Relevance => Position::Named { name },
        }
    }

    fn hit(&self, candidate: &Candidate) -> Hit {
        let Candidate { position, segment, doc } = candidate;
        let (score, matched_on) = match position {
            Position::Best {
                reading,
                tier,
                strength,
                ..
            } => self.explain(usize::from(*reading), usize::from(*tier), strength.0, *segment, *doc),
            Position::Named { .. } | Position::New { .. } => self.explain_listed(*segment, *doc),
        };
        Hit {
            id: self.snapshot.segments[*segment].id(*doc),
            score,
            matched_on,
            position: position.clone(),
        }
    }

    /// In a list by name: as good as it would be by relevance.
    fn explain_listed(&self, segment: usize, doc: u32) -> (f64, Vec<MatchedField>) {
        for (reading, made) in self.readings().enumerate() {
            for tier in 0..made.pass.tiers.len() {
                if made.pass.reached(&self.snapshot, segment, tier).contains(doc) {
                    let strength = match made.pass.tiers[tier] {
                        Tier::Met(Meeting::Synonym) => made.pass.strength(&self.snapshot, segment, doc),
                        _ => self.snapshot.segments[segment].appeal(doc),
                    };
                    return self.explain(reading, tier, strength, segment, doc);
                }
            }
        }
        // Nothing was asked, so nothing is better than anything else.
        (1.0, Vec::new())
    }

    /// A hit's score, and what was matched.
    fn explain(
        &self,
        reading: usize,
        tier: usize,
        strength: u16,
        segment: usize,
        doc: u32,
    ) -> (f64, Vec<MatchedField>) {
        let made = self
            .readings()
            .nth(reading)
            .expect("a hit comes from a reading that was made");
        // What a character stands for, and what is called so, cannot match better.
        let (tiers, tier_from_best) = (made.pass.tiers.len() - 1, tier.saturating_sub(1));
        let words = f64::from(self.snapshot.segments[segment].rank(doc).words());
        // Within its tier's share a hit stands by its strength or the length of its name.
        let within = match made.pass.tiers[tier] {
            tier if tier.has_strengths() => f64::from(strength) / f64::from(u16::MAX),
            Tier::Exact | Tier::Character => 1.0,
            _ => 1.0 / words,
        };
        #[expect(clippy::cast_precision_loss, reason = "there are a dozen tiers")]
        let of_pass = (tiers.saturating_sub(tier_from_best + 1) as f64 + within) / tiers.max(1) as f64;
        // Each further reading has half of what is left.
        let halves = 0.5_f64.powi(i32::try_from(reading).unwrap_or(i32::MAX));
        let score = halves * (0.5 + of_pass / 2.0);
        let mut fields: Vec<MatchedField> = match made.pass.tiers[tier] {
            Tier::Character => vec![MatchedField::Character],
            Tier::Exact | Tier::AnyOrder | Tier::Base | Tier::Begun => vec![MatchedField::Name],
            Tier::Alias => vec![MatchedField::Alias],
            Tier::Met(_) | Tier::Missing(_) => made
                .pass
                .meetings(&self.snapshot, segment, doc)
                .map(Meeting::field)
                .collect(),
        };
        if fields.is_empty() {
            // All words together stand for it.
            fields.push(MatchedField::Synonym);
        }
        if made.is_corrected {
            fields.push(MatchedField::Typo);
        }
        fields.sort_unstable();
        fields.dedup();
        (score, fields)
    }
}
