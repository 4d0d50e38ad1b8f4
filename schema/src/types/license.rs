use std::sync::Arc;

use async_graphql::Object;
use domain::catalog;

pub(crate) struct License(pub(crate) Arc<catalog::License>);

/// The terms under which a set may be used.
#[Object]
impl License {
    #[graphql(complexity = 0)]
    fn title(&self) -> &str {
        &self.0.title
    }

    /// SPDX identifier.
    #[graphql(complexity = 0)]
    fn spdx(&self) -> Option<&str> {
        self.0.spdx.as_deref()
    }

    #[graphql(complexity = 0)]
    fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }
}

pub(crate) struct Author(pub(crate) Arc<catalog::Author>);

/// Who made a set.
#[Object]
impl Author {
    #[graphql(complexity = 0)]
    fn name(&self) -> &str {
        &self.0.name
    }

    #[graphql(complexity = 0)]
    fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }
}
