//! Which sets have icons for all of several concepts.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};

use super::{
    Search, SearchError,
    filter::Filter,
    matches::{Matches, Order, Place, SearchRequest},
    snapshot::Snapshot,
    tiers::{Meeting, Tier},
    timed::timed,
    usage_ranks::Ranking,
};
use crate::catalog::IconId;

/// Concepts in one question.
pub const MAX_CONCEPTS: usize = 20;

/// A set, and what it has for each concept.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    pub prefix: String,
    /// Its best icon for each concept, in the order of the concepts; none where it has none.
    pub icons: Vec<Option<IconId>>,
    /// The sum of the icons' scores.
    score: f64,
}

impl Coverage {
    /// How many of the concepts it has an icon for.
    pub fn covered(&self) -> usize {
        self.icons.iter().flatten().count()
    }
}

/// A synonym says that a set has an icon for a concept if it means it at least so strongly; weaker ones would say it of
/// every set.
const LEAST_STRENGTH: u16 = 1638;

impl Search {
    /// The `first` sets that have icons for most of the concepts; of as many, those whose icons match best.
    ///
    /// # Errors
    /// A concept is no query, or there are more than [`MAX_CONCEPTS`].
    pub fn sets_covering(&self, concepts: &[String], first: usize) -> Result<Vec<Coverage>, SearchError> {
        if concepts.len() > MAX_CONCEPTS {
            return Err(SearchError::TooManyConcepts {
                concepts: concepts.len(),
            });
        }
        let snapshot = self.snapshot().ok_or(SearchError::NotReady)?;
        timed("coverage", || covering(&snapshot, concepts, first))
    }
}

fn covering(snapshot: &Arc<Snapshot>, concepts: &[String], first: usize) -> Result<Vec<Coverage>, SearchError> {
    let mut sets: HashMap<String, Coverage> = HashMap::new();
    for (place, concept) in concepts.iter().enumerate() {
        let request = SearchRequest {
            query: concept.clone(),
            filter: Filter::default(),
            order: Order::Relevance,
        };
        let matches = Matches::new(snapshot.clone(), &request, Ranking::default())?;
        for (prefix, (icon, score)) in matches.best_of_each_set() {
            let set = sets.entry(prefix.clone()).or_insert_with(|| Coverage {
                prefix,
                icons: vec![None; concepts.len()],
                score: 0.0,
            });
            set.icons[place] = Some(icon);
            set.score += score;
        }
    }
    let mut sets: Vec<Coverage> = sets.into_values().collect();
    sets.sort_unstable_by(|one, other| {
        let larger = |set: &Coverage| snapshot.set(&set.prefix).map_or(0, |facts| facts.total);
        (other.covered().cmp(&one.covered()))
            .then_with(|| other.score.total_cmp(&one.score))
            .then_with(|| larger(other).cmp(&larger(one)))
            .then_with(|| one.prefix.cmp(&other.prefix))
    });
    sets.truncate(first);
    Ok(sets)
}

impl Matches {
    /// The icon that comes first of each set's, with its score.
    fn best_of_each_set(&self) -> HashMap<String, (IconId, f64)> {
        let mut best: HashMap<String, (IconId, f64)> = HashMap::new();
        for (reading, made) in self.readings().enumerate() {
            for (tier, kind) in made.pass.tiers.iter().enumerate() {
                if !says_that_there_is_one(*kind) {
                    continue;
                }
                for segment in 0..self.snapshot.segments.len() {
                    let place = Place { reading, tier, segment };
                    self.add_best_at(place, &mut best);
                }
            }
        }
        best
    }

    fn add_best_at(&self, place: Place, best: &mut HashMap<String, (IconId, f64)>) {
        let Place { reading, tier, segment } = place;
        let made = self.reading(reading);
        let Some(made) = made.filter(|made| made.pass.adds(&self.snapshot, segment, tier)) else {
            return;
        };
        let opened = &self.snapshot.segments[segment];
        let Some(prefixes) = opened.prefixes() else {
            return;
        };
        let is_synonym = made.pass.tiers[tier].is_of_synonyms();
        // By set: the strongest, of one strength the first.
        let mut strongest: HashMap<u64, (u16, u32)> = HashMap::new();
        for doc in self.icons_at(place) {
            let strength = if is_synonym {
                made.pass.strength(&self.snapshot, segment, doc)
            } else {
                u16::MAX
            };
            let Some(set) = prefixes.term_ords(doc).next().filter(|_| strength >= LEAST_STRENGTH) else {
                continue;
            };
            let known = strongest.entry(set).or_insert((strength, doc));
            if strength > known.0 {
                *known = (strength, doc);
            }
        }
        for (set, (strength, doc)) in strongest {
            let mut prefix = String::new();
            if opened.sound(prefixes.ord_to_str(set, &mut prefix)) == Some(true) {
                best.entry(prefix).or_insert_with(|| {
                    let (score, _) = self.explain(place, strength, doc);
                    (opened.id(doc), score)
                });
            }
        }
    }
}

/// Whether an icon of this tier is one for the concept: not what only begins so, nor all of a set or a category.
fn says_that_there_is_one(tier: Tier) -> bool {
    !matches!(
        tier,
        Tier::Met(Meeting::Start | Meeting::Set | Meeting::Category) | Tier::Missing(_)
    )
}
