//! The seasons of a series by MSTL, and what is left without them by ETS (`smoothed`).
//!
//! augurs' own `MSTLModel` does both at once, but adds the seasons to the intervals of its trend model as if they were known. Those of a history
//! of two cycles would be missed three times as often as they say: the noise that seasons were made to fit is not seen any more, and they are
//! off by it themselves. So MSTL is asked for the seasons alone. What is expected is the same.
//!
//! Source: Bandara, Hyndman and Bergmeir, "MSTL: a seasonal-trend decomposition algorithm for time series with multiple seasonal patterns" (2021).

use std::panic::{AssertUnwindSafe, catch_unwind};

use augurs_core::Fit as _;
use augurs_mstl::MSTLModel;

use super::{Wanted, as_float, smoothed::Smoothed};

/// As many cycles as a season's own smoother makes a mean of, in effect: it weighs the last eleven, the newer ones more.
const CYCLES: f64 = 8.0;

/// As many errors of the usual size are added to those of each phase of a season, of which there may be two.
const USUAL_ERRORS: f64 = 8.0;

/// Errors that are used for the mean: enough for its third digit.
const RESIDUALS: usize = 100;

/// The largest and the smallest one in so many errors are not: one day in the press would be expected again, a little of it, on every day.
const TRIMMED: usize = 50;

/// A model, and what it expects on its scale. All numbers are finite.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    pub(super) name: String,
    /// As many as were wanted, the first interval after the series first.
    pub(super) steps: Vec<Step>,
    /// By how much the model was off one interval ahead, ascending, each divided by what is usual in its phase of the season. At most 100.
    pub(super) residuals: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) center: f64,
    /// Half of the prediction interval; not negative.
    pub(super) reach: f64,
    /// How large errors are in this phase of the season, as a multiple of what is usual.
    pub(super) spread: f64,
}

/// Fits `series` with the seasons of `periods` that it has twice; without, where that fails. None where that fails too.
pub(super) fn fit(series: &[f64], periods: &[usize], wanted: Wanted) -> Option<Fitted> {
    let seen = seen_twice(series.len(), periods);
    [seen, &[]]
        .into_iter()
        .find_map(|periods| caught(|| fit_with(series, periods, wanted)))
}

/// The periods, which are ascending, that go twice into so many intervals.
pub(super) fn seen_twice(intervals: usize, periods: &[usize]) -> &[usize] {
    &periods[..periods.partition_point(|period| 2 * period <= intervals)]
}

/// augurs indexes and subtracts on the strength of data that it expects to be well-behaved. What it borrows from here it only reads.
fn caught(fit: impl FnOnce() -> Option<Fitted>) -> Option<Fitted> {
    catch_unwind(AssertUnwindSafe(fit)).unwrap_or_else(|_| {
        tracing::warn!("a forecasting model panicked, and was left out");
        None
    })
}

fn fit_with(series: &[f64], periods: &[usize], wanted: Wanted) -> Option<Fitted> {
    let seasons = seasons(series, periods)?;
    let mut left = series.to_vec();
    for season in &seasons {
        left.iter_mut()
            .zip(season)
            .for_each(|(value, seasonal)| *value -= seasonal);
    }
    let smoothed = Smoothed::of(&left, wanted)?;
    let spreads = spreads(&smoothed.residuals, periods.first().copied());
    let phase = |interval: usize| spreads[interval % spreads.len()];
    let taken = taken(series.len(), periods);
    let noise = *smoothed.reaches.first()?;
    let steps = smoothed.centers.iter().zip(&smoothed.reaches).enumerate();
    let steps = steps.map(|(ahead, (center, reach))| {
        let seasonal = periods.iter().zip(&seasons);
        let seasonal = seasonal.map(|(period, season)| season[season.len() - period + ahead % period]);
        let spread = phase(series.len() + ahead);
        // What the level may do until then, and the noise then: which is larger than that which is left, by what the seasons were made to fit of
        // it, and by what they are therefore off themselves.
        let level = reach.powi(2) - noise.powi(2);
        let noise = (noise * spread).powi(2) * (1.0 + taken) / (1.0 - taken);
        Step {
            center: center + seasonal.sum::<f64>(),
            reach: (level.max(0.0) + noise).sqrt(),
            spread,
        }
    });
    let residuals = smoothed.residuals.iter().enumerate();
    let residuals = residuals.map(|(interval, residual)| residual / (phase(interval) * (1.0 - taken).sqrt()));
    Some(Fitted {
        name: name(periods, &smoothed.name),
        steps: steps.collect(),
        residuals: thinned(residuals.collect()),
    })
}

/// The seasonal component of each period, as long as the series. None where MSTL fails, or says what is not finite.
fn seasons(series: &[f64], periods: &[usize]) -> Option<Vec<Vec<f64>>> {
    if periods.is_empty() {
        return Some(Vec::new());
    }
    // Its trend model is not asked anything.
    let fitted = MSTLModel::naive(periods.to_vec()).fit(series).ok()?;
    let components = fitted.fit().seasonal().iter();
    let components: Vec<Vec<f64>> = components
        .map(|component| component.iter().map(|value| f64::from(*value)).collect())
        .collect();
    let is_whole = components.len() == periods.len() && components.iter().all(|one| one.len() == series.len());
    let is_finite = components.iter().flatten().all(|value| value.is_finite());
    (is_whole && is_finite).then_some(components)
}

