//! What jobs do, each kind a file.

mod warm_cache;

use serde::{Deserialize, Serialize};

pub use warm_cache::WarmCache;

use super::progress::Progress;
use crate::{catalog::Catalog, database::DatabaseError};

/// Work of some kind, with all that it needs to know. As JSON it is stored, so what has landed stays readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Work {
    WarmCache(WarmCache),
}

impl Work {
    /// As clients are told.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::WarmCache(_) => "warmCache",
        }
    }

    /// The greater goes first.
    pub(super) fn priority(&self) -> i16 {
        match self {
            // Nobody waits for it.
            Self::WarmCache(_) => 0,
        }
    }

    /// Does it, from the beginning: whoever did it before may have done any part of it. It is dropped where it is to end early.
    pub(super) async fn run(&self, catalog: &Catalog, progress: &Progress) -> Result<(), DatabaseError> {
        match self {
            Self::WarmCache(warm) => warm.run(catalog, progress).await,
        }
    }
}
