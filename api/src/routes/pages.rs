//! The pages that the binary brings along, from files of its own.

use std::borrow::Cow;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use rust_embed::RustEmbed;

use super::not_found;
use crate::{middleware::compression, router::AppState};

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

const INDEX: &str = "index.html";

/// File names carry a hash of their content.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// What a name of a file has behind it where it is compressed by Brotli: builds of pages write both.
const BROTLI: &str = ".br";

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

/// Whether files of a page are at an address, or the page itself: what may be here compressed.
pub(crate) fn has_files_at(path: &str) -> bool {
    PAGES.iter().any(|page| {
        let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(page.name));
        path == page.path || rest.is_some_and(|rest| rest.starts_with('/'))
    })
}

impl Page {
    fn routes(&'static self) -> Router<AppState> {
        let file = move |State(state), headers: HeaderMap, Path(file): Path<String>| async move {
            if file == INDEX {
                self.show(&state, &headers)
            } else {
                self.file(&file, &headers).await
            }
        };
        let router = Router::new().route(&format!("/{}/{{*file}}", self.name), get(file));
        if self.path == "/" {
            // Programs that ask what is there are told as ever that nothing is.
            let root = move |State(state), headers: HeaderMap| async move {
                let answer = if is_shown_to_people(&headers) {
                    self.show(&state, &headers)
                } else {
                    not_found().await.into_response()
                };
                ([(header::VARY, "accept")], answer).into_response()
            };
            return router.route("/", get(root));
        }
        let page = move |State(state), headers: HeaderMap| async move { self.show(&state, &headers) };
        router
            .route(self.path, get(page))
            .route(&format!("{}/", self.path), get(page))
    }

    /// A page comes with a session for what it sends back.
    fn show(&self, state: &AppState, headers: &HeaderMap) -> Response {
        let session = [(header::SET_COOKIE, state.sessions.cookie())];
        match self.read(INDEX, headers) {
            Some(page) => (
                session,
                [
                    // One visitor's session is none of another's.
                    (header::CACHE_CONTROL, "private, no-cache"),
                    (header::CONTENT_SECURITY_POLICY, self.policy),
                ],
                page,
            )
                .into_response(),
            None => (StatusCode::NOT_FOUND, session, Html(NOT_BUILT)).into_response(),
        }
    }

    async fn file(&self, file: &str, headers: &HeaderMap) -> Response {
        let Some(asset) = self.read(file, headers) else {
            return not_found().await.into_response();
        };
        let cache = if file.starts_with("assets/") {
            IMMUTABLE
        } else {
            "no-cache"
        };
        let about = [
            (header::CACHE_CONTROL, cache),
            (header::CONTENT_SECURITY_POLICY, self.policy),
        ];
        let allowed = (file == SERVICE_WORKER).then_some([(SERVICE_WORKER_ALLOWED, self.path)]);
        (about, allowed, asset).into_response()
    }

    /// A file as its build has compressed it, where the client takes that, with its type.
    fn read(&self, file: &str, headers: &HeaderMap) -> Option<Response> {
        if file.ends_with(BROTLI) {
            return None;
        }
        let path = format!("{}/{file}", self.name);
        let asset = Files::get(&path)?;
        let kind = match asset.metadata.mimetype() {
            text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
            other => other.to_owned(),
        };
        let kind = [(header::CONTENT_TYPE, kind)];
        let compressed = compression::is_brotli(headers).then(|| Files::get(&format!("{path}{BROTLI}")));
        Some(match compressed.flatten() {
            Some(compressed) => (kind, [(header::CONTENT_ENCODING, "br")], body(compressed.data)).into_response(),
            None => (kind, body(asset.data)).into_response(),
        })
    }
}

/// What is in the program is sent from where it is.
fn body(data: Cow<'static, [u8]>) -> Body {
    Body::from(match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => Bytes::from(data),
    })
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

    use super::{has_files_at, is_shown_to_people};

    #[test]
    fn pages_and_their_files_are_told_from_all_else() {
        for path in [
            "/",
            "/browser/sw.js",
            "/browser/assets/index.js",
            "/graphiql",
            "/graphiql/",
            "/graphiql/a.css",
        ] {
            assert!(has_files_at(path), "{path}");
        }
        for path in [
            "",
            "/browser",
            "/browsers/sw.js",
            "/graphql",
            "/graphiqls",
            "/icons/browser/a.svg",
            "browser/a",
        ] {
            assert!(!has_files_at(path), "{path}");
        }
    }

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
