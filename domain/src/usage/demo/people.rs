use super::{
    super::{country::Country, event::Device},
    HOUR_MS,
};

/// Where people are: a country, its share of them, and how many hours its day is ahead.
const COUNTRIES: [(&str, f64, i64); 12] = [
    ("US", 0.24, -6),
    ("IN", 0.14, 5),
    ("CN", 0.13, 8),
    ("DE", 0.09, 1),
    ("BR", 0.08, -3),
    ("GB", 0.07, 0),
    ("FR", 0.06, 1),
    ("JP", 0.06, 9),
    ("NL", 0.04, 1),
    ("PL", 0.03, 1),
    ("CA", 0.03, -5),
    ("AU", 0.03, 10),
];

const CLIENTS: [(&str, f64); 6] = [
    ("web/2.1", 0.46),
    ("web/2.0", 0.18),
    ("figma-plugin/1.4", 0.16),
    ("vscode/0.9", 0.11),
    ("cli/1.0", 0.06),
    ("ci/1.0", 0.03),
];

/// Events of a usual day for each person that there is.
const EVENTS_OF_PERSON: u32 = 4;

/// Somebody.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Person {
    pub(super) country: Country,
    pub(super) device: Device,
    pub(super) client: &'static str,
    /// What stands for their id.
    pub(super) hash: i64,
}

/// Everybody, by country.
pub(super) struct People {
    seed: u64,
    count: u32,
}

impl People {
    pub(super) fn new(seed: u64, events_per_day: u32) -> Self {
        Self {
            seed,
            count: (events_per_day / EVENTS_OF_PERSON).max(20),
        }
    }

    pub(super) fn countries() -> usize {
        COUNTRIES.len()
    }

    /// The share of a usual hour's sessions that are of a country, by its time of the day; over a day, that of its people.
    pub(super) fn share(country: usize, begin_ms: i64) -> f64 {
        let (_, share, ahead) = COUNTRIES[country];
        let hour = (begin_ms.div_euclid(HOUR_MS) + ahead).rem_euclid(24);
        #[expect(clippy::cast_precision_loss, reason = "of 24")]
        let angle = (hour as f64 - 14.0) / 24.0 * std::f64::consts::TAU;
        // Most at two in the afternoon, next to nothing at two in the night.
        share * 0.92f64.mul_add(angle.cos(), 1.0)
    }

    /// One of a country's people, of whom some come far more often than others.
    pub(super) fn one_of(&self, country: usize, random: &mut fastrand::Rng) -> Person {
        let (code, share, _) = COUNTRIES[country];
        let count = (f64::from(self.count) * share).max(1.0);
        // Zipf's law with exponent 1, nearly.
        let place = count.powf(random.f64());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 1 to the number of people"
        )]
        let number = place as u64;
        // Who they are follows from who they are, whenever they come.
        let mut own =
            fastrand::Rng::with_seed(self.seed ^ (number << 8 | country as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let hash = own.i64(..) | 1;
        let client = drawn(&CLIENTS, own.f64());
        Person {
            country: code.parse().expect("it is one"),
            device: device_of(client, own.f64()),
            client,
            hash,
        }
    }
}

fn device_of(client: &str, drawn: f64) -> Device {
    match client.split('/').next() {
        Some("cli" | "ci") => Device::Server,
        Some("web") if drawn < 0.28 => Device::Mobile,
        Some("web") if drawn < 0.34 => Device::Tablet,
        _ => Device::Desktop,
    }
}

fn drawn(shares: &[(&'static str, f64)], mut number: f64) -> &'static str {
    for (name, share) in shares {
        number -= share;
        if number < 0.0 {
            return name;
        }
    }
    shares[0].0
}

#[cfg(test)]
mod tests {
    use super::{COUNTRIES, HOUR_MS, People};

    #[test]
    fn over_a_day_each_country_has_its_share() {
        assert!((COUNTRIES.iter().map(|(_, share, _)| share).sum::<f64>() - 1.0).abs() < 1e-9);
        for (country, (code, share, _)) in COUNTRIES.iter().enumerate() {
            let day: f64 = (0..24).map(|hour| People::share(country, hour * HOUR_MS)).sum();
            assert!((day / 24.0 - share).abs() < 1e-9, "{code}");
        }
    }

    #[test]
    fn people_stay_who_they_are() {
        let people = People::new(1, 10_000);
        let mut random = fastrand::Rng::with_seed(2);
        let mut known = std::collections::HashMap::new();
        for _ in 0..2_000 {
            let person = people.one_of(3, &mut random);
            assert_eq!(*known.entry(person.hash).or_insert(person), person);
        }
        assert!(known.len() > 100);
    }
}
