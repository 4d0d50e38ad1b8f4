//! Long work that no request waits for: asked for on any instance, and done by one of them.
//!
//! A job is a row. Whoever takes it holds a lease, which ends soon where its holder does, so that another goes on; the number of
//! the attempt tells both apart. `kinds` is what jobs do, `store` reads and writes their rows, `worker` does them, `progress` is
//! what a job says of itself meanwhile, and `follow` tells how they stand to those who wait.
//!
//! All of these times are the database's: instances' clocks may differ, and of its there is one.

mod follow;
mod kinds;
mod progress;
mod store;
mod worker;

use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::{Notify, watch};
use uuid::Uuid;

pub use follow::JobFollower;
pub use kinds::{WarmCache, Work};
pub use store::{Cancelled, MAX_WAITING, Started};

use crate::{catalog::Catalog, database::Database};

/// What a job is known by, and nobody can guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobId(Uuid);

/// A text that is no job's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id of a job is a UUID in lower case, with hyphens")]
pub struct InvalidJobId;

impl FromStr for JobId {
    type Err = InvalidJobId;

    fn from_str(text: &str) -> Result<Self, InvalidJobId> {
        let id = Uuid::try_parse(text).map(Self).map_err(|_| InvalidJobId)?;
        // One job has one id.
        (id.to_string() == text).then_some(id).ok_or(InvalidJobId)
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(formatter)
    }
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It waits for its turn, or to be tried again.
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl JobState {
    const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
    ];

    pub fn is_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }

    fn to_column(self) -> i16 {
        self as i16
    }

    fn from_column(column: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.to_column() == column)
    }
}

/// A job, as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub kind: String,
    pub state: JobState,
    /// Of `total`, which is not always known.
    pub done: i64,
    pub total: Option<i64>,
    pub failures: Vec<JobFailure>,
    pub started_at_ms: Option<i64>,
    pub ended_at_ms: Option<i64>,
}

/// A part of a job that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct JobFailure {
    pub item: String,
    pub message: String,
}

/// The jobs of a catalog, as one instance sees them. Cheap to clone.
#[derive(Clone)]
pub struct Jobs(Arc<Shared>);

struct Shared {
    catalog: Catalog,
    database: Database,
    /// There is something to take.
    queued: Notify,
    /// A job that may be one of this instance's, or followed here, has changed.
    changed: Notify,
    /// Jobs that somebody here waits for.
    followed: Mutex<HashMap<JobId, watch::Sender<Arc<Job>>>>,
    /// Whether this instance takes no more.
    is_ending: watch::Sender<bool>,
    /// How many workers have a job, or are about to take one.
    busy: watch::Sender<usize>,
}

impl Jobs {
    /// Of `catalog`, which is what they work with.
    pub fn new(catalog: &Catalog) -> Self {
        Self(Arc::new(Shared {
            catalog: catalog.clone(),
            database: catalog.database().counted_by(Arc::default()),
            queued: Notify::new(),
            changed: Notify::new(),
            followed: Mutex::default(),
            is_ending: watch::Sender::new(false),
            busy: watch::Sender::new(0),
        }))
    }

    /// Does jobs, tells those who follow one, and clears away old ones, for as long as it is polled.
    pub async fn keep(&self) {
        tokio::join!(self.work(), self.work(), self.tell_followers(), self.clear_away());
    }

    /// Takes no more jobs, and gives back those that are being done here, which takes `patience` at most.
    pub async fn end(&self, patience: Duration) {
        self.0.is_ending.send_replace(true);
        let mut busy = self.0.busy.subscribe();
        // What is not given back is taken when its lease is over.
        let _ = tokio::time::timeout(patience, busy.wait_for(|busy| *busy == 0)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::{JobId, JobState};

    #[test]
    fn an_id_is_written_in_one_way() {
        let text = "0f3a1c52-7d4e-4a8b-9c1d-2e5f60718293";
        assert_eq!(text.parse::<JobId>().map(|id| id.to_string()), Ok(text.to_owned()));
        for other in [
            text.to_uppercase(),
            text.replace('-', ""),
            format!("{{{text}}}"),
            String::new(),
        ] {
            assert!(other.parse::<JobId>().is_err(), "{other}");
        }
    }

    #[test]
    fn states_are_stored_by_number() {
        for (column, state) in (0..).zip(JobState::ALL) {
            assert_eq!(
                (state.to_column(), JobState::from_column(column)),
                (column, Some(state))
            );
        }
        assert_eq!(JobState::from_column(5), None);
    }
}
