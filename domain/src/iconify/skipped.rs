//! What a reader left out of a set, and why: one line each, for whoever imports it.

use super::lenient::{Found, WrongType};
use super::name::MAX_NAME_LENGTH;
use crate::svg::safety::UnsafeSvg;
use crate::svg::view_box::{MAX_EXTENT, ViewBox};

/// One thing left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Skipped {
    /// Where it stands in the document: `icons.home`, `aliases.house`, `chars.f000`, `categories.Maps`, `info.height`.
    pub what: String,
    /// Why it was left out.
    pub reason: SkipReason,
}

/// Why something was left out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SkipReason {
    /// The value itself has a type that cannot be used.
    #[error("{0}")]
    WrongType(WrongType),
    /// An icon or alias that is no object.
    #[error("{0} stands where an object is expected")]
    NotAnObject(Found),
    /// A property of an icon or alias has a type that cannot be used.
    #[error("property `{property}`: {wrong}")]
    Property {
        /// Its name.
        property: &'static str,
        /// What is wrong with it.
        wrong: WrongType,
    },
    /// A property without which nothing can be made of it.
    #[error("property `{0}` is missing")]
    Missing(&'static str),
    /// A number that should have been a whole one, and not below zero where that has no meaning.
    #[error("{0} is no whole number that can be used here")]
    NotWhole(f64),
    /// A rotation that is no number of quarter turns.
    #[error("`rotate` is {0}, which is no whole number of quarter turns")]
    NotQuarterTurns(f64),
    /// An alias with its own drawing.
    #[error("an alias has no body of its own: make it an icon")]
    AliasWithBody,
    /// A name that cannot be asked for.
    #[error(
        "not a name that can be asked for: lower-case letters and digits in words joined by single dashes, at most {MAX_NAME_LENGTH} characters"
    )]
    InvalidName,
    /// An alias that has the name of an icon.
    #[error("an icon has the same name and wins")]
    NameOfIcon,
    /// A view box nothing can be drawn in.
    #[error(
        "the view box is {} by {} at {}, {}: sides must be above 0 and nothing beyond {MAX_EXTENT}",
        .0.width, .0.height, .0.left, .0.top
    )]
    ViewBox(ViewBox),
    /// A body that may not be served.
    #[error("unsafe body: {0}")]
    Unsafe(#[from] UnsafeSvg),
    /// An alias that is its own ancestor.
    #[error("alias of itself, directly or through others")]
    AliasLoop,
    /// An alias of nothing.
    #[error("its parent `{0}` does not exist")]
    ParentMissing(String),
    /// An alias of something left out.
    #[error("its parent `{0}` was skipped")]
    ParentSkipped(String),
    /// A key of the character map that is not one or more code points.
    #[error("not a character: code points are lower-case hex digits, several joined by single dashes")]
    InvalidCharacter,
    /// A character that draws nothing.
    #[error("its icon `{0}` does not exist or was skipped")]
    CharacterWithoutIcon(String),
    /// Its name has the row id of another name, which happens by chance about once in ten thousand catalogs.
    #[error("its row id is taken by another name: rename one of the two")]
    RowIdTaken,
    /// Names in a category that draw nothing.
    #[error("{count} of its icons do not exist or were skipped, `{first}` first")]
    CategoryWithoutIcons {
        /// How many.
        count: u32,
        /// The first of them.
        first: String,
    },
}
