//! Finding icons: the index, the words people type, what they stand for, and the order of what is found.
//!
//! The files follow a query on its way: `query` takes it apart, `filter` says what may be shown, `pass` reads it in one way,
//! `meanings` knows what its words stand for, `tiers` and `rank` say how well an icon matches, `readings` says what else may
//! have been meant, `matches` puts all of it together, `candidates` says which icon comes next, `page` cuts and `explain` says
//! why; `usage_ranks` knows which icons are popular and which are rising. `suggest` completes what is being typed and `closest` knows names
//! like one that is missing. `index` makes what they all read.

mod candidates;
mod closest;
mod computing;
mod coverage;
mod dictionary;
mod explain;
mod facets;
mod filter;
mod index;
mod matches;
mod meanings;
mod page;
mod pass;
mod query;
mod rank;
mod readings;
mod segment;
mod snapshot;
mod suggest;
mod synonyms;
mod text;
mod tiers;
mod timed;
mod typos;
mod usage_ranks;

use std::{
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
    time::Duration,
};

pub use closest::MOST_CLOSEST;
pub use computing::compute;
pub use coverage::{Coverage, MAX_CONCEPTS};
pub use facets::{Facet, Facets};
pub use filter::Filter;
pub use matches::{Matches, Order, SearchRequest};
pub use page::{Hit, Position};
pub use query::{MAX_QUERY_CHARACTERS, MAX_QUERY_WORDS};
pub use suggest::{Suggestion, SuggestionKind};
pub use synonyms::{
    GroupFault, MAX_GROUP_PHRASE_WORDS, MAX_GROUP_WORD_CHARACTERS, MAX_GROUP_WORDS, MAX_SYNONYM_GROUPS, SynonymGroup,
    WordFault,
};
pub use tiers::MatchedField;

use moka::{policy::EvictionPolicy, sync::Cache};
use tokio::{sync::watch, time::MissedTickBehavior};

use crate::{
    catalog::IconId,
    database::{Database, DatabaseError},
    giving_way::{self, GivingWay},
    switches::{Switch, Switches},
    usage::Standings,
};
use index::IndexFolder;
use snapshot::Snapshot;
use usage_ranks::{Ranking, UsageRanks};

/// Why nothing can be searched, or not this.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("the query has {characters} characters, and at most {MAX_QUERY_CHARACTERS} are read")]
    QueryTooLong { characters: usize },
    #[error("the query has {words} words, and at most {MAX_QUERY_WORDS} are read")]
    TooManyWords { words: usize },
    #[error("there are {concepts} concepts, and at most {MAX_CONCEPTS} are looked for")]
    TooManyConcepts { concepts: usize },
    #[error("the search index is being made")]
    NotReady,
    #[error("the search index is damaged and is being made anew")]
    Damaged,
    #[error(
        "cannot use the folder {folder} for the search index: {reason}; make it writable, or set DATA_DIR to another"
    )]
    Folder { folder: String, reason: String },
    #[error("the system has no thread for the search index: {0}")]
    NoThread(std::io::Error),
    #[error("the search index failed: {0}")]
    Index(#[from] tantivy::TantivyError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl SearchError {
    /// Whether the index's files are at fault, and not the database or another process that is writing them.
    fn is_of_files(&self) -> bool {
        match self {
            Self::Damaged => true,
            Self::Index(error) => !matches!(error, tantivy::TantivyError::LockFailure(..)),
            _ => false,
        }
    }
}

/// An index that cannot be made is tried again after twice the pause, and so on: 64 times it in the end.
const LONGEST_PAUSE_DOUBLINGS: u32 = 6;

/// Memory for lists that people scroll through, each counted at the most that it can come to.
const RECENT_BYTES: u64 = 96 << 20;
/// Who has not gone on after so long will not.
const RECENT: Duration = Duration::from_mins(1);

/// Searches the newest index there is. Cheap to clone.
#[derive(Clone)]
pub struct Search {
    shared: Arc<Shared>,
}

struct Shared {
    folder: RwLock<IndexFolder>,
    snapshot: watch::Sender<Option<Arc<Snapshot>>>,
    /// The newest generation that a look at the catalog found; 0 before the first.
    newest: watch::Sender<i64>,
    /// Has whoever keeps the index look at once.
    wake: watch::Sender<()>,
    /// What was found lately, for the next page of it.
    recent: Cache<SearchRequest, Arc<Matches>>,
    /// Who says how icons stand by usage, if anybody does.
    usage: OnceLock<RankedByUsage>,
    /// The last that was made of it.
    usage_ranks: Mutex<Option<Arc<UsageRanks>>>,
}

/// Who says how icons stand by usage, and whether that is to have a say in what is found.
struct RankedByUsage {
    standings: watch::Receiver<Arc<Standings>>,
    switches: Switches,
}

impl Search {
    /// Opens the index in `folder`, which is made where it is missing or cannot be used. Blocks. Nothing is shown of it before
    /// [`Self::show_known`].
    pub fn open(folder: &Path) -> Result<Self, SearchError> {
        Ok(Self::over(IndexFolder::open(folder)?))
    }

