//! The rows of alerts. Nothing is locked to find out that there is nothing to do, for on SQLite that would wait for an import.
//!
//! When somebody last saw an alert's cause, and from when on another may tell of it, is told by the database's clock: instances' may differ.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use foldhash::HashMap;
use sea_orm::{QueryResult, Value};

use super::{
    alert::{Acknowledged, Alert, AlertId, AlertState, Severity},
    reach::{GONE, Reaches},
};
use crate::{
    catalog::Catalog,
    database::{Columns, Database, DatabaseError, Writing},
};

/// How long an instance that tells of an alert may say nothing before another tells it.
const TELLING: Duration = Duration::from_mins(1);

/// What is older than this is told to nobody.
const WORTH_TELLING: Duration = Duration::from_hours(1);

/// Alerts that are told again at once.
const MOST_UNTOLD: i64 = 100;

/// How long alerts can be looked at that were resolved, and how many of all there are at most.
const KEPT: Duration = Duration::from_hours(30 * 24);
const MOST_KEPT: i64 = 10_000;

/// In the order in which [`read`] takes them.
const COLUMNS: &str = "id, rule, instance, severity, state, value, threshold, message, since_ms, resolved_ms, acknowledged_ms, acknowledged_by";

/// What is known of the alerts before anybody has looked.
const NOTHING: i64 = -1;

/// What of an alert others were told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Told(i16);

impl Told {
    /// Up to and with a state.
    pub(super) fn of(state: AlertState) -> Self {
        Self(state.to_column() + 1)
    }
}

/// What became of an alert that was to be acknowledged.
#[derive(Debug, Clone, PartialEq)]
pub enum Acknowledgement {
    Done(Arc<Alert>),
    /// Somebody had done so before.
    Before(Arc<Alert>),
    NoSuchAlert,
}

/// Reads and writes alerts.
pub(super) struct Store {
    database: Database,
    /// With connections of its own, where there are any: what fires because there is none left has to be stored too.
    writer: Database,
    has_own_connections: bool,
    /// Every change up to this revision has been read.
    known: AtomicI64,
    reach: Mutex<Reaches>,
}

impl Store {
    pub(super) fn new(catalog: &Catalog, writer: Option<Database>) -> Self {
        let database = catalog.database().counted_by(Arc::default());
        Self {
            has_own_connections: writer.is_some(),
            writer: writer.unwrap_or_else(|| database.clone()),
            database,
            known: AtomicI64::new(NOTHING),
            reach: Mutex::default(),
        }
    }

    /// Those that are active, and what others were told of them. What changes from now on is told by [`Self::changed`].
    pub(super) async fn begin(&self) -> Result<Vec<(Arc<Alert>, Told)>, DatabaseError> {
        self.after("alert.state = 0", vec![]).await
    }

    /// What has changed since this was asked last, in its order.
    pub(super) async fn changed(&self) -> Result<Vec<Arc<Alert>>, DatabaseError> {
        let known = self.known.load(Ordering::Relaxed);
        let changed = self.after("alert.revision > $1", vec![known.into()]).await?;
        Ok(changed.into_iter().map(|(alert, _)| alert).collect())
    }

    async fn after(&self, condition: &str, values: Vec<Value>) -> Result<Vec<(Arc<Alert>, Told)>, DatabaseError> {
        // From the state on, so that one row always comes and tells the revision of the same moment.
        let columns = COLUMNS.replace(", ", ", alert.");
        let sql = format!(
            "SELECT known.revision, alert.{columns}, alert.told FROM alert_state known LEFT JOIN alert ON {condition} ORDER BY alert.revision"
        );
        let mut alerts = Vec::new();
        let mut revision = 0;
        for row in &self.database.query("alerts", &sql, values).await? {
            let columns = &mut Columns::of(row)?;
            revision = columns.next()?;
            let id: Option<&str> = columns.next()?;
            if let Some(id) = id {
                let alert = Arc::new(read(id, columns)?);
                alerts.push((alert, Told(columns.next()?)));
            }
        }
        // A database that was put back to how it was has a smaller one.
        self.known.store(revision, Ordering::Relaxed);
        Ok(alerts)
    }

