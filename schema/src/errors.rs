//! Every public error code, and what of an internal error may be seen from outside.

use std::sync::Arc;

use async_graphql::{Error, ErrorExtensionValues, ErrorExtensions as _, ServerError};
use domain::{
    access::{Scope, Scopes},
    database::DatabaseError,
    search::{MAX_CONCEPTS, MAX_QUERY_CHARACTERS, MAX_QUERY_WORDS, SearchError},
};

/// `extensions.code` of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    BadUserInput,
    Forbidden,
    GraphqlParseFailed,
    GraphqlValidationFailed,
    Internal,
    LimitExceeded,
    MethodNotAllowed,
    Timeout,
    Unavailable,
}

impl Code {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Forbidden => "FORBIDDEN",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::Internal => "INTERNAL",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::Timeout => "TIMEOUT",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}

/// An argument that cannot be used; the message says what can.
pub(crate) fn bad_user_input(message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", Code::BadUserInput.as_str()))
}

/// A field that the caller lacks the scope for, who has those that it `holds`.
pub(crate) fn forbidden(scope: Scope, holds: Scopes) -> Error {
    let message = format!(
        "This needs the scope {scope}. Send a key that holds it, as `Authorization: Bearer KEY`; whoever runs the server makes \
         one with `iconql keys create --scope {scope}`."
    );
    let holds: Vec<&str> = holds.iter().map(Scope::as_str).collect();
    Error::new(message).extend_with(|_, extensions| {
        extensions.set("code", Code::Forbidden.as_str());
        extensions.set("scope", scope.as_str());
        extensions.set("holds", holds);
    })
}

/// More was asked for than is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LimitExceeded {
    /// The limit's name in `Limits`.
    pub(crate) limit: &'static str,
    pub(crate) max: usize,
    /// Unknown where counting stopped at the limit.
    pub(crate) actual: Option<usize>,
}

impl LimitExceeded {
    fn message(&self) -> String {
        match self.actual {
            Some(actual) => format!("{} is at most {} and was {actual}", self.limit, self.max),
            None => format!("{} is at most {}", self.limit, self.max),
        }
    }

    fn extend(&self, extensions: &mut ErrorExtensionValues) {
        extensions.set("code", Code::LimitExceeded.as_str());
        extensions.set("limit", self.limit);
        extensions.set("max", self.max);
        if let Some(actual) = self.actual {
            extensions.set("actual", actual);
        }
    }
}

impl From<LimitExceeded> for Error {
    fn from(exceeded: LimitExceeded) -> Self {
        Self::new(exceeded.message()).extend_with(|_, extensions| exceeded.extend(extensions))
    }
}

impl From<LimitExceeded> for ServerError {
    fn from(exceeded: LimitExceeded) -> Self {
        let mut error = Self::new(exceeded.message(), None);
        exceeded.extend(error.extensions.get_or_insert_default());
        error
    }
}

/// An error of the server's own making, as the fields that meet it share it.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    code: Code,
    id: Arc<str>,
}

impl Failure {
    /// Logs `error`, once, under an id that the client is given instead of its text.
    pub(crate) fn log(error: &DatabaseError) -> Self {
        let code = match error {
            DatabaseError::Timeout { .. } => Code::Timeout,
            DatabaseError::PoolExhausted | DatabaseError::Unreachable { .. } | DatabaseError::Locked => {
                Code::Unavailable
            }
            _ => Code::Internal,
        };
        let failure = Self::new(code);
        tracing::error!(error_id = %failure.id, code = code.as_str(), %error, "request failed");
        failure
    }

    /// As [`Self::log`], of a search that could not be made.
    pub(crate) fn log_search(error: &SearchError) -> Self {
        let code = match error {
            SearchError::NotReady | SearchError::Damaged => Code::Unavailable,
            SearchError::Database(error) => return Self::log(error),
            _ => Code::Internal,
        };
        let failure = Self::new(code);
        tracing::error!(error_id = %failure.id, code = code.as_str(), %error, "search failed");
        failure
    }

    /// Logs that the catalog contradicts itself.
    pub(crate) fn inconsistent(what: &str) -> Self {
        let failure = Self::new(Code::Internal);
        tracing::error!(error_id = %failure.id, what, "the catalog is inconsistent");
        failure
    }

    fn new(code: Code) -> Self {
        Self {
            code,
            id: uuid::Uuid::new_v4().to_string().into(),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let message = match failure.code {
            Code::Timeout => "The request took too long. Ask for less, or try again.",
            Code::Unavailable => "The catalog cannot be read at the moment. Try again.",
            _ => "Something went wrong on the server.",
        };
        Self::new(message).extend_with(|_, extensions| {
            extensions.set("code", failure.code.as_str());
            extensions.set("errorId", failure.id.as_ref());
        })
    }
}

/// What a client is told of a search that could not be made.
pub(crate) fn search_failed(error: &SearchError) -> Error {
    let (limit, max, actual) = match error {
        SearchError::QueryTooLong { characters } => ("maxQueryCharacters", MAX_QUERY_CHARACTERS, *characters),
        SearchError::TooManyWords { words } => ("maxQueryWords", MAX_QUERY_WORDS, *words),
        SearchError::TooManyConcepts { concepts } => ("maxConcepts", MAX_CONCEPTS, *concepts),
        error => return Failure::log_search(error).into(),
    };
    LimitExceeded {
        limit,
        max,
        actual: Some(actual),
    }
    .into()
}

/// Gives an error of the parser or the validator its code, where it has none yet.
pub(crate) fn with_code(mut error: ServerError, code: Code) -> ServerError {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", code.as_str());
    }
    error
}
