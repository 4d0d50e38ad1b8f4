//! How much of a day's lookups the memory layer answers, beside the best that anybody could keep who knew the future.
//!
//!     hit-rate icons.db [MEGABYTES [LOOKUPS]]
//!
//! The memory is a server's, in whose other layers nothing is asked for. Icons of the whole catalog are looked up, 50 at once, each as often as its place in an order of popularity says: the second half as
//! often as the first, the third a third (Zipf's law with exponent 1). The best is Belady's: what goes is what is wanted again last.
//! Ends with status 1 where a limit is missed.

use std::{
    collections::{BTreeSet, HashMap},
    process::ExitCode,
    time::Duration,
};

use benches::{SetupError, cached, database_configuration, runtime};
use domain::{
    cache::{Layer, Memory, MemoryBudget, Outcome, Weigh},
    catalog::{Catalog, IconName},
    database::{Database, OpenMode},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PAGE: usize = 50;
const POPULAR: usize = 2_000;
/// Least share of the lookups of popular icons that memory answers.
const LEAST_OF_POPULAR: f64 = 0.95;
/// Most by which the best that is possible is missed, as a share of all lookups.
const MOST_BELOW_BEST: f64 = 0.03;
const NEVER: usize = usize::MAX;
const SIZING_PAUSE: Duration = Duration::from_millis(200);

/// The icons by popularity, each with the bytes of its body.
type Icons = Vec<(IconName, u64)>;

#[expect(clippy::print_stdout, reason = "its result")]
fn main() -> Result<ExitCode, SetupError> {
    let mut arguments = std::env::args().skip(1);
    let Some(file) = arguments.next() else {
        return Err("usage: hit-rate FILE [MEGABYTES [LOOKUPS]]".into());
    };
    let megabytes: u64 = arguments.next().map_or(Ok(256), |text| text.parse())?;
    let lookups: usize = arguments.next().map_or(Ok(5_000_000), |text| text.parse())?;
    let mut random = Random(0x2026_1101);
    let icons = by_popularity(&file, &mut random)?;
    let day = zipf(icons.len(), lookups, &mut random);
    let runtime = runtime()?;
    let database = runtime.block_on(Database::open(
        &database_configuration(format!("sqlite://{file}")),
        OpenMode::Existing,
    ))?;
    let catalog = Catalog::new(database);
    let other_bytes = runtime.block_on(bytes_beside_the_body(&catalog, &icons))?;
    let (popular, all) = runtime.block_on(async {
        let memory = memory_of_a_server(megabytes << 20);
        let catalog = cached(&catalog, memory.clone(), None);
        // As often for each lookup as on a day with this many of them a minute.
        let sizing = tokio::spawn(async move { memory.keep(SIZING_PAUSE, || None, || true).await });
        let shares = replay(&catalog, &icons, &day).await;
        sizing.abort();
        shares
    })?;
    let weights: Vec<u64> = icons.iter().map(|(_, bytes)| bytes + other_bytes).collect();
    let best = belady(&weights, &day, megabytes << 20);
    println!(
        "# What memory answers\n\n\
         {lookups} lookups of {} icons by Zipf's law, {megabytes} MiB of memory, empty at first; an icon takes {other_bytes} bytes beside \
         its body.\n\n\
         | | share answered from memory |\n| --- | ---: |\n\
         | the {POPULAR} most popular | {:.1} % (at least {:.0}) |\n\
         | all | {:.1} % |\n\
         | all, by who knows the future | {:.1} % (at most {:.0} points more) |",
        icons.len(),
        popular * 100.0,
        LEAST_OF_POPULAR * 100.0,
        all * 100.0,
        best * 100.0,
        MOST_BELOW_BEST * 100.0,
    );
    let is_kept = popular >= LEAST_OF_POPULAR && best - all <= MOST_BELOW_BEST;
    Ok(if is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The memory of a server, of which the layers of answers keep as little as they can: nothing is asked for again as it was.
fn memory_of_a_server(bytes: u64) -> MemoryBudget {
    let memory = MemoryBudget::new(bytes, true);
    for layer in [Layer::Http, Layer::Response, Layer::Serialized] {
        let _: Memory<u64, Nothing> = memory.memory_of(layer);
    }
    memory
}

/// What those keep.
#[derive(Clone)]
struct Nothing;

impl Weigh for Nothing {
    fn bytes(&self) -> usize {
        0
    }
}

/// Every icon with a body of its own, in an order that has nothing to do with names.
fn by_popularity(file: &str, random: &mut Random) -> Result<Icons, SetupError> {
    let connection = rusqlite::Connection::open(file)?;
    let mut statement = connection.prepare("SELECT name, length(body) FROM icon WHERE parent_id IS NULL")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?)))?;
    let mut icons = Icons::new();
    for row in rows {
        let (name, bytes) = row?;
        icons.push((name.parse()?, bytes.into()));
    }
    for place in (1..icons.len()).rev() {
        icons.swap(place, random.below(place + 1));
    }
    Ok(icons)
}

