//! Finding icons: the index, the words people type, what they stand for, and the order of what is found.
//!
//! The files follow a query on its way: `query` takes it apart, `filter` says what may be shown, `pass` reads it in one way,
//! `tiers` and `rank` say how well an icon matches, `matches` puts the readings together and `page` cuts them. `index` makes
//! what they read.

mod facets;
mod filter;
mod index;
mod matches;
mod page;
mod pass;
mod query;
mod rank;
mod segment;
mod snapshot;
mod synonyms;
mod text;
mod tiers;
mod typos;

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

pub use facets::{Facet, Facets};
pub use filter::Filter;
pub use matches::{Matches, Order, SearchRequest};
pub use page::{Hit, Position};
pub use query::{MAX_QUERY_CHARACTERS, MAX_QUERY_WORDS};
pub use tiers::MatchedField;

use crate::database::{Database, DatabaseError};
use index::IndexFolder;
use snapshot::Snapshot;

/// Why nothing can be searched, or not this.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("the query has {characters} characters, and at most {MAX_QUERY_CHARACTERS} are read")]
    QueryTooLong { characters: usize },
    #[error("the query has {words} words, and at most {MAX_QUERY_WORDS} are read")]
    TooManyWords { words: usize },
    #[error("the search index is being made")]
    NotReady,
    #[error("the search index is damaged and is being made anew")]
    Damaged,
    #[error(
        "cannot use the folder {folder} for the search index: {reason}; make it writable, or set DATA_DIR to another"
    )]
    Folder { folder: String, reason: String },
    #[error("the search index failed: {0}")]
    Index(#[from] tantivy::TantivyError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Searches the newest index there is. Cheap to clone.
#[derive(Clone)]
pub struct Search {
    shared: Arc<Shared>,
}

struct Shared {
    folder: IndexFolder,
    snapshot: RwLock<Option<Arc<Snapshot>>>,
}

impl Search {
    /// Opens the index in `folder`, which is made where it is missing or cannot be used. Blocks.
    pub fn open(folder: &Path) -> Result<Self, SearchError> {
        let folder = IndexFolder::open(folder)?;
        let snapshot = if folder.generation()? > 0 {
            Some(Arc::new(Snapshot::open(&folder)?))
        } else {
            None
        };
        Ok(Self {
            shared: Arc::new(Shared {
                folder,
                snapshot: RwLock::new(snapshot),
            }),
        })
    }

    /// A search whose index is kept in memory and nowhere else.
    pub fn in_memory() -> Self {
        Self {
            shared: Arc::new(Shared {
                folder: IndexFolder::in_memory(),
                snapshot: RwLock::default(),
            }),
        }
    }

    /// The catalog's generation that is searched; none before the first index is made.
    pub fn generation(&self) -> Option<i64> {
        self.snapshot().map(|snapshot| snapshot.generation)
    }

    /// Brings the index to the catalog's generation, and shows it. Whether there was anything to do.
    pub async fn refresh(&self, database: &Database) -> Result<bool, SearchError> {
        let indexed = self.shared.folder.generation()?;
        if indexed > 0 && self.generation() != Some(indexed) {
            // Another process that uses the same folder has been at work.
            self.show_newest()?;
        }
        if index::generation(database).await? == indexed {
            return Ok(false);
        }
        let Some(change) = index::plan(database, &self.shared.folder).await? else {
            return Ok(false);
        };
        let search = self.clone();
        let written = tokio::task::spawn_blocking(move || {
            let started = std::time::Instant::now();
            let generation = index::write(&search.shared.folder, change)?;
            search.show_newest()?;
            tracing::info!(
                generation,
                seconds = started.elapsed().as_secs_f64(),
                "the search index is up to date"
            );
            Ok::<(), SearchError>(())
        });
        match written.await {
            Ok(result) => result.map(|()| true),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn show_newest(&self) -> Result<(), SearchError> {
        let snapshot = Arc::new(Snapshot::open(&self.shared.folder)?);
        *self.shared.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Some(snapshot);
        Ok(())
    }

    /// Keeps the index at the catalog's generation for as long as it is polled, looking every `pause`.
    pub async fn keep(&self, database: &Database, pause: Duration) {
        let mut last_failure = String::new();
        loop {
            match self.refresh(database).await {
                Ok(_) => last_failure.clear(),
                Err(error) => {
                    // The same again and again would drown everything else.
                    let failure = error.to_string();
                    if failure != last_failure {
                        tracing::error!(%error, "the search index cannot be brought up to date");
                        last_failure = failure;
                    }
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// What `request` finds.
    pub fn find(&self, request: &SearchRequest) -> Result<Matches, SearchError> {
        Matches::new(self.snapshot().ok_or(SearchError::NotReady)?, request)
    }

    fn snapshot(&self) -> Option<Arc<Snapshot>> {
        let newest = self.shared.snapshot.read();
        newest.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
