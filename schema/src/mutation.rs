//! The table of contents: what can be changed.

use async_graphql::{Context, Error, Object};

use crate::{
    limits::cost_of,
    types::{
        alert::{self, AcknowledgeAlertInput, AcknowledgeAlertPayload},
        delete_icons::{self, DeleteIconsInput, DeleteIconsPayload},
        invalidate_cache::{self, InvalidateCacheInput, InvalidateCachePayload},
        job::{self, CancelJobInput, CancelJobPayload},
        put_icons::{self, PutIconsInput, PutIconsPayload},
        put_synonyms::{self, PutSynonymsInput, PutSynonymsPayload},
        record_usage::{self, RecordUsageInput, RecordUsagePayload},
        switch::{self, SetSwitchInput, SetSwitchPayload},
        warm_cache::{self, WarmCacheInput, WarmCachePayload},
    },
};

pub(crate) struct Mutation;

/// What can be changed. Fields run one after another, and each does all that it is asked or nothing.
#[Object]
impl Mutation {
    /// Records what was done with icons. What is counted in `accepted` survives the death of the server. Needs scope `usage:write`.
    ///
    /// An event with an `id` counts once, whichever request or instance brought it: whoever got no answer sends it again. What is
    /// wrong with an event concerns that one alone.
    #[graphql(complexity = "1 + input.events.len()")]
    async fn record_usage(
        &self,
        context: &Context<'_>,
        input: RecordUsageInput,
    ) -> Option<Result<RecordUsagePayload, Error>> {
        Some(record_usage::record(context, input).await)
    }

    /// Puts icons into a set, all of them or none. Needs scope `admin`.
    ///
    /// An icon that exists is replaced, its tags too, and is shown if it was hidden; its aliases draw it as it is now. An alias
    /// becomes an icon of its own. Searches find what is there now. Importing the set again makes it what its file says.
    #[graphql(complexity = "1 + cost_of(input.icons.len(), 1 + child_complexity)")]
    async fn put_icons(&self, context: &Context<'_>, input: PutIconsInput) -> Option<Result<PutIconsPayload, Error>> {
        Some(put_icons::put(context, &input).await)
    }

    /// Deletes icons and aliases by name, all of them or none. Needs scope `admin`.
    ///
    /// What others are aliases of goes only together with them. Importing the set again makes it what its file says.
    #[graphql(complexity = "1 + input.names.len() + child_complexity")]
    async fn delete_icons(
        &self,
        context: &Context<'_>,
        input: DeleteIconsInput,
    ) -> Option<Result<DeleteIconsPayload, Error>> {
        Some(delete_icons::delete(context, input).await)
    }

    /// Adds groups of words that mean the same: a search for one of them finds icons of the others. Needs scope `admin`.
    ///
    /// A group that is stored already stays as it is. Groups survive every import, and are searched at once.
    #[graphql(complexity = "1 + input.groups.len() + child_complexity")]
    async fn put_synonyms(
        &self,
        context: &Context<'_>,
        input: PutSynonymsInput,
    ) -> Option<Result<PutSynonymsPayload, Error>> {
        Some(put_synonyms::put(context, &input).await)
    }

    /// Has what is kept be read again, in memory and in Redis, on every instance: nothing that was read before is shown from now on.
    /// Whoever changes the database by hand says so by this. Needs scope `admin`.
    ///
    /// It counts as a generation of the catalog, in which nothing changed.
    #[graphql(complexity = "1 + child_complexity")]
    async fn invalidate_cache(
        &self,
        context: &Context<'_>,
        input: InvalidateCacheInput,
    ) -> Option<Result<InvalidateCachePayload, Error>> {
        Some(invalidate_cache::invalidate(context, input).await)
    }

    /// Has icons be read before anybody asks, so that they are in the memory of the instance that does the job, and in Redis for all.
    /// Needs scope `admin`.
    #[graphql(complexity = "1 + input.prefixes.len() + child_complexity")]
    async fn warm_cache(
        &self,
        context: &Context<'_>,
        input: WarmCacheInput,
    ) -> Option<Result<WarmCachePayload, Error>> {
        Some(warm_cache::warm(context, input).await)
    }

    /// Notes that somebody has seen an alert, which goes on firing until its cause is gone. Needs scope `admin`.
    #[graphql(complexity = "1 + child_complexity")]
    async fn acknowledge_alert(
        &self,
        context: &Context<'_>,
        input: AcknowledgeAlertInput,
    ) -> Option<Result<AcknowledgeAlertPayload, Error>> {
        Some(alert::acknowledge(context, &input).await)
    }

    /// Ends a job before it has done all. Needs scope `admin`.
    #[graphql(complexity = "1 + child_complexity")]
    async fn cancel_job(
        &self,
        context: &Context<'_>,
        input: CancelJobInput,
    ) -> Option<Result<CancelJobPayload, Error>> {
        Some(job::cancel(context, &input).await)
    }

    /// Turns a kill switch at run time, on every instance that runs: on the one that answers at once, on the others within a
    /// second. An instance that starts later begins as it is configured. Needs scope `admin`.
    #[graphql(complexity = "1 + child_complexity")]
    async fn set_switch(
        &self,
        context: &Context<'_>,
        input: SetSwitchInput,
    ) -> Option<Result<SetSwitchPayload, Error>> {
        Some(switch::set(context, &input).await)
    }
}
