//! The keys of one set, as they are compared with one that it lacks.

use foldhash::{HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_64;

use super::spelling;
use crate::search::{snapshot::Snapshot, text};

/// The keys of a set's visible icons, and what finds them without a look at each: about 60 bytes an icon.
pub(crate) struct Keys {
    /// In the order of their ranks.
    texts: Vec<Box<str>>,
    /// By key: which letters it has.
    letters: Vec<u64>,
    /// The hash of a word's stem, and a key that has the word; ascending.
    words: Vec<(u32, u32)>,
}

/// Words of a missing key that are looked up.
const MOST_WORDS: usize = 12;

/// Keys that share words with a missing one and are compared with it. Rare words have far fewer, and what shares none but the
/// words of half a set is hardly meant.
const MOST_COMPARED: usize = 1_000;

/// How much two keys have in common, up to 1. More than this, and one may be meant by the other: half of their words are not enough.
const LEAST_LIKENESS: f32 = 0.5;
/// What the same words in another order take from it.
const OTHER_ORDER: f32 = 0.05;

impl Keys {
    /// Reads the keys of the set.
    pub(crate) fn read(snapshot: &Snapshot, prefix: &str) -> Self {
        let mut ranked = Vec::new();
        for segment in &snapshot.segments {
            let icons = &*segment.documents(snapshot.fields.prefix, prefix) & &*segment.visible;
            let mut docs: Vec<u32> = icons.iter().collect();
            // In the order in which their names are read.
            docs.sort_unstable_by_key(|doc| segment.name_place(*doc));
            let ranks = docs.iter().map(|doc| (segment.rank(*doc), segment.id(*doc)));
            ranked.extend(ranks.zip(segment.names_of(&docs)));
        }
        ranked.sort_unstable();
        let key = |name: &str| name.split_once(':').map_or(name, |(_, key)| key).into();
        Self::new(ranked.iter().map(|(_, name)| key(name)).collect())
    }

    fn new(texts: Vec<Box<str>>) -> Self {
        let mut words: Vec<(u32, u32)> = (0..)
            .zip(&texts)
            .flat_map(|(place, key)| stems(key).map(move |stem| (hash(stem), place)))
            .collect();
        words.sort_unstable();
        words.dedup();
        Self {
            letters: texts.iter().map(|key| spelling::letters(key)).collect(),
            words,
            texts,
        }
    }

    /// Whether an icon of the set has this key.
    pub(crate) fn contains(&self, key: &str) -> bool {
        let Some(first) = stems(key).next() else {
            return false;
        };
        self.with_word(hash(first))
            .iter()
            .any(|(_, place)| &*self.texts[*place as usize] == key)
    }

    /// At most `most` keys that are like `key`, the likest first; of as much likeness those that rank better.
    pub(crate) fn closest(&self, key: &str, most: usize) -> Vec<String> {
        let mut likeness: HashMap<usize, f32> = self.with_words_of(key);
        for (place, spelt) in self.spelt_like(key) {
            let known = likeness.entry(place).or_default();
            *known = known.max(spelt);
        }
        let mut closest: Vec<(usize, f32)> = likeness
            .into_iter()
            .filter(|(_, like)| *like > LEAST_LIKENESS)
            .collect();
        closest.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        closest.truncate(most);
        closest
            .into_iter()
            .map(|(place, _)| self.texts[place].to_string())
            .collect()
    }

    /// The keys that share words with `key`: of all words of both, the share that both have.
    #[expect(clippy::cast_precision_loss, reason = "a key has at most 64 words")]
    fn with_words_of(&self, key: &str) -> HashMap<usize, f32> {
        let wanted: Vec<&str> = stems(key).take(MOST_WORDS).collect();
        let distinct: HashSet<u32> = wanted.iter().map(|stem| hash(stem)).collect();
        let mut having: Vec<&[(u32, u32)]> = distinct.iter().map(|word| self.with_word(*word)).collect();
        having.sort_unstable_by_key(|places| (places.len(), places.first()));
        let places = having.into_iter().flatten().map(|(_, place)| *place as usize);
        let compared: HashSet<usize> = places.take(MOST_COMPARED).collect();
        let like = |place: usize| {
            let has: Vec<&str> = stems(&self.texts[place]).collect();
            let has_distinct: HashSet<u32> = has.iter().map(|stem| hash(stem)).collect();
            let shared = has_distinct.intersection(&distinct).count();
            let likeness = 2.0 * shared as f32 / (has.len() + wanted.len()) as f32;
            let is_in_order = has.iter().zip(&wanted).all(|(one, other)| one == other);
            (place, if is_in_order { likeness } else { likeness - OTHER_ORDER })
        };
        compared.into_iter().map(like).collect()
    }

    /// The keys that are spelt like `key`: of all letters, the share that is right.
    #[expect(clippy::cast_precision_loss, reason = "a key has at most 128 letters")]
    fn spelt_like(&self, key: &str) -> impl Iterator<Item = (usize, f32)> {
        let (letters, most) = (spelling::letters(key), spelling::most_slips(key.len()));
        let may_be = move |other: &u64| (letters ^ other).count_ones() <= 2 * u32::from(most);
        let candidates = self.letters.iter().enumerate().filter(move |(_, other)| may_be(other));
        candidates.filter_map(move |(place, _)| {
            let other = &self.texts[place];
            let slips = spelling::slips(key.as_bytes(), other.as_bytes(), most)?;
            Some((place, 1.0 - f32::from(slips) / key.len().max(other.len()) as f32))
        })
    }

    /// The keys that have a word, those of better ranks first.
    fn with_word(&self, word: u32) -> &[(u32, u32)] {
        let start = self.words.partition_point(|(other, _)| *other < word);
        let found = &self.words[start..];
        &found[..found.partition_point(|(other, _)| *other == word)]
    }
}

fn stems(key: &str) -> impl Iterator<Item = &str> {
    key.split('-').map(text::stem)
}

/// Words of one hash are taken for one, which costs a worse suggestion once in a billion.
#[expect(clippy::cast_possible_truncation, reason = "half of a hash is a hash")]
fn hash(stem: &str) -> u32 {
    xxh3_64(stem.as_bytes()) as u32
}

#[cfg(test)]
mod tests {
    use super::{Keys, MOST_COMPARED};

    #[test]
    fn what_is_closest_comes_first() {
        let keys = [
            "home",
            "cog",
            "bell",
            "arrow",
            "house-garden",
            "home-outline",
            "arrow-left",
            "arrow-right",
            "arrow-left-box",
            "account-circle",
            "arrow-left-bold-box",
            "account-circle-outline",
        ];
        let keys = Keys::new(keys.into_iter().map(Into::into).collect());
        for (missing, expected) in [
            ("arrow-lef", vec!["arrow-left", "arrow"]),
            (
                "left-arrow",
                vec!["arrow-left", "arrow-left-box", "arrow", "arrow-left-bold-box"],
            ),
            (
                "arrows-left",
                vec!["arrow-left", "arrow-left-box", "arrow", "arrow-left-bold-box"],
            ),
            ("arrowleft", vec!["arrow-left"]),
            ("home-filled", vec!["home"]),
            ("hoem", vec!["home"]),
            ("acount-cirlce", vec!["account-circle"]),
            ("outline-home", vec!["home-outline", "home"]),
            ("bel", vec!["bell"]),
            ("zebra", vec![]),
            ("-", vec![]),
        ] {
            assert_eq!(keys.closest(missing, 4), expected, "{missing}");
        }
        // However many have the other word, and rank better.
        let common = (0..MOST_COMPARED + 500).map(|number| format!("a{number}-outline").into());
        let rare = ["home-outline-box".into(), "outline".into()];
        let many = Keys::new(common.chain(rare).collect());
        assert_eq!(many.closest("home-outline", 2), ["home-outline-box"]);
        assert_eq!(keys.closest("arrow-left-bold", 1).len(), 1);
        assert!(keys.contains("arrow-left") && !keys.contains("arrow-up") && !keys.contains("left-arrow"));
    }
}
