//! The last minute of usage: its newest quarters of a second, and the seconds that those make.

use std::{collections::VecDeque, sync::Arc};

use foldhash::HashMap;

use super::flow::Flow;

/// Quarters that are kept, for intervals that end between two seconds.
const QUARTERS: usize = 24;

/// Seconds that are kept: the longest interval, and some for who comes late.
const SECONDS: usize = 64;

/// Sums that are kept for others: as many intervals as are likely to end with the same quarter.
const MOST_SUMS: usize = 16;

/// Quarters of a second.
pub(super) const QUARTERS_PER_SECOND: u64 = 4;

/// What was used lately. Quarters are numbered, and go on being so when nothing is kept for a while.
#[derive(Default)]
pub(super) struct Recent {
    /// Quarters that are over: the number of the one that is being filled.
    pub(super) over: u64,
    /// The newest, in their order.
    quarters: VecDeque<Arc<Flow>>,
    seconds: VecDeque<Arc<Flow>>,
    /// What somebody asked for since the last quarter, for others who ask for the same.
    sums: HashMap<(u64, u64), Arc<Flow>>,
}

impl Recent {
    /// Ends a quarter with what was used in it.
    pub(super) fn push(&mut self, flow: Flow) {
        self.sums.clear();
        self.over += 1;
        keep(&mut self.quarters, flow, QUARTERS);
        if self.over.is_multiple_of(QUARTERS_PER_SECOND) {
            let second = self.over - QUARTERS_PER_SECOND..self.over;
            let sum = second.filter_map(|number| of(&self.quarters, number, self.over)).fold(
                Flow::default(),
                |mut sum, flow| {
                    sum.add(flow);
                    sum
                },
            );
            keep(&mut self.seconds, sum, SECONDS);
        }
    }

    /// Forgets everything, and where it would have gone on: nobody has a place in it any more.
    pub(super) fn clear(&mut self) {
        // Seconds begin anew with the next quarter.
        let over = self.over.next_multiple_of(QUARTERS_PER_SECOND);
        *self = Self {
            over,
            ..Self::default()
        };
    }

    /// What was used from quarter `from` on and before quarter `to`, as far as it is kept.
    pub(super) fn between(&mut self, from: u64, to: u64) -> Arc<Flow> {
        if let Some(sum) = self.sums.get(&(from, to)) {
            return Arc::clone(sum);
        }
        let mut parts = Vec::new();
        let mut at = from;
        while at < to {
            let second = at / QUARTERS_PER_SECOND;
            let is_whole = at.is_multiple_of(QUARTERS_PER_SECOND) && at + QUARTERS_PER_SECOND <= to;
            let kept = of(&self.seconds, second, self.over / QUARTERS_PER_SECOND);
            if let Some(flow) = kept.filter(|_| is_whole) {
                parts.push(flow);
                at += QUARTERS_PER_SECOND;
            } else {
                parts.extend(of(&self.quarters, at, self.over));
                at += 1;
            }
        }
        let sum = match parts.as_slice() {
            [flow] => Arc::clone(flow),
            parts => {
                let mut sum = Flow::default();
                for part in parts {
                    sum.add(part);
                }
                Arc::new(sum)
            }
        };
        if self.sums.len() < MOST_SUMS {
            self.sums.insert((from, to), Arc::clone(&sum));
        }
        sum
    }
}

fn keep(flows: &mut VecDeque<Arc<Flow>>, flow: Flow, most: usize) {
    flows.push_back(Arc::new(flow));
    if flows.len() > most {
        flows.pop_front();
    }
}

/// The one with that number, of those before number `over`.
fn of(flows: &VecDeque<Arc<Flow>>, number: u64, over: u64) -> Option<&Arc<Flow>> {
    let back = usize::try_from(over.checked_sub(number)?).ok()?;
    flows.get(flows.len().checked_sub(back)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{super::flow::FeedFilter, Flow, MOST_SUMS, QUARTERS, Recent, SECONDS};
    use crate::usage::UsageKind;

    /// In quarter `number` it was used `number` times.
    fn flow(number: u64) -> Flow {
        let mut flow = Flow::default();
        for _ in 0..number {
            flow.note(&"a:x".parse().expect("well-formed"), UsageKind::View);
        }
        flow
    }

    fn total(recent: &mut Recent, from: u64, to: u64) -> u64 {
        recent.between(from, to).through(&FeedFilter::default(), 1).total
    }

    #[test]
    fn any_stretch_that_is_kept_is_the_sum_of_its_quarters() {
        let mut recent = Recent::default();
        for number in 0..20 {
            recent.push(flow(number));
        }
        for from in 0..20 {
            for to in from..=20 {
                assert_eq!(total(&mut recent, from, to), (from..to).sum::<u64>(), "{from} to {to}");
            }
        }
        // What is yet to come is nothing.
        assert_eq!(total(&mut recent, 18, 40), 18 + 19);
    }

    #[test]
    fn a_minute_is_kept_and_no_more() {
        let mut recent = Recent::default();
        for _ in 0..1000 {
            recent.push(flow(1));
        }
        assert_eq!((recent.quarters.len(), recent.seconds.len()), (QUARTERS, SECONDS));
        assert_eq!(total(&mut recent, 1000 - 240, 1000), 240);
        assert_eq!(total(&mut recent, 0, 1000), 4 * u64::try_from(SECONDS).expect("few"));
    }

    #[test]
    fn those_who_ask_for_the_same_are_given_the_same() {
        let mut recent = Recent::default();
        for number in 0..5 {
            recent.push(flow(number));
        }
        let sum = recent.between(1, 5);
        assert!(Arc::ptr_eq(&sum, &recent.between(1, 5)) && !Arc::ptr_eq(&sum, &recent.between(2, 5)));
        for from in 0..5 {
            for to in from..=5 {
                recent.between(from, to);
            }
        }
        assert_eq!(recent.sums.len(), MOST_SUMS);
        recent.push(flow(1));
        assert!(recent.sums.is_empty());
    }

    #[test]
    fn numbers_go_on_when_all_is_forgotten() {
        let mut recent = Recent::default();
        for _ in 0..6 {
            recent.push(flow(1));
        }
        recent.clear();
        assert_eq!((recent.over, total(&mut recent, 0, 8)), (8, 0));
        for _ in 0..4 {
            recent.push(flow(2));
        }
        assert_eq!((recent.seconds.len(), total(&mut recent, 4, 12)), (1, 8));
    }
}
