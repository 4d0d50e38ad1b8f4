//! An answer as HTTP has it: its status, its type, and what the headers tell.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::svg::fingerprint;
use schema::{Code, Executed, Outcome};

use super::accept::Form;
use crate::{
    middleware::rate_limit::tell,
    routes::{
        caching::{CachePolicy, is_known},
        status_of,
    },
};

/// The answer to one request. With `timing`, it tells what took how long.
pub(super) fn one(executed: Executed, form: Form, timing: bool) -> Response {
    let status = status(executed.outcome, form);
    let timing = timing.then(|| server_timing(&[&executed]));
    let (budget, retry_after) = (executed.budget, executed.retry_after);
    let mut response = with_headers(status, form, timing, executed.body);
    if let Some(time) = retry_after {
        let seconds = time.as_millis().div_ceil(1000).max(1);
        response.headers_mut().insert(
            header::RETRY_AFTER,
            HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX)),
        );
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    tell(response, budget)
}

/// What is told of an answer that everybody gets alike: it may be kept on the way, and is not sent again to who has it.
pub(super) struct ForEverybody {
    etag: String,
    is_known: bool,
    /// Since it was worked out.
    age: Duration,
    policy: CachePolicy,
}

impl ForEverybody {
    pub(super) fn of(executed: &Executed, headers: &HeaderMap, policy: CachePolicy) -> Self {
        // It is the same answer however it is compressed.
        let etag = format!("W/\"{}\"", fingerprint::of(&executed.body));
        Self {
            is_known: is_known(headers, &etag),
            etag,
            age: executed.age.unwrap_or_default(),
            policy,
        }
    }

    /// Tells it with `response`.
    pub(super) fn tell(self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        if self.is_known {
            headers.remove(header::CONTENT_TYPE);
        }
        // A document may be there for one program alone.
        headers.append(header::VARY, HeaderValue::from_static("apollographql-client-name"));
        let texts = [(header::ETAG, self.etag), (header::CACHE_CONTROL, self.policy.header())];
        for (name, text) in texts {
            headers.insert(name, HeaderValue::from_str(&text).expect("it is made of ASCII"));
        }
        headers.insert(header::AGE, HeaderValue::from(self.age.as_secs()));
        if self.is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = Body::empty();
        }
        response
    }
}

/// The answers to a batch, in its order. Each tells of itself, the status of all.
pub(super) fn batch(answers: &[Executed], form: Form, timing: bool) -> Response {
    let timing = timing.then(|| server_timing(&answers.iter().collect::<Vec<_>>()));
    let bodies: Vec<&[u8]> = answers.iter().map(|executed| executed.body.as_ref()).collect();
    let body = [b"[".as_slice(), &bodies.join(b",".as_slice()), b"]"].concat();
    let budget = answers.last().and_then(|executed| executed.budget);
    tell(with_headers(StatusCode::OK, form, timing, body.into()), budget)
}

fn with_headers(status: StatusCode, form: Form, timing: Option<String>, body: Bytes) -> Response {
    let content_type = match form {
        Form::GraphqlJson => "application/graphql-response+json; charset=utf-8",
        Form::Json | Form::EventStream => "application/json; charset=utf-8",
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "accept"),
    ];
    let mut response = (status, headers, body).into_response();
    if let Some(value) = timing.and_then(|timing| HeaderValue::from_str(&timing).ok()) {
        response.headers_mut().insert("server-timing", value);
    }
    response
}

fn status(outcome: Outcome, form: Form) -> StatusCode {
    match outcome {
        Outcome::Ok | Outcome::Partial | Outcome::NoData => StatusCode::OK,
        // Under plain JSON a client may take anything but 200 for the word of a proxy.
        Outcome::Refused(
            Code::BadUserInput | Code::GraphqlParseFailed | Code::GraphqlValidationFailed | Code::LimitExceeded,
        ) if form == Form::Json => StatusCode::OK,
        Outcome::Refused(code) => status_of(code),
    }
}

fn server_timing(answers: &[&Executed]) -> String {
    let ms = |time: fn(&Executed) -> Duration| {
        let total: Duration = answers.iter().map(|executed| time(executed)).sum();
        total.as_secs_f64() * 1000.0
    };
    let sum = |count: fn(&Executed) -> u32| answers.iter().map(|executed| count(executed)).sum::<u32>();
    let statements = sum(|executed| executed.statements);
    let plural = if statements == 1 { "" } else { "s" };
    let cache = if answers.iter().all(|executed| executed.age.is_some()) {
        "whole answer".to_owned()
    } else {
        let (found, wanted) = (
            sum(|executed| executed.lookups.found),
            sum(|executed| executed.lookups.wanted),
        );
        format!("{found} of {wanted} in memory")
    };
    format!(
        "parse;dur={:.3}, validate;dur={:.3}, execute;dur={:.3}, db;desc=\"{statements} statement{plural}\", cache;desc=\"{cache}\"",
        ms(|executed| executed.parse_time),
        ms(|executed| executed.validate_time),
        ms(|executed| executed.execute_time),
    )
}
