//! Why a hit was found, and how well it matches.

use super::{
    candidates::Candidate,
    matches::{Matches, Place},
    page::{Hit, Position},
    tiers::{MatchedField, Meeting, Tier},
};

impl Matches {
    /// A candidate as it is shown.
    pub(super) fn hit(&self, candidate: &Candidate) -> Hit {
        let Candidate { position, segment, doc } = candidate;
        let (score, matched_on) = match position {
            Position::Best {
                reading,
                tier,
                strength,
                ..
            } => {
                let place = Place {
                    reading: usize::from(*reading),
                    tier: usize::from(*tier),
                    segment: *segment,
                };
                self.explain(place, strength.0, *doc)
            }
            Position::Named { .. } | Position::New { .. } | Position::Used { .. } => {
                self.explain_listed(*segment, *doc)
            }
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
                    let strength = if made.pass.tiers[tier].is_of_synonyms() {
                        made.pass.strength(&self.snapshot, segment, doc)
                    } else {
                        self.appeal(segment, doc)
                    };
                    return self.explain(Place { reading, tier, segment }, strength, doc);
                }
            }
        }
        // Nothing was asked, so nothing is better than anything else.
        (1.0, Vec::new())
    }

    /// A hit's score, and what was matched.
    pub(super) fn explain(&self, place: Place, strength: u16, doc: u32) -> (f64, Vec<MatchedField>) {
        let Place { reading, tier, segment } = place;
        let made = self.reading(reading).expect("a hit comes from a reading that was made");
        // What a character stands for, and what is called so, cannot match better.
        let (tiers, tier_from_best) = (made.pass.tiers.len() - 1, tier.saturating_sub(1));
        let words = self.snapshot.segments[segment].rank(doc).words();
        let words = f64::from(words.saturating_sub(self.ranking.popularity(segment, doc)).max(1));
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
            Tier::Exact | Tier::AnyOrder | Tier::Joined | Tier::Base | Tier::Begun => vec![MatchedField::Name],
            Tier::Alias => vec![MatchedField::Alias],
            Tier::Met(_) | Tier::Missing(_) => made
                .pass
                .meetings(&self.snapshot, segment, doc)
                .map(Meeting::field)
                .collect(),
        };
        if fields.len() < made.pass.words() && matches!(made.pass.tiers[tier], Tier::Met(_)) {
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
