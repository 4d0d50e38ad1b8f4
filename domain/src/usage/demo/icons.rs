use std::collections::HashMap;

use crate::{
    catalog::IconName,
    database::{Columns, Database, DatabaseError},
};

/// Icons that are ever taken, at most.
const MOST: usize = 20_000;

/// What people do with icons is one of so many things, each of which has icons that go together.
const THEMES: u64 = 60;

/// How often an icon of the session's theme is taken, of its set where one is soon found.
const OF_THEME: f64 = 0.55;

/// How often it is looked for one of its set.
const LOOKS: usize = 8;

/// One icon is launched in so many days.
const DAYS_OF_LAUNCH: i64 = 9;

/// An icon that is launched is taken in so many of all sessions, half as many each so many days.
const LAUNCH_SHARE: f64 = 0.08;
const LAUNCH_HALF_LIFE_DAYS: f64 = 4.0;

/// The icons that people take, the most popular first.
pub(super) struct Stock {
    names: Vec<IconName>,
    /// Places in `names`, ascending.
    of_theme: HashMap<u64, Vec<usize>>,
    seed: u64,
}

impl Stock {
    /// Of all icons that are listed, those which `seed` makes popular: more likely those with names that many sets have. None where there
    /// are no icons.
    pub(super) async fn read(database: &Database, seed: u64) -> Result<Option<Self>, DatabaseError> {
        let sql = "SELECT name FROM icon WHERE listed";
        let rows = database.query("demo_icons", sql, vec![]).await?;
        let name = |row| Ok(Columns::of(row)?.next::<&str>()?.parse().ok());
        let names: Result<Vec<Option<IconName>>, DatabaseError> = rows.iter().map(name).collect();
        let names: Vec<IconName> = names?.into_iter().flatten().collect();
        Ok((!names.is_empty()).then(|| Self::of(names, seed)))
    }

    fn of(names: Vec<IconName>, seed: u64) -> Self {
        let mut sets: HashMap<String, u32> = HashMap::new();
        for name in &names {
            *sets.entry(name.key().to_owned()).or_default() += 1;
        }
        let mut scored: Vec<(f64, IconName)> = names
            .into_iter()
            .map(|name| {
                // Gumbel's noise: what is drawn first is drawn by weight.
                let noise = -(-unit(hash(seed, name.as_str())).ln()).ln();
                (2.0 * f64::from(sets[name.key()]).ln() + noise, name)
            })
            .collect();
        scored.sort_by(|(one, name), (other, other_name)| other.total_cmp(one).then_with(|| name.cmp(other_name)));
        scored.truncate(MOST);
        let names: Vec<IconName> = scored.into_iter().map(|(_, name)| name).collect();
        let mut of_theme: HashMap<u64, Vec<usize>> = HashMap::new();
        for (place, name) in names.iter().enumerate() {
            of_theme.entry(theme(name)).or_default().push(place);
        }
        Self { names, of_theme, seed }
    }

    /// The icons of a session on a day.
    pub(super) fn session(&self, random: &mut fastrand::Rng, size: usize, day: i64) -> Vec<IconName> {
        let first = zipf(random, self.names.len());
        let mut taken = vec![self.names[first].clone()];
        while taken.len() < size {
            let place = if random.f64() < OF_THEME {
                self.fitting(random, &self.names[first])
            } else {
                zipf(random, self.names.len())
            };
            taken.push(self.names[place].clone());
        }
        if let Some(launched) = self.launched(random, day) {
            taken.push(launched);
        }
        taken
    }

    /// An icon that goes with one: of its theme, and more likely than not of its set.
    fn fitting(&self, random: &mut fastrand::Rng, with: &IconName) -> usize {
        let theme = &self.of_theme[&theme(with)];
        let mut drawn = std::iter::repeat_with(|| theme[zipf(random, theme.len())]).take(LOOKS);
        let of_set = drawn.find(|place| self.names[*place].prefix() == with.prefix());
        of_set.unwrap_or_else(|| theme[zipf(random, theme.len())])
    }

