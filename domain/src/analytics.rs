//! Analytics: what recorded usage comes to, over any range of time.
//!
//! All of it is read from the hours and days that `usage` rolls up, never from events, so that a year costs little more than a week; and from a
//! read replica where there is one, since figures are as old as the last roll-up in any case. `range`
//! knows which of these a range is made of; `series`, `distribution`, `top`, `trends`, `users` and `together` each answer one question, and
//! `forecasting` what is to be expected, by the models in `forecast`.

mod dimension;
mod distribution;
mod forecast;
mod forecasting;
mod range;
mod series;
mod together;
mod top;
mod trends;
mod users;

use std::{fmt, sync::Arc, time::Duration};

pub use dimension::Dimension;
pub use distribution::Share;
pub use forecast::{
    Center, Forecast, MAX_HISTORY, MAX_HORIZON, Method, Point as ForecastPoint, Scale, forecast_by, smape,
};
pub use forecasting::ForecastRequest;
pub use range::{Interval, MAX_BUCKETS, MAX_RANGE_DAYS, RangeError, TimeRange};
pub use series::{MOST_SERIES, Series};
pub use together::Pair;
pub use top::IconCount;
pub use trends::{Direction, Trend};
pub use users::UserBehavior;

use crate::{
    catalog::{Catalog, IconName},
    database::{Asking, Database, DatabaseError},
    usage::Target,
};

/// Of what something is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UsageTarget {
    Everything,
    Icon(IconName),
    /// By prefix.
    Set(String),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnalyticsError {
    #[error(transparent)]
    Range(#[from] RangeError),
    #[error("{0}")]
    Unanswerable(&'static str),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Answers questions about usage. Cheap to clone.
#[derive(Clone)]
pub struct Analytics {
    /// Which asks replicas first.
    database: Database,
    _asking: Option<Arc<Asking>>,
}

impl Analytics {
    /// Of the usage that is recorded where `catalog` is stored. To be dropped when the answer is there.
    pub fn new(catalog: &Catalog) -> Self {
        let database = catalog.database().reading();
        Self {
            _asking: database.asking().map(Arc::new),
            database,
        }
    }

    /// How far the replica is behind that answers the request which `catalog` belongs to; none where the primary does. Waits until all that the
    /// request has begun to ask is answered, for until then it may be either. Known to about a second.
    pub async fn replica_lag(catalog: &Catalog) -> Option<Duration> {
        // Whatever is asked beside this is begun first.
        tokio::task::yield_now().await;
        catalog.database().reading().replica_lag().await
    }
}

impl fmt::Debug for Analytics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Analytics").finish_non_exhaustive()
    }
}

impl UsageTarget {
    fn cell(&self) -> Target {
        match self {
            Self::Everything => Target::ALL,
            Self::Icon(name) => Target::icon(name),
            Self::Set(prefix) => Target::set(prefix),
        }
    }
}
