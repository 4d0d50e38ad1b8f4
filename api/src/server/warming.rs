//! The icons that are asked for most: read before the first request, and taken down for the next start.

use std::time::Duration;

use domain::{
    access::Clock,
    catalog::Catalog,
    switches::{Switch, Switches},
};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

/// How long reading them may take before the server answers. What was not read by then is read when it is asked for.
const START_TIME: Duration = Duration::from_millis(800);

/// How often what was asked for is taken down: so much of it is lost with an instance that is killed.
const PAUSE: Duration = Duration::from_mins(5);

/// How long taking it down may take at the end.
const END_TIME: Duration = Duration::from_secs(1);

/// What an instance hands on to those that start after it. Cheap to clone.
#[derive(Clone)]
pub(super) struct Warming {
    pub(super) catalog: Catalog,
    pub(super) switches: Switches,
    pub(super) clock: Clock,
}

impl Warming {
    /// Reads what was asked for most. Whatever fails, the server starts.
    pub(super) async fn begin(&self) {
        if !self.is_on() {
            return;
        }
        let started = Instant::now();
        match timeout(START_TIME, self.catalog.warm_popular(self.clock.now_ms())).await {
            Ok(Ok(0)) => {}
            Ok(Ok(icons)) => {
                tracing::info!(
                    icons,
                    elapsed_ms = started.elapsed().as_millis(),
                    "the icons asked for most are in memory"
                );
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "cannot read which icons are asked for most: they are read as they are asked for");
            }
            Err(_) => tracing::info!(
                "not all icons that are asked for most were read in time: the rest are as they are asked for"
            ),
        }
    }

    /// Takes down what is asked for, for as long as it is polled.
    pub(super) async fn keep(self) {
        let mut ticks = interval_at(Instant::now() + PAUSE, PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.take_down().await;
        }
    }

    /// Takes down the last of it.
    pub(super) async fn end(&self) {
        if timeout(END_TIME, self.take_down()).await.is_err() {
            tracing::warn!("which icons were asked for last could not be taken down in time");
        }
    }

    async fn take_down(&self) {
        if !self.is_on() {
            return;
        }
        if let Err(error) = self.catalog.take_down_popular(self.clock.now_ms()).await {
            tracing::warn!(%error, "cannot take down which icons are asked for: an instance that starts knows less of it");
        }
    }

    fn is_on(&self) -> bool {
        self.switches.is_on(Switch::MemoryCache) && self.switches.is_on(Switch::CacheWarming)
    }
}
