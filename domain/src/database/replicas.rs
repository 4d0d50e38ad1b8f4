//! Read replicas: standbys of PostgreSQL that questions go to which need no newest answer, and the primary where none can be asked.
//!
//! Nobody waits for a replica to be found: `keeper` looks at each every second, and at the primary, by connections that nobody else takes, how far
//! it is behind (`positions`) and whether it is a replica at all, and whoever asks takes one that was fine (`replica`), all of a request the
//! same (`place`). What fails there is asked of the primary at once. A statement on a replica that falls silent is given up when the keeper finds that out, so that
//! silence costs those who ask just then two seconds, once, and a long statement on a replica that lives is left alone.
//!
//! They know no table, and nothing that is kept is read from them: it would be marked with a generation that has gone by, and be read again.

mod keeper;
mod place;
mod positions;
mod replica;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sea_orm::{QueryResult, Value, sqlx::postgres::PgConnectOptions};

pub(crate) use place::Asking;
use place::Place;
pub use replica::ReplicaStanding;
use replica::{Asked, Replica};

use super::{Database, DatabaseConfig, DatabaseError, connect::postgres_server};
use crate::url_list;

/// A replica that is farther behind is not to be asked. Usage is rolled up once a minute, so that what is read there is half a roll-up older at most.
pub const MOST_LAG: Duration = Duration::from_secs(30);

/// How long a statement waits for a connection to a replica at most, before the primary is asked.
const LONGEST_ACQUIRE: Duration = Duration::from_secs(1);

/// Why replicas cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    #[error("{reason}; write postgres://USER@HOST/NAME, several with commas")]
    Url { reason: String },
    #[error("PostgreSQL has read replicas, and DATABASE_URL names an embedded database: leave this out")]
    Embedded,
}

/// A replica as it was found last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaState {
    /// Its host and port.
    pub name: String,
    pub standing: ReplicaStanding,
    /// How far it was behind when that was known last.
    pub lag: Option<Duration>,
}

impl ReplicaState {
    /// Whether questions go there.
    pub fn is_asked(&self) -> bool {
        self.standing == ReplicaStanding::Asked
    }
}

/// The replicas of a database. Clones share what is known of them and, of a request, which one it asks.
#[derive(Clone)]
pub struct Replicas {
    all: Arc<All>,
    /// Of a request.
    place: Option<Arc<Place>>,
}

struct All {
    /// For a connection beside its pool.
    primary: PgConnectOptions,
    replicas: Vec<Arc<Replica>>,
    /// They are taken in turn.
    next: AtomicUsize,
}

/// Whether a list of URLs can be used, without trying them.
///
/// # Errors
/// [`ReplicaError::Url`], which does not repeat a URL: it may hold a password.
pub fn check_replica_urls(urls: &str) -> Result<(), ReplicaError> {
    url_list::split(urls).into_iter().try_for_each(|url| {
        postgres_server(url)?;
        Ok(())
    })
}

impl Replicas {
    /// Those that `urls` names, with commas, used as patiently as `primary` is, as long as they are not farther behind than `most_lag`. None of
    /// them need be there, and none is asked before somebody [keeps](Database::keep_replicas) an eye on them.
    ///
    /// # Errors
    /// Where a URL cannot be used, or the database has no replicas.
    pub fn open(primary: &DatabaseConfig, urls: &str, most_lag: Duration) -> Result<Self, ReplicaError> {
        let server = postgres_server(&primary.url).map_err(|_| ReplicaError::Embedded)?;
        let replica = |url: &str| -> Result<Arc<Replica>, ReplicaError> {
            let config = DatabaseConfig {
                url: url.to_owned(),
                pool_min: Some(0),
                acquire_timeout: primary.acquire_timeout.min(LONGEST_ACQUIRE),
                ..primary.clone()
            };
            Ok(Arc::new(Replica::new((config, postgres_server(url)?), most_lag)))
        };
        let replicas: Result<Vec<_>, ReplicaError> = url_list::split(urls).into_iter().map(replica).collect();
        Ok(Self {
            all: Arc::new(All {
                primary: server,
                replicas: replicas?,
                next: AtomicUsize::default(),
            }),
            place: None,
        })
    }

    /// For one request, of which all that it asks goes to the same place.
    pub(super) fn of_request(&self) -> Self {
        Self {
            all: Arc::clone(&self.all),
            place: Some(Arc::default()),
        }
    }

    /// As they were found last, in the order of the list.
    pub fn states(&self) -> Vec<ReplicaState> {
        self.all.replicas.iter().map(|replica| replica.shown()).collect()
    }

