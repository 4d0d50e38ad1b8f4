//! Every public error code, and what of an internal error may be seen from outside.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{Error, ErrorExtensionValues, ErrorExtensions as _, ServerError};
use domain::{
    access::{Scope, Scopes},
    database::DatabaseError,
    operations::AnswerError,
    search::{MAX_CONCEPTS, MAX_QUERY_CHARACTERS, MAX_QUERY_WORDS, SearchError},
    usage::RecordError,
};

/// `extensions.code` of an error, of those of every route: `docs/errors.md` has a line for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    BadUserInput,
    Forbidden,
    GraphqlParseFailed,
    GraphqlValidationFailed,
    Internal,
    LimitExceeded,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    Overloaded,
    PayloadTooLarge,
    PersistedQueryHashMismatch,
    PersistedQueryIdRequired,
    PersistedQueryNotFound,
    PersistedQueryNotInList,
    PersistedQueryNotSupported,
    RateLimited,
    Timeout,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
}

impl Code {
    const ALL: [Self; 21] = [
        Self::BadUserInput,
        Self::Forbidden,
        Self::GraphqlParseFailed,
        Self::GraphqlValidationFailed,
        Self::Internal,
        Self::LimitExceeded,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::NotFound,
        Self::Overloaded,
        Self::PayloadTooLarge,
        Self::PersistedQueryHashMismatch,
        Self::PersistedQueryIdRequired,
        Self::PersistedQueryNotFound,
        Self::PersistedQueryNotInList,
        Self::PersistedQueryNotSupported,
        Self::RateLimited,
        Self::Timeout,
        Self::Unauthenticated,
        Self::Unavailable,
        Self::UnsupportedMediaType,
    ];

    /// As clients read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Forbidden => "FORBIDDEN",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::Internal => "INTERNAL",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::NotFound => "NOT_FOUND",
            Self::Overloaded => "OVERLOADED",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::PersistedQueryHashMismatch => "PERSISTED_QUERY_HASH_MISMATCH",
            Self::PersistedQueryIdRequired => "PERSISTED_QUERY_ID_REQUIRED",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::PersistedQueryNotInList => "PERSISTED_QUERY_NOT_IN_LIST",
            Self::PersistedQueryNotSupported => "PERSISTED_QUERY_NOT_SUPPORTED",
            Self::RateLimited => "RATE_LIMITED",
            Self::Timeout => "TIMEOUT",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Unavailable => "UNAVAILABLE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
        }
    }

    /// Whether the service is to blame, and nobody else.
    pub fn is_fault(self) -> bool {
        matches!(
            self,
            Self::Internal | Self::Overloaded | Self::Timeout | Self::Unavailable
        )
    }

    /// An error with this code, as figures have it.
    pub fn noted(self, message: String) -> AnswerError {
        AnswerError {
            code: self.as_str(),
            is_fault: self.is_fault(),
            message,
        }
    }

    /// The code that clients read as `text`.
    fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }

    pub(crate) fn of(error: &ServerError) -> Option<String> {
        match error.extensions.as_ref()?.get("code")? {
            async_graphql::Value::String(code) => Some(code.clone()),
            _ => None,
        }
    }
}

/// Errors of an answer, as figures have them. Each has a code of ours.
pub(crate) fn noted(errors: &[ServerError]) -> Vec<AnswerError> {
    let noted = |error: &ServerError| {
        let code = Code::of(error)
            .and_then(|code| Code::named(&code))
            .unwrap_or(Code::Internal);
        code.noted(error.message.clone())
    };
    errors.iter().map(noted).collect()
}

/// An argument that cannot be used; the message says what can.
pub(crate) fn bad_user_input(message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", Code::BadUserInput.as_str()))
}

