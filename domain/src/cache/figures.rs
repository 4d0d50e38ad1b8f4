//! What the layers did, counted.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::memory::Extent;

/// A place where things are kept, or come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Layer {
    Memory,
    Redis,
    /// Where everything comes from in the end.
    Database,
    /// Whole responses, which whoever answers keeps: they are no things of the catalog.
    Response,
    /// What icons answered to selections, as bytes.
    Serialized,
    /// Responses as they were sent.
    Http,
}

impl Layer {
    /// Those of things of the catalog.
    pub const ALL: [Self; 3] = [Self::Memory, Self::Redis, Self::Database];

    /// What of this process's memory is its own at first, in eighths.
    pub(super) fn eighths(self) -> u64 {
        match self {
            Self::Memory => 4,
            Self::Serialized => 2,
            Self::Response | Self::Http => 1,
            Self::Redis | Self::Database => 0,
        }
    }

    /// As metrics name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Serialized => "serialized",
            Self::Http => "http",
            Self::Memory => "memory",
            Self::Redis => "redis",
            Self::Database => "database",
        }
    }
}

/// What was done with things, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was there, and right.
    Hit,
    /// It was not there.
    Miss,
    /// It was there, and the catalog has changed since, or its time was over.
    Outdated,
    /// It was shown although its time was over, because the database could not be asked.
    Stale,
    /// It was read, from the layer below, or written.
    Done,
    /// The layer did not answer, or what it answered was none of ours.
    Failed,
}

impl Outcome {
    pub const ALL: [Self; 6] = [
        Self::Hit,
        Self::Miss,
        Self::Outdated,
        Self::Stale,
        Self::Done,
        Self::Failed,
    ];

    /// As metrics name it: the operation, and its status.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Hit => ("get", "hit"),
            Self::Miss => ("get", "miss"),
            Self::Outdated => ("get", "outdated"),
            Self::Stale => ("get", "stale"),
            Self::Done => ("fill", "ok"),
            Self::Failed => ("any", "error"),
        }
    }
}

/// Buckets of times: four for each doubling, of nanoseconds.
const BUCKETS: usize = 256;

/// The counts of one layer.
pub struct Counts {
    outcomes: [AtomicU64; Outcome::ALL.len()],
    times: [AtomicU64; BUCKETS],
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            outcomes: [const { AtomicU64::new(0) }; Outcome::ALL.len()],
            times: [const { AtomicU64::new(0) }; BUCKETS],
        }
    }
}

impl Counts {
    /// So many came to this.
    pub fn add(&self, outcome: Outcome, count: usize) {
        if count > 0 {
            self.outcomes[outcome as usize].fetch_add(count as u64, Ordering::Relaxed);
        }
    }

    /// How many came to this.
    pub fn get(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome as usize].load(Ordering::Relaxed)
    }

    /// Notes how long one question took, of however many keys.
    pub fn took(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.times[bucket(nanos)].fetch_add(1, Ordering::Relaxed);
    }

    /// How long questions took.
    pub fn times(&self) -> Times {
        Times(self.times.iter().map(|count| count.load(Ordering::Relaxed)).collect())
    }
}

/// How many questions took how long, by buckets.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Times(Vec<u64>);

impl Times {
    /// Both together.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let at = |times: &Self, bucket| times.0.get(bucket).copied().unwrap_or_default();
        Self(
            (0..BUCKETS)
                .map(|bucket| at(self, bucket).saturating_add(at(other, bucket)))
                .collect(),
        )
    }

    /// Milliseconds that a share of the questions took at most, to within a fifth; none where there was none.
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        let times = &self.0;
        let total = times.iter().fold(0_u64, |total, count| total.saturating_add(*count));
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count is a count, to within 2^-52"
        )]
        let wanted = (total as f64 * share).ceil() as u64;
        let mut so_far = 0_u64;
        let found = times.iter().position(|count| {
            so_far = so_far.saturating_add(*count);
            total > 0 && so_far >= wanted.max(1)
        });
        found.map(|bucket| end_of(bucket) / 1e6)
    }
}

fn bucket(nanos: u64) -> usize {
    let doublings = nanos.max(4).ilog2();
    let quarter = (nanos.max(4) >> (doublings - 2)) & 3;
    (doublings as usize * 4 + usize::try_from(quarter).unwrap_or(0)).min(BUCKETS - 1)
}

/// Nanoseconds at which a bucket ends.
#[expect(clippy::cast_precision_loss, reason = "there are 256 buckets")]
fn end_of(bucket: usize) -> f64 {
    2_f64.powf((bucket / 4) as f64) * (1.0 + (bucket % 4 + 1) as f64 / 4.0)
}

