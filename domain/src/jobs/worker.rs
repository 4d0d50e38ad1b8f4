//! Doing jobs: one at a time, for as long as its lease is renewed.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use tokio::time::{MissedTickBehavior, interval};

use super::{
    JobState, Jobs,
    progress::Progress,
    store::{LEASE, Taken},
};
use crate::database::DatabaseError;

/// How often to look for jobs that nobody has told of: those of others who ended, and those to be tried again.
const LOOK: Duration = Duration::from_secs(2);

/// How often a lease is renewed, and with it what others see of a job.
const BEAT: Duration = Duration::from_secs(1);

/// How often a job is tried: also one whose instance ended counts, for that may be its doing.
const MOST_ATTEMPTS: i32 = 3;

/// What comes between the first two attempts, and twice of it between the next.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// How often to look for jobs that are to be forgotten.
const CLEAR: Duration = Duration::from_hours(1);

/// Why a job is not gone on with.
enum Stop {
    /// Somebody wants it to end.
    Cancelled,
    /// Somebody else may have it by now.
    Lost,
    /// This instance ends.
    Ending,
}

impl Jobs {
    /// Does one job after another.
    pub(super) async fn work(&self) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ending = self.0.is_ending.subscribe();
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                () = self.0.queued.notified() => {}
                _ = ending.wait_for(|is_ending| *is_ending) => return,
            }
            self.0.busy.send_modify(|busy| *busy += 1);
            while !*ending.borrow() && self.do_next().await {}
            self.0.busy.send_modify(|busy| *busy -= 1);
        }
    }

    /// Does the job whose turn it is. Whether there was one.
    async fn do_next(&self) -> bool {
        match self.take().await {
            Ok(Some(taken)) => {
                self.do_it(&taken).await;
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::warn!(%error, "no job can be taken for the moment");
                false
            }
        }
    }

    /// Clears away what ended long ago.
    pub(super) async fn clear_away(&self) {
        let mut looks = interval(CLEAR);
        loop {
            looks.tick().await;
            if let Err(error) = self.delete_old().await {
                tracing::warn!(%error, "old jobs cannot be cleared away");
            }
        }
    }

    async fn do_it(&self, taken: &Taken) {
        let progress = Progress::new();
        let done = match &taken.work {
            _ if taken.is_cancelled => self.finish(taken, &progress, JobState::Cancelled).await,
            None => {
                progress.fail("job", "only another version of the service knows what this is");
                self.finish(taken, &progress, JobState::Failed).await
            }
            _ if taken.attempt > MOST_ATTEMPTS => {
                progress.fail("job", "the service ended each time that it was tried");
                self.finish(taken, &progress, JobState::Failed).await
            }
            Some(work) => {
                let (id, attempt, kind) = (taken.id, taken.attempt, work.kind());
                tracing::info!(%id, attempt, kind, "a job begins");
                // What one request has seen of the catalog is nothing to the next.
                let catalog = self.0.catalog.counted_by(std::sync::Arc::default());
                let run = AssertUnwindSafe(work.run(&catalog, &progress)).catch_unwind();
                tokio::select! {
                    biased;
                    ended = run => match ended {
                        Ok(ended) => self.ended(taken, &progress, ended).await,
                        Err(_) => self.failed(taken, &progress, "it panicked, which the log tells of").await,
                    },
                    stop = self.hold(taken, &progress) => self.stopped(taken, &progress, &stop).await,
                }
            }
        };
        if let Err(error) = done {
            // Its lease ends, and somebody does it again.
            tracing::warn!(id = %taken.id, %error, "what became of a job could not be written down");
        }
    }

    /// Renews the lease until the job is not to be gone on with.
    async fn hold(&self, taken: &Taken, progress: &Progress) -> Stop {
        let mut beats = interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ending = self.0.is_ending.subscribe();
        let mut renewed = Instant::now();
        loop {
            tokio::select! {
                _ = beats.tick() => {}
                _ = ending.wait_for(|is_ending| *is_ending) => return Stop::Ending,
            }
            let asked = Instant::now();
            match self.renew(taken, progress).await {
                Ok(Some(false)) => renewed = asked,
                Ok(Some(true)) => return Stop::Cancelled,
                Ok(None) => return Stop::Lost,
                Err(_) if renewed.elapsed() < LEASE => {}
                Err(error) => {
                    tracing::warn!(id = %taken.id, %error, "a job could not be held");
                    return Stop::Lost;
                }
            }
        }
    }

    async fn ended(
        &self,
        taken: &Taken,
        progress: &Progress,
        ended: Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError> {
        match ended {
            Ok(()) => {
                tracing::info!(id = %taken.id, done = progress.done(), "a job has succeeded");
                self.finish(taken, progress, JobState::Succeeded).await
            }
            Err(error) => {
                tracing::warn!(id = %taken.id, attempt = taken.attempt, %error, "a job failed");
                // What the database said is for the log.
                self.failed(taken, progress, "the database failed, which the log tells of")
                    .await
            }
        }
    }

    /// Has it be tried again, as often as that is worth it.
    async fn failed(&self, taken: &Taken, progress: &Progress, why: &str) -> Result<(), DatabaseError> {
        if taken.attempt < MOST_ATTEMPTS {
            let pause = FIRST_PAUSE * 2_u32.pow(u32::try_from(taken.attempt - 1).unwrap_or(0));
            return self.put_back(taken, progress, pause).await;
        }
        progress.fail("job", why);
        self.finish(taken, progress, JobState::Failed).await
    }

    async fn stopped(&self, taken: &Taken, progress: &Progress, stop: &Stop) -> Result<(), DatabaseError> {
        match stop {
            Stop::Cancelled => {
                tracing::info!(id = %taken.id, "a job was cancelled");
                self.finish(taken, progress, JobState::Cancelled).await
            }
            Stop::Ending => self.give_back(taken).await,
            Stop::Lost => Ok(()),
        }
    }
}