    /// The icon that was launched last, if the session is one that takes it.
    fn launched(&self, random: &mut fastrand::Rng, day: i64) -> Option<IconName> {
        let launch = day.div_euclid(DAYS_OF_LAUNCH);
        #[expect(clippy::cast_precision_loss, reason = "days are few")]
        let age_days = day.rem_euclid(DAYS_OF_LAUNCH) as f64;
        let share = LAUNCH_SHARE * (-age_days / LAUNCH_HALF_LIFE_DAYS).exp2();
        (random.f64() < share).then(|| {
            // None of those that everybody takes anyhow.
            let behind = self.names.len() / 2;
            let place = behind
                + usize::try_from(hash(self.seed, &format!("launch {launch}"))).unwrap_or_default()
                    % (self.names.len() - behind);
            self.names[place].clone()
        })
    }
}

/// What icons of one name in different sets are for, is one.
fn theme(name: &IconName) -> u64 {
    let word = name.key().split('-').next().unwrap_or_default();
    hash(0, word) % THEMES
}

/// A place among so many, the first most often.
fn zipf(random: &mut fastrand::Rng, count: usize) -> usize {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 1 to count + 1"
    )]
    let place = ((count + 1) as f64).powf(random.f64()) as usize;
    (place - 1).min(count - 1)
}

fn hash(seed: u64, text: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(text.as_bytes(), seed)
}

/// Between 0 and 1, neither of them.
fn unit(hash: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
    let number = ((hash >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    number
}

#[cfg(test)]
mod tests {
    use super::Stock;
    use crate::catalog::IconName;

    fn stock(seed: u64) -> Stock {
        let name = |number: usize| -> IconName { format!("s{}:icon-{}", number % 7, number / 3).parse().unwrap() };
        let mut names: Vec<IconName> = (0..2_000).map(name).collect();
        names.sort();
        names.dedup();
        Stock::of(names, seed)
    }

    #[test]
    fn all_follows_from_the_seed() {
        let session = |seed| stock(seed).session(&mut fastrand::Rng::with_seed(9), 8, 3);
        assert_eq!(session(1), session(1));
        assert_ne!(session(1), session(2));
    }

    #[test]
    fn what_is_popular_is_taken_most() {
        let (stock, mut random) = (stock(1), fastrand::Rng::with_seed(4));
        let mut counts = std::collections::HashMap::new();
        for _ in 0..5_000 {
            for name in stock.session(&mut random, 5, 1) {
                *counts.entry(name).or_insert(0) += 1;
            }
        }
        let count = |place: usize| counts.get(&stock.names[place]).copied().unwrap_or(0);
        assert!(
            count(0) > 4 * count(20).max(1) && count(20) > count(1_000),
            "{} {} {}",
            count(0),
            count(20),
            count(1_000)
        );
    }

    #[test]
    fn icons_of_one_theme_and_set_come_together() {
        let name = |number: usize| -> IconName { format!("s{}:w{}-x", number % 7, number / 7).parse().unwrap() };
        let stock = Stock::of((0..2_000).map(name).collect(), 1);
        let mut random = fastrand::Rng::with_seed(4);
        let (mut pairs, mut of_theme, mut of_set) = (0, 0, 0);
        for _ in 0..2_000 {
            let taken = stock.session(&mut random, 2, 1);
            let fits = super::theme(&taken[0]) == super::theme(&taken[1]);
            pairs += 1;
            of_theme += u32::from(fits);
            of_set += u32::from(fits && taken[0].prefix() == taken[1].prefix());
        }
        // One of sixty would by chance, and one of seven of these.
        assert!(
            of_theme > pairs / 2 && of_set > of_theme / 2,
            "{pairs} {of_theme} {of_set}"
        );
    }

    #[test]
    fn an_icon_that_is_launched_fades() {
        let (stock, mut random) = (stock(1), fastrand::Rng::with_seed(4));
        let mut taken = |day| {
            (0..20_000)
                .filter(|_| stock.launched(&mut random, day).is_some())
                .count()
        };
        let (first, fourth, next) = (taken(9), taken(13), taken(18));
        assert!(
            first > 3 * fourth / 2 && next > 3 * fourth / 2,
            "{first} {fourth} {next}"
        );
    }
}
