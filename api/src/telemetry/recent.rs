//! The last minute of the process in slots of a quarter of a second.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use super::replicas::Replicas;

/// How long a slot is: the shortest interval that is asked for.
pub(super) const SLOT: Duration = Duration::from_millis(250);

/// What instances tell each other of is made of whole seconds.
const SLOTS_PER_SECOND: usize = 4;

/// Slots that are kept: the longest interval.
pub(super) const MAX_SLOTS: usize = 240;

/// Times are told apart in microseconds, to within a hundredth, and longer ones than this are taken for this.
const LONGEST_MICROSECONDS: u64 = 60_000_000;
const SIGNIFICANT_DIGITS: u8 = 2;

/// What the registry was told lately.
pub(super) struct Recent {
    open: Mutex<Open>,
    closed: Mutex<VecDeque<Closed>>,
    judged: Mutex<Counted>,
    pub(super) in_flight: Count,
    pub(super) subscribers: Count,
    pub(super) replicas: Replicas,
}

/// What the service is judged by: what was asked since the start, what of that failed for its own fault, and how long answers took since
/// somebody took that last.
#[derive(Clone)]
pub(crate) struct Counted {
    pub(crate) requests: u64,
    pub(crate) failed: u64,
    /// In microseconds.
    pub(crate) durations: Histogram<u32>,
}

/// How many there are at the moment.
#[derive(Default)]
pub(super) struct Count(AtomicI64);

/// The slot that is being filled.
struct Open {
    began: Instant,
    requests: u64,
    failed: u64,
    usage_events: u64,
    durations: Histogram<u32>,
    acquires: Histogram<u32>,
    /// Processor time of the process when it began.
    cpu_seconds: f64,
}

/// A slot that is over.
struct Closed {
    elapsed: Duration,
    cpu_seconds: f64,
    requests: u64,
    failed: u64,
    usage_events: u64,
    /// None where nothing happened, which is most of the time.
    durations: Option<Histogram<u32>>,
    acquires: Option<Histogram<u32>>,
}

/// Several slots together.
pub(super) struct Sum {
    pub(super) elapsed: Duration,
    pub(super) cpu_seconds: f64,
    pub(super) requests: u64,
    pub(super) failed: u64,
    pub(super) usage_events: u64,
    pub(super) durations: Histogram<u32>,
    pub(super) acquires: Histogram<u32>,
}

impl Recent {
    pub(super) fn new(now: Instant, cpu_seconds: f64) -> Self {
        Self {
            open: Mutex::new(Open {
                began: now,
                requests: 0,
                failed: 0,
                usage_events: 0,
                durations: times(),
                acquires: times(),
                cpu_seconds,
            }),
            closed: Mutex::default(),
            judged: Mutex::new(Counted {
                requests: 0,
                failed: 0,
                durations: times(),
            }),
            in_flight: Count::default(),
            subscribers: Count::default(),
            replicas: Replicas::default(),
        }
    }

    pub(super) fn count_requests(&self, count: u64, failed: bool) {
        let mut open = held(&self.open);
        open.requests += count;
        if failed {
            open.failed += count;
        }
    }

    pub(super) fn judge(&self, count: u64, failed: bool) {
        let mut judged = held(&self.judged);
        judged.requests += count;
        if failed {
            judged.failed += count;
        }
    }

    pub(super) fn judge_duration(&self, seconds: f64) {
        held(&self.judged).durations.saturating_record(microseconds(seconds));
    }

    pub(super) fn count_usage_events(&self, count: u64) {
        held(&self.open).usage_events += count;
    }

    pub(super) fn note_duration(&self, seconds: f64) {
        held(&self.open).durations.saturating_record(microseconds(seconds));
    }

    pub(super) fn note_acquire(&self, seconds: f64) {
        held(&self.open).acquires.saturating_record(microseconds(seconds));
    }

