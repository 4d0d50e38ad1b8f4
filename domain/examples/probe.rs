#[global_allocator]
static A: mimalloc::MiMalloc = mimalloc::MiMalloc;
use domain::{catalog::*, database::*, search::*};
use std::{io::BufRead, time::*};
#[tokio::main(flavor = "multi_thread")]
async fn main() {
    let a: Vec<String> = std::env::args().collect();
    let config = DatabaseConfig {
        url: format!("sqlite://{}", a[1]),
        pool_size: None,
        pool_min: None,
        acquire_timeout: Duration::from_secs(5),
        connection_recycle: Duration::from_secs(3600),
        query_timeout: Duration::from_secs(600),
        lock_timeout: Duration::from_secs(5),
        slow_query_threshold: Duration::from_secs(50),
    };
    let db = Database::open(&config, OpenMode::Existing).await.unwrap();
    let t = Instant::now();
    let search = Search::open(std::path::Path::new(&a[2])).unwrap();
    eprintln!("open {:?}", t.elapsed());
    let t = Instant::now();
    let did = search.refresh(&db).await.unwrap();
    eprintln!("refresh {did} {:?}", t.elapsed());
    let mode = a.get(3).map(String::as_str).unwrap_or("show");
    let limit: u32 = a.get(4).and_then(|x| x.parse().ok()).unwrap_or(10);
    let mut times = Vec::new();
    let catalog = Catalog::new(db.clone());
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let mut parts = line.split('\t');
        let query = parts.next().unwrap().to_owned();
        let filter = Filter {
            prefixes: parts.next().map(|p| vec![p.to_owned()]).unwrap_or_default(),
            ..Default::default()
        };
        let request = SearchRequest {
            query: query.clone(),
            filter,
            order: Order::Relevance,
        };
        let t = Instant::now();
        let m = match search.find(&request) {
            Ok(m) => m,
            Err(e) => {
                println!("{query}\tERR {e}");
                continue;
            }
        };
        let page = m.page(&PageBounds {
            limit,
            backward: false,
            after: None,
            before: None,
        });
        let d = t.elapsed();
        times.push((d, query.clone()));
        if mode == "show" || mode == "json" {
            let ids: Vec<_> = page.items.iter().map(|h| h.id).collect();
            let found = catalog.icons_by_id(&ids).await.unwrap();
            let names: Vec<String> = page
                .items
                .iter()
                .map(|h| {
                    let n = found.get(&h.id).map(|i| i.name.to_string()).unwrap_or_default();
                    if mode == "json" {
                        n
                    } else {
                        format!("{n} {:.3}{:?}", h.score, h.matched_on)
                    }
                })
                .collect();
            if mode == "show" {
                let t = Instant::now();
                let total = m.total();
                println!(
                    "== {query} {:?} total {total} {:?} corrected {:?}",
                    d,
                    t.elapsed(),
                    m.corrected_query()
                );
                for n in names {
                    println!("   {n}");
                }
            } else {
                println!("{query}\t{}", names.join(" "));
            }
        }
    }
    times.sort();
    if !times.is_empty() {
        let n = times.len();
        let sum: Duration = times.iter().map(|t| t.0).sum();
        eprintln!(
            "n {n} mean {:?} p50 {:?} p90 {:?} p99 {:?} max {:?}",
            sum / n as u32,
            times[n / 2].0,
            times[n * 9 / 10].0,
            times[n * 99 / 100].0,
            times[n - 1]
        );
        for t in times.iter().rev().take(12) {
            eprintln!("   {:?} {}", t.0, t.1);
        }
    }
}
