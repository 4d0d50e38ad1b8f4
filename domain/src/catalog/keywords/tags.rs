//! Tags as the catalog keeps them, and what a publisher's list must hold to become some.

use std::collections::BTreeSet;

use serde_json::Value;

/// Characters of the longest tag. The longest that is published has 40.
const MAX_CHARACTERS: usize = 80;

/// Tags of one icon. The most that are published have 64.
pub(crate) const MAX_TAGS: usize = 100;

/// A keyword, or a whole list of them, that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedKeyword {
    /// The icon's key, or its place in the file where it has none.
    pub icon: String,
    /// What was wrong.
    pub fault: KeywordFault,
}

/// Why a keyword was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeywordFault {
    #[error("{found} stands where {expected} is expected")]
    WrongType {
        found: &'static str,
        expected: &'static str,
    },
    #[error("a tag holds control characters")]
    ControlCharacters,
    #[error("a tag has {0} characters, more than {MAX_CHARACTERS}")]
    TooLong(usize),
    #[error("it has more than {MAX_TAGS} tags: the rest is left out")]
    TooMany,
}

/// The tags of one icon: lower case, single spaces inside, ascending, each once, at most [`MAX_TAGS`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tags(BTreeSet<String>);

impl Tags {
    /// Adds a tag. False where there is no room for it.
    fn insert(&mut self, tag: &str) -> bool {
        if self.0.contains(tag) {
            return true;
        }
        self.0.len() < MAX_TAGS && self.0.insert(tag.to_owned())
    }

    /// The tags that somebody gives the icon `key`: as from a publisher, a text without a word in it is none, nor is one that says
    /// no more than the key.
    ///
    /// # Errors
    /// What cannot be one, each with its place among `texts`. [`MAX_TAGS`] is for whoever asks to check.
    pub(crate) fn given(key: &str, texts: &[String]) -> Result<Self, Vec<(usize, KeywordFault)>> {
        let (mut tags, mut faults) = (Self::default(), Vec::new());
        for (place, text) in texts.iter().enumerate() {
            match normalize(text) {
                Err(fault) => faults.push((place, fault)),
                Ok(tag) if tag.is_empty() || says_only(&tag, key) => {}
                Ok(tag) => drop(tags.insert(&tag)),
            }
        }
        if faults.is_empty() { Ok(tags) } else { Err(faults) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[cfg(test)]
impl FromIterator<String> for Tags {
    fn from_iter<I: IntoIterator<Item = String>>(tags: I) -> Self {
        Self(tags.into_iter().collect())
    }
}

/// Whether a tag says no more than the key of its own icon does.
pub(crate) fn says_only(tag: &str, key: &str) -> bool {
    tag.len() == key.len()
        && tag
            .bytes()
            .zip(key.bytes())
            .all(|(tag, key)| tag == key || (tag == b' ' && key == b'-'))
}

/// Gathers what is said of one icon, and what of it cannot be used.
pub(super) struct Gathering<'a> {
    icon: &'a str,
    tags: Tags,
    is_full: bool,
    skipped: &'a mut Vec<SkippedKeyword>,
}

impl<'a> Gathering<'a> {
    pub(super) fn of(icon: &'a str, skipped: &'a mut Vec<SkippedKeyword>) -> Self {
        Self {
            icon,
            tags: Tags::default(),
            is_full: false,
            skipped,
        }
    }

    /// The tags gathered.
    pub(super) fn finish(self) -> Tags {
        self.tags
    }

    /// Takes a text as a tag. One without a word in it is none, and nothing to speak of.
    pub(super) fn add(&mut self, text: &str) {
        match normalize(text) {
            Err(fault) => self.skip(fault),
            Ok(tag) if tag.is_empty() || self.tags.insert(&tag) || self.is_full => {}
            Ok(_) => {
                self.is_full = true;
                self.skip(KeywordFault::TooMany);
            }
        }
    }

    /// Takes a text that may be missing.
    pub(super) fn add_text(&mut self, value: &Value) {
        match value {
            Value::Null => {}
            Value::String(text) => self.add(text),
            other => self.skip(wrong(other, "a tag")),
        }
    }

    /// Takes the texts of a list that may be missing.
    pub(super) fn add_list(&mut self, list: &Value) {
        for text in self.texts(list) {
            self.add(text);
        }
    }

    /// The texts of a list that may be missing.
    pub(super) fn texts<'v>(&mut self, list: &'v Value) -> Vec<&'v str> {
        let items = match list {
            Value::Null => return Vec::new(),
            Value::Array(items) => items,
            other => {
                self.skip(wrong(other, "a list of tags"));
                return Vec::new();
            }
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::String(text) => texts.push(text.as_str()),
                other => self.skip(wrong(other, "a tag")),
            }
        }
        texts
    }

    fn skip(&mut self, fault: KeywordFault) {
        self.skipped.push(SkippedKeyword {
            icon: self.icon.to_owned(),
            fault,
        });
    }
}

