//! For how long an answer stays right.

use domain::cache::{MadeOf, Shown};

/// Figures of usage end with the half minute that goes on.
const HALF_MINUTE_MS: i64 = 30_000;

/// All that public answers depend on, at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    pub(crate) catalog: Shown,
    /// None before there is an index.
    pub(crate) search: Option<i64>,
    /// How often the list of trusted documents was replaced.
    pub(crate) documents: u64,
    pub(crate) usage: UsageEpoch,
}

/// What is known of usage, at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UsageEpoch {
    /// Another number for whatever else usage has to say of the order of icons and sets.
    pub(crate) standings: u64,
    /// Which half minute it is.
    half_minute: i64,
}

/// What of usage is in an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ShownUsage {
    /// An order that usage has a say in.
    pub(crate) standings: bool,
    /// Figures, which move with time.
    pub(crate) figures: bool,
}

/// When an answer was begun and what it was made of: it is right until any of that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validity {
    pub(crate) begun: Epoch,
    pub(crate) made_of: MadeOf,
    pub(crate) usage: ShownUsage,
}

impl Validity {
    /// Memory that it takes.
    pub fn bytes(&self) -> usize {
        self.made_of.bytes()
    }
}

impl UsageEpoch {
    pub(crate) fn at(now_ms: i64, standings: u64) -> Self {
        Self {
            standings,
            half_minute: now_ms.div_euclid(HALF_MINUTE_MS),
        }
    }
}

impl ShownUsage {
    /// Whether what was shown at `then` is what would be shown `now`.
    pub(crate) fn is_as(self, then: UsageEpoch, now: UsageEpoch) -> bool {
        // Where the figures are others, so are the standings.
        let is_of_standings = self.standings || self.figures;
        (!is_of_standings || then.standings == now.standings) && (!self.figures || then.half_minute == now.half_minute)
    }
}

impl Epoch {
    /// Of an answer that was begun in this epoch, and depends on nothing of usage.
    pub fn made_of(self, made_of: MadeOf) -> Validity {
        Validity {
            begun: self,
            made_of,
            usage: ShownUsage::default(),
        }
    }

    /// Of an answer that was begun in this epoch, and shows that of usage.
    pub(crate) fn shows(self, made_of: MadeOf, usage: ShownUsage) -> Validity {
        Validity {
            usage,
            ..self.made_of(made_of)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{HALF_MINUTE_MS, ShownUsage, UsageEpoch};

    #[test]
    fn what_shows_usage_is_right_as_long_as_that_is() {
        let then = UsageEpoch::at(0, 1);
        let nows = [(HALF_MINUTE_MS - 1, 1), (0, 2), (HALF_MINUTE_MS, 1)];
        for (standings, figures, expected) in [
            (false, false, [true, true, true]),
            (true, false, [true, false, true]),
            (false, true, [true, false, false]),
        ] {
            let shown = ShownUsage { standings, figures };
            let is_right = nows.map(|(now_ms, standings)| shown.is_as(then, UsageEpoch::at(now_ms, standings)));
            assert_eq!(is_right, expected);
        }
    }
}
