//! What somebody typed, taken apart: words, words to leave out, filters written inline, characters.

use super::{SearchError, filter::Filter, text};
use crate::catalog::{IconStyle, is_valid_prefix};

/// Characters of a query: room for a pasted sentence.
pub const MAX_QUERY_CHARACTERS: usize = 256;
/// Words of a query: each is looked up in several ways.
pub const MAX_QUERY_WORDS: usize = 12;

/// A query as it was understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct ParsedQuery {
    /// Folded, as typed, at most [`MAX_QUERY_WORDS`].
    pub(crate) words: Vec<String>,
    /// Words that no name of a hit may have.
    pub(crate) excluded: Vec<String>,
    /// Code points of characters that may stand for an icon.
    pub(crate) characters: Vec<String>,
    /// `mdi` of `mdi:home`, which is a set if there is one.
    pub(crate) set: Option<String>,
    /// What else is written inline.
    pub(crate) filter: Filter,
    /// Sets to look in: `prefix:mdi,lucide`.
    pub(crate) prefixes: Vec<String>,
    /// Beginnings of their prefixes: `prefix:fa6-*`.
    pub(crate) prefix_starts: Vec<String>,
}

impl ParsedQuery {
    /// Takes `text` apart.
    ///
    /// # Errors
    /// It is longer than [`MAX_QUERY_CHARACTERS`] or has more than [`MAX_QUERY_WORDS`] words.
    pub(crate) fn parse(text: &str) -> Result<Self, SearchError> {
        let characters = text.chars().count();
        if characters > MAX_QUERY_CHARACTERS {
            return Err(SearchError::QueryTooLong { characters });
        }
        let mut query = Self::default();
        for token in text.split(|character: char| character.is_whitespace() || character.is_control()) {
            query.take(token);
        }
        let words = query.words.len() + query.excluded.len();
        if words > MAX_QUERY_WORDS {
            return Err(SearchError::TooManyWords { words });
        }
        Ok(query)
    }

    /// Whether it asks for everything.
    pub(crate) fn is_browse(&self) -> bool {
        self.words.is_empty() && self.characters.is_empty()
    }

    fn take(&mut self, token: &str) {
        if let Some(excluded) = token.strip_prefix('-') {
            self.excluded.extend(text::words(excluded));
        } else if !self.take_inline(token) {
            self.words.extend(text::words(token));
            self.characters.extend(code_points(token));
        }
    }

    /// Takes `key:value`, if `token` is one.
    fn take_inline(&mut self, token: &str) -> bool {
        let Some((key, value)) = token.split_once([':', '=']) else {
            return false;
        };
        if value.is_empty() {
            return false;
        }
        match (key.to_ascii_lowercase().as_str(), value.to_ascii_lowercase().as_str()) {
            ("prefix" | "prefixes" | "set", value) => self.take_prefixes(value),
            ("palette", "true" | "1") => self.filter.palette = Some(true),
            ("palette", "false" | "0") => self.filter.palette = Some(false),
            ("style", "fill") | ("fill", "true" | "1") => self.filter.style = Some(IconStyle::Fill),
            ("style", "stroke") | ("stroke", "true" | "1") => self.filter.style = Some(IconStyle::Stroke),
            ("tag", value) => self.filter.tags.push(value.to_owned()),
            (prefix, _) if token.contains(':') && self.set.is_none() && is_valid_prefix(prefix) => {
                self.set = Some(prefix.to_owned());
                self.words.extend(text::words(value));
            }
            _ => return false,
        }
        true
    }

    fn take_prefixes(&mut self, value: &str) {
        for prefix in value.split(',').filter(|prefix| !prefix.is_empty()) {
            match prefix.strip_suffix('*') {
                Some(start) => self.prefix_starts.push(start.to_owned()),
                None if prefix.ends_with('-') => self.prefix_starts.push(prefix.to_owned()),
                None => self.prefixes.push(prefix.to_owned()),
            }
        }
    }
}

/// Characters that are no letters, as the catalog writes them: with and without the mark that asks for a coloured picture.
fn code_points(token: &str) -> Vec<String> {
    const COLOURED: char = '\u{fe0f}';
    let symbols: Vec<char> = token
        .chars()
        .filter(|character| !character.is_ascii() && !character.is_alphanumeric())
        .collect();
    let hex = |characters: &mut dyn Iterator<Item = &char>| {
        characters
            .map(|character| format!("{:x}", u32::from(*character)))
            .collect::<Vec<_>>()
            .join("-")
    };
    let mut written = vec![hex(&mut symbols.iter())];
    if symbols.contains(&COLOURED) {
        written.push(hex(&mut symbols.iter().filter(|character| **character != COLOURED)));
    }
    written.retain(|codes| !codes.is_empty());
    written
}

#[cfg(test)]
mod tests {
    use super::{ParsedQuery, SearchError};
    use crate::catalog::IconStyle;

    fn parsed(text: &str) -> ParsedQuery {
        ParsedQuery::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn words_are_folded_and_excluded() {
        let query = parsed("Arrow  LEFT -circle ürün");
        assert_eq!(query.words, ["arrow", "left", "urun"]);
        assert_eq!(query.excluded, ["circle"]);
        for nothing in ["", "   ", "\u{0}\u{1b}", "- -- :", "\"'()[]{}~^*?"] {
            assert!(parsed(nothing).is_browse(), "{nothing:?}");
        }
    }

    #[test]
    fn filters_can_be_typed() {
        let query = parsed("prefix:mdi,lucide palette:true style=stroke home prefix:fa6-* ");
        assert_eq!(query.prefixes, ["mdi", "lucide"]);
        assert_eq!(query.prefix_starts, ["fa6-"]);
        assert_eq!(query.filter.palette, Some(true));
        assert_eq!(query.filter.style, Some(IconStyle::Stroke));
        assert_eq!(query.words, ["home"]);
    }

    #[test]
    fn a_name_jumps_into_its_set() {
        let query = parsed("mdi:arrow-left");
        assert_eq!(query.set.as_deref(), Some("mdi"));
        assert_eq!(query.words, ["arrow", "left"]);
    }

    #[test]
    fn emoji_are_code_points() {
        assert_eq!(parsed("🏠").characters, ["1f3e0"]);
        assert_eq!(parsed("❤️").characters, ["2764-fe0f", "2764"]);
        assert_eq!(parsed("👩‍🚀").characters, ["1f469-200d-1f680"]);
        assert_eq!(parsed("café").characters, Vec::<String>::new());
    }

    #[test]
    fn what_is_too_long_is_refused() {
        assert!(ParsedQuery::parse(&"é".repeat(256)).is_ok());
        assert!(matches!(
            ParsedQuery::parse(&"é".repeat(257)),
            Err(SearchError::QueryTooLong { characters: 257 })
        ));
        assert!(ParsedQuery::parse(&"a ".repeat(12)).is_ok());
        assert!(matches!(
            ParsedQuery::parse(&"a ".repeat(13)),
            Err(SearchError::TooManyWords { words: 13 })
        ));
    }
}
