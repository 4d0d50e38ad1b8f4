//! Patterns over names: `*` stands for any characters, `?` for one.

use super::IconName;
use crate::catalog::is_valid_prefix;

/// As long as the longest name.
const MAX_CHARACTERS: usize = 257;

/// A pattern that some name could match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern(String);

/// A text that is no pattern over names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a pattern is an icon's name with * for any characters and ? for one, such as mdi:home*, of at most {MAX_CHARACTERS} \
     characters; * alone is everything"
)]
pub struct InvalidPattern;

impl std::str::FromStr for NamePattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b':' | b'*' | b'?');
        let pattern = Self(text.to_owned());
        let could_match = (1..=MAX_CHARACTERS).contains(&text.len())
            && text.bytes().all(is_plain)
            && text.bytes().filter(|byte| *byte == b':').count() <= 1
            && (pattern.has_wildcard() || pattern.name().is_some());
        could_match.then_some(pattern).ok_or(InvalidPattern)
    }
}

impl NamePattern {
    /// Whether every name matches.
    pub(super) fn is_everything(&self) -> bool {
        matches!(self.0.trim_matches('*'), "" | ":") && self.0.contains('*')
    }

    /// The one name that matches, where it has no wildcard.
    pub(super) fn name(&self) -> Option<IconName> {
        self.0.parse().ok()
    }

    /// The set that all matching names are of, where it says so.
    pub(super) fn prefix(&self) -> Option<&str> {
        let (prefix, _) = self.0.split_once(':')?;
        is_valid_prefix(prefix).then_some(prefix)
    }

    /// Whether names of a set may match.
    pub(super) fn may_match_in(&self, prefix: &str) -> bool {
        let pattern = self.0.as_bytes();
        // All places of the pattern that may be next, after what was read of the name.
        let mut places = vec![false; pattern.len() + 1];
        places[0] = true;
        for byte in prefix.bytes().chain([b':']) {
            let mut next = vec![false; pattern.len() + 1];
            let mut was_reached = false;
            // A name has one colon: where the pattern has one, that is it.
            let is_wild = byte != b':' || !pattern.contains(&b':');
            for place in 0..pattern.len() {
                // A star may stand for nothing.
                let is_reached = places[place] || (was_reached && place > 0 && pattern[place - 1] == b'*');
                was_reached = is_reached;
                match pattern[place] {
                    _ if !is_reached => {}
                    b'*' => next[place] |= is_wild,
                    b'?' => next[place + 1] |= is_wild,
                    plain => next[place + 1] |= plain == byte,
                }
            }
            places = next;
        }
        // Something has to be left for the rest of the name.
        places[..pattern.len()].contains(&true)
    }

    fn has_wildcard(&self) -> bool {
        self.0.contains(['*', '?'])
    }
}

#[cfg(test)]
mod tests {
    use super::NamePattern;

    #[test]
    fn only_what_a_name_could_match_is_a_pattern() {
        for (text, expected) in [
            ("*", true),
            ("mdi:home", true),
            ("mdi:home*", true),
            ("?", true),
            ("m*:?-*", true),
            ("", false),
            ("mdi", false),
            ("mdi:", false),
            ("mdi:home:*", false),
            ("MDI:*", false),
            ("mdi:[a-z]*", false),
            ("mdi:hö*", false),
        ] {
            assert_eq!(text.parse::<NamePattern>().is_ok(), expected, "{text}");
        }
        for (length, expected) in [(257, true), (258, false)] {
            assert_eq!("*".repeat(length).parse::<NamePattern>().is_ok(), expected, "{length}");
        }
    }

    #[test]
    fn a_pattern_says_what_it_is_of() {
        for (text, is_everything, prefix, may_match_in_mdi) in [
            ("*", true, None, true),
            ("**", true, None, true),
            ("*:*", true, None, true),
            ("?*", false, None, true),
            ("mdi:home*", false, Some("mdi"), true),
            ("mdi:*", false, Some("mdi"), true),
            ("tabler:*", false, Some("tabler"), false),
            ("mdi*", false, None, true),
            ("md*:home", false, None, true),
            ("m?i:home", false, None, true),
            ("m??i:home", false, None, false),
            ("*home", false, None, true),
            ("*i*:a*", false, None, true),
            ("*x*:a*", false, None, false),
            ("m*e", false, None, true),
            ("x*", false, None, false),
            ("???", false, None, false),
            ("????", false, None, false),
            ("?????", false, None, true),
            ("mdi-*", false, None, false),
        ] {
            let pattern: NamePattern = text.parse().expect("it is one");
            assert_eq!(
                (pattern.is_everything(), pattern.prefix(), pattern.may_match_in("mdi")),
                (is_everything, prefix, may_match_in_mdi),
                "{text}"
            );
        }
    }
}
