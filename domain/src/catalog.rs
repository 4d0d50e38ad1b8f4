//! The catalog: icon sets, every name an icon can be asked for by, the feed of what changed, and what administrators add.
//!
//! Reads are batches: each takes all the keys of a request at once and runs one statement.

mod changes;
mod follow;
mod icon;
mod icon_memory;
mod icon_name;
mod icon_set;
pub mod import;
mod keyset;
pub mod keywords;
mod listing;
mod lookup;
mod row_key;
mod set_filter;
mod set_listing;
mod set_memory;
mod synonyms;

use std::sync::Arc;

pub use changes::{Change, ChangeKind, ChangeNamesKey, ChangePage};
pub use follow::{FollowedChange, Follower};
pub(crate) use icon::json_list;
pub use icon::{Icon, IconKind, IconStyle};
pub use icon_name::{IconName, InvalidIconName, is_valid_prefix};
pub use icon_set::{Author, IconSet, License, ListColumn};
pub use listing::{IconPageKey, Page, PageBounds};
pub use row_key::IconId;
pub use set_filter::SetFilter;
pub use set_listing::{SetOrder, SetPosition};
pub use synonyms::PutSynonyms;

use crate::database::{Database, DatabaseError, PoolState, StatementCount};
use follow::RecentChanges;
use icon_memory::IconMemory;
use set_memory::SetMemory;

/// Reads of the catalog, and the writes of requests. Cheap to clone.
#[derive(Clone)]
pub struct Catalog {
    database: Database,
    sets: Arc<SetMemory>,
    icons: Arc<IconMemory>,
    followed: Arc<RecentChanges>,
}

impl Catalog {
    /// Reads from `database`, whose tables must be there.
    pub fn new(database: Database) -> Self {
        Self {
            database,
            sets: Arc::default(),
            icons: Arc::default(),
            followed: Arc::default(),
        }
    }

    /// The same catalog, counting its statements for one request.
    #[must_use]
    pub fn counted_by(&self, statements: Arc<StatementCount>) -> Self {
        Self {
            database: self.database.counted_by(statements),
            sets: Arc::clone(&self.sets),
            icons: Arc::clone(&self.icons),
            followed: Arc::clone(&self.followed),
        }
    }

    /// The generation of the newest committed change; 0 while the catalog is empty.
    pub async fn generation(&self) -> Result<i64, DatabaseError> {
        let rows = self
            .database
            .query("generation", "SELECT generation FROM catalog_state", vec![])
            .await?;
        match rows.first() {
            Some(row) => Ok(row.try_get_by_index(0)?),
            None => Ok(0),
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        self.database.ping().await
    }

    /// Connections of the database's pool.
    pub fn pool_state(&self) -> PoolState {
        self.database.pool_state()
    }
}

/// Whether a link that a set publishes may be shown: a web page, and nothing that runs.
pub(crate) fn is_safe_url(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}
