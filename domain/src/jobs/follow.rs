//! How jobs stand, for those who wait for them: one statement looks at all that are followed here, however many follow.

use std::{
    collections::HashMap,
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use super::{Job, JobId, Jobs, store};
use crate::database::DatabaseError;

/// How often to look at jobs that another instance does.
const LOOK: Duration = Duration::from_millis(500);

/// Somebody who waits for a job.
pub struct JobFollower {
    states: watch::Receiver<Arc<Job>>,
    has_begun: bool,
    has_ended: bool,
}

impl JobFollower {
    /// How it stands, at once and then whenever that has changed, until it has ended. Who reads slowly is told of the newest.
    pub async fn next(&mut self) -> Option<Arc<Job>> {
        if self.has_ended || (self.has_begun && self.states.changed().await.is_err()) {
            return None;
        }
        self.has_begun = true;
        let job = Arc::clone(&self.states.borrow_and_update());
        self.has_ended = job.state.is_ended();
        Some(job)
    }
}

impl Jobs {
    /// Follows a job; none where there is no such job.
    pub async fn follow(&self, id: JobId) -> Result<Option<JobFollower>, DatabaseError> {
        let Some(job) = store::find(&self.0.database, &[id]).await?.remove(&id) else {
            return Ok(None);
        };
        let mut followed = self.followed();
        let states = followed
            .entry(id)
            .or_insert_with(|| watch::Sender::new(job))
            .subscribe();
        Ok(Some(JobFollower {
            states,
            has_begun: false,
            has_ended: false,
        }))
    }

    /// Looks at the jobs that are followed, often where it is told that one has changed.
    pub(super) async fn tell_followers(&self) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                () = self.0.changed.notified() => {}
            }
            let ids = self.still_followed();
            if ids.is_empty() {
                continue;
            }
            // Where they cannot be looked at, the next look may find more.
            if let Ok(jobs) = store::find(&self.0.database, &ids).await {
                self.tell(&ids, &jobs);
            }
        }
    }

    fn still_followed(&self) -> Vec<JobId> {
        let mut followed = self.followed();
        followed.retain(|_, states| states.receiver_count() > 0);
        followed.keys().copied().collect()
    }

    /// Tells how they stand. Those that have ended, or are not there any more, are not looked at again.
    fn tell(&self, ids: &[JobId], jobs: &foldhash::HashMap<JobId, Arc<Job>>) {
        let mut followed = self.followed();
        for id in ids {
            let Some(job) = jobs.get(id) else {
                followed.remove(id);
                continue;
            };
            if let Some(states) = followed.get(id) {
                states.send_if_modified(|state| {
                    let is_new = state != job;
                    *state = Arc::clone(job);
                    is_new
                });
            }
            if job.state.is_ended() {
                followed.remove(id);
            }
        }
    }

    fn followed(&self) -> MutexGuard<'_, HashMap<JobId, watch::Sender<Arc<Job>>>> {
        // Nothing panics while it is held.
        self.0.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
