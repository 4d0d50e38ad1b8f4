//! The table of contents: what can be changed.

use async_graphql::{Context, Error, Object};

use crate::types::{
    put_synonyms::{self, PutSynonymsInput, PutSynonymsPayload},
    switch::{self, SetSwitchInput, SetSwitchPayload},
};

pub(crate) struct Mutation;

/// What can be changed. Fields run one after another, and each does all that it is asked or nothing.
#[Object]
impl Mutation {
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
