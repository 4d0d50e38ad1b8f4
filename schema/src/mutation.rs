//! The table of contents: what can be changed.

use async_graphql::{Context, Error, Object};

use crate::{
    limits::cost_of,
    types::{
        delete_icons::{self, DeleteIconsInput, DeleteIconsPayload},
        put_icons::{self, PutIconsInput, PutIconsPayload},
        put_synonyms::{self, PutSynonymsInput, PutSynonymsPayload},
    },
};

pub(crate) struct Mutation;

/// What can be changed. Fields run one after another, and each does all that it is asked or nothing.
#[Object]
impl Mutation {
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
}
