//! What of the figures is wrong.

use std::time::Duration;

use domain::{
    alerts::{Concerns, Measured, Reading, Severity},
    cache::Headroom,
    database::PoolState,
};

use super::figures::{Counts, Stretch};
use crate::{
    config::{Config, SloArgs},
    server::{ENOUGH_FAILURES, ENOUGH_REQUESTS, LITTLE_MEMORY},
};

/// Every rule.
pub(crate) const RULES: [&str; 10] = [
    "latency_p95",
    "latency_p99",
    "popular_hit_rate",
    "error_share",
    "error_budget_fast",
    "error_budget_slow",
    "pool_exhausted",
    "memory",
    "replica_lag",
    "rollup_behind",
];

/// How many times too fast the budget for failures is spent, and in which windows: the long one says that it matters, the short one that it
/// still goes on. At the first rate a fiftieth of a month's budget is gone in an hour, and at the second a twentieth in six.
/// Source: Beyer et al., "The Site Reliability Workbook", chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
const FAST_BURN: f64 = 14.4;
pub(super) const FAST_WINDOWS: [Duration; 2] = [Duration::from_hours(1), Duration::from_mins(5)];
const SLOW_BURN: f64 = 6.0;
pub(super) const SLOW_WINDOWS: [Duration; 2] = [Duration::from_hours(6), Duration::from_mins(30)];
pub(super) const LONGEST_WINDOW: Duration = SLOW_WINDOWS[0];

/// Lookups of which something is said in shares: of fewer, one says nothing of the next.
const ENOUGH_LOOKUPS: u64 = 100;

/// What counts as wrong.
pub(super) struct Rules {
    slo: SloArgs,
    window_seconds: u32,
    memory_bytes: Option<u64>,
    replica_lag_seconds: u32,
    rollup_behind: Duration,
}

/// Everything that a look came to.
pub(super) struct Seen {
    pub(super) lately: Stretch,
    pub(super) fast: Burn,
    pub(super) slow: Burn,
    pub(super) pool: PoolState,
    pub(super) resident_bytes: f64,
    pub(super) headroom: Option<Headroom>,
    /// The replica that is furthest behind, or away for longest, and by how many seconds.
    pub(super) replica: Option<(String, f64)>,
    /// How long usage waits to be rolled up, and whether that is all of it; none where it could not be asked.
    pub(super) behind: Option<(Duration, bool)>,
}

/// What was counted in a long window and a short one.
pub(super) struct Burn {
    pub(super) long: Counts,
    pub(super) short: Counts,
}

/// What a rule came to: what was measured, what that is compared with, and what is wrong where it is.
type Found = (f64, f64, Option<String>);

impl Rules {
    pub(super) fn new(config: &Config) -> Self {
        let interval_seconds = config.usage.analytics_processing_interval;
        Self {
            slo: config.slo,
            window_seconds: config.alerts.alert_window_seconds,
            memory_bytes: config.alerts.alert_memory_bytes,
            replica_lag_seconds: config.alerts.alert_replica_lag_seconds,
            rollup_behind: config.alerts.rollup_behind(interval_seconds),
        }
    }

    /// One of each rule, in the order of [`RULES`].
    pub(super) fn readings(&self, seen: &Seen) -> Vec<Reading> {
        use Concerns::{All, Instance};
        use Severity::{Critical, Warning};
        let burn = |burn: &Burn, most, windows| Some(self.burn(burn, most, windows));
        let found = [
            (
                Warning,
                Instance,
                Some(self.latency(seen, (95, 0.95, self.slo.slo_latency_p95_ms))),
            ),
            (
                Warning,
                Instance,
                Some(self.latency(seen, (99, 0.99, self.slo.slo_latency_p99_ms))),
            ),
            (Warning, Instance, Some(self.popular(seen.lately.counts))),
            (Warning, Instance, Some(self.errors(seen.lately.counts))),
            (Critical, Instance, burn(&seen.fast, FAST_BURN, FAST_WINDOWS)),
            (Warning, Instance, burn(&seen.slow, SLOW_BURN, SLOW_WINDOWS)),
            (Critical, Instance, Some(pool(seen.pool))),
            (Critical, Instance, self.memory(seen)),
            (Warning, All, Some(self.replica(seen.replica.as_ref()))),
            (Warning, All, seen.behind.and_then(|behind| self.behind(behind))),
        ];
        let readings = RULES.into_iter().zip(found);
        let reading = |(rule, (severity, concerns, found)): (_, (_, _, Option<Found>))| Reading {
            rule,
            severity,
            concerns,
            measured: found.map(|(value, threshold, wrong)| Measured {
                value,
                threshold,
                is_wrong: wrong.is_some(),
                message: wrong.unwrap_or_default(),
            }),
        };
        readings.map(reading).collect()
    }

