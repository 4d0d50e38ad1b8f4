//! Answers to GET as they were sent, headers and compressed bytes, kept in front of everything that a request passes through.
//!
//! What anybody on the way may keep, the server keeps too, and knows better when it is no longer right: by what it was made of when it
//! was worked out. Whoever answers says that it may be kept, by a [`Keepable`] in the answer's extensions. What a request costs its
//! client, and the figures, are the same either way.

mod asked;
mod kept;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use domain::{
    access::Client,
    cache::{Layer, Memory, MemoryBudget},
    rate_limit::RateLimiter,
    switches::{Switch, Switches},
};
use http_body_util::BodyExt as _;
use ipnet::IpNet;
use schema::{GraphqlService, InFront};

use crate::{
    client_address,
    config::Config,
    middleware::{headers, rate_limit},
    router::FairShares,
    routes::Refused,
};
use asked::Asked;
use kept::Kept;
pub(crate) use kept::{Keepable, OperationFigures};

/// The answers. Clones share them.
#[derive(Clone)]
pub(crate) struct HttpCache(Arc<Shared>);

struct Shared {
    answers: Memory<Arc<[u8]>, Arc<Kept>>,
    /// How often one was sent again.
    hits: Arc<AtomicU64>,
    graphql: GraphqlService,
    rate_limiter: RateLimiter,
    switches: Switches,
    trusted_proxies: Arc<[IpNet]>,
    max_header_bytes: usize,
    max_age: Duration,
}

impl HttpCache {
    /// None where each answer tells of itself what only working it out can tell, or where nothing is to be kept.
    pub(crate) fn new(
        config: &Config,
        graphql: GraphqlService,
        shares: &FairShares,
        memory: &MemoryBudget,
    ) -> Option<Self> {
        let max_age = config.cache.keeping(memory).filter(|_| config.is_production())?.max_age;
        let (answers, hits) = (memory.memory_of(Layer::Http), Arc::new(AtomicU64::new(0)));
        let told = (memory.clone(), Arc::clone(&hits));
        graphql.keeps_in_front(move || InFront {
            extent: told.0.extent(Layer::Http),
            hits: told.1.load(Ordering::Relaxed),
        });
        Some(Self(Arc::new(Shared {
            answers,
            hits,
            graphql,
            rate_limiter: shares.rate_limiter.clone(),
            switches: shares.switches.clone(),
            trusted_proxies: config.connections.trusted_proxies.as_slice().into(),
            max_header_bytes: config.connections.max_header_bytes as usize,
            max_age,
        })))
    }

    /// Answers what is kept, and has the rest answered by `ordinary`.
    pub(crate) async fn answer<F>(
        &self,
        request: Request,
        peer: SocketAddr,
        ordinary: impl FnOnce(Request) -> F,
    ) -> Response
    where
        F: Future<Output = Response>,
    {
        let switches = &self.0.switches;
        let Some(asked) = Asked::of(&request, switches).filter(|_| !switches.is_on(Switch::Tracing)) else {
            return ordinary(request).await;
        };
        let started = Instant::now();
        if let Some(kept) = self.find(&request, &asked)
            && let Some(response) = self.replay(&kept, request.headers(), peer).await
        {
            let took = started.elapsed();
            kept.count(&response, took);
            match kept.label() {
                Some(label) => self.0.graphql.note_kept(label, took),
                None => self.0.graphql.judge_kept(took),
            }
            self.0.hits.fetch_add(1, Ordering::Relaxed);
            return response;
        }
        let response = ordinary(request).await;
        self.keep(asked, response, started).await
    }

    /// The kept answer to a request that is fit to be answered.
    fn find(&self, request: &Request, asked: &Asked) -> Option<Arc<Kept>> {
        let kept = self.0.answers.get(asked.key())?;
        let is_right = kept.age() < self.0.max_age && self.0.graphql.is_right(kept.validity());
        let is_fit = headers::check(request, self.0.max_header_bytes).is_ok();
        Some(kept).filter(|_| is_right && is_fit)
    }

    /// The answer to a client that can pay for it.
    async fn replay(&self, kept: &Kept, asked: &HeaderMap, peer: SocketAddr) -> Option<Response> {
        if !self.0.switches.is_on(Switch::RateLimit) {
            return Some(kept.replay(asked));
        }
        let address = client_address::behind(peer.ip(), asked, &self.0.trusted_proxies);
        let budget = self.0.rate_limiter.take(Client::at(address), kept.cost()).await.ok()?;
        let mut response = kept.replay(asked);
        response.headers_mut().extend(rate_limit::headers(&budget));
        Some(response)
    }

    /// Keeps an answer that may be kept, on which work was `started` then.
    async fn keep(&self, asked: Asked, mut response: Response, started: Instant) -> Response {
        let Some(keepable) = response.extensions_mut().remove::<Keepable>() else {
            return response;
        };
        // What may never be kept was not missed.
        metrics::counter!("cache_operations_total", "layer" => "http", "operation" => "get", "status" => "miss")
            .increment(1);
        if response.status() != StatusCode::OK {
            return response;
        }
        let (parts, body) = response.into_parts();
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => {
                let error_id = uuid::Uuid::new_v4().to_string();
                tracing::error!(error_id, %error, "cannot write an answer");
                return Refused::internal(&error_id).into_response();
            }
        };
        if let Some(kept) = Kept::new(asked.key().len(), keepable, &parts.headers, &body) {
            self.0.answers.note_cost(started.elapsed(), 1);
            self.0.answers.insert(asked.into_key(), Arc::new(kept));
        }
        Response::from_parts(parts, body.into())
    }
}
