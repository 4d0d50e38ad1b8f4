//! The rows of jobs. Nothing is locked to find out that there is nothing to do, for on SQLite that would wait for an import.

use std::{sync::Arc, time::Duration};

use foldhash::HashMap;
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use super::{Job, JobId, JobState, Jobs, kinds::Work, progress::Progress};
use crate::{
    catalog::Catalog,
    database::{Columns, Database, DatabaseError, Writing},
};

/// Jobs that may wait or run at once. Whoever wants more has to wait for one to end.
pub const MAX_WAITING: usize = 100;

/// How long a job is held that its holder says nothing of: longer than a writer is waited for, and short enough that
/// nobody minds who waits for the job of an instance that was killed.
pub(super) const LEASE: Duration = Duration::from_secs(15);

/// How long jobs that have ended can be looked at.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// In the order in which [`read`] takes them.
const COLUMNS: &str = "id, kind, state, done, total, failures, started_at_ms, ended_at_ms";

/// What became of work that was to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    Queued(Box<Job>),
    /// There are [`MAX_WAITING`] jobs already, so nothing was done.
    TooMany,
}

/// What became of a job that was to be cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancelled {
    /// It has ended, or will be within a second or two.
    Now(Box<Job>),
    /// It had ended before.
    Ended(Box<Job>),
    NoSuchJob,
}

/// A job that this instance has taken.
pub(super) struct Taken {
    pub(super) id: JobId,
    /// None where only a newer binary knows what it is.
    pub(super) work: Option<Work>,
    pub(super) attempt: i32,
    pub(super) is_cancelled: bool,
}

impl Catalog {
    /// Jobs by their ids.
    pub async fn jobs(&self, ids: &[JobId]) -> Result<HashMap<JobId, Arc<Job>>, DatabaseError> {
        find(self.database(), ids).await
    }
}

impl Jobs {
    /// Has work done, by whichever instance comes to it first.
    pub async fn start(&self, work: &Work) -> Result<Started, DatabaseError> {
        let now = self.0.database.dialect().now_ms();
        let id = JobId(Uuid::new_v4());
        let input = serde_json::to_string(work).map_err(|error| broken("input", &error))?;
        let writing = self.0.database.write().await?;
        let sql = "SELECT COUNT(*) FROM job WHERE due_at_ms IS NOT NULL";
        let rows = writing.query("count_jobs", sql, vec![]).await?;
        let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get_by_index(0))?;
        if usize::try_from(count).is_ok_and(|count| count >= MAX_WAITING) {
            return Ok(Started::TooMany);
        }
        let sql = format!(
            "INSERT INTO job (id, kind, input, priority, state, attempts, is_cancelled, done, failures, due_at_ms, created_at_ms) \
             VALUES ($1, $2, $3, $4, 0, 0, FALSE, 0, '[]', {now}, {now}) RETURNING {COLUMNS}"
        );
        let values = vec![id_value(id), work.kind().into(), input.into(), work.priority().into()];
        let rows = writing.query("start_job", &sql, values).await?;
        let job = rows.first().map(read).transpose()?.ok_or_else(no_row)?;
        writing.commit().await?;
        self.0.queued.notify_one();
        Ok(Started::Queued(Box::new(job)))
    }

    /// Has a job end: one that waits at once, one that is being done when its instance next looks.
    pub async fn cancel(&self, id: JobId) -> Result<Cancelled, DatabaseError> {
        let now = self.0.database.dialect().now_ms();
        let sql = format!(
            "UPDATE job SET is_cancelled = TRUE, state = CASE WHEN state = 0 THEN 4 ELSE state END, \
             ended_at_ms = CASE WHEN state = 0 THEN {now} END, due_at_ms = CASE WHEN state = 0 THEN NULL ELSE due_at_ms END \
             WHERE id = $1 AND state IN (0, 1) RETURNING {COLUMNS}"
        );
        let rows = write(&self.0.database, "cancel_job", &sql, vec![id_value(id)]).await?;
        self.0.changed.notify_waiters();
        if let Some(row) = rows.first() {
            return Ok(Cancelled::Now(Box::new(read(row)?)));
        }
        let ended = find(&self.0.database, &[id]).await?.remove(&id);
        Ok(ended.map_or(Cancelled::NoSuchJob, |job| Cancelled::Ended(Box::new(Job::clone(&job)))))
    }

    /// Takes the job whose turn it is, for [`LEASE`]. Of all instances, one gets it.
    pub(super) async fn take(&self) -> Result<Option<Taken>, DatabaseError> {
        let (database, dialect) = (&self.0.database, self.0.database.dialect());
        let (now, lease) = (dialect.now_ms(), LEASE.as_millis());
        let sql = format!("SELECT 1 FROM job WHERE due_at_ms <= {now} LIMIT 1");
        if database.query("due_jobs", &sql, vec![]).await?.is_empty() {
            return Ok(None);
        }
        let sql = format!(
            "UPDATE job SET state = 1, attempts = attempts + 1, due_at_ms = {now} + {lease}, \
             started_at_ms = COALESCE(started_at_ms, {now}) WHERE id = (SELECT id FROM job WHERE due_at_ms <= {now} \
             ORDER BY priority DESC, created_at_ms, id LIMIT 1 {}) RETURNING id, input, attempts, is_cancelled",
            dialect.skip_locked()
        );
        let rows = write(database, "take_job", &sql, vec![]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let columns = &mut Columns::of(row)?;
        Ok(Some(Taken {
            id: read_id(columns.next()?)?,
            work: serde_json::from_str(columns.next()?).ok(),
            attempt: columns.next()?,
            is_cancelled: columns.next()?,
        }))
    }

    /// Says that a job is still being done, and how far it is. Whether it is to end; none where it is somebody else's by now.
    pub(super) async fn renew(&self, taken: &Taken, progress: &Progress) -> Result<Option<bool>, DatabaseError> {
        let (now, lease) = (self.0.database.dialect().now_ms(), LEASE.as_millis());
        let rows = self
            .update(taken, progress, &format!("due_at_ms = {now} + {lease}"))
            .await?;
        rows.first().map(|row| Ok(row.try_get_by_index(0)?)).transpose()
    }

    /// Ends a job.
    pub(super) async fn finish(
        &self,
        taken: &Taken,
        progress: &Progress,
        state: JobState,
    ) -> Result<(), DatabaseError> {
        let now = self.0.database.dialect().now_ms();
        let state = state.to_column();
        let set = format!("state = {state}, due_at_ms = NULL, ended_at_ms = {now}");
        self.update(taken, progress, &set).await.map(drop)
    }

    /// Has a job be taken again, after `pause`.
    pub(super) async fn put_back(
        &self,
        taken: &Taken,
        progress: &Progress,
        pause: Duration,
    ) -> Result<(), DatabaseError> {
        let (now, pause) = (self.0.database.dialect().now_ms(), pause.as_millis());
        self.update(taken, progress, &format!("state = 0, due_at_ms = {now} + {pause}"))
            .await
            .map(drop)
    }

    /// As [`Self::put_back`], at once, as if it had not been taken.
    pub(super) async fn give_back(&self, taken: &Taken) -> Result<(), DatabaseError> {
        let now = self.0.database.dialect().now_ms();
        let set = format!("state = 0, due_at_ms = {now}, attempts = attempts - 1");
        self.update(taken, &Progress::new(), &set).await.map(drop)
    }

    /// Changes the row of a job that is still held.
    async fn update(&self, taken: &Taken, progress: &Progress, set: &str) -> Result<Vec<QueryResult>, DatabaseError> {
        let failures = serde_json::to_string(&progress.failures()).map_err(|error| broken("failures", &error))?;
        let sql = format!(
            "UPDATE job SET done = $1, total = $2, failures = $3, {set} WHERE id = $4 AND attempts = $5 AND state = 1 \
             RETURNING is_cancelled"
        );
        let values = vec![
            progress.done().into(),
            progress.total().into(),
            failures.into(),
            id_value(taken.id),
            taken.attempt.into(),
        ];
        let rows = write(&self.0.database, "update_job", &sql, values).await?;
        self.0.changed.notify_waiters();
        Ok(rows)
    }

    /// Deletes jobs that ended long ago.
    pub(super) async fn delete_old(&self) -> Result<(), DatabaseError> {
        let before = format!("{} - {}", self.0.database.dialect().now_ms(), KEPT.as_millis());
        let sql = format!("SELECT 1 FROM job WHERE ended_at_ms < {before} LIMIT 1");
        if self.0.database.query("old_jobs", &sql, vec![]).await?.is_empty() {
            return Ok(());
        }
        let sql = format!("DELETE FROM job WHERE ended_at_ms < {before}");
        write(&self.0.database, "delete_jobs", &sql, vec![]).await.map(drop)
    }
}