    /// Stores alerts of this instance as they are now. What others have resolved stays so: [`Self::hold`] tells of it.
    pub(super) async fn save(&self, alerts: &[Arc<Alert>]) -> Result<(), DatabaseError> {
        let now = self.writer.dialect().now_ms();
        let tell_after = TELLING.as_millis();
        let sql = format!(
            "INSERT INTO alert (id, rule, instance, severity, state, value, threshold, message, since_ms, resolved_ms, revision, seen_ms, \
             told, tell_after_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, {now}, 0, {now} + {tell_after}) \
             ON CONFLICT (id) DO UPDATE SET state = excluded.state, value = excluded.value, resolved_ms = excluded.resolved_ms, \
             seen_ms = excluded.seen_ms, tell_after_ms = excluded.tell_after_ms, revision = excluded.revision \
             WHERE alert.state <= excluded.state"
        );
        let writing = self.writer.write().await?;
        let revision = next_revision(&writing).await?;
        for alert in alerts {
            writing.query("save_alert", &sql, values_of(alert, revision)).await?;
        }
        writing.commit().await
    }

    /// Fires an alert that concerns all, unless one of its rule is active: then it is noted that its cause is still there.
    pub(super) async fn fire_of_all(&self, alert: Alert) -> Result<Option<Arc<Alert>>, DatabaseError> {
        if self.hold_of_all(&[alert.rule.as_str()]).await? > 0 {
            return Ok(None);
        }
        let now = self.writer.dialect().now_ms();
        let sql = format!(
            "INSERT INTO alert (id, rule, instance, severity, state, value, threshold, message, since_ms, resolved_ms, revision, seen_ms, \
             told, tell_after_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, {now}, 0, {now} + {}) \
             ON CONFLICT DO NOTHING RETURNING 1",
            TELLING.as_millis()
        );
        let writing = self.writer.write().await?;
        let revision = next_revision(&writing).await?;
        let fired = writing.query("fire_alert", &sql, values_of(&alert, revision)).await?;
        if fired.is_empty() {
            return Ok(None);
        }
        writing.commit().await?;
        Ok(Some(Arc::new(alert)))
    }

    /// Notes that the causes of some rules that concern all may still be there. How many of them are active.
    pub(super) async fn hold_of_all(&self, rules: &[&str]) -> Result<usize, DatabaseError> {
        let dialect = self.writer.dialect();
        let sql = format!(
            "UPDATE alert SET seen_ms = {} WHERE state = 0 AND instance = '' AND {} RETURNING 1",
            dialect.now_ms(),
            dialect.is_any("rule", 1)
        );
        let values = vec![dialect.name_list(rules.iter().copied())];
        Ok(self.write("hold_alerts_of_all", &sql, values).await?.len())
    }

    /// Notes that alerts of this instance go on, and that it still tells of others. Those of the first that somebody has resolved.
    pub(super) async fn hold(&self, held: &[AlertId], telling: &[AlertId]) -> Result<Vec<AlertId>, DatabaseError> {
        let dialect = self.writer.dialect();
        let now = dialect.now_ms();
        let is_any = dialect.is_any("id", 1);
        let list = |ids: &[AlertId]| {
            let texts: Vec<String> = ids.iter().map(AlertId::to_string).collect();
            dialect.name_list(texts.iter().map(String::as_str))
        };
        let writing = self.writer.write().await?;
        let sql = format!("UPDATE alert SET seen_ms = {now} WHERE state = 0 AND {is_any} RETURNING id");
        let rows = writing.query("hold_alerts", &sql, vec![list(held)]).await?;
        if !telling.is_empty() {
            let sql = format!(
                "UPDATE alert SET tell_after_ms = {now} + {} WHERE {is_any}",
                TELLING.as_millis()
            );
            writing.query("tell_alerts", &sql, vec![list(telling)]).await?;
        }
        writing.commit().await?;
        let active: Vec<AlertId> = rows
            .iter()
            .map(|row| read_id(Columns::of(row)?.next()?))
            .collect::<Result<_, _>>()?;
        Ok(held.iter().copied().filter(|id| !active.contains(id)).collect())
    }

    /// Notes what of alerts others were told.
    pub(super) async fn has_told(&self, told: &[(AlertId, Told)]) -> Result<(), DatabaseError> {
        let writing = self.writer.write().await?;
        for (id, told) in told {
            let sql = "UPDATE alert SET told = $2 WHERE id = $1 AND told < $2";
            let values = vec![id.to_string().into(), told.0.into()];
            writing.query("has_told_alert", sql, values).await?;
        }
        writing.commit().await
    }

    /// Whoever measures begins to try the database; [`Self::resolve_left_behind`] ends that.
    pub(super) fn tries(&self) {
        self.reaches().tries(Instant::now());
    }

