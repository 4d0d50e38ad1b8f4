//! Usage of a stretch of time, summed up by what a filter can ask for. Of whom it is, nothing is known here.

use foldhash::{HashMap, HashSet};
use serde::{Deserialize, Serialize};

use crate::{catalog::IconName, usage::UsageKind};

/// How many icons are told apart in a quarter of a second, and in what is summed up of several.
pub(super) const MOST_ICONS: usize = 2_048;
pub(super) const MOST_ICONS_OF_SEVERAL: usize = 4_096;

/// Sets that are told apart of the icons beyond those.
const MOST_SETS: usize = 1_024;

/// How often something was done, in the order of [`UsageKind::ALL`].
type Counts = [u64; UsageKind::ALL.len()];

/// What was used how often.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flow {
    icons: HashMap<IconName, Counts>,
    /// Of icons for which there was no room, by set.
    sets: HashMap<Box<str>, Counts>,
    /// Of those for whose sets there was none either.
    others: Counts,
}

/// What of it somebody wants to see. Conditions all hold; of a list one value has to, and an empty one is as good as none.
#[derive(Debug, Clone, Default)]
pub struct FeedFilter {
    pub prefixes: HashSet<String>,
    pub names: HashSet<IconName>,
    pub kinds: Vec<UsageKind>,
}

/// What was used of what somebody wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedTick {
    pub total: u64,
    /// What was used most of it, the most used first and equals by their names.
    pub top: Vec<(IconName, u64)>,
}

impl Flow {
    pub(super) fn is_empty(&self) -> bool {
        self.icons.is_empty() && self.sets.is_empty() && self.others.iter().all(|count| *count == 0)
    }

    /// Counts an event.
    pub(super) fn note(&mut self, name: &IconName, kind: UsageKind) {
        let mut counts = Counts::default();
        counts[kind as usize] = 1;
        self.add_icon(name, &counts, MOST_ICONS);
    }

    /// Adds what was used elsewhere, or later.
    pub(super) fn add(&mut self, other: &Self) {
        for (name, counts) in &other.icons {
            self.add_icon(name, counts, MOST_ICONS_OF_SEVERAL);
        }
        for (prefix, counts) in &other.sets {
            self.add_set(prefix, counts);
        }
        add(&mut self.others, &other.others);
    }

    fn add_icon(&mut self, name: &IconName, counts: &Counts, most: usize) {
        if let Some(known) = self.icons.get_mut(name) {
            add(known, counts);
        } else if self.icons.len() < most {
            self.icons.insert(name.clone(), *counts);
        } else {
            self.add_set(name.prefix(), counts);
        }
    }

    fn add_set(&mut self, prefix: &str, counts: &Counts) {
        if let Some(known) = self.sets.get_mut(prefix) {
            add(known, counts);
        } else if self.sets.len() < MOST_SETS {
            self.sets.insert(prefix.into(), *counts);
        } else {
            add(&mut self.others, counts);
        }
    }

    /// What of it passes `filter`, and the `most` icons of that that were used most.
    pub(super) fn through(&self, filter: &FeedFilter, most: usize) -> FeedTick {
        let wanted = |counts: &Counts| filter.sum(counts);
        let named = (filter.names.iter()).filter_map(|name| self.icons.get_key_value(name));
        let all = self.icons.iter().filter(|_| filter.names.is_empty());
        let mut icons: Vec<(&IconName, u64)> = (named.chain(all))
            .filter(|(name, _)| filter.has_set(name.prefix()))
            .map(|(name, counts)| (name, wanted(counts)))
            .filter(|(_, count)| *count > 0)
            .collect();
        let mut total = icons
            .iter()
            .fold(0_u64, |total, (_, count)| total.saturating_add(*count));
        // Which icons the others are of is not known.
        if filter.names.is_empty() {
            for (prefix, counts) in &self.sets {
                if filter.has_set(prefix) {
                    total = total.saturating_add(wanted(counts));
                }
            }
            if filter.prefixes.is_empty() {
                total = total.saturating_add(wanted(&self.others));
            }
        }
        let by_count = |one: &(&IconName, u64), other: &(&IconName, u64)| (other.1, one.0).cmp(&(one.1, other.0));
        if icons.len() > most {
            icons.select_nth_unstable_by(most, by_count);
            icons.truncate(most);
        }
        icons.sort_unstable_by(by_count);
        FeedTick {
            total,
            top: icons.into_iter().map(|(name, count)| (name.clone(), count)).collect(),
        }
    }
}

impl FeedFilter {
    fn has_set(&self, prefix: &str) -> bool {
        self.prefixes.is_empty() || self.prefixes.contains(prefix)
    }

    fn sum(&self, counts: &Counts) -> u64 {
        let wanted = UsageKind::ALL.iter().zip(counts);
        let wanted = wanted.filter(|(kind, _)| self.kinds.is_empty() || self.kinds.contains(kind));
        wanted.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }
}

fn add(counts: &mut Counts, more: &Counts) {
    for (count, more) in counts.iter_mut().zip(more) {
        *count = count.saturating_add(*more);
    }
}

#[cfg(test)]
mod tests {
    use super::{FeedFilter, Flow, MOST_ICONS, MOST_ICONS_OF_SEVERAL, MOST_SETS};
    use crate::{catalog::IconName, usage::UsageKind};

