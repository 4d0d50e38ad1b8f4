//! What happens to bodies: drawing, renaming ids, snippets, the safety check, and reading whole sets.

use std::{hint::black_box, sync::Arc};

use benches::{PREFIXES, SetupError, Starter, criterion, icons_json, runtime};
use criterion::{BenchmarkId, Criterion, Throughput};
use domain::{
    catalog::Icon,
    iconify::{document, resolve},
    svg::{
        color::Color,
        data_uri::data_uri,
        ids::make_unique,
        render::{Drawing, SvgOptions, render},
        safety,
        snippet::{Flavor, snippet},
    },
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), SetupError> {
    let runtime = runtime()?;
    let starter = Starter::open(env!("CARGO_BIN_EXE_benched-iconql"), &runtime)?;
    let names = starter.names(2000)?;
    let icons: Vec<Arc<Icon>> = runtime
        .block_on(starter.catalog.icons_by_name(&names))?
        .into_values()
        .collect();
    let mut criterion = criterion();
    drawing(&mut criterion, &icons)?;
    snippets(&mut criterion, &icons);
    unique_ids(&mut criterion, &icons);
    safety_check(&mut criterion, &icons);
    reading(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}

fn drawing_of(icon: &Icon) -> Drawing<'_> {
    Drawing {
        name: icon.name.as_str(),
        view_box: icon.view_box,
        body: &icon.body,
    }
}

fn body_bytes(icons: &[Arc<Icon>]) -> u64 {
    icons.iter().map(|icon| icon.body.len() as u64).sum()
}

fn drawing(criterion: &mut Criterion, icons: &[Arc<Icon>]) -> Result<(), SetupError> {
    let color: Color = "#1e90ff".parse()?;
    let options = [
        ("as it is", SvgOptions::default()),
        (
            "coloured",
            SvgOptions {
                color: Some(color.clone()),
                ..SvgOptions::default()
            },
        ),
        (
            "turned and flipped",
            SvgOptions {
                rotation: 1,
                flip_horizontal: true,
                ..SvgOptions::default()
            },
        ),
        (
            "every wish",
            SvgOptions {
                color: Some(color),
                rotation: 1,
                flip_vertical: true,
                add_box: true,
                unique_ids: true,
                title: Some("An icon".to_owned()),
                ..SvgOptions::default()
            },
        ),
    ];
    let mut group = criterion.benchmark_group("render 2000");
    group.throughput(Throughput::Elements(icons.len() as u64));
    for (name, options) in options {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                icons
                    .iter()
                    .map(|icon| render(drawing_of(icon), &options).len())
                    .sum::<usize>()
            });
        });
    }
    group.bench_function("as a data URI", |bencher| {
        let options = SvgOptions::default();
        bencher.iter(|| {
            icons
                .iter()
                .map(|icon| data_uri(&render(drawing_of(icon), &options)).len())
                .sum::<usize>()
        });
    });
    group.finish();
    Ok(())
}

fn snippets(criterion: &mut Criterion, icons: &[Arc<Icon>]) {
    let mut group = criterion.benchmark_group("snippet 2000");
    group.throughput(Throughput::Elements(icons.len() as u64));
    for flavor in [Flavor::Symbol, Flavor::Css, Flavor::Jsx, Flavor::Vue] {
        group.bench_function(format!("{flavor:?}"), |bencher| {
            bencher.iter(|| {
                icons
                    .iter()
                    .map(|icon| snippet(drawing_of(icon), flavor).len())
                    .sum::<usize>()
            });
        });
    }
    group.finish();
}

/// On bodies that have ids; the others are seen to have none at once.
fn unique_ids(criterion: &mut Criterion, icons: &[Arc<Icon>]) {
    let with_ids: Vec<Arc<Icon>> = icons
        .iter()
        .filter(|icon| icon.body.contains(" id="))
        .cloned()
        .collect();
    let mut group = criterion.benchmark_group("ids");
    group.throughput(Throughput::Bytes(body_bytes(&with_ids)));
    group.bench_function("make unique", |bencher| {
        bencher.iter(|| {
            with_ids
                .iter()
                .map(|icon| make_unique(&icon.body, icon.name.as_str()).len())
                .sum::<usize>()
        });
    });
    group.finish();
}

fn safety_check(criterion: &mut Criterion, icons: &[Arc<Icon>]) {
    let mut group = criterion.benchmark_group("safety");
    group.throughput(Throughput::Bytes(body_bytes(icons)));
    group.bench_function("check", |bencher| {
        bencher.iter(|| icons.iter().filter(|icon| safety::check(&icon.body).is_ok()).count());
    });
    group.finish();
}

fn reading(criterion: &mut Criterion) -> Result<(), SetupError> {
    let mut group = criterion.benchmark_group("read a set");
    for prefix in [PREFIXES[2], PREFIXES[3], PREFIXES[7]] {
        let json = icons_json(prefix)?;
        group.throughput(Throughput::Bytes(json.len() as u64));
        group.bench_function(BenchmarkId::new("parse", prefix), |bencher| {
            bencher.iter(|| document::parse(black_box(&json)).is_ok());
        });
        group.bench_function(BenchmarkId::new("parse and resolve", prefix), |bencher| {
            bencher.iter(|| document::parse(black_box(&json)).map(|document| resolve::resolve(document).icons.len()));
        });
    }
    group.finish();
    Ok(())
}
