use super::{
    Center, Forecast, Interval, MAX_CONFIDENCE, MAX_HISTORY, MAX_HORIZON, MIN_CONFIDENCE, MIN_HISTORY, Method, Point,
    Scale, as_float, forecast, forecast_by, smape,
};

/// xorshift64*. Source: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled" (2016).
struct Random(u64);

impl Random {
    /// From 0, to 1 excluded.
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = u32::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32).unwrap();
        f64::from(number) / (f64::from(u32::MAX) + 1.0)
    }

    /// A count with the mean and the variance that Poisson's law has, nearly its shape where it is not small.
    fn count(&mut self, expected: f64) -> f64 {
        let normal = (0..12).map(|_| self.unit()).sum::<f64>() - 6.0;
        (expected + expected.sqrt() * normal).round().max(0.0)
    }
}

const WEEK: [f64; 7] = [1.0, 1.06, 1.08, 1.04, 0.92, 0.42, 0.38];

/// A week, and growth.
fn day(day: usize) -> f64 {
    800.0 * WEEK[day % 7] * (1.0 + 0.003 * as_float(day))
}

/// A day, and a week.
fn hour(hour: usize) -> f64 {
    let angle = as_float(hour % 24) / 24.0 * std::f64::consts::TAU;
    300.0 * WEEK[hour / 24 % 7] * (1.0 - 0.8 * angle.cos())
}

fn counts(expected: impl Fn(usize) -> f64, intervals: usize, seed: u64) -> Vec<f64> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ seed);
    (0..intervals)
        .map(|interval| random.count(expected(interval)))
        .collect()
}

fn seasonal_naive(history: &[f64], period: usize, horizon: usize) -> Vec<f64> {
    let last = &history[history.len() - period..];
    last.iter().copied().cycle().take(horizon).collect()
}

fn values(forecast: &Forecast) -> Vec<f64> {
    forecast.points.iter().map(|point| point.value).collect()
}

/// What holds whatever was there before.
#[track_caller]
fn check(forecast: &Forecast, horizon: usize) {
    assert_eq!(forecast.points.len(), horizon, "{}", forecast.model);
    for point in &forecast.points {
        let Point { value, lower, upper } = *point;
        let ordered = 0.0 <= lower && lower <= value && value <= upper && upper.is_finite();
        assert!(ordered, "{}: {point:?}", forecast.model);
    }
    let smape = forecast.backtest_smape.unwrap_or(0.0);
    assert!((0.0..=2.0).contains(&smape), "{}: {smape}", forecast.model);
}

/// The errors of the forecast, of the season before once more, and of who knows what is to be expected.
fn errors(
    expected: impl Fn(usize) -> f64,
    interval: Interval,
    (known, horizon, period): (usize, usize, usize),
) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for seed in 1..=4 {
        let counts = counts(&expected, known + horizon, seed);
        let (history, happened) = counts.split_at(known);
        let found = forecast(history, interval, horizon, 0.9).unwrap();
        check(&found, horizon);
        let truth: Vec<f64> = (known..known + horizon).map(&expected).collect();
        sums[0] += smape(&values(&found), happened);
        sums[1] += smape(&seasonal_naive(history, period, horizon), happened);
        sums[2] += smape(&truth, happened);
    }
    sums
}

#[test]
fn days_are_forecast_better_than_by_the_week_before() {
    let [ours, naive, floor] = errors(day, Interval::Day, (112, 28, 7));
    assert!(ours < naive && ours < 2.0 * floor, "{ours} {naive} {floor}");
}

#[test]
fn hours_are_forecast_better_than_by_the_week_before() {
    let [ours, naive, floor] = errors(hour, Interval::Hour, (840, 168, 168));
    assert!(ours < naive && ours < 2.0 * floor, "{ours} {naive} {floor}");
}

