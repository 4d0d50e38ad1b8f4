use clap::Args;
use domain::{
    rate_limit::{Clock, RateLimiter},
    redis::Redis,
};

/// How much is answered, of each client and of all together.
#[derive(Debug, Clone, Args)]
pub struct TrafficArgs {
    /// Give each client a budget of cost a minute
    #[arg(long, global = true, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL", help_heading = "Traffic")]
    pub rate_limit_enabled: bool,

    /// That budget, which may be spent at once: for each key, else for each client's address
    #[arg(long, global = true, default_value_t = 60_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000_000), value_name = "COST", help_heading = "Traffic")]
    pub rate_limit_cost_per_minute: u32,

    /// Requests worked on at the same time, beyond which they wait for a moment and are then shed; 32 for each core when left out
    #[arg(long, global = true, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "COUNT", help_heading = "Traffic")]
    pub max_concurrent_requests: Option<u32>,
}

/// What a core works on at the same time: enough while some of it waits for the database, and few enough that they do not wait
/// long for each other.
const REQUESTS_OF_CORE: usize = 32;

impl TrafficArgs {
    /// What keeps the clients' budgets, while that is switched on.
    pub(crate) fn rate_limiter(&self, redis: Option<Redis>, clock: Clock) -> RateLimiter {
        RateLimiter::new(self.rate_limit_cost_per_minute, redis, clock)
    }

    /// Requests worked on at the same time.
    pub(crate) fn concurrent_requests(&self) -> usize {
        self.max_concurrent_requests.map_or_else(
            || std::thread::available_parallelism().map_or(1, usize::from) * REQUESTS_OF_CORE,
            |count| count as usize,
        )
    }
}
