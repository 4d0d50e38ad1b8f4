//! How a process hears of the catalog's changes, so that what it keeps is as new as it knows.
//!
//! It asks the feed once a second, at once when it was told of a change by another instance or has met one itself, and before
//! it acknowledges a change of its own. So what another process changed is seen after a second at most, as long as the
//! database answers; while it does not, what is kept is shown on, and health says so.

use std::time::Duration;

use ring::hmac;
use tokio::time::{MissedTickBehavior, interval};

use super::{Catalog, Change, ChangeNamesKey, IconId, changes::NAMES_PER_CHUNK};
use crate::{
    cache::SetChange,
    database::{Columns, DatabaseError},
    redis::{self, RedisConfig, RedisError},
};

/// Why nobody could be told of a change.
#[derive(Debug, thiserror::Error)]
pub enum AnnounceError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Redis(#[from] RedisError),
}

/// Changes that are read one by one. Whoever is further behind begins anew, with sets as they last changed.
const MOST_CHANGES: u32 = 100;

/// Names of one change that are told apart: one row of the feed.
const MOST_NAMES: u32 = 1000;
const _: () = assert!(MOST_NAMES as usize == NAMES_PER_CHUNK);

impl Catalog {
    /// Learns what has changed up to now.
    pub async fn catch_up(&self) -> Result<(), DatabaseError> {
        let Some(_turn) = self.cache.turn_to_follow().await else {
            return Ok(());
        };
        let caught_up = self.in_background().learn().await;
        match &caught_up {
            Ok(()) => {
                if self.cache.note_following(false) {
                    tracing::info!("the catalog's changes are heard of again");
                }
            }
            Err(error) => {
                if self.cache.note_following(true) {
                    tracing::warn!(%error, "the catalog's changes cannot be heard of: what is kept is shown as it is");
                }
            }
        }
        caught_up
    }

    /// As [`Self::catch_up`], where `generation` is not known yet. Whether or not it succeeds, whoever asked can go on.
    pub(super) async fn catch_up_to(&self, generation: i64) {
        if self.cache.known_generation().is_none_or(|known| known < generation) {
            let _ = self.catch_up().await;
        }
    }

    /// Keeps up with what changes for as long as it is polled, asking every `pause`, and when somebody tells of a change.
    pub async fn keep_up(&self, pause: Duration) {
        let mut asks = interval(pause);
        asks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let asking = async {
            loop {
                tokio::select! {
                    _ = asks.tick() => {}
                    () = self.cache.woken() => {}
                }
                // It is noted, and asked again.
                let _ = self.catch_up().await;
            }
        };
        let Some((redis, namespace)) = self.cache.redis() else {
            return asking.await;
        };
        let listening = redis::listen(redis.clone(), channel(namespace), |_| self.cache.wake_follower());
        tokio::join!(asking, listening);
    }

    /// This process has made `generation`: it and all others learn of that. Nothing older is shown here from now on.
    pub async fn has_made(&self, generation: i64) {
        self.cache.expect(generation);
        // Where it cannot be asked for now, it is asked for until it can.
        let _ = self.catch_up().await;
        if let Some((redis, namespace)) = self.cache.redis() {
            // Others ask by themselves, a little later.
            let _ = redis.tell(&channel(namespace), generation.to_string().as_bytes()).await;
        }
    }

    /// Tells all instances over this database that it has changed, from a process that is none of them.
    ///
    /// # Errors
    /// Where one of both cannot be asked. Instances find out by themselves, a second later.
    pub async fn announce_change(&self, redis: &RedisConfig) -> Result<(), AnnounceError> {
        let namespace = self.shared_namespace().await?;
        let generation = self.generation().await?;
        redis::announce(redis, &channel(&namespace), &generation.to_string()).await?;
        Ok(())
    }

    /// What the keys of this database's catalog begin with, wherever instances share anything: other catalogs have others.
    pub async fn shared_namespace(&self) -> Result<String, DatabaseError> {
        let sql = "SELECT secret FROM server_secret WHERE name = 'session'";
        let rows = self.database.query("server_secret", sql, vec![]).await?;
        let secret: Vec<u8> = rows
            .first()
            .map_or_else(|| Ok(Vec::new()), |row| row.try_get_by_index(0))?;
        // What it is made of cannot be had from it.
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let tag = hmac::sign(&key, b"iconql shared namespace");
        let first = tag.as_ref().first_chunk().copied().unwrap_or_default();
        Ok(format!("iconql:v1:{:016x}", u64::from_be_bytes(first)))
    }

    fn in_background(&self) -> Self {
        self.counted_by(std::sync::Arc::default())
    }

    async fn learn(&self) -> Result<(), DatabaseError> {
        let Some(known) = self.cache.known_generation() else {
            return self.learn_anew().await;
        };
        let page = self.changes(known, MOST_CHANGES).await?;
        if page.has_more || page.generation < known {
            return self.learn_anew().await;
        }
        if page.generation == known {
            return Ok(());
        }
        let mut changes = self.with_names(page.changes).await?;
        let outdated = self.invalidations(known, page.generation).await?;
        changes.extend(outdated.sets);
        self.cache.advance(page.generation, outdated.everything, changes);
        Ok(())
    }

    /// Learns when each set last changed, and no more.
    async fn learn_anew(&self) -> Result<(), DatabaseError> {
        let sql = "SELECT catalog_state.generation, change.prefix, change.generation FROM catalog_state LEFT JOIN \
                   (SELECT prefix, MAX(generation) AS generation FROM catalog_change GROUP BY prefix) change ON TRUE";
        let mut generation = 0;
        let mut sets = Vec::new();
        for row in self.database.query("set_changes", sql, vec![]).await? {
            let columns = &mut Columns::of(&row)?;
            generation = columns.next()?;
            if let (Some(prefix), Some(last)) = (columns.next::<Option<&str>>()?, columns.next::<Option<i64>>()?) {
                sets.push((IconId::set_called(prefix), last));
            }
        }
        let outdated = self.invalidations(0, generation).await?;
        sets.extend(outdated.sets.iter().map(|change| (change.set, change.generation)));
        self.cache.begin(generation, outdated.everything, sets);
        Ok(())
    }

    async fn with_names(&self, changes: Vec<Change>) -> Result<Vec<SetChange>, DatabaseError> {
        let key = |change: &Change| {
            let limit = u32::try_from(change.count).ok().filter(|count| *count <= MOST_NAMES)?;
            Some(ChangeNamesKey {
                generation: change.generation,
                kind: change.kind,
                prefix: change.prefix.clone(),
                after: None,
                limit,
            })
        };
        let with_names = changes.iter().filter(|change| change.count > 0);
        let keys: Vec<ChangeNamesKey> = with_names.filter_map(key).collect();
        let mut names = self.change_names(&keys).await?;
        let told = changes.iter().map(|change| SetChange {
            generation: change.generation,
            set: IconId::set_called(&change.prefix),
            names: key(change).and_then(|key| {
                let names = names.remove(&key).unwrap_or_default();
                // A feed that does not name all of them names none.
                let is_whole = names.len() == key.limit as usize;
                is_whole.then(|| names.iter().map(|name| IconId::of(name).0).collect())
            }),
        });
        Ok(told.collect())
    }
}

/// Over which instances of one namespace tell each other that the catalog has changed.
fn channel(namespace: &str) -> String {
    format!("{namespace}:changed")
}
