//! Groups of words that administrators say mean the same: what may be one, and which are the same group.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64;

use crate::search::text;

/// Groups in all.
pub const MAX_SYNONYM_GROUPS: usize = 1000;
/// Words of a group: each stands for all the others.
pub const MAX_GROUP_WORDS: usize = 50;
/// Characters of one of them.
pub const MAX_GROUP_WORD_CHARACTERS: usize = 64;
/// Words of one that is a phrase. Longer ones are sentences, which nobody looks for.
pub const MAX_GROUP_PHRASE_WORDS: usize = 4;

/// Words and short phrases that mean the same, folded as queries are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SynonymGroup {
    /// By what they are looked up by: singular and plural are one word.
    words: BTreeMap<String, String>,
}

/// Why words are no group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupFault {
    #[error("a group needs two words that differ by more than case, accents or plural, and this has {distinct}")]
    TooFewWords { distinct: usize },
    #[error("a group has at most {MAX_GROUP_WORDS} words, and this has {words}")]
    TooManyWords { words: usize },
    #[error("{fault}")]
    Word { place: usize, fault: WordFault },
}

/// Why a text cannot be a word of a group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordFault {
    #[error("a word needs a letter or a digit, for nothing else can be searched")]
    Unsearchable,
    #[error("a word has at most {MAX_GROUP_WORD_CHARACTERS} characters, and this has {characters}")]
    TooLong { characters: usize },
    #[error("a phrase has at most {MAX_GROUP_PHRASE_WORDS} words, and this has {words}")]
    TooManyWords { words: usize },
}

impl SynonymGroup {
    /// A group of `words`, in whatever order and spelling.
    ///
    /// # Errors
    /// The first fault that is found.
    pub fn new(words: &[String]) -> Result<Self, GroupFault> {
        if words.len() > MAX_GROUP_WORDS {
            return Err(GroupFault::TooManyWords { words: words.len() });
        }
        for (place, word) in words.iter().enumerate() {
            check(word).map_err(|fault| GroupFault::Word { place, fault })?;
        }
        let group = Self::of_stored(words);
        match group.words.len() {
            distinct @ (0 | 1) => Err(GroupFault::TooFewWords { distinct }),
            _ => Ok(group),
        }
    }

    /// A group that was one when it was stored.
    pub(crate) fn of_stored(words: &[String]) -> Self {
        let mut group = Self { words: BTreeMap::new() };
        for word in words {
            let words = text::words(word);
            group
                .words
                .entry(text::phrase(&words))
                .or_insert_with(|| words.join(" "));
        }
        group
    }

    /// What groups of the same words share, and no others.
    pub(crate) fn id(&self) -> i64 {
        let keywords: Vec<&str> = self.keywords().collect();
        i64::from_ne_bytes(xxh3_64(keywords.join("\n").as_bytes()).to_ne_bytes())
    }

    /// What its words are looked up by, ascending.
    pub(crate) fn keywords(&self) -> impl Iterator<Item = &str> {
        self.words.keys().map(String::as_str)
    }

    /// Its words as they are stored.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.values().map(String::as_str)
    }

    /// What all words but `keyword` are found by in names, as bags.
    pub(crate) fn others(&self, keyword: &str) -> impl Iterator<Item = String> {
        let others = self.words.iter().filter(move |(other, _)| *other != keyword);
        others.map(|(_, words)| text::bag(words.split(' ')))
    }
}

fn check(word: &str) -> Result<(), WordFault> {
    let characters = word.chars().count();
    if characters > MAX_GROUP_WORD_CHARACTERS {
        return Err(WordFault::TooLong { characters });
    }
    match text::words(word).len() {
        0 => Err(WordFault::Unsearchable),
        words if words > MAX_GROUP_PHRASE_WORDS => Err(WordFault::TooManyWords { words }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{GroupFault, SynonymGroup, WordFault};

    fn group(words: &[&str]) -> Result<SynonymGroup, GroupFault> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        SynonymGroup::new(&words)
    }

    #[test]
    fn words_are_folded_as_queries_are() {
        for (words, expected) in [
            (&["Bin", "garbage-can"][..], &["bin", "garbage can"][..]),
            (&[" Café ", "coffeeHouse", "cafe"], &["cafe", "coffee house"]),
            (&["bins", "bin", "BIN!", "trash"], &["bins", "trash"]),
            (&["🏠 home", "house"], &["home", "house"]),
        ] {
            let group = group(words).unwrap_or_else(|fault| panic!("{words:?}: {fault}"));
            assert_eq!(group.words().collect::<Vec<_>>(), expected, "{words:?}");
            // What is stored is read as the same.
            let stored: Vec<String> = group.words().map(str::to_owned).collect();
            assert_eq!(SynonymGroup::of_stored(&stored), group, "{words:?}");
        }
    }

    #[test]
    fn a_group_is_known_by_its_words() {
        let id = |words| group(words).map(|group| group.id());
        let same = id(&["bin", "trash", "garbage can"]);
        assert_eq!(id(&["Garbage Cans", "TRASH", "bins", "bin"]), same);
        for other in [
            &["bin", "trash"][..],
            &["bin", "trash", "garbage"],
            &["bin trash", "garbage can"],
            &["bin", "trash", "can garbage"],
        ] {
            assert_ne!(id(other), same, "{other:?}");
        }
    }

    #[test]
    fn the_others_are_bags() {
        let group = group(&["bin", "garbage cans", "batteries"]).expect("a group");
        let others = |keyword| group.others(keyword).collect::<Vec<_>>();
        assert_eq!(others("bin"), ["batter", "can garbage"]);
        assert_eq!(others("garbage can"), ["batter", "bin"]);
    }

    #[test]
    fn what_is_no_group_is_refused() {
        let word = |place, fault| Err(GroupFault::Word { place, fault });
        let (long, longest) = ("a".repeat(65), "é".repeat(64));
        for (words, expected) in [
            (vec![], Err(GroupFault::TooFewWords { distinct: 0 })),
            (vec!["bin"], Err(GroupFault::TooFewWords { distinct: 1 })),
            (
                vec!["bin", "Bins", "bin "],
                Err(GroupFault::TooFewWords { distinct: 1 }),
            ),
            (vec!["bin", "", "trash"], word(1, WordFault::Unsearchable)),
            (vec!["bin", "🏠"], word(1, WordFault::Unsearchable)),
            (vec!["\u{0}-", "bin"], word(0, WordFault::Unsearchable)),
            (vec!["bin", &long], word(1, WordFault::TooLong { characters: 65 })),
            (vec!["bin", "a b c d e"], word(1, WordFault::TooManyWords { words: 5 })),
            (vec!["bin"; 51], Err(GroupFault::TooManyWords { words: 51 })),
            (vec!["bin", &longest], Ok(())),
            (vec!["bin", "a b c d"], Ok(())),
        ] {
            assert_eq!(group(&words).map(drop), expected, "{words:?}");
        }
    }
}
