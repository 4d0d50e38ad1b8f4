//! What usage says of the documents of an index: how popular each is, and how much more it is used than was to be expected.
//!
//! Among icons that match equally well, a popular one stands where one with a shorter name would. How popular it is has few levels, which only
//! the most used reach: that an icon was used once more moves nothing.

use std::sync::{Arc, OnceLock, Weak};

use foldhash::{HashMap, HashMapExt as _};
use roaring::RoaringBitmap;

use super::{matches::Order, rank::MOST_POPULAR, segment::Segment, snapshot::Snapshot};
use crate::{
    catalog::IconId,
    usage::{Rising, Standings, UsageWindow},
};

/// For each level, from the first: of how many icons that are used one reaches it, and how often that has to be used at least.
const LEVELS: [(usize, u64); MOST_POPULAR as usize] = [(10, 10), (100, 50), (1000, 250)];

/// What usage has to say in a search: nothing by default.
#[derive(Clone, Default)]
pub(crate) struct Ranking {
    pub(crate) usage: Arc<UsageRanks>,
    /// Whether popular icons stand before others that match as well.
    pub(crate) lifts_popular: bool,
}

/// Usage as the documents of one snapshot have it.
#[derive(Default)]
pub(crate) struct UsageRanks {
    standings: Arc<Standings>,
    snapshot: Weak<Snapshot>,
    segments: Vec<SegmentRanks>,
}

#[derive(Default)]
struct SegmentRanks {
    /// The documents of each level, from the first.
    levels: [RoaringBitmap; MOST_POPULAR as usize],
    popular: OnceLock<Scored>,
    rising: [OnceLock<Scored>; UsageWindow::ALL.len()],
}

/// Documents by a score.
#[derive(Default)]
pub(crate) struct Scored {
    /// Of all that have one.
    scores: HashMap<u32, u32>,
    /// All of the segment, by score descending and then by rank.
    pub(crate) list: Vec<u32>,
}

impl Ranking {
    /// Whether it orders as `other` does.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.usage, &other.usage) && self.lifts_popular == other.lifts_popular
    }

    /// The documents of each level of popularity that there is, from the first, where that matters.
    pub(crate) fn levels(&self, segment: usize) -> impl Iterator<Item = (u8, &RoaringBitmap)> {
        let levels = self.lifts_popular.then(|| self.usage.levels(segment));
        levels.into_iter().flatten()
    }

    /// How popular a document is, where that matters.
    pub(crate) fn popularity(&self, segment: usize, doc: u32) -> u8 {
        if self.lifts_popular {
            self.usage.level(segment, doc)
        } else {
            0
        }
    }
}

impl UsageRanks {
    pub(crate) fn of(snapshot: &Arc<Snapshot>, standings: Arc<Standings>) -> Self {
        let level_of = levels(standings.popular());
        let segments = snapshot
            .segments
            .iter()
            .map(|segment| SegmentRanks::of(segment, &level_of));
        Self {
            segments: segments.collect(),
            snapshot: Arc::downgrade(snapshot),
            standings,
        }
    }

    /// Whether it is of this snapshot and these standings.
    pub(crate) fn is_of(&self, snapshot: &Arc<Snapshot>, standings: &Standings) -> bool {
        std::ptr::eq(self.snapshot.as_ptr(), Arc::as_ptr(snapshot)) && self.standings.version() == standings.version()
    }

    pub(crate) fn standings(&self) -> &Standings {
        &self.standings
    }

    /// How popular a document is, up to [`MOST_POPULAR`].
    pub(crate) fn level(&self, segment: usize, doc: u32) -> u8 {
        let mut levels = self.levels(segment).rev();
        levels
            .find(|(_, docs)| docs.contains(doc))
            .map_or(0, |(level, _)| level)
    }

    /// The documents of each level that there is, from the first.
    fn levels(&self, segment: usize) -> impl DoubleEndedIterator<Item = (u8, &RoaringBitmap)> {
        let levels: &[RoaringBitmap] = self.segments.get(segment).map_or(&[], |ranks| &ranks.levels);
        (1..=MOST_POPULAR).zip(levels).filter(|(_, docs)| !docs.is_empty())
    }

