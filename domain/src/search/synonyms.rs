//! What keywords stand for: learnt from the icons that their authors tagged, said of every icon.

mod learn;

pub(crate) use learn::learn;

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
    use super::{Expansion, Target, from_text, to_text};

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
}
