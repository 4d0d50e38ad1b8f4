//! Why a request is not executed, as one value from every guard.

use std::{fmt, time::Duration};

use async_graphql::ServerError;
use domain::rate_limit::{Budget, Exceeded};

use crate::errors::{Code, LimitExceeded, with_code};

/// Why a request is not executed.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) errors: Vec<ServerError>,
    /// When to come again, where that helps.
    pub(crate) retry_after: Option<Duration>,
}

impl Refusal {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let error = with_code(ServerError::new(message, None), code);
        Self {
            code,
            errors: vec![error],
            retry_after: None,
        }
    }

    /// What the validator found, whose errors have their codes.
    pub(crate) fn from_errors(errors: Vec<ServerError>) -> Self {
        let is_input = |error: &ServerError| Code::of(error).is_some_and(|code| code == Code::BadUserInput.as_str());
        let code = if errors.iter().all(is_input) {
            Code::BadUserInput
        } else {
            Code::GraphqlValidationFailed
        };
        Self {
            code,
            errors,
            retry_after: None,
        }
    }
}

impl From<LimitExceeded> for Refusal {
    fn from(exceeded: LimitExceeded) -> Self {
        Self {
            code: Code::LimitExceeded,
            errors: vec![exceeded.into()],
            retry_after: None,
        }
    }
}

/// The client has not enough left of its budget.
impl From<Exceeded> for Refusal {
    fn from(exceeded: Exceeded) -> Self {
        let Budget {
            limit, cost, remaining, ..
        } = exceeded.budget;
        let mut error = with_code(ServerError::new(exceeded.message(), None), Code::RateLimited);
        let extensions = error.extensions.get_or_insert_default();
        for (name, value) in [("limit", limit), ("cost", cost), ("remaining", remaining)] {
            extensions.set(name, value);
        }
        Self {
            code: Code::RateLimited,
            errors: vec![error],
            retry_after: Some(exceeded.retry_after),
        }
    }
}

/// Of one error that has its code.
impl From<ServerError> for Refusal {
    fn from(error: ServerError) -> Self {
        let code = match Code::of(&error).as_deref() {
            Some("GRAPHQL_PARSE_FAILED") => Code::GraphqlParseFailed,
            Some("BAD_USER_INPUT") => Code::BadUserInput,
            _ => Code::GraphqlValidationFailed,
        };
        Self {
            code,
            errors: vec![error],
            retry_after: None,
        }
    }
}

/// The messages alone, for people.
impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages = self.errors.iter().map(|error| {
            let place = error.locations.first();
            place.map_or_else(String::new, |place| format!("{}:{}: ", place.line, place.column)) + &error.message
        });
        formatter.write_str(&messages.collect::<Vec<_>>().join("; "))
    }
}