    /// Resolves what nobody says any more: of all instances after `resolve_after`, of one of them when it is gone. Those that were resolved,
    /// and what others were told of them. Nothing for as long as others may be silent because the database was away, or could not be written to.
    pub(super) async fn resolve_left_behind(
        &self,
        resolve_after: Duration,
        now_ms: i64,
    ) -> Result<Vec<(Arc<Alert>, Told)>, DatabaseError> {
        let now = self.writer.dialect().now_ms();
        let condition = format!(
            "state = 0 AND seen_ms < {now} - CASE WHEN instance = '' THEN {} ELSE {} END",
            resolve_after.as_millis(),
            GONE.as_millis()
        );
        let sql = format!("SELECT 1 FROM alert WHERE {condition} LIMIT 1");
        let is_any = !self.writer.query("alerts_left_behind", &sql, vec![]).await?.is_empty();
        if !self.reaches().may_resolve(is_any, Instant::now()) {
            return Ok(Vec::new());
        }
        let writing = self.writer.write().await?;
        let revision = next_revision(&writing).await?;
        if !self.reaches().has_turn(Instant::now()) {
            return Ok(Vec::new());
        }
        let sql = format!(
            "UPDATE alert SET state = 1, resolved_ms = CASE WHEN since_ms > $1 THEN since_ms ELSE $1 END, revision = $2, \
             tell_after_ms = {now} + {} WHERE {condition} RETURNING {COLUMNS}, told",
            TELLING.as_millis()
        );
        let rows = writing
            .query("resolve_alerts", &sql, vec![now_ms.into(), revision.into()])
            .await?;
        let resolved = rows.iter().map(read_with_told).collect::<Result<Vec<_>, _>>()?;
        writing.commit().await?;
        Ok(resolved)
    }

    /// Takes on what others should have been told by an instance that says nothing any more, with what they were.
    pub(super) async fn take_untold(&self) -> Result<Vec<(Arc<Alert>, Told)>, DatabaseError> {
        let dialect = self.writer.dialect();
        let now = dialect.now_ms();
        let condition = format!(
            "told < 2 AND told <= state AND tell_after_ms < {now} AND seen_ms > {now} - {}",
            WORTH_TELLING.as_millis()
        );
        let sql = format!("SELECT 1 FROM alert WHERE {condition} LIMIT 1");
        if self.writer.query("untold_alerts", &sql, vec![]).await?.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "UPDATE alert SET tell_after_ms = {now} + {} WHERE id IN (SELECT id FROM alert WHERE {condition} LIMIT {MOST_UNTOLD} {}) \
             RETURNING {COLUMNS}, told",
            TELLING.as_millis(),
            dialect.skip_locked()
        );
        let rows = self.write("take_untold_alerts", &sql, vec![]).await?;
        rows.iter().map(read_with_told).collect()
    }

    /// Notes who has seen an alert, where nobody had.
    pub(super) async fn acknowledge(
        &self,
        id: AlertId,
        (by, now_ms): (&str, i64),
    ) -> Result<Acknowledgement, DatabaseError> {
        let writing = self.database.write().await?;
        let revision = next_revision(&writing).await?;
        // Of what is over nobody is told anew: it is no change that others look for.
        let sql = format!(
            "UPDATE alert SET acknowledged_ms = $2, acknowledged_by = $3, revision = CASE WHEN state = 0 THEN $4 ELSE revision END \
             WHERE id = $1 AND acknowledged_ms IS NULL RETURNING {COLUMNS}"
        );
        let values = vec![id.to_string().into(), now_ms.into(), by.into(), revision.into()];
        let rows = writing.query("acknowledge_alert", &sql, values).await?;
        if let Some(row) = rows.first() {
            let alert = read_row(row)?;
            writing.commit().await?;
            return Ok(Acknowledgement::Done(alert));
        }
        drop(writing);
        let known = find(&self.database, &[id]).await?.remove(&id);
        Ok(known.map_or(Acknowledgement::NoSuchAlert, Acknowledgement::Before))
    }

    /// Deletes alerts that were resolved long ago, and the oldest where there are too many.
    pub(super) async fn forget(&self) -> Result<(), DatabaseError> {
        let condition = format!(
            "state = 1 AND (resolved_ms < {} - {} OR revision <= \
             COALESCE((SELECT revision FROM alert ORDER BY revision DESC LIMIT 1 OFFSET $1), -1))",
            self.writer.dialect().now_ms(),
            KEPT.as_millis()
        );
        let values = || vec![MOST_KEPT.into()];
        let sql = format!("SELECT 1 FROM alert WHERE {condition} LIMIT 1");
        if self.writer.query("old_alerts", &sql, values()).await?.is_empty() {
            return Ok(());
        }
        let sql = format!("DELETE FROM alert WHERE {condition}");
        self.write("forget_alerts", &sql, values()).await.map(drop)
    }

    /// Alerts of this instance by their ids, as they are stored.
    pub(super) async fn stored(&self, ids: &[AlertId]) -> Result<HashMap<AlertId, Arc<Alert>>, DatabaseError> {
        find(&self.writer, ids).await
    }

    pub(super) async fn close(&self) -> Result<(), DatabaseError> {
        if self.has_own_connections {
            self.writer.close().await?;
        }
        Ok(())
    }

    fn reaches(&self) -> MutexGuard<'_, Reaches> {
        // Nothing panics while it is held.
        self.reach.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One statement in a transaction of its own.
    async fn write(
        &self,
        query_type: &'static str,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<QueryResult>, DatabaseError> {
        let writing = self.writer.write().await?;
        let rows = writing.query(query_type, sql, values).await?;
        writing.commit().await?;
        Ok(rows)
    }
}

