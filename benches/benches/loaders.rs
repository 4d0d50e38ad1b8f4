//! The catalog's batches on SQLite, beside the same statement on bare drivers: `sqlx` shows what the catalog's own work
//! costs, `rusqlite`, which calls SQLite on the caller's thread, what the hand-over to a thread costs.

use std::hint::black_box;

use benches::{SetupError, Starter, criterion, first_pages, runtime};
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, measurement::WallTime};
use domain::catalog::{Icon, IconId, IconName};
use rusqlite::OpenFlags;
use sqlx::{Row as _, SqlitePool};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What [`domain::catalog::Catalog::icons_by_name`] selects.
const BY_ID: &str = "SELECT id, name, parent_id, variant_id, view_left, view_top, view_width, view_height, hidden, palette, \
     content_hash, categories, updated_at_ms, body FROM icon WHERE id IN (SELECT value FROM json_each($1))";

fn main() -> Result<(), SetupError> {
    let runtime = runtime()?;
    let starter = Starter::open(env!("CARGO_BIN_EXE_benched-iconql"), &runtime)?;
    let mut criterion = criterion();
    by_name(&mut criterion, &runtime, &starter)?;
    sets_and_pages(&mut criterion, &runtime, &starter)?;
    related(&mut criterion, &runtime, &starter)?;
    criterion.final_summary();
    Ok(())
}

fn by_name(criterion: &mut Criterion, runtime: &Runtime, starter: &Starter) -> Result<(), SetupError> {
    let pool = runtime.block_on(SqlitePool::connect(&format!("sqlite://{}", starter.file.display())))?;
    let connection = rusqlite::Connection::open_with_flags(&starter.file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut group = criterion.benchmark_group("icons by name");
    for count in [1, 50, 500] {
        let names = starter.names(count)?;
        let found = runtime.block_on(starter.catalog.icons_by_name(&names))?;
        assert_eq!(found.len(), count, "every name is there");
        let ids = id_list(&pool, runtime, &names)?;
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("catalog", count), |bencher| {
            bencher.to_async(runtime).iter(|| starter.catalog.icons_by_name(&names));
        });
        group.bench_function(BenchmarkId::new("sqlx", count), |bencher| {
            bencher.to_async(runtime).iter(|| bare_sqlx(&pool, &ids));
        });
        bare_rusqlite(&mut group, &connection, count, &ids)?;
    }
    group.finish();
    Ok(())
}

/// The row ids of `names` as the statement takes them.
fn id_list(pool: &SqlitePool, runtime: &Runtime, names: &[IconName]) -> Result<String, SetupError> {
    let names: Vec<&str> = names.iter().map(IconName::as_str).collect();
    let ids = sqlx::query_scalar::<_, i64>("SELECT id FROM icon WHERE name IN (SELECT value FROM json_each($1))")
        .bind(serde_json::to_string(&names)?)
        .fetch_all(pool);
    Ok(serde_json::to_string(&runtime.block_on(ids)?)?)
}

async fn bare_sqlx(pool: &SqlitePool, ids: &str) -> Vec<(i64, String, Vec<u8>, String)> {
    let rows = sqlx::query(BY_ID)
        .bind(ids)
        .fetch_all(pool)
        .await
        .expect("the statement is the catalog's own");
    rows.iter()
        .map(|row| (row.get(0), row.get(1), row.get(10), row.get(13)))
        .collect()
}

fn bare_rusqlite(
    group: &mut BenchmarkGroup<'_, WallTime>,
    connection: &rusqlite::Connection,
    count: usize,
    ids: &str,
) -> Result<(), SetupError> {
    let mut statement = connection.prepare(BY_ID)?;
    group.bench_function(BenchmarkId::new("rusqlite", count), |bencher| {
        bencher.iter(|| {
            let mut rows = statement.query([ids]).expect("the statement is the catalog's own");
            let mut bytes = 0;
            while let Some(row) = rows.next().expect("the database is whole") {
                let (name, body): (String, String) = (row.get_unwrap(1), row.get_unwrap(13));
                bytes += black_box(name).len() + black_box(body).len();
            }
            bytes
        });
    });
    Ok(())
}

fn sets_and_pages(criterion: &mut Criterion, runtime: &Runtime, starter: &Starter) -> Result<(), SetupError> {
    let mut group = criterion.benchmark_group("sets and pages");
    let prefixes: Vec<String> = benches::PREFIXES.map(str::to_owned).to_vec();
    group.bench_function("8 sets", |bencher| {
        bencher
            .to_async(runtime)
            .iter(|| starter.catalog.sets_by_prefix(&prefixes));
    });
    let mut page = first_pages(50);
    page.truncate(1);
    group.bench_function("a first page of 50", |bencher| {
        bencher.to_async(runtime).iter(|| starter.catalog.icon_pages(&page));
    });
    let after = starter
        .names(4000)?
        .into_iter()
        .rfind(|name| name.prefix() == page[0].prefix);
    page[0].bounds.after = after;
    group.bench_function("a page of 50 in the middle", |bencher| {
        bencher.to_async(runtime).iter(|| starter.catalog.icon_pages(&page));
    });
    let pages = first_pages(6);
    group.bench_function("8 pages of 6", |bencher| {
        bencher.to_async(runtime).iter(|| starter.catalog.icon_pages(&pages));
    });
    group.finish();
    Ok(())
}

fn related(criterion: &mut Criterion, runtime: &Runtime, starter: &Starter) -> Result<(), SetupError> {
    let names = starter.names(50)?;
    let icons = runtime.block_on(starter.catalog.icons_by_name(&names))?;
    let ids: Vec<IconId> = icons.values().map(|icon| icon.id).collect();
    let groups: Vec<IconId> = icons
        .values()
        .filter_map(|icon: &std::sync::Arc<Icon>| icon.variant_id)
        .collect();
    let mut group = criterion.benchmark_group("of 50 icons");
    group.bench_function("aliases", |bencher| {
        bencher.to_async(runtime).iter(|| starter.catalog.aliases(&ids));
    });
    group.bench_function("characters", |bencher| {
        bencher.to_async(runtime).iter(|| starter.catalog.characters(&ids));
    });
    group.bench_function("variants", |bencher| {
        bencher.to_async(runtime).iter(|| starter.catalog.variants(&groups));
    });
    group.finish();
    Ok(())
}
