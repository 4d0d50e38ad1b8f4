use std::sync::Arc;

use async_graphql::SimpleObject;
use domain::catalog::{self, Page};

use super::icon::Icon;
use crate::{cursor, paging::PageInfo};

pub(crate) struct IconConnection {
    page: Page<Arc<catalog::Icon>>,
    total: i32,
}

impl IconConnection {
    /// A set that has gone since has no page, which shows as an empty one.
    pub(crate) fn new(page: Option<Page<Arc<catalog::Icon>>>, total: i32) -> Self {
        Self {
            page: page.unwrap_or(Page {
                items: Vec::new(),
                has_previous: false,
                has_next: false,
            }),
            total,
        }
    }
}

/// An icon's place in a list.
#[derive(SimpleObject)]
pub(crate) struct IconEdge {
    #[graphql(complexity = 0)]
    cursor: String,
    #[graphql(complexity = "child_complexity")]
    node: Icon,
}

/// A page of icons.
#[async_graphql::Object]
impl IconConnection {
    #[graphql(complexity = "child_complexity")]
    async fn edges(&self) -> Vec<IconEdge> {
        self.page
            .items
            .iter()
            .map(|icon| IconEdge {
                cursor: cursor::of_icon(&icon.name),
                node: Icon(Arc::clone(icon)),
            })
            .collect()
    }

    /// The icons without their cursors.
    #[graphql(complexity = "child_complexity")]
    async fn nodes(&self) -> Vec<Icon> {
        self.page.items.iter().map(|icon| Icon(Arc::clone(icon))).collect()
    }

    #[graphql(complexity = 0)]
    async fn page_info(&self) -> PageInfo {
        let cursor = |icon: Option<&Arc<catalog::Icon>>| icon.map(|icon| cursor::of_icon(&icon.name));
        PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.page.has_previous,
            start_cursor: cursor(self.page.items.first()),
            end_cursor: cursor(self.page.items.last()),
        }
    }

    /// Icons in the whole list.
    #[graphql(complexity = 0)]
    async fn total_count(&self) -> i32 {
        self.total
    }
}
