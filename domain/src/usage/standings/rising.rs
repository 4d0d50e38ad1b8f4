//! What is used more than was to be expected.

use super::counts::Counts;
use crate::catalog::IconId;

/// Fewer uses in a window are chance.
const LEAST: u64 = 3;

/// Most that are known of a window.
const MOST: usize = 10_000;

/// How far usage is off from what is expected even where much of it is expected, as a share of it: what people want moves by itself.
const UNREST: f64 = 0.1;

/// An icon that is used more than was to be expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rising {
    pub icon: IconId,
    /// How often it was used in the window.
    pub count: u64,
    /// By how much that is more than in the window before: 0.25 is a quarter; none where it was not used then.
    pub change: Option<f64>,
    /// By how many standard deviations that is more than was expected; none where nothing at all was used in the window before.
    pub surprise: Option<f64>,
}

/// Those of `used` that are used more than was to be expected, those that surprise most first.
///
/// Expected is that an icon has the share of all usage that it had in the window before. So the hour, the weekday and the growth of the whole
/// service, which all icons have in common, surprise nobody. How far off chance is, both counts say, and [`UNREST`].
pub(super) fn rising(used: &[(IconId, Counts)], all: Counts) -> Vec<Rising> {
    let mut rising: Vec<Rising> = used
        .iter()
        .filter(|(_, counts)| counts.now >= LEAST)
        .map(|(icon, counts)| Rising {
            icon: *icon,
            count: counts.now,
            change: counts.change(),
            surprise: surprise(*counts, all),
        })
        .filter(|rising| rising.surprise.is_none_or(|surprise| surprise > 0.0))
        .collect();
    rising.sort_unstable_by(|one, other| {
        let by_surprise = other.surprise.unwrap_or(0.0).total_cmp(&one.surprise.unwrap_or(0.0));
        by_surprise
            .then(other.count.cmp(&one.count))
            .then(one.icon.cmp(&other.icon))
    });
    rising.truncate(MOST);
    rising.shrink_to_fit();
    rising
}

/// By how many standard deviations an icon is used more than expected.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn surprise(icon: Counts, all: Counts) -> Option<f64> {
    if all.before == 0 {
        return None;
    }
    let growth = all.now as f64 / all.before as f64;
    let expected = icon.before as f64 * growth;
    // Of two counts by Poisson's law that differ by this growth alone: the score test, in which both say how often it is used.
    let by_chance = growth * (icon.now as f64 + icon.before as f64);
    let variance = by_chance + (UNREST * expected).powi(2);
    Some((icon.now as f64 - expected) / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::{super::counts::Counts, LEAST, rising};
    use crate::catalog::IconId;

    fn counts(now: u64, before: u64) -> Counts {
        Counts { now, before }
    }

    #[test]
    fn what_all_icons_do_surprises_nobody() {
        // Everything is used twice as often as before, and one icon ten times.
        let used = [
            (IconId(1), counts(2_000, 1_000)),
            (IconId(2), counts(100, 10)),
            (IconId(3), counts(20, 10)),
            (IconId(4), counts(500, 1_000)),
        ];
        let rising = rising(&used, counts(20_000, 10_000));
        assert_eq!(rising[0].icon, IconId(2));
        assert_eq!((rising[0].count, rising[0].change), (100, Some(9.0)));
        assert!(rising[0].surprise > Some(5.0), "{rising:?}");
        assert!(rising.iter().all(|rising| rising.icon != IconId(4)));
        assert!(
            rising[1..].iter().all(|rising| rising.surprise < Some(1.0)),
            "{rising:?}"
        );
    }

    #[test]
    fn what_is_new_rises_and_chance_does_not() {
        let used = [
            (IconId(1), counts(LEAST - 1, 0)),
            (IconId(2), counts(LEAST, 0)),
            (IconId(3), counts(50, 0)),
        ];
        let found = rising(&used, counts(1_000, 1_000));
        let icons: Vec<i64> = found.iter().map(|rising| rising.icon.0).collect();
        assert_eq!(icons, [3, 2]);
        assert_eq!(found[0].change, None);
    }

    #[test]
    fn of_the_first_window_there_is_no_surprise_and_most_comes_first() {
        let used = [(IconId(1), counts(5, 0)), (IconId(2), counts(7, 0))];
        let found = rising(&used, counts(12, 0));
        assert_eq!(found.iter().map(|rising| rising.icon.0).collect::<Vec<_>>(), [2, 1]);
        assert!(found.iter().all(|rising| rising.surprise.is_none()));
    }
}
