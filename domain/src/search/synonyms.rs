//! What keywords stand for: learnt from the icons that their authors tagged, said of every icon.

mod learn;

pub(crate) use learn::learn;

use tantivy::schema::Field;

use super::index::Fields;

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
}

impl Target {
    /// The term of the icons that have it.
    pub(crate) fn term(&self, fields: &Fields) -> (Field, &str) {
        match self {
            Self::Word(stem) => (fields.stem, stem),
            Self::Name(bag) => (fields.bag, bag),
        }
    }
}

/// What a keyword stands for.
#[derive(Debug, Default)]
pub(crate) struct Meanings {
    /// Strongest first.
    all: Vec<Expansion>,
    /// So many of the strongest find enough.
    enough: usize,
}

/// Icons that nobody looks beyond: weaker meanings, which find half of the catalog, are left out once there are as many.
const ENOUGH_ICONS: u64 = 5000;
/// Meanings of a word that is not alone: the others tell enough, and weak meanings of several words meet by chance.
const AMONG_OTHERS: usize = 12;

impl Meanings {
    /// `frequency` says how many icons have what an expansion stands for.
    pub(crate) fn new(all: Vec<Expansion>, frequency: impl Fn(&Expansion) -> u64) -> Self {
        let mut icons = 0;
        let enough = all.iter().take_while(|expansion| {
            let is_wanted = icons < ENOUGH_ICONS;
            icons += frequency(expansion);
            is_wanted
        });
        Self {
            enough: enough.count(),
            all,
        }
    }

    /// Of a keyword that is all that was asked.
    pub(crate) fn alone(&self) -> &[Expansion] {
        &self.all[..self.enough]
    }

    /// Of a keyword that other words were asked with.
    pub(crate) fn among_others(&self) -> &[Expansion] {
        &self.all[..self.all.len().min(AMONG_OTHERS)]
    }
}

/// Expansions as the index stores them: one a line.
pub(crate) fn to_text(expansions: &[Expansion]) -> String {
    let lines: Vec<String> = expansions
        .iter()
        .map(|expansion| match &expansion.target {
            Target::Word(stem) => format!("w{:.3} {stem}", expansion.strength),
            Target::Name(bag) => format!("n{:.3} {bag}", expansion.strength),
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
                    _ => return None,
                },
                strength: strength.parse().ok()?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Expansion, Meanings, Target, from_text, to_text};

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
        ];
        assert_eq!(from_text(&to_text(&expansions)), expansions);
        assert_eq!(from_text("x1 a\nw\nwhat"), []);
    }

    #[test]
    fn weak_meanings_are_left_out_where_there_is_enough() {
        let word = |strength: f32| Expansion {
            target: Target::Word("any".to_owned()),
            strength,
        };
        let all = vec![word(0.9), word(0.5), word(0.1)];
        for (frequency, expected) in [(10, 3), (2500, 2), (4999, 2), (5000, 1), (100_000, 1)] {
            let meanings = Meanings::new(all.clone(), |_| frequency);
            assert_eq!(meanings.alone(), &all[..expected], "{frequency} icons each");
            assert_eq!(meanings.among_others(), all);
        }
    }
}
