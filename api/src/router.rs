//! Every route and what every request passes through on its way to one.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, header},
    middleware as layer,
    routing::get,
};
use domain::{
    access::{Access, Keys},
    catalog::Catalog,
    search::Search,
};
use schema::{GraphqlService, Stores};
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{NotForContentType, Predicate, SizeAbove},
    },
    cors::{AllowOrigin, Any, CorsLayer},
    sensitive_headers::SetSensitiveRequestHeadersLayer,
    set_header::SetResponseHeaderLayer,
};

use crate::{
    caller::PageSessions,
    config::{Config, HttpArgs},
    middleware,
    routes::{self, graphql, health, icons, metrics, pages, search},
    server::Draining,
};

/// What the routes share.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) graphql: GraphqlService,
    pub(crate) catalog: Catalog,
    pub(crate) search: Search,
    pub(crate) keys: Keys,
    pub(crate) sessions: PageSessions,
    pub(crate) draining: Draining,
    pub(crate) streaming: graphql::Streaming,
    pub(crate) is_production: bool,
    /// Operations in one body; 0 where batches are not taken.
    pub(crate) max_operations: usize,
    /// `PAGE_MAX_SIZE`.
    pub(crate) max_page_size: u32,
    pub(crate) icon_cache: icons::CachePolicy,
}

/// Routes that answer with `graphql` and from `stores`, to whom `access` knows.
pub(crate) fn build(
    config: &Config,
    graphql: GraphqlService,
    (stores, access): (Stores, Access),
    draining: Draining,
) -> Router {
    let state = AppState {
        graphql,
        catalog: stores.catalog,
        search: stores.search,
        keys: access.keys,
        sessions: PageSessions::new(access.sessions, config.public_url.as_deref()),
        draining,
        streaming: graphql::Streaming::new(config),
        is_production: config.is_production(),
        max_operations: config.limits.operation_batch_max_size as usize,
        max_page_size: config.limits().max_page_size,
        icon_cache: icons::CachePolicy {
            max_age_seconds: config.http.cdn_max_age_seconds,
            stale_seconds: config.http.cdn_stale_seconds,
        },
    };
    let mut router = Router::new()
        .route(
            "/graphql",
            get(graphql::get)
                .post(graphql::post)
                .fallback(graphql::wrong_method)
                .layer(layer::from_fn_with_state(state.clone(), graphql::socket::intercept)),
        )
        .route("/icons/{prefix}/{file}", get(icons::svg))
        .route("/api/v1/search/batch", get(search::batch))
        .route("/api/health", get(health::summary))
        .route("/api/health/live", get(health::live))
        .route("/api/health/ready", get(health::ready));
    if config.telemetry.prometheus_metrics_enabled {
        router = router
            .route("/metrics", get(metrics::text))
            .route("/api/metrics", get(metrics::text));
    }
    if !config.is_production() {
        router = router
            .route("/schema.graphql", get(graphql::sdl))
            .route("/graphiql", get(pages::graphiql))
            .route("/graphiql/", get(pages::graphiql))
            .route("/graphiql/{*file}", get(pages::file));
    }
    let router = router
        .fallback(routes::not_found)
        .method_not_allowed_fallback(routes::method_not_allowed)
        .layer(DefaultBodyLimit::max(config.limits.max_body_bytes as usize))
        .with_state(state);
    passage(router, &config.http)
}

/// What every request passes through. The last layer is the outermost.
fn passage(mut router: Router, http: &HttpArgs) -> Router {
    router = router.layer(layer::from_fn_with_state(
        http.request_timeout(),
        middleware::deadline::enforce,
    ));
    if http.compression_enabled {
        router = router.layer(compression(http));
    }
    if let Some(cors) = cors(&http.cors_origins) {
        router = router.layer(cors);
    }
    router
        .layer(SetResponseHeaderLayer::if_not_present(
            HeaderName::from_static("x-content-type-options"),
            HeaderValue::from_static("nosniff"),
        ))
        .layer(CatchPanicLayer::custom(routes::panicked))
        .layer(layer::from_fn(middleware::request::observe))
        // Whoever prints headers, for whatever reason, prints these without their values.
        .layer(SetSensitiveRequestHeadersLayer::new([
            header::AUTHORIZATION,
            header::COOKIE,
        ]))
}

fn compression(http: &HttpArgs) -> CompressionLayer<impl Predicate + use<>> {
    // An event would wait in the encoder for those after it.
    let worthwhile = SizeAbove::new(http.compression_min_bytes.into()).and(NotForContentType::SSE);
    CompressionLayer::new()
        .quality(CompressionLevel::Precise(http.compression_level))
        .compress_when(worthwhile)
}

fn cors(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    let layer = CorsLayer::new().allow_origin(allowed).allow_methods(Any);
    Some(
        layer
            .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
            .expose_headers([header::ETAG]),
    )
}