    /// Ends the slot and begins another. Who comes much too early, because another has just done it, changes nothing.
    pub(super) fn close_slot(&self, now: Instant, cpu_seconds: f64) {
        let slot = {
            let mut open = held(&self.open);
            let elapsed = now.saturating_duration_since(open.began);
            if elapsed < SLOT / 2 {
                return;
            }
            let open = &mut *open;
            open.began = now;
            let before = std::mem::replace(&mut open.cpu_seconds, cpu_seconds);
            Closed {
                elapsed,
                cpu_seconds: (cpu_seconds - before).max(0.0),
                requests: std::mem::take(&mut open.requests),
                failed: std::mem::take(&mut open.failed),
                usage_events: std::mem::take(&mut open.usage_events),
                durations: taken(&mut open.durations),
                acquires: taken(&mut open.acquires),
            }
        };
        let mut closed = held(&self.closed);
        closed.truncate(MAX_SLOTS - 1);
        closed.push_front(slot);
    }

    /// What the service is judged by since the start, and times since this was asked last.
    pub(super) fn take_counted(&self) -> Counted {
        let mut judged = held(&self.judged);
        let durations = std::mem::replace(&mut judged.durations, times());
        Counted {
            requests: judged.requests,
            failed: judged.failed,
            durations,
        }
    }

    /// The newest `slots` together, or as many as there are.
    pub(super) fn newest(&self, slots: usize) -> Sum {
        Sum::of(held(&self.closed).iter().take(slots))
    }

    /// The newest `count` seconds, or as many as there are, the newest first.
    pub(super) fn seconds(&self, count: usize) -> Vec<Sum> {
        let mut closed = held(&self.closed);
        let seconds = closed.make_contiguous().chunks_exact(SLOTS_PER_SECOND).take(count);
        seconds.map(|slots| Sum::of(slots.iter())).collect()
    }
}

impl Sum {
    fn of<'a>(slots: impl Iterator<Item = &'a Closed>) -> Self {
        let mut sum = Self {
            elapsed: Duration::ZERO,
            cpu_seconds: 0.0,
            requests: 0,
            failed: 0,
            usage_events: 0,
            durations: times(),
            acquires: times(),
        };
        for slot in slots {
            sum.elapsed += slot.elapsed;
            sum.cpu_seconds += slot.cpu_seconds;
            sum.requests += slot.requests;
            sum.failed += slot.failed;
            sum.usage_events += slot.usage_events;
            for (total, times) in [
                (&mut sum.durations, &slot.durations),
                (&mut sum.acquires, &slot.acquires),
            ] {
                if let Some(times) = times {
                    total.add(times).expect("all have the same bounds");
                }
            }
        }
        sum
    }

    /// Milliseconds that a share of the requests took at most; 0 where there was none.
    pub(super) fn duration_ms(&self, quantile: f64) -> f64 {
        quantile_ms(&self.durations, quantile)
    }

    /// As [`Self::duration_ms`], of the waits for a connection.
    pub(super) fn acquire_ms(&self, quantile: f64) -> f64 {
        quantile_ms(&self.acquires, quantile)
    }
}

