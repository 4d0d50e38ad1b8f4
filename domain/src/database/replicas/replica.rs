//! One replica: what is known of it, and its pool while it answers.

use std::{mem, sync::Arc, time::Duration};

use sea_orm::{DatabaseConnection, sqlx::postgres::PgConnectOptions};
use tokio::sync::watch;

use super::ReplicaState;
use crate::database::{DatabaseConfig, DatabaseError, connect::connect_when_asked};

/// How long the connections of a pool that is given up have to close.
const CLOSING_TIME: Duration = Duration::from_secs(1);

pub(super) struct Replica {
    /// Host and port: what else its URL says is nobody's business.
    name: String,
    /// Of its pools.
    config: DatabaseConfig,
    /// For connections beside them.
    pub(super) server: PgConnectOptions,
    /// Farther behind, it is not asked.
    most_lag: Duration,
    state: watch::Sender<State>,
}

#[derive(Default)]
struct State {
    standing: ReplicaStanding,
    lag: Option<Duration>,
    /// Made when it answers and given up when it does not: what hangs in it would keep new questions waiting.
    pool: Option<Pool>,
}

/// Those with the same address are the same.
type Pool = Arc<DatabaseConnection>;

/// What is thought of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReplicaStanding {
    /// Nobody has looked at it yet.
    #[default]
    Unknown,
    Asked,
    /// Too far to be asked.
    Behind,
    /// It does not answer.
    Away,
    /// It is no replica of this database.
    Unfit,
}

impl ReplicaStanding {
    /// As the routes name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Asked => "asked",
            Self::Behind => "behind",
            Self::Away => "away",
            Self::Unfit => "unfit",
        }
    }
}

/// What a look has found.
pub(super) enum Found {
    /// So far behind.
    Lag(Duration),
    /// Nobody knows yet how far the primary is.
    Unknown,
    /// It does not answer.
    Away(String),
    /// It is no replica of this database.
    Unfit(&'static str),
}

/// A replica that is asked something.
#[derive(Clone)]
pub(super) struct Asked {
    replica: Arc<Replica>,
    pool: Pool,
}

impl Replica {
    pub(super) fn new((config, server): (DatabaseConfig, PgConnectOptions), most_lag: Duration) -> Self {
        let name = match server.get_socket() {
            Some(folder) => format!("{}:{}", folder.display(), server.get_port()),
            None => format!("{}:{}", server.get_host(), server.get_port()),
        };
        Self {
            name,
            config,
            server,
            most_lag,
            state: watch::Sender::default(),
        }
    }

    /// Itself, where it can be asked.
    pub(super) fn ask(self: &Arc<Self>) -> Option<Asked> {
        let state = self.state.borrow();
        let pool = state
            .pool
            .as_ref()
            .filter(|_| state.standing == ReplicaStanding::Asked)?;
        Some(Asked {
            replica: Arc::clone(self),
            pool: Arc::clone(pool),
        })
    }

    pub(super) fn shown(&self) -> ReplicaState {
        let state = self.state.borrow();
        ReplicaState {
            name: self.name.clone(),
            standing: state.standing,
            lag: state.lag,
        }
    }

    /// Takes down what a look has found.
    pub(super) async fn was_found(&self, found: Found) {
        match found {
            Found::Lag(lag) => match self.missing_pool().await {
                Ok(pool) => self.answers(lag, pool),
                Err(error) => self.give_up((ReplicaStanding::Away, &error.to_string()), |_| true),
            },
            Found::Unknown => {}
            Found::Away(reason) => self.give_up((ReplicaStanding::Away, &reason), |_| true),
            Found::Unfit(reason) => self.give_up((ReplicaStanding::Unfit, reason), |_| true),
        }
        let shown = self.shown();
        metrics::gauge!("db_replica_up", "replica" => shown.name.clone()).set(u8::from(shown.is_asked()));
        if let Some(lag) = shown.lag {
            metrics::gauge!("db_replica_lag_seconds", "replica" => shown.name).set(lag.as_secs_f64());
        }
    }

    /// A pool, where there is none.
    async fn missing_pool(&self) -> Result<Option<Pool>, DatabaseError> {
        let is_there = self.state.borrow().pool.is_some();
        Ok(if is_there {
            None
        } else {
            Some(Arc::new(connect_when_asked(&self.config).await?))
        })
    }

    fn answers(&self, lag: Duration, pool: Option<Pool>) {
        let standing = if lag > self.most_lag {
            ReplicaStanding::Behind
        } else {
            ReplicaStanding::Asked
        };
        let mut before = standing;
        self.state.send_modify(|state| {
            state.lag = Some(lag);
            state.pool = state.pool.take().or(pool);
            // Somebody may have lost the pool meanwhile: the next look gives it another.
            if state.pool.is_some() {
                before = mem::replace(&mut state.standing, standing);
            }
        });
        let lag_ms = lag.as_millis();
        match standing {
            _ if before == standing => {}
            ReplicaStanding::Behind => tracing::warn!(
                replica = self.name,
                lag_ms,
                "a read replica is too far behind and is not asked"
            ),
            _ => tracing::info!(replica = self.name, lag_ms, "a read replica is asked"),
        }
    }

