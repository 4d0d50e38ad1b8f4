//! The table of contents: what can be followed.

mod root;

use async_graphql::{Context, Error, Subscription};
use futures_util::{Stream, stream};

use crate::{errors::Failure, loaders::loaders, types::change::CatalogChange};
pub(crate) use root::write_out_roots;

pub(crate) struct Subscription;

/// What can be followed. An operation has one of these fields.
#[Subscription]
impl Subscription {
    /// What is added, changed, hidden or removed from now on, by whatever instance, oldest first. Who was away asks `changes`
    /// for what happened since the last generation they saw.
    async fn catalog_changed(&self, context: &Context<'_>) -> Result<impl Stream<Item = CatalogChange> + use<>, Error> {
        let loaders = loaders(context);
        let newest = loaders.search().newest_generation();
        let followed = loaders.catalog().follow(newest).await;
        let follower = followed.map_err(|error| Failure::log(&error))?;
        Ok(stream::unfold(follower, |mut follower| async move {
            let change = follower.next().await?;
            Some((CatalogChange::Followed(change), follower))
        }))
    }
}