/// Jobs by their ids, with one statement.
pub(super) async fn find(database: &Database, ids: &[JobId]) -> Result<HashMap<JobId, Arc<Job>>, DatabaseError> {
    let dialect = database.dialect();
    let sql = format!("SELECT {COLUMNS} FROM job WHERE {}", dialect.is_any("id", 1));
    let texts: Vec<String> = ids.iter().map(JobId::to_string).collect();
    let values = vec![dialect.name_list(texts.iter().map(String::as_str))];
    let rows = database.query("jobs", &sql, values).await?;
    let job = |row| read(row).map(|job| (job.id, Arc::new(job)));
    rows.iter().map(job).collect()
}

/// One statement in a transaction of its own, which waits for its turn as all writes do.
async fn write(
    database: &Database,
    query_type: &'static str,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<QueryResult>, DatabaseError> {
    let writing: Writing = database.write().await?;
    let rows = writing.query(query_type, sql, values).await?;
    writing.commit().await?;
    Ok(rows)
}

fn read(row: &QueryResult) -> Result<Job, DatabaseError> {
    let columns = &mut Columns::of(row)?;
    let (id, kind, state) = (read_id(columns.next()?)?, columns.next()?, columns.next()?);
    let state = JobState::from_column(state);
    let state = state.ok_or_else(|| DatabaseError::Other(format!("job {id} is in no state that is known here")))?;
    Ok(Job {
        id,
        kind,
        state,
        done: columns.next()?,
        total: columns.next()?,
        failures: serde_json::from_str(columns.next()?).map_err(|error| broken("failures", &error))?,
        started_at_ms: columns.next()?,
        ended_at_ms: columns.next()?,
    })
}

fn read_id(text: &str) -> Result<JobId, DatabaseError> {
    text.parse()
        .map_err(|error| DatabaseError::Other(format!("a job has the id {text:?}: {error}")))
}

fn id_value(id: JobId) -> Value {
    id.to_string().into()
}

fn broken(what: &str, error: &serde_json::Error) -> DatabaseError {
    DatabaseError::Other(format!("a job's {what} is no JSON: {error}"))
}

fn no_row() -> DatabaseError {
    DatabaseError::Other("a job that was stored is not there".to_owned())
}
