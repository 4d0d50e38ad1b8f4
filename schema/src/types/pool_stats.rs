use async_graphql::SimpleObject;

use crate::vitals::VitalSigns;

/// The database's pool of connections.
#[derive(SimpleObject)]
pub(crate) struct PoolStats {
    /// Connections that it may open.
    #[graphql(complexity = 0)]
    max: i32,
    #[graphql(complexity = 0)]
    open: i32,
    /// Open, and used by nobody.
    #[graphql(complexity = 0)]
    idle: i32,
    /// Statements and transactions that have no connection yet.
    #[graphql(complexity = 0)]
    waiting: i32,
    /// What statements waited for a connection: 99 of 100 no longer than this.
    #[graphql(complexity = 0)]
    acquire_p99_ms: f64,
}

impl From<&VitalSigns> for PoolStats {
    fn from(signs: &VitalSigns) -> Self {
        let int = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            max: int(signs.pool.max),
            open: int(signs.pool.open),
            idle: int(signs.pool.idle),
            waiting: int(signs.pool.waiting),
            acquire_p99_ms: signs.acquire_p99_ms,
        }
    }
}
