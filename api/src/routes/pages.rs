//! The pages that the binary brings along, from files of its own.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use rust_embed::RustEmbed;

use super::not_found;
use crate::router::AppState;

#[derive(RustEmbed)]
#[folder = "assets/pages"]
struct Files;

/// A page: `assets/pages/{name}/index.html` at `path`, the files that it asks for at `/{name}/…`.
struct Page {
    name: &'static str,
    path: &'static str,
    /// What it may load and do, and nothing else; all of it from here.
    policy: &'static str,
    is_for_production: bool,
}

const PAGES: [Page; 3] = [
    Page {
        name: "browser",
        path: "/",
        policy: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        is_for_production: true,
    },
    Page {
        name: "dashboard",
        path: "/dashboard",
        policy: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        is_for_production: true,
    },
    Page {
        name: "graphiql",
        path: "/graphiql",
        // Its editor writes styles of its own.
        policy: "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
             object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        is_for_production: false,
    },
];

/// File names carry a hash of their content.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// A service worker lies beside its page's files, and is good for the page.
const SERVICE_WORKER: &str = "sw.js";
const SERVICE_WORKER_ALLOWED: HeaderName = HeaderName::from_static("service-worker-allowed");

const NOT_BUILT: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>iconql</title>\
     <meta name=color-scheme content='light dark'><h1>This page is not built</h1>\
     <p>Run <code>make ui</code>, then build the server again. GraphQL itself answers at <code>/graphql</code>.";

/// The routes of all pages, or of those that production has.
pub(crate) fn routes(is_production: bool) -> Router<AppState> {
    (PAGES.iter())
        .filter(|page| page.is_for_production || !is_production)
        .fold(Router::new(), |router, page| router.merge(page.routes()))
}

impl Page {
    fn routes(&'static self) -> Router<AppState> {
        let file = move |State(state), Path(file): Path<String>| async move {
            if file == "index.html" {
                self.show(&state)
            } else {
                self.file(&file).await
            }
        };
        let router = Router::new().route(&format!("/{}/{{*file}}", self.name), get(file));
        if self.path == "/" {
            // Programs that ask what is there are told as ever that nothing is.
            let root = move |State(state), headers: HeaderMap| async move {
                let answer = if is_shown_to_people(&headers) {
                    self.show(&state)
                } else {
                    not_found().await.into_response()
                };
                ([(header::VARY, "accept")], answer).into_response()
            };
            return router.route("/", get(root));
        }
        let page = move |State(state)| async move { self.show(&state) };
        router
            .route(self.path, get(page))
            .route(&format!("{}/", self.path), get(page))
    }

    /// A page comes with a session for what it sends back.
    fn show(&self, state: &AppState) -> Response {
        let session = [(header::SET_COOKIE, state.sessions.cookie())];
        match Files::get(&format!("{}/index.html", self.name)) {
            Some(page) => (
                session,
                [
                    // One visitor's session is none of another's.
                    (header::CACHE_CONTROL, "private, no-cache"),
                    (header::CONTENT_SECURITY_POLICY, self.policy),
                ],
                Html(page.data.into_owned()),
            )
                .into_response(),
            None => (StatusCode::NOT_FOUND, session, Html(NOT_BUILT)).into_response(),
        }
    }

    async fn file(&self, file: &str) -> Response {
        let Some(asset) = Files::get(&format!("{}/{file}", self.name)) else {
            return not_found().await.into_response();
        };
        let cache = if file.starts_with("assets/") {
            IMMUTABLE
        } else {
            "no-cache"
        };
        let headers = [
            (header::CONTENT_TYPE, asset.metadata.mimetype().to_owned()),
            (header::CACHE_CONTROL, cache.to_owned()),
            (header::CONTENT_SECURITY_POLICY, self.policy.to_owned()),
        ];
        let allowed = (file == SERVICE_WORKER).then_some([(SERVICE_WORKER_ALLOWED, self.path)]);
        (headers, allowed, asset.data.into_owned()).into_response()
    }
}

/// Browsers name HTML when somebody opens an address; who takes anything at all is a program.
fn is_shown_to_people(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    let mut types = accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim());
    types.any(|named| named.eq_ignore_ascii_case("text/html"))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::is_shown_to_people;

    #[test]
    fn who_names_html_is_shown_a_page() {
        for (accepted, expected) in [
            (&[][..], false),
            (&["*/*"], false),
            (&["application/json"], false),
            (&["text/htmlx"], false),
            (&["text/html"], true),
            (&["TEXT/HTML;q=0.9"], true),
            (&["application/xml, text/html ; q=0.8"], true),
            (&["application/json", "text/html"], true),
        ] {
            let mut headers = HeaderMap::new();
            for value in accepted {
                headers.append(header::ACCEPT, HeaderValue::from_static(value));
            }
            assert_eq!(is_shown_to_people(&headers), expected, "{accepted:?}");
        }
    }
}
