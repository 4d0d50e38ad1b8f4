//! Figures for Prometheus.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    body::Bytes,
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};

use domain::switches::Switch;

use crate::{router::AppState, routes, telemetry};

/// How long a text is good for those who may not be asked to pay for it.
const MAX_AGE: Duration = Duration::from_secs(1);

/// The figures as they were last written down. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct LastText(Arc<Mutex<Option<(Instant, Bytes)>>>);

/// Answered to anybody, at any time and for nothing: in production a text is therefore written once a second at most.
pub(crate) async fn text(State(state): State<AppState>) -> Response {
    if !state.switches.is_on(Switch::Metrics) {
        return routes::not_found().await.into_response();
    }
    let text = if state.is_production {
        let mut last = state.metrics_text.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((at, text)) if at.elapsed() < MAX_AGE => text.clone(),
            _ => {
                let text = written(&state);
                *last = Some((Instant::now(), text.clone()));
                text
            }
        }
    } else {
        written(&state)
    };
    let headers = [
        (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

fn written(state: &AppState) -> Bytes {
    telemetry::refresh_gauges(state.catalog.pool_state());
    let cache = state.catalog.cache();
    telemetry::refresh_cache(&cache.figures(), cache.is_following());
    telemetry::refresh_popular(cache.popular_lookups());
    if let Some(memory) = cache.memory() {
        telemetry::refresh_memory(memory);
    }
    if let Some(redis) = &state.redis {
        metrics::gauge!("redis_up").set(u8::from(redis.is_up()));
    }
    telemetry::render().into()
}
