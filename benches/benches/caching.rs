//! The layers of the cache: a look into memory, a page of icons out of memory, and out of Redis.
//!
//! Redis is the one that `ICONQL_TEST_REDIS_URL` names, as `scripts/redis.sh cargo bench` sets it; without it, it is left out.

use std::{hint::black_box, time::Duration};

use benches::{SetupError, Starter, criterion, runtime};
use criterion::Criterion;
use domain::{
    cache::MemoryBudget,
    catalog::{Catalog, IconName},
    redis::{Redis, RedisConfig},
};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), SetupError> {
    let runtime = runtime()?;
    let starter = Starter::open(env!("CARGO_BIN_EXE_benched-iconql"), &runtime)?;
    let names = starter.names(50)?;
    let mut criterion = criterion();
    memory(&mut criterion, &runtime, &starter, &names)?;
    #[expect(clippy::disallowed_methods, reason = "scripts/redis.sh says it in no other way")]
    let url = std::env::var("ICONQL_TEST_REDIS_URL");
    if let Ok(url) = url {
        redis(&mut criterion, &runtime, (&starter, &names), url)?;
    }
    criterion.final_summary();
    Ok(())
}

/// The catalog with a cache of its own, which knows how it stands.
fn cached(runtime: &Runtime, starter: &Starter, redis: Option<(Redis, String)>) -> Result<Catalog, SetupError> {
    let catalog = benches::cached(&starter.catalog, MemoryBudget::new(256 << 20, false), redis);
    runtime.block_on(catalog.catch_up())?;
    Ok(catalog)
}

fn memory(
    criterion: &mut Criterion,
    runtime: &Runtime,
    starter: &Starter,
    names: &[IconName],
) -> Result<(), SetupError> {
    let catalog = cached(runtime, starter, None)?;
    let icons = runtime.block_on(catalog.icons_by_name(names))?;
    let icon = icons.values().next().ok_or("there is an icon")?;
    runtime.block_on(catalog.icons_by_id(&[icon.id]))?;
    runtime.block_on(catalog.sets_by_prefix(&[icon.name.prefix().to_owned()]))?;
    let mut group = criterion.benchmark_group("cache in memory");
    group.bench_function("one icon", |bencher| {
        bencher.iter(|| black_box(catalog.remembered_icon(black_box(icon.id))));
    });
    group.bench_function("the set of an icon", |bencher| {
        bencher.iter(|| black_box(catalog.remembered_set(black_box(icon))));
    });
    group.bench_function("50 icons", |bencher| {
        bencher.iter(|| runtime.block_on(catalog.icons_by_name(black_box(names))));
    });
    group.finish();
    Ok(())
}

fn redis(
    criterion: &mut Criterion,
    runtime: &Runtime,
    (starter, names): (&Starter, &[IconName]),
    url: String,
) -> Result<(), SetupError> {
    let timeout = Duration::from_millis(20);
    let redis = runtime.block_on(async { Redis::open(&RedisConfig { url, timeout }) })?;
    let namespace = format!("iconql:bench:{}", std::process::id());
    let catalog = cached(runtime, starter, Some((redis.clone(), namespace)))?;
    runtime.block_on(async {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        while !redis.is_up() {
            ticks.tick().await;
        }
        // What is read is written in the background.
        for _ in 0..20 {
            catalog.cache().forget();
            catalog.icons_by_name(names).await?;
            ticks.tick().await;
        }
        Ok::<(), SetupError>(())
    })?;
    let mut group = criterion.benchmark_group("cache in redis");
    group.bench_function("50 icons", |bencher| {
        bencher.iter(|| {
            catalog.cache().forget();
            runtime.block_on(catalog.icons_by_name(black_box(names)))
        });
    });
    group.finish();
    #[expect(clippy::print_stdout, reason = "criterion shows no quantiles")]
    for figures in catalog.cache().figures() {
        println!(
            "{}: p50 {:.3} ms, p99 {:.3} ms",
            figures.layer.name(),
            figures.quantile_ms(0.5),
            figures.quantile_ms(0.99)
        );
    }
    Ok(())
}
