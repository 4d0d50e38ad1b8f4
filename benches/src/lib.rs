//! What the benchmarks share: a database of eight popular sets, and names in it.
//!
//! It measures nothing.

mod schema_configuration;

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use criterion::Criterion;
use domain::{
    access::Clock,
    cache::{Cache, CacheConfig, Chance, MemoryBudget, Surroundings, Ttls},
    catalog::{Catalog, IconName, IconPageKey, PageBounds},
    database::{Database, DatabaseConfig, OpenMode},
    redis::Redis,
    switches::Switches,
};
use tokio::runtime::Runtime;

pub use schema_configuration::schema_configuration;

/// What a benchmark's setup fails with.
pub type SetupError = Box<dyn Error>;

/// The sets of the starter collection.
pub const PREFIXES: [&str; 8] = [
    "fa6-solid",
    "logos",
    "lucide",
    "mdi",
    "ph",
    "simple-icons",
    "tabler",
    "twemoji",
];

/// Keeps every benchmark near five seconds, so that all of them take a few minutes.
pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .sample_size(50)
        .configure_from_args()
}

/// A runtime that runs everything on the thread that asks, as one worker of the server does.
pub fn runtime() -> Result<Runtime, SetupError> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// A database of the starter collection, imported into `target/bench` by the first benchmark that needs it.
pub struct Starter {
    pub file: PathBuf,
    pub catalog: Catalog,
    runtime: tokio::runtime::Handle,
}

impl Starter {
    /// `iconql` is the program that imports: `env!("CARGO_BIN_EXE_benched-iconql")`, which only a benchmark knows.
    pub fn open(iconql: &str, runtime: &Runtime) -> Result<Self, SetupError> {
        let file = workspace().join("target/bench/starter.db");
        let url = format!("sqlite://{}", file.display());
        let mut import = Command::new(iconql);
        import
            .arg("import")
            .args(packages()?)
            .args(["--database-url", &url])
            .stdout(Stdio::null());
        if !import.status()?.success() {
            return Err(format!("{iconql} could not import the starter collection").into());
        }
        let database = runtime.block_on(Database::open(&database_configuration(url), OpenMode::Existing))?;
        Ok(Self {
            file,
            catalog: Catalog::new(database),
            runtime: runtime.handle().clone(),
        })
    }

    /// `count` names spread evenly over the sets, a page of each set at a time.
    pub fn names(&self, count: usize) -> Result<Vec<IconName>, SetupError> {
        let of_each = u32::try_from(count.div_ceil(PREFIXES.len()))?;
        let keys = first_pages(of_each);
        let pages = self.runtime.block_on(self.catalog.icon_pages(&keys))?;
        let names: Vec<IconName> = keys
            .iter()
            .flat_map(|key| pages[key].items.iter().map(|icon| icon.name.clone()))
            .take(count)
            .collect();
        if names.len() == count {
            Ok(names)
        } else {
            Err(format!("there are only {} names", names.len()).into())
        }
    }
}

/// The first page of each set.
pub fn first_pages(limit: u32) -> Vec<IconPageKey> {
    let bounds = PageBounds {
        limit,
        backward: false,
        after: None,
        before: None,
    };
    PREFIXES
        .map(|prefix| IconPageKey {
            prefix: prefix.to_owned(),
            bounds: bounds.clone(),
        })
        .to_vec()
}

/// The main file of one of the starter collection's sets.
pub fn icons_json(prefix: &str) -> Result<Vec<u8>, SetupError> {
    let packages = packages()?;
    let package = packages
        .iter()
        .find(|package| package.ends_with(prefix))
        .ok_or("no such set")?;
    Ok(std::fs::read(package.join("icons.json"))?)
}

/// Folders of the starter collection's packages, installed where they are missing.
fn packages() -> Result<Vec<PathBuf>, SetupError> {
    let listed = Command::new(workspace().join("scripts/icons.sh"))
        .arg("starter")
        .stderr(Stdio::inherit())
        .output()?;
    if !listed.status.success() {
        return Err("scripts/icons.sh failed".into());
    }
    Ok(String::from_utf8(listed.stdout)?.lines().map(PathBuf::from).collect())
}

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The process's own defaults.
pub fn database_configuration(url: String) -> DatabaseConfig {
    DatabaseConfig {
        url,
        pool_size: None,
        pool_min: None,
        acquire_timeout: Duration::from_secs(2),
        connection_recycle: Duration::from_hours(1),
        query_timeout: Duration::from_secs(4),
        lock_timeout: Duration::from_mins(1),
        slow_query_threshold: Duration::from_secs(1),
    }
}

/// `catalog` with a cache of its own in `memory`, which has yet to catch up with it; shared in Redis under a name, where that is given.
pub fn cached(catalog: &Catalog, memory: MemoryBudget, redis: Option<(Redis, String)>) -> Catalog {
    const HOUR: Duration = Duration::from_hours(1);
    let config = CacheConfig {
        memory_ttl: HOUR,
        ttls: Ttls {
            icon: HOUR,
            set: HOUR,
            negative: HOUR,
        },
        stale: HOUR,
    };
    let surroundings = Surroundings {
        memory,
        clock: Clock::new(|| 0),
        chance: Chance::system(),
        switches: Switches::default(),
        redis,
    };
    catalog.cached_in(Cache::new(config, surroundings))
}
