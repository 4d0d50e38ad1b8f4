//! Wiring: the router on a socket, and its orderly end.

mod activity;
mod answer;
mod ceiling;
mod connection;
mod draining;
mod listener;
mod memory_left;
mod observed;
mod stream;
#[cfg(test)]
mod tests;
mod tls;
mod warming;

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    access::{Access, Clock},
    alerts::Alerts,
    cache::{Cache, Chance, MemoryBudget, Surroundings},
    catalog::Catalog,
    database::{DatabaseError, ReplicaError},
    health::Watched,
    jobs::Jobs,
    operations::Operations,
    redis::{Redis, RedisError},
    switches::{Switch, SwitchBoard, Switches},
    usage::{Recorder, Usage},
};
use schema::{Administration, GraphqlService, SchemaConfig, Stores};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    task::{JoinHandle, JoinSet},
};

pub(crate) use draining::Draining;
pub(crate) use listener::raise_descriptor_limit;
pub(crate) use memory_left::headroom;
pub(crate) use observed::{ENOUGH_FAILURES, ENOUGH_REQUESTS, LATELY, LITTLE_MEMORY, Observed};
pub use tls::TlsError;

use self::{
    ceiling::{Ceiling, Ceilings},
    connection::Connections,
    draining::{Drain, Phase},
    listener::Listener,
    warming::Warming,
};
use crate::{
    alerts::{self, WebhookError},
    config::{Config, Mode},
    http_cache::HttpCache,
    router::{self, Backing, FairShares},
    trusted_documents::{self, TrustError},
};

