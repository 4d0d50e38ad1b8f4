//! What is kept of answers, for whoever has to know of all of it.

use std::sync::{Arc, OnceLock};

use domain::{
    cache::{Extent, LayerFigures, Outcome},
    catalog::Catalog,
};

use crate::{responses::ResponseMemory, serialized::SerializedMemory};

/// Whole answers, and what icons answered. Clones share them.
#[derive(Clone)]
pub(crate) struct KeptAnswers {
    pub(crate) responses: Option<ResponseMemory>,
    pub(crate) serialized: Option<SerializedMemory>,
    /// What is kept in front of all this, as whoever keeps it tells.
    pub(crate) in_front: Arc<OnceLock<TellInFront>>,
}

/// Tells of responses that are kept in front of the schema.
pub(crate) type TellInFront = Box<dyn Fn() -> InFront + Send + Sync>;

/// Responses that are kept in front of the schema, and how often they were sent again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InFront {
    pub extent: Extent,
    pub hits: u64,
}

impl KeptAnswers {
    /// Whole responses, here and in front; none where none are kept.
    pub(crate) fn responses(&self, is_on: bool) -> Option<LayerFigures> {
        let figures = self.responses.as_ref()?.figures();
        let front = self.in_front.get().map(|tell| tell()).unwrap_or_default();
        let mut counts = figures.counts;
        counts[Outcome::Hit as usize] += front.hits;
        Some(LayerFigures {
            extent: figures.extent.and(front.extent),
            counts,
            is_on,
            ..figures
        })
    }

    /// Lets go of what is no longer right, now that the catalog has another generation. How much that was.
    pub(crate) async fn drop_outdated(&self, catalog: &Catalog) -> usize {
        let (answers, catalog) = (self.clone(), catalog.clone());
        let dropping = move || {
            // Whole answers are made anew from what is below sooner than each is looked at.
            let responses = answers.responses.map_or(0, |responses| responses.clear());
            responses + answers.serialized.map_or(0, |memory| memory.drop_outdated(&catalog))
        };
        // Looking at a million of them takes a second.
        match tokio::task::spawn_blocking(dropping).await {
            Ok(dropped) => dropped,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}
