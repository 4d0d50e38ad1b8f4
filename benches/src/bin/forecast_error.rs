//! How wrong forecasts are of made-up usage, beside the least that anybody could be who knew what is expected, and beside the season before.
//!
//!     forecast-error [SEEDS [all]]
//!
//! What is expected of each hour follows from the rules of `iconql demo-usage`. What happens is drawn from it: sessions by Poisson's law, each
//! with the events of a session. The newest part is held out and forecast from the rest. Errors are sMAPE, from 0 to 2, and their means over
//! SEEDS. With `all`, those of the methods that were not chosen too. Ends with status 1 where the chosen one misses a limit.

use std::process::ExitCode;

use benches::SetupError;
use domain::analytics::{Center, Interval, MAX_HISTORY, Method, Scale, forecast_by, smape};

const CONFIDENCE: f64 = 0.9;
/// Most by which a forecast may be more wrong than who knows what is expected.
const MOST_OVER_FLOOR: f64 = 1.1;

/// As `domain/src/usage/demo` has it. Monday first.
const WEEK: [f64; 7] = [1.0, 1.06, 1.08, 1.04, 0.92, 0.42, 0.38];
const GROWTH_PER_DAY: f64 = 0.004;
const SESSION_EVENTS_MEAN: f64 = 6.0;
const NIGHT: f64 = 0.92;
/// The share of a country, and by how many hours its day is ahead.
const COUNTRIES: [(f64, usize); 12] = [
    (0.24, 18),
    (0.14, 5),
    (0.13, 8),
    (0.09, 1),
    (0.08, 21),
    (0.07, 0),
    (0.06, 1),
    (0.06, 9),
    (0.04, 1),
    (0.03, 1),
    (0.03, 19),
    (0.03, 10),
];

/// What is made up.
#[derive(Debug, Clone, Copy)]
struct Demo {
    days: usize,
    events_per_day: f64,
    /// The share of all events that are counted: 1 for everything, less for an icon.
    share: f64,
}

/// What is asked of the forecast.
#[derive(Debug, Clone, Copy)]
struct Ask {
    interval: Interval,
    horizon: usize,
}

/// Errors of the same held-out intervals.
#[derive(Debug, Clone, Copy, Default)]
struct Errors {
    /// Of what is expected, against what happened: the noise floor.
    floor: f64,
    ours: f64,
    /// Of the last season, said again.
    naive: f64,
    /// The share of the held-out intervals that are within the prediction interval.
    covered: f64,
}

/// Sessions that are expected in each hour, the first hour of a Monday first; the last hour is that before now.
fn expected_sessions(demo: Demo) -> Vec<f64> {
    let sessions_per_hour = demo.events_per_day / SESSION_EVENTS_MEAN / 24.0;
    let hour = |hour: usize| {
        let (day, clock) = (hour / 24, hour % 24);
        let growth = 1.0 - GROWTH_PER_DAY * as_float(demo.days - day);
        let awake = COUNTRIES.iter().map(|(share, ahead)| {
            // Most at two in the afternoon.
            let angle = (as_float((clock + ahead) % 24) - 14.0) / 24.0 * std::f64::consts::TAU;
            share * (1.0 + NIGHT * angle.cos())
        });
        sessions_per_hour * WEEK[day % 7] * growth.max(0.1) * awake.sum::<f64>()
    };
    (0..demo.days * 24).map(hour).collect()
}

/// What happens where so many sessions are expected of each hour: counts of events.
fn happened(sessions: &[f64], demo: Demo, random: &mut fastrand::Rng) -> Vec<f64> {
    let events_of = |random: &mut fastrand::Rng| {
        let events = random.usize(2..=10);
        if demo.share < 1.0 {
            (0..events).filter(|_| random.f64() < demo.share).count()
        } else {
            events
        }
    };
    let hour = |expected: &f64| {
        let count = poisson(random, *expected);
        as_float((0..count).map(|_| events_of(random)).sum())
    };
    sessions.iter().map(hour).collect()
}

/// A number by Poisson's law: exact, in parts of which each is small enough for Knuth's way.
fn poisson(random: &mut fastrand::Rng, expected: f64) -> usize {
    const PART: f64 = 30.0;
    let (mut count, mut rest) = (0, expected);
    while rest > 0.0 {
        let limit = (-rest.min(PART)).exp();
        let mut product = random.f64();
        while product > limit {
            count += 1;
            product *= random.f64();
        }
        rest -= PART;
    }
    count
}

/// Hours put together to intervals; those that are not whole are left out, the oldest ones.
fn intervals(hours: &[f64], interval: Interval) -> Vec<f64> {
    let length = match interval {
        Interval::Minute | Interval::Hour => 1,
        Interval::Day => 24,
        Interval::Week => 168,
    };
    let sums = hours.rchunks_exact(length).map(|hours| hours.iter().sum::<f64>());
    let mut sums: Vec<f64> = sums.collect();
    sums.reverse();
    sums
}

/// The season that the naive forecast says again.
fn season(interval: Interval) -> usize {
    match interval {
        Interval::Minute | Interval::Hour => 168,
        Interval::Day => 7,
        Interval::Week => 1,
    }
}