#[test]
fn intervals_cover_what_they_say() {
    let (mut covered, mut all) = (0, 0);
    for seed in 1..=20 {
        let counts = counts(day, 140, seed);
        let (history, happened) = counts.split_at(112);
        let points = forecast(history, Interval::Day, 28, 0.9).unwrap().points;
        for (point, count) in points.iter().zip(happened) {
            covered += u32::from(point.lower <= *count && *count <= point.upper);
            all += 1;
        }
    }
    assert!(covered * 100 >= all * 80, "{covered} of {all}");
}

#[test]
fn the_backtest_is_of_the_newest_intervals() {
    let mut counts = counts(day, 112, 1);
    let usual = forecast(&counts, Interval::Day, 14, 0.9).unwrap();
    assert!(usual.backtest_smape.unwrap() < 0.2, "{usual:?}");
    for count in &mut counts[98..] {
        *count *= 4.0;
    }
    let surprised = forecast(&counts, Interval::Day, 14, 0.9).unwrap();
    assert!(surprised.backtest_smape.unwrap() > 0.8, "{surprised:?}");
}

#[test]
fn seasons_are_found_where_there_are_two_of_them() {
    for (interval, intervals, model) in [
        (Interval::Hour, 47, "ETS(A,"),
        (Interval::Hour, 48, "MSTL(24) + ETS(A,"),
        (Interval::Hour, 336, "MSTL(24, 168) + ETS(A,"),
        (Interval::Day, 13, "ETS(A,"),
        (Interval::Day, 729, "MSTL(7) + ETS(A,"),
        (Interval::Day, 730, "MSTL(7, 365) + ETS(A,"),
        (Interval::Week, 103, "ETS(A,"),
        (Interval::Week, 104, "MSTL(52) + ETS(A,"),
    ] {
        let found = forecast(&counts(day, intervals, 1), interval, 7, 0.9).unwrap();
        check(&found, 7);
        assert!(
            found.model.starts_with(model),
            "{interval:?} {intervals}: {}",
            found.model
        );
    }
}

#[test]
fn the_same_count_throughout_is_forecast_again() {
    for value in [0.0, 1.0, 5.0, 1e9] {
        let found = forecast(&[value; 30], Interval::Day, 7, 0.95).unwrap();
        let (lower, upper) = (value, value);
        assert_eq!(found.points, vec![Point { value, lower, upper }; 7]);
        assert_eq!((found.model.as_str(), found.backtest_smape), ("constant", Some(0.0)));
        // Thirty days do not tell what happens once in a hundred.
        let surer = forecast(&[value; 30], Interval::Day, 7, 0.99).unwrap();
        check(&surer, 7);
        assert!(surer.points[6].upper > value, "{surer:?}");
    }
}

#[test]
fn of_a_short_history_nothing_is_said() {
    let counts = counts(day, MIN_HISTORY, 1);
    check(&forecast(&counts, Interval::Day, 7, 0.9).unwrap(), 7);
    assert_eq!(forecast(&counts[1..], Interval::Day, 7, 0.9), None);
    assert_eq!(forecast(&[], Interval::Day, 7, 0.9), None);
    // What was before the first use is no history.
    let mut new = vec![0.0; 200];
    new.extend(&counts[1..]);
    assert_eq!(forecast(&new, Interval::Day, 7, 0.9), None);
    new.push(17.0);
    check(&forecast(&new, Interval::Day, 7, 0.9).unwrap(), 7);
}

#[test]
fn what_is_asked_for_has_limits() {
    let counts = counts(day, 100, 1);
    for horizon in [1, MAX_HORIZON] {
        check(&forecast(&counts, Interval::Day, horizon, 0.9).unwrap(), horizon);
    }
    for horizon in [0, MAX_HORIZON + 1] {
        assert_eq!(forecast(&counts, Interval::Day, horizon, 0.9), None);
    }
    for confidence in [0.499, 0.9991, 1.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(forecast(&counts, Interval::Day, 7, confidence), None, "{confidence}");
    }
    let narrow = forecast(&counts, Interval::Day, 7, MIN_CONFIDENCE).unwrap();
    let wide = forecast(&counts, Interval::Day, 7, MAX_CONFIDENCE).unwrap();
    check(&narrow, 7);
    check(&wide, 7);
    for (narrow, wide) in narrow.points.iter().zip(&wide.points) {
        assert!(
            wide.lower < narrow.lower && narrow.upper < wide.upper,
            "{narrow:?} {wide:?}"
        );
    }
}

