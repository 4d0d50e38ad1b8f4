//! Who may do what: scopes, and the callers that hold them.
//!
//! It knows no transport: who a caller is, is told with each request.

use async_graphql::{Context, Error};

use crate::errors::forbidden;

/// Who sends a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Caller {
    /// Somebody of whom nothing is known, who holds no scope.
    #[default]
    Anonymous,
    /// Somebody who develops on the server's own machine, who holds every scope.
    Developer,
}

/// What a field needs beyond being asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// To change what everybody sees.
    Admin,
}

impl Scope {
    fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
        }
    }
}

impl Caller {
    fn holds(self, _scope: Scope) -> bool {
        match self {
            Self::Anonymous => false,
            Self::Developer => true,
        }
    }
}

/// The first thing that a field with a scope does.
///
/// # Errors
/// `FORBIDDEN` where the caller does not hold `scope`.
// The library's guards fail the whole parent, also of a field that may be null.
pub(crate) fn require(context: &Context<'_>, scope: Scope) -> Result<(), Error> {
    let caller = context.data_opt::<Caller>().copied().unwrap_or_default();
    if caller.holds(scope) {
        Ok(())
    } else {
        Err(forbidden(scope.as_str()))
    }
}