/// The errors of one seed. None where the forecast says nothing.
fn errors(demo: Demo, ask: Ask, method: Method, seed: u64) -> Option<Errors> {
    let mut random = fastrand::Rng::with_seed(seed);
    let sessions = expected_sessions(demo);
    let truth: Vec<f64> = intervals(&sessions, ask.interval)
        .iter()
        .map(|sessions| sessions * SESSION_EVENTS_MEAN * demo.share)
        .collect();
    let counts = intervals(&happened(&sessions, demo, &mut random), ask.interval);
    let known = counts.len().checked_sub(ask.horizon)?;
    let (history, held_out) = counts.split_at(known);
    let found = forecast_by(method, history, ask.interval, ask.horizon, CONFIDENCE)?;
    let ours: Vec<f64> = found.points.iter().map(|point| point.value).collect();
    let last = &history[known.checked_sub(season(ask.interval))?..];
    let naive: Vec<f64> = last.iter().copied().cycle().take(ask.horizon).collect();
    let within = found.points.iter().zip(held_out);
    let within = within.filter(|(point, count)| (point.lower..=point.upper).contains(*count));
    Some(Errors {
        floor: smape(&truth[known..], held_out),
        ours: smape(&ours, held_out),
        naive: smape(&naive, held_out),
        covered: as_float(within.count()) / as_float(ask.horizon),
    })
}

/// The means over seeds from 1 on.
fn mean(demo: Demo, ask: Ask, method: Method, seeds: u64) -> Option<Errors> {
    let mut sum = Errors::default();
    for seed in 1..=seeds {
        let errors = errors(demo, ask, method, seed)?;
        sum.floor += errors.floor;
        sum.ours += errors.ours;
        sum.naive += errors.naive;
        sum.covered += errors.covered;
    }
    let share = 1.0 / f64::from(u32::try_from(seeds).ok()?);
    Some(Errors {
        floor: sum.floor * share,
        ours: sum.ours * share,
        naive: sum.naive * share,
        covered: sum.covered * share,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of events and of intervals are far below 2^52"
)]
fn as_float(number: usize) -> f64 {
    number as f64
}

/// Series long enough for the seasons that are looked for: a year of days, or as many hours as are looked at.
fn days(ask: Ask) -> usize {
    match ask.interval {
        Interval::Minute | Interval::Hour => (MAX_HISTORY + ask.horizon).div_ceil(24),
        Interval::Day | Interval::Week => 365 + ask.horizon,
    }
}

/// The chosen one, or all that there are.
fn methods(are_all: bool) -> Vec<Method> {
    if !are_all {
        return vec![Method::CHOSEN];
    }
    let scales = [Scale::Log1p, Scale::SquareRoot, Scale::Count];
    let of_scale = |scale| [Center::Mean, Center::Median].map(|center| Method { scale, center });
    scales.into_iter().flat_map(of_scale).collect()
}

/// A row of the table, and whether it meets the limits.
fn row(demo: Demo, ask: Ask, method: Method, seeds: u64) -> Result<(String, bool), SetupError> {
    let errors = mean(demo, ask, method, seeds).ok_or("there was no forecast")?;
    let is_met = errors.ours <= MOST_OVER_FLOOR * errors.floor && errors.ours < errors.naive;
    let row = format!(
        "| {} of {:?} | {} | {:?}, {:?} | {:.4} = {:.2} × | {:.4} | {:.4} | {:.0} % | {} |",
        ask.horizon,
        ask.interval,
        demo.events_per_day * demo.share,
        method.scale,
        method.center,
        errors.ours,
        errors.ours / errors.floor,
        errors.floor,
        errors.naive,
        errors.covered * 100.0,
        if is_met { "met" } else { "**missed**" }
    );
    Ok((row, is_met))
}

#[expect(clippy::print_stdout, reason = "its result")]
fn main() -> Result<ExitCode, SetupError> {
    let mut arguments = std::env::args().skip(1);
    let seeds: u64 = arguments.next().map_or(Ok(20), |text| text.parse())?;
    let methods = methods(arguments.next().as_deref() == Some("all"));
    let asks = [
        (Interval::Day, 7),
        (Interval::Day, 30),
        (Interval::Hour, 24),
        (Interval::Hour, 168),
    ];
    // Of everything, and of icons: the hundredth part of all events is a very popular one's.
    let sizes = [(2_000.0, 1.0), (20_000.0, 1.0), (20_000.0, 0.01)];
    println!(
        "| forecast | events a day | on, by | sMAPE | of who knows the expectation | of the season before | within the 90 % interval | |"
    );
    println!("| --- | ---: | --- | ---: | ---: | ---: | ---: | --- |");
    let mut are_met = true;
    for (interval, horizon) in asks {
        let ask = Ask { interval, horizon };
        for (events_per_day, share) in sizes {
            let demo = Demo {
                days: days(ask),
                events_per_day,
                share,
            };
            for method in &methods {
                let (row, is_met) = row(demo, ask, *method, seeds)?;
                println!("{row}");
                are_met &= is_met || *method != Method::CHOSEN;
            }
        }
    }
    Ok(ExitCode::from(u8::from(!are_met)))
}
