//! Figures for Prometheus.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};

use crate::{router::AppState, telemetry};

pub(crate) async fn text(State(state): State<AppState>) -> Response {
    telemetry::refresh_gauges(state.catalog.pool_state());
    let cache = state.catalog.cache();
    telemetry::refresh_cache(&cache.figures(), cache.is_following());
    if let Some(redis) = &state.redis {
        metrics::gauge!("redis_up").set(u8::from(redis.is_up()));
    }
    let text = telemetry::render();
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
        .into_response()
}