/// Numbers of icons, in the order in which they are looked up.
#[expect(clippy::cast_precision_loss, reason = "there are not 2^52 icons")]
fn zipf(icons: usize, lookups: usize, random: &mut Random) -> Vec<usize> {
    let mut sum = 0.0;
    let cumulated: Vec<f64> = (1..=icons)
        .map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        })
        .collect();
    let draw = |_| {
        let wanted = random.share() * sum;
        cumulated.partition_point(|reached| *reached < wanted).min(icons - 1)
    };
    (0..lookups).map(draw).collect()
}

/// What an icon takes of memory without its body, on average.
async fn bytes_beside_the_body(catalog: &Catalog, icons: &Icons) -> Result<u64, SetupError> {
    let catalog = cached(catalog, MemoryBudget::new(1 << 31, false), None);
    catalog.catch_up().await?;
    let some = &icons[..POPULAR.min(icons.len())];
    for page in some.chunks(PAGE) {
        let names: Vec<IconName> = page.iter().map(|(name, _)| name.clone()).collect();
        catalog.icons_by_name(&names).await?;
    }
    let figures = catalog.cache().figures();
    let memory = figures.iter().find(|figures| figures.layer == Layer::Memory);
    let all = memory.ok_or("memory is a layer")?.extent.bytes;
    let bodies: u64 = some.iter().map(|(_, bytes)| bytes).sum();
    Ok(all.saturating_sub(bodies) / some.len() as u64)
}

/// The shares of the lookups that memory answered: of popular icons, and of all.
#[expect(clippy::cast_precision_loss, reason = "there are not 2^52 lookups")]
async fn replay(catalog: &Catalog, icons: &Icons, day: &[usize]) -> Result<(f64, f64), SetupError> {
    catalog.catch_up().await?;
    let found = || {
        let figures = catalog.cache().figures();
        let memory = figures.iter().find(|figures| figures.layer == Layer::Memory);
        memory.map_or(0, |figures| figures.count(Outcome::Hit))
    };
    let (mut popular, mut popular_asked, mut asked) = (0, 0, 0);
    for page in day.chunks(PAGE) {
        let distinct: BTreeSet<usize> = page.iter().copied().collect();
        asked += distinct.len();
        let (most, rest): (Vec<usize>, Vec<usize>) = distinct.into_iter().partition(|icon| *icon < POPULAR);
        let names = |icons_of: Vec<usize>| -> Vec<IconName> {
            icons_of.into_iter().map(|icon| icons[icon].0.clone()).collect()
        };
        popular_asked += most.len();
        let before = found();
        catalog.icons_by_name(&names(most)).await?;
        popular += found() - before;
        catalog.icons_by_name(&names(rest)).await?;
    }
    Ok((popular as f64 / popular_asked as f64, found() as f64 / asked as f64))
}

/// The share of the same lookups that are answered by who keeps what is wanted again soonest.
#[expect(clippy::cast_precision_loss, reason = "there are not 2^52 lookups")]
fn belady(weights: &[u64], day: &[usize], capacity: u64) -> f64 {
    // A page asks for each icon once.
    let mut distinct = Vec::with_capacity(day.len());
    for page in day.chunks(PAGE) {
        distinct.extend(page.iter().copied().collect::<BTreeSet<usize>>());
    }
    let mut next = vec![NEVER; distinct.len()];
    let mut last = HashMap::new();
    for (time, icon) in distinct.iter().enumerate().rev() {
        next[time] = last.insert(*icon, time).unwrap_or(NEVER);
    }
    let (mut kept, mut bytes, mut hits) = (BTreeSet::new(), 0, 0_usize);
    for (time, icon) in distinct.iter().copied().enumerate() {
        let is_kept = kept.remove(&(time, icon));
        hits += usize::from(is_kept);
        bytes -= if is_kept { weights[icon] } else { 0 };
        if next[time] == NEVER {
            continue;
        }
        kept.insert((next[time], icon));
        bytes += weights[icon];
        while bytes > capacity
            && let Some((_, latest)) = kept.pop_last()
        {
            bytes -= weights[latest];
        }
    }
    hits as f64 / distinct.len() as f64
}

/// Xorshift, after Marsaglia.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 11).unwrap_or(0) % end
    }

    /// From 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits of it are kept")]
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
