use async_graphql::{Context, Error, ID, Interface};

use domain::access::Scope;

use super::{alert::Alert, icon::Icon, icon_set::IconSet, job::Job};
use crate::{authority, global_id::GlobalId, loaders::loaders};

/// Anything that can be fetched again by its id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Stays the same for ever, imports included."))]
pub(crate) enum Node {
    Icon(Icon),
    IconSet(IconSet),
    Job(Job),
    Alert(Alert),
}

/// The node of an id, if it exists.
pub(crate) async fn find(context: &Context<'_>, id: &ID) -> Result<Option<Node>, Error> {
    Ok(match GlobalId::parse(id)? {
        GlobalId::Icon(name) => {
            let icon = loaders(context).by_name.one(&name).await?;
            // A code point finds an icon of another name, and an id is good for its own name alone.
            icon.filter(|icon| icon.name == name).map(|icon| Node::Icon(Icon(icon)))
        }
        GlobalId::IconSet(prefix) => loaders(context)
            .sets
            .one(prefix.as_str())
            .await?
            .map(|set| Node::IconSet(IconSet(set))),
        GlobalId::Job(id) => loaders(context).jobs.one(&id).await?.map(|job| Node::Job(Job(job))),
        GlobalId::Alert(id) => {
            authority::require(context, Scope::MetricsRead)?;
            let alert = loaders(context).alerts.one(&id).await?;
            alert.map(|alert| Node::Alert(Alert(alert)))
        }
    })
}
