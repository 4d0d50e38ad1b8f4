//! How often something will be used, told from how often it was: with prediction intervals, and with how wrong such a forecast was before.
//!
//! It knows counts, one for each hour, day or week, and neither icons nor the database nor the clock. Counts are taken to a scale on which
//! seasons and growth add up (`scale`); MSTL takes the seasons away and ETS goes on with what is left (`model`), both by augurs. The newest part
//! of the history is forecast from the rest (`backtest`): that says how wrong it was, and how much wider the intervals have to be.
//!
//! What is asked of it costs the same however long the history is: no more than [`MAX_HISTORY`] intervals are looked at, by two fits.
//!
//! # Odd histories
//!
//! | history | answer |
//! | --- | --- |
//! | with a NaN, an infinity, a negative count, or one above 2^53 | none |
//! | of fewer than [`MIN_HISTORY`] intervals since the first use | none |
//! | of the same count throughout, 0 too | that count, by the model `constant` |
//! | on which augurs fails, panics or says NaN | without seasons; none where that fails too |

mod backtest;
mod model;
mod scale;
mod smoothed;
#[cfg(test)]
mod tests;

use super::Interval;

pub use backtest::smape;
pub use scale::{Center, Method, Scale};

/// Intervals that are forecast, at most: a leap year of days.
pub const MAX_HORIZON: usize = 366;

/// The least confidence: an interval that is missed more often than it is hit tells nobody anything.
pub(super) const MIN_CONFIDENCE: f64 = 0.5;

/// The most confidence: what happens once in a thousand intervals, [`MAX_HISTORY`] of them show once or twice.
pub(super) const MAX_CONFIDENCE: f64 = 0.999;

/// Intervals since the first use without which nothing is said. ETS with a damped trend estimates five numbers; with ten intervals, as many
/// remain to say how far it is off.
pub(super) const MIN_HISTORY: usize = 10;

/// Intervals that are looked at, the newest: nine weeks of hours, four years of days.
pub const MAX_HISTORY: usize = 1_500;

/// A forecast, and its interval, is never more than so many times the most that there ever was: beyond that a model speaks of itself.
const CEILING: f64 = 100.0;

/// The largest count: up to here every whole number is a float.
const MAX_COUNT: f64 = 9_007_199_254_740_992.0;

/// The seasons that there may be, in intervals, ascending: those are looked for of which there are two in the history.
const fn seasons(interval: Interval) -> &'static [usize] {
    match interval {
        Interval::Minute => &[],
        Interval::Hour => &[24, 168],
        Interval::Day => &[7, 365],
        Interval::Week => &[52],
    }
}

/// What is expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The model in the field's notation, such as `MSTL(24, 168) + ETS(A,Ad,N)`, `ETS(A,N,N)` or `constant`.
    pub model: String,
    /// How wrong the same model was about the newest intervals when it was told only of those before: [`smape`], from 0 to 2. As many intervals
    /// are asked of it as the forecast has, but at most a third of the history, and no more than leave two of each season. None where those are
    /// fewer than five, unless fewer are forecast.
    ///
    /// Of counts near 0 it says little: whatever is expected where nothing happens is as wrong as can be.
    pub backtest_smape: Option<f64>,
    /// As many as were asked for, the first interval after the history first.
    pub points: Vec<Point>,
}

/// What is expected of one interval, in counts. All are finite, and 0 ≤ `lower` ≤ `value` ≤ `upper`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The expected count: the mean, so that values can be added up; not a whole number.
    pub value: f64,
    /// The count is between this and `upper`, as often as the confidence says.
    pub lower: f64,
    /// See `lower`.
    pub upper: f64,
}

/// What is wanted of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Wanted {
    horizon: usize,
    confidence: f64,
}

/// Forecasts `horizon` intervals from the counts of those before.
///
/// `history` has a count for every interval, the oldest first, 0 where nothing happened, and ends with the last interval that is over: half an
/// interval would be taken for a decline. What was before the first use is left out, because it was not for want of liking that nothing was used.
/// `horizon` is from 1 to [`MAX_HORIZON`], `confidence` from [`MIN_CONFIDENCE`] to [`MAX_CONFIDENCE`].
///
/// None where one of them is out of range, or where the history is too short or too odd to say anything.
pub(super) fn forecast(history: &[f64], interval: Interval, horizon: usize, confidence: f64) -> Option<Forecast> {
    forecast_by(Method::CHOSEN, history, interval, horizon, confidence)
}

/// As `forecast`, by another method than the chosen one: for measuring which to choose.
pub fn forecast_by(
    method: Method,
    history: &[f64],
    interval: Interval,
    horizon: usize,
    confidence: f64,
) -> Option<Forecast> {
    // NaN is in no range, here and below.
    let may_be_asked = (1..=MAX_HORIZON).contains(&horizon) && (MIN_CONFIDENCE..=MAX_CONFIDENCE).contains(&confidence);
    let newest = &history[history.len().saturating_sub(MAX_HISTORY)..];
    let are_counts = newest.iter().all(|count| (0.0..=MAX_COUNT).contains(count));
    let counts = since_first_use(newest);
    if !may_be_asked || !are_counts || counts.len() < MIN_HISTORY {
        return None;
    }
    let (wanted, seasons) = (Wanted { horizon, confidence }, seasons(interval));
    if let Some(constant) = constant(counts, wanted) {
        return Some(constant);
    }
    let fitted = model::fit(&method.scale.series(counts), seasons, wanted)?;
    let backtest = backtest::backtest(method, counts, seasons, wanted);
    let widening = backtest.map_or(1.0, |backtest| backtest.widening);
    Some(Forecast {
        points: method.points(&fitted, widening, ceiling(counts)),
        model: fitted.name,
        backtest_smape: backtest.map(|backtest| backtest.smape),
    })
}

/// The history from the first use on; all of it where there was none.
fn since_first_use(history: &[f64]) -> &[f64] {
    let first = history.iter().position(|count| *count > 0.0).unwrap_or(0);
    &history[first..]
}

/// No forecast is above this.
fn ceiling(counts: &[f64]) -> f64 {
    CEILING * (counts.iter().copied().fold(0.0, f64::max) + 1.0)
}

/// Of counts that are all the same, that count. A model would say no more, and some divide by how far it is off.
///
/// That the next count is another has a chance of one in n + 1 where n were the same, if the next is like any of them: so the interval is that
/// count alone unless more confidence is asked for. Then it is nearly what Poisson's law would have, by a bound of the
/// normal law (√(2 ln 1/p) for its quantile) that is a little wide.
fn constant(counts: &[f64], wanted: Wanted) -> Option<Forecast> {
    let value = *counts.first()?;
    if counts.iter().any(|count| count.total_cmp(&value).is_ne()) {
        return None;
    }
    let (seen, seldom) = (as_float(counts.len()), 1.0 - wanted.confidence);
    let reach = if seldom >= 1.0 / (seen + 1.0) {
        0.0
    } else {
        (-2.0 * seldom.ln() * value.max(1.0)).sqrt()
    };
    let point = Point {
        value,
        lower: (value - reach).max(0.0),
        upper: value + reach,
    };
    Some(Forecast {
        model: "constant".to_owned(),
        // It would have said the same of every part of it.
        backtest_smape: backtest::held_out(counts.len(), &[], wanted.horizon).map(|_| 0.0),
        points: vec![point; wanted.horizon],
    })
}

#[expect(clippy::cast_precision_loss, reason = "numbers of intervals are far below 2^52")]
fn as_float(number: usize) -> f64 {
    number as f64
}
