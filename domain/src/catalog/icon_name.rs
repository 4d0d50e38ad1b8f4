//! `prefix:name`, the name by which people ask for an icon.

use std::fmt;

/// Longest part before or after the colon, in bytes. The longest name of the 243 public sets has 88.
const MAX_PART_BYTES: usize = 128;

/// A well-formed icon name: two parts of `[a-z0-9]+(-[a-z0-9]+)*`, joined by a colon.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IconName(Box<str>);

/// Why a text is no icon name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an icon name reads prefix:name, both of a-z and 0-9 with single hyphens inside, such as mdi:home")]
pub struct InvalidIconName;

impl IconName {
    /// Joins a set's prefix and an icon's key.
    pub fn new(prefix: &str, key: &str) -> Result<Self, InvalidIconName> {
        format!("{prefix}:{key}").parse()
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The set's prefix, before the colon.
    pub fn prefix(&self) -> &str {
        self.parts().0
    }

    /// The part after the colon.
    pub fn key(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        self.0
            .split_once(':')
            .expect("only a text with a colon becomes an icon name")
    }
}

impl std::str::FromStr for IconName {
    type Err = InvalidIconName;

    fn from_str(text: &str) -> Result<Self, InvalidIconName> {
        match text.split_once(':') {
            Some((prefix, key)) if is_valid_part(prefix) && is_valid_part(key) => Ok(Self(text.into())),
            _ => Err(InvalidIconName),
        }
    }
}

impl fmt::Display for IconName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whether `prefix` could be the prefix of an icon set.
pub fn is_valid_prefix(prefix: &str) -> bool {
    is_valid_part(prefix)
}

fn is_valid_part(part: &str) -> bool {
    part.len() <= MAX_PART_BYTES
        && part.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::IconName;

    #[test]
    fn accepts_only_two_parts_of_words() {
        for name in ["mdi:home", "fa6-solid:0", "a:b-c-1"] {
            assert_eq!(
                name.parse::<IconName>().map(|parsed| parsed.to_string()),
                Ok(name.to_owned())
            );
        }
        let too_long = format!("mdi:{}", "a".repeat(129));
        for name in [
            "",
            ":",
            "mdi",
            "mdi:",
            ":home",
            "mdi:Home",
            "mdi:-home",
            "mdi:a--b",
            "mdi:a:b",
            "mdi:a_b",
            "mdi:é",
            &too_long,
        ] {
            assert!(name.parse::<IconName>().is_err(), "{name}");
        }
        assert!(format!("mdi:{}", "a".repeat(128)).parse::<IconName>().is_ok());
    }
}