    fn latency(&self, seen: &Seen, (of_100, share, objective_ms): (u32, f64, u32)) -> Found {
        let (took_ms, objective_ms) = (seen.lately.took_ms(share), f64::from(objective_ms));
        let is_slow = seen.lately.timed() >= ENOUGH_REQUESTS && took_ms > objective_ms;
        let wrong = is_slow.then(|| {
            format!(
                "{of_100} of 100 operations of the last {} s took up to {took_ms:.1} ms, and {objective_ms} ms is the objective",
                self.window_seconds
            )
        });
        (took_ms, objective_ms, wrong)
    }

    fn popular(&self, counts: Counts) -> Found {
        let objective = self.slo.slo_popular_hit_rate;
        let (kept, all) = (counts.popular.kept(), counts.popular.wanted);
        if all < ENOUGH_LOOKUPS {
            return (1.0, objective, None);
        }
        let rate = share(kept, all);
        let wrong = (rate < objective).then(|| {
            format!(
                "{kept} of {all} lookups of popular icons in the last {} s did without the database, and a share of {objective} is the objective",
                self.window_seconds
            )
        });
        (rate, objective, wrong)
    }

    fn errors(&self, counts: Counts) -> Found {
        let objective = self.slo.slo_error_rate;
        let rate = share(counts.failed, counts.requests);
        let is_wrong = counts.failed >= ENOUGH_FAILURES && rate > objective;
        let wrong = is_wrong.then(|| {
            format!(
                "{} of {} operations of the last {} s failed, and a share of {objective} may",
                counts.failed, counts.requests, self.window_seconds
            )
        });
        (rate, objective, wrong)
    }

    fn burn(&self, burn: &Burn, most: f64, windows: [Duration; 2]) -> Found {
        let rate = |counts: Counts| share(counts.failed, counts.requests) / self.slo.slo_error_rate;
        let (long, short) = (rate(burn.long), rate(burn.short));
        let is_wrong = burn.long.failed >= ENOUGH_FAILURES && long >= most && short >= most;
        let wrong = is_wrong.then(|| {
            let minutes = windows.map(|window| window.as_secs() / 60);
            format!(
                "the budget for failures is spent {long:.1} times as fast as it may be, over {} min or since the start, and {short:.1} times over {} min",
                minutes[0], minutes[1]
            )
        });
        (long, most, wrong)
    }

    fn memory(&self, seen: &Seen) -> Option<Found> {
        if let Some(bytes) = self.memory_bytes {
            let most = as_float(bytes);
            let is_wrong = seen.resident_bytes > most;
            let wrong = is_wrong.then(|| {
                format!(
                    "the process holds {} bytes, and {bytes} is what it may",
                    seen.resident_bytes
                )
            });
            return Some((seen.resident_bytes, most, wrong));
        }
        let headroom = seen.headroom?;
        let (left, all) = (headroom.available_bytes, headroom.limit_bytes);
        let (used, most) = (as_float(all.saturating_sub(left)), as_float(all - all / LITTLE_MEMORY));
        let wrong = (used > most).then(|| format!("{left} of {all} bytes of memory are left"));
        Some((used, most, wrong))
    }

