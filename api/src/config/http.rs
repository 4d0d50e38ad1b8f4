use std::time::Duration;

use clap::Args;

/// How requests are answered.
#[derive(Debug, Clone, Args)]
pub struct HttpArgs {
    /// Origins whose pages may call the API, comma-separated; `*` is any; none when left out
    #[arg(
        long,
        global = true,
        value_delimiter = ',',
        value_name = "ORIGINS",
        help_heading = "HTTP"
    )]
    pub cors_origins: Vec<String>,

    /// Milliseconds until a request is given up
    #[arg(long, global = true, default_value_t = 5000, value_parser = clap::value_parser!(u64).range(1..=600_000), value_name = "MS", help_heading = "HTTP")]
    pub request_timeout_ms: u64,

    /// Milliseconds that requests go on being taken after SIGTERM, with readiness refused; 5000 in production and 0 in
    /// development when left out
    #[arg(long, global = true, value_parser = clap::value_parser!(u64).range(0..=600_000), value_name = "MS", help_heading = "HTTP")]
    pub shutdown_delay_ms: Option<u64>,

    /// Milliseconds from SIGTERM to the end; what runs then is cut
    #[arg(long, global = true, default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(0..=3_600_000), value_name = "MS", help_heading = "HTTP")]
    pub shutdown_grace_ms: u64,

    /// Seconds that a cache may keep a public answer whose address is not content-addressed
    #[arg(long, global = true, default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=31_536_000), value_name = "SECONDS", help_heading = "HTTP")]
    pub cdn_max_age_seconds: u32,

    /// Seconds that it may go on using it while it fetches anew, or cannot
    #[arg(long, global = true, default_value_t = 86_400, value_parser = clap::value_parser!(u32).range(0..=31_536_000), value_name = "SECONDS", help_heading = "HTTP")]
    pub cdn_stale_seconds: u32,

    /// Compress answers with zstd, br, gzip or deflate, as the client accepts
    #[arg(long, global = true, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL", help_heading = "HTTP")]
    pub compression_enabled: bool,

    /// Bytes from which an answer is compressed
    #[arg(
        long,
        global = true,
        default_value_t = 500,
        value_name = "BYTES",
        help_heading = "HTTP"
    )]
    pub compression_min_bytes: u16,

    /// Level of zstd, gzip and deflate
    #[arg(long, global = true, default_value_t = 6, value_parser = clap::value_parser!(i32).range(1..=19), value_name = "LEVEL", help_heading = "HTTP")]
    pub compression_level: i32,

    /// Level of br
    #[arg(long, global = true, default_value_t = 4, value_parser = clap::value_parser!(i32).range(0..=11), value_name = "LEVEL", help_heading = "HTTP")]
    pub brotli_quality: i32,
}

impl HttpArgs {
    /// How long a request may take.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// How long the server may take to end after SIGTERM.
    pub fn shutdown_grace(&self) -> Duration {
        Duration::from_millis(self.shutdown_grace_ms)
    }
}

/// An absolute http or https URL, its trailing slash dropped.
pub(super) fn parse_public_url(text: &str) -> Result<String, String> {
    let url: axum::http::Uri = text.parse().map_err(|_| "it is no URL".to_owned())?;
    match (url.scheme_str(), url.authority()) {
        (Some("http" | "https"), Some(_)) if url.query().is_none() => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("write it as https://HOST or https://HOST/PATH".to_owned()),
    }
}
