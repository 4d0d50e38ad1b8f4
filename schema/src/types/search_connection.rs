use std::sync::Arc;

use async_graphql::{Context, Enum, Error, Object, SimpleObject};
use domain::{
    catalog::Page,
    search::{self, Hit, Matches, Order, SearchRequest, compute},
    usage::UsageWindow,
};

use super::{change::generation, icon::Icon, search_facets::SearchFacets};
use crate::{
    cursor,
    loaders::loaders,
    paging::{PageInfo, cost_beside_items, first_or_default},
    serialized::SerializedIcons,
};

/// How the results of a search are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum SearchOrder {
    /// Best match first; without anything to match, by name.
    Relevance,
    /// By `prefix:name`, ascending.
    Name,
    /// What came to the catalog last comes first; of one time, by name.
    Newest,
    /// What was used most in the last 30 days first; what was not, shorter names first.
    Popularity,
    /// What is used more than was to be expected in the last 24 hours, by how much that surprises; then the rest, shorter names first.
    Trending,
}

impl From<SearchOrder> for Order {
    fn from(order: SearchOrder) -> Self {
        match order {
            SearchOrder::Relevance => Self::Relevance,
            SearchOrder::Name => Self::Name,
            SearchOrder::Newest => Self::Newest,
            SearchOrder::Popularity => Self::Popularity,
            SearchOrder::Trending => Self::Trending(UsageWindow::Day),
        }
    }
}

/// What of an icon met the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "search::MatchedField")]
pub(crate) enum MatchedField {
    /// A word of the name, or its beginning.
    Name,
    /// A word of an alias.
    Alias,
    /// A word of a tag.
    Tag,
    /// A word of a category.
    Category,
    /// A word that stands for the icon.
    Synonym,
    /// The set's name.
    Set,
    /// The character that stands for the icon.
    Character,
    /// The query was taken to be misspelt.
    Typo,
}

/// A found icon's place in a list.
#[derive(SimpleObject)]
pub(crate) struct SearchEdge {
    #[graphql(complexity = 0)]
    cursor: String,
    #[graphql(complexity = "child_complexity")]
    node: Icon,
    /// How well it matches: at most 1, above 0, and never rising along a list by relevance.
    #[graphql(complexity = 0)]
    score: f64,
    /// Why it is here, each reason once; nothing where nothing was asked.
    #[graphql(complexity = 0)]
    matched_on: Vec<MatchedField>,
}

pub(crate) struct SearchConnection {
    request: SearchRequest,
    matches: Arc<Matches>,
    page: Page<Hit>,
}

impl SearchConnection {
    pub(crate) fn new(request: SearchRequest, matches: Arc<Matches>, page: Page<Hit>) -> Self {
        Self { request, matches, page }
    }

    /// The page's icons with their hits. One that went since the index was made is left out.
    async fn found(&self, context: &Context<'_>) -> Result<Vec<(&Hit, Icon)>, Error> {
        let ids: Vec<_> = self.page.items.iter().map(|hit| hit.id).collect();
        let icons = loaders(context).icons_found(&ids, self.matches.generation()).await?;
        let found = self.page.items.iter().zip(icons);
        Ok(found.filter_map(|(hit, icon)| Some((hit, Icon(icon?)))).collect())
    }
}

/// A page of what a search found.
#[Object]
impl SearchConnection {
    #[graphql(complexity = "child_complexity")]
    async fn edges(&self, context: &Context<'_>) -> Result<Vec<SearchEdge>, Error> {
        let found = self.found(context).await?.into_iter();
        Ok(found
            .map(|(hit, node)| SearchEdge {
                cursor: cursor::of_hit(&self.request, &hit.position),
                node,
                score: hit.score,
                matched_on: hit.matched_on.iter().copied().map(MatchedField::from).collect(),
            })
            .collect())
    }

    /// The icons without their cursors.
    #[graphql(complexity = "child_complexity")]
    async fn nodes(&self, context: &Context<'_>) -> Result<SerializedIcons, Error> {
        let icons = self.found(context).await?.into_iter().map(|(_, icon)| icon);
        Ok(SerializedIcons(icons.collect()))
    }

    #[graphql(complexity = 0)]
    async fn page_info(&self) -> PageInfo {
        let cursor = |hit: Option<&Hit>| hit.map(|hit| cursor::of_hit(&self.request, &hit.position));
        PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.page.has_previous,
            start_cursor: cursor(self.page.items.first()),
            end_cursor: cursor(self.page.items.last()),
        }
    }

    /// Icons in the whole list, exactly.
    #[graphql(complexity = "cost_beside_items(1)")]
    async fn total_count(&self) -> i32 {
        let total = compute(|| self.matches.total()).await;
        i32::try_from(total).unwrap_or(i32::MAX)
    }

    /// Counts over the whole result, each facet computed without its own filter: the most frequent values first.
    #[graphql(complexity = "cost_beside_items(20 + child_complexity)")]
    async fn facets(&self, context: &Context<'_>, #[graphql(default = 20)] first: i32) -> Result<SearchFacets, Error> {
        let first = first_or_default(context, first)?;
        Ok(SearchFacets(compute(|| self.matches.facets(first as usize)).await))
    }

    /// The query as it was probably meant, where it finds little as it was typed. What that finds is in the list, at its end.
    #[graphql(complexity = "cost_beside_items(1)")]
    async fn corrected_query(&self) -> Option<&str> {
        compute(|| self.matches.corrected_query()).await
    }

    /// The catalog's generation that was searched.
    #[graphql(complexity = 0)]
    async fn generation(&self) -> i32 {
        generation(self.matches.generation())
    }
}
