use async_graphql::SimpleObject;
use domain::catalog;

/// The terms under which a set may be used.
#[derive(SimpleObject)]
pub(crate) struct License {
    title: String,
    /// SPDX identifier.
    spdx: Option<String>,
    url: Option<String>,
}

impl From<&catalog::License> for License {
    fn from(license: &catalog::License) -> Self {
        Self {
            title: license.title.clone(),
            spdx: license.spdx.clone(),
            url: license.url.clone(),
        }
    }
}

/// Who made a set.
#[derive(SimpleObject)]
pub(crate) struct Author {
    name: String,
    url: Option<String>,
}

impl From<&catalog::Author> for Author {
    fn from(author: &catalog::Author) -> Self {
        Self {
            name: author.name.clone(),
            url: author.url.clone(),
        }
    }
}
