//! `prefix:name`, the name by which people ask for an icon.

use std::{fmt, sync::Arc};

/// Longest part before or after the colon, in bytes. The longest name of the 243 public sets has 88.
const MAX_PART_BYTES: usize = 128;

/// A well-formed icon name: two parts of `[a-z0-9]+(-[a-z0-9]+)*`, joined by a colon. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IconName {
    text: Arc<str>,
    colon: u8,
}

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
        &self.text
    }

    /// The set's prefix, before the colon.
    pub fn prefix(&self) -> &str {
        &self.text[..usize::from(self.colon)]
    }

    /// The part after the colon.
    pub fn key(&self) -> &str {
        &self.text[usize::from(self.colon) + 1..]
    }
}

impl std::str::FromStr for IconName {
    type Err = InvalidIconName;

    fn from_str(text: &str) -> Result<Self, InvalidIconName> {
        let colon = text.bytes().position(|byte| byte == b':').ok_or(InvalidIconName)?;
        if !is_valid_part(&text[..colon]) || !is_valid_part(&text[colon + 1..]) {
            return Err(InvalidIconName);
        }
        Ok(Self {
            text: text.into(),
            colon: u8::try_from(colon).map_err(|_| InvalidIconName)?,
        })
    }
}

impl serde::Serialize for IconName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> serde::Deserialize<'de> for IconName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: &str = serde::Deserialize::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for IconName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Whether `prefix` could be the prefix of an icon set.
pub fn is_valid_prefix(prefix: &str) -> bool {
    is_valid_part(prefix)
}

/// Whether `key` could be the part of an icon's name after the colon.
pub(crate) fn is_valid_key(key: &str) -> bool {
    is_valid_part(key)
}

fn is_valid_part(part: &str) -> bool {
    // A hyphen may stand where a word has begun and another follows.
    let mut in_word = false;
    for byte in part.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => in_word = true,
            b'-' if in_word => in_word = false,
            _ => return false,
        }
    }
    in_word && part.len() <= MAX_PART_BYTES
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
            "mdi:home-",
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
