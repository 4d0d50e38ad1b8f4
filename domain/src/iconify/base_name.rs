//! The name an icon shares with its variants: `home` of `home-outline` and `home-fill`.
//!
//! A set that publishes its themes is taken at its word: the longest suffix of a name that is a theme goes, then the
//! longest prefix. For the others, a few words that say how an icon is drawn go one by one from the end, while the
//! set has the name without the word, or with another such word in its place. Nothing is stripped to empty.

use foldhash::HashSet;

use super::metadata::Themes;

/// Words that mean a way of drawing wherever public sets use them.
const PLAIN_WORDS: [&str; 8] = [
    "outline", "outlined", "filled", "fill", "solid", "duotone", "twotone", "two-tone",
];

/// Words that mean a way of drawing in some sets and a thing in others: `heart-broken`, `ceiling-light`, `letter-o`.
/// Skin tones and colour schemes are variants as well. Not here, since they are things in every set seen: `off`, `alt`,
/// `circle`, `square`, `color`, `flat`.
const DOUBTFUL_WORDS: [&str; 14] = [
    "line", "linear", "bold", "light", "dark", "medium", "thin", "regular", "broken", "sharp", "round", "rounded", "o",
    "f",
];

/// A doubtful word counts in a set where this many names pair up under it, and one in a hundred of all its names.
/// Public sets that use one as a theme stay above 1 %, the others below 0.9 %.
const LEAST_PAIRS: usize = 4;

/// What each of a set's `keys`, all of which are given, shares with its variants, in their order. `prefixes` and `suffixes` are
/// the themes that the set publishes, and their titles.
pub(crate) fn base_names<'k>(
    prefixes: Vec<(String, String)>,
    suffixes: Vec<(String, String)>,
    keys: &[&'k str],
) -> Vec<&'k str> {
    let themes = Themes { prefixes, suffixes };
    let known: HashSet<&str> = keys.iter().copied().collect();
    let exists = |key: &str| known.contains(key);
    let base_names = BaseNames::new(&themes, keys, &exists);
    keys.iter().map(|key| base_names.of(key)).collect()
}

/// How names of one set are shortened.
pub(super) enum BaseNames<'a> {
    Published {
        prefixes: Vec<&'a str>,
        suffixes: Vec<&'a str>,
    },
    Guessed {
        words: Vec<&'static str>,
        exists: &'a dyn Fn(&str) -> bool,
    },
}

impl<'a> BaseNames<'a> {
    /// The rule for a set with these `names`, each of which `exists`.
    pub(super) fn new(themes: &'a Themes, names: &[&str], exists: &'a dyn Fn(&str) -> bool) -> Self {
        if themes.is_empty() {
            return Self::Guessed {
                words: words(names, exists),
                exists,
            };
        }
        Self::Published {
            prefixes: longest_first(&themes.prefixes),
            suffixes: longest_first(&themes.suffixes),
        }
    }

    /// `name` without its theme.
    pub(super) fn of<'n>(&self, name: &'n str) -> &'n str {
        match self {
            Self::Published { prefixes, suffixes } => {
                let name = suffixes
                    .iter()
                    .find_map(|suffix| without_suffix(name, suffix))
                    .unwrap_or(name);
                prefixes
                    .iter()
                    .find_map(|prefix| without_prefix(name, prefix))
                    .unwrap_or(name)
            }
            Self::Guessed { words, exists } => {
                let mut base = name;
                while let Some(shorter) = words.iter().find_map(|word| guess(base, word, words, exists)) {
                    base = shorter;
                }
                base
            }
        }
    }
}

fn longest_first(themes: &[(String, String)]) -> Vec<&str> {
    let mut keys: Vec<&str> = themes
        .iter()
        .map(|(key, _)| key.as_str())
        .filter(|key| !key.is_empty())
        .collect();
    keys.sort_by_key(|key| std::cmp::Reverse(key.len()));
    keys
}

fn without_suffix<'n>(name: &'n str, suffix: &str) -> Option<&'n str> {
    name.strip_suffix(suffix)?
        .strip_suffix('-')
        .filter(|base| !base.is_empty())
}

fn without_prefix<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    name.strip_prefix(prefix)?
        .strip_prefix('-')
        .filter(|base| !base.is_empty())
}

