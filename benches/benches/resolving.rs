//! Whole requests through the schema, from a document's text to the response's bytes, without HTTP.

use std::time::Duration;

use benches::{SetupError, Starter, criterion, runtime, schema_configuration};
use criterion::{BatchSize, Criterion, Throughput};
use domain::{catalog::IconName, search::Search};
use schema::{DocumentSource, GraphqlService, OperationRequest, Outcome, Stores};
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
    let configuration = runtime.block_on(schema_configuration(&stores.catalog))?;
    let service = GraphqlService::new(stores, configuration);
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
    let names = json!({ "names": texts(&starter.names(50)?) });
    if let Value::Object(variables) = names {
        document_stage(&mut criterion, &runtime, &service, &variables);
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

/// What comes before the execution of 50 names: of a document that is remembered, and of one that was never seen.
fn document_stage(
    criterion: &mut Criterion,
    runtime: &Runtime,
    service: &GraphqlService,
    variables: &Map<String, Value>,
) {
    let mut group = criterion.benchmark_group("document stage");
    let mut seen = 0_u64;
    for (name, is_new) in [("remembered", false), ("new", true)] {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let mut spent = Duration::ZERO;
                for _ in 0..times {
                    seen += 1;
                    let query = if is_new {
                        format!("{BATCH} # {seen}")
                    } else {
                        BATCH.to_owned()
                    };
                    let request = OperationRequest {
                        document: DocumentSource::Text(query),
                        variables: variables.clone(),
                        ..OperationRequest::default()
                    };
                    let executed = runtime.block_on(service.execute(request));
                    spent += executed.parse_time + executed.validate_time;
                }
                spent
            });
        });
    }
    group.finish();
}

fn texts(names: &[IconName]) -> Vec<&str> {
    names.iter().map(IconName::as_str).collect()
}
