//! The feed as it grows: what is new is read once, however many follow it.
//!
//! Who sees a newer generation tells all followers. The first of them reads what it changed, and the others find that in memory;
//! only one that fell far behind reads for itself. A follower that is not polled holds nothing but its place.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::{Mutex, OnceCell, watch},
    time::{MissedTickBehavior, interval},
};

use super::{Catalog, Change, ChangeNamesKey, IconName};
use crate::database::DatabaseError;

/// Changes that are kept for followers who have not come to them yet: more than all sets together make.
const KEPT: usize = 512;

/// Changes read by one statement, and held by a follower.
const PAGE: u32 = 100;

/// Names that are read for all followers at once: as many as a page may have.
const SHARED_NAMES: u32 = 500;

/// How long nobody reads after the feed could not be read.
const PAUSE: Duration = Duration::from_secs(1);

/// A change that followers share.
#[derive(Debug)]
pub struct FollowedChange {
    pub change: Change,
    first_names: OnceCell<Vec<IconName>>,
}

/// What was read of the feed lately.
#[derive(Default)]
pub(super) struct RecentChanges(Mutex<Recent>);

#[derive(Default)]
struct Recent {
    /// Everything from after generation `after` to generation `until`.
    changes: VecDeque<Arc<FollowedChange>>,
    after: i64,
    until: i64,
    failed: Option<Instant>,
}

/// Somebody's place in the feed.
pub struct Follower {
    catalog: Catalog,
    newest: watch::Receiver<i64>,
    /// What `newest` was when last looked at.
    noticed: i64,
    /// Everything up to this generation is behind, or in `ahead`.
    seen: i64,
    ahead: VecDeque<Arc<FollowedChange>>,
}

impl Catalog {
    /// Follows the feed from now on. `newest` is the newest generation that this process knows of.
    pub async fn follow(&self, mut newest: watch::Receiver<i64>) -> Result<Follower, DatabaseError> {
        // Before the statement, so that what it cannot see yet will be noticed.
        let noticed = *newest.borrow_and_update();
        let seen = self.generation().await?;
        self.followed.0.lock().await.reach(seen);
        Ok(Follower {
            catalog: self.clone(),
            newest,
            noticed,
            seen,
            ahead: VecDeque::new(),
        })
    }

    /// Some changes after generation `since`, and the generation that they end with. None where they cannot be read now.
    async fn followed_after(&self, since: i64, newest: i64) -> Option<(VecDeque<Arc<FollowedChange>>, i64)> {
        let mut recent = self.followed.0.lock().await;
        if recent.failed.is_some_and(|failed| failed.elapsed() < PAUSE) {
            return None;
        }
        recent.reach(since);
        if since < recent.after {
            drop(recent);
            return self.read_after(since).await;
        }
        while recent.until <= since && recent.until < newest {
            match self.read_after(recent.until).await {
                Some((changes, until)) if until > recent.until => recent.push(changes, until),
                // It cannot be read, or the database is another one since a moment.
                _ => {
                    recent.failed = Some(Instant::now());
                    return None;
                }
            }
        }
        Some(recent.after(since))
    }

    async fn read_after(&self, since: i64) -> Option<(VecDeque<Arc<FollowedChange>>, i64)> {
        match self.changes(since, PAGE).await {
            Ok(page) => Some((
                page.changes.into_iter().map(FollowedChange::shared).collect(),
                page.generation,
            )),
            Err(error) => {
                tracing::warn!(%error, since, "the feed of changes cannot be read for its followers");
                None
            }
        }
    }
}

impl Follower {
    /// The next change, once there is one. None when the process ends.
    pub async fn next(&mut self) -> Option<Arc<FollowedChange>> {
        let mut again = interval(PAUSE);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if let Some(change) = self.ahead.pop_front() {
                // Whoever is told of it, and asks for what changed, is shown what it is now.
                self.catalog.catch_up_to(change.change.generation).await;
                return Some(change);
            }
            if self.seen >= self.noticed {
                self.newest.changed().await.ok()?;
            }
            self.look().await;
            if self.seen >= self.noticed {
                continue;
            }
            match self.catalog.followed_after(self.seen, self.noticed).await {
                Some((changes, until)) => {
                    self.ahead = changes;
                    self.seen = until.max(self.seen);
                }
                None => {
                    again.tick().await;
                }
            }
        }
    }

    async fn look(&mut self) {
        let newest = *self.newest.borrow_and_update();
        if newest < self.noticed {
            // Another database, of which nobody has seen anything.
            self.seen = newest;
            *self.catalog.followed.0.lock().await = Recent::default();
        }
        self.noticed = newest;
    }
}

impl FollowedChange {
    fn shared(change: Change) -> Arc<Self> {
        Arc::new(Self {
            change,
            first_names: OnceCell::new(),
        })
    }

    /// The first `limit` keys of the change's names, ascending.
    pub async fn names(&self, catalog: &Catalog, limit: u32) -> Result<Vec<IconName>, DatabaseError> {
        if limit > SHARED_NAMES {
            return self.read_names(catalog, limit).await;
        }
        let names = self
            .first_names
            .get_or_try_init(|| self.read_names(catalog, SHARED_NAMES))
            .await?;
        Ok(names.iter().take(limit as usize).cloned().collect())
    }

    async fn read_names(&self, catalog: &Catalog, limit: u32) -> Result<Vec<IconName>, DatabaseError> {
        let key = ChangeNamesKey {
            generation: self.change.generation,
            kind: self.change.kind,
            prefix: self.change.prefix.clone(),
            after: None,
            limit,
        };
        let mut found = catalog.change_names(std::slice::from_ref(&key)).await?;
        Ok(found.remove(&key).unwrap_or_default())
    }
}

impl Recent {
    /// Begins anew at `generation` where nobody has followed, or for so long that reading on would not be worth it.
    fn reach(&mut self, generation: i64) {
        let is_far = usize::try_from(generation - self.until).is_ok_and(|behind| behind > KEPT);
        if is_far || (self.until == 0 && generation > 0) {
            *self = Self {
                after: generation,
                until: generation,
                ..Self::default()
            };
        }
    }

    fn push(&mut self, changes: VecDeque<Arc<FollowedChange>>, until: i64) {
        self.failed = None;
        self.changes.extend(changes);
        self.until = until;
        while self.changes.len() > KEPT
            && let Some(oldest) = self.changes.pop_front()
        {
            // A generation goes whole.
            self.after = oldest.change.generation;
            while self
                .changes
                .front()
                .is_some_and(|next| next.change.generation == self.after)
            {
                self.changes.pop_front();
            }
        }
    }

    fn after(&self, since: i64) -> (VecDeque<Arc<FollowedChange>>, i64) {
        let from = self
            .changes
            .partition_point(|followed| followed.change.generation <= since);
        (self.changes.range(from..).cloned().collect(), self.until)
    }
}

#[cfg(test)]
mod tests;
