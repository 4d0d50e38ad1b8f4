use async_graphql::{Context, Error, Object};
use domain::search::Hit;

use super::icon::Icon;
use crate::{loaders::loaders, serialized::SerializedIcons};

/// Pages in one question.
pub(crate) const MAX_PAGES: usize = 10;

pub(crate) struct SearchPage {
    pub(crate) number: u32,
    pub(crate) size: u32,
    pub(crate) total: u64,
    /// The catalog's, that was searched.
    pub(crate) generation: i64,
    pub(crate) hits: Vec<Hit>,
}

/// A numbered page of what a search found.
#[Object]
impl SearchPage {
    /// From 0.
    #[graphql(complexity = 0)]
    async fn number(&self) -> i32 {
        i32::try_from(self.number).unwrap_or(i32::MAX)
    }

    /// Icons of a full page.
    #[graphql(complexity = 0)]
    async fn size(&self) -> i32 {
        i32::try_from(self.size).unwrap_or(i32::MAX)
    }

    /// Pages in all, the last of which may not be full.
    #[graphql(complexity = 0)]
    async fn total_pages(&self) -> i32 {
        i32::try_from(self.total.div_ceil(u64::from(self.size.max(1)))).unwrap_or(i32::MAX)
    }

    /// Icons in the whole list, exactly.
    #[graphql(complexity = 0)]
    async fn total_count(&self) -> i32 {
        i32::try_from(self.total).unwrap_or(i32::MAX)
    }

    /// The icons; none past the last page.
    #[graphql(complexity = "child_complexity")]
    async fn nodes(&self, context: &Context<'_>) -> Result<SerializedIcons, Error> {
        let ids: Vec<_> = self.hits.iter().map(|hit| hit.id).collect();
        let icons = loaders(context).icons_found(&ids, self.generation).await?;
        Ok(SerializedIcons(icons.into_iter().flatten().map(Icon).collect()))
    }
}