impl Count {
    #[expect(clippy::cast_possible_truncation, reason = "a gauge of things counts by whole ones")]
    pub(super) fn add(&self, more: f64) {
        self.0.fetch_add(more as i64, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u32 {
        u32::try_from(self.0.load(Ordering::Relaxed).max(0)).unwrap_or(u32::MAX)
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is held.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// No times yet.
pub(crate) fn times() -> Histogram<u32> {
    Histogram::new_with_bounds(1, LONGEST_MICROSECONDS, SIGNIFICANT_DIGITS).expect("the bounds are in order")
}

/// What was counted, and none of it left.
fn taken(times_so_far: &mut Histogram<u32>) -> Option<Histogram<u32>> {
    (!times_so_far.is_empty()).then(|| std::mem::replace(times_so_far, times()))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast keeps to what a u64 holds"
)]
fn microseconds(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
}

/// Milliseconds that a share of `times` took at most; 0 where there was none.
#[expect(clippy::cast_precision_loss, reason = "a time is below 2^52 microseconds")]
pub(crate) fn quantile_ms(times: &Histogram<u32>, quantile: f64) -> f64 {
    times.value_at_quantile(quantile) as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{MAX_SLOTS, Recent, SLOT};

    #[test]
    fn a_window_is_made_of_the_newest_slots() {
        let start = Instant::now();
        let recent = Recent::new(start, 10.0);
        let mut now = start;
        for slot in 1..=4_u32 {
            recent.count_requests(u64::from(slot), slot % 2 == 0);
            recent.note_duration(f64::from(slot) / 1000.0);
            now += SLOT;
            recent.close_slot(now, 10.0 + f64::from(slot));
        }
        // slots, requests, failed, seconds of processor time, median in milliseconds.
        for (slots, requests, failed, cpu_seconds, median) in [
            (1, 4, 4, 1.0, 4.0),
            (2, 7, 4, 2.0, 3.0),
            (4, 10, 6, 4.0, 2.0),
            (9, 10, 6, 4.0, 2.0),
        ] {
            let sum = recent.newest(slots);
            assert_eq!((sum.requests, sum.failed), (requests, failed), "{slots}");
            assert_eq!(sum.elapsed, SLOT * u32::try_from(slots.min(4)).expect("few"), "{slots}");
            assert!((sum.cpu_seconds - cpu_seconds).abs() < 1e-9, "{slots}");
            assert!(
                (sum.duration_ms(0.5) / median - 1.0).abs() < 0.01,
                "{slots}: {}",
                sum.duration_ms(0.5)
            );
        }
    }

    #[test]
    fn seconds_are_made_of_whole_ones_and_the_newest_come_first() {
        let start = Instant::now();
        let recent = Recent::new(start, 0.0);
        let mut now = start;
        for slot in 1..=11_u32 {
            recent.count_requests(u64::from(slot), false);
            recent.count_usage_events(1);
            recent.note_duration(f64::from(slot) / 1000.0);
            now += SLOT;
            recent.close_slot(now, 0.0);
        }
        let seconds = recent.seconds(60);
        let counts: Vec<_> = seconds
            .iter()
            .map(|sum| (sum.requests, sum.usage_events, sum.durations.len()))
            .collect();
        assert_eq!(counts, [(11 + 10 + 9 + 8, 4, 4), (7 + 6 + 5 + 4, 4, 4)]);
        assert_eq!(recent.seconds(1).len(), 1);
    }

    #[test]
    fn what_was_judged_is_told_from_the_start_and_times_once() {
        let start = Instant::now();
        let recent = Recent::new(start, 0.0);
        for slot in 1..=2 {
            for _ in 0..3 {
                recent.judge(1, false);
                recent.judge_duration(0.01);
            }
            recent.judge(1, true);
            // Whatever else was requested is nothing that it is judged by.
            recent.count_requests(1, true);
            recent.note_duration(9.0);
            recent.close_slot(start + SLOT * slot, 0.0);
            let counted = recent.take_counted();
            assert_eq!(
                (counted.requests, counted.failed),
                (u64::from(slot) * 4, u64::from(slot))
            );
            assert_eq!(counted.durations.len(), 3);
            assert!(recent.take_counted().durations.is_empty());
        }
    }

    #[test]
    fn a_slot_that_is_closed_twice_is_closed_once() {
        let start = Instant::now();
        let recent = Recent::new(start, 0.0);
        recent.count_requests(3, false);
        recent.close_slot(start + SLOT, 0.0);
        recent.count_requests(4, false);
        recent.close_slot(start + SLOT + SLOT / 3, 0.0);
        assert_eq!(recent.newest(9).requests, 3);
        recent.close_slot(start + SLOT * 2, 0.0);
        assert_eq!(recent.newest(9).requests, 7);
    }

    #[test]
    fn a_minute_is_kept_and_odd_times_count() {
        let start = Instant::now();
        let recent = Recent::new(start, 0.0);
        for slot in 0..MAX_SLOTS + 5 {
            for seconds in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
                recent.note_duration(seconds);
            }
            recent.count_requests(1, false);
            recent.close_slot(start + SLOT * u32::try_from(slot + 1).expect("few"), 0.0);
        }
        let sum = recent.newest(usize::MAX);
        assert_eq!((sum.requests, sum.elapsed), (MAX_SLOTS as u64, Duration::from_mins(1)));
        assert!(
            (59_000.0..62_000.0).contains(&sum.duration_ms(1.0)),
            "{}",
            sum.duration_ms(1.0)
        );
        assert!(sum.duration_ms(0.5) <= 0.001, "{}", sum.duration_ms(0.5));
        // Nothing happened: nothing is kept of it.
        assert!(sum.acquire_ms(0.99).abs() < f64::EPSILON);
    }
}
