//! Whole requests through the schema, from a document's text to the response's bytes, without HTTP.

use std::{sync::Arc, time::Duration};

use benches::{SetupError, Starter, criterion, runtime};
use criterion::{BatchSize, Criterion, Throughput};
use domain::{catalog::IconName, search::Search};
use schema::{
    DocumentSource, DocumentsConfig, GraphqlService, Limits, OperationRequest, Outcome, SchemaConfig, Stores,
    VitalSigns, Vitals,
};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: &str = "query ($names: [String!]!) { icons(names: $names) { ... on Icon { name body width height set { name license { title } } } } }";
const SINGLE: &str = "query ($name: IconName!) { icon(by: { name: $name }) { name body width height } }";
const PAGE: &str = "query ($prefix: String!) { iconSet(prefix: $prefix) { icons(first: 50) { nodes { name body width height } pageInfo { hasNextPage endCursor } } } }";
const RENDITIONS: &str = "query ($names: [String!]!) { icons(names: $names) { ... on Icon { svg(options: { height: \"24\", color: \"#1e90ff\", uniqueIds: true }) contentHash } } }";

fn main() -> Result<(), SetupError> {
    let runtime = runtime()?;
    let starter = Starter::open(env!("CARGO_BIN_EXE_benched-iconql"), &runtime)?;
    let stores = Stores {
        catalog: starter.catalog.clone(),
        search: Search::in_memory(),
    };
    let service = GraphqlService::new(stores, configuration());
    let mut criterion = criterion();
    let requests = [
        ("one icon by name", SINGLE, json!({ "name": "mdi:home" }), 1),
        ("50 names", BATCH, json!({ "names": texts(&starter.names(50)?) }), 2),
        ("500 names", BATCH, json!({ "names": texts(&starter.names(500)?) }), 2),
        (
            "50 renditions",
            RENDITIONS,
            json!({ "names": texts(&starter.names(50)?) }),
            1,
        ),
        ("a page of a set", PAGE, json!({ "prefix": "mdi" }), 2),
    ];
    for (name, query, variables, statements) in requests {
        let Value::Object(variables) = variables else { continue };
        execute(
            &mut criterion,
            &runtime,
            &service,
            Measured {
                name,
                query,
                variables,
                statements,
            },
        );
    }
    criterion.final_summary();
    Ok(())
}

/// One request, and the statements it may take.
struct Measured {
    name: &'static str,
    query: &'static str,
    variables: Map<String, Value>,
    statements: u32,
}

fn execute(criterion: &mut Criterion, runtime: &Runtime, service: &GraphqlService, measured: Measured) {
    let Measured {
        name,
        query,
        variables,
        statements,
    } = measured;
    let request = OperationRequest {
        document: DocumentSource::Text(query.to_owned()),
        variables,
        ..OperationRequest::default()
    };
    let answer = runtime.block_on(service.execute(request.clone()));
    assert_eq!(answer.outcome, Outcome::Ok, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.statements, statements, "{name}");
    let mut group = criterion.benchmark_group("execute");
    group.throughput(Throughput::Bytes(answer.body.len() as u64));
    group.bench_function(name, |bencher| {
        bencher.to_async(runtime).iter_batched(
            || request.clone(),
            |request| service.execute(request),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn texts(names: &[IconName]) -> Vec<&str> {
    names.iter().map(IconName::as_str).collect()
}

/// No process is looked at.
#[derive(Debug)]
struct Nothing;

impl Vitals for Nothing {
    fn over(&self, _: Duration) -> Arc<VitalSigns> {
        Arc::default()
    }
}

/// The process's own defaults where they matter to these requests, wide open elsewhere.
fn configuration() -> SchemaConfig {
    let wide = 1_000_000;
    SchemaConfig {
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
    }
}