/// By how much errors are larger or smaller than usual in each phase of a season: by night fewer things happen, and of few, chance is a larger
/// share. A single phase where there is no season.
fn spreads(residuals: &[f64], period: Option<usize>) -> Vec<f64> {
    let period = period.unwrap_or(1);
    let usual = sum_of_squares(residuals.iter()) / as_float(residuals.len().max(1));
    if usual < f64::MIN_POSITIVE {
        return vec![1.0; period];
    }
    let spread = |phase: usize| {
        let own = residuals.iter().skip(phase).step_by(period);
        let errors = as_float(own.clone().count()) + USUAL_ERRORS;
        ((sum_of_squares(own) + USUAL_ERRORS * usual) / errors / usual).sqrt()
    };
    (0..period).map(spread).collect()
}

fn sum_of_squares<'a>(numbers: impl Iterator<Item = &'a f64>) -> f64 {
    numbers.map(|number| number.powi(2)).sum()
}

/// The share of the noise that the seasons were made to fit: of a mean of k numbers, each has the k-th part.
fn taken(intervals: usize, periods: &[usize]) -> f64 {
    let share = |period: &usize| 1.0 / (as_float(intervals) / as_float(*period)).min(CYCLES);
    periods.iter().map(share).sum::<f64>().min(0.75)
}

/// At most [`RESIDUALS`] that stand for all, ascending.
fn thinned(mut residuals: Vec<f64>) -> Vec<f64> {
    residuals.sort_unstable_by(f64::total_cmp);
    let trimmed = residuals.len() / TRIMMED;
    let kept = &residuals[trimmed..residuals.len() - trimmed];
    let step = kept.len().div_ceil(RESIDUALS).max(1);
    kept.iter().copied().skip(step / 2).step_by(step).collect()
}

fn name(periods: &[usize], smoothed: &str) -> String {
    if periods.is_empty() {
        return smoothed.to_owned();
    }
    let periods: Vec<String> = periods.iter().map(ToString::to_string).collect();
    format!("MSTL({}) + {smoothed}", periods.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{super::Wanted, Fitted, as_float, caught, fit, seen_twice, spreads, taken, thinned};

    const WANTED: Wanted = Wanted {
        horizon: 28,
        confidence: 0.9,
    };

    /// A level that rises, a week, and what looks like noise.
    fn series(intervals: usize) -> Vec<f64> {
        let value = |interval: usize| {
            let noise = as_float(interval * 7_919 % 101) / 101.0 - 0.5;
            5.0 + 0.01 * as_float(interval) + as_float(interval % 7) / 3.0 + noise
        };
        (0..intervals).map(value).collect()
    }

    #[test]
    fn seasons_are_those_that_were_seen_twice() {
        let cases: [(usize, &[usize]); 4] = [(13, &[]), (14, &[7]), (729, &[7]), (730, &[7, 365])];
        for (intervals, expected) in cases {
            assert_eq!(seen_twice(intervals, &[7, 365]), expected, "{intervals}");
        }
    }

    #[test]
    fn the_model_is_named_in_the_notation_of_the_field() {
        let with = fit(&series(70), &[7], WANTED).unwrap();
        assert!(with.name.starts_with("MSTL(7) + ETS(A,"), "{}", with.name);
        let without = fit(&series(13), &[7], WANTED).unwrap();
        assert!(without.name.starts_with("ETS(A,"), "{}", without.name);
        assert_eq!((with.steps.len(), without.steps.len()), (28, 28));
    }

    #[test]
    fn intervals_do_not_narrow_from_week_to_week() {
        let steps = fit(&series(140), &[7], WANTED).unwrap().steps;
        for (step, later) in steps.iter().zip(&steps[7..]) {
            let widens = later.reach >= step.reach - 1e-9;
            assert!(step.reach > 0.0 && widens, "{step:?} {later:?}");
        }
    }

    #[test]
    fn seasons_that_were_seen_seldom_take_much_of_the_noise() {
        assert!((taken(14, &[7]) - 0.5).abs() < 1e-9);
        assert!((taken(7_000, &[7]) - 0.125).abs() < 1e-9);
        assert!(taken(730, &[7, 365]) < 1.0 && taken(10, &[]) < 1e-9);
    }

    #[test]
    fn noise_is_told_apart_by_phase() {
        let residuals: Vec<f64> = (0..700).map(|place| if place % 7 == 6 { 3.0 } else { 1.0 }).collect();
        let found = spreads(&residuals, Some(7));
        assert!(found[6] > 1.8 && found[0] < 0.8, "{found:?}");
        assert_eq!(spreads(&[0.0; 20], Some(7)), vec![1.0; 7]);
    }

    #[test]
    fn few_residuals_stand_for_all() {
        let kept = thinned((0..1_500_u16).rev().map(f64::from).collect());
        let mean = kept.iter().sum::<f64>() / as_float(kept.len());
        assert!(kept.len() <= 100 && (mean - 749.5).abs() < 5.0, "{} {mean}", kept.len());
        assert!(kept[0] >= 30.0 && kept.is_sorted(), "{kept:?}");
        assert_eq!(thinned(vec![2.0, 1.0]), vec![1.0, 2.0]);
        assert!(thinned(Vec::new()).is_empty());
    }

    #[test]
    fn a_panic_is_no_model() {
        assert_eq!(caught(|| -> Option<Fitted> { panic!("of the library") }), None);
    }
}
