//! What was counted in the last minutes and hours.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use domain::cache::PopularLookups;
use hdrhistogram::Histogram;

use crate::telemetry::{quantile_ms, times};

/// What was counted since some beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Operations, and requests beside GraphQL that the service is judged by.
    pub(super) requests: u64,
    /// Those that failed for a fault of the service.
    pub(super) failed: u64,
    /// Lookups of popular icons.
    pub(super) popular: PopularLookups,
}

impl Counts {
    fn since(self, before: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(before.requests),
            failed: self.failed.saturating_sub(before.failed),
            popular: self.popular.since(before.popular),
        }
    }

    fn add(&mut self, more: Self) {
        self.requests += more.requests;
        self.failed += more.failed;
        self.popular.merge(more.popular);
    }
}

/// A stretch of time.
pub(super) struct Stretch {
    began: Instant,
    ended: Instant,
    pub(super) counts: Counts,
    durations: Histogram<u32>,
}

impl Stretch {
    fn begin(at: Instant) -> Self {
        Self {
            began: at,
            ended: at,
            counts: Counts::default(),
            durations: times(),
        }
    }

    /// Requests whose time is known.
    pub(super) fn timed(&self) -> u64 {
        self.durations.len()
    }

    /// Milliseconds that a share of them took at most.
    pub(super) fn took_ms(&self, share: f64) -> f64 {
        quantile_ms(&self.durations, share)
    }

    fn add(&mut self, (counts, durations): (Counts, &Histogram<u32>), ended: Instant) {
        self.counts.add(counts);
        self.durations.add(durations).expect("all have the same bounds");
        self.ended = ended;
    }
}

/// Pieces that a window is made of.
const PIECES: u32 = 20;

/// A window that moves on, in pieces.
pub(super) struct Stretches {
    window: Duration,
    pieces: VecDeque<Stretch>,
    before: Option<Counts>,
    last: Instant,
}

impl Stretches {
    pub(super) fn new(now: Instant, window: Duration) -> Self {
        Self {
            window,
            pieces: VecDeque::new(),
            before: None,
            last: now,
        }
    }

    /// Takes what has been counted up to now, and the times since this was called last. Nothing is known of what came before the first call.
    pub(super) fn note(&mut self, now: Instant, counts: Counts, durations: &Histogram<u32>) {
        let Some(before) = self.before.replace(counts) else {
            self.last = now;
            return;
        };
        let is_full = |piece: &Stretch| now.saturating_duration_since(piece.began) > self.window / PIECES;
        if self.pieces.back().is_none_or(is_full) {
            self.pieces.push_back(Stretch::begin(self.last));
        }
        if let Some(piece) = self.pieces.back_mut() {
            piece.add((counts.since(before), durations), now);
        }
        self.last = now;
        while (self.pieces.front()).is_some_and(|piece| now.saturating_duration_since(piece.ended) >= self.window) {
            self.pieces.pop_front();
        }
    }

    /// All of the window.
    pub(super) fn sum(&self) -> Stretch {
        let began = self.pieces.front().map_or(self.last, |piece| piece.began);
        let mut sum = Stretch::begin(began);
        for piece in &self.pieces {
            sum.add((piece.counts, &piece.durations), piece.ended);
        }
        sum
    }
}

/// What had been counted at some moments, for windows that are too long to be kept whole.
pub(super) struct Samples {
    pause: Duration,
    longest: Duration,
    kept: VecDeque<(Instant, Counts)>,
    newest: (Instant, Counts),
}

impl Samples {
    /// Keeps one every `pause`, for windows of up to `longest`.
    pub(super) fn new(now: Instant, pause: Duration, longest: Duration) -> Self {
        Self {
            pause,
            longest,
            kept: VecDeque::new(),
            newest: (now, Counts::default()),
        }
    }

    /// Takes what has been counted up to now.
    pub(super) fn note(&mut self, now: Instant, counts: Counts) {
        self.newest = (now, counts);
        let is_due = |(at, _): &(Instant, Counts)| now.saturating_duration_since(*at) >= self.pause;
        if self.kept.back().is_none_or(is_due) {
            self.kept.push_back((now, counts));
        }
        // The one before the window's beginning is where it begins.
        while (self.kept.get(1)).is_some_and(|(at, _)| now.saturating_duration_since(*at) >= self.longest) {
            self.kept.pop_front();
        }
    }

    /// What was counted in the last `window`; in less, where counting began later.
    pub(super) fn last(&self, window: Duration) -> Counts {
        let (now, counts) = self.newest;
        let is_before = |(at, _): &&(Instant, Counts)| now.saturating_duration_since(*at) >= window;
        let begin = self.kept.iter().rev().find(is_before).or(self.kept.front());
        begin.map_or_else(Counts::default, |(_, before)| counts.since(*before))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Counts, Samples, Stretches};
    use crate::telemetry::times;

    fn counts(requests: u64) -> Counts {
        Counts {
            requests,
            failed: requests / 2,
            ..Counts::default()
        }
    }

    #[test]
    fn a_window_moves_on() {
        let start = Instant::now();
        let mut stretches = Stretches::new(start, Duration::from_secs(100));
        // What was counted before is not of this window.
        stretches.note(start, counts(1000), &times());
        for second in 1..=400_u64 {
            let mut durations = times();
            durations.saturating_record(second * 1000);
            stretches.note(start + Duration::from_secs(second), counts(1000 + second), &durations);
            let sum = stretches.sum();
            let expected = second.min(100);
            // To within a piece.
            assert!(
                (expected..expected + 6).contains(&sum.counts.requests),
                "{second}: {}",
                sum.counts.requests
            );
            assert_eq!(sum.timed(), sum.counts.requests);
            assert!(sum.took_ms(1.0) >= 0.99 * f64::from(u32::try_from(second).unwrap()));
        }
        assert!(stretches.pieces.len() <= 21, "{}", stretches.pieces.len());
        // Nothing comes any more.
        stretches.note(start + Duration::from_mins(10), counts(1400), &times());
        assert_eq!(
            (stretches.sum().counts, stretches.sum().timed()),
            (Counts::default(), 0)
        );
    }

    #[test]
    fn a_long_window_is_as_long_as_there_is_anything_of_it() {
        let start = Instant::now();
        let mut samples = Samples::new(start, Duration::from_secs(10), Duration::from_hours(6));
        assert_eq!(samples.last(Duration::from_mins(5)), Counts::default());
        for second in 0..30_000_u64 {
            samples.note(start + Duration::from_secs(second), counts(second * 2));
            if second % 977 == 0 {
                for window in [300_u64, 3600, 21_600] {
                    let expected = second.min(window);
                    let found = samples.last(Duration::from_secs(window)).requests / 2;
                    assert!((expected..expected + 11).contains(&found), "{second} {window}: {found}");
                }
            }
        }
        assert!(samples.kept.len() < 2200, "{}", samples.kept.len());
    }
}
