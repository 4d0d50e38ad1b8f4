use async_graphql::{SimpleObject, Union};

use super::icon::Icon;
use crate::scalars::IconNameScalar;

/// What became of one name of a batch.
#[derive(Union)]
pub(crate) enum IconResult {
    Icon(Icon),
    NotFound(IconNotFound),
    InvalidName(InvalidIconName),
}

/// A well-formed name that no icon has.
#[derive(SimpleObject)]
pub(crate) struct IconNotFound {
    #[graphql(complexity = 0)]
    pub(crate) name: IconNameScalar,
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
