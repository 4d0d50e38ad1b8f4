//! What is kept of answers, for whoever has to know of all of it.

use crate::{responses::ResponseMemory, serialized::SerializedMemory};
use domain::catalog::Catalog;

/// Whole answers, and what icons answered. Clones share them.
#[derive(Clone)]
pub(crate) struct KeptAnswers {
    pub(crate) responses: Option<ResponseMemory>,
    pub(crate) serialized: Option<SerializedMemory>,
}

impl KeptAnswers {
    /// Lets go of what is no longer right, now that the catalog has another generation. How much that was.
    pub(crate) async fn drop_outdated(&self, catalog: &Catalog) -> usize {
        let (answers, catalog) = (self.clone(), catalog.clone());
        let dropping = move || {
            // Of whole answers, each is of one generation.
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