#[test]
fn what_is_no_count_is_not_forecast() {
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e16] {
        let mut counts = counts(day, 100, 1);
        counts[50] = odd;
        assert_eq!(forecast(&counts, Interval::Day, 7, 0.9), None, "{odd}");
    }
}

#[test]
fn no_work_is_done_for_what_is_older() {
    let counts = counts(hour, MAX_HISTORY + 100, 1);
    let all = forecast(&counts, Interval::Hour, 24, 0.9);
    assert!(all.is_some());
    assert_eq!(all, forecast(&counts[100..], Interval::Hour, 24, 0.9));
}

#[test]
fn odd_histories_have_sane_forecasts() {
    let spike_at = |place: usize, base: f64| {
        let mut counts = vec![base; 100];
        counts[place] = 10_000.0;
        counts
    };
    let working_days: Vec<f64> = (0..140).map(|day| if day % 7 < 5 { 50.0 } else { 0.0 }).collect();
    for (history, expected) in [
        (spike_at(0, 0.0), 0.0..100.0),
        (spike_at(50, 1.0), 0.0..10.0),
        (spike_at(99, 1.0), 0.0..1e7),
        // Down to nothing, and up from it.
        ((0..60_u8).rev().map(f64::from).collect(), 0.0..20.0),
        ((0..60_u8).map(f64::from).collect(), 20.0..1e4),
        ((0..40_i32).map(|day| 2.0_f64.powi(day)).collect(), 1e11..1e14),
        (working_days, 0.0..51.0),
        ((0..100_u8).map(|day| f64::from(day % 2)).collect(), 0.0..2.0),
        (vec![1e15; 99].into_iter().chain([1e14]).collect(), 1.0..1e18),
    ] {
        for horizon in [1, 30, MAX_HORIZON] {
            let history: &[f64] = &history;
            let found = forecast(history, Interval::Day, horizon, 0.9).unwrap();
            check(&found, horizon);
            let all_expected = values(&found).iter().all(|value| expected.contains(value));
            assert!(all_expected, "{history:?}: {found:?}");
        }
    }
}

#[test]
fn weekends_without_use_stay_without() {
    let history: Vec<f64> = (0..140).map(|day| if day % 7 < 5 { 50.0 } else { 0.0 }).collect();
    let found = forecast(&history, Interval::Day, 14, 0.9).unwrap();
    for (day, value) in values(&found).into_iter().enumerate() {
        let expected = if day % 7 < 5 { 50.0 } else { 0.0 };
        assert!((value - expected).abs() < 1.0, "{day}: {found:?}");
    }
}

#[test]
fn whatever_happened_a_forecast_is_in_order() {
    let mut random = Random(7);
    for length in (MIN_HISTORY..120).step_by(7) {
        for size in [0.1, 3.0, 1e3, 1e12] {
            let history: Vec<f64> = (0..length).map(|_| (random.unit().powi(8) * size).round()).collect();
            for interval in [Interval::Hour, Interval::Day, Interval::Week] {
                if let Some(found) = forecast(&history, interval, 30, 0.95) {
                    check(&found, 30);
                }
            }
        }
    }
}

#[test]
fn every_method_forecasts() {
    let counts = counts(day, 112, 1);
    let (history, happened) = counts.split_at(98);
    for scale in [Scale::Count, Scale::SquareRoot, Scale::Log1p] {
        for center in [Center::Median, Center::Mean] {
            let found = forecast_by(Method { scale, center }, history, Interval::Day, 14, 0.9).unwrap();
            check(&found, 14);
            let error = smape(&values(&found), happened);
            assert!(error < 0.2, "{scale:?} {center:?}: {error}");
        }
    }
}