    /// A search whose index is kept in memory and nowhere else.
    pub fn in_memory() -> Self {
        Self::over(IndexFolder::in_memory())
    }

    fn over(folder: IndexFolder) -> Self {
        Self {
            shared: Arc::new(Shared {
                folder: RwLock::new(folder),
                snapshot: watch::Sender::default(),
                newest: watch::Sender::default(),
                wake: watch::Sender::default(),
                recent: Cache::builder()
                    .max_capacity(RECENT_BYTES)
                    .weigher(|_, matches: &Arc<Matches>| matches.most_bytes())
                    .eviction_policy(EvictionPolicy::lru())
                    .time_to_idle(RECENT)
                    .build(),
                usage: OnceLock::new(),
                usage_ranks: Mutex::default(),
            }),
        }
    }

    /// The catalog's generation that is searched; none before the first index is made.
    pub fn generation(&self) -> Option<i64> {
        self.snapshot().map(|snapshot| snapshot.version.generation)
    }

    /// Shows the index as it is, if it is of this catalog, of whatever generation.
    pub async fn show_known(&self, database: &Database) -> Result<(), SearchError> {
        let indexed = self.folder().version()?;
        let is_shown = self.snapshot().is_some_and(|snapshot| snapshot.version == indexed);
        if indexed.generation > 0 && !is_shown && index::version_at(database, indexed.generation).await? == indexed {
            self.show_newest()?;
        }
        Ok(())
    }

    /// Brings the index to the catalog's generation, and shows it. Whether there was anything to do.
    pub async fn refresh(&self, database: &Database) -> Result<bool, SearchError> {
        self.show_known(database).await?;
        let folder = self.folder();
        let indexed = folder.version()?;
        if self.look(database).await? == indexed {
            // A generation that says of no change is known by its number alone.
            if self.generation().is_none() && indexed.generation > 0 {
                self.show_newest()?;
            }
            return Ok(false);
        }
        let (search, database) = (self.clone(), database.clone());
        let brought = giving_way::run("search-index", GivingWay::Gladly, async move {
            search.bring_up(&database, &folder).await
        });
        brought.await.map_err(SearchError::NoThread)?
    }

    /// Writes what lies between the index and the catalog, and shows it. Takes seconds, without rest. Whether there was anything.
    async fn bring_up(&self, database: &Database, folder: &IndexFolder) -> Result<bool, SearchError> {
        let Some(change) = index::plan(database, folder).await? else {
            return Ok(false);
        };
        let started = std::time::Instant::now();
        let generation = index::write(folder, change)?;
        self.show_newest()?;
        metrics::histogram!("search_index_build_duration_seconds").record(started.elapsed());
        tracing::info!(
            generation,
            seconds = started.elapsed().as_secs_f64(),
            "the search index is up to date"
        );
        Ok(true)
    }

    /// The newest generation of the catalog that was seen here; those who wait are told before the index has it.
    pub fn newest_generation(&self) -> watch::Receiver<i64> {
        self.shared.newest.subscribe()
    }

    async fn look(&self, database: &Database) -> Result<index::Version, DatabaseError> {
        let version = index::newest_version(database).await?;
        self.shared.newest.send_if_modified(|newest| {
            let before = std::mem::replace(newest, version.generation);
            before != version.generation
        });
        Ok(version)
    }

