use std::sync::Arc;

use async_graphql::{Context, Error, SimpleObject};
use domain::{
    catalog::{self, IconName, Page, PageBounds},
    search::{Order, Position, SearchRequest, compute},
};

use super::{icon::Icon, icon_filter::IconFilter};
use crate::{cursor, errors::search_failed, loaders::loaders, paging::PageInfo, serialized::SerializedIcons};

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

    /// The icons of the set `prefix` that pass a filter.
    pub(crate) async fn filtered(
        context: &Context<'_>,
        prefix: &str,
        filter: IconFilter,
        bounds: PageBounds<IconName>,
    ) -> Result<Self, Error> {
        let request = SearchRequest {
            // What is typed applies beside the filter, whichever sets that names.
            query: format!("prefix:{prefix}"),
            filter: filter.into_domain(context)?,
            order: Order::Name,
        };
        let loaders = loaders(context);
        let position = |name: IconName| Position::Named {
            name: name.as_str().to_owned(),
        };
        let bounds = PageBounds {
            limit: bounds.limit,
            backward: bounds.backward,
            after: bounds.after.map(position),
            before: bounds.before.map(position),
        };
        let search = loaders.search();
        let found = compute(|| {
            let matches = search.find(&request)?;
            Ok((matches.page(&bounds), matches.total()))
        });
        let (page, total) = found.await.map_err(|error| search_failed(&error))?;
        let ids: Vec<_> = page.items.iter().map(|hit| hit.id).collect();
        let items = loaders.by_id.many(&ids).await?.into_iter().flatten().collect();
        let page = Page {
            items,
            has_previous: page.has_previous,
            has_next: page.has_next,
        };
        Ok(Self::new(Some(page), i32::try_from(total).unwrap_or(i32::MAX)))
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
    async fn nodes(&self) -> SerializedIcons {
        let icons = self.page.items.iter().map(|icon| Icon(Arc::clone(icon)));
        SerializedIcons(icons.collect())
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
