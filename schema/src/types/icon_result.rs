use async_graphql::{ComplexObject, Context, SimpleObject, Union};

use super::icon::Icon;
use crate::{loaders::loaders, scalars::IconNameScalar};

/// What became of one name of a batch.
#[derive(Union)]
pub(crate) enum IconResult {
    Icon(Icon),
    NotFound(IconNotFound),
    InvalidName(InvalidIconName),
}

/// A well-formed name that no icon has.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct IconNotFound {
    #[graphql(complexity = 0)]
    pub(crate) name: IconNameScalar,
}

#[ComplexObject]
impl IconNotFound {
    /// Closest existing names, at most 5, the closest first: in the same set, or one whose prefix is alike, names with the same
    /// words or another spelling; then the same name in other sets. Empty while the search index is being made.
    #[graphql(complexity = 4)]
    async fn did_you_mean(&self, context: &Context<'_>) -> Vec<IconNameScalar> {
        let closest = loaders(context).closest(&self.name.0).await;
        closest.into_iter().map(IconNameScalar).collect()
    }
}

/// A text that is no icon name.
#[derive(SimpleObject)]
pub(crate) struct InvalidIconName {
    /// As it was sent, cut after 200 characters.
    #[graphql(complexity = 0)]
    pub(crate) input: String,
    #[graphql(complexity = 0)]
    pub(crate) message: String,
}
