#![expect(
    clippy::doc_markdown,
    reason = "these comments are the text of --help, where backticks only disturb"
)]

use std::time::Duration;

use clap::Args;
use domain::redis::{Redis, RedisConfig, RedisError, check_url};

/// What instances share.
#[derive(Debug, Clone, Args)]
pub struct RedisArgs {
    /// redis://HOST or rediss://HOST, of a cluster some nodes with commas; without it nothing is shared
    #[arg(long, global = true, value_parser = parse_redis_url, value_name = "URL", help_heading = "Redis")]
    pub redis_url: Option<String>,

    /// Milliseconds a request waits for it, at most
    #[arg(long, global = true, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=10_000), value_name = "MS", help_heading = "Redis")]
    pub redis_timeout_ms: u64,
}

impl RedisArgs {
    /// A handle, where there is a URL. Redis need not be there.
    ///
    /// # Errors
    /// What is wrong with the URL, which parsing has ruled out.
    pub(crate) fn open(&self) -> Result<Option<Redis>, RedisError> {
        self.to_domain().map(|config| Redis::open(&config)).transpose()
    }

    /// How it is reached, where there is a URL.
    pub(crate) fn to_domain(&self) -> Option<RedisConfig> {
        Some(RedisConfig {
            url: self.redis_url.clone()?,
            timeout: Duration::from_millis(self.redis_timeout_ms),
        })
    }
}

fn parse_redis_url(text: &str) -> Result<String, String> {
    check_url(text)
        .map(|()| text.to_owned())
        .map_err(|error| error.to_string())
}
