//! An icon as an administrator gives it, before it is known of which set.

use crate::{
    catalog::{
        icon_name::is_valid_key,
        import::row::Drawing,
        keywords::{KeywordFault, MAX_TAGS, Tags},
    },
    svg::document::{self, Document, DocumentFault},
};

/// How many tags may be given with an icon.
pub const MAX_ICON_TAGS: usize = MAX_TAGS;

/// An icon that may be put into a set.
#[derive(Debug)]
pub struct NewIcon {
    pub(super) key: String,
    pub(super) drawing: Drawing,
    pub(super) tags: Tags,
}

/// Why something is no icon.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum IconFault {
    #[error(
        "a key is made of a-z and 0-9 with single hyphens inside, such as home-outline, and has at most 128 characters"
    )]
    Key,
    #[error(transparent)]
    Svg(#[from] DocumentFault),
    #[error("an icon has at most {MAX_ICON_TAGS} tags, and these are {0}")]
    TooManyTags(usize),
    #[error("{fault}")]
    Tag { place: usize, fault: KeywordFault },
}

impl NewIcon {
    /// The icon `key`, of a whole `<svg>` document, that people look for by `tags`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read(key: &str, svg: &str, tags: &[String]) -> Result<Self, Vec<IconFault>> {
        let mut faults = Vec::new();
        if !is_valid_key(key) {
            faults.push(IconFault::Key);
        }
        let document = document::read(svg).map_err(|fault| faults.push(fault.into()));
        let tags = read_tags(key, tags).map_err(|of_tags| faults.extend(of_tags));
        match (document, tags) {
            (Ok(Document { view_box, body }), Ok(tags)) if faults.is_empty() => Ok(Self {
                key: key.to_owned(),
                drawing: Drawing { view_box, body },
                tags,
            }),
            _ => Err(faults),
        }
    }
}

fn read_tags(key: &str, tags: &[String]) -> Result<Tags, Vec<IconFault>> {
    if tags.len() > MAX_ICON_TAGS {
        return Err(vec![IconFault::TooManyTags(tags.len())]);
    }
    let fault = |(place, fault)| IconFault::Tag { place, fault };
    Tags::given(key, tags).map_err(|faults| faults.into_iter().map(fault).collect())
}
