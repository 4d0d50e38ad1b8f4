use async_graphql::{Enum, SimpleObject};
use domain::search;

/// A completion of what is being typed.
#[derive(SimpleObject)]
pub(crate) struct Suggestion {
    /// A query for `search`: what was typed, completed. Of an `ICON` it is the name, of a `SET` the filter `prefix:mdi` and of a
    /// `TAG` the filter `tag:house`, behind what was typed before; a tag of several words stands there without `tag:`.
    #[graphql(complexity = 0)]
    text: String,
    #[graphql(complexity = 0)]
    kind: SuggestionKind,
    /// Icons that the filter lets pass: of a `WORD` those with all the words in their names, in singular or plural (where there
    /// are none, what was typed before may also be met by an alias, a tag or the set); of a `SET` or a `TAG` those that have it
    /// and what was typed before; 1 of an `ICON`.
    #[graphql(complexity = 0)]
    count: i32,
}

/// What a suggestion completes the text with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "search::SuggestionKind")]
pub(crate) enum SuggestionKind {
    /// A word of icons' names.
    Word,
    /// The name of an icon.
    Icon,
    /// A set, by a word of its name or prefix.
    Set,
    /// A tag that an icon's authors published.
    Tag,
}

impl From<search::Suggestion> for Suggestion {
    fn from(suggestion: search::Suggestion) -> Self {
        Self {
            text: suggestion.text,
            kind: suggestion.kind.into(),
            count: i32::try_from(suggestion.count).unwrap_or(i32::MAX),
        }
    }
}
