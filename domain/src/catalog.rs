//! The catalog: icon sets, every name an icon can be asked for by, the feed of what changed, and what administrators add.
//!
//! Reads are batches: each takes all the keys of a request at once and runs one statement.

mod changes;
mod follow;
mod hearing;
mod icon;
mod icon_name;
mod icon_set;
pub mod import;
mod invalidation;
mod keyset;
pub mod keywords;
mod kinds;
mod listing;
mod lookup;
mod popular;
mod row_key;
mod set_filter;
mod set_listing;
mod synonyms;
mod warming;

use std::sync::Arc;

pub use changes::{Change, ChangeKind, ChangeNamesKey, ChangePage};
pub use follow::{FollowedChange, Follower};
pub use hearing::AnnounceError;
pub(crate) use icon::json_list;
pub use icon::{Icon, IconKind, IconStyle};
pub use icon_name::{IconName, InvalidIconName, is_valid_prefix};
pub use icon_set::{Author, IconSet, License, ListColumn};
pub use import::{DeleteFault, DeleteIcons, IconFault, MAX_EDITED_SETS, MAX_ICON_TAGS, NewIcon, PutFault, PutIcons};
pub use invalidation::{InvalidPattern, Invalidation, NamePattern};
pub use listing::{IconPageKey, Page, PageBounds};
pub use row_key::IconId;
pub use set_filter::SetFilter;
pub use set_listing::{SetOrder, SetPosition};
pub use synonyms::PutSynonyms;
pub(crate) use warming::WarmedIcons;

use crate::{
    cache::{Cache, Lookups, MadeOf, Reading, Shown},
    database::{Database, DatabaseError, PoolState, ReplicaState, Replicas, StatementCount},
};
use follow::RecentChanges;

/// Reads of the catalog, and the writes of requests. Cheap to clone.
#[derive(Clone)]
pub struct Catalog {
    database: Database,
    cache: Cache,
    /// How far whoever holds this has seen the catalog.
    reading: Reading,
    followed: Arc<RecentChanges>,
}

impl Catalog {
    /// Reads from `database`, whose tables must be there, and keeps nothing of it.
    pub fn new(database: Database) -> Self {
        Self {
            database,
            cache: Cache::default(),
            reading: Reading::default(),
            followed: Arc::default(),
        }
    }

    /// The same catalog, which keeps what it reads in `cache`. Somebody has to [`keep_up`](Self::keep_up) with its changes.
    #[must_use]
    pub fn cached_in(&self, cache: Cache) -> Self {
        Self { cache, ..self.clone() }
    }

    /// The same catalog, beside which `replicas` answer what need not be as new as it is. Somebody has to [keep](Self::keep_replicas) an eye on
    /// them.
    #[must_use]
    pub fn with_replicas(&self, replicas: Replicas) -> Self {
        Self {
            database: self.database.with_replicas(replicas),
            ..self.clone()
        }
    }

    /// Looks at its replicas every second. Never ends where there are any.
    pub async fn keep_replicas(&self) {
        self.database.keep_replicas().await;
    }

    /// Its replicas as they were found last.
    pub fn replica_states(&self) -> Vec<ReplicaState> {
        self.database.replica_states()
    }

    /// Where it is stored.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// What of it is kept.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// From now on it is counted how often these are looked up, and how often that takes the database.
    pub(crate) fn count_popular(&self, icons: impl IntoIterator<Item = IconId>) {
        self.cache.count_popular(icons.into_iter().map(|icon| icon.0).collect());
    }

    /// The same catalog, counting its statements for one request.
    #[must_use]
    pub fn counted_by(&self, statements: Arc<StatementCount>) -> Self {
        Self {
            database: self.database.counted_by(statements),
            cache: self.cache.clone(),
            reading: Reading::of_request(),
            followed: Arc::clone(&self.followed),
        }
    }

    /// From now on nothing is shown that is older than `generation`.
    pub fn has_shown(&self, generation: i64) {
        self.reading.saw(generation);
    }

    /// What the request that asks this one has wanted by key, and how much of it was in memory.
    pub fn lookups(&self) -> Lookups {
        self.reading.lookups()
    }

    /// The answer to the request that asks this one is made of what no key tells of, as what a search finds.
    pub fn has_shown_everything(&self) {
        self.reading.saw_everything();
    }

    /// What the answer to the request that asks this one is made of.
    pub fn made_of(&self) -> MadeOf {
        self.reading.made_of(self.database.statements_run())
    }

    /// Whether nothing has changed of what was `made_of` the catalog when `then` was shown, where it shows `now`.
    pub fn is_unchanged(&self, made_of: &MadeOf, then: Shown, now: Shown) -> bool {
        match made_of {
            MadeOf::Everything => then == now,
            MadeOf::Parts(parts) => self.cache.are_unchanged(parts, then),
        }
    }

    /// What everything shown is as of, or later than, as far as this process knows; none while nothing is kept.
    pub fn shown(&self) -> Option<Shown> {
        self.cache.shown()
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

    /// What the database is, as OpenTelemetry names it.
    pub fn engine(&self) -> &'static str {
        self.database.dialect().system_name()
    }

    /// Connections of the database's pool.
    pub fn pool_state(&self) -> PoolState {
        self.database.pool_state()
    }
}

impl MadeOf {
    /// Of the set with a prefix and all that lies in it, or of there being none.
    pub fn set_called(prefix: &str) -> Self {
        Self::set(IconId::set_called(prefix))
    }
}

/// Whether a link that a set publishes may be shown: a web page, and nothing that runs.
pub(crate) fn is_safe_url(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}
