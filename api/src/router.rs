//! Every route and what every request passes through on its way to one.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, Method, header},
    middleware as layer,
    routing::{get, post},
};
use domain::{
    access::{Access, Keys},
    alerts::Alerts,
    catalog::Catalog,
    operations::Operations,
    rate_limit::RateLimiter,
    redis::Redis,
    search::Search,
    switches::{Switch, Switches},
    usage::Usage,
};
use schema::{GraphqlService, Stores};
use tower::ServiceBuilder;
use tower_http::{
    cors::{AllowHeaders, AllowOrigin, CorsLayer},
    decompression::RequestDecompressionLayer,
};

use crate::{
    caller::PageSessions,
    config::Config,
    middleware::{self, admission::Rules, body::BodyRules, overload::Gate, request::Watching},
    routes::{self, caching::CachePolicy, graphql, health, icons, metrics, pages, search, status, usage},
    server::{Draining, Observed},
};

/// What the routes share. Each request passes it on many times, so that is all that a clone is.
#[derive(Clone)]
pub(crate) struct AppState(Arc<Shared>);

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// The parts of an [`AppState`].
pub(crate) struct Shared {
    pub(crate) graphql: GraphqlService,
    pub(crate) catalog: Catalog,
    pub(crate) search: Search,
    pub(crate) usage: Usage,
    /// How all of it does.
    pub(crate) observed: Observed,
    pub(crate) alerts: Alerts,
    pub(crate) keys: Keys,
    pub(crate) sessions: PageSessions,
    /// None where nothing is shared with other instances.
    pub(crate) redis: Option<Redis>,
    rate_limiter: RateLimiter,
    pub(crate) switches: Switches,
    pub(crate) draining: Draining,
    pub(crate) streaming: graphql::Streaming,
    pub(crate) gate: Gate,
    pub(crate) is_production: bool,
    /// Operations in one body; 0 where batches are not taken.
    pub(crate) max_operations: usize,
    /// `BATCH_MAX_SIZE`.
    pub(crate) max_batch: usize,
    /// `PAGE_MAX_SIZE`.
    pub(crate) max_page_size: u32,
    pub(crate) country_header: Option<HeaderName>,
    pub(crate) cdn: CachePolicy,
    pub(crate) metrics_text: metrics::LastText,
}

impl Shared {
    /// None while clients may ask for as much as they like.
    pub(crate) fn rate_limiter(&self) -> Option<&RateLimiter> {
        self.switches.is_on(Switch::RateLimit).then_some(&self.rate_limiter)
    }
}

/// What keeps one client from taking all, and what instances share for it.
pub(crate) struct FairShares {
    pub(crate) redis: Option<Redis>,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) switches: Switches,
}

/// What stands behind the routes.
pub(crate) struct Backing {
    pub(crate) stores: Stores,
    pub(crate) usage: Usage,
    pub(crate) observed: Observed,
    pub(crate) operations: Operations,
    pub(crate) alerts: Alerts,
    pub(crate) access: Access,
    pub(crate) shares: FairShares,
}

pub(crate) fn build(config: &Config, graphql: GraphqlService, backing: Backing, draining: Draining) -> Router {
    let Backing {
        stores,
        usage,
        observed,
        operations,
        alerts,
        access,
        shares,
    } = backing;
    let gate = Gate::new(
        config.traffic.concurrent_requests(),
        config.limits.max_body_bytes as usize,
    );
    let switches = shares.switches;
    let state = AppState(Arc::new(Shared {
        graphql,
        catalog: stores.catalog,
        search: stores.search,
        usage,
        observed,
        alerts,
        keys: access.keys,
        sessions: PageSessions::new(access.sessions, config.public_url.as_deref()),
        redis: shares.redis,
        rate_limiter: shares.rate_limiter,
        switches: switches.clone(),
        draining,
        streaming: graphql::Streaming::new(config, gate.clone(), operations.clone()),
        gate,
        is_production: config.is_production(),
        max_operations: config.limits.operation_batch_max_size as usize,
        max_batch: config.limits().max_batch,
        max_page_size: config.limits().max_page_size,
        country_header: config.usage.country_header.clone(),
        cdn: CachePolicy {
            max_age_seconds: config.http.cdn_max_age_seconds,
            stale_seconds: config.http.cdn_stale_seconds,
        },
        metrics_text: metrics::LastText::default(),
    }));
    let mut router = Router::new()
        .route(
            graphql::ROUTE,
            get(graphql::get).post(graphql::post).fallback(graphql::wrong_method),
        )
        .route(icons::ROUTE, get(icons::svg))
        .route(search::ROUTE, get(search::batch))
        .route(usage::ROUTE, post(usage::record));
    if !config.is_production() {
        router = router.route("/schema.graphql", get(graphql::sdl));
    }
    let router = router
        .fallback(routes::not_found)
        .method_not_allowed_fallback(routes::method_not_allowed)
        .layer(layer::from_fn_with_state(
            state.clone(),
            middleware::admission::take_turn,
        ))
        .merge(free_routes(config))
        .method_not_allowed_fallback(routes::method_not_allowed)
        .layer(DefaultBodyLimit::max(config.limits.max_body_bytes as usize))
        .with_state(state);
    passage(router, config, switches, operations)
}

