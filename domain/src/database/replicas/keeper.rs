//! Looks at the primary and at each replica, every second, whether anybody asks them or not.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{self, ConnectOptions as _, PgConnection, postgres::PgConnectOptions},
};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use super::{
    Replicas,
    positions::{Lag, Positions},
    replica::{Found, Replica},
};
use crate::database::DatabaseError;

/// How often each is looked at.
const PAUSE: Duration = Duration::from_secs(1);

/// How long it has to answer. It says something that it need not look up.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells the databases of all clusters apart; a replica has it from its primary.
const IDENTITY: &str = "SELECT system_identifier::text || '/' || current_database() FROM pg_control_system()";

/// Where the primary's log is.
const WRITTEN: &str = "SELECT CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS BIGINT)";

/// Whether this is a replica, what it has replayed, and how many milliseconds ago by its own clock the last transaction of that was committed.
const REPLAYED: &str = "SELECT pg_is_in_recovery(), \
     CAST(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0') AS BIGINT), \
     CAST(EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000 AS BIGINT)";

/// What is known of the primary.
#[derive(Default)]
struct Primary(Mutex<Known>);

#[derive(Default)]
struct Known {
    positions: Positions,
    identity: Identity,
}

#[derive(Default)]
enum Identity {
    #[default]
    Unasked,
    /// It does not say.
    Withheld,
    Is(String),
}

/// A connection to a replica, and which database it has.
struct Eye {
    connection: PgConnection,
    identity: Option<String>,
}

impl Replicas {
    /// Never ends.
    pub(super) async fn keep(&self) {
        let (primary, server) = (Primary::default(), &self.all.primary);
        let mut connection = None;
        // Without it nothing can be said of replicas.
        if !matches!(
            timeout(PATIENCE, primary.look(&mut connection, server)).await,
            Ok(Ok(()))
        ) {
            connection = None;
        }
        let replicas = self.all.replicas.iter().map(|replica| replica.keep(&primary));
        tokio::join!(primary.keep(connection, server), join_all(replicas));
    }
}

impl Primary {
    /// By a connection that nobody else takes: those who wait for one of the pool's say nothing of replicas.
    async fn keep(&self, mut connection: Option<PgConnection>, server: &PgConnectOptions) {
        let mut ticks = ticks();
        let mut was_told = true;
        loop {
            ticks.tick().await;
            let looked = timeout(PATIENCE, self.look(&mut connection, server)).await;
            let is_told = matches!(looked, Ok(Ok(())));
            if !is_told {
                // Whatever it still says is an answer to something else.
                connection = None;
            }
            if let (true, Ok(Err(error))) = (was_told, looked) {
                let error = reason(error);
                tracing::warn!(
                    error,
                    "the primary does not say how far its log is: replicas count as behind"
                );
            }
            was_told = is_told;
        }
    }

    async fn look(&self, connection: &mut Option<PgConnection>, server: &PgConnectOptions) -> Result<(), sqlx::Error> {
        let connection = match connection {
            Some(connection) => connection,
            None => connection.insert(server.connect().await?),
        };
        if matches!(self.known().identity, Identity::Unasked) {
            let identity = identity_of(connection).await?;
            self.known().identity = identity.map_or(Identity::Withheld, Identity::Is);
        }
        let at = Instant::now();
        let position = sqlx::query_scalar(WRITTEN).fetch_one(connection).await?;
        self.known().positions.note(position, at);
        Ok(())
    }

    fn is_another(&self, identity: Option<&String>) -> bool {
        match (&self.known().identity, identity) {
            (Identity::Is(own), Some(identity)) => own != identity,
            _ => false,
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing panics while it holds this, and what it holds is whole at every moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Replica {
    async fn keep(&self, primary: &Primary) {
        let mut ticks = ticks();
        let mut eye = None;
        loop {
            ticks.tick().await;
            let found = match timeout(PATIENCE, self.look(&mut eye, primary)).await {
                Ok(Ok(found)) => found,
                Ok(Err(error)) => Found::Away(reason(error)),
                Err(_) => Found::Away(format!("it did not answer within {} ms", PATIENCE.as_millis())),
            };
            if matches!(found, Found::Away(_)) {
                eye = None;
            }
            self.was_found(found).await;
        }
    }

    async fn look(&self, eye: &mut Option<Eye>, primary: &Primary) -> Result<Found, sqlx::Error> {
        let eye = match eye {
            Some(eye) => eye,
            None => eye.insert(self.open_eye().await?),
        };
        let looked = sqlx::query_as(REPLAYED).fetch_one(&mut eye.connection).await?;
        let (is_replica, replayed, age_ms): (bool, Option<i64>, Option<i64>) = looked;
        if !is_replica {
            return Ok(Found::Unfit("it takes writes itself"));
        }
        if primary.is_another(eye.identity.as_ref()) {
            return Ok(Found::Unfit("it has another database than DATABASE_URL names"));
        }
        let at = Instant::now();
        let lag = primary.known().positions.lag(replayed.unwrap_or_default(), at);
        Ok(match lag {
            None => Found::Unknown,
            Some(Lag::Is(lag)) => Found::Lag(lag),
            Some(Lag::AtLeast(lag)) => {
                let age = Duration::from_millis(age_ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or_default());
                Found::Lag(lag.max(age))
            }
        })
    }

    async fn open_eye(&self) -> Result<Eye, sqlx::Error> {
        let mut connection = self.server.connect().await?;
        let identity = identity_of(&mut connection).await?;
        Ok(Eye { connection, identity })
    }
}

/// Which database it has; none where it may not be asked that.
async fn identity_of(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    match sqlx::query_scalar(IDENTITY).fetch_one(connection).await {
        Ok(identity) => Ok(Some(identity)),
        Err(sqlx::Error::Database(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn ticks() -> Interval {
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Why it could not be asked, without what is to be done about a primary.
fn reason(error: sqlx::Error) -> String {
    match DatabaseError::from(DbErr::Query(RuntimeErr::SqlxError(error.into()))) {
        DatabaseError::Unreachable { reason } | DatabaseError::BadUrl { reason } => reason,
        other => other.to_string(),
    }
}
