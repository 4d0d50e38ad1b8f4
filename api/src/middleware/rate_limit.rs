//! What requests cost their clients, and how clients are told.
//!
//! Whoever serves a request and knows its cost takes it from the budget before the work, and leaves what is left in the
//! answer's extensions. A request for which nothing was taken costs 1: what cannot be parsed or is nowhere is not free.

use axum::{
    extract::FromRequestParts as _,
    http::{HeaderName, HeaderValue, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use domain::{
    access::Client,
    rate_limit::{Budget, Exceeded, RateLimiter},
};
use schema::{Caller, Code};

use crate::{client_address::ClientAddress, router::AppState, routes::Refused};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What a request costs that was not worth more.
const LEAST: u32 = 1;

/// Whose budget a request is taken from; nobody's while that is switched off.
pub(super) struct Charging(Option<(RateLimiter, Client)>);

impl Charging {
    pub(super) async fn of(parts: &mut Parts, state: &AppState) -> Self {
        let Some(limiter) = state.rate_limiter().cloned() else {
            return Self(None);
        };
        Self(Some((limiter, client_of(parts, state).await)))
    }

    /// Refuses clients that have nothing left.
    pub(super) fn check(&self) -> Result<(), Box<Response>> {
        let Some((limiter, client)) = &self.0 else {
            return Ok(());
        };
        limiter.check(*client).map_err(|exceeded| Box::new(refused(&exceeded)))
    }

    /// Takes the least where nothing was taken, and tells what is left.
    pub(super) async fn settle(&self, mut response: Response) -> Response {
        let Some((limiter, client)) = &self.0 else {
            return response;
        };
        let budget = match response.extensions().get::<Budget>() {
            Some(budget) => *budget,
            // The work is done: who has spent the rest meanwhile is refused the next time.
            None => limiter.take_afterwards(*client, LEAST).await,
        };
        response.headers_mut().extend(headers(&budget));
        response
    }
}

/// Whom a request is counted for: who cannot be told from what they send, by their address.
async fn client_of(parts: &mut Parts, state: &AppState) -> Client {
    let caller = Caller::from_request_parts(parts, state).await;
    caller.map_or_else(
        |_| {
            let address = parts.extensions.get::<ClientAddress>();
            address.map_or_else(Client::default, |address| Client::at(address.0))
        },
        |caller| caller.client,
    )
}

/// Takes `cost` from the caller's budget. What is left belongs into the answer, by [`tell`].
///
/// # Errors
/// The refusal to answer with.
pub(crate) async fn charge(state: &AppState, caller: &Caller, cost: u32) -> Result<Option<Budget>, Box<Response>> {
    let Some(limiter) = state.rate_limiter() else {
        return Ok(None);
    };
    match limiter.take(caller.client, cost.max(LEAST)).await {
        Ok(budget) => Ok(Some(budget)),
        Err(exceeded) => Err(Box::new(refused(&exceeded))),
    }
}

/// Says in an answer that its cost was taken, and what is left.
pub(crate) fn tell(mut response: Response, budget: Option<Budget>) -> Response {
    if let Some(budget) = budget {
        response.extensions_mut().insert(budget);
    }
    response
}

/// `RateLimit` and `RateLimit-Policy`.
///
/// Source: draft-ietf-httpapi-ratelimit-headers, sections 3 and 4.
pub(crate) fn headers(budget: &Budget) -> [(HeaderName, HeaderValue); 2] {
    let value = |text: String| HeaderValue::from_str(&text).expect("it is made of ASCII");
    let Budget { limit, remaining, .. } = budget;
    let seconds = budget.reset_after_seconds();
    [
        (RATE_LIMIT, value(format!("\"default\";r={remaining};t={seconds}"))),
        (RATE_LIMIT_POLICY, value(format!("\"default\";q={limit};w=60"))),
    ]
}

/// The answer to a request that costs more than its client has left.
pub(crate) fn refused(exceeded: &Exceeded) -> Response {
    let Budget {
        limit, cost, remaining, ..
    } = exceeded.budget;
    let refused = Refused::new(Code::RateLimited, exceeded.message())
        .with("limit", limit.into())
        .with("cost", cost.into())
        .with("remaining", remaining.into());
    let retry_after = [(header::RETRY_AFTER, exceeded.retry_after_seconds().to_string())];
    tell((retry_after, refused).into_response(), Some(exceeded.budget))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::rate_limit::Budget;

    use super::headers;

    #[test]
    fn headers_are_those_of_the_draft() {
        let budget = Budget {
            limit: 60_000,
            cost: 7,
            remaining: 59_993,
            reset_after: Duration::from_millis(1007),
        };
        let [(_, state), (_, policy)] = headers(&budget);
        assert_eq!(state, "\"default\";r=59993;t=2");
        assert_eq!(policy, "\"default\";q=60000;w=60");
    }
}
