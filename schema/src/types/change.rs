use std::sync::Arc;

use async_graphql::{Context, Enum, Error, Object, SimpleObject};
use domain::catalog::{self, ChangeNamesKey, FollowedChange};

use crate::{
    errors::{Failure, bad_user_input},
    loaders::loaders,
    paging::{cost_of_page, first_or_default},
    scalars::{DateTime, IconNameScalar},
};

/// What happened to the names of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "catalog::ChangeKind")]
pub(crate) enum ChangeKind {
    /// New, or shown again.
    Added,
    /// Drawn or described otherwise. With a count of 0, only the set's own facts changed.
    Changed,
    /// Left every list, and can still be asked for. An icon that arrives hidden is told so too.
    Hidden,
    /// Gone.
    Removed,
}

/// A stretch of the catalog's history.
#[derive(SimpleObject)]
pub(crate) struct ChangeFeed {
    /// Oldest first. A generation is never split, so there can be a few more than asked for.
    changes: Vec<CatalogChange>,
    /// What to give as `since` next time.
    #[graphql(complexity = 0)]
    generation: i32,
    /// Whether to ask again at once.
    #[graphql(complexity = 0)]
    has_more: bool,
}

impl From<catalog::ChangePage> for ChangeFeed {
    fn from(page: catalog::ChangePage) -> Self {
        Self {
            changes: page.changes.into_iter().map(CatalogChange::Read).collect(),
            generation: generation(page.generation),
            has_more: page.has_more,
        }
    }
}

/// A generation as GraphQL's Int, which two billion imports fit into.
pub(crate) fn generation(generation: i64) -> i32 {
    i32::try_from(generation).unwrap_or(i32::MAX)
}

pub(crate) enum CatalogChange {
    /// By this request.
    Read(catalog::Change),
    /// By one of many that wait for the same.
    Followed(Arc<FollowedChange>),
}

impl CatalogChange {
    fn change(&self) -> &catalog::Change {
        match self {
            Self::Read(change) => change,
            Self::Followed(followed) => &followed.change,
        }
    }
}

/// One kind of change to one set, in one generation.
#[Object]
impl CatalogChange {
    /// Grows by one with each change of a set.
    #[graphql(complexity = 0)]
    async fn generation(&self) -> i32 {
        generation(self.change().generation)
    }

    #[graphql(complexity = 0)]
    async fn kind(&self) -> ChangeKind {
        self.change().kind.into()
    }

    /// The set it happened to.
    #[graphql(complexity = 0)]
    async fn prefix(&self) -> &str {
        &self.change().prefix
    }

    /// How many names; aliases count.
    #[graphql(complexity = 0)]
    async fn count(&self) -> i32 {
        self.change().count
    }

    /// The names, ascending, from the one after `after` on.
    // Names are words of one statement's row: as objects, a hundred of each of a hundred changes would cost too much.
    #[graphql(complexity = "1 + cost_of_page(Some(first), None) / 10")]
    async fn names(
        &self,
        context: &Context<'_>,
        #[graphql(default = 100)] first: i32,
        after: Option<IconNameScalar>,
    ) -> Result<Vec<IconNameScalar>, Error> {
        let limit = first_or_default(context, first)?;
        let change = self.change();
        if after.as_ref().is_some_and(|after| after.0.prefix() != change.prefix) {
            return Err(bad_user_input(format!(
                "`after` must be a name of this change's set, {}",
                change.prefix
            )));
        }
        let loaders = loaders(context);
        let names = match (self, after) {
            (Self::Followed(followed), None) => {
                let names = followed.names(loaders.catalog(), limit).await;
                names.map_err(|error| Failure::log(&error))?
            }
            (_, after) => {
                let key = ChangeNamesKey {
                    generation: change.generation,
                    kind: change.kind,
                    prefix: change.prefix.clone(),
                    after: after.map(|after| after.0.key().to_owned()),
                    limit,
                };
                loaders.change_names.one(&key).await?.unwrap_or_default()
            }
        };
        Ok(names.into_iter().map(IconNameScalar).collect())
    }

    /// When it was written.
    #[graphql(complexity = 0)]
    async fn at(&self) -> DateTime {
        DateTime::from_unix_ms(self.change().at_ms)
    }
}