/// What costs its client nothing and is answered under any load: how the server is doing, and its pages.
fn free_routes(config: &Config) -> Router<AppState> {
    Router::new()
        .route("/api/health", get(health::summary))
        .route("/api/health/live", get(health::live))
        .route("/api/health/ready", get(health::ready))
        .route("/api/health/detailed", get(health::detailed))
        .route("/api/health/cache", get(health::cache))
        .route("/api/health/database", get(health::database))
        .route("/api/health/performance", get(health::performance))
        .route("/api/status", get(status::status))
        .route("/api/performance", get(status::performance))
        .route("/metrics", get(metrics::text))
        .route("/api/metrics", get(metrics::text))
        .merge(pages::routes(config.is_production()))
}

/// Whether an address says how the server is doing, which it does under any load.
pub(crate) fn is_health(path: &str) -> bool {
    path.starts_with("/api/health")
}

/// What every request passes through, the first layer first. All in one stack: each that a router is given costs every request some
/// allocations.
fn passage(router: Router, config: &Config, switches: Switches, operations: Operations) -> Router {
    let (http, connections) = (&config.http, &config.connections);
    let rules = Rules {
        max_header_bytes: connections.max_header_bytes as usize,
        trusted_proxies: connections.trusted_proxies.as_slice().into(),
        country_header: config.usage.country_header.clone(),
        bodies: BodyRules {
            max_bytes: config.limits.max_body_bytes.into(),
            read_timeout: connections.body_read_timeout(),
        },
        timeout: http.request_timeout(),
        switches,
    };
    router.layer(
        ServiceBuilder::new()
            .layer(layer::from_fn_with_state(
                Watching {
                    is_https: config.is_https(),
                    operations,
                },
                middleware::request::observe,
            ))
            .option_layer(cors(&http.cors_origins))
            .layer(layer::from_fn_with_state(rules, middleware::admission::admit))
            .layer(middleware::compression::layers(http))
            // Whoever reads a body counts what it is once decoded.
            .layer(RequestDecompressionLayer::new()),
    )
}

/// How long a browser may remember what it may send: longer ones are cut to this.
const PREFLIGHT_TIME: Duration = Duration::from_hours(2);

/// Who may call from a page of another origin; nobody where none is named. Cookies and the like are never asked for.
fn cors(origins: &[String]) -> Option<CorsLayer> {
    const SENT: [&str; 9] = [
        "apollo-require-preflight",
        "apollographql-client-name",
        "apollographql-client-version",
        "graphql-require-preflight",
        "traceparent",
        "tracestate",
        "x-apollo-operation-name",
        "x-iconql-cost",
        "x-request-id",
    ];
    const SHOWN: [&str; 6] = [
        "etag",
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
        "server-timing",
        "x-request-id",
    ];
    if origins.is_empty() {
        return None;
    }
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    let sent = SENT.map(HeaderName::from_static).into_iter();
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([Method::GET, Method::POST])
            .allow_headers(AllowHeaders::list(
                sent.chain([header::CONTENT_TYPE, header::AUTHORIZATION]),
            ))
            .expose_headers(SHOWN.map(HeaderName::from_static))
            .max_age(PREFLIGHT_TIME),
    )
}
