//! `iconql serve`.

use std::time::Duration;

use domain::{
    access::{Access, Clock},
    catalog::Catalog,
    database::DatabaseConfig,
    search::Search,
    switches::Switches,
};

use schema::Stores;

use super::{CommandError, import::now_ms, migrate::open_migrated, print};
use crate::{
    config::Config,
    server::{self, RunningServer, ServeError, ShutdownSignals},
};

/// The search index, in the data folder.
const SEARCH_FOLDER: &str = "search";

/// How often to look whether an import, by whatever process, has made the index old.
const SEARCH_PAUSE: Duration = Duration::from_secs(1);

/// How often to look whether keys were made or revoked, by whatever process.
const KEYS_PAUSE: Duration = Duration::from_secs(1);

/// How long connections have to close once nobody needs them.
const CLOSING_TIME: Duration = Duration::from_secs(1);

pub(super) async fn run(config: &Config, switches: Switches) -> Result<(), CommandError> {
    // What cannot be is told before a file is made.
    config.replicas().map_err(ServeError::from)?;
    let database = open_migrated(&config.database()).await?;
    let catalog = Catalog::new(database.clone());
    let is_empty = catalog.generation().await? == 0;
    let folder = config.data_dir.join(SEARCH_FOLDER);
    let search = tokio::task::spawn_blocking(move || Search::open(&folder))
        .await
        .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
    search.show_known(&database).await?;
    let stores = Stores {
        catalog,
        search: search.clone(),
    };
    let clock = Clock::new(now_ms);
    let access = Access::load(&database, clock.clone()).await?;
    server::raise_descriptor_limit();
    let mut signals = ShutdownSignals::install()?;
    let mut server = server::start(config, switches, stores, access.clone(), clock).await?;
    // Indexing reads for seconds, of one moment, and must not take a connection from requests.
    let for_indexing = open_migrated(&DatabaseConfig {
        pool_size: Some(1),
        pool_min: Some(0),
        ..config.database_for_work()
    })
    .await?;
    let keeper = tokio::spawn({
        let for_indexing = for_indexing.clone();
        async move { search.keep(&for_indexing, SEARCH_PAUSE).await }
    });
    let keys_keeper = tokio::spawn(async move { access.keys.keep(KEYS_PAUSE).await });
    print(&greeting(config, server.address(), is_empty))?;
    tokio::select! {
        () = signals.next() => {}
        error = server.stopped() => return Err(error.into()),
    }
    keeper.abort();
    end(server, &mut signals, config).await;
    keys_keeper.abort();
    // A file that is closed in order needs no repair at the next start. A request that was cut may still hold it.
    let _ = tokio::time::timeout(CLOSING_TIME, async {
        tokio::join!(database.close(), for_indexing.close())
    })
    .await;
    Ok(())
}

/// Lets what runs end, until a second signal or the end of the grace time.
async fn end(server: RunningServer, signals: &mut ShutdownSignals, config: &Config) {
    let grace = config.http.shutdown_grace();
    let delay = config.shutdown_delay().min(grace);
    tracing::info!("shutting down: running requests have {} ms", grace.as_millis());
    let in_order = async {
        server.announce_end();
        if !delay.is_zero() {
            tracing::info!("requests are still taken for {} ms", delay.as_millis());
        }
        let _ = tokio::time::timeout(delay, std::future::pending::<()>()).await;
        server.shut_down(grace.saturating_sub(delay)).await;
    };
    tokio::select! {
        () = in_order => {}
        () = signals.next() => tracing::warn!("told to end a second time: running requests are cut"),
    }
}

fn greeting(config: &Config, address: std::net::SocketAddr, is_empty: bool) -> String {
    let base = config.public_url.clone().unwrap_or_else(|| {
        let scheme = if config.connections.tls_cert_file.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{address}")
    });
    let mut text = format!(
        "iconql {} serves at\n\n  Icons     {base}/\n  Dashboard {base}/dashboard\n  GraphQL   {base}/graphql\n",
        env!("CARGO_PKG_VERSION")
    );
    if !config.is_production() {
        text.push_str(&format!("  GraphiQL  {base}/graphiql\n"));
    }
    text.push_str(&format!("  Health    {base}/api/health\n\n"));
    if is_empty {
        text.push_str("The catalog is empty. Fill it with `iconql import PATH`, also while this runs.\n");
    } else {
        text.push_str(&format!(
            "Try:\n\n  curl {base}/graphql -H 'content-type: application/json' \\\n    \
             -d '{{\"query\":\"{{ icons(names: [\\\"lucide:house\\\", \\\"mdi:home\\\"]) {{ ... on Icon {{ name svg set {{ name }} }} }} }}\"}}'\n"
        ));
    }
    text
}
