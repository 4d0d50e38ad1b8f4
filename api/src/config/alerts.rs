#![expect(
    clippy::doc_markdown,
    reason = "these comments are the text of --help, where backticks only disturb"
)]

use std::{fmt, time::Duration};

use axum::http::Uri;
use clap::Args;
use domain::alerts::Timing;

/// When somebody is told that something is wrong.
#[derive(Debug, Clone, Args)]
pub struct AlertArgs {
    /// Look every few seconds whether something is wrong, and tell of it
    #[arg(long, global = true, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL", help_heading = "Alerts")]
    pub alerts_enabled: bool,

    /// Where alerts are sent as they fire and are resolved, by POST and as JSON; nowhere when left out
    #[arg(long, global = true, value_parser = parse_webhook, value_name = "URL", help_heading = "Alerts")]
    pub alert_webhook_url: Option<WebhookUrl>,

    /// Milliseconds from one look to the next
    #[arg(long, global = true, default_value_t = 5000, value_parser = clap::value_parser!(u64).range(100..=15_000), value_name = "MS", help_heading = "Alerts")]
    pub alert_interval_ms: u64,

    /// Milliseconds that something is wrong before its alert fires
    #[arg(long, global = true, default_value_t = 15_000, value_parser = clap::value_parser!(u64).range(0..=3_600_000), value_name = "MS", help_heading = "Alerts")]
    pub alert_fire_after_ms: u64,

    /// Milliseconds that nothing is wrong before it is resolved
    #[arg(long, global = true, default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(100..=3_600_000), value_name = "MS", help_heading = "Alerts")]
    pub alert_resolve_after_ms: u64,

    /// Seconds of which times of requests, failures and hits are taken
    #[arg(long, global = true, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=3600), value_name = "SECONDS", help_heading = "Alerts")]
    pub alert_window_seconds: u32,

    /// Bytes that the process may hold; nineteen twentieths of the machine's or container's, by whomever they are held, when left out
    #[arg(long, global = true, value_parser = clap::value_parser!(u64).range(1..), value_name = "BYTES", help_heading = "Alerts")]
    pub alert_memory_bytes: Option<u64>,

    /// Seconds that a replica may be behind
    #[arg(long, global = true, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400), value_name = "SECONDS", help_heading = "Alerts")]
    pub alert_replica_lag_seconds: u32,

    /// Seconds that usage may wait to be rolled up; ten times ANALYTICS_PROCESSING_INTERVAL when left out
    #[arg(long, global = true, value_parser = clap::value_parser!(u32).range(1..=31_536_000), value_name = "SECONDS", help_heading = "Alerts")]
    pub alert_rollup_behind_seconds: Option<u32>,
}

/// Where alerts are sent. Whoever knows it can send there too, so nothing that is printed shows more of it than the host.
#[derive(Clone)]
pub struct WebhookUrl(pub(crate) Uri);

impl fmt::Display for WebhookUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.scheme_str().unwrap_or_default();
        let authority = self.0.authority().map_or("", |authority| authority.as_str());
        write!(formatter, "{scheme}://{authority}/***")
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl AlertArgs {
    /// From one look to the next.
    pub(crate) fn interval(&self) -> Duration {
        Duration::from_millis(self.alert_interval_ms)
    }

    pub(crate) fn window(&self) -> Duration {
        Duration::from_secs(self.alert_window_seconds.into())
    }

    pub(crate) fn timing(&self) -> Timing {
        Timing {
            fire_after: Duration::from_millis(self.alert_fire_after_ms),
            resolve_after: Duration::from_millis(self.alert_resolve_after_ms),
        }
    }

    /// How long usage may wait to be rolled up, which is done every `interval_seconds`.
    pub(crate) fn rollup_behind(&self, interval_seconds: u32) -> Duration {
        let seconds = self.alert_rollup_behind_seconds;
        Duration::from_secs(seconds.map_or_else(|| u64::from(interval_seconds) * 10, u64::from))
    }
}

/// Not shown where it cannot be used: it may hold a secret.
fn parse_webhook(text: &str) -> Result<WebhookUrl, String> {
    let usable = |url: &Uri| {
        let is_http = matches!(url.scheme_str(), Some("http" | "https"));
        is_http
            && url
                .authority()
                .is_some_and(|authority| !authority.as_str().contains('@'))
    };
    match text.parse().ok().filter(usable) {
        Some(url) => Ok(WebhookUrl(url)),
        None => Err("write it as https://HOST/PATH, with what is secret in the path".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_webhook;

    #[test]
    fn a_webhook_is_an_address_whose_secret_is_not_shown() {
        let url = parse_webhook("https://hooks.example:8443/T0/s3cret?key=s3cret").unwrap();
        assert_eq!(
            (url.to_string(), format!("{url:?}")),
            ("https://hooks.example:8443/***".to_owned(), url.to_string())
        );
        for text in [
            "hooks.example/s3cret",
            "ftp://hooks.example/s3cret",
            "https://me:s3cret@hooks.example/",
            "/s3cret",
            "https://hooks example/s3cret",
        ] {
            let refused = parse_webhook(text).map(|url| url.to_string()).unwrap_err();
            assert!(
                refused.starts_with("write it as https://HOST/PATH") && !refused.contains("s3cret"),
                "{text}: {refused}"
            );
        }
    }
}