/// One layer at a moment, of one instance or of several.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LayerFigures {
    pub layer: Layer,
    /// How full it is; empty where nobody here knows.
    pub extent: Extent,
    /// Counts since the start, in the order of [`Outcome::ALL`].
    pub counts: [u64; Outcome::ALL.len()],
    /// How long questions took.
    pub times: Times,
    /// Whether it is to be asked.
    pub is_on: bool,
    /// Whether it answers, as far as is known.
    pub is_up: bool,
}

impl LayerFigures {
    /// What a layer has counted; it is on and answers, and nobody knows what is in it.
    pub fn of(layer: Layer, counts: &Counts) -> Self {
        Self {
            layer,
            extent: Extent::default(),
            counts: Outcome::ALL.map(|outcome| counts.get(outcome)),
            times: counts.times(),
            is_on: true,
            is_up: true,
        }
    }

    /// Both together, of the same layer on two instances. It is on where it is on one of them, and answers where it does on all of
    /// those.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let is_up = |figures: &Self| figures.is_up || !figures.is_on;
        let is_on = self.is_on || other.is_on;
        Self {
            layer: self.layer,
            extent: self.extent.and(other.extent),
            counts: Outcome::ALL.map(|outcome| self.count(outcome).saturating_add(other.count(outcome))),
            times: self.times.and(&other.times),
            is_on,
            is_up: is_on && is_up(self) && is_up(other),
        }
    }

    /// What share of the questions took at most, in milliseconds; 0 where there was none.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        self.times.quantile_ms(share).unwrap_or(0.0)
    }

    /// A count since the start.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.counts[outcome as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Counts, Layer, LayerFigures, Outcome, Times, bucket, end_of};

    #[test]
    fn quantiles_are_a_fifth_off_at_most() {
        let counts = Counts::default();
        assert_eq!(counts.times().quantile_ms(0.5), None);
        for micros in 1..=1000 {
            counts.took(Duration::from_micros(micros));
        }
        for (share, expected) in [(0.01, 0.01), (0.5, 0.5), (0.99, 0.99), (1.0, 1.0)] {
            let found = counts.times().quantile_ms(share).expect("there were some");
            assert!((expected..=expected * 1.26).contains(&found), "{share}: {found}");
        }
        counts.took(Duration::ZERO);
        counts.took(Duration::MAX);
        assert!(counts.times().quantile_ms(1.0).is_some());
    }

    #[test]
    fn quantiles_of_several_are_those_of_all_their_questions() {
        let (fast, slow, all) = (Counts::default(), Counts::default(), Counts::default());
        for micros in 1..=900 {
            fast.took(Duration::from_micros(micros));
            all.took(Duration::from_micros(micros));
        }
        for millis in 1..=100 {
            slow.took(Duration::from_millis(millis));
            all.took(Duration::from_millis(millis));
        }
        for share in [0.5, 0.9, 0.99] {
            assert_eq!(
                fast.times().and(&slow.times()).quantile_ms(share),
                all.times().quantile_ms(share)
            );
        }
        // As somebody may say who is none of us.
        let lie = Times(vec![u64::MAX; 1000]);
        assert!(lie.and(&lie).quantile_ms(1.0).is_some_and(f64::is_finite));
    }

    #[test]
    fn a_layer_of_several_answers_where_it_is_on() {
        let figures = |is_on, is_up| LayerFigures {
            is_on,
            is_up,
            ..LayerFigures::of(Layer::Redis, &Counts::default())
        };
        for (one, other, expected) in [
            ((true, true), (true, true), (true, true)),
            ((true, true), (true, false), (true, false)),
            ((true, true), (false, false), (true, true)),
            ((false, false), (false, false), (false, false)),
        ] {
            let both = figures(one.0, one.1).and(&figures(other.0, other.1));
            assert_eq!((both.is_on, both.is_up), expected, "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_bucket_ends_where_the_next_begins() {
        for nanos in [1_u64, 4, 5, 7, 8, 1000, 123_456, u64::MAX >> 1] {
            let bucket = bucket(nanos);
            #[expect(clippy::cast_precision_loss, reason = "compared with the end of a bucket")]
            let nanos = nanos as f64;
            assert!(
                nanos <= end_of(bucket) && nanos.max(4.0) >= end_of(bucket - 1),
                "{nanos}"
            );
        }
    }

    #[test]
    fn counts_are_by_outcome() {
        let counts = Counts::default();
        counts.add(Outcome::Miss, 2);
        counts.add(Outcome::Miss, 0);
        assert_eq!((counts.get(Outcome::Miss), counts.get(Outcome::Hit)), (2, 0));
        for (place, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, place);
        }
    }
}