/// Alerts by their ids, with one statement.
pub(super) async fn find(database: &Database, ids: &[AlertId]) -> Result<HashMap<AlertId, Arc<Alert>>, DatabaseError> {
    let dialect = database.dialect();
    let sql = format!("SELECT {COLUMNS} FROM alert WHERE {}", dialect.is_any("id", 1));
    let texts: Vec<String> = ids.iter().map(AlertId::to_string).collect();
    let values = vec![dialect.name_list(texts.iter().map(String::as_str))];
    let rows = database.query("alerts_by_id", &sql, values).await?;
    let alert = |row| read_row(row).map(|alert| (alert.id, alert));
    rows.iter().map(alert).collect()
}

/// The row of the revision stays locked until the end, so that revisions become visible in their order.
async fn next_revision(writing: &Writing) -> Result<i64, DatabaseError> {
    let sql = "UPDATE alert_state SET revision = revision + 1 WHERE id = 1 RETURNING revision";
    let rows = writing.query("next_alert_revision", sql, vec![]).await?;
    rows.first().map_or(Ok(0), |row| Ok(Columns::of(row)?.next()?))
}

fn values_of(alert: &Alert, revision: i64) -> Vec<Value> {
    vec![
        alert.id.to_string().into(),
        alert.rule.as_str().into(),
        alert.instance.as_deref().unwrap_or_default().into(),
        alert.severity.to_column().into(),
        alert.state.to_column().into(),
        alert.value.into(),
        alert.threshold.into(),
        alert.message.as_str().into(),
        alert.since_ms.into(),
        alert.resolved_ms.into(),
        revision.into(),
    ]
}

fn read_row(row: &QueryResult) -> Result<Arc<Alert>, DatabaseError> {
    let columns = &mut Columns::of(row)?;
    let id = columns.next()?;
    read(id, columns).map(Arc::new)
}

fn read_with_told(row: &QueryResult) -> Result<(Arc<Alert>, Told), DatabaseError> {
    let columns = &mut Columns::of(row)?;
    let id = columns.next()?;
    let alert = Arc::new(read(id, columns)?);
    Ok((alert, Told(columns.next()?)))
}

fn read(id: &str, columns: &mut Columns<'_>) -> Result<Alert, DatabaseError> {
    let rule = columns.next()?;
    let instance: String = columns.next()?;
    let (severity, state) = (columns.next()?, columns.next()?);
    Ok(Alert {
        id: read_id(id)?,
        rule,
        instance: Some(instance).filter(|instance| !instance.is_empty()),
        severity: Severity::from_column(severity),
        state: AlertState::from_column(state),
        value: columns.next()?,
        threshold: columns.next()?,
        message: columns.next()?,
        since_ms: columns.next()?,
        resolved_ms: columns.next()?,
        acknowledged: match (columns.next()?, columns.next()?) {
            (Some(at_ms), Some(by)) => Some(Acknowledged { at_ms, by }),
            _ => None,
        },
    })
}

fn read_id(text: &str) -> Result<AlertId, DatabaseError> {
    text.parse()
        .map_err(|error| DatabaseError::Other(format!("an alert has the id {text:?}: {error}")))
}
