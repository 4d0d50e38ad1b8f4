#![expect(
    clippy::doc_markdown,
    reason = "these comments are the text of --help, where backticks only disturb"
)]

use clap::{Args, ValueEnum};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// What the process tells of its work.
#[derive(Debug, Clone, Args)]
pub struct TelemetryArgs {
    /// off, error, warn, info, debug or trace, or directives such as info,schema=debug
    #[arg(long, global = true, default_value = "info", value_name = "LEVEL", value_parser = parse_level, help_heading = "Telemetry")]
    pub log_level: String,

    /// Form of log lines; pretty in development and json in production when left out
    #[arg(long, global = true, value_enum, value_name = "FORMAT", help_heading = "Telemetry")]
    pub log_format: Option<LogFormat>,

    /// Serve figures for Prometheus at /metrics
    #[arg(long, global = true, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL", help_heading = "Telemetry")]
    pub prometheus_metrics_enabled: bool,

    /// Export traces by OTLP, to where the OTEL_EXPORTER_OTLP_* variables say
    #[arg(long, global = true, default_value_t = false, action = clap::ArgAction::Set, value_name = "BOOL", help_heading = "Telemetry")]
    pub opentelemetry_tracing_enabled: bool,
}

fn parse_level(text: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|error| error.to_string())
}
