//! The questions that the search index answers.

use std::sync::Arc;

use async_graphql::{Context, Error};
use domain::{
    catalog::{IconId, PageBounds},
    search::{Matches, Order, SearchRequest, compute},
    usage::Rising,
};

use crate::{
    cursor,
    errors::{LimitExceeded, bad_user_input, search_failed},
    limits::Limits,
    loaders::loaders,
    paging::{PageArguments, first_or_default, size_or_default},
    types::{
        icon::Icon,
        icon_filter::IconFilter,
        search_connection::{SearchConnection, SearchOrder},
        search_page::{MAX_PAGES, SearchPage},
        set_coverage::SetCoverage,
        suggestion::Suggestion,
        trending::TrendingIcon,
        usage::UsageWindow,
    },
};

pub(super) async fn connection(
    context: &Context<'_>,
    query: String,
    filter: Option<IconFilter>,
    order: SearchOrder,
    page: &PageArguments,
) -> Result<SearchConnection, Error> {
    let request = request(context, query, filter, order)?;
    let bounds = page.bounds(context.data_unchecked::<Limits>(), |cursor| {
        cursor::hit(cursor, &request)
    })?;
    // One turn for all of it: each costs the threads a switch.
    let found = compute(|| {
        let matches = find(context, &request)?;
        let page = matches.page(&bounds);
        Ok::<_, Error>((matches, page))
    });
    let (matches, page) = found.await?;
    Ok(SearchConnection::new(request, matches, page))
}

pub(super) async fn pages(
    context: &Context<'_>,
    query: String,
    filter: Option<IconFilter>,
    order: SearchOrder,
    (numbers, size): (&[i32], i32),
) -> Result<Vec<SearchPage>, Error> {
    if numbers.len() > MAX_PAGES {
        return Err(LimitExceeded {
            limit: "maxPages",
            max: MAX_PAGES,
            actual: Some(numbers.len()),
        }
        .into());
    }
    let numbers: Vec<u32> = numbers
        .iter()
        .map(|number| u32::try_from(*number).map_err(|_| bad_user_input("pages are counted from 0")))
        .collect::<Result<_, _>>()?;
    let size = size_or_default(context, size)?;
    let request = request(context, query, filter, order)?;
    let found = compute(|| {
        let matches = find(context, &request)?;
        let pages = matches.numbered_pages(&numbers, size);
        Ok::<_, Error>((matches.total(), matches, pages))
    });
    let (total, matches, pages) = found.await?;
    Ok(numbers
        .iter()
        .zip(pages)
        .map(|(number, hits)| SearchPage {
            number: *number,
            size,
            total,
            generation: matches.generation(),
            hits,
        })
        .collect())
}

pub(super) async fn covering(
    context: &Context<'_>,
    concepts: &[String],
    first: i32,
) -> Result<Vec<SetCoverage>, Error> {
    let first = first_or_default(context, first)?;
    let search = loaders(context).search();
    let found = compute(|| search.sets_covering(concepts, first as usize)).await;
    let sets = found.map_err(|error| search_failed(&error))?;
    Ok(sets
        .into_iter()
        .map(|coverage| SetCoverage {
            coverage,
            concepts: concepts.to_vec(),
        })
        .collect())
}

pub(super) async fn suggestions(
    context: &Context<'_>,
    text: &str,
    filter: Option<IconFilter>,
    first: i32,
) -> Result<Vec<Suggestion>, Error> {
    let first = first_or_default(context, first)?;
    let filter = filter.unwrap_or_default().into_domain(context)?;
    let search = loaders(context).search();
    let found = compute(|| search.suggest(text, &filter, first as usize)).await;
    let suggestions = found.map_err(|error| search_failed(&error))?;
    Ok(suggestions.into_iter().map(Suggestion::from).collect())
}

pub(super) async fn trending(
    context: &Context<'_>,
    window: UsageWindow,
    filter: Option<IconFilter>,
    first: i32,
) -> Result<Vec<TrendingIcon>, Error> {
    let bounds = PageBounds {
        limit: first_or_default(context, first)?,
        backward: false,
        after: None,
        before: None,
    };
    let request = SearchRequest {
        query: String::new(),
        filter: filter.unwrap_or_default().into_domain(context)?,
        order: Order::Trending(window.into()),
    };
    let found = compute(|| {
        let matches = find(context, &request)?;
        let page = matches.page(&bounds);
        Ok::<_, Error>(page.items.iter().map_while(|hit| matches.rising(hit)).collect())
    });
    let rising: Vec<Rising> = found.await?;
    let ids: Vec<IconId> = rising.iter().map(|rising| rising.icon).collect();
    let icons = loaders(context).by_id.many(&ids).await?;
    let found = rising.into_iter().zip(icons);
    Ok(found
        .filter_map(|(rising, icon)| {
            Some(TrendingIcon {
                icon: Icon(icon?),
                count: i32::try_from(rising.count).unwrap_or(i32::MAX),
                surprise: rising.surprise,
                change: rising.change,
            })
        })
        .collect())
}

fn request(
    context: &Context<'_>,
    query: String,
    filter: Option<IconFilter>,
    order: SearchOrder,
) -> Result<SearchRequest, Error> {
    Ok(SearchRequest {
        query,
        filter: filter.unwrap_or_default().into_domain(context)?,
        order: order.into(),
    })
}

fn find(context: &Context<'_>, request: &SearchRequest) -> Result<Arc<Matches>, Error> {
    let loaders = loaders(context);
    loaders.shows_standings();
    let found = loaders.search().find(request);
    found.map_err(|error| search_failed(&error))
}
