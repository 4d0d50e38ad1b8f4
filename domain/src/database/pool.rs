//! Who uses the pool, of which the driver knows only the connections.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use super::{Database, Dialect};

/// The pool at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct PoolState {
    pub max: u32,
    pub open: u32,
    pub idle: u32,
    /// Statements and transactions that have no connection yet.
    pub waiting: u32,
}

/// How many have a connection or wait for one.
#[derive(Clone, Default)]
pub(super) struct PoolUsers(Arc<AtomicU32>);

/// Somebody who has a connection or waits for one, until it is dropped.
pub(crate) struct PoolUser(Arc<AtomicU32>);

impl PoolUsers {
    pub(super) fn enter(&self) -> PoolUser {
        self.0.fetch_add(1, Ordering::Relaxed);
        PoolUser(Arc::clone(&self.0))
    }
}

impl Drop for PoolUser {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Database {
    /// How many connections there are, how many of them nobody uses, and how many wait for one.
    pub fn pool_state(&self) -> PoolState {
        let (max, open, idle) = match self.dialect {
            Dialect::Sqlite => {
                let pool = self.connection.get_sqlite_connection_pool();
                (pool.options().get_max_connections(), pool.size(), pool.num_idle())
            }
            Dialect::Postgres => {
                let pool = self.connection.get_postgres_connection_pool();
                (pool.options().get_max_connections(), pool.size(), pool.num_idle())
            }
        };
        let idle = u32::try_from(idle).unwrap_or(u32::MAX);
        let users = self.users.0.load(Ordering::Relaxed);
        PoolState {
            max,
            open,
            idle,
            // Each has one connection at most.
            waiting: users.saturating_sub(open.saturating_sub(idle)),
        }
    }

    /// To be held by whoever is about to take a connection, for as long as they keep it.
    pub(crate) fn pool_user(&self) -> PoolUser {
        self.users.enter()
    }
}
