use std::sync::Arc;

use async_graphql::{Context, Error, SimpleObject};
use domain::{
    catalog::{self, Page, SetFilter, SetOrder},
    usage::Standings,
};

use super::icon_set::IconSet;
use crate::{cursor, errors::Failure, loaders::loaders, paging::PageInfo};

pub(crate) struct IconSetConnection {
    pub(crate) page: Page<Arc<catalog::IconSet>>,
    pub(crate) order: SetOrder,
    pub(crate) filter: SetFilter,
    /// By which the order may be.
    pub(crate) standings: Arc<Standings>,
}

/// A set's place in a list.
#[derive(SimpleObject)]
pub(crate) struct IconSetEdge {
    #[graphql(complexity = 0)]
    cursor: String,
    #[graphql(complexity = "child_complexity")]
    node: IconSet,
}

/// A page of sets.
#[async_graphql::Object]
impl IconSetConnection {
    #[graphql(complexity = "child_complexity")]
    async fn edges(&self) -> Vec<IconSetEdge> {
        self.page
            .items
            .iter()
            .map(|set| IconSetEdge {
                cursor: self.cursor_of(set),
                node: IconSet(Arc::clone(set)),
            })
            .collect()
    }

    /// The sets without their cursors.
    #[graphql(complexity = "child_complexity")]
    async fn nodes(&self) -> Vec<IconSet> {
        self.page.items.iter().map(|set| IconSet(Arc::clone(set))).collect()
    }

    #[graphql(complexity = 0)]
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.page.has_previous,
            start_cursor: self.page.items.first().map(|set| self.cursor_of(set)),
            end_cursor: self.page.items.last().map(|set| self.cursor_of(set)),
        }
    }

    /// Sets in the whole list.
    #[graphql(complexity = 1)]
    async fn total_count(&self, context: &Context<'_>) -> Result<i32, Error> {
        let count = loaders(context)
            .catalog()
            .set_count(&self.filter)
            .await
            .map_err(|error| Failure::log(&error))?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }
}

impl IconSetConnection {
    fn cursor_of(&self, set: &catalog::IconSet) -> String {
        cursor::of_set(self.order, &self.order.position(set, &self.standings))
    }
}
