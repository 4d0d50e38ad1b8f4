//! How much a client may ask for: a bucket of cost for each, which fills evenly and holds a minute's worth.
//!
//! Instances share the buckets through Redis, where there is one. Each also keeps what it knows in memory, which goes on
//! alone while Redis is away: a client is never refused for that, and never unlimited. What a request costs is said by
//! whoever serves it.

mod bucket;
mod memory;
mod shared;

use std::{sync::Arc, time::Duration};

use bucket::Rate;
use memory::Memory;
use shared::Shared;
use tokio::time::{Instant, interval_at};

use crate::{access::Client, redis::Redis};

/// How long it takes at most until there is enough of what can ever be there.
const FULL_AGAIN: Duration = Duration::from_mins(1);

/// The time since some moment, by a clock that never goes back.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// What a client has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Cost a minute, which may be spent at once.
    pub limit: u32,
    /// What this request cost.
    pub cost: u32,
    pub remaining: u32,
    /// Until all of it is there again.
    pub reset_after: Duration,
}

/// A request that costs more than its client has left. Nothing was taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// What is left, and what the request would have cost.
    pub budget: Budget,
    /// Until there is enough.
    pub retry_after: Duration,
}

impl Exceeded {
    /// Whether waiting is of no use: the request costs more than a whole minute's worth.
    pub fn is_for_ever(&self) -> bool {
        self.budget.cost > self.budget.limit
    }

    /// Whole seconds to wait, at least one.
    pub fn retry_after_seconds(&self) -> u64 {
        seconds(self.retry_after).max(1)
    }

    /// What a client is told, and what it can do.
    pub fn message(&self) -> String {
        let Budget {
            limit, cost, remaining, ..
        } = self.budget;
        if self.is_for_ever() {
            return format!(
                "The request costs {cost}, more than the {limit} a minute that a client has. Ask for less at once."
            );
        }
        let seconds = self.retry_after_seconds();
        format!("The request costs {cost}, and {remaining} of {limit} a minute are left. Try again in {seconds} s.")
    }
}

impl Budget {
    /// Whole seconds until all of it is there again.
    pub fn reset_after_seconds(&self) -> u64 {
        seconds(self.reset_after)
    }
}

/// Seconds, of which a begun one counts.
fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// Takes from the clients' buckets. Cheap to clone.
#[derive(Clone)]
pub struct RateLimiter {
    rate: Rate,
    memory: Arc<Memory>,
    shared: Option<Shared>,
}

impl RateLimiter {
    /// Buckets of `cost_per_minute`, all full.
    pub fn new(cost_per_minute: u32, redis: Option<Redis>, clock: Clock) -> Self {
        let rate = Rate::per_minute(cost_per_minute);
        Self {
            rate,
            memory: Arc::new(Memory::new(rate, clock)),
            shared: redis.map(|redis| Shared::new(redis, rate)),
        }
    }

    /// Takes `cost` from a client's bucket.
    ///
    /// # Errors
    /// Where there is not enough in it, and nothing is taken.
    pub async fn take(&self, client: Client, cost: u32) -> Result<Budget, Exceeded> {
        let taken = self.try_take(client, cost).await;
        if taken.is_err() {
            metrics::counter!("rate_limited_total").increment(1);
        }
        taken
    }

    async fn try_take(&self, client: Client, cost: u32) -> Result<Budget, Exceeded> {
        let Some(shared) = &self.shared else {
            return self.rate.budget(self.memory.take(client, cost), cost);
        };
        // What is spent here is spent everywhere: whoever floods is not even asked about.
        self.rate.budget(self.memory.look(client, cost), cost)?;
        match shared.take(client, cost).await {
            Ok(level) => {
                let spent_here = if level.is_admitted { cost } else { 0 };
                self.memory.learn(client, spent_here, level.spent);
                self.rate.budget(level, cost)
            }
            Err(_) => self.rate.budget(self.memory.take(client, cost), cost),
        }
    }

    /// Takes `cost` for work that is done: from who has not enough, nothing.
    pub async fn take_afterwards(&self, client: Client, cost: u32) -> Budget {
        let taken = self.try_take(client, cost).await;
        taken.unwrap_or_else(|exceeded| exceeded.budget)
    }

    /// Takes `cost` as soon as the client has so much. What it can never have is not waited for.
    pub async fn take_in_time(&self, client: Client, cost: u32) {
        while let Err(exceeded) = self.try_take(client, cost).await {
            if exceeded.is_for_ever() {
                return;
            }
            let mut pauses = interval_at(Instant::now() + exceeded.retry_after, FULL_AGAIN);
            pauses.tick().await;
        }
    }

    /// What a client has left.
    pub async fn peek(&self, client: Client) -> Budget {
        let level = match &self.shared {
            Some(shared) => shared.take(client, 0).await.ok(),
            None => None,
        };
        let level = level.unwrap_or_else(|| self.memory.look(client, 0));
        self.rate.left(level, 0)
    }

    /// Refuses who has nothing left, as far as this instance knows, and takes nothing.
    ///
    /// # Errors
    /// Where not even the cheapest request can be paid for.
    pub fn check(&self, client: Client) -> Result<(), Exceeded> {
        let checked = self.rate.budget(self.memory.look(client, 1), 1);
        if checked.is_err() {
            metrics::counter!("rate_limited_total").increment(1);
        }
        checked.map(|_| ())
    }
}
