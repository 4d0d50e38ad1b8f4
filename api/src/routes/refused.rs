//! Why a request is not answered, in the same form on every route.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    access::{Scope, Scopes},
    operations::AnswerError,
};
use schema::{Code, shortened};
use serde_json::{Map, Value, json};

/// Said with an answer that is none, for the figures.
#[derive(Debug, Clone)]
pub(crate) struct Unanswered(pub(crate) AnswerError);

/// A request that is not answered.
#[derive(Debug)]
pub(crate) struct Refused {
    code: Code,
    status: StatusCode,
    message: String,
    /// What `extensions` has beside the code.
    details: Map<String, Value>,
}

impl Refused {
    /// The message says what to do next.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            status: status_of(code),
            message: message.into(),
            details: Map::new(),
        }
    }

    /// A request that makes no sense. What is said of it may repeat parts of it.
    pub(crate) fn bad(message: &str) -> Self {
        Self::new(Code::BadUserInput, shortened(message))
    }

    /// More was sent than is taken.
    pub(crate) fn limit(name: &'static str, max: usize, actual: usize) -> Self {
        let message = format!("{name} is at most {max} and was {actual}");
        let details = [("limit", json!(name)), ("max", json!(max)), ("actual", json!(actual))];
        details
            .into_iter()
            .fold(Self::new(Code::LimitExceeded, message), |refused, (name, value)| {
                refused.with(name, value)
            })
    }

    /// What the caller lacks the scope for, who has those that it `holds`.
    pub(crate) fn forbidden(scope: Scope, holds: Scopes) -> Self {
        let holds: Vec<_> = holds.iter().map(Scope::as_str).collect();
        Self::new(Code::Forbidden, scope.lacking())
            .with("scope", scope.as_str().into())
            .with("holds", holds.into())
    }

    /// A fault of the server, which the log has under `error_id`.
    pub(crate) fn internal(error_id: &str) -> Self {
        Self::new(Code::Internal, "Something went wrong on the server.").with("errorId", error_id.into())
    }

    /// The same with something more in `extensions`.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.details.insert(name.to_owned(), value);
        self
    }

    /// The same with a status that says more than the code's own.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same, for the figures. What the status says is the client's doing is no fault of the service: a body that came too late, say.
    pub(crate) fn noted(&self) -> AnswerError {
        let noted = self.code.noted(self.message.clone());
        AnswerError {
            is_fault: noted.is_fault && self.status.is_server_error(),
            ..noted
        }
    }

    /// The array of errors that says so.
    pub(crate) fn errors(&self) -> Value {
        let mut extensions = Map::from_iter([("code".to_owned(), self.code.as_str().into())]);
        extensions.extend(self.details.clone());
        json!([{ "message": self.message, "extensions": extensions }])
    }
}

/// An error in the same form as GraphQL's, so that clients need one way to read them.
impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = json!({ "errors": self.errors() });
        let headers = [(header::CACHE_CONTROL, "no-store")];
        let mut response = (self.status, headers, Json(body)).into_response();
        response.extensions_mut().insert(Unanswered(self.noted()));
        response
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

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use schema::Code;

    use super::Refused;

    #[test]
    fn what_a_client_is_late_with_is_no_fault_of_the_service() {
        for (refused, is_fault) in [
            (Refused::new(Code::Timeout, "it took too long"), true),
            (Refused::new(Code::Overloaded, "too many"), true),
            (Refused::internal("4711"), true),
            (
                Refused::new(Code::Timeout, "the body is late").with_status(StatusCode::REQUEST_TIMEOUT),
                false,
            ),
            (Refused::bad("nonsense"), false),
        ] {
            assert_eq!(refused.noted().is_fault, is_fault, "{refused:?}");
        }
    }
}
