//! API keys: what they are made of, where they are kept, and which are good at this moment.
//!
//! `store` makes, lists and revokes them. A server asks [`Keys`], which has all of them in memory: a request costs no
//! statement, whatever key it brings, and a database that is away takes nobody's access at once.

mod secret;
mod snapshot;
mod store;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

pub use secret::Secret;
pub use store::{InvalidKeyName, KeyName, KeyRecord, KeyStore, NewKey, Revoked};

use tokio::{sync::watch, time::MissedTickBehavior};

use super::{Clock, Scopes};
use crate::database::{Database, DatabaseError};
use snapshot::{Key, Snapshot};

/// How long keys are believed that nobody could look at.
///
/// A database restarts or fails over in a minute or two: until then keys work as before, or its outage would also close what
/// needs no database. Who can reach none at all could miss a revocation for ever, and a key is revoked because it leaked:
/// after five minutes it is safer to believe in nothing.
pub const BELIEVED_FOR: Duration = Duration::from_mins(5);

/// How often a long-lived connection asks whether its key is still good.
const STANDING_PAUSE: Duration = Duration::from_secs(1);

/// Why a request is not answered with the key that it brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// No key, none that exists, or none any more: whoever guesses does not learn which.
    #[error("the key is not known here")]
    Unknown,
    #[error("the key has expired")]
    Expired,
    #[error("the key is bound to the pages of other origins")]
    WrongOrigin,
    #[error("keys cannot be looked at for too long")]
    Unavailable,
}

/// Who has shown a key that is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyHolder {
    pub id: i64,
    pub scopes: Scopes,
    /// Whether the key stands in the code of pages, for everybody to read.
    pub is_publishable: bool,
}

/// The keys that are good at this moment. Cheap to clone.
#[derive(Clone)]
pub struct Keys {
    shared: Arc<Shared>,
}

struct Shared {
    store: KeyStore,
    clock: Clock,
    snapshot: watch::Sender<Arc<Snapshot>>,
    /// When the snapshot was last known to be the newest.
    looked_at_ms: AtomicI64,
}

impl Keys {
    /// Reads all keys.
    pub async fn load(database: &Database, clock: Clock) -> Result<Self, DatabaseError> {
        let store = KeyStore::new(database.clone());
        let looked_at_ms = clock.now_ms();
        let snapshot = store.snapshot(store.revision().await?).await?;
        Ok(Self {
            shared: Arc::new(Shared {
                store,
                clock,
                snapshot: watch::Sender::new(Arc::new(snapshot)),
                looked_at_ms: looked_at_ms.into(),
            }),
        })
    }

    /// Looks whether the keys have changed, with one statement where they have not. Whether they had.
    pub async fn refresh(&self) -> Result<bool, DatabaseError> {
        let shared = &self.shared;
        let looked_at_ms = shared.clock.now_ms();
        let revision = shared.store.revision().await?;
        // A database that was put back to how it was has a smaller one.
        let is_new = revision != self.snapshot().revision;
        if is_new {
            let snapshot = shared.store.snapshot(revision).await?;
            shared.snapshot.send_replace(Arc::new(snapshot));
        }
        shared.looked_at_ms.store(looked_at_ms, Ordering::Relaxed);
        count(&self.snapshot());
        Ok(is_new)
    }

    /// Looks every `pause` for as long as it is polled.
    pub async fn keep(&self, pause: Duration) {
        let mut looks = tokio::time::interval(pause);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut outage = Outage::default();
        loop {
            looks.tick().await;
            match self.refresh().await {
                Ok(_) => outage.end(),
                Err(error) => outage.go_on(&error, self.is_believed()),
            }
        }
    }

    /// Whether `secret` is a key that is good for a request from `origin`, and whose.
    pub fn check(&self, secret: &str, origin: Option<&str>) -> Result<KeyHolder, KeyRefused> {
        if !secret::is_well_formed(secret) {
            return Err(KeyRefused::Unknown);
        }
        let snapshot = self.snapshot();
        let key = snapshot.of_secret(secret);
        let record = &self.good(key)?.record;
        let is_at_home = match &record.origins {
            None => true,
            Some(origins) => origin.is_some_and(|origin| origins.iter().any(|one| one == origin)),
        };
        if !is_at_home {
            return Err(KeyRefused::WrongOrigin);
        }
        Ok(KeyHolder {
            id: record.id,
            scopes: record.scopes,
            is_publishable: record.origins.is_some(),
        })
    }

    /// Whether the key of that id, which was good once, still is.
    pub fn is_good(&self, id: i64) -> bool {
        self.standing(id).is_ok()
    }

    /// Waits until the key of that id is no longer good, and says why: for connections that outlive a request.
    pub async fn until_refused(&self, id: i64) -> KeyRefused {
        let mut changes = self.shared.snapshot.subscribe();
        loop {
            if let Err(refused) = self.standing(id) {
                return refused;
            }
            // It may also expire, or be believed no longer, and that is no change.
            let _ = tokio::time::timeout(STANDING_PAUSE, changes.changed()).await;
        }
    }

    fn standing(&self, id: i64) -> Result<(), KeyRefused> {
        let snapshot = self.snapshot();
        self.good(snapshot.of_id(id)).map(drop)
    }

    /// The key, if it is good by now.
    fn good<'a>(&self, key: Option<&'a Arc<Key>>) -> Result<&'a Arc<Key>, KeyRefused> {
        if !self.is_believed() {
            return Err(KeyRefused::Unavailable);
        }
        let key = key.ok_or(KeyRefused::Unknown)?;
        if key.record.is_expired(self.shared.clock.now_ms()) {
            return Err(KeyRefused::Expired);
        }
        Ok(key)
    }

    /// Whether the last look is not too long ago. A clock that was set since, by as much in either direction, says nothing.
    fn is_believed(&self) -> bool {
        let looked_at_ms = self.shared.looked_at_ms.load(Ordering::Relaxed);
        let age_ms = self.shared.clock.now_ms().abs_diff(looked_at_ms);
        u128::from(age_ms) <= BELIEVED_FOR.as_millis()
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.snapshot.borrow().clone()
    }
}

fn count(snapshot: &Snapshot) {
    #[expect(clippy::cast_precision_loss, reason = "there are not 2^52 keys")]
    metrics::gauge!("api_keys").set(snapshot.len() as f64);
}

/// A time in which the keys cannot be looked at. It is told of once when it begins, when it becomes grave and when it ends.
#[derive(Default)]
struct Outage {
    is_known: bool,
    is_grave: bool,
}

impl Outage {
    fn go_on(&mut self, error: &DatabaseError, are_believed: bool) {
        metrics::counter!("api_key_look_failures_total").increment(1);
        if !self.is_known {
            self.is_known = true;
            let minutes = BELIEVED_FOR.as_secs() / 60;
            tracing::error!(%error, "the API keys cannot be looked at: those known stay in force for {minutes} minutes");
        }
        if !are_believed && !self.is_grave {
            self.is_grave = true;
            tracing::error!(%error, "the API keys could not be looked at for too long: none is believed until they can");
        }
    }

    fn end(&mut self) {
        if self.is_known {
            tracing::info!("the API keys can be looked at again");
        }
        *self = Self::default();
    }
}
