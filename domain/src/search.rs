//! Finding icons: the index, the words people type, what they stand for, and the order of what is found.
//!
//! The files follow a query on its way: `query` takes it apart, `filter` says what may be shown, `pass` reads it in one way,
//! `tiers` and `rank` say how well an icon matches, `matches` puts the readings together and `page` cuts them. `index` makes
//! what they read.

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
};

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

    /// Brings the index to the catalog's generation, and shows it. Whether there was anything to do.
    pub async fn refresh(&self, database: &Database) -> Result<bool, SearchError> {
        let Some(change) = index::plan(database, &self.shared.folder).await? else {
            return Ok(false);
        };
        let shared = Arc::clone(&self.shared);
        let written = tokio::task::spawn_blocking(move || {
            let started = std::time::Instant::now();
            let generation = index::write(&shared.folder, change)?;
            let snapshot = Snapshot::open(&shared.folder)?;
            *shared.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(snapshot));
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

    /// What `request` finds.
    pub fn find(&self, request: &SearchRequest) -> Result<Matches, SearchError> {
        let snapshot = self
            .shared
            .snapshot
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        Matches::new(snapshot.ok_or(SearchError::NotReady)?, request)
    }
}
