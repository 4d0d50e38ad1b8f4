//! Baskets counted: how many have an icon, and how many have two of them.

use foldhash::HashMap;

use super::table::Row;

/// Icons of the largest basket that is counted. Whoever used more has gone through a list, which says nothing of what belongs together.
pub(super) const MOST_ICONS: usize = 100;

/// How much is kept of a day, and held while it is counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Pairs that a day keeps: those of most baskets.
    pub(super) kept: usize,
    /// Pairs that are counted at once, which take some 50 bytes each.
    pub(super) counted: usize,
}

pub(super) const BOUNDS: Bounds = Bounds {
    kept: 50_000,
    counted: 500_000,
};

/// What the baskets of a day come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// Baskets.
    pub(super) sessions: i64,
    /// Each icon with itself, and the pairs that are kept, the smaller icon first.
    pub(super) together: Vec<Row>,
}

/// Counts baskets one after another.
///
/// Where there are more pairs than can be held, it counts as Manku and Motwani do ("Approximate frequency counts over data streams", 2002):
/// those seen least are let go, and one that comes anew may have been let go as often as any was. So a pair is never counted too often, and one
/// of many baskets is never missed. What comes out depends on the order of the baskets, which is that of the hashes of sessions, each time.
pub(super) struct Counting {
    bounds: Bounds,
    sessions: i64,
    icons: HashMap<i64, i64>,
    pairs: HashMap<(i64, i64), Seen>,
    /// The most often that a pair was seen which is not held.
    missed: u32,
}

struct Seen {
    times: u32,
    /// How often it may have been seen before.
    missed: u32,
}

impl Seen {
    fn at_most(&self) -> u32 {
        self.times + self.missed
    }
}