    fn replica(&self, replica: Option<&(String, f64)>) -> Found {
        let most = f64::from(self.replica_lag_seconds);
        let Some((replica, seconds)) = replica else {
            return (0.0, most, None);
        };
        let wrong =
            (*seconds > most).then(|| format!("the replica {replica} is {seconds:.1} s behind, or was not fit to be asked for so long, and may be {most} s"));
        (*seconds, most, wrong)
    }

    /// None where more may have waited than could be seen.
    fn behind(&self, (time, is_all): (Duration, bool)) -> Option<Found> {
        let most = self.rollup_behind;
        if time <= most && !is_all {
            return None;
        }
        let wrong = (time > most).then(|| {
            format!(
                "usage has waited {} s to be rolled up, and may {} s",
                time.as_secs(),
                most.as_secs()
            )
        });
        Some((time.as_secs_f64(), most.as_secs_f64(), wrong))
    }
}

fn pool(pool: PoolState) -> Found {
    let is_wrong = pool.waiting > 0 && pool.idle == 0 && pool.open >= pool.max;
    let wrong = is_wrong.then(|| {
        format!(
            "{} statements and transactions wait for one of {} connections to the database",
            pool.waiting, pool.max
        )
    });
    (f64::from(pool.waiting), 0.0, wrong)
}

