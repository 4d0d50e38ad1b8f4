//! Who may do what: fields with a scope ask here.
//!
//! It knows no transport: who a caller is, is told with each request.

use async_graphql::{Context, Error};
use domain::access::{Client, Scope, Scopes};

use crate::errors::forbidden;

/// Who sends a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caller {
    /// Whose limits it counts against.
    pub client: Client,
    /// What it may do beyond reading.
    pub scopes: Scopes,
}

impl Caller {
    /// Somebody of whom nothing but the client is known.
    pub fn anonymous(client: Client) -> Self {
        Self {
            client,
            scopes: Scopes::NONE,
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
    if caller.scopes.contains(scope) {
        Ok(())
    } else {
        Err(forbidden(scope, caller.scopes))
    }
}
