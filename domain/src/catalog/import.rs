//! Bringing icon sets into the catalog: find the files, read them, compare with what is there, write the difference.
//!
//! Each set is one transaction and one generation. Reading the next set overlaps with writing the last.

mod difference;
mod insert;
mod report;
mod row;
mod set_row;
mod source;
mod statistics;
mod write;
mod writer;

use std::collections::{HashMap, HashSet};

use tokio::sync::mpsc;

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
        // One set waits while another is written: a third would only hold memory.
        let (sender, mut receiver) = mpsc::channel(1);
        let reader = tokio::task::spawn_blocking(move || read_all(sources, &known, &sender));
        let mut report = ImportReport::default();
        let mut seen = HashSet::new();
        while let Some((source, read)) = receiver.recv().await {
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

fn read_all(sources: Vec<SetSource>, known: &HashMap<SourceHash, String>, sender: &mpsc::Sender<(SetSource, ReadSet)>) {
    for source in sources {
        let read = read_set(&source, known).unwrap_or_else(ReadSet::Failed);
        if sender.blocking_send((source, read)).is_err() {
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
