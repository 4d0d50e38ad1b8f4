//! The search for those who speak no GraphQL.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::header,
    response::{IntoResponse as _, Response},
};
use domain::{
    catalog::Icon,
    search::{
        Filter, Hit, MAX_CONCEPTS, MAX_QUERY_CHARACTERS, MAX_QUERY_WORDS, Order, SearchError, SearchRequest, compute,
    },
};
use schema::{Caller, Code};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Refused;
use crate::{
    middleware::rate_limit::{charge, tell},
    router::AppState,
};

/// Where pages of a search are.
pub(crate) const ROUTE: &str = "/api/v1/search/batch";

/// Pages in one answer.
const MAX_PAGES: usize = 10;
/// Pages that are answered where none is named.
const FIRST_PAGE: &str = "0";
/// Icons of a page where no size is named, as in GraphQL.
const DEFAULT_SIZE: u32 = 24;

/// What is looked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchQuery {
    q: String,
    /// Numbers from 0, with commas.
    pages: Option<String>,
    size: Option<u32>,
    /// Sets, with commas.
    prefixes: Option<String>,
}

/// Several pages of one search, all of one generation. It costs as many icons as it may have.
pub(crate) async fn batch(
    State(state): State<AppState>,
    caller: Caller,
    query: Result<Query<BatchQuery>, QueryRejection>,
) -> Response {
    let asked = query
        .map_err(|error| Refused::bad(&error.body_text()))
        .and_then(|Query(query)| {
            let (pages, size) = (query.pages()?, query.size(state.max_page_size)?);
            Ok((query, pages, size))
        });
    let (query, pages, size) = match asked {
        Ok(asked) => asked,
        Err(refused) => return refused.into_response(),
    };
    let cost = u32::try_from(pages.len()).unwrap_or(u32::MAX).saturating_mul(size);
    match charge(&state, &caller, cost).await {
        Ok(budget) => tell(answer(&state, &query, &pages, size).await, budget),
        Err(refusal) => *refusal,
    }
}

async fn answer(state: &AppState, query: &BatchQuery, pages: &[u32], size: u32) -> Response {
    let request = query.request();
    let found = compute(|| {
        let matches = state.search.find(&request)?;
        let found = matches.numbered_pages(pages, size);
        // Worked out now, and known from then on.
        let total = matches.total();
        let _ = matches.corrected_query();
        Ok((matches, total, found))
    });
    let (matches, total, found) = match found.await {
        Ok(found) => found,
        Err(error) => return search_failed(&error).into_response(),
    };
    let ids: Vec<_> = found.iter().flatten().map(|hit| hit.id).collect();
    let catalog = state.catalog.counted_by(Arc::default());
    // As new as what was searched, at least.
    catalog.has_shown(matches.generation());
    let icons = match catalog.icons_by_id(&ids).await {
        Ok(icons) => icons,
        Err(error) => {
            tracing::error!(%error, "cannot read the icons of a search");
            let message = "The catalog cannot be read at the moment. Try again.";
            return Refused::new(Code::Unavailable, message).into_response();
        }
    };
    let pages: Vec<Value> = (pages.iter().zip(&found))
        .map(|(number, hits)| {
            let icons = hits.iter().filter_map(|hit| Some(shown(hit, icons.get(&hit.id)?)));
            json!({ "number": number, "icons": icons.collect::<Vec<_>>() })
        })
        .collect();
    let page = Json(json!({
        "query": query.q,
        "size": size,
        "totalCount": total,
        "totalPages": total.div_ceil(u64::from(size)),
        "correctedQuery": matches.corrected_query(),
        "generation": matches.generation(),
        "pages": pages,
    }));
    ([(header::CACHE_CONTROL, "no-store")], page).into_response()
}

fn shown(hit: &Hit, icon: &Icon) -> Value {
    json!({
        "name": icon.name.as_str(),
        "prefix": icon.name.prefix(),
        "key": icon.name.key(),
        "body": icon.body,
        "left": icon.view_box.left,
        "top": icon.view_box.top,
        "width": icon.view_box.width,
        "height": icon.view_box.height,
        "score": hit.score,
    })
}

impl BatchQuery {
    fn request(&self) -> SearchRequest {
        let prefixes = self.prefixes.as_deref().unwrap_or_default().split(',');
        SearchRequest {
            query: self.q.clone(),
            filter: Filter {
                prefixes: prefixes
                    .filter(|prefix| !prefix.is_empty())
                    .map(str::to_owned)
                    .collect(),
                ..Filter::default()
            },
            order: Order::Relevance,
        }
    }

    fn pages(&self) -> Result<Vec<u32>, Refused> {
        let numbers = self.pages.as_deref().unwrap_or(FIRST_PAGE).split(',');
        let count = numbers.clone().count();
        if count > MAX_PAGES {
            return Err(Refused::limit("maxPages", MAX_PAGES, count));
        }
        let numbers: Result<Vec<u32>, _> = numbers.map(|number| number.trim().parse()).collect();
        numbers.map_err(|_| Refused::bad("pages: numbers from 0 with commas between them, such as 0,1,2"))
    }

    fn size(&self, max: u32) -> Result<u32, Refused> {
        match self.size.unwrap_or(DEFAULT_SIZE.min(max)) {
            0 => Err(Refused::bad(&format!("size: 1 to {max}"))),
            size if size > max => Err(Refused::limit("maxPageSize", max as usize, size as usize)),
            size => Ok(size),
        }
    }
}

fn search_failed(error: &SearchError) -> Refused {
    match error {
        SearchError::QueryTooLong { characters } => {
            Refused::limit("maxQueryCharacters", MAX_QUERY_CHARACTERS, *characters)
        }
        SearchError::TooManyWords { words } => Refused::limit("maxQueryWords", MAX_QUERY_WORDS, *words),
        SearchError::TooManyConcepts { concepts } => Refused::limit("maxConcepts", MAX_CONCEPTS, *concepts),
        SearchError::NotReady | SearchError::Damaged => Refused::new(
            Code::Unavailable,
            "The search index is being made. Try again in a moment.",
        ),
        error => {
            tracing::error!(%error, "search failed");
            Refused::new(Code::Unavailable, "Nothing can be searched at the moment.")
        }
    }
}
