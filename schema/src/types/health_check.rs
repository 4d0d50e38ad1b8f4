use std::time::Duration;

use async_graphql::{Enum, SimpleObject};
use domain::health::{self, Status};

use crate::scalars::DateTime;

/// How a part of the service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Status")]
pub(crate) enum HealthStatus {
    Up,
    /// It works, and not as it should.
    Degraded,
    Down,
    /// It is not there, because nobody wants it to be.
    Disabled,
}

/// A part of the service as the instance that answers sees it, looked at once a second at most.
#[derive(SimpleObject)]
pub(crate) struct HealthCheck {
    /// `database`, `connections`, `replicas`, `search`, `cache`, `redis`, `usage`, `requests` or `memory`.
    #[graphql(complexity = 0)]
    component: String,
    #[graphql(complexity = 0)]
    status: HealthStatus,
    /// How long it took to answer; null where it was not asked for that, or has not answered.
    #[graphql(complexity = 0)]
    latency_ms: Option<f64>,
    /// What is wrong, or not as usual.
    #[graphql(complexity = 0)]
    message: Option<String>,
    /// How long ago this was found, in milliseconds.
    #[graphql(complexity = 0)]
    age_ms: f64,
    /// Since when it has this status, as far as this instance knows.
    #[graphql(complexity = 0)]
    since: DateTime,
}

impl From<health::Check> for HealthCheck {
    fn from(check: health::Check) -> Self {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        Self {
            component: check.component.to_owned(),
            status: check.status.into(),
            latency_ms: check.latency.map(ms),
            message: check.message,
            age_ms: ms(check.age),
            since: DateTime::from_unix_ms(check.since_ms),
        }
    }
}
