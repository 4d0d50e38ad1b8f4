//! Names that can be asked for, and characters of icon fonts.

/// The longest name of an icon or a set, in characters. Public names stay under 100.
pub(super) const MAX_NAME_LENGTH: usize = 128;

/// Whether `text` is a name: words of lower-case letters and digits, joined by single dashes.
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME_LENGTH && is_dashed(text, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Whether `text` is a character as the maps of icon fonts write it: `f000`, `1f600-200d`.
pub(super) fn is_character(text: &str) -> bool {
    text.len() <= MAX_NAME_LENGTH && is_dashed(text, |byte| matches!(byte, b'a'..=b'f' | b'0'..=b'9'))
}

fn is_dashed(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    text.split('-')
        .all(|word| !word.is_empty() && word.bytes().all(&allowed))
}

#[cfg(test)]
mod tests {
    use super::{MAX_NAME_LENGTH, is_character, is_name};

    #[test]
    fn names_are_dashed_words() {
        for (text, expected) in [
            ("home", true),
            ("home-2-line", true),
            ("4k", true),
            ("", false),
            ("-home", false),
            ("home-", false),
            ("home--line", false),
            ("Home", false),
            ("home_line", false),
            ("hôme", false),
            ("home line", false),
        ] {
            assert_eq!(is_name(text), expected, "{text:?}");
        }
        assert!(is_name(&"a".repeat(MAX_NAME_LENGTH)));
        assert!(!is_name(&"a".repeat(MAX_NAME_LENGTH + 1)));
    }

    #[test]
    fn characters_are_dashed_hex() {
        for (text, expected) in [
            ("f000", true),
            ("1f600-200d", true),
            ("F000", false),
            ("g000", false),
            ("f000-", false),
            ("", false),
        ] {
            assert_eq!(is_character(text), expected, "{text:?}");
        }
    }
}
