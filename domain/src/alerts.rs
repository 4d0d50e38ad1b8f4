//! Alerts: something is wrong with the service, and whoever runs it is told once that it is, and once that it no longer is.
//!
//! Each instance measures, and hands what it measured to [`Alerts::observe`]. What has been wrong for a while fires, and what has been right for a
//! while is resolved (`watch`). Alerts about one instance are its own: it fires them at once, whether or not they can be stored, for a database
//! that is away is what they are needed for most. Those about all instances are of what the database tells, and one of a rule is active: whoever
//! stores it first has fired it, each instance that sees the cause says so, and it is resolved when none has for a while. What an instance that is
//! gone has left behind, another resolves, but not while nobody could say anything (`reach`). `store` has the rows, `unwritten` what is still to
//! go there, `board` what is known of them here and who is told.

mod alert;
mod board;
mod reach;
mod store;
mod unwritten;
mod watch;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{MissedTickBehavior, interval},
};

pub use alert::{Acknowledged, Alert, AlertId, AlertState, InvalidAlertId, Severity};
pub use board::AlertFollower;
pub use store::Acknowledgement;
pub use watch::{Concerns, Measured, Reading, Timing};

use self::{
    board::Board,
    store::{Store, Told},
    unwritten::{Owed, Unwritten},
    watch::{Decided, Watches},
};
use crate::{
    access::Clock,
    catalog::Catalog,
    database::{Database, DatabaseError},
};

/// How often alerts are looked for that are to be forgotten.
const FORGETTING_PAUSE: Duration = Duration::from_hours(1);

/// The alerts of all instances, as one of them knows them. Cheap to clone.
#[derive(Clone)]
pub struct Alerts(Arc<Shared>);

struct Shared {
    instance: String,
    timing: Timing,
    clock: Clock,
    store: Store,
    board: Board,
    watches: Mutex<Watches>,
    unwritten: Mutex<Unwritten>,
    /// Who tells others of what fires and is resolved here, where somebody does.
    teller: Option<UnboundedSender<Arc<Alert>>>,
    forgotten: Mutex<Option<Instant>>,
}

/// How alerts are made.
#[derive(Debug, Clone)]
pub struct AlertsConfig {
    /// What tells this instance from others.
    pub instance: String,
    pub timing: Timing,
    /// Whether somebody takes what is to be told to others.
    pub is_told: bool,
}

impl Alerts {
    /// Alerts over the database of `catalog`, in which `writer` stores them, by connections that nobody else takes; where there is none, those of
    /// `catalog` do. With the alerts that others are to be told of, where that is so.
    ///
    /// # Errors
    /// Where it cannot be read which are active.
    pub async fn open(
        catalog: &Catalog,
        writer: Option<Database>,
        config: AlertsConfig,
        clock: Clock,
    ) -> Result<(Self, Option<UnboundedReceiver<Arc<Alert>>>), DatabaseError> {
        let (teller, told) = if config.is_told {
            let (teller, told) = unbounded_channel();
            (Some(teller), Some(told))
        } else {
            (None, None)
        };
        let alerts = Self(Arc::new(Shared {
            instance: config.instance,
            timing: config.timing,
            clock,
            store: Store::new(catalog, writer),
            board: Board::default(),
            watches: Mutex::default(),
            unwritten: Mutex::default(),
            teller,
            forgotten: Mutex::default(),
        }));
        let active = alerts.0.store.begin().await?;
        for (alert, told) in &active {
            if alert.instance.as_deref() == Some(&alerts.0.instance) {
                alerts.send_from(alert, *told);
            }
        }
        let active: Vec<Arc<Alert>> = active.into_iter().map(|(alert, _)| alert).collect();
        // What fired here before a restart goes on firing, until its cause is seen to be gone.
        alerts.watches().adopt(&alerts.0.instance, &active);
        alerts.0.board.begin(active);
        Ok((alerts, told))
    }

    /// Those that fire, of all instances: the most severe first, then those that fire for longest.
    pub fn active(&self) -> Vec<Arc<Alert>> {
        self.0.board.active()
    }

    /// Those that fire, and from then on each as it fires or is resolved.
    pub fn follow(&self) -> AlertFollower {
        self.0.board.follow()
    }

    /// Notes that somebody has seen an alert. Who has done so before is not forgotten.
    pub async fn acknowledge(&self, id: AlertId, by: &str) -> Result<Acknowledgement, DatabaseError> {
        let acknowledged = self.0.store.acknowledge(id, (by, self.0.clock.now_ms())).await?;
        if let Acknowledgement::Done(alert) = &acknowledged
            && alert.state == AlertState::Firing
        {
            self.0.board.apply(alert);
        }
        Ok(acknowledged)
    }

    /// Takes what was measured: fires what has been wrong for long enough, and resolves what has been right for long enough.
    ///
    /// # Errors
    /// Where it could not be stored. It is told all the same, but for what concerns all instances, and stored with what is observed next.
    pub async fn observe(&self, readings: &[Reading]) -> Result<(), DatabaseError> {
        let now = (Instant::now(), self.0.clock.now_ms());
        let decided = self.watches().decide(readings, &self.0.instance, now, self.0.timing);
        for alert in &decided.fired {
            self.note(Arc::clone(alert));
        }
        for (id, value) in &decided.resolved {
            if let Some(alert) = self.0.board.get(*id) {
                self.note(Arc::new(alert.resolved(*value, now.1)));
            }
        }
        self.write(decided).await
    }

