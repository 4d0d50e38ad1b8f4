#![expect(
    clippy::doc_markdown,
    reason = "these comments are the text of --help, where backticks only disturb"
)]

use std::{fmt, time::Duration};

use axum::http::HeaderName;
use clap::Args;
use domain::usage::{MIN_KEY_BYTES, UsageConfig};

/// How usage is recorded.
#[derive(Debug, Clone, Args)]
pub struct UsageArgs {
    /// Days that events are kept; what is summed up of them stays
    #[arg(long, global = true, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=36_500), value_name = "DAYS", help_heading = "Usage")]
    pub usage_retention_days: u32,

    /// Seconds from one roll-up of what was recorded to the next
    #[arg(long, global = true, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400), value_name = "SECONDS", help_heading = "Usage")]
    pub analytics_processing_interval: u32,

    /// Key for the hashes that stand for users and sessions, 16 characters at least; one that the database keeps when left out
    #[arg(long, global = true, value_parser = parse_hash_key, value_name = "KEY", help_heading = "Usage")]
    pub usage_hash_key: Option<HashKey>,

    /// Events that are committed together; those of one request are in any case
    #[arg(long, global = true, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000), value_name = "COUNT", help_heading = "Usage")]
    pub usage_group_max_events: u32,

    /// Put popular icons before others that a search finds as good
    #[arg(long, global = true, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL", help_heading = "Usage")]
    pub usage_ranking_enabled: bool,

    /// Header with the client's country, as CF-IPCountry, believed from TRUSTED_PROXIES only
    #[arg(long, global = true, value_parser = parse_header, value_name = "HEADER", help_heading = "Usage")]
    pub country_header: Option<HeaderName>,
}

/// A key, which nothing that is printed shows.
#[derive(Clone)]
pub struct HashKey(String);

impl fmt::Debug for HashKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl UsageArgs {
    /// Of requests that are worked on at the same time, half may wait to be recorded: others are answered meanwhile.
    pub(crate) fn to_domain(&self, concurrent_requests: usize) -> UsageConfig {
        UsageConfig {
            hash_key: self.usage_hash_key.as_ref().map(|key| key.0.clone()),
            max_waiting: (concurrent_requests / 2).max(1),
            group_max_events: self.usage_group_max_events as usize,
            retention_days: self.usage_retention_days,
            processing_interval: Duration::from_secs(self.analytics_processing_interval.into()),
        }
    }
}

fn parse_hash_key(text: &str) -> Result<HashKey, String> {
    if text.len() < MIN_KEY_BYTES {
        return Err(format!(
            "a key has at least {MIN_KEY_BYTES} characters; `openssl rand -hex 32` makes a good one"
        ));
    }
    Ok(HashKey(text.to_owned()))
}

fn parse_header(text: &str) -> Result<HeaderName, String> {
    text.parse().map_err(|_| "no name of a header".to_owned())
}