    /// Gives up the pool, if it is one that `is_meant`, so that nobody waits for it any more.
    fn give_up(&self, (standing, reason): (ReplicaStanding, &str), is_meant: impl Fn(Option<&Pool>) -> bool) {
        let (mut before, mut given_up) = (standing, None);
        self.state.send_if_modified(|state| {
            let is_meant = is_meant(state.pool.as_ref());
            if is_meant {
                before = mem::replace(&mut state.standing, standing);
                given_up = state.pool.take();
            }
            is_meant
        });
        if let Some(pool) = given_up {
            // What hangs in it is left to end when its server says or ends something.
            tokio::spawn(async move { tokio::time::timeout(CLOSING_TIME, pool.close_by_ref()).await });
        }
        match standing {
            _ if before == standing => {}
            ReplicaStanding::Unfit => tracing::warn!(
                replica = self.name,
                reason,
                "this is no read replica of the database and is not asked; check DATABASE_REPLICA_URL"
            ),
            _ => tracing::warn!(replica = self.name, reason, "a read replica is away and is not asked"),
        }
    }
}

impl Asked {
    pub(super) fn name(&self) -> &str {
        &self.replica.name
    }

    pub(super) fn connection(&self) -> &DatabaseConnection {
        &self.pool
    }

    pub(super) fn lag(&self) -> Option<Duration> {
        self.replica.state.borrow().lag
    }

    /// Ends when it is known that nothing more comes by this pool.
    pub(super) async fn is_lost(&self) {
        let mut states = self.replica.state.subscribe();
        // The sender is here.
        let _ = states.wait_for(|state| !self.uses(state.pool.as_ref())).await;
    }

    /// It does not answer: nobody is to ask it before it was looked at.
    pub(super) fn lose(&self, reason: &str) {
        self.replica
            .give_up((ReplicaStanding::Away, reason), |pool| self.uses(pool));
    }

    fn uses(&self, pool: Option<&Pool>) -> bool {
        pool.is_some_and(|pool| Arc::ptr_eq(pool, &self.pool))
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::{Found, Replica};
    use crate::database::{DatabaseConfig, connect::postgres_server};

    const MOST_LAG: Duration = Duration::from_secs(30);

    fn replica() -> Arc<Replica> {
        // Nobody is there, and nobody connects.
        let url = "postgres://iconql:secret@127.0.0.1:1/iconql";
        let config = DatabaseConfig {
            url: url.to_owned(),
            pool_size: None,
            pool_min: Some(0),
            acquire_timeout: Duration::from_millis(1),
            connection_recycle: Duration::from_hours(1),
            query_timeout: Duration::from_secs(1),
            lock_timeout: Duration::from_secs(1),
            slow_query_threshold: Duration::from_secs(1),
        };
        Arc::new(Replica::new((config, postgres_server(url).unwrap()), MOST_LAG))
    }

    #[tokio::test]
    async fn what_is_too_far_behind_is_not_asked() {
        let replica = replica();
        assert!(replica.ask().is_none(), "it was not looked at");
        assert_eq!(replica.shown().name, "127.0.0.1:1");
        let beyond = MOST_LAG + Duration::from_millis(1);
        for (lag, is_asked) in [
            (Duration::ZERO, true),
            (MOST_LAG, true),
            (beyond, false),
            (MOST_LAG, true),
        ] {
            replica.was_found(Found::Lag(lag)).await;
            assert_eq!(replica.ask().is_some(), is_asked, "{lag:?}");
            let shown = replica.shown();
            assert_eq!((shown.is_asked(), shown.lag), (is_asked, Some(lag)));
        }
    }

    #[tokio::test]
    async fn who_asks_one_that_goes_is_told_and_one_that_lags_answers_on() {
        let replica = replica();
        replica.was_found(Found::Lag(Duration::ZERO)).await;
        let asked = replica.ask().unwrap();
        replica.was_found(Found::Lag(MOST_LAG * 2)).await;
        let answers_on = tokio::time::timeout(Duration::ZERO, asked.is_lost()).await;
        assert!(answers_on.is_err());
        for found in [Found::Away("gone".to_owned()), Found::Unfit("it is another")] {
            replica.was_found(Found::Lag(Duration::ZERO)).await;
            let asked = replica.ask().unwrap();
            replica.was_found(found).await;
            asked.is_lost().await;
            assert!(replica.ask().is_none());
        }
        // Back again, it has another pool, which the loss of the first does not concern.
        replica.was_found(Found::Lag(Duration::ZERO)).await;
        asked.lose("it is late");
        assert!(replica.ask().is_some());
        replica.ask().unwrap().lose("it is gone");
        assert!(replica.ask().is_none());
    }
}
