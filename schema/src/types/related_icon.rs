use async_graphql::{Context, Error, SimpleObject};
use domain::{catalog, usage::RelatedKey};

use super::icon::Icon;
use crate::{loaders::loaders, paging::first_or_default};

/// What an icon costs however few are wanted: many are weighed to find them.
pub(crate) const COST: usize = 20;

/// An icon that is used together with another.
#[derive(SimpleObject)]
pub(crate) struct RelatedIcon {
    #[graphql(complexity = "child_complexity")]
    icon: Icon,
    /// Lift over chance: how many times as many sessions used both as would if they were used without regard to each other.
    #[graphql(complexity = 0)]
    score: f64,
    /// Sessions that used both on one day, each day counted for itself.
    #[graphql(complexity = 0)]
    support: i32,
}

/// What is used together with an icon, at most `first`.
pub(crate) async fn read(context: &Context<'_>, icon: &catalog::Icon, first: i32) -> Result<Vec<RelatedIcon>, Error> {
    let key = RelatedKey {
        icon: icon.id,
        first: first_or_default(context, first)?,
    };
    let loaders = loaders(context);
    loaders.shows_figures();
    // Which of them are hidden is read as well.
    loaders.catalog().has_shown_everything();
    let related = loaders.related.one(&key).await?.unwrap_or_default();
    let ids: Vec<_> = related.iter().map(|related| related.icon).collect();
    let icons = loaders.by_id.many(&ids).await?;
    // One may have gone in the meantime.
    let related = related.iter().zip(icons).filter_map(|(related, icon)| {
        Some(RelatedIcon {
            icon: Icon(icon?),
            score: related.lift,
            support: i32::try_from(related.support).unwrap_or(i32::MAX),
        })
    });
    Ok(related.collect())
}
