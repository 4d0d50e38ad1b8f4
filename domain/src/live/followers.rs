//! Who follows something at the moment, so that it is worked out while somebody does, and no longer.

use std::sync::Arc;

use tokio::sync::watch;

/// How far back whoever follows looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    Seconds,
    Minute,
}

impl Reach {
    /// All of them, the nearest first.
    pub const ALL: [Self; 2] = [Self::Seconds, Self::Minute];

    /// How many seconds that are.
    pub fn seconds(self) -> usize {
        match self {
            Self::Seconds => 5,
            Self::Minute => 60,
        }
    }

    /// The nearest that has so many seconds.
    pub fn of_seconds(seconds: usize) -> Self {
        if seconds <= Self::Seconds.seconds() {
            Self::Seconds
        } else {
            Self::Minute
        }
    }
}

/// How many follow something, by how far back they look. Clones are of the same.
#[derive(Clone)]
pub struct Followers(Arc<watch::Sender<Counts>>);

/// In the order of [`Reach::ALL`].
type Counts = [usize; Reach::ALL.len()];

/// Somebody who follows, until this is dropped.
pub struct Following {
    followers: Followers,
    reach: Reach,
}

impl Default for Followers {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Counts::default())))
    }
}

impl Followers {
    /// Follows, until what is given is dropped.
    pub fn enter(&self, reach: Reach) -> Following {
        self.0.send_modify(|counts| counts[reach as usize] += 1);
        Following {
            followers: self.clone(),
            reach,
        }
    }

    /// How far back anybody looks. None while nobody follows.
    pub fn reach(&self) -> Option<Reach> {
        farthest(&self.0.borrow())
    }

    /// Waits until somebody follows.
    pub async fn begun(&self) {
        self.reach_changes(None).await;
    }

    /// Waits until nobody follows.
    pub async fn ended(&self) {
        self.until(|counts| farthest(counts).is_none()).await;
    }

    /// Waits until it is not `reach` how far back anybody looks.
    pub async fn reach_changes(&self, reach: Option<Reach>) {
        self.until(|counts| farthest(counts) != reach).await;
    }

    async fn until(&self, holds: impl FnMut(&Counts) -> bool) {
        // What it waits for is held by itself.
        let _ = self.0.subscribe().wait_for(holds).await;
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let place = self.reach as usize;
        self.followers.0.send_modify(|counts| counts[place] -= 1);
    }
}

fn farthest(counts: &Counts) -> Option<Reach> {
    Reach::ALL.into_iter().rev().find(|reach| counts[*reach as usize] > 0)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::{Followers, Reach};

    #[test]
    fn the_farthest_look_counts_until_it_ends() {
        let followers = Followers::default();
        assert_eq!(followers.reach(), None);
        assert!(followers.begun().now_or_never().is_none());
        let near = followers.enter(Reach::Seconds);
        assert_eq!(followers.reach(), Some(Reach::Seconds));
        assert!(followers.begun().now_or_never().is_some());
        assert!(followers.reach_changes(Some(Reach::Seconds)).now_or_never().is_none());
        let far = followers.enter(Reach::Minute);
        assert!(followers.reach_changes(Some(Reach::Seconds)).now_or_never().is_some());
        drop(near);
        assert_eq!(followers.reach(), Some(Reach::Minute));
        assert!(followers.ended().now_or_never().is_none());
        drop(far);
        assert!(followers.ended().now_or_never().is_some());
    }

    #[test]
    fn a_reach_has_the_seconds_that_are_asked_for() {
        for (seconds, expected) in [
            (0, Reach::Seconds),
            (5, Reach::Seconds),
            (6, Reach::Minute),
            (60, Reach::Minute),
        ] {
            assert_eq!(Reach::of_seconds(seconds), expected, "{seconds}");
        }
    }
}
