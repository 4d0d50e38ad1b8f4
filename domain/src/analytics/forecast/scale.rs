//! The scale on which counts are modelled, and the way back.

use super::{
    Point, as_float,
    model::{Fitted, Step},
};

/// How counts are modelled, and what is said of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Method {
    /// What counts are modelled on.
    pub scale: Scale,
    /// What `value` is.
    pub center: Center,
}

impl Method {
    /// What forecasts are made by, and the one place to change it.
    ///
    /// `Log1p`: a weekend has four tenths of a working day whether an icon is used ten times or ten thousand, and growth is a share too. So
    /// seasons add up on a logarithm, and there alone does one seasonal pattern fit a history that grows. 1 is added because there are zeros; it
    /// changes the pattern of those that are used less than about ten times an interval, who have little pattern to lose.
    ///
    /// `Mean`: people add forecasts up. Below ten an interval medians would sum to a quarter less than what happens.
    pub const CHOSEN: Self = Self {
        scale: Scale::Log1p,
        center: Center::Mean,
    };
}

/// What seasons, growth and noise add up on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scale {
    /// The counts themselves: seasons keep their height however much there is.
    Count,
    /// The square root: the noise of counts by Poisson's law is the same at every height.
    SquareRoot,
    /// The logarithm of one more: seasons and growth are shares.
    Log1p,
}

/// Which count stands for all those that may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Center {
    /// As often more as less: what the forecast on the scale is, taken back.
    Median,
    /// The mean, by Duan's smearing: of the forecast with each of the model's own errors, taken back.
    ///
    /// Source: Duan, "Smearing estimate: a nonparametric retransformation method" (1983).
    Mean,
}

impl Scale {
    fn to(self, count: f64) -> f64 {
        match self {
            Self::Count => count,
            Self::SquareRoot => count.sqrt(),
            Self::Log1p => count.ln_1p(),
        }
    }

    /// The count, never below 0. It may be infinite.
    fn back(self, number: f64) -> f64 {
        let count = match self {
            Self::Count => number,
            Self::SquareRoot => number.max(0.0).powi(2),
            Self::Log1p => number.exp_m1(),
        };
        count.max(0.0)
    }

    /// Counts on this scale.
    pub(super) fn series(self, counts: &[f64]) -> Vec<f64> {
        counts.iter().map(|count| self.to(*count)).collect()
    }
}

impl Method {
    /// What a fit says of each interval, in counts, none of them above `ceiling`. Its intervals are made `widening` times as wide.
    pub(super) fn points(self, fitted: &Fitted, widening: f64, ceiling: f64) -> Vec<Point> {
        let point = |step: &Step| {
            let (value, reach) = (self.value(*step, &fitted.residuals).min(ceiling), step.reach * widening);
            Point {
                value,
                // The mean of a skewed distribution may lie outside of half of it, and an interval without its own forecast is no interval.
                lower: self.scale.back(step.center - reach).min(value),
                upper: self.scale.back(step.center + reach).min(ceiling).max(value),
            }
        };
        fitted.steps.iter().map(point).collect()
    }

    fn value(self, step: Step, residuals: &[f64]) -> f64 {
        match self.center {
            Center::Mean if !residuals.is_empty() => {
                let counts = residuals
                    .iter()
                    .map(|residual| self.scale.back(step.center + step.spread * residual));
                counts.sum::<f64>() / as_float(residuals.len())
            }
            Center::Mean | Center::Median => self.scale.back(step.center),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Center, Fitted, Method, Scale, Step};

    const SCALES: [Scale; 3] = [Scale::Count, Scale::SquareRoot, Scale::Log1p];

    fn fitted(step: Step, residuals: &[f64]) -> Fitted {
        Fitted {
            name: String::new(),
            steps: vec![step],
            residuals: residuals.to_vec(),
        }
    }

    #[test]
    fn counts_come_back() {
        for scale in SCALES {
            for count in [0.0, 0.3, 1.0, 17.0, 1e9] {
                let back = scale.back(scale.to(count));
                assert!((back - count).abs() <= 1e-9 * count, "{scale:?}: {back} of {count}");
            }
        }
    }

    #[test]
    fn nothing_is_below_zero_or_above_the_ceiling() {
        for scale in SCALES {
            for (center, reach) in [(-5.0, 1.0), (0.0, 1e6), (1e6, 1e6), (-1e6, 0.0)] {
                for center_of in [Center::Mean, Center::Median] {
                    let step = Step {
                        center,
                        reach,
                        spread: 1.0,
                    };
                    let method = Method {
                        scale,
                        center: center_of,
                    };
                    let point = method.points(&fitted(step, &[-1.0, 0.0, 1.0]), 2.0, 700.0)[0];
                    let ordered = 0.0 <= point.lower && point.lower <= point.value && point.value <= point.upper;
                    assert!(ordered && point.upper <= 700.0, "{method:?} {step:?}: {point:?}");
                }
            }
        }
    }

    #[test]
    fn the_mean_is_that_of_the_counts() {
        // 0 and 2 as often: the median on the logarithm is less than 1, the mean is 1.
        let (low, high) = (0.0_f64.ln_1p(), 2.0_f64.ln_1p());
        let step = Step {
            center: f64::midpoint(low, high),
            reach: 0.0,
            spread: 1.0,
        };
        let residuals = [low - step.center, high - step.center];
        let value = |center| {
            let scale = Scale::Log1p;
            Method { scale, center }.points(&fitted(step, &residuals), 1.0, 1e9)[0].value
        };
        assert!((value(Center::Mean) - 1.0).abs() < 1e-9);
        assert!(value(Center::Median) < 0.8);
    }
}
