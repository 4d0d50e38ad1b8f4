//! What a request is held to before anything looks at what it asks for. One step after the other, and few layers: each costs every
//! request some allocations.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::HeaderName,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::switches::{Switch, Switches};
use ipnet::IpNet;

use super::{
    body::{self, BodyRules},
    compression, deadline, headers,
    overload::Refusal,
    rate_limit::Charging,
};
use crate::{client_address, router::AppState};

/// What every request is held to.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) max_header_bytes: usize,
    pub(crate) trusted_proxies: Arc<[IpNet]>,
    /// Believed of those.
    pub(crate) country_header: Option<HeaderName>,
    pub(crate) bodies: BodyRules,
    pub(crate) timeout: Duration,
    pub(crate) switches: Switches,
}

/// Lets a request in whose headers and body are fit for it, for as long as it may take.
pub(crate) async fn admit(State(rules): State<Rules>, mut request: Request, next: Next) -> Response {
    if let Err(refused) = headers::check(&request, rules.max_header_bytes) {
        return refused.into_response();
    }
    client_address::note(&mut request, &rules.trusted_proxies);
    if let Some(country) = &rules.country_header
        && !client_address::is_of_proxy(&request, &rules.trusted_proxies)
    {
        request.headers_mut().remove(country);
    }
    compression::negotiate(&mut request, &rules.switches);
    let in_time = |request| deadline::enforce(rules.timeout, request, next);
    let mut response = body::guard(rules.bodies, request, in_time).await;
    if rules.switches.is_on(Switch::Compression) {
        compression::mark(response.headers_mut());
    }
    response
}

/// Lets a request in when there is a place for it, and its client has something left. Who is shed pays nothing, and who sends what
/// cannot be read does.
pub(crate) async fn take_turn(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let charging = Charging::of(&mut parts, &state).await;
    let request = match state.gate.receive(Request::from_parts(parts, body)).await {
        Ok(request) => request,
        Err(Refusal::Incomplete) => {
            let refused = match charging.check() {
                Ok(()) => state.gate.refuse(Refusal::Incomplete).await,
                Err(refused) => *refused,
            };
            return charging.settle(refused).await;
        }
        Err(shed) => return state.gate.refuse(shed).await,
    };
    if let Err(refused) = charging.check() {
        return charging.settle(*refused).await;
    }
    match state.gate.take_place().await {
        Ok(_place) => charging.settle(next.run(request).await).await,
        Err(shed) => {
            // Its body is held no longer than it has to.
            drop(request);
            state.gate.refuse(shed).await
        }
    }
}