    fn name(text: &str) -> IconName {
        text.parse().expect("well-formed")
    }

    fn filter(prefixes: &[&str], names: &[&str], kinds: &[UsageKind]) -> FeedFilter {
        FeedFilter {
            prefixes: prefixes.iter().map(|&prefix| prefix.to_owned()).collect(),
            names: names.iter().map(|text| name(text)).collect(),
            kinds: kinds.to_vec(),
        }
    }

    #[test]
    fn a_filter_shows_what_it_asks_for() {
        use UsageKind::{Copy, Render, View};
        let mut flow = Flow::default();
        assert!(flow.is_empty());
        for (icon, kind, times) in [
            ("a:x", Render, 5),
            ("a:y", Copy, 3),
            ("b:x", Copy, 3),
            ("b:x", View, 4),
            ("c:z", View, 1),
        ] {
            for _ in 0..times {
                flow.note(&name(icon), kind);
            }
        }
        for (prefixes, names, kinds, total, top) in [
            (&[][..], &[][..], &[][..], 16, "b:x 7, a:x 5, a:y 3, c:z 1"),
            (&["a"], &[], &[], 8, "a:x 5, a:y 3"),
            (&["a", "c", "none"], &[], &[View], 1, "c:z 1"),
            (&[], &["b:x", "none:none"], &[], 7, "b:x 7"),
            (&[], &["b:x", "a:y"], &[Copy], 6, "a:y 3, b:x 3"),
            (&["a"], &["b:x"], &[], 0, ""),
            (&[], &[], &[UsageKind::Download], 0, ""),
        ] {
            let tick = flow.through(&filter(prefixes, names, kinds), 10);
            let shown: Vec<_> = tick.top.iter().map(|(name, count)| format!("{name} {count}")).collect();
            assert_eq!(
                (tick.total, shown.join(", ")),
                (total, top.to_owned()),
                "{prefixes:?} {names:?} {kinds:?}"
            );
        }
        let two = flow.through(&FeedFilter::default(), 2);
        assert_eq!((two.total, two.top), (16, vec![(name("b:x"), 7), (name("a:x"), 5)]));
    }

    #[test]
    fn what_there_is_no_room_for_is_counted_and_no_longer_told_apart() {
        let icons = MOST_ICONS + 3;
        let mut flow = Flow::default();
        for icon in 0..icons {
            flow.note(&name(&format!("s{}:x", icon % 2)), UsageKind::View);
            flow.note(&name(&format!("s{}:i{icon}", icon % 2)), UsageKind::Copy);
        }
        assert_eq!(flow.icons.len(), MOST_ICONS);
        let twice = u64::try_from(icons * 2).expect("few");
        let sum = |flow: &Flow, wanted| flow.through(&wanted, 1).total;
        assert_eq!(sum(&flow, FeedFilter::default()), twice);
        assert_eq!(
            sum(&flow, filter(&["s0"], &[], &[])) + sum(&flow, filter(&["s1"], &[], &[])),
            twice
        );
        assert_eq!(sum(&flow, filter(&[], &[], &[UsageKind::Copy])), twice / 2);
        // Those that came first are still told apart, and of the last nothing is known.
        assert_eq!(
            sum(&flow, filter(&[], &["s0:x"], &[])),
            u64::try_from(icons.div_ceil(2)).expect("few")
        );
        assert_eq!(sum(&flow, filter(&[], &[&format!("s0:i{}", icons - 1)], &[])), 0);
        // More sets than are told apart.
        let mut flow = Flow::default();
        for icon in 0..=MOST_ICONS + MOST_SETS {
            flow.note(&name(&format!("s{icon}:x")), UsageKind::View);
        }
        assert_eq!((flow.sets.len(), flow.others[UsageKind::View as usize]), (MOST_SETS, 1));
        assert_eq!(
            sum(&flow, FeedFilter::default()),
            u64::try_from(MOST_ICONS + MOST_SETS + 1).expect("few")
        );
    }

    #[test]
    fn sums_are_of_all_their_parts_and_bounded() {
        let (mut sum, mut expected) = (Flow::default(), 0);
        for part in 0..4 {
            let mut flow = Flow::default();
            for icon in 0..MOST_ICONS {
                flow.note(&name(&format!("s:i{}", icon + part * 1500)), UsageKind::View);
                expected += 1;
            }
            sum.add(&flow);
        }
        assert_eq!(
            (sum.icons.len(), sum.through(&FeedFilter::default(), 1).total),
            (MOST_ICONS_OF_SEVERAL, expected)
        );
        assert_eq!(sum.through(&filter(&["s"], &[], &[]), 1).total, expected);
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let mut flow = Flow::default();
        flow.note(&name("a:x"), UsageKind::SearchPick);
        flow.add_set("b", &[1, 2, 3, 4, u64::MAX]);
        let written = postcard::to_allocvec(&flow).expect("it can be written");
        assert_eq!(postcard::from_bytes::<Flow>(&written), Ok(flow));
        for length in 0..written.len() {
            assert!(postcard::from_bytes::<Flow>(&written[..length]).is_err(), "{length}");
        }
    }
}