    /// The documents of a segment by usage, where the order is one by usage.
    pub(crate) fn scored(&self, (number, segment): (usize, &Segment), order: Order) -> Option<&Scored> {
        let ranks = self.segments.get(number)?;
        match order {
            Order::Popularity => Some(ranks.popular.get_or_init(|| {
                let count = |icon| self.standings.popular().get(&icon).copied();
                Scored::of(segment, |icon| Some(u32::try_from(count(icon)?).unwrap_or(u32::MAX)))
            })),
            Order::Trending(window) => Some(ranks.rising[window.place()].get_or_init(|| {
                let rising = self.standings.rising(window).iter();
                let surprising: HashMap<IconId, u32> = rising.map(|rising| (rising.icon, score(rising))).collect();
                Scored::of(segment, |icon| surprising.get(&icon).copied())
            })),
            Order::Relevance | Order::Name | Order::Newest => None,
        }
    }
}

impl SegmentRanks {
    fn of(segment: &Segment, level_of: &HashMap<IconId, u8>) -> Self {
        let mut ranks = Self::default();
        if level_of.is_empty() {
            return ranks;
        }
        for doc in 0..segment.max_doc() {
            if let Some(level) = level_of.get(&segment.id(doc))
                && let Some(docs) = ranks.levels.get_mut(usize::from(*level) - 1)
            {
                docs.insert(doc);
            }
        }
        ranks
    }
}

impl Scored {
    fn of(segment: &Segment, score_of: impl Fn(IconId) -> Option<u32>) -> Self {
        let pair = |doc| score_of(segment.id(doc)).map(|score| (doc, score));
        let scores: HashMap<u32, u32> = (0..segment.max_doc()).filter_map(pair).collect();
        let mut list: Vec<u32> = scores.keys().copied().collect();
        list.sort_unstable_by_key(|doc| (std::cmp::Reverse(scores[doc]), *doc));
        list.extend((0..segment.max_doc()).filter(|doc| !scores.contains_key(doc)));
        Self { scores, list }
    }

    /// 0 where it has none.
    pub(crate) fn score(&self, doc: u32) -> u32 {
        self.scores.get(&doc).copied().unwrap_or(0)
    }
}

/// By its surprise, or by its count where nothing can surprise.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is positive, and clamped to what fits"
)]
fn score(rising: &Rising) -> u32 {
    let count = || u32::try_from(rising.count).unwrap_or(u32::MAX);
    let of_surprise = |surprise: f64| (surprise * 1000.0).clamp(1.0, f64::from(u32::MAX)) as u32;
    rising.surprise.map_or_else(count, of_surprise)
}

/// The levels of those that reach one.
fn levels(popular: &HashMap<IconId, u64>) -> HashMap<IconId, u8> {
    let mut counts: Vec<u64> = popular.values().copied().collect();
    counts.sort_unstable_by(|one, other| other.cmp(one));
    let bounds = LEVELS.map(|(of, least)| {
        let last = (counts.len() / of).checked_sub(1).and_then(|last| counts.get(last));
        last.map_or(u64::MAX, |count| *count.max(&least))
    });
    let mut level_of = HashMap::new();
    for (icon, count) in popular {
        let level = bounds.iter().take_while(|bound| count >= bound).count();
        if level > 0 {
            level_of.insert(*icon, u8::try_from(level).unwrap_or(MOST_POPULAR));
        }
    }
    level_of
}

#[cfg(test)]
mod tests {
    use super::levels;
    use crate::catalog::IconId;

    #[test]
    fn few_are_popular_and_only_where_they_are_used_often() {
        let often = |of: i64, times: u64| {
            (0..of)
                .map(|icon| (IconId(icon), u64::try_from(of - icon).unwrap() * times))
                .collect()
        };
        let of_level =
            |levels: &foldhash::HashMap<IconId, u8>, level| levels.values().filter(|other| **other == level).count();
        let found = levels(&often(5_000, 1));
        assert_eq!([1, 2, 3].map(|level| of_level(&found, level)), [450, 45, 5]);
        assert_eq!(found[&IconId(0)], 3);
        // Of ten, one is popular, where it is used ten times.
        assert_eq!(levels(&often(10, 1)).len(), 1);
        assert_eq!(levels(&(0..10).map(|icon| (IconId(icon), 9)).collect()).len(), 0);
        assert_eq!(levels(&often(9, 100)).len(), 0);
    }
}
