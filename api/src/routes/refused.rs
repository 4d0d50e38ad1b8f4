//! Why a request is not answered, in the same form on every route.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use schema::Code;
use serde_json::{Value, json};

/// A request that is not answered.
#[derive(Debug)]
pub(crate) struct Refused {
    code: Code,
    message: String,
    limit: Option<Limit>,
}

/// A limit that was exceeded.
#[derive(Debug)]
struct Limit {
    name: &'static str,
    max: usize,
    actual: usize,
}

impl Refused {
    /// The message says what to do next.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            limit: None,
        }
    }

    /// More was sent than is taken.
    pub(crate) fn limit(name: &'static str, max: usize, actual: usize) -> Self {
        Self {
            code: Code::LimitExceeded,
            message: format!("{name} is at most {max} and was {actual}"),
            limit: Some(Limit { name, max, actual }),
        }
    }

    /// The array of errors that says so.
    pub(crate) fn errors(&self) -> Value {
        let mut extensions = json!({ "code": self.code.as_str() });
        if let Some(Limit { name, max, actual }) = &self.limit {
            extensions["limit"] = (*name).into();
            extensions["max"] = (*max).into();
            extensions["actual"] = (*actual).into();
        }
        json!([{ "message": self.message, "extensions": extensions }])
    }
}

/// An error in the same form as GraphQL's, so that clients need one way to read them.
impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = json!({ "errors": self.errors() });
        let headers = [(header::CACHE_CONTROL, "no-store")];
        (status_of(self.code), headers, Json(body)).into_response()
    }
}

/// The status of a request that is refused with `code`.
pub(crate) fn status_of(code: Code) -> StatusCode {
    match code {
        Code::BadUserInput
        | Code::GraphqlParseFailed
        | Code::GraphqlValidationFailed
        | Code::LimitExceeded
        | Code::PersistedQueryHashMismatch
        | Code::PersistedQueryIdRequired => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        // A client that sent a hash alone is to send the document too, which is no failure.
        Code::PersistedQueryNotFound | Code::PersistedQueryNotSupported => StatusCode::OK,
        Code::NotFound | Code::PersistedQueryNotInList => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Overloaded | Code::Timeout | Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}
