//! Usage as it is recorded, for those who follow it: summed up each quarter of a second, once however many follow.
//!
//! What this instance has recorded is counted while anybody follows, here or on another instance, and told to the others while they
//! want to hear of it. All of it is expendable: what was told while Redis was away is lost to those who follow, and nothing that is recorded
//! waits for any of this. Users and sessions are not looked at.

mod flow;
mod recent;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    time::{MissedTickBehavior, interval},
};

pub use flow::{FeedFilter, FeedTick};

use self::{
    flow::Flow,
    recent::{QUARTERS_PER_SECOND, Recent},
};
use super::occurrence::Event;
use crate::live::{Exchange, Followers, Following, Reach};

/// The subject under which instances tell each other, with the form of what they tell.
pub(super) const SUBJECT: &str = "usage:1";

/// What is counted together.
const QUARTER: Duration = Duration::from_millis(250);

/// How often it is asked whether another instance wants to hear.
const LOOK: Duration = Duration::from_secs(1);

/// What may wait to be told to others: four seconds of it. What comes then is lost.
const MOST_UNTOLD: usize = 16;

/// Quarters from which on an interval is counted in whole seconds.
const LONG: u64 = 16;

/// The feed of one instance. Clones are of the same.
#[derive(Clone)]
pub(super) struct Feed(Arc<Shared>);

struct Shared {
    exchange: Exchange,
    followers: Followers,
    /// Whether another instance wants to hear, as far as is known.
    is_wanted: watch::Sender<bool>,
    /// Whether there is anybody to count for.
    is_counting: AtomicBool,
    /// What was recorded here in the quarter that goes on.
    own: Mutex<Flow>,
    /// What was told by others in it.
    heard: Mutex<Flow>,
    recent: Mutex<Recent>,
}

/// Somebody who follows usage, until it is dropped.
pub struct FeedFollower {
    feed: Feed,
    /// Quarters of a second from one tick to the next.
    interval: u64,
    /// The first quarter that they have not seen.
    place: u64,
    _following: Following,
}

impl Feed {
    pub(super) fn new(exchange: Exchange) -> Self {
        Self(Arc::new(Shared {
            exchange,
            followers: Followers::default(),
            is_wanted: watch::Sender::new(false),
            is_counting: AtomicBool::default(),
            own: Mutex::default(),
            heard: Mutex::default(),
            recent: Mutex::default(),
        }))
    }

    /// Counts those of `events` that were new.
    pub(super) fn note(&self, events: &[Event], is_new: &[bool]) {
        if !self.0.is_counting.load(Ordering::Acquire) {
            return;
        }
        let mut own = held(&self.0.own);
        for (event, _) in events.iter().zip(is_new).filter(|(_, is_new)| **is_new) {
            own.note(&event.name, event.occurrence.kind);
        }
    }

    /// Follows from now on, asking each `interval`.
    pub(super) fn follow(&self, interval: Duration) -> FeedFollower {
        let following = self.0.followers.enter(Reach::Seconds);
        self.0.is_counting.store(true, Ordering::Release);
        let quarters = interval.as_millis().div_ceil(QUARTER.as_millis());
        FeedFollower {
            feed: self.clone(),
            interval: u64::try_from(quarters).unwrap_or(u64::MAX).max(1),
            place: held(&self.0.recent).over,
            _following: following,
        }
    }

    /// Counts, tells and hears, for as long as it is polled.
    pub(super) async fn keep(&self) {
        let (untold, telling) = mpsc::channel(MOST_UNTOLD);
        tokio::join!(
            self.keep_counting(untold),
            self.keep_telling(telling),
            self.keep_asking(),
            self.keep_hearing()
        );
    }

    async fn keep_counting(&self, untold: mpsc::Sender<Flow>) {
        let shared = &*self.0;
        let mut wanted = shared.is_wanted.subscribe();
        loop {
            tokio::select! {
                () = shared.followers.begun() => {}
                _ = wanted.wait_for(|is_wanted| *is_wanted) => {}
            }
            shared.is_counting.store(true, Ordering::Release);
            metrics::gauge!("live_producers", "of" => "usage").set(1);
            self.count(&untold).await;
            metrics::gauge!("live_producers", "of" => "usage").set(0);
            *held(&shared.own) = Flow::default();
            held(&shared.recent).clear();
            // Whoever begins to follow just now says so first, and is found by the next look.
            shared
                .is_counting
                .store(shared.followers.reach().is_some(), Ordering::Release);
        }
    }

    /// Ends a quarter after the other, until there is nobody to count for.
    async fn count(&self, untold: &mpsc::Sender<Flow>) {
        let shared = &*self.0;
        let mut quarters = interval(QUARTER);
        quarters.set_missed_tick_behavior(MissedTickBehavior::Skip);
        quarters.tick().await;
        loop {
            quarters.tick().await;
            let is_followed = shared.followers.reach().is_some();
            let is_wanted = *shared.is_wanted.borrow();
            if !is_followed && !is_wanted {
                break;
            }
            let own = std::mem::take(&mut *held(&shared.own));
            if is_followed {
                let mut all = std::mem::take(&mut *held(&shared.heard));
                all.add(&own);
                held(&shared.recent).push(all);
            }
            if is_wanted && !own.is_empty() {
                // Where others are told too slowly, they are not told.
                let _ = untold.try_send(own);
            }
        }
    }

    async fn keep_telling(&self, mut untold: mpsc::Receiver<Flow>) {
        while let Some(flow) = untold.recv().await {
            if let Ok(told) = postcard::to_allocvec(&flow) {
                self.0.exchange.tell(&told).await;
            }
        }
    }

    /// Says to others that somebody follows here, and asks whether somebody does there.
    async fn keep_asking(&self) {
        let shared = &*self.0;
        if !shared.exchange.is_shared() {
            return;
        }
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            if let Some(reach) = shared.followers.reach() {
                shared.exchange.want(reach).await;
            }
            let is_wanted = shared.exchange.wanted().await.is_some();
            shared
                .is_wanted
                .send_if_modified(|known| std::mem::replace(known, is_wanted) != is_wanted);
        }
    }

    async fn keep_hearing(&self) {
        let shared = &*self.0;
        if !shared.exchange.is_shared() {
            return;
        }
        loop {
            shared.followers.begun().await;
            // Others begin to count with their next look.
            shared.exchange.want(Reach::Seconds).await;
            let heard = |_, told: &[u8]| {
                if let Ok(flow) = postcard::from_bytes(told) {
                    held(&shared.heard).add(&flow);
                }
            };
            tokio::select! {
                () = shared.exchange.listen(heard) => {}
                () = shared.followers.ended() => {}
            }
            *held(&shared.heard) = Flow::default();
        }
    }
}

impl FeedFollower {
    /// What was used since this was asked last, of what passes `filter`; and the `most` icons of it that were used most. Who did not
    /// ask for more than two intervals is told of the last alone.
    pub fn next(&mut self, filter: &FeedFilter, most: usize) -> FeedTick {
        let flow = {
            let mut recent = held(&self.feed.0.recent);
            let over = match self.interval {
                ..LONG => recent.over,
                LONG.. => recent.over - recent.over % QUARTERS_PER_SECOND,
            };
            let is_late = over.saturating_sub(self.place) > self.interval.saturating_mul(2);
            let from = if is_late { over - self.interval } else { self.place };
            self.place = over.max(self.place);
            recent.between(from, over)
        };
        flow.through(filter, most)
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is held.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