impl Counting {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            sessions: 0,
            icons: HashMap::default(),
            pairs: HashMap::default(),
            missed: 0,
        }
    }

    /// Adds whole baskets: sessions with each icon that they used, ascending, each once.
    pub(super) fn add(&mut self, used: &[(i64, i64)]) {
        for basket in used.chunk_by(|(one, _), (other, _)| one == other) {
            if basket.len() > MOST_ICONS {
                continue;
            }
            self.sessions += 1;
            for (place, (_, icon)) in basket.iter().enumerate() {
                *self.icons.entry(*icon).or_default() += 1;
                for (_, other) in &basket[place + 1..] {
                    self.see((*icon, *other));
                }
            }
        }
    }

    fn see(&mut self, pair: (i64, i64)) {
        let missed = self.missed;
        let seen = self.pairs.entry(pair).or_insert(Seen { times: 0, missed });
        seen.times += 1;
        if self.pairs.len() > self.bounds.counted {
            self.let_go();
        }
    }

    /// Lets go of the half that was seen least, and of what was seen as often as any of that.
    fn let_go(&mut self) {
        let mut times: Vec<u32> = self.pairs.values().map(Seen::at_most).collect();
        let middle = times.len() / 2;
        let (_, least, _) = times.select_nth_unstable(middle);
        self.missed = *least;
        let missed = self.missed;
        self.pairs.retain(|_, seen| seen.at_most() > missed);
    }

    pub(super) fn end(self) -> Counted {
        let alone = self.icons.into_iter().map(|(icon, sessions)| (icon, icon, sessions));
        let mut pairs: Vec<Row> = (self.pairs.into_iter())
            .map(|((icon, other), seen)| (icon, other, i64::from(seen.times)))
            .collect();
        // Of equals always the same.
        pairs.sort_unstable_by_key(|(icon, other, sessions)| (-sessions, *icon, *other));
        pairs.truncate(self.bounds.kept);
        Counted {
            sessions: self.sessions,
            together: alone.chain(pairs).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BOUNDS, Bounds, Counting, MOST_ICONS, Row};

    fn counted(bounds: Bounds, baskets: &[&[i64]]) -> (i64, Vec<Row>) {
        let mut counting = Counting::new(bounds);
        for (session, icons) in (0..).zip(baskets) {
            counting.add(&icons.iter().map(|icon| (session, *icon)).collect::<Vec<_>>());
        }
        let mut counted = counting.end();
        counted.together.sort_unstable();
        (counted.sessions, counted.together)
    }

    #[test]
    fn baskets_are_counted_with_each_icon_and_each_pair() {
        assert_eq!(counted(BOUNDS, &[]), (0, vec![]));
        assert_eq!(
            counted(BOUNDS, &[&[1, 2, 3], &[2], &[1, 3]]),
            (
                3,
                vec![(1, 1, 2), (1, 2, 1), (1, 3, 2), (2, 2, 2), (2, 3, 1), (3, 3, 2)]
            )
        );
    }

    #[test]
    fn a_basket_that_is_too_large_is_none() {
        let icons: Vec<i64> = (0..).take(MOST_ICONS + 1).collect();
        let (sessions, rows) = counted(BOUNDS, &[&icons[1..]]);
        assert_eq!(
            (sessions, rows.len()),
            (1, MOST_ICONS + MOST_ICONS * (MOST_ICONS - 1) / 2)
        );
        assert_eq!(counted(BOUNDS, &[&icons]), (0, vec![]));
    }

    #[test]
    fn the_pairs_of_most_baskets_are_kept() {
        let baskets: [&[i64]; 4] = [&[1, 2], &[1, 3], &[1, 3], &[1, 4]];
        let pairs = |kept: usize| {
            let (_, mut rows) = counted(Bounds { kept, ..BOUNDS }, &baskets);
            rows.retain(|(icon, other, _)| icon != other);
            rows
        };
        assert_eq!(pairs(3), [(1, 2, 1), (1, 3, 2), (1, 4, 1)]);
        // Of equals the first.
        assert_eq!(pairs(2), [(1, 2, 1), (1, 3, 2)]);
        assert_eq!(pairs(1), [(1, 3, 2)]);
    }

    #[test]
    fn of_more_pairs_than_are_held_those_of_many_baskets_are_found() {
        const BASKETS: i64 = 20_000;
        let bounds = Bounds { kept: 10, counted: 100 };
        let mut counting = Counting::new(bounds);
        for session in 0..BASKETS {
            // One in twenty has the pair that is looked for, every one a pair that nobody else has.
            let own = 10 + 2 * session;
            let mut used = vec![(session, own), (session, own + 1)];
            if session % 20 == 0 {
                used = vec![(session, 1), (session, 2)];
            }
            counting.add(&used);
            assert!(counting.pairs.len() <= bounds.counted);
        }
        let missed = i64::from(counting.missed);
        let counted = counting.end();
        let pairs: Vec<&Row> = counted
            .together
            .iter()
            .filter(|(icon, other, _)| icon != other)
            .collect();
        let (icon, other, sessions) = *pairs[0];
        assert_eq!((icon, other), (1, 2));
        // Never too often, and no more is missed than what is known.
        let expected = BASKETS / 20;
        assert!(
            sessions <= expected && sessions + missed >= expected,
            "{sessions} {missed}"
        );
        assert!(missed < expected / 2, "{missed}");
        assert!(pairs.len() <= bounds.kept);
        assert_eq!(counted.sessions, BASKETS);
    }

    #[test]
    fn as_many_pairs_as_can_be_held_are_counted_exactly() {
        let baskets: [&[i64]; 3] = [&[1, 2], &[3, 4], &[5, 6]];
        for (counted_at_once, expected) in [(3, 3), (2, 0)] {
            let bounds = Bounds {
                kept: 10,
                counted: counted_at_once,
            };
            let (_, rows) = counted(bounds, &baskets);
            assert_eq!(rows.iter().filter(|(icon, other, _)| icon != other).count(), expected);
        }
    }
}
