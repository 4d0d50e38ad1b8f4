//! What administrators work with beside the catalog.

use async_graphql::Context;
use domain::{alerts::Alerts, jobs::Jobs, switches::SwitchBoard};

/// Handles that all requests share. Cheap to clone.
#[derive(Clone)]
pub struct Administration {
    pub switches: SwitchBoard,
    pub jobs: Jobs,
    pub alerts: Alerts,
}

/// Those of the request being resolved.
pub(crate) fn administration<'a>(context: &Context<'a>) -> &'a Administration {
    context.data_unchecked::<Administration>()
}