/// `name` without `word`, if the set has it or a sibling of it.
fn guess<'n>(name: &'n str, word: &str, words: &[&str], exists: &dyn Fn(&str) -> bool) -> Option<&'n str> {
    let base = without_suffix(name, word)?;
    let has_sibling = || {
        words
            .iter()
            .any(|other| *other != word && exists(&format!("{base}-{other}")))
    };
    (exists(base) || has_sibling()).then_some(base)
}

/// The words that mean a way of drawing in a set of these `names`.
fn words(names: &[&str], exists: &dyn Fn(&str) -> bool) -> Vec<&'static str> {
    let all: Vec<&'static str> = PLAIN_WORDS.into_iter().chain(DOUBTFUL_WORDS).collect();
    let counts = |word: &&str| {
        let pairs = names
            .iter()
            .filter(|name| guess(name, word, &all, exists).is_some())
            .count();
        pairs >= LEAST_PAIRS && pairs * 100 >= names.len()
    };
    PLAIN_WORDS
        .into_iter()
        .chain(DOUBTFUL_WORDS.into_iter().filter(counts))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{BaseNames, Themes};

    fn check(themes: &Themes, names: &[&str], cases: &[(&str, &str)]) {
        let exists = |name: &str| names.contains(&name);
        let base_names = BaseNames::new(themes, names, &exists);
        for (name, expected) in cases {
            assert_eq!(base_names.of(name), *expected, "{name}");
        }
    }

    fn themes(prefixes: &[&str], suffixes: &[&str]) -> Themes {
        let titled = |keys: &[&str]| keys.iter().map(|key| ((*key).to_owned(), "Title".to_owned())).collect();
        Themes {
            prefixes: titled(prefixes),
            suffixes: titled(suffixes),
        }
    }

    #[test]
    fn published_suffixes_go_longest_first() {
        check(
            &themes(&[], &["", "rounded", "outline", "outline-rounded", "20-solid"]),
            &[],
            &[
                ("home", "home"),
                ("home-outline", "home"),
                ("home-rounded", "home"),
                ("home-outline-rounded", "home"),
                ("home-20-solid", "home"),
                ("home-solid", "home-solid"),
                ("outline", "outline"),
                ("homeoutline", "homeoutline"),
            ],
        );
    }

    #[test]
    fn published_prefixes_go_too() {
        check(
            &themes(&["baseline", "base"], &["2"]),
            &[],
            &[
                ("baseline-home", "home"),
                ("base-line", "line"),
                ("baseline-home-2", "home"),
                ("baseline", "baseline"),
            ],
        );
    }

    #[test]
    fn a_set_with_only_the_empty_suffix_strips_nothing() {
        check(
            &themes(&[], &[""]),
            &["home", "home-outline"],
            &[("home-outline", "home-outline")],
        );
    }

    #[test]
    fn plain_words_go_where_the_set_has_the_rest_or_a_sibling() {
        let names = [
            "home",
            "home-outline",
            "bell-solid",
            "bell-filled",
            "lone-outline",
            "wifi-off",
            "wifi",
            "wifi-off-fill",
        ];
        check(
            &Themes::default(),
            &names,
            &[
                ("home", "home"),
                ("home-outline", "home"),
                ("bell-solid", "bell"),
                ("bell-filled", "bell"),
                ("lone-outline", "lone-outline"),
                ("wifi-off", "wifi-off"),
                ("wifi-off-fill", "wifi-off"),
            ],
        );
    }

    #[test]
    fn doubtful_words_need_company() {
        let three = ["a", "a-line", "b", "b-line", "c", "c-line"];
        check(&Themes::default(), &three, &[("a-line", "a-line")]);
        let four = ["a", "a-line", "b", "b-line", "c", "c-line", "d", "d-line"];
        check(&Themes::default(), &four, &[("a-line", "a")]);
        let crowd: Vec<String> = (0..393).map(|index| format!("icon-{index}")).collect();
        let mut rare: Vec<&str> = crowd.iter().map(String::as_str).chain(four).collect();
        check(&Themes::default(), &rare, &[("a-line", "a-line")]);
        rare.truncate(392);
        rare.extend(four);
        check(&Themes::default(), &rare, &[("a-line", "a")]);
    }

    #[test]
    fn words_go_one_by_one() {
        let names = [
            "a",
            "a-duotone",
            "a-duotone-line",
            "b",
            "b-line",
            "c",
            "c-line",
            "d",
            "d-line",
        ];
        check(&Themes::default(), &names, &[("a-duotone-line", "a")]);
    }
}
