use std::{pin::Pin, sync::Arc, time::Duration};

use domain::{
    access::Clock,
    alerts::{Alerts, AlertsConfig, Timing},
    catalog::Catalog,
    database::DatabaseError,
    health::{Health, Watched},
    jobs::Jobs,
    operations::{Objectives, Operations},
    search::Search,
    switches::{SwitchBoard, Switches},
    usage::{Usage, UsageConfig},
};
use schema::{Administration, DocumentsConfig, FleetWatch, Limits, SchemaConfig, VitalSigns, Vitals};

/// No process is looked at.
#[derive(Debug)]
struct Nothing;

impl Vitals for Nothing {
    fn in_flight(&self) -> u32 {
        0
    }

    fn over(&self, _: Duration) -> Arc<VitalSigns> {
        Arc::default()
    }

    fn watch_fleet(self: Arc<Self>, _: Duration) -> Box<dyn FleetWatch> {
        Box::new(Self)
    }
}

impl FleetWatch for Nothing {
    fn signs(&self) -> Pin<Box<dyn Future<Output = Arc<VitalSigns>> + Send + '_>> {
        Box::pin(std::future::ready(Arc::default()))
    }
}

/// The process's own defaults where they matter to these requests, wide open elsewhere.
pub async fn schema_configuration(catalog: &Catalog) -> Result<SchemaConfig, DatabaseError> {
    let wide = 1_000_000;
    let usage = UsageConfig {
        hash_key: None,
        max_waiting: 1,
        group_max_events: wide,
        retention_days: 90,
        processing_interval: Duration::from_mins(1),
    };
    // Nothing is recorded.
    let (usage, _) = Usage::open(catalog, &usage, Clock::new(|| 0)).await?;
    let watched = Watched {
        catalog: catalog.clone(),
        search: Search::in_memory(),
        usage: usage.clone(),
        redis: None,
        switches: Switches::default(),
        clock: Clock::new(|| 0),
    };
    let operations = Operations::new(catalog, "bench", Clock::new(|| 0), usage.watch_standings());
    let config = AlertsConfig {
        instance: String::new(),
        timing: Timing {
            fire_after: Duration::ZERO,
            resolve_after: Duration::ZERO,
        },
        is_told: false,
    };
    let (alerts, _) = Alerts::open(catalog, None, config, Clock::new(|| 0)).await?;
    Ok(SchemaConfig {
        limits: Limits {
            max_batch: 500,
            default_page_size: 50,
            max_page_size: 100,
            max_depth: 16,
            max_cost: wide,
            max_tokens: wide,
            max_aliases: wide,
            max_body_bytes: wide,
            max_document_bytes: wide,
            max_nesting: 64,
            max_fragments: wide,
            max_selections: wide,
            max_root_fields: wide,
            max_directives: wide,
            max_directives_per_field: wide,
            deadline_ms: 5000,
        },
        documents: DocumentsConfig::default(),
        rate_limiter: None,
        public_url: None,
        version: "0",
        started_at_ms: 0,
        vitals: Arc::new(Nothing),
        health: Health::new(watched, Vec::new()),
        keeping: None,
        administration: Administration {
            switches: SwitchBoard::new(catalog, Switches::default()),
            jobs: Jobs::new(catalog),
            alerts,
        },
        usage,
        operations,
        objectives: Objectives {
            latency_p95: Duration::from_millis(100),
            latency_p99: Duration::from_millis(500),
            error_rate: 0.001,
            popular_hit_rate: 0.95,
        },
    })
}
