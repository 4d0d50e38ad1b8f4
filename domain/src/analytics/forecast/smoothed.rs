//! A series without seasons: its level and its trend, by ETS.
//!
//! Source: Hyndman, Koehler, Ord and Snyder, "Forecasting with exponential smoothing" (2008).

use augurs_core::{Fit as _, Predict as _};
use augurs_ets::AutoETS;

use super::{Wanted, as_float};

/// The models among which `AICc` chooses: additive errors, because on our scale errors add up; a trend, damped or not, or none; no season.
const CANDIDATES: &str = "AZN";

/// A trend is followed for such a part of the time in which it was seen, and then loses as large a part of it at each step. In all it goes no
/// further than half as far as it was seen: on a logarithm a straight line is exponential growth, which nothing has for long.
const FOLLOWED: usize = 4;

/// What ETS says of a series. All numbers are finite.
pub(super) struct Smoothed {
    /// Such as `ETS(A,Ad,N)`.
    pub(super) name: String,
    /// What is expected, the first interval after the series first.
    pub(super) centers: Vec<f64>,
    /// Half of the prediction interval of each of them. The first is that of the noise alone, because the level is known then.
    pub(super) reaches: Vec<f64>,
    /// By how much the model was off one interval ahead, for each interval of the series.
    pub(super) residuals: Vec<f64>,
}

impl Smoothed {
    /// None where no model can be fitted.
    pub(super) fn of(series: &[f64], wanted: Wanted) -> Option<Self> {
        let fitted = AutoETS::new(1, CANDIDATES).ok()?.fit(series).ok()?;
        let ahead = fitted.predict(wanted.horizon, wanted.confidence).ok()?;
        let intervals = ahead.intervals?;
        let behind = fitted.predict_in_sample(None::<f64>).ok()?;
        let trend = match (fitted.model().model_type().trend.included(), fitted.model().damped()) {
            (false, _) => "N",
            (true, false) => "A",
            (true, true) => "Ad",
        };
        let reaches = intervals.upper.iter().zip(&intervals.lower);
        let residuals = series.iter().zip(&behind.point);
        let mut smoothed = Self {
            name: format!("ETS(A,{trend},N)"),
            centers: ahead.point,
            reaches: reaches.map(|(upper, lower)| (upper - lower) / 2.0).collect(),
            residuals: residuals.map(|(value, expected)| value - expected).collect(),
        };
        fade(&mut smoothed.centers, series.len());
        let is_whole = smoothed.centers.len() == wanted.horizon
            && smoothed.reaches.len() == wanted.horizon
            && smoothed.residuals.len() == series.len();
        let is_finite = [&smoothed.centers, &smoothed.reaches, &smoothed.residuals]
            .into_iter()
            .flatten()
            .all(|number| number.is_finite());
        (is_whole && is_finite).then_some(smoothed)
    }
}

/// Lets a trend fade that was seen in so many intervals.
fn fade(centers: &mut [f64], seen: usize) {
    let followed = (seen / FOLLOWED).max(1);
    if centers.len() <= followed {
        return;
    }
    let kept = 1.0 - 1.0 / as_float(followed);
    let mut before = centers[followed - 1];
    let (mut at, mut share) = (before, 1.0);
    for center in &mut centers[followed..] {
        share *= kept;
        at += share * (*center - before);
        before = *center;
        *center = at;
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Wanted, Smoothed, as_float, fade};

    const WANTED: Wanted = Wanted {
        horizon: 20,
        confidence: 0.9,
    };

    #[test]
    fn a_line_goes_on_for_a_while() {
        let line: Vec<f64> = (0..80_u8).map(|place| 3.0 + 0.5 * f64::from(place)).collect();
        let smoothed = Smoothed::of(&line, WANTED).unwrap();
        assert!(
            smoothed.name == "ETS(A,A,N)" || smoothed.name == "ETS(A,Ad,N)",
            "{}",
            smoothed.name
        );
        assert!((smoothed.centers[0] - 43.0).abs() < 0.5, "{:?}", smoothed.centers);
        assert!(
            smoothed.centers.is_sorted() && smoothed.centers[19] > 46.0,
            "{:?}",
            smoothed.centers
        );
        assert_eq!((smoothed.centers.len(), smoothed.residuals.len()), (20, 80));
    }

    #[test]
    fn the_future_is_less_certain_the_further_it_is() {
        // It goes to and fro by itself, and the level with it.
        let value = |place: usize| as_float(place * 7_919 % 101) / 25.0 + (as_float(place) / 30.0).sin();
        let series: Vec<f64> = (0..120).map(value).collect();
        let smoothed = Smoothed::of(&series, WANTED).unwrap();
        let widens = smoothed.reaches.windows(2).all(|pair| pair[1] >= pair[0] - 1e-9);
        assert!(smoothed.reaches[0] > 0.0 && widens, "{:?}", smoothed.reaches);
    }

    #[test]
    fn a_trend_is_followed_and_then_fades() {
        let line: Vec<f64> = (1..=366_u16).map(f64::from).collect();
        let mut faded = line.clone();
        fade(&mut faded, 100);
        assert_eq!(faded[..25], line[..25]);
        assert!(faded.windows(2).all(|pair| pair[1] > pair[0]));
        assert!(faded[26] < 27.0 && faded[365] < 50.0, "{} {}", faded[26], faded[365]);
        let mut flat = vec![3.0; 366];
        fade(&mut flat, 10);
        assert_eq!(flat, vec![3.0; 366]);
    }

    #[test]
    fn what_is_too_short_has_no_model() {
        assert!(Smoothed::of(&[1.0, 2.0, 3.0], WANTED).is_none());
    }
}
