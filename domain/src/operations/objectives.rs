//! What was promised, and how much of it was kept.

use std::time::Duration;

use super::figures::Totals;

/// Of how many operations the two objectives for times speak.
const MOST: f64 = 0.95;
const NEARLY_ALL: f64 = 0.99;

/// What the service promises.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objectives {
    /// In which 95 of 100 operations are to be answered.
    pub latency_p95: Duration,
    /// In which 99 of 100 are.
    pub latency_p99: Duration,
    /// Share of operations that may fail for a fault of the service, above 0 and below 1.
    pub error_rate: f64,
    /// Share of lookups of popular icons that the cache is to answer, above 0 and below 1.
    pub popular_hit_rate: f64,
}

/// What was promised, as one names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    LatencyP95,
    LatencyP99,
    Errors,
    PopularHitRate,
}

impl Promise {
    pub fn name(self) -> &'static str {
        match self {
            Self::LatencyP95 => "latency_p95",
            Self::LatencyP99 => "latency_p99",
            Self::Errors => "errors",
            Self::PopularHitRate => "popular_hit_rate",
        }
    }
}

/// How much of a promise was kept in a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SloStatus {
    pub promise: Promise,
    /// Share that is to be good, above 0 and below 1.
    pub objective: f64,
    /// Share that was, 0 to 1; 1 where there was nothing.
    pub attained: f64,
    /// What is left of the share that may be bad, 1 to begin with; below 0 where there was more of it.
    pub budget_left: f64,
    /// How fast it was spent in the end: at 1 it is all spent when as long a time as the range is over.
    pub burn_rate: f64,
}

/// How the promises were kept in a range, of which `end` is the last part.
pub(super) fn statuses(objectives: &Objectives, range: &Totals, end: &Totals) -> Vec<SloStatus> {
    let promises = [
        (Promise::LatencyP95, MOST),
        (Promise::LatencyP99, NEARLY_ALL),
        (Promise::Errors, 1.0 - objectives.error_rate),
        (Promise::PopularHitRate, objectives.popular_hit_rate),
    ];
    let status = |(promise, objective): (Promise, f64)| {
        let spent = |attained: f64| (1.0 - attained) / (1.0 - objective);
        let attained = good(promise, objectives, range);
        SloStatus {
            promise,
            objective,
            attained,
            budget_left: 1.0 - spent(attained),
            burn_rate: spent(good(promise, objectives, end)),
        }
    };
    promises.map(status).to_vec()
}

/// Share of what a promise speaks of that was as promised.
fn good(promise: Promise, objectives: &Objectives, totals: &Totals) -> f64 {
    match promise {
        Promise::LatencyP95 => totals.times.share_within(objectives.latency_p95),
        Promise::LatencyP99 => totals.times.share_within(objectives.latency_p99),
        Promise::Errors => {
            let all = totals.times.count() + totals.unanswered;
            1.0 - super::share(totals.faults + totals.unanswered, all)
        }
        Promise::PopularHitRate => {
            let popular = totals.popular;
            1.0 - super::share(popular.loaded.min(popular.wanted), popular.wanted)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Objectives, Promise, statuses};
    use crate::{cache::PopularLookups, operations::figures::Totals};

    const OBJECTIVES: Objectives = Objectives {
        latency_p95: Duration::from_millis(100),
        latency_p99: Duration::from_millis(500),
        error_rate: 0.001,
        popular_hit_rate: 0.95,
    };

    fn totals(times_ms: &[(u64, usize)], (faults, unanswered): (u64, u64), (wanted, loaded): (u64, u64)) -> Totals {
        let mut totals = Totals {
            faults,
            unanswered,
            popular: PopularLookups { wanted, loaded },
            ..Totals::default()
        };
        for (ms, count) in times_ms {
            for _ in 0..*count {
                totals.times.add(Duration::from_millis(*ms));
            }
        }
        totals
    }

    #[test]
    fn budgets_are_what_may_be_bad_and_was_not() {
        // Of 1,000 operations 25 took longer than 100 ms, of which 20 longer than 500; one failed, and one request came to none.
        let range = totals(&[(10, 975), (200, 5), (900, 20)], (1, 1), (200, 10));
        let end = totals(&[(10, 80), (900, 20)], (0, 0), (10, 0));
        let found = statuses(&OBJECTIVES, &range, &end);
        for (promise, objective, attained, budget_left, burn_rate) in [
            (Promise::LatencyP95, 0.95, 0.975, 0.5, 4.0),
            (Promise::LatencyP99, 0.99, 0.98, -1.0, 20.0),
            (
                Promise::Errors,
                0.999,
                1.0 - 2.0 / 1_001.0,
                1.0 - 2_000.0 / 1_001.0,
                0.0,
            ),
            (Promise::PopularHitRate, 0.95, 0.95, 0.0, 0.0),
        ] {
            let status = found.iter().find(|status| status.promise == promise).unwrap();
            for (found, expected) in [
                (status.objective, objective),
                (status.attained, attained),
                (status.budget_left, budget_left),
                (status.burn_rate, burn_rate),
            ] {
                assert!((found - expected).abs() < 1e-9, "{status:?}");
            }
        }
    }

    #[test]
    fn where_there_was_nothing_every_promise_was_kept() {
        for status in statuses(&OBJECTIVES, &Totals::default(), &Totals::default()) {
            assert!(
                (status.attained - 1.0).abs() < 1e-9 && (status.budget_left - 1.0).abs() < 1e-9,
                "{status:?}"
            );
            assert!(status.burn_rate.abs() < 1e-9, "{status:?}");
        }
    }
}
