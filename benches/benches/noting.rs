//! What it costs a request that it is noted how it was answered.

use std::{hint::black_box, time::Duration};

use benches::{SetupError, Starter, criterion, runtime};
use criterion::Criterion;
use domain::{
    access::Clock,
    cache::Lookups,
    operations::{Answered, Operations},
};
use tokio::sync::watch;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), SetupError> {
    let runtime = runtime()?;
    let starter = Starter::open(env!("CARGO_BIN_EXE_benched-iconql"), &runtime)?;
    let mut criterion = criterion();
    noting(&mut criterion, &starter);
    criterion.final_summary();
    Ok(())
}

fn noting(criterion: &mut Criterion, starter: &Starter) {
    let clock = Clock::new(|| 1_788_264_000_000);
    let operations = Operations::new(&starter.catalog, "bench", clock, watch::Sender::default().subscribe());
    let names: Vec<String> = (0..30).map(|name| format!("Operation{name}")).collect();
    let mut turn = 0_usize;
    criterion.bench_function("noting/one of thirty operations", |bencher| {
        bencher.iter(|| {
            turn += 1;
            operations.note(black_box(&Answered {
                operation: &names[turn % names.len()],
                is_trusted: false,
                took: Duration::from_micros(20 + u64::try_from(turn % 1_000).unwrap_or_default()),
                statements: 0,
                lookups: Lookups { wanted: 51, found: 51 },
                was_kept: false,
                errors: &[],
            }));
        });
    });
}
