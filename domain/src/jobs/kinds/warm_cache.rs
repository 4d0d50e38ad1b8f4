//! Reading icons before anybody asks, so that memory and Redis have them.
//!
//! They are read as any other, by the instance that has the job: its memory has them then, and others find them in Redis.

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Catalog, WarmedIcons},
    database::DatabaseError,
    jobs::progress::Progress,
};

/// Icons read at once: as many as a batch of a request may have, so that nobody waits longer for a connection.
const BATCH: u32 = 500;

/// Which icons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarmCache {
    /// At most so many, and no more than memory holds.
    pub top: u32,
    /// Of these sets, in their order; of all, the largest first, where there is none.
    pub prefixes: Vec<String>,
}

impl WarmCache {
    /// The most that `top` may be: a quarter of all icons there are, which takes about a minute.
    pub const MOST: u32 = 100_000;

    pub(super) async fn run(&self, catalog: &Catalog, progress: &Progress) -> Result<(), DatabaseError> {
        let sets = catalog.listed_icons(&self.prefixes).await?;
        let known = |prefix: &String| sets.iter().any(|(known, _)| known == prefix);
        for prefix in self.prefixes.iter().filter(|prefix| !known(prefix)) {
            progress.fail(prefix, "there is no such set any more");
        }
        let all: i64 = sets.iter().map(|(_, icons)| i64::from(*icons)).sum();
        progress.set_total(all.min(self.top.into()));
        let room_bytes = catalog.cache().memory_bytes();
        let (mut left, mut bytes) = (self.top, 0);
        for (prefix, _) in sets {
            let mut after = String::new();
            while left > 0 && bytes < room_bytes {
                let limit = left.min(BATCH);
                let WarmedIcons {
                    count,
                    bytes: read,
                    last,
                } = catalog.warm(&prefix, &after, limit).await?;
                left -= count;
                bytes += read;
                progress.add_done(count.into());
                let Some(last) = last.filter(|_| count == limit) else {
                    break;
                };
                after = last;
            }
        }
        // Memory may be full before, and sets may have changed meanwhile.
        progress.set_total(progress.done());
        Ok(())
    }
}