    /// Runs a statement on the replica that this request asks. None where the primary is to be asked.
    pub(super) async fn query(
        &self,
        database: &Database,
        query_type: &'static str,
        (sql, values): (&str, &[Value]),
    ) -> Option<Result<Vec<QueryResult>, DatabaseError>> {
        let place = self.place.as_ref()?;
        let asked = place.choose(|| self.all.take())?;
        let answer = tokio::select! {
            biased;
            answer = database.run_on(asked.connection(), query_type, (sql, values.to_vec()), |_| {}) => answer,
            () = asked.is_lost() => Err(DatabaseError::Unreachable { reason: "it stopped answering".to_owned() }),
        };
        match answer {
            Ok(rows) => {
                place.was_answered(&asked);
                Some(Ok(rows))
            }
            // It would take as long again on the primary, which replicas are to spare such things.
            Err(error @ DatabaseError::Timeout { .. }) => Some(Err(error)),
            Err(error) => {
                metrics::counter!("db_replica_fallbacks_total").increment(1);
                tracing::debug!(replica = asked.name(), %error, "the primary is asked instead");
                if let DatabaseError::Unreachable { reason } = &error {
                    asked.lose(reason);
                }
                place.leave();
                None
            }
        }
    }

    /// How far behind what this request was told is, or will be; none where the primary tells it.
    fn lag(&self) -> Option<Duration> {
        self.place.as_ref()?.lag(|| self.all.take())
    }
}

impl Database {
    /// The same database, of which [`Self::reading`] asks replicas first.
    #[must_use]
    pub fn with_replicas(&self, replicas: Replicas) -> Self {
        Self {
            replicas: Some(replicas),
            ..self.clone()
        }
    }

    /// A handle for questions that need no newest answer: what it [`query`](Self::query)s is asked of a replica, where there is one that can be
    /// asked, and else of the primary. All such handles of a request ask the same replica until that fails, and then the primary. Whatever
    /// else it does, it does as ever.
    #[must_use]
    pub fn reading(&self) -> Self {
        let replicas = self.replicas.as_ref().map(|replicas| match replicas.place {
            Some(_) => replicas.clone(),
            None => replicas.of_request(),
        });
        Self {
            asked_first: replicas,
            ..self.clone()
        }
    }

    /// Looks at the replicas every second. Never ends where there are any.
    pub async fn keep_replicas(&self) {
        if let Some(replicas) = &self.replicas {
            replicas.keep().await;
        }
    }

    /// The replicas as they were found last.
    pub fn replica_states(&self) -> Vec<ReplicaState> {
        self.replicas.as_ref().map(Replicas::states).unwrap_or_default()
    }

    /// Says that something is asked by a [`Self::reading`] handle, until it is dropped.
    pub(crate) fn asking(&self) -> Option<Asking> {
        Some(Asking::at(self.asked_first.as_ref()?.place.as_ref()?))
    }

    /// How far behind the replica is that answers the request of a [`Self::reading`] handle; none where the primary does. Waits until nothing is
    /// [`asking`](Self::asking) there any more, for until then it may be either.
    pub(crate) async fn replica_lag(&self) -> Option<Duration> {
        let replicas = self.asked_first.as_ref()?;
        replicas.place.as_ref()?.is_quiet().await;
        replicas.lag()
    }
}

impl All {
    /// The next that can be asked.
    fn take(&self) -> Option<Asked> {
        let first = self.next.fetch_add(1, Ordering::Relaxed) % self.replicas.len().max(1);
        let mut in_turn = self.replicas[first..].iter().chain(&self.replicas[..first]);
        in_turn.find_map(Replica::ask)
    }
}

impl From<DatabaseError> for ReplicaError {
    fn from(error: DatabaseError) -> Self {
        let reason = match error {
            DatabaseError::BadUrl { reason } => reason,
            other => other.to_string(),
        };
        Self::Url { reason }
    }
}

#[cfg(test)]
mod tests {
    use super::check_replica_urls;

    #[test]
    fn what_names_no_replica_is_refused_without_repeating_it() {
        for (urls, is_usable) in [
            ("postgres://iconql:secret@a/iconql", true),
            ("postgres://a/x,postgresql://iconql:se,cret@b:5433/x", true),
            ("postgres://a/x, postgres://b/x", true),
            ("sqlite://secret.db", false),
            ("postgres://a/x,sqlite://secret.db", false),
            ("postgres://iconql:secret@:::/x", false),
            ("postgres://iconql:secret@a/x,postgres://iconql:secret@b:port/x", false),
            ("postgres://iconql:secret@a/x?sslmode=secretly", false),
            ("secret", false),
            ("", false),
        ] {
            match check_replica_urls(urls) {
                Ok(()) => assert!(is_usable, "{urls}"),
                Err(error) => {
                    assert!(!is_usable, "{urls}: {error}");
                    assert!(!error.to_string().contains("secret@"), "{error}");
                }
            }
        }
    }
}
