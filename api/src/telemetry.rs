//! What the process tells of its work: log lines, figures, traces.

mod fleet;
mod metrics;
mod of_alerts;
mod of_cache;
mod of_usage;
mod recent;
mod replicas;
mod report;
mod tap;
mod traces;
mod vitals;

use std::io::IsTerminal as _;

use domain::switches::Switches;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

pub(crate) use metrics::{refresh_gauges, render};
pub(crate) use of_alerts::{most_behind, take_counted};
pub(crate) use of_cache::{refresh_cache, refresh_memory, refresh_popular};
pub(crate) use recent::{quantile_ms, times};
pub(crate) use traces::{adopt_parent, current_traceparent};
pub(crate) use vitals::Vitals;

use crate::config::{Config, LogFormat};

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TelemetryError {
    #[error("cannot export traces: {0}; check OTEL_EXPORTER_OTLP_ENDPOINT")]
    Exporter(String),
}

/// What has to be flushed at the end.
pub(crate) struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Sends what is still held back.
    pub(crate) fn flush(self) {
        if let Some(provider) = self.0 {
            let _ = provider.shutdown();
        }
    }
}

/// Sets the process's one subscriber. A second call, as tests make, changes nothing.
pub(crate) fn install(config: &Config, switches: &Switches) -> Result<Telemetry, TelemetryError> {
    let default_format = if config.is_production() {
        LogFormat::Json
    } else {
        LogFormat::Pretty
    };
    let filter = EnvFilter::new(&config.telemetry.log_level);
    // Colours are for a terminal; in a file they are noise.
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match config.telemetry.log_format.unwrap_or(default_format) {
        LogFormat::Pretty => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let provider = if config.telemetry.opentelemetry_tracing_enabled {
        Some(traces::provider()?)
    } else {
        None
    };
    let spans = provider
        .as_ref()
        .map(|provider| traces::layer(provider, switches.clone()));
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(spans)
        .try_init();
    Ok(Telemetry(provider))
}
