//! Where a request asks: one replica, as long as that answers, and then the primary.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::replica::Asked;

/// What all handles of one request share.
#[derive(Default)]
pub(super) struct Place {
    choice: Mutex<Choice>,
    asking: watch::Sender<usize>,
}

#[derive(Default)]
struct Choice {
    goes: Goes,
    /// The replica that has answered anything.
    answered: Option<Asked>,
}

#[derive(Default)]
enum Goes {
    #[default]
    Undecided,
    ToReplica(Asked),
    ToPrimary,
}

impl Place {
    /// The replica to ask, which is chosen once; none where it is the primary.
    pub(super) fn choose(&self, take: impl FnOnce() -> Option<Asked>) -> Option<Asked> {
        let mut choice = self.choice();
        if matches!(choice.goes, Goes::Undecided) {
            choice.goes = take().map_or(Goes::ToPrimary, Goes::ToReplica);
        }
        match &choice.goes {
            Goes::ToReplica(asked) => Some(asked.clone()),
            Goes::Undecided | Goes::ToPrimary => None,
        }
    }

    pub(super) fn was_answered(&self, asked: &Asked) {
        let mut choice = self.choice();
        if choice.answered.is_none() {
            choice.answered = Some(asked.clone());
        }
    }

    /// From here on the primary is asked.
    pub(super) fn leave(&self) {
        self.choice().goes = Goes::ToPrimary;
    }

    /// How far the replica is behind that has answered or, where nothing was asked yet, that would be asked.
    pub(super) fn lag(&self, take: impl FnOnce() -> Option<Asked>) -> Option<Duration> {
        let answered = self.choice().answered.clone();
        answered.or_else(|| self.choose(take))?.lag()
    }

    /// Waits until nothing is asked any more.
    pub(super) async fn is_quiet(&self) {
        let mut asking = self.asking.subscribe();
        // The sender is here.
        let _ = asking.wait_for(|asking| *asking == 0).await;
    }

    fn choice(&self) -> MutexGuard<'_, Choice> {
        // Nothing panics while it holds this, and what it holds is whole at every moment.
        self.choice.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that is asked, until it is dropped.
pub(crate) struct Asking(Arc<Place>);

impl Asking {
    pub(super) fn at(place: &Arc<Place>) -> Self {
        place.asking.send_modify(|asking| *asking += 1);
        Self(Arc::clone(place))
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.asking.send_modify(|asking| *asking -= 1);
    }
}
