//! What an instance tells others of itself, and what several such reports come to.

use std::num::NonZero;

use domain::{cache::LayerFigures, database::PoolState};
use hdrhistogram::Histogram;
use schema::VitalSigns;
use serde::{Deserialize, Serialize};

use super::recent::{Sum, quantile_ms, times};

/// How an instance does now, and did in its last seconds. Numbers are whole ones, so that there is none that is no number, whoever told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Report {
    /// The newest first.
    pub(super) seconds: Vec<Second>,
    pub(super) in_flight: u32,
    pub(super) subscribers: u32,
    pub(super) pool: PoolState,
    /// Cores that the process may use.
    pub(super) cores: u32,
    pub(super) resident_bytes: u64,
    pub(super) caches: Vec<LayerFigures>,
}

/// A second of an instance, or about as much.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Second {
    elapsed_us: u64,
    cpu_us: u64,
    requests: u64,
    failed: u64,
    usage_events: u64,
    durations: Counted,
    acquires: Counted,
}

/// Microseconds, and how often they were taken.
type Counted = Vec<(u64, u32)>;

impl From<Sum> for Second {
    fn from(sum: Sum) -> Self {
        Self {
            elapsed_us: u64::try_from(sum.elapsed.as_micros()).unwrap_or(u64::MAX),
            cpu_us: micros(sum.cpu_seconds),
            requests: sum.requests,
            failed: sum.failed,
            usage_events: sum.usage_events,
            durations: counted(&sum.durations),
            acquires: counted(&sum.acquires),
        }
    }
}

fn counted(times: &Histogram<u32>) -> Counted {
    let recorded = times.iter_recorded();
    recorded
        .map(|at| (at.value_iterated_to(), at.count_at_value()))
        .collect()
}

/// What several instances add up to.
struct Totals {
    requests_per_second: f64,
    usage_events_per_second: f64,
    requests: u64,
    failed: u64,
    durations: Histogram<u32>,
    acquires: Histogram<u32>,
    /// How many cores were busy, of how many.
    busy_cores: f64,
    cores: f64,
    signs: VitalSigns,
}

/// What the instances come to of which these are the reports, in their last `seconds`. Rates, counts and bytes are summed up, shares are of all
/// that they are shares of, and quantiles are those of all times together.
pub(super) fn together<'a>(reports: impl Iterator<Item = &'a Report>, seconds: usize) -> VitalSigns {
    let mut totals = Totals {
        requests_per_second: 0.0,
        usage_events_per_second: 0.0,
        requests: 0,
        failed: 0,
        durations: times(),
        acquires: times(),
        busy_cores: 0.0,
        cores: 0.0,
        signs: VitalSigns::default(),
    };
    for report in reports {
        totals.add_now(report);
        totals.add_seconds(&report.seconds[..report.seconds.len().min(seconds)]);
    }
    let share = |part: f64, whole: f64| if whole > 0.0 { (part / whole).min(1.0) } else { 0.0 };
    VitalSigns {
        instance: None,
        requests: totals.requests,
        failed: totals.failed,
        requests_per_second: totals.requests_per_second,
        usage_events_per_second: totals.usage_events_per_second,
        error_rate: share(float(totals.failed), float(totals.requests)),
        p50_ms: quantile_ms(&totals.durations, 0.50),
        p95_ms: quantile_ms(&totals.durations, 0.95),
        p99_ms: quantile_ms(&totals.durations, 0.99),
        acquire_p99_ms: quantile_ms(&totals.acquires, 0.99),
        cpu_share: share(totals.busy_cores, totals.cores),
        ..totals.signs
    }
}

impl Totals {
    fn add_now(&mut self, report: &Report) {
        let signs = &mut self.signs;
        signs.in_flight = signs.in_flight.saturating_add(report.in_flight);
        signs.subscribers = signs.subscribers.saturating_add(report.subscribers);
        signs.resident_bytes += float(report.resident_bytes);
        let (pool, more) = (&mut signs.pool, report.pool);
        pool.max = pool.max.saturating_add(more.max);
        pool.open = pool.open.saturating_add(more.open);
        pool.idle = pool.idle.saturating_add(more.idle);
        pool.waiting = pool.waiting.saturating_add(more.waiting);
        self.cores += f64::from(report.cores);
        for figures in &report.caches {
            match signs.caches.iter_mut().find(|known| known.layer == figures.layer) {
                Some(known) => *known = known.and(figures),
                None => signs.caches.push(figures.clone()),
            }
        }
    }

    fn add_seconds(&mut self, seconds: &[Second]) {
        let sum = |of: fn(&Second) -> u64| seconds.iter().fold(0_u64, |sum, second| sum.saturating_add(of(second)));
        let elapsed = float(sum(|second| second.elapsed_us)) / 1e6;
        if elapsed > 0.0 {
            self.requests_per_second += float(sum(|second| second.requests)) / elapsed;
            self.usage_events_per_second += float(sum(|second| second.usage_events)) / elapsed;
            self.busy_cores += float(sum(|second| second.cpu_us)) / 1e6 / elapsed;
        }
        self.requests = self.requests.saturating_add(sum(|second| second.requests));
        self.failed = self.failed.saturating_add(sum(|second| second.failed));
        for second in seconds {
            for (all, counted) in [
                (&mut self.durations, &second.durations),
                (&mut self.acquires, &second.acquires),
            ] {
                for (micros, count) in counted {
                    all.saturating_record_n(*micros, *count);
                }
            }
        }
    }
}