    fn folder(&self) -> IndexFolder {
        let folder = self.shared.folder.read();
        folder.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts an empty index in the place of one whose files cannot be used. What is shown stays until there is another.
    fn start_over(&self) -> Result<(), SearchError> {
        let anew = self.folder().anew()?;
        *self.shared.folder.write().unwrap_or_else(PoisonError::into_inner) = anew;
        Ok(())
    }

    fn show_newest(&self) -> Result<(), SearchError> {
        let snapshot = Arc::new(Snapshot::open(&self.folder())?);
        #[expect(clippy::cast_precision_loss, reason = "there are not 2^52 generations")]
        metrics::gauge!("search_index_generation").set(snapshot.version.generation as f64);
        // Made here, so that no search has to.
        self.usage_ranks(&snapshot);
        self.shared.snapshot.send_replace(Some(snapshot));
        // They would keep the index before in memory.
        self.shared.recent.invalidate_all();
        self.shared.recent.run_pending_tasks();
        Ok(())
    }

    /// Keeps the index at the catalog's generation for as long as it is polled, looking every `pause`; less often while that
    /// fails.
    pub async fn keep(&self, database: &Database, pause: Duration) {
        let mut looks = tokio::time::interval(pause);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut wake = self.shared.wake.subscribe();
        let (mut failures, mut passed_over) = (0, 0);
        loop {
            tokio::select! {
                _ = looks.tick() => if passed_over > 0 {
                    passed_over -= 1;
                    // Whoever follows the catalog need not wait for the index.
                    let _ = self.look(database).await;
                    continue;
                },
                _ = wake.changed() => {}
            }
            match self.refresh(database).await {
                Ok(_) => failures = 0,
                Err(error) => {
                    failures += 1;
                    metrics::counter!("search_index_failures_total").increment(1);
                    passed_over = 2_u32.pow(failures.min(LONGEST_PAUSE_DOUBLINGS)) - 1;
                    tracing::error!(%error, failures, "the search index cannot be brought up to date");
                    if error.is_of_files()
                        && let Err(error) = self.start_over()
                    {
                        tracing::error!(%error, "no other index can be made in its place");
                    }
                }
            }
        }
    }

    /// Has the index brought to `generation` at once, by whoever keeps it, and waits until it is, for `patience` at most.
    pub async fn catch_up(&self, generation: i64, patience: Duration) {
        if self.shared.wake.send(()).is_err() {
            // Nobody keeps it.
            return;
        }
        let mut snapshot = self.shared.snapshot.subscribe();
        let is_there = |snapshot: &Option<Arc<Snapshot>>| {
            let snapshot = snapshot.as_ref();
            snapshot.is_some_and(|snapshot| snapshot.version.generation >= generation)
        };
        if tokio::time::timeout(patience, snapshot.wait_for(is_there))
            .await
            .is_err()
        {
            tracing::warn!(generation, "the search index is late");
        }
    }

    /// What `request` finds. This and what is asked of it take the processor for long: to be called within [`compute`].
    pub fn find(&self, request: &SearchRequest) -> Result<Arc<Matches>, SearchError> {
        let snapshot = self.snapshot().ok_or(SearchError::NotReady)?;
        let recent = &self.shared.recent;
        let ranking = Ranking {
            usage: self.usage_ranks(&snapshot),
            lifts_popular: self.lifts_popular(),
        };
        if let Some(known) = recent.get(request).filter(|known| known.is_of(&snapshot, &ranking)) {
            return Ok(known);
        }
        let matches = Arc::new(Matches::new(snapshot, request, ranking)?);
        recent.insert(request.clone(), Arc::clone(&matches));
        Ok(matches)
    }

    /// The icons that a filter lets pass. It takes the processor for long: to be called within [`compute`].
    pub fn icons_passing(&self, filter: Filter) -> Result<foldhash::HashSet<IconId>, SearchError> {
        let request = SearchRequest {
            query: String::new(),
            filter,
            order: Order::Name,
        };
        Ok(self.find(&request)?.passing().collect())
    }

    /// Has usage a say in what is found, as long as it is switched on: to be said once.
    pub fn rank_by_usage(&self, standings: watch::Receiver<Arc<Standings>>, switches: Switches) {
        let _ = self.shared.usage.set(RankedByUsage { standings, switches });
    }

    /// Takes what usage has to say whenever that is new, for as long as it is polled, so that no search has to.
    pub async fn keep_ranked_by_usage(&self) {
        let Some(usage) = self.shared.usage.get() else { return };
        let mut standings = usage.standings.clone();
        while standings.changed().await.is_ok() {
            let search = self.clone();
            let ranking = async move { search.snapshot().map(|snapshot| search.usage_ranks(&snapshot)) };
            // Where there is no thread for it, whoever searches first does it.
            let _ = giving_way::run("usage-ranks", GivingWay::Gladly, ranking).await;
        }
    }

    /// Another number for whatever else usage has to say.
    pub fn usage_version(&self) -> u64 {
        let standings = self.shared.usage.get().map(|usage| usage.standings.borrow().version());
        standings.unwrap_or_default() * 2 + u64::from(self.lifts_popular())
    }

    fn lifts_popular(&self) -> bool {
        let usage = self.shared.usage.get();
        usage.is_some_and(|usage| usage.switches.is_on(Switch::UsageRanking))
    }

    /// What usage says of the icons of `snapshot`. Takes milliseconds where it was not asked before.
    fn usage_ranks(&self, snapshot: &Arc<Snapshot>) -> Arc<UsageRanks> {
        let usage = self.shared.usage.get();
        let standings = usage
            .map(|usage| Arc::clone(&usage.standings.borrow()))
            .unwrap_or_default();
        let newest = || self.shared.usage_ranks.lock().unwrap_or_else(PoisonError::into_inner);
        let known = newest().clone().filter(|known| known.is_of(snapshot, &standings));
        known.unwrap_or_else(|| {
            // Nobody waits for another's: it may be a thread that gives way to all who would wait.
            let ranks = Arc::new(UsageRanks::of(snapshot, Arc::clone(&standings)));
            let mut newest = newest();
            // Who comes later takes what searches have by then, so that those are not worked out again.
            let known = newest.as_ref().filter(|known| known.is_of(snapshot, &standings));
            let ranks = known.map_or(ranks, Arc::clone);
            *newest = Some(Arc::clone(&ranks));
            ranks
        })
    }

    fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.shared.snapshot.borrow().clone()
    }
}