/// A field that the caller lacks the scope for, who has those that it `holds`.
pub(crate) fn forbidden(scope: Scope, holds: Scopes) -> Error {
    let holds: Vec<&str> = holds.iter().map(Scope::as_str).collect();
    Error::new(scope.lacking()).extend_with(|_, extensions| {
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
    pub(crate) fn message(&self) -> String {
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
            DatabaseError::PoolExhausted
            | DatabaseError::Unreachable { .. }
            | DatabaseError::Locked
            | DatabaseError::Deadlock
            | DatabaseError::NoPartition => Code::Unavailable,
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

    /// As [`Self::log`], of usage that is not recorded.
    pub(crate) fn log_recording(error: &RecordError) -> Self {
        let code = match error {
            RecordError::Overloaded => Code::Overloaded,
            RecordError::Failed => Code::Unavailable,
            RecordError::Database(error) => return Self::log(error),
        };
        let failure = Self::new(code);
        tracing::error!(error_id = %failure.id, code = code.as_str(), %error, "usage is not recorded");
        failure
    }

    /// What of it a client may know, by its code and the id that the log has it under.
    pub(crate) fn told(&self) -> (Code, &'static str, &str) {
        let message = match self.code {
            Code::Timeout => "The request took too long. Ask for less, or try again.",
            Code::Overloaded => {
                "More usage is sent than can be recorded. Send these events again in a second, with the ids that they had."
            }
            Code::Unavailable => "The catalog cannot be read at the moment. Try again.",
            _ => "Something went wrong on the server.",
        };
        (self.code, message, &self.id)
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
        let (code, message, id) = failure.told();
        Self::new(message).extend_with(|_, extensions| {
            extensions.set("code", code.as_str());
            extensions.set("errorId", id);
        })
    }
}

/// Logs why usage is not recorded: the code, the message and the id of the log's line, for whoever speaks no GraphQL.
pub fn usage_refused(error: &RecordError) -> (Code, &'static str, String) {
    let failure = Failure::log_recording(error);
    let (code, message, id) = failure.told();
    (code, message, id.to_owned())
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

/// An argument that the validator found unfit, and its name.
pub(crate) fn bad_argument(error: ServerError, argument: String) -> ServerError {
    let mut error = with_code(error, Code::BadUserInput);
    error.extensions.get_or_insert_default().set("argument", argument);
    error
}

/// Gives an error of the parser or the validator its code, where it has none yet.
pub(crate) fn with_code(mut error: ServerError, code: Code) -> ServerError {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", code.as_str());
    }
    error
}

/// Characters of a word of a message, and of a line of source in one. Names and texts of clients are as long as they like.
const MOST_OF_A_WORD: usize = 200;
/// Characters of a message with all its words. Ours are shorter.
const MOST_OF_A_MESSAGE: usize = 300;

/// A message of which no more than the beginning is what a client sent.
pub fn shortened(message: &str) -> String {
    let words: Vec<_> = message.split(' ').map(|word| cut(word, MOST_OF_A_WORD)).collect();
    cut(&words.join(" "), MOST_OF_A_MESSAGE).into_owned()
}

/// Shortens what an error tells of a request.
pub(crate) fn shorten(mut error: ServerError) -> ServerError {
    if error.message.len() <= MOST_OF_A_WORD {
        return error;
    }
    // The parser shows the line that it stopped at, and below it the place.
    let is_of_parser = Code::of(&error).is_some_and(|code| code == Code::GraphqlParseFailed.as_str());
    error.message = if is_of_parser {
        let lines: Vec<_> = error
            .message
            .split('\n')
            .map(|line| cut(line, MOST_OF_A_WORD))
            .collect();
        lines.join("\n")
    } else {
        shortened(&error.message)
    };
    error
}

fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, shortened};

    #[test]
    fn a_code_is_known_by_what_clients_read() {
        for code in Code::ALL {
            assert_eq!(Code::named(code.as_str()), Some(code));
        }
        assert_eq!(Code::named("NO_CODE"), None);
    }

    #[test]
    fn what_a_client_sent_is_shown_in_part() {
        let (most, more) = ("é".repeat(200), "é".repeat(201));
        for (message, expected) in [
            (format!("unknown {most} here"), format!("unknown {most} here")),
            (format!("unknown {more} here"), format!("unknown {most}… here")),
            (more.clone(), format!("{most}…")),
            ("é ".repeat(150), "é ".repeat(150)),
            ("é ".repeat(151), format!("{}…", "é ".repeat(150))),
            (String::new(), String::new()),
        ] {
            assert_eq!(shortened(&message), expected);
        }
    }
}
