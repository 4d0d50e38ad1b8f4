use async_graphql::{Context, Enum, Error, InputObject, SimpleObject};
use domain::{
    access::Scope,
    switches::{self, Switches},
};

use super::user_error::{UserError, UserErrorCode};
use crate::{administration::administration, authority, errors::Failure};

/// What can be turned off while the service runs. Answers are the same bytes, but for what says how they were made, and for what
/// `USAGE_RANKING` says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "switches::Switch")]
pub(crate) enum Switch {
    /// Whole answers, what icons answered to a selection, icons that are written without being resolved, and all that the cache does of its
    /// own accord: each of them is off where this is.
    PerformanceOptimization,
    /// Whole answers that are kept.
    ResponseCache,
    /// Everything that is kept, in Redis too.
    MemoryCache,
    /// What is kept in Redis.
    RedisCache,
    /// What the cache does by what it sees: it works out the next page before it is asked for, and moves memory to where it saves most.
    CacheIntelligence,
    /// What is read before an instance that starts is asked for anything, and what is taken down for that.
    CacheWarming,
    /// The clients' budgets.
    RateLimit,
    /// Compression of answers.
    Compression,
    /// `/metrics`.
    Metrics,
    /// Traces that are exported. They cannot be turned on where they are not configured.
    Tracing,
    /// Popular icons before others that a search by relevance finds as good.
    UsageRanking,
}

/// A switch of the instance that answers.
#[derive(SimpleObject)]
pub(crate) struct SwitchState {
    #[graphql(complexity = 0)]
    switch: Switch,
    #[graphql(complexity = 0)]
    on: bool,
    /// As the configuration has it, and so after a restart.
    #[graphql(complexity = 0)]
    configured: bool,
}

#[derive(InputObject)]
pub(crate) struct SetSwitchInput {
    switch: Switch,
    on: bool,
}

#[derive(SimpleObject)]
pub(crate) struct SetSwitchPayload {
    /// All of them, as they are now on the instance that answers.
    switches: Vec<SwitchState>,
    user_errors: Vec<UserError>,
}

/// How each stands.
pub(crate) fn states(switches: &Switches) -> Vec<SwitchState> {
    let state = |state: switches::SwitchState| SwitchState {
        switch: state.switch.into(),
        on: state.is_on,
        configured: state.is_configured,
    };
    switches.states().into_iter().map(state).collect()
}

/// Why a switch cannot be turned.
fn unusable(switches: &Switches, input: &SetSwitchInput) -> Option<UserError> {
    let is_configured = |wanted| {
        switches
            .states()
            .iter()
            .any(|state| state.switch == wanted && state.is_configured)
    };
    let needs_exporter = input.on && input.switch == Switch::Tracing;
    (needs_exporter && !is_configured(switches::Switch::Tracing)).then(|| UserError {
        field: Some(vec!["switch".to_owned()]),
        code: UserErrorCode::Conflict,
        message: "there is nowhere to send traces to: start with OPENTELEMETRY_TRACING_ENABLED=true".to_owned(),
    })
}

pub(crate) async fn set(context: &Context<'_>, input: &SetSwitchInput) -> Result<SetSwitchPayload, Error> {
    authority::require(context, Scope::Admin)?;
    let board = &administration(context).switches;
    if let Some(error) = unusable(board.switches(), input) {
        return Ok(SetSwitchPayload {
            switches: states(board.switches()),
            user_errors: vec![error],
        });
    }
    let set = board.set(input.switch.into(), input.on).await;
    set.map_err(|error| Failure::log(&error))?;
    Ok(SetSwitchPayload {
        switches: states(board.switches()),
        user_errors: Vec::new(),
    })
}
