//! How wrong a forecast of the newest intervals was that was told only of those before.

use super::{
    MIN_HISTORY, Wanted, as_float, ceiling,
    model::{self, Step, seen_twice},
    scale::Method,
};

/// Fewer held-out intervals say too little, unless fewer are forecast.
const LEAST_HELD_OUT: usize = 5;

/// One in so many intervals is held out, at most.
const HELD_OUT_SHARE: usize = 3;

/// Fewer errors do not say how wide an interval has to be.
const LEAST_ERRORS: usize = 10;

/// A model that is off by more than so many times its interval is not made right by a wider one.
const MOST_WIDENING: f64 = 5.0;

/// A reach of less, on the scale of the model, is none: its errors are those of arithmetic.
const LEAST_REACH: f64 = 1e-6;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Backtest {
    /// From 0 to 2.
    pub(super) smape: f64,
    /// How many times as wide intervals have to be to cover as much as they say, from 1 to [`MOST_WIDENING`].
    pub(super) widening: f64,
}

/// The symmetric mean absolute percentage error: the mean of 2 |f − a| / (|f| + |a|), where f was forecast and a happened, with 0 for 0 of 0.
///
/// From 0, all is right, to 2, where one of them is 0 and the other is not. It is a share, not a percentage. Of slices that are not equally long,
/// the rest is left out; of none, it is 0.
pub fn smape(forecast: &[f64], happened: &[f64]) -> f64 {
    let pairs = forecast.len().min(happened.len());
    let error = |(forecast, happened): (&f64, &f64)| {
        let size = forecast.abs() + happened.abs();
        if size > 0.0 {
            2.0 * (forecast - happened).abs() / size
        } else {
            0.0
        }
    };
    forecast.iter().zip(happened).map(error).sum::<f64>() / as_float(pairs.max(1))
}

/// Forecasts the newest counts from the others. None where that would leave too few, or where they cannot be forecast.
pub(super) fn backtest(method: Method, counts: &[f64], periods: &[usize], wanted: Wanted) -> Option<Backtest> {
    let horizon = held_out(counts.len(), periods, wanted.horizon)?;
    let (before, happened) = counts.split_at(counts.len() - horizon);
    let fitted = model::fit(&method.scale.series(before), periods, Wanted { horizon, ..wanted })?;
    let forecast = method.points(&fitted, 1.0, ceiling(before));
    let forecast: Vec<f64> = forecast.iter().map(|point| point.value).collect();
    Some(Backtest {
        smape: smape(&forecast, happened),
        widening: widening(&fitted.steps, &method.scale.series(happened), wanted.confidence),
    })
}

/// How many of so many intervals are held out: `horizon`, unless that leaves too few for the same model.
pub(super) fn held_out(intervals: usize, periods: &[usize], horizon: usize) -> Option<usize> {
    let longest = seen_twice(intervals, periods).last().copied().unwrap_or(0);
    let needed = (2 * longest).max(MIN_HISTORY);
    let most = intervals.saturating_sub(needed).min(intervals / HELD_OUT_SHARE);
    let held_out = horizon.min(most);
    (held_out > 0 && held_out >= horizon.min(LEAST_HELD_OUT)).then_some(held_out)
}

/// By how much the intervals were too narrow: as many of the errors as the confidence says are to lie within them.
///
/// The errors are those of one forecast, and so are not independent, as the method would have it; and they may be few. So it never narrows
/// an interval. Source: Lei et al., "Distribution-free predictive inference for regression" (2018), 5.2.
fn widening(steps: &[Step], happened: &[f64], confidence: f64) -> f64 {
    let scores = steps.iter().zip(happened);
    let scores = scores.map(|(step, at)| (at - step.center).abs() / step.reach.max(LEAST_REACH));
    let mut scores: Vec<f64> = scores.collect();
    if scores.len() < LEAST_ERRORS {
        return 1.0;
    }
    scores.sort_unstable_by(f64::total_cmp);
    let rank = confidence * as_float(scores.len() + 1);
    let covering = scores.iter().enumerate().find(|(place, _)| as_float(place + 1) >= rank);
    // Of too few for so much confidence, the largest.
    let score = covering.map(|(_, score)| score).or(scores.last());
    score.copied().unwrap_or(1.0).clamp(1.0, MOST_WIDENING)
}

#[cfg(test)]
mod tests {
    use super::{Step, held_out, smape, widening};

    #[test]
    fn smape_is_from_0_to_2() {
        let cases: [(&[f64], &[f64], f64); 6] = [
            (&[0.0, 5.0], &[0.0, 5.0], 0.0),
            (&[0.0], &[7.0], 2.0),
            (&[7.0], &[0.0], 2.0),
            (&[1.0, 0.0], &[3.0, 0.0], 0.5),
            (&[3.0, 1.0], &[1.0, 3.0], 1.0),
            (&[], &[], 0.0),
        ];
        for (forecast, happened, expected) in cases {
            let found = smape(forecast, happened);
            assert!((found - expected).abs() < 1e-12, "{forecast:?} {happened:?}: {found}");
        }
    }

    #[test]
    fn enough_is_left_for_the_same_model() {
        for (intervals, horizon, expected) in [
            // Two weeks have to remain, and two thirds.
            (14, 1, None),
            (15, 1, Some(1)),
            (15, 30, None),
            (18, 30, None),
            (19, 30, Some(5)),
            (30, 30, Some(10)),
            (90, 30, Some(30)),
            (90, 7, Some(7)),
            // Ten have to, where there is no season.
            (10, 1, None),
            (11, 1, Some(1)),
            // Two years have to, where there are two.
            (729, 366, Some(243)),
            (730, 30, None),
            (760, 30, Some(30)),
            (1_500, 366, Some(366)),
        ] {
            assert_eq!(
                held_out(intervals, &[7, 365], horizon),
                expected,
                "{intervals} {horizon}"
            );
        }
    }

    #[test]
    fn intervals_that_were_too_narrow_are_widened() {
        let steps = [Step {
            center: 0.0,
            reach: 1.0,
            spread: 1.0,
        }; 20];
        let errors: Vec<f64> = (1..=20_u8).map(|error| f64::from(error) / 10.0).collect();
        for (confidence, expected) in [(0.5, 1.1), (0.8, 1.7), (0.9, 1.9), (0.999, 2.0)] {
            let found = widening(&steps, &errors, confidence);
            assert!((found - expected).abs() < 1e-9, "{confidence}: {found}");
        }
        for (errors, expected) in [([0.5; 20], 1.0), ([70.0; 20], 5.0)] {
            assert!((widening(&steps, &errors, 0.9) - expected).abs() < 1e-9);
        }
        assert!((widening(&steps[..9], &[70.0; 9], 0.9) - 1.0).abs() < 1e-9);
    }
}