/// Why the server is not, or no longer, there.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on {address}: {reason}; free the port or set LISTEN to another")]
    Listen { address: SocketAddr, reason: String },
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    #[error("REDIS_URL: {0}")]
    Redis(#[from] RedisError),
    #[error("DATABASE_REPLICA_URL: {0}")]
    Replicas(#[from] ReplicaError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("cannot be told to end: {0}")]
    Signals(io::Error),
    #[error("the server stopped: {0}")]
    Stopped(String),
}

/// A server that answers. What it runs is cut when this is dropped.
pub struct RunningServer {
    address: SocketAddr,
    drain: Drain,
    ceiling: Ceiling,
    catalog: Catalog,
    usage: Usage,
    operations: Operations,
    jobs: Jobs,
    alerts: Alerts,
    warming: Warming,
    task: JoinHandle<io::Result<()>>,
    /// What goes on beside requests, and ends with the server.
    background: JoinSet<()>,
}

/// How often to ask what has changed in the catalog, by whatever process: so old may be what is kept of it.
const CATALOG_PAUSE: Duration = Duration::from_secs(1);

/// How often to ask what switches were turned on other instances.
const SWITCHES_PAUSE: Duration = Duration::from_secs(1);

/// How often to divide the memory for what is kept anew.
const SIZING_PAUSE: Duration = Duration::from_secs(5);

/// Starts to answer on the configured address.
pub async fn start(
    config: &Config,
    switches: Switches,
    stores: Stores,
    access: Access,
    clock: Clock,
) -> Result<RunningServer, ServeError> {
    let started_at_ms = clock.now_ms();
    let unusable = |error: io::Error| ServeError::Listen {
        address: config.listen,
        reason: error.to_string(),
    };
    let tls = tls::acceptor(&config.connections)?;
    let socket = TcpListener::bind(config.listen).await.map_err(unusable)?;
    let address = socket.local_addr().map_err(unusable)?;
    let running_since = Instant::now();
    let redis = config.redis.open()?;
    let wall_clock = wall_clock(started_at_ms);
    let memory = config.cache.memory();
    let catalog = cached(
        (config, &switches, &memory),
        &stores.catalog,
        redis.clone(),
        &wall_clock,
    )
    .await?;
    let board = SwitchBoard::new(&catalog, switches.clone());
    board.look().await?;
    let warming = Warming {
        catalog: catalog.clone(),
        switches: switches.clone(),
        clock: wall_clock.clone(),
    };
    warming.begin().await;
    let jobs = Jobs::new(&catalog);
    let (usage, recorder) = Usage::open(&catalog, &config.usage(), clock.clone()).await?;
    let operations = Operations::new(&catalog, &observed::instance(address), clock, usage.watch_standings());
    let stores = Stores {
        catalog: catalog.clone(),
        ..stores
    };
    (stores.search).rank_by_usage(usage.watch_standings(), switches.clone());
    let running = Arc::new(move || running_since.elapsed());
    let shares = FairShares {
        rate_limiter: config.traffic.rate_limiter(redis.clone(), running),
        switches,
        redis,
    };
    let observed = observed::observe(
        config,
        watched(&stores, &usage, &shares, wall_clock),
        (address, started_at_ms),
    );
    let mut background = JoinSet::new();
    let alerts = alerts::begin(config, &catalog, &observed, &mut background).await?;
    let administration = Administration {
        switches: board.clone(),
        jobs: jobs.clone(),
        alerts: alerts.clone(),
    };
    let to_schema = schema_config(
        (config, &memory),
        &observed,
        (&usage, &operations, &shares),
        administration,
    );
    let graphql = GraphqlService::new(stores.clone(), to_schema);
    let vitals = Arc::clone(&observed.vitals);
    vitals.learn_caches(graphql.tell_caches());
    background.spawn(async move { vitals.keep_fleet().await });
    keep_up(&mut background, &stores, &jobs, (&usage, recorder));
    background.spawn(keep_operations(operations.clone(), config.usage().processing_interval));
    background.spawn(async move { board.keep(SWITCHES_PAUSE).await });
    background.spawn(warming.clone().keep());
    background.spawn(divide(memory.clone(), shares.switches.clone()));
    trust(config, &graphql, &mut background)?;
    let (drain, draining) = draining::channel();
    let backing = Backing {
        stores,
        usage: usage.clone(),
        observed,
        operations: operations.clone(),
        alerts: alerts.clone(),
        access,
        shares,
    };
    let http_cache = HttpCache::new(config, graphql.clone(), &backing.shares, &memory);
    let router = router::build(config, graphql, backing, draining.clone());
    let connections = Connections::new((router, http_cache), &config.connections, tls, draining.clone());
    let ceiling = ceiling(config);
    let listener = Listener::new(socket, connections, ceiling.clone(), draining);
    Ok(RunningServer {
        address,
        drain,
        ceiling,
        catalog,
        usage,
        operations,
        jobs,
        alerts,
        warming,
        task: tokio::spawn(listener.run()),
        background,
    })
}

/// How many connections there may be.
fn ceiling(config: &Config) -> Ceiling {
    Ceiling::new(Ceilings {
        all: config.connections.max_connections as usize,
        of_client: config.connections.max_connections_per_client as usize,
        exempt: config.connections.trusted_proxies.as_slice().into(),
    })
}

/// What the schema is told at the start.
fn schema_config(
    (config, memory): (&Config, &MemoryBudget),
    observed: &Observed,
    (usage, operations, shares): (&Usage, &Operations, &FairShares),
    administration: Administration,
) -> SchemaConfig {
    SchemaConfig {
        limits: config.limits(),
        documents: config.documents(),
        rate_limiter: Some(shares.rate_limiter.clone()),
        public_url: config.public_url.clone(),
        version: env!("CARGO_PKG_VERSION"),
        started_at_ms: observed.started_at_ms,
        vitals: observed.vitals.clone(),
        health: observed.health.clone(),
        keeping: config.cache.keeping(memory),
        usage: usage.clone(),
        operations: operations.clone(),
        objectives: config.slo.to_domain(),
        administration,
    }
}

/// What health is told of.
fn watched(stores: &Stores, usage: &Usage, shares: &FairShares, clock: Clock) -> Watched {
    Watched {
        catalog: stores.catalog.clone(),
        search: stores.search.clone(),
        usage: usage.clone(),
        redis: shares.redis.clone(),
        switches: shares.switches.clone(),
        clock,
    }
}

/// Trusts the documents of manifests, where there are any, and goes on as these change.
fn trust(config: &Config, graphql: &GraphqlService, background: &mut JoinSet<()>) -> Result<(), TrustError> {
    let manifests = config.documents.documents_manifest.clone();
    if !manifests.is_empty() {
        trusted_documents::load(graphql, &manifests)?;
        background.spawn(trusted_documents::keep(graphql.clone(), manifests));
    } else if config.documents.documents_mode == Mode::TrustedOnly {
        return Err(TrustError::None);
    }
    Ok(())
}

/// What goes on beside requests, whoever sends which: following the catalog, looking at its replicas, doing jobs, recording usage and rolling it up.
fn keep_up(background: &mut JoinSet<()>, stores: &Stores, jobs: &Jobs, (usage, recorder): (&Usage, Recorder)) {
    let (Stores { catalog, search }, jobs, usage) = (stores.clone(), jobs.clone(), usage.clone());
    let (feed, beside) = (usage.clone(), catalog.clone());
    background.spawn(async move { beside.keep_replicas().await });
    background.spawn(async move { catalog.keep_up(CATALOG_PAUSE).await });
    background.spawn(async move { jobs.keep().await });
    background.spawn(recorder.run());
    background.spawn(async move { usage.keep().await });
    background.spawn(async move { feed.keep_feed().await });
    background.spawn(async move { search.keep_ranked_by_usage().await });
}

/// Keeps what is noted of how the server does, for as long as it runs.
async fn keep_operations(operations: Operations, pause: Duration) {
    operations.keep(pause).await;
}

/// The catalog with its replicas and with a cache, which knows how the catalog stands.
async fn cached(
    (config, switches, memory): (&Config, &Switches, &MemoryBudget),
    catalog: &Catalog,
    redis: Option<Redis>,
    clock: &Clock,
) -> Result<Catalog, ServeError> {
    let catalog = &match config.replicas()? {
        Some(replicas) => catalog.with_replicas(replicas),
        None => catalog.clone(),
    };
    let redis = match redis {
        Some(redis) => Some((redis, catalog.shared_namespace().await?)),
        None => None,
    };
    let cache = Cache::new(
        config.cache(),
        Surroundings {
            memory: memory.clone(),
            clock: clock.clone(),
            chance: Chance::system(),
            switches: switches.clone(),
            redis,
        },
    );
    let catalog = catalog.cached_in(cache);
    // Nothing is kept before this succeeds, which is tried again every second.
    let _ = catalog.catch_up().await;
    Ok(catalog)
}

/// Has memory go to where it saves most, and be given back where it runs out.
async fn divide(memory: MemoryBudget, switches: Switches) {
    let may_move = || switches.is_on(Switch::CacheIntelligence);
    memory.keep(SIZING_PAUSE, headroom, may_move).await;
}

/// Tells the time from the one of the start on, by a clock that is never set.
fn wall_clock(started_at_ms: i64) -> Clock {
    let started = Instant::now();
    Clock::new(move || {
        let running_ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        started_at_ms.saturating_add(running_ms)
    })
}

impl RunningServer {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it reads from. Whoever changes the catalog beside it has it [`catch_up`](Catalog::catch_up).
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Where it records usage.
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// Where it notes how it does.
    pub fn operations(&self) -> &Operations {
        &self.operations
    }

    /// Ends when the server does by itself, which it never should.
    pub(crate) async fn stopped(&mut self) -> ServeError {
        match (&mut self.task).await {
            Ok(Ok(())) => ServeError::Stopped("its listener ended".to_owned()),
            Ok(Err(error)) => ServeError::Stopped(error.to_string()),
            Err(error) => ServeError::Stopped(error.to_string()),
        }
    }

    /// Says that requests should go elsewhere, and goes on answering them.
    pub fn announce_end(&self) {
        self.drain.advance(Phase::Announced);
    }

    /// Takes no more connections, lets running requests end for `grace`, then cuts what is left.
    pub async fn shut_down(mut self, grace: Duration) {
        /// How long it may take to drop what is cut.
        const CUTTING_TIME: Duration = Duration::from_secs(1);
        /// How long it may take to give back the jobs that are being done.
        const GIVING_BACK_TIME: Duration = Duration::from_secs(2);
        /// How long it may take to write what was noted last.
        const WRITING_TIME: Duration = Duration::from_secs(1);
        self.drain.advance(Phase::Closing);
        let ended = async {
            let _ = (&mut self.task).await;
            self.ceiling.all_left().await;
        };
        let ((), ended) = tokio::join!(self.jobs.end(GIVING_BACK_TIME), tokio::time::timeout(grace, ended));
        if ended.is_err() {
            tracing::warn!("some requests did not end in time and were cut");
            self.drain.advance(Phase::Cut);
            let _ = tokio::time::timeout(CUTTING_TIME, self.ceiling.all_left()).await;
        }
        let written = tokio::time::timeout(WRITING_TIME, self.operations.write());
        let ((), written) = tokio::join!(self.warming.end(), written);
        if !matches!(written, Ok(Ok(()))) {
            tracing::warn!("how the server did in its last minute could not be written in time");
        }
        self.background.abort_all();
        let _ = tokio::time::timeout(CUTTING_TIME, self.alerts.close()).await;
    }
}

/// SIGTERM and Ctrl-C, none of which is missed between two looks.
pub(crate) struct ShutdownSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl ShutdownSignals {
    pub(crate) fn install() -> Result<Self, ServeError> {
        let listen = |kind| signal(kind).map_err(ServeError::Signals);
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Ends on the next of them.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
