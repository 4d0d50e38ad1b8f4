//! The buckets that all instances share, in Redis.

use std::sync::Arc;

use ::redis::Script;

use super::bucket::{Level, Rate};
use crate::{
    access::Client,
    redis::{Redis, RedisError},
};

/// Takes from a bucket by Redis's own clock, all in one step: the same arithmetic as `bucket.rs`. What stands there and is no
/// bucket counts as none. The answer is whether it was enough, and what is spent.
const TAKE: &str = r"
local limit, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local spent = 0
local kept = redis.pcall('GET', KEYS[1])
if type(kept) == 'string' then
  local before, at = string.match(kept, '^([%d.e+-]+) (%d+)$')
  before, at = tonumber(before), tonumber(at)
  if before and at then
    local leaked = math.max(0, now - at) * limit / 60000000
    spent = math.min(limit, math.max(0, before - leaked))
  end
end
local fits = spent + cost <= limit
if fits and cost > 0 then
  spent = spent + cost
  local seconds = math.ceil(spent / limit * 60) + 1
  redis.call('SET', KEYS[1], string.format('%.17g %.0f', spent, now), 'EX', seconds)
end
return { fits and 1 or 0, string.format('%.17g', spent) }
";

#[derive(Clone)]
pub(super) struct Shared {
    redis: Redis,
    rate: Rate,
    script: Arc<Script>,
}

impl Shared {
    pub(super) fn new(redis: Redis, rate: Rate) -> Self {
        Self {
            redis,
            rate,
            script: Arc::new(Script::new(TAKE)),
        }
    }

    /// Takes `cost` where there is enough.
    pub(super) async fn take(&self, client: Client, cost: u32) -> Result<Level, RedisError> {
        let mut script = self.script.key(format!("iconql:v1:rate:{client}"));
        script.arg(self.rate.limit()).arg(cost);
        let (is_admitted, spent): (bool, f64) = self.redis.script(&script).await?;
        Ok(Level { spent, is_admitted })
    }
}
