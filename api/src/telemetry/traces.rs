//! OpenTelemetry: spans out by OTLP, and the W3C trace context in and out.

use axum::http::HeaderMap;
use domain::switches::{Switch, Switches};
use opentelemetry::{
    Context, global,
    propagation::{Extractor, Injector, TextMapPropagator as _},
    trace::{SpanContext, TraceContextExt as _, TracerProvider as _},
};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{IdGenerator as _, RandomIdGenerator, SdkTracerProvider},
};
use tracing::{Level, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{Layer, filter::dynamic_filter_fn, registry::LookupSpan};

use super::TelemetryError;

/// An exporter as the `OTEL_EXPORTER_OTLP_*` variables describe it.
pub(super) fn provider() -> Result<SdkTracerProvider, TelemetryError> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .build()
        .map_err(|error| TelemetryError::Exporter(error.to_string()))?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name("iconql").build())
        .build();
    global::set_tracer_provider(provider.clone());
    Ok(provider)
}

/// Exports spans while that is switched on.
pub(super) fn layer<S>(provider: &SdkTracerProvider, switches: Switches) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("iconql"))
        .with_filter(dynamic_filter_fn(move |metadata, _| {
            *metadata.level() <= Level::INFO && switches.is_on(Switch::Tracing)
        }))
}

/// Makes `span` a child of the caller's, where the caller names one, and tells which that is.
pub(crate) fn adopt_parent(span: &Span, headers: &HeaderMap) -> Option<SpanContext> {
    headers.get("traceparent")?;
    let parent = TraceContextPropagator::new().extract(&Headers(headers));
    let of_client = parent.span().span_context().clone();
    // Fails only where no trace is exported.
    let _ = span.set_parent(parent);
    Some(of_client).filter(SpanContext::is_valid)
}

/// The `traceparent` that tells a client which trace its request became. While traces are off, it is still the client's own
/// trace that went through here; none where the client has none.
pub(crate) fn current_traceparent(span: &Span, traced_by_client: Option<SpanContext>) -> Option<String> {
    let context: Context = span.context();
    let context = if context.span().span_context().is_valid() {
        context
    } else {
        let of_client = traced_by_client?;
        let own = SpanContext::new(
            of_client.trace_id(),
            RandomIdGenerator::default().new_span_id(),
            of_client.trace_flags(),
            false,
            of_client.trace_state().clone(),
        );
        Context::new().with_remote_span_context(own)
    };
    let mut carrier = Traceparent(None);
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.0
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}

struct Traceparent(Option<String>);

impl Injector for Traceparent {
    fn set(&mut self, key: &str, value: String) {
        if key == "traceparent" {
            self.0 = Some(value);
        }
    }
}
