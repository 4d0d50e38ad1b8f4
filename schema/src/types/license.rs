use async_graphql::SimpleObject;
use domain::catalog;

/// The terms under which a set may be used.
#[derive(SimpleObject)]
pub(crate) struct License {
    #[graphql(complexity = 0)]
    title: String,
    /// SPDX identifier.
    #[graphql(complexity = 0)]
    spdx: Option<String>,
    #[graphql(complexity = 0)]
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
    #[graphql(complexity = 0)]
    name: String,
    #[graphql(complexity = 0)]
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
