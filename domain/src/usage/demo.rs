//! Lifelike usage, made up: for dashboards, forecasts and tests to have something true to find.
//!
//! People come in sessions, by the hour of their day and the day of the week, a little more of them each day. Each has a country, a
//! device and a program, and takes icons of one set and one theme, the popular ones most often. Now and then an icon is launched: it
//! is taken far more than before, and less each day from then on. All of it follows from a seed.

mod icons;
mod people;
mod seasons;

use super::{
    event::UsageKind,
    occurrence::{Event, Occurrence},
    store::EventStore,
    target::Target,
};
use crate::database::{Database, DatabaseError};
use icons::Stock;
use people::People;
use seasons::Seasons;

/// Events written by one transaction.
const EVENTS_AT_ONCE: usize = 5_000;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How much usage to make up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoConfig {
    /// Days up to now.
    pub days: u32,
    /// Events of a usual working day, about.
    pub events_per_day: u32,
    /// What everything follows from, with the icons that there are.
    pub seed: u64,
}

/// Why no usage was made up.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("there are no icons yet: import some with `iconql import PATH`")]
    NoIcons,
    #[error("there is usage already, which made-up usage would be mixed with: use another database, or say --add")]
    Used,
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Makes usage up until `now_ms`, and calls `progress` with the events so far. How many there are in the end.
pub async fn make_up(
    database: &Database,
    config: DemoConfig,
    (now_ms, may_add): (i64, bool),
    mut progress: impl FnMut(u64),
) -> Result<u64, DemoError> {
    if !may_add && is_used(database).await? {
        return Err(DemoError::Used);
    }
    let stock = Stock::read(database, config.seed).await?.ok_or(DemoError::NoIcons)?;
    let mut demo = Demo {
        random: fastrand::Rng::with_seed(config.seed),
        people: People::new(config.seed, config.events_per_day),
        seasons: Seasons::new(config),
        stock,
    };
    let mut store = EventStore::new(database.clone());
    let (mut events, mut written) = (Vec::new(), 0);
    let first_ms = now_ms - i64::from(config.days) * DAY_MS;
    for hour in 0..i64::from(config.days) * 24 {
        demo.hour(first_ms + hour * HOUR_MS, hour / 24, &mut events);
        if events.len() >= EVENTS_AT_ONCE {
            written += write(&mut store, &mut events, now_ms).await?;
            progress(written);
        }
    }
    written += write(&mut store, &mut events, now_ms).await?;
    progress(written);
    Ok(written)
}

async fn is_used(database: &Database) -> Result<bool, DatabaseError> {
    let rows = database
        .query("any_usage", "SELECT 1 FROM usage_event LIMIT 1", vec![])
        .await?;
    Ok(!rows.is_empty())
}

async fn write(store: &mut EventStore, events: &mut Vec<Event>, now_ms: i64) -> Result<u64, DatabaseError> {
    for events in events.chunks(EVENTS_AT_ONCE) {
        store.record(events, now_ms).await?;
    }
    let count = events.len() as u64;
    events.clear();
    Ok(count)
}

struct Demo {
    random: fastrand::Rng,
    people: People,
    seasons: Seasons,
    stock: Stock,
}

impl Demo {
    /// The sessions that begin in an hour.
    fn hour(&mut self, begin_ms: i64, day: i64, events: &mut Vec<Event>) {
        for country in 0..People::countries() {
            let expected = self.seasons.sessions(begin_ms, day) * People::share(country, begin_ms);
            for _ in 0..poisson(&mut self.random, expected) {
                let at_ms = begin_ms + i64::from(self.random.u32(0..3_600_000));
                self.session(country, (at_ms, day), events);
            }
        }
    }

    fn session(&mut self, country: usize, (at_ms, day): (i64, i64), events: &mut Vec<Event>) {
        let person = self.people.one_of(country, &mut self.random);
        // The lowest bit is set in every hash.
        let session = self.random.i64(..) | 1;
        let size = seasons::SESSION_EVENTS_MEAN * (0.25 + 1.5 * self.random.f64());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is small and no less than 0"
        )]
        let size = size.round() as usize;
        let taken = self.stock.session(&mut self.random, size.max(1), day);
        for (place, name) in taken.into_iter().enumerate() {
            // Some seconds for each.
            let occurred_ms = at_ms + i64::try_from(place).unwrap_or_default() * 7_000;
            events.push(Event {
                id: None,
                occurrence: Occurrence {
                    icon: Target::icon(&name),
                    set: Target::set(name.prefix()),
                    occurred_ms,
                    kind: self.kind(),
                    device: Some(person.device),
                    country: Some(person.country),
                    client: Some(person.client.into()),
                    user: Some(person.hash),
                    session: Some(session),
                },
                name,
            });
        }
    }

    fn kind(&mut self) -> UsageKind {
        match self.random.u8(0..20) {
            0..=11 => UsageKind::Render,
            12..=14 => UsageKind::View,
            15..=16 => UsageKind::Copy,
            17 => UsageKind::Download,
            _ => UsageKind::SearchPick,
        }
    }
}

/// How often something happens that happens `expected` times on average: by Knuth's way where it is seldom, and nearly where it is often.
fn poisson(random: &mut fastrand::Rng, expected: f64) -> u64 {
    const OFTEN: f64 = 50.0;
    if expected > OFTEN {
        // Box and Muller's normal number.
        let (radius, angle) = (
            (-2.0 * (1.0 - random.f64()).ln()).sqrt(),
            random.f64() * std::f64::consts::TAU,
        );
        let drawn = expected + expected.sqrt() * radius * angle.cos();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is small and no less than 0"
        )]
        return drawn.round().max(0.0) as u64;
    }
    let limit = (-expected).exp();
    let (mut count, mut product) = (0, random.f64());
    while product > limit {
        count += 1;
        product *= random.f64();
    }
    count
}

#[cfg(test)]
mod tests {
    use super::poisson;

    #[test]
    fn what_is_drawn_has_the_mean_and_the_spread_that_it_should() {
        let mut random = fastrand::Rng::with_seed(1);
        for expected in [0.0, 0.3, 4.0, 49.0, 51.0, 2_000.0] {
            let drawn = (0..20_000).map(|_| u32::try_from(poisson(&mut random, expected)).unwrap());
            let drawn: Vec<f64> = drawn.map(f64::from).collect();
            let mean = drawn.iter().sum::<f64>() / 20_000.0;
            let variance = drawn.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 20_000.0;
            assert!((mean - expected).abs() < 0.05 * expected.max(0.2), "{expected}: {mean}");
            assert!(
                (variance - expected).abs() < 0.1 * expected.max(0.2),
                "{expected}: {variance}"
            );
        }
    }
}
