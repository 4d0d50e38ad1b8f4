//! What stands in a search box while somebody types: what is finished, and what is being written at its end.

use crate::search::{SearchError, query::ParsedQuery, snapshot::Snapshot, text};

/// An unfinished query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Typed {
    /// What is finished, in order.
    pub(super) pieces: Vec<Piece>,
    pub(super) last: Last,
    /// The words as they were typed, the unfinished one too, in lower case.
    pub(super) phrase: String,
}

/// A finished part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A word that is looked for, folded.
    Word(String),
    /// A filter, a word to leave out, or a name with its set: as it was typed.
    Kept(String),
}

/// What is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Last {
    /// A word, folded, as far as it goes; empty where the next one is about to begin.
    Word(String),
    /// `mdi:ho`, of a set that there is.
    Icon { prefix: String, key: String },
    /// `prefix:md`
    Set(String),
    /// `tag:ho`
    Tag(String),
    /// Something that nothing can be suggested for.
    Other,
}

fn is_gap(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

impl Typed {
    /// Takes `text` apart as a search would, but for its end.
    ///
    /// # Errors
    /// A search would refuse it.
    pub(super) fn read(text: &str, snapshot: &Snapshot) -> Result<Self, SearchError> {
        Self::read_with(text, |prefix| snapshot.set(prefix).is_some())
    }

    fn read_with(text: &str, is_set: impl Fn(&str) -> bool) -> Result<Self, SearchError> {
        ParsedQuery::parse(text)?;
        let mut tokens: Vec<&str> = text.split(is_gap).filter(|token| !token.is_empty()).collect();
        let is_open = !text.ends_with(is_gap);
        let last = if is_open { tokens.pop() } else { None };
        let mut typed = Self {
            pieces: Vec::new(),
            last: Last::Word(String::new()),
            phrase: String::new(),
        };
        for token in tokens {
            typed.add(token, &is_set)?;
        }
        match last {
            Some(last) => typed.take_last(last, &is_set)?,
            None if !typed.phrase.is_empty() => typed.phrase.push(' '),
            None => {}
        }
        Ok(typed)
    }

    fn add(&mut self, token: &str, is_set: &impl Fn(&str) -> bool) -> Result<(), SearchError> {
        let mut query = ParsedQuery::parse(token)?;
        if query.set.as_ref().is_some_and(|set| !is_set(set)) {
            // No set, so a word like any other.
            query = ParsedQuery {
                words: text::words(token),
                ..ParsedQuery::default()
            };
        }
        let words = std::mem::take(&mut query.words);
        query.characters.clear();
        if query != ParsedQuery::default() {
            self.pieces.push(Piece::Kept(token.to_owned()));
        } else if !words.is_empty() {
            if !self.phrase.is_empty() {
                self.phrase.push(' ');
            }
            self.phrase.push_str(&token.to_lowercase());
            self.pieces.extend(words.into_iter().map(Piece::Word));
        }
        Ok(())
    }

    fn take_last(&mut self, token: &str, is_set: &impl Fn(&str) -> bool) -> Result<(), SearchError> {
        let inline = token
            .split_once([':', '='])
            .map(|(key, value)| (key.to_ascii_lowercase(), value.to_lowercase()));
        match inline {
            _ if token.starts_with('-') => self.last = Last::Other,
            Some((key, value)) if ["prefix", "prefixes", "set"].contains(&key.as_str()) => self.last = Last::Set(value),
            Some((key, value)) if key == "tag" => self.last = Last::Tag(value),
            Some((prefix, key)) if token.contains(':') && is_set(&prefix) => self.last = Last::Icon { prefix, key },
            _ => {
                let before = self.pieces.len();
                self.add(token, is_set)?;
                match self.pieces.pop_if(|piece| matches!(piece, Piece::Word(_))) {
                    Some(Piece::Word(start)) if self.pieces.len() >= before => self.last = Last::Word(start),
                    earlier => {
                        self.pieces.extend(earlier);
                        if self.pieces.len() == before {
                            self.last = Last::Other;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The words of an icon's key that is being written, in its set.
    pub(super) fn in_set(prefix: &str, key: &str) -> Self {
        let mut words = text::words(key);
        let last = Last::Word(words.pop().unwrap_or_default());
        let mut pieces = vec![Piece::Kept(format!("prefix:{prefix}"))];
        pieces.extend(words.into_iter().map(Piece::Word));
        Self {
            pieces,
            last,
            phrase: String::new(),
        }
    }

    /// The finished words.
    pub(super) fn words(&self) -> Vec<String> {
        let words = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Word(word) => Some(word.clone()),
            Piece::Kept(_) => None,
        });
        words.collect()
    }

    /// What is finished and no word, as a query.
    pub(super) fn kept(&self) -> String {
        let kept: Vec<&str> = self.kept_pieces().collect();
        kept.join(" ")
    }

    fn kept_pieces(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Kept(kept) => Some(kept.as_str()),
            Piece::Word(_) => None,
        })
    }

    /// What is finished and then `end`, with `words` in the places of the words.
    pub(super) fn completed(&self, words: &[String], end: &str) -> String {
        let mut words = words.iter();
        let mut parts: Vec<&str> = (self.pieces.iter())
            .filter_map(|piece| match piece {
                Piece::Word(_) => words.next().map(String::as_str),
                Piece::Kept(kept) => Some(kept),
            })
            .collect();
        parts.push(end);
        parts.join(" ")
    }

    /// What is finished and no word, and then `end`.
    pub(super) fn kept_and(&self, end: &str) -> String {
        let parts: Vec<&str> = self.kept_pieces().chain([end]).collect();
        parts.join(" ")
    }

    /// Whether nothing was typed.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && matches!(&self.last, Last::Word(start) if start.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::{Last, Piece, Typed};
    use crate::search::SearchError;

    fn read(text: &str) -> Typed {
        Typed::read_with(text, |prefix| prefix == "mdi").unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn word(start: &str) -> Last {
        Last::Word(start.to_owned())
    }

    #[test]
    fn what_is_finished_is_told_from_what_is_not() {
        for (text, finished, last) in [
            ("", "", word("")),
            ("arr", "", word("arr")),
            ("Arrow  LE", "arrow", word("le")),
            ("arrow ", "arrow", word("")),
            ("ArrowLe", "arrow", word("le")),
            ("\u{0}arrow\u{7}Café", "arrow", word("cafe")),
            ("nowhere:ho", "nowhere", word("ho")),
            ("prefix:mdi ho", "prefix:mdi", word("ho")),
            ("mdi:home -off out", "mdi:home -off", word("out")),
            ("palette:true", "palette:true", word("")),
            (
                "mdi:",
                "",
                Last::Icon {
                    prefix: "mdi".to_owned(),
                    key: String::new(),
                },
            ),
            (
                "left MDI:Arrow-le",
                "left",
                Last::Icon {
                    prefix: "mdi".to_owned(),
                    key: "arrow-le".to_owned(),
                },
            ),
            ("home prefix:M", "home", Last::Set("m".to_owned())),
            ("tag:", "", Last::Tag(String::new())),
            ("home -o", "home", Last::Other),
            ("home !!", "home", Last::Other),
            ("🏠", "", Last::Other),
        ] {
            let typed = read(text);
            let pieces: Vec<&str> = typed
                .pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Word(piece) | Piece::Kept(piece) => piece.as_str(),
                })
                .collect();
            assert_eq!((pieces.join(" ").as_str(), &typed.last), (finished, &last), "{text:?}");
        }
    }

    #[test]
    fn what_is_completed_keeps_its_order() {
        let typed = read("arow prefix:mdi -off le");
        assert_eq!(typed.words(), ["arow"]);
        assert_eq!(typed.kept(), "prefix:mdi -off");
        assert_eq!(
            typed.completed(&["arrow".to_owned()], "left"),
            "arrow prefix:mdi -off left"
        );
        assert_eq!(typed.kept_and("prefix:fa"), "prefix:mdi -off prefix:fa");
    }

    #[test]
    fn a_phrase_is_what_was_typed() {
        for (text, phrase) in [
            ("Rubbish  He", "rubbish he"),
            ("Café ", "café "),
            ("prefix:mdi Arrow-le", "arrow-le"),
            ("mdi:home ", ""),
        ] {
            assert_eq!(read(text).phrase, phrase, "{text:?}");
        }
    }

    #[test]
    fn what_a_search_refuses_is_refused() {
        assert!(Typed::read_with(&"a ".repeat(12), |_| false).is_ok());
        let refused = |text: &str| Typed::read_with(text, |_| false);
        assert!(matches!(
            refused(&"a ".repeat(13)),
            Err(SearchError::TooManyWords { words: 13 })
        ));
        assert!(matches!(
            refused(&"x".repeat(257)),
            Err(SearchError::QueryTooLong { characters: 257 })
        ));
    }
}
