use std::time::Duration;

use clap::Args;
use domain::operations::Objectives;

/// What the service promises: `analytics.slos` tells how much of it was kept, and alerts when it is being broken.
#[derive(Debug, Clone, Copy, Args)]
pub struct SloArgs {
    /// Milliseconds in which 95 of 100 operations are to be answered
    #[arg(long, global = true, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=3_600_000), value_name = "MS", help_heading = "Objectives")]
    pub slo_latency_p95_ms: u32,

    /// Milliseconds in which 99 of 100 are
    #[arg(long, global = true, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=3_600_000), value_name = "MS", help_heading = "Objectives")]
    pub slo_latency_p99_ms: u32,

    /// Share of operations that may fail for a fault of the service, above 0 and below 1
    #[arg(long, global = true, default_value_t = 0.001, value_parser = parse_share, value_name = "SHARE", help_heading = "Objectives")]
    pub slo_error_rate: f64,

    /// Share of popular icons' lookups that the cache is to answer, above 0 and below 1
    #[arg(long, global = true, default_value_t = 0.95, value_parser = parse_share, value_name = "SHARE", help_heading = "Objectives")]
    pub slo_popular_hit_rate: f64,
}

impl SloArgs {
    pub(crate) fn to_domain(self) -> Objectives {
        Objectives {
            latency_p95: Duration::from_millis(self.slo_latency_p95_ms.into()),
            latency_p99: Duration::from_millis(self.slo_latency_p99_ms.into()),
            error_rate: self.slo_error_rate,
            popular_hit_rate: self.slo_popular_hit_rate,
        }
    }
}

/// All and nothing are no objectives: of the one there is no share that may be missed, of the other none that may not.
fn parse_share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if 0.0 < share && share < 1.0 => Ok(share),
        Ok(_) => Err("write a share above 0 and below 1, as 0.001".to_owned()),
        Err(_) => Err("no number".to_owned()),
    }
}
