//! The pages that the binary brings along, from files of its own.

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use rust_embed::RustEmbed;

use super::not_found;
use crate::router::AppState;

#[derive(RustEmbed)]
#[folder = "assets/pages"]
struct Pages;

/// Nothing from other hosts, and nothing that was not built with the page. GraphiQL's editor writes its own styles.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// File names carry a hash of their content.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

const NOT_BUILT: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>iconql</title>\
     <meta name=color-scheme content='light dark'><h1>This page is not built</h1>\
     <p>Run <code>make ui</code>, then build the server again. GraphQL itself answers at <code>/graphql</code>.";

/// A page comes with a session for what it sends back.
pub(crate) async fn graphiql(State(state): State<AppState>) -> Response {
    let session = [(header::SET_COOKIE, state.sessions.cookie())];
    match Pages::get("graphiql/index.html") {
        Some(page) => (
            session,
            [
                // One visitor's session is none of another's.
                (header::CACHE_CONTROL, "private, no-cache"),
                (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
            ],
            Html(page.data.into_owned()),
        )
            .into_response(),
        None => (StatusCode::NOT_FOUND, session, Html(NOT_BUILT)).into_response(),
    }
}

pub(crate) async fn file(State(state): State<AppState>, Path(file): Path<String>) -> Response {
    if file == "index.html" {
        return graphiql(State(state)).await;
    }
    match Pages::get(&format!("graphiql/{file}")) {
        Some(asset) => {
            let content_type = asset.metadata.mimetype().to_owned();
            let cache = if file.starts_with("assets/") {
                IMMUTABLE
            } else {
                "no-cache"
            };
            let headers = [
                (header::CONTENT_TYPE, content_type),
                (header::CACHE_CONTROL, cache.to_owned()),
                (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY.to_owned()),
            ];
            (headers, asset.data.into_owned()).into_response()
        }
        None => not_found().await.into_response(),
    }
}
