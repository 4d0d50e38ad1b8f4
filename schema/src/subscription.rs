//! The table of contents: what can be followed.

mod interval;
mod root;

use async_graphql::{Context, Error, ID, Subscription};
use domain::access::Scope;
use futures_util::{Stream, stream};

use crate::{
    authority,
    errors::Failure,
    loaders::loaders,
    types::{
        alert::{self, Alert},
        change::CatalogChange,
        job::{self, Job},
        metrics_snapshot::{self, MetricsScope, MetricsSnapshot},
        usage_feed::{self, UsageFeedFilter, UsageTick},
    },
};
pub(crate) use interval::interval_of;
pub(crate) use root::write_out_roots;

pub(crate) struct Subscription;

/// What can be followed. An operation has one of these fields.
#[Subscription]
#[expect(clippy::unused_async, reason = "the library takes no other functions")]
impl Subscription {
    /// A snapshot at once, then one per interval (ms, 250 to 60000). Who reads more slowly misses some, and always reads the
    /// newest. Of a fleet that nobody follows yet, the first waits a second for the other instances to tell how they do. Needs scope
    /// metrics:read.
    async fn live_metrics(
        &self,
        context: &Context<'_>,
        #[graphql(default = 1000)] interval_ms: i32,
        #[graphql(default_with = "MetricsScope::Instance")] scope: MetricsScope,
    ) -> Result<impl Stream<Item = MetricsSnapshot> + use<>, Error> {
        authority::require(context, Scope::MetricsRead)?;
        metrics_snapshot::live(context, interval_ms, scope)
    }

    /// Usage as it is recorded, summed per interval (ms, 250 to 60000), from every instance: what passes the filter. Nothing of it is kept
    /// for who reads slowly, and what another instance recorded is lost here while Redis is away. Needs scope analytics:read.
    async fn usage_feed(
        &self,
        context: &Context<'_>,
        filter: Option<UsageFeedFilter>,
        #[graphql(default = 1000)] interval_ms: i32,
    ) -> Result<impl Stream<Item = UsageTick> + use<>, Error> {
        authority::require(context, Scope::AnalyticsRead)?;
        usage_feed::follow(context, filter.unwrap_or_default(), interval_ms)
    }

    /// Every alert as it fires or is resolved, on whatever instance, the active ones first. What others fire is told within a second. Who reads
    /// slowly may miss some. Needs scope metrics:read.
    async fn alerts(&self, context: &Context<'_>) -> Result<impl Stream<Item = Alert> + use<>, Error> {
        authority::require(context, Scope::MetricsRead)?;
        Ok(alert::follow(context))
    }

    /// Progress of a long job until it ends: how it stands at once, and then whenever that has changed. Who reads slowly is told
    /// of the newest. Needs the job's id, which nobody can guess, and no scope.
    async fn job(&self, context: &Context<'_>, id: ID) -> Result<impl Stream<Item = Job> + use<>, Error> {
        job::follow(context, &id).await
    }

    /// What is added, changed, hidden or removed from now on, by whatever instance, oldest first. Who was away asks `changes`
    /// for what happened since the last generation they saw.
    async fn catalog_changed(&self, context: &Context<'_>) -> Result<impl Stream<Item = CatalogChange> + use<>, Error> {
        let loaders = loaders(context);
        let newest = loaders.search().newest_generation();
        let follower = loaders
            .catalog()
            .follow(newest)
            .await
            .map_err(|error| Failure::log(&error))?;
        Ok(stream::unfold(follower, |mut follower| async move {
            let change = follower.next().await?;
            Some((CatalogChange::Followed(change), follower))
        }))
    }
}
