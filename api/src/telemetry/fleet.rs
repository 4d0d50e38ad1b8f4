//! The instances that share a Redis, as they tell of themselves each second while anybody follows all of them.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::{
    catalog::Catalog,
    live::{Exchange, Followers, Following, Reach, Teller},
};
use schema::VitalSigns;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use super::report::{Report, together};

/// The subject under which instances tell each other, with the form of what they tell.
const SUBJECT: &str = "vitals:1";

/// How often an instance tells.
const PAUSE: Duration = Duration::from_secs(1);

/// Of which nothing was heard for so long is gone.
const SILENCE: Duration = Duration::from_secs(5);

/// How long it takes until each of the others has told once: they ask whether to tell every [`PAUSE`].
const ROUND: Duration = Duration::from_millis(1_250);

/// Instances that are believed to be there.
const MOST_INSTANCES: usize = 256;

/// The other instances.
pub(super) struct Fleet {
    exchange: Exchange,
    followers: Followers,
    others: Mutex<HashMap<Teller, (Instant, Report)>>,
    /// How far back the others have told, all of them.
    gathered: watch::Sender<Option<Reach>>,
}

impl Fleet {
    pub(super) fn new(catalog: &Catalog) -> Self {
        Self {
            exchange: catalog.exchange(SUBJECT),
            followers: Followers::default(),
            others: Mutex::default(),
            gathered: watch::Sender::new(None),
        }
    }

    /// Has the others tell for as long as what is given is held.
    pub(super) fn follow(&self, reach: Reach) -> Following {
        self.followers.enter(reach)
    }

    /// Waits until the others have told, where they can be heard.
    pub(super) async fn gather(&self, reach: Reach) {
        if self.exchange.is_up() {
            let _ = self
                .gathered
                .subscribe()
                .wait_for(|gathered| *gathered >= Some(reach))
                .await;
        }
    }

    /// What this instance, which has `own` to tell, and the others come to, in their last `seconds`.
    pub(super) fn signs(&self, own: &Report, seconds: usize) -> VitalSigns {
        let others = self.others();
        // Nobody may have come to forget them.
        let others = others.values().filter(|(heard, _)| heard.elapsed() < SILENCE);
        let others = others.map(|(_, report)| report);
        together(std::iter::once(own).chain(others), seconds)
    }

    /// Tells the others what `report` says, and hears them, while anybody wants to know; for as long as it is polled.
    pub(super) async fn keep(&self, report: impl Fn(Reach) -> Report) {
        if self.exchange.is_shared() {
            tokio::join!(self.keep_telling(report), self.keep_hearing());
        }
    }

    async fn keep_telling(&self, report: impl Fn(Reach) -> Report) {
        let mut ticks = interval(PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Some(reach) = self.followers.reach() {
                self.exchange.want(reach).await;
            }
            if let Some(reach) = self.exchange.wanted().await
                && let Ok(told) = postcard::to_allocvec(&report(reach))
            {
                self.exchange.tell(&told).await;
            }
            self.others().retain(|_, (heard, _)| heard.elapsed() < SILENCE);
        }
    }

    async fn keep_hearing(&self) {
        loop {
            self.followers.begun().await;
            metrics::gauge!("live_producers", "of" => "fleet").set(1);
            tokio::select! {
                () = self.exchange.listen(|teller, told| self.hear(teller, told)) => {}
                () = self.keep_gathering() => {}
                () = self.followers.ended() => {}
            }
            metrics::gauge!("live_producers", "of" => "fleet").set(0);
            self.gathered.send_replace(None);
            self.others().clear();
        }
    }

    /// Says when the others have told, as far back as anybody looks. Never ends.
    async fn keep_gathering(&self) {
        loop {
            let reach = self.followers.reach();
            // Of what was told farther back, the next has less.
            self.gathered.send_modify(|gathered| *gathered = reach.min(*gathered));
            if let Some(reach) = reach {
                self.exchange.want(reach).await;
            }
            let mut round = interval(ROUND);
            round.tick().await;
            round.tick().await;
            self.gathered.send_replace(reach);
            self.followers.reach_changes(reach).await;
        }
    }

    fn hear(&self, teller: Teller, told: &[u8]) {
        let Ok(report) = postcard::from_bytes(told) else { return };
        let mut others = self.others();
        if others.len() < MOST_INSTANCES || others.contains_key(&teller) {
            others.insert(teller, (Instant::now(), report));
        }
    }

    fn others(&self) -> MutexGuard<'_, HashMap<Teller, (Instant, Report)>> {
        // Nothing panics while it is held.
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