/// Cores that this process may use.
pub(super) fn cores() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    u32::try_from(cores).unwrap_or(u32::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast keeps to what a u64 holds"
)]
fn micros(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
}

#[expect(clippy::cast_precision_loss, reason = "counts and bytes are below 2^52")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use domain::{
        cache::{Counts, Layer, LayerFigures, Outcome},
        database::PoolState,
    };

    use super::{Report, Second, together};
    use crate::telemetry::recent::{Recent, SLOT};

    /// A report of `seconds` seconds in each of which `requests` were answered, the first `failed` of them with an error, each within
    /// `ms` milliseconds.
    fn report(seconds: u32, requests: u32, failed: u32, ms: f64) -> Report {
        let start = Instant::now();
        let recent = Recent::new(start, 0.0);
        for slot in 1..=seconds * 4 {
            if slot % 4 == 0 {
                recent.count_requests(failed.into(), true);
                recent.count_requests((requests - failed).into(), false);
                recent.count_usage_events((requests * 10).into());
                for _ in 0..requests {
                    recent.note_duration(ms / 1000.0);
                    recent.note_acquire(ms / 10_000.0);
                }
            }
            recent.close_slot(start + SLOT * slot, f64::from(slot) / 8.0);
        }
        let counts = Counts::default();
        counts.add(Outcome::Hit, 3 * requests as usize);
        counts.add(Outcome::Miss, failed as usize);
        Report {
            seconds: recent.seconds(60).into_iter().map(Second::from).collect(),
            in_flight: 2,
            subscribers: 3,
            pool: PoolState {
                max: 5,
                open: 4,
                idle: 1,
                waiting: 7,
            },
            cores: 2,
            resident_bytes: 1000,
            caches: vec![LayerFigures::of(Layer::Memory, &counts)],
        }
    }

    fn assert_about(found: f64, expected: f64, within: f64) {
        assert!(
            (found - expected).abs() <= expected * within,
            "{found} and not {expected}"
        );
    }

    #[test]
    fn several_instances_come_to_what_one_would_that_did_all_of_it() {
        let (large, small) = (report(10, 90, 9, 2.0), report(10, 10, 0, 300.0));
        for seconds in [1, 5, 10, 60] {
            let signs = together([&large, &small].into_iter(), seconds);
            assert_eq!((signs.instance, signs.in_flight, signs.subscribers), (None, 4, 6));
            assert_eq!(
                signs.pool,
                PoolState {
                    max: 10,
                    open: 8,
                    idle: 2,
                    waiting: 14
                }
            );
            assert_about(signs.requests_per_second, 100.0, 1e-9);
            assert_about(signs.usage_events_per_second, 1000.0, 1e-9);
            // By requests: the mean of both rates would be 0.05.
            assert_about(signs.error_rate, 0.09, 1e-9);
            // A tenth of all is slow; the means would be 151.
            assert_about(signs.p50_ms, 2.0, 0.01);
            assert_about(signs.p95_ms, 300.0, 0.01);
            assert_about(signs.acquire_p99_ms, 30.0, 0.01);
            assert_about(signs.cpu_share, 0.25, 1e-9);
            assert_about(signs.resident_bytes, 2000.0, 1e-9);
            let counts = &signs.caches[0];
            assert_eq!(
                (
                    signs.caches.len(),
                    counts.count(Outcome::Hit),
                    counts.count(Outcome::Miss)
                ),
                (1, 300, 9)
            );
        }
    }

    #[test]
    fn an_instance_counts_for_as_long_as_it_has_run() {
        let (old, young) = (report(60, 10, 0, 1.0), report(1, 10, 0, 1.0));
        assert_about(together([&old, &young].into_iter(), 60).requests_per_second, 20.0, 1e-9);
        let none = Report {
            seconds: Vec::new(),
            ..young
        };
        let signs = together([&none].into_iter(), 60);
        assert_about(
            signs.requests_per_second + signs.error_rate + signs.p99_ms + signs.cpu_share,
            0.0,
            0.0,
        );
    }

    #[test]
    fn a_report_is_read_as_it_was_written_and_is_small() {
        let sent = report(60, 100, 1, 7.0);
        let written = postcard::to_allocvec(&sent).expect("it can be written");
        assert!(written.len() < 3000, "{}", written.len());
        assert_eq!(postcard::from_bytes::<Report>(&written), Ok(sent));
    }

    #[test]
    fn what_nobody_of_us_would_tell_is_still_a_number() {
        let second = Second {
            elapsed_us: 1,
            cpu_us: u64::MAX,
            requests: u64::MAX,
            failed: u64::MAX,
            usage_events: u64::MAX,
            durations: vec![(u64::MAX, u32::MAX); 3],
            acquires: vec![(0, u32::MAX); 3],
        };
        let lie = Report {
            seconds: vec![second; 3],
            in_flight: u32::MAX,
            subscribers: u32::MAX,
            pool: PoolState {
                max: u32::MAX,
                open: u32::MAX,
                idle: u32::MAX,
                waiting: u32::MAX,
            },
            cores: 0,
            resident_bytes: u64::MAX,
            caches: vec![LayerFigures::of(Layer::Redis, &Counts::default()); 9],
        };
        let signs = together([&lie, &lie].into_iter(), 60);
        for figure in [
            signs.requests_per_second,
            signs.error_rate,
            signs.p99_ms,
            signs.cpu_share,
            signs.resident_bytes,
        ] {
            assert!(figure.is_finite(), "{signs:?}");
        }
        assert_eq!(Duration::from_millis(250), SLOT);
    }
}