/// What is wrong with a value of another type.
pub(super) fn wrong(found: &Value, expected: &'static str) -> KeywordFault {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    KeywordFault::WrongType { found, expected }
}

/// Lower case, and a single space for whatever space or underscores there are between words.
fn normalize(text: &str) -> Result<String, KeywordFault> {
    let words = text
        .split(|character: char| character.is_whitespace() || character == '_')
        .filter(|word| !word.is_empty());
    let tag = words.collect::<Vec<_>>().join(" ").to_lowercase();
    if tag.contains(char::is_control) {
        return Err(KeywordFault::ControlCharacters);
    }
    match tag.chars().count() {
        characters if characters > MAX_CHARACTERS => Err(KeywordFault::TooLong(characters)),
        _ => Ok(tag),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Gathering, MAX_CHARACTERS, MAX_TAGS, says_only};

    fn check(list: &serde_json::Value, tags: &[&str], faults: &[&str]) {
        let mut skipped = Vec::new();
        let mut gathering = Gathering::of("home", &mut skipped);
        gathering.add_list(list);
        let gathered = gathering.finish();
        assert_eq!(gathered.iter().collect::<Vec<_>>(), tags, "{list}");
        let told: Vec<String> = skipped.iter().map(|skipped| skipped.fault.to_string()).collect();
        assert_eq!(told, faults, "{list}");
        assert!(skipped.iter().all(|skipped| skipped.icon == "home"));
    }

    #[test]
    fn tags_are_lower_case_words_ascending() {
        check(
            &json!(["  Font   Size\n", "a_b__c", "ÄRGER", "trash-can", "/", "font\u{a0}size"]),
            &["/", "a b c", "font size", "trash-can", "ärger"],
            &[],
        );
        check(&json!(["", " ", "_", "\t\n"]), &[], &[]);
        check(&json!(null), &[], &[]);
    }

    #[test]
    fn what_is_no_tag_is_told() {
        check(
            &json!([
                "bin",
                911,
                null,
                true,
                ["x"],
                {},
                "be\u{7}ll",
                "nul\u{0}",
                "esc\u{1b}[31m",
                "del\u{7f}"
            ]),
            &["bin"],
            &[
                "a number stands where a tag is expected",
                "null stands where a tag is expected",
                "a boolean stands where a tag is expected",
                "a list stands where a tag is expected",
                "an object stands where a tag is expected",
                "a tag holds control characters",
                "a tag holds control characters",
                "a tag holds control characters",
                "a tag holds control characters",
            ],
        );
        check(&json!("bin"), &[], &["a text stands where a list of tags is expected"]);
    }

    #[test]
    fn lengths_end_at_their_limit() {
        let longest = "ä".repeat(MAX_CHARACTERS);
        let too_long = "ä".repeat(MAX_CHARACTERS + 1);
        check(
            &json!([longest, too_long]),
            &[&longest],
            &["a tag has 81 characters, more than 80"],
        );
    }

    #[test]
    fn tags_end_at_their_limit() {
        let texts: Vec<String> = (0..=MAX_TAGS + 1).map(|number| format!("tag {number:03}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        check(&json!(texts[..MAX_TAGS]), &texts[..MAX_TAGS], &[]);
        let one_again = [&texts[..MAX_TAGS], &texts[..1]].concat();
        check(&json!(one_again), &texts[..MAX_TAGS], &[]);
        check(
            &json!(texts),
            &texts[..MAX_TAGS],
            &["it has more than 100 tags: the rest is left out"],
        );
    }

    #[test]
    fn a_tag_can_say_no_more_than_the_key() {
        for (tag, key, expected) in [
            ("trash", "trash", true),
            ("trash can", "trash-can", true),
            ("trash-can", "trash-can", true),
            ("trash", "trash-can", false),
            ("trashcan", "trash-can", false),
            ("trash-can", "trash can", false),
        ] {
            assert_eq!(says_only(tag, key), expected, "{tag} of {key}");
        }
    }
}