    /// Notes that others were told of an alert's state, or will not be.
    pub fn has_told(&self, alert: &Alert) {
        self.unwritten().has_told(alert);
    }

    /// Learns what other instances fired, resolved and acknowledged, every `pause` for as long as it is polled.
    pub async fn keep(&self, pause: Duration) {
        let mut looks = interval(pause);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_lost = false;
        loop {
            looks.tick().await;
            let looked = self.look().await;
            if let Err(error) = &looked
                && !is_lost
            {
                tracing::warn!(%error, "the alerts of other instances cannot be looked at");
            }
            is_lost = looked.is_err();
        }
    }

    /// Lets go of the connections that alerts are stored by, where nobody else takes those.
    pub async fn close(&self) {
        let _ = self.0.store.close().await;
    }

    async fn look(&self) -> Result<(), DatabaseError> {
        for alert in self.0.store.changed().await? {
            // What was decided here and is not stored yet is newer.
            if !self.unwritten().has(alert.id) {
                self.0.board.apply(&alert);
            }
        }
        Ok(())
    }

    /// Something fired or was resolved here: those who follow are told, and it is to be stored and told to others.
    fn note(&self, alert: Arc<Alert>) {
        self.unwritten().add(&alert);
        self.show(&alert);
        self.send(alert);
    }

    /// Those who follow are told.
    fn show(&self, alert: &Arc<Alert>) {
        let (state, rule) = (alert.state.as_str(), alert.rule.as_str());
        tracing::warn!(id = %alert.id, rule, state, value = alert.value, message = alert.message, "alert");
        self.0.board.apply(alert);
    }

    /// Has others be told, where somebody does that.
    fn send(&self, alert: Arc<Alert>) {
        if let Some(teller) = &self.0.teller {
            self.unwritten().is_telling(alert.id);
            let _ = teller.send(alert);
        }
    }

    /// Has others be told what they were not, of what they were `told`.
    fn send_from(&self, alert: &Arc<Alert>, told: Told) {
        let is_being_told = self.unwritten().is_being_told(alert.id);
        if told < Told::of(AlertState::Firing) && !is_being_told {
            self.send(Arc::new(alert.as_fired()));
        }
        if alert.state == AlertState::Resolved {
            self.send(Arc::clone(alert));
        }
    }

    /// Stores what was decided, and what was not stored before; looks after what others have left behind.
    async fn write(&self, decided: Decided) -> Result<(), DatabaseError> {
        let store = &self.0.store;
        store.tries();
        let Owed { alerts, told, telling } = self.unwritten().owed();
        if !alerts.is_empty() {
            store.save(&alerts).await?;
        }
        if !told.is_empty() {
            store.has_told(&told).await?;
        }
        self.unwritten().forget(&alerts, &told);
        if !(decided.held.is_empty() && telling.is_empty()) {
            let lost = store.hold(&decided.held, &telling).await?;
            self.lose(&lost).await?;
        }
        if !decided.unknown_of_all.is_empty() {
            store.hold_of_all(&decided.unknown_of_all).await?;
        }
        for alert in decided.of_all {
            if let Some(fired) = store.fire_of_all(alert).await? {
                self.show(&fired);
                self.send(fired);
            }
        }
        let resolve_after = self.0.timing.resolve_after;
        for (alert, told) in store.resolve_left_behind(resolve_after, self.0.clock.now_ms()).await? {
            self.show(&alert);
            self.send_from(&alert, told);
        }
        if self.0.teller.is_some() {
            for (alert, told) in store.take_untold().await? {
                // It was not heard of for too long that it is being told here.
                if !self.unwritten().is_being_told(alert.id) {
                    self.send_from(&alert, told);
                }
            }
        }
        self.forget().await
    }

    async fn forget(&self) -> Result<(), DatabaseError> {
        {
            let mut forgotten = self.0.forgotten.lock().unwrap_or_else(PoisonError::into_inner);
            if forgotten.is_some_and(|at| at.elapsed() < FORGETTING_PAUSE) {
                return Ok(());
            }
            *forgotten = Some(Instant::now());
        }
        self.0.store.forget().await
    }

    /// Others have resolved these: they do not fire here any more either.
    async fn lose(&self, lost: &[AlertId]) -> Result<(), DatabaseError> {
        if lost.is_empty() {
            return Ok(());
        }
        let stored = self.0.store.stored(lost).await?;
        self.watches().lose(lost);
        for id in lost {
            // Where nobody knows it any more, nobody but this instance can say that it is over.
            let forgotten = || {
                let alert = self.0.board.get(*id)?;
                Some(Arc::new(alert.resolved(alert.value, self.0.clock.now_ms())))
            };
            let resolved = stored.get(id).cloned().or_else(forgotten);
            if let Some(resolved) = resolved.filter(|alert| alert.state == AlertState::Resolved) {
                self.0.board.apply(&resolved);
            }
        }
        Ok(())
    }

    fn watches(&self) -> MutexGuard<'_, Watches> {
        // Nothing panics while it is held.
        self.0.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unwritten(&self) -> MutexGuard<'_, Unwritten> {
        // Nothing panics while it is held.
        self.0.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Catalog {
    /// Alerts by their ids.
    pub async fn alerts(&self, ids: &[AlertId]) -> Result<foldhash::HashMap<AlertId, Arc<Alert>>, DatabaseError> {
        store::find(self.database(), ids).await
    }
}
