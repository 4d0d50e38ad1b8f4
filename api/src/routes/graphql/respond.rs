//! An answer as HTTP has it: its status, its type, and what the headers tell.

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use schema::{Code, Executed, Outcome};

use super::accept::Form;
use crate::{middleware::rate_limit::tell, routes::status_of};

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

/// The answers to a batch, in its order. Each tells of itself, the status of all.
pub(super) fn batch(answers: &[Executed], form: Form, timing: bool) -> Response {
    let timing = timing.then(|| server_timing(&answers.iter().collect::<Vec<_>>()));
    let bodies: Vec<&[u8]> = answers.iter().map(|executed| executed.body.as_slice()).collect();
    let body = [b"[".as_slice(), &bodies.join(b",".as_slice()), b"]"].concat();
    let budget = answers.last().and_then(|executed| executed.budget);
    tell(with_headers(StatusCode::OK, form, timing, body), budget)
}

fn with_headers(status: StatusCode, form: Form, timing: Option<String>, body: Vec<u8>) -> Response {
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
    let statements: u32 = answers.iter().map(|executed| executed.statements).sum();
    let plural = if statements == 1 { "" } else { "s" };
    format!(
        "parse;dur={:.3}, execute;dur={:.3}, db;desc=\"{statements} statement{plural}\"",
        ms(|executed| executed.parse_time),
        ms(|executed| executed.execute_time),
    )
}
