//! Bringing icon sets into the catalog: find the files, read them, compare with what is there, write the difference.
//!
//! Each set is one transaction and one generation. Reading the next set overlaps with writing the last.

mod difference;
mod edit;
mod insert;
mod keywords;
mod own;
mod report;
mod row;
mod set_row;
mod source;
mod statistics;
mod variants;
mod write;
mod writer;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
};

pub use edit::{
    DeleteFault, DeleteIcons, IconFault, MAX_EDITED_SETS, MAX_ICON_TAGS, NewIcon, PutFault, PutIcons, RedrawFault,
};
pub use keywords::{KeywordReport, KeywordSetReport, PackageReport};
pub(crate) use own::{OwnSetError, OwnSets};
pub use report::{ImportReport, SetOutcome, SetReport};
use row::{IconRow, icon_rows};
use source::SourceHash;
pub use source::{SetSource, SourceError, find_sources};

use crate::{
    database::{Database, DatabaseError},
    iconify::{document::DocumentError, resolve::ResolvedSet},
};

/// Writes icon sets into a database whose tables are there.
pub struct Importer {
    database: Database,
    /// The time written beside what changes.
    now_ms: i64,
}

/// What stopped an import. Sets finished before it stay.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What kept one set out, whole.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    #[error("cannot read {path}: {reason}")]
    Unreadable { path: String, reason: String },
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error("it has no icon that can be used{first_fault}")]
    NoIcons { first_fault: String },
    #[error("it has no icons, while the catalog has {stored} of this set, which stay")]
    NothingLeft { stored: usize },
    #[error("the set `{prefix}` was given twice in this import; only the first was used")]
    GivenTwice { prefix: String },
}

/// What a set's files held, seen from the writing side.
enum ReadSet {
    /// The files are those of the last import.
    Unchanged {
        prefix: String,
    },
    New(Box<NewSet>),
    Failed(SetError),
}

/// A set that was read, its icons turned into rows.
struct NewSet {
    facts: ResolvedSet,
    rows: Vec<IconRow>,
    source_hash: SourceHash,
}

/// A set on its way from the reading side to the writing side, and its share of [`READ_AHEAD_KB`].
struct Queued {
    source: SetSource,
    read: ReadSet,
    _share: OwnedSemaphorePermit,
}

/// How far reading may be ahead of writing, in kilobytes of files, a larger set alone being let through. Sets differ a
/// hundredfold in size: with a fixed number of them, one side would wait for the other most of the time.
const READ_AHEAD_KB: u32 = 32_000;

/// From how many written names on the planner's statistics are made anew.
const REFRESH_STATISTICS_FROM: usize = 1000;

impl Importer {
    /// An importer that stamps what it writes with `now_ms`.
    pub fn new(database: Database, now_ms: i64) -> Self {
        Self { database, now_ms }
    }

    /// Imports `sources` in their order, telling `progress` of each as it ends.
    ///
    /// A set that cannot be read is reported and the next one goes on; only the database failing ends the import.
    pub async fn import(
        &self,
        sources: Vec<SetSource>,
        mut progress: impl FnMut(&SetSource, &SetReport),
    ) -> Result<ImportReport, ImportError> {
        let known = statistics::source_hashes(&self.database).await?;
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let reader = tokio::task::spawn_blocking(move || read_all(sources, &known, &sender));
        let mut report = ImportReport::default();
        let mut seen = HashSet::new();
        while let Some(Queued { source, read, _share }) = receiver.recv().await {
            let set_report = self.take(&source, read, &mut seen).await?;
            progress(&source, &set_report);
            report.sets.push(set_report);
        }
        // The reader only ends early by a panic, which is passed on.
        if let Err(error) = reader.await
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
        if report.names_written() >= REFRESH_STATISTICS_FROM {
            statistics::refresh(&self.database).await?;
        }
        Ok(report)
    }

    async fn take(
        &self,
        source: &SetSource,
        read: ReadSet,
        seen: &mut HashSet<String>,
    ) -> Result<SetReport, DatabaseError> {
        let (prefix, set) = match read {
            ReadSet::Failed(error) => return Ok(SetReport::failed(source.label(), &error)),
            ReadSet::Unchanged { prefix } => (prefix, None),
            ReadSet::New(set) => (set.facts.prefix.clone(), Some(set)),
        };
        if !seen.insert(prefix.clone()) {
            return Ok(SetReport::failed(source.label(), &SetError::GivenTwice { prefix }));
        }
        match set {
            None => Ok(SetReport::unchanged(prefix)),
            Some(set) => write::write_set(&self.database, *set, self.now_ms).await,
        }
    }
}

fn read_all(sources: Vec<SetSource>, known: &HashMap<SourceHash, String>, sender: &mpsc::UnboundedSender<Queued>) {
    let (runtime, ahead) = (Handle::current(), Arc::new(Semaphore::new(READ_AHEAD_KB as usize)));
    for source in sources {
        let read = read_set(&source, known).unwrap_or_else(ReadSet::Failed);
        let kilobytes = u32::try_from(source.size_bytes() / 1000).unwrap_or(u32::MAX);
        // When the writing side ends early, it lets go of every share, and there is nobody to send to.
        let share = Arc::clone(&ahead).acquire_many_owned(kilobytes.min(READ_AHEAD_KB));
        let queued = Queued {
            source,
            read,
            _share: runtime.block_on(share).expect("the semaphore is never closed"),
        };
        if sender.send(queued).is_err() {
            return;
        }
    }
}

fn read_set(source: &SetSource, known: &HashMap<SourceHash, String>) -> Result<ReadSet, SetError> {
    let files = source.read()?;
    let source_hash = files.hash();
    if let Some(prefix) = known.get(&source_hash) {
        return Ok(ReadSet::Unchanged { prefix: prefix.clone() });
    }
    let mut facts = files.resolve()?;
    let rows = icon_rows(&mut facts);
    Ok(ReadSet::New(Box::new(NewSet {
        facts,
        rows,
        source_hash,
    })))
}

/// Where the importer was told to look, for messages.
fn shown(path: &std::path::Path) -> String {
    path.display().to_string()
}