/// 0 of nothing.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        as_float(part) / as_float(whole)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and bytes are below 2^52")]
fn as_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use domain::{
        alerts::Reading,
        cache::{Headroom, PopularLookups},
        database::PoolState,
    };

    use super::{
        super::figures::{Counts, Stretches},
        Burn, RULES, Rules, Seen,
    };
    use crate::{config::SloArgs, telemetry::times};

    fn rules() -> Rules {
        Rules {
            slo: SloArgs {
                slo_latency_p95_ms: 100,
                slo_latency_p99_ms: 500,
                slo_error_rate: 0.001,
                slo_popular_hit_rate: 0.95,
            },
            window_seconds: 300,
            memory_bytes: None,
            replica_lag_seconds: 30,
            rollup_behind: Duration::from_mins(10),
        }
    }

    /// Nothing happens.
    fn quiet() -> Seen {
        let none = || Burn {
            long: Counts::default(),
            short: Counts::default(),
        };
        Seen {
            lately: Stretches::new(Instant::now(), Duration::from_mins(5)).sum(),
            fast: none(),
            slow: none(),
            pool: PoolState {
                max: 5,
                open: 5,
                idle: 5,
                waiting: 0,
            },
            resident_bytes: 1e9,
            headroom: Some(Headroom {
                available_bytes: 50,
                limit_bytes: 1000,
            }),
            replica: None,
            behind: Some((Duration::ZERO, true)),
        }
    }

    fn lately(counts: Counts, took_ms: &[u64]) -> Seen {
        let start = Instant::now();
        let mut stretches = Stretches::new(start, Duration::from_mins(5));
        stretches.note(start, Counts::default(), &times());
        let mut durations = times();
        for ms in took_ms {
            durations.saturating_record(ms * 1000);
        }
        stretches.note(start + Duration::from_secs(5), counts, &durations);
        Seen {
            lately: stretches.sum(),
            ..quiet()
        }
    }

    fn failing(failed: u64, requests: u64) -> Counts {
        Counts {
            requests,
            failed,
            ..Counts::default()
        }
    }

    fn wrong(readings: &[Reading]) -> Vec<&'static str> {
        let is_wrong = |reading: &&Reading| reading.measured.as_ref().is_some_and(|measured| measured.is_wrong);
        readings.iter().filter(is_wrong).map(|reading| reading.rule).collect()
    }

    #[test]
    fn each_rule_holds_at_its_bound_and_not_beyond() {
        let looked_up = |kept, loaded| Counts {
            popular: PopularLookups {
                wanted: kept + loaded,
                loaded,
            },
            ..Counts::default()
        };
        let slow = |count: usize, ms| {
            let times: Vec<u64> = (0..100).map(|place| if place < count { ms } else { 1 }).collect();
            lately(Counts::default(), &times)
        };
        let burning = |long, short| Seen {
            fast: Burn { long, short },
            ..quiet()
        };
        let slowly = |long, short| Seen {
            slow: Burn { long, short },
            ..quiet()
        };
        let waiting = |idle, waiting| Seen {
            pool: PoolState {
                max: 5,
                open: 5,
                idle,
                waiting,
            },
            ..quiet()
        };
        for (seen, expected) in [
            (quiet(), &[][..]),
            (slow(5, 110), &[]),
            (slow(6, 110), &["latency_p95"]),
            (slow(1, 600), &[]),
            (slow(2, 600), &["latency_p99"]),
            (lately(Counts::default(), &[900; 19]), &[]),
            (lately(Counts::default(), &[900; 20]), &["latency_p95", "latency_p99"]),
            (lately(looked_up(95, 5), &[]), &[]),
            (lately(looked_up(94, 6), &[]), &["popular_hit_rate"]),
            (lately(looked_up(0, 99), &[]), &[]),
            (lately(failing(4, 4), &[]), &[]),
            (lately(failing(5, 5000), &[]), &[]),
            (lately(failing(5, 4999), &[]), &["error_share"]),
            (
                burning(failing(145, 10_000), failing(145, 10_000)),
                &["error_budget_fast"],
            ),
            (burning(failing(143, 10_000), failing(145, 10_000)), &[]),
            (burning(failing(145, 10_000), failing(143, 10_000)), &[]),
            (burning(failing(4, 4), failing(4, 4)), &[]),
            (slowly(failing(60, 10_000), failing(6, 1000)), &["error_budget_slow"]),
            (slowly(failing(59, 10_000), failing(6, 1000)), &[]),
            (waiting(0, 0), &[]),
            (waiting(0, 1), &["pool_exhausted"]),
            (waiting(1, 1), &[]),
        ] {
            assert_eq!(wrong(&rules().readings(&seen)), expected);
        }
    }

    #[test]
    fn memory_replicas_and_rollups_have_their_bounds() {
        let of_process = Rules {
            memory_bytes: Some(1_000_000_000),
            ..rules()
        };
        for (resident_bytes, expected) in [(1e9, &[][..]), (1e9 + 1.0, &["memory"])] {
            let seen = Seen {
                resident_bytes,
                ..quiet()
            };
            assert_eq!(wrong(&of_process.readings(&seen)), expected);
        }
        let left = |available_bytes| Seen {
            headroom: Some(Headroom {
                available_bytes,
                limit_bytes: 1000,
            }),
            ..quiet()
        };
        let replica = |seconds| Seen {
            replica: Some(("two".to_owned(), seconds)),
            ..quiet()
        };
        let behind = |seconds, is_all| Seen {
            behind: Some((Duration::from_secs(seconds), is_all)),
            ..quiet()
        };
        for (seen, expected) in [
            (left(50), &[][..]),
            (left(49), &["memory"]),
            (replica(30.0), &[]),
            (replica(30.1), &["replica_lag"]),
            (behind(600, true), &[]),
            (behind(601, true), &["rollup_behind"]),
            (behind(601, false), &["rollup_behind"]),
        ] {
            assert_eq!(wrong(&rules().readings(&seen)), expected);
        }
    }

    #[test]
    fn what_cannot_be_known_is_not_said() {
        let unknown = |seen: Seen| -> Vec<&'static str> {
            let readings = rules().readings(&seen);
            assert_eq!(readings.iter().map(|reading| reading.rule).collect::<Vec<_>>(), RULES);
            let unknown = readings.into_iter().filter(|reading| reading.measured.is_none());
            unknown.map(|reading| reading.rule).collect()
        };
        assert!(unknown(quiet()).is_empty());
        for behind in [None, Some((Duration::from_mins(10), false))] {
            assert_eq!(unknown(Seen { behind, ..quiet() }), ["rollup_behind"]);
        }
        assert_eq!(
            unknown(Seen {
                headroom: None,
                ..quiet()
            }),
            ["memory"]
        );
    }
}
