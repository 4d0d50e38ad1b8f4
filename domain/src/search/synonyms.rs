//! What keywords stand for: learnt from the icons that their authors tagged, and said by administrators; of every icon.

mod group;
mod learn;

use std::collections::{BTreeMap, BTreeSet};

pub use group::{
    GroupFault, MAX_GROUP_PHRASE_WORDS, MAX_GROUP_WORD_CHARACTERS, MAX_GROUP_WORDS, MAX_SYNONYM_GROUPS, SynonymGroup,
    WordFault,
};
pub(crate) use learn::learn;

/// How surely words of a group mean each other: well above what is learnt, which seldom comes to 1.
const SAID: f32 = 4.0;

/// One meaning of a keyword.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expansion {
    pub(crate) target: Target,
    /// How surely the keyword means it: above 0, seldom above 1.
    pub(crate) strength: f32,
}

/// What a keyword can stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// The stem of a word in a name.
    Word(String),
    /// A whole name, as its bag.
    Name(String),
    /// Words that are met together in whatever an icon is called, as their bag.
    Words(String),
}

/// What keywords stand for, with the words of `groups` before what was learnt; keywords in order of the alphabet.
pub(crate) fn with_groups(
    learnt: Vec<(String, Vec<Expansion>)>,
    groups: &[SynonymGroup],
) -> BTreeMap<String, Vec<Expansion>> {
    let mut said: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for group in groups {
        for keyword in group.keywords() {
            said.entry(keyword).or_default().extend(group.others(keyword));
        }
    }
    let mut all: BTreeMap<String, Vec<Expansion>> = learnt.into_iter().collect();
    for (keyword, bags) in said {
        let said = bags.into_iter().map(|bag| Expansion {
            target: Target::Words(bag),
            strength: SAID,
        });
        all.entry(keyword.to_owned()).or_default().splice(0..0, said);
    }
    all
}

impl Expansion {
    /// Whether an administrator said so.
    pub(crate) fn is_said(&self) -> bool {
        matches!(self.target, Target::Words(_))
    }
}

/// Expansions as the index stores them: one a line.
pub(crate) fn to_text(expansions: &[Expansion]) -> String {
    let lines: Vec<String> = expansions
        .iter()
        .map(|expansion| match &expansion.target {
            Target::Word(stem) => format!("w{:.3} {stem}", expansion.strength),
            Target::Name(bag) => format!("n{:.3} {bag}", expansion.strength),
            Target::Words(bag) => format!("s{:.3} {bag}", expansion.strength),
        })
        .collect();
    lines.join("\n")
}

/// Reads what [`to_text`] wrote; what it did not write is left out.
pub(crate) fn from_text(text: &str) -> Vec<Expansion> {
    text.lines()
        .filter_map(|line| {
            let (head, target) = line.split_once(' ')?;
            let target = target.to_owned();
            let (kind, strength) = head.split_at_checked(1)?;
            Some(Expansion {
                target: match kind {
                    "w" => Target::Word(target),
                    "n" => Target::Name(target),
                    "s" => Target::Words(target),
                    _ => return None,
                },
                strength: strength.parse().ok()?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Expansion, SynonymGroup, Target, from_text, to_text, with_groups};

    #[test]
    fn expansions_are_read_as_they_were_written() {
        let expansions = vec![
            Expansion {
                target: Target::Word("trash".to_owned()),
                strength: 0.5,
            },
            Expansion {
                target: Target::Name("bin recycle".to_owned()),
                strength: 0.25,
            },
            Expansion {
                target: Target::Words("can garbage".to_owned()),
                strength: 4.0,
            },
        ];
        assert_eq!(from_text(&to_text(&expansions)), expansions);
        assert_eq!(from_text("x1 a\nw\nwhat"), []);
    }

    #[test]
    fn what_is_said_stands_before_what_was_learnt() {
        let group = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            SynonymGroup::new(&words).expect("a group")
        };
        let learnt = |stem: &str| Expansion {
            target: Target::Word(stem.to_owned()),
            strength: 0.5,
        };
        let groups = [
            group(&["bin", "trash", "garbage can"]),
            group(&["bin", "trash", "binary"]),
        ];
        let mut dictionary = with_groups(
            vec![
                ("bin".to_owned(), vec![learnt("delete"), learnt("recycle")]),
                ("house".to_owned(), vec![learnt("home")]),
            ],
            &groups,
        );
        let keywords: Vec<&str> = dictionary.keys().map(String::as_str).collect();
        assert_eq!(keywords, ["bin", "binar", "garbage can", "house", "trash"]);
        assert_eq!(dictionary["house"], [learnt("home")]);
        let bin = dictionary.remove("bin").expect("it is there");
        assert_eq!(
            to_text(&bin),
            "s4.000 binar\ns4.000 can garbage\ns4.000 trash\nw0.500 delete\nw0.500 recycle"
        );
    }
}
