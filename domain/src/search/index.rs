//! The index on disk: where it is, of which generation, how it is made and brought up to date.

mod build;
mod directory;
pub(crate) mod fields;
pub(crate) mod icon_document;
pub(crate) mod source;

use std::path::{Path, PathBuf};

use tantivy::{Index, IndexReader, ReloadPolicy, Searcher};

pub(crate) use build::{SET_ROW, newest_version, plan, version_at, write};
pub(crate) use fields::Fields;
pub(crate) use source::Version;

use super::SearchError;
use directory::ReadDirectory;

/// Raised whenever documents come to look otherwise: an index of another version is made anew.
const VERSION: &str = "2";

/// An index, of whatever generation.
#[derive(Clone)]
pub(crate) struct IndexFolder {
    pub(crate) index: Index,
    pub(crate) fields: Fields,
    /// None for an index in memory.
    path: Option<PathBuf>,
}

impl IndexFolder {
    /// Opens the index in `folder`, or makes an empty one where there is none that can be used.
    pub(crate) fn open(folder: &Path) -> Result<Self, SearchError> {
        match Self::open_existing(folder) {
            Ok(opened) => Ok(opened),
            Err(reason) => {
                if folder.exists() {
                    tracing::warn!(folder = %folder.display(), reason, "the search index cannot be used and is made anew");
                }
                Self::create(folder)
            }
        }
    }

    /// An empty index in memory.
    pub(crate) fn in_memory() -> Self {
        let (schema, fields) = fields::schema();
        Self {
            index: Index::create_in_ram(schema),
            fields,
            path: None,
        }
    }

    /// An empty index in the same place, in the stead of one that cannot be used any more.
    pub(crate) fn anew(&self) -> Result<Self, SearchError> {
        match &self.path {
            Some(path) => Self::create(path),
            None => Ok(Self::in_memory()),
        }
    }

    /// The catalog's version that the newest commit shows; of generation 0 for an empty index.
    pub(crate) fn version(&self) -> Result<Version, SearchError> {
        let payload = self.index.load_metas()?.payload;
        Ok(payload.as_deref().and_then(version_of).unwrap_or_default())
    }

    /// Reads the newest commit, and no later one by itself.
    pub(crate) fn searcher(&self) -> Result<Searcher, SearchError> {
        let reader = self.index.reader_builder().reload_policy(ReloadPolicy::Manual);
        let reader: IndexReader = reader.try_into()?;
        Ok(reader.searcher())
    }

    fn open_existing(folder: &Path) -> Result<Self, String> {
        let text = |error: tantivy::TantivyError| error.to_string();
        let directory = ReadDirectory::open(folder).map_err(|error| error.to_string())?;
        let index = Index::open(directory).map_err(text)?;
        let (schema, fields) = fields::schema();
        if index.schema() != schema {
            return Err("it has other fields".to_owned());
        }
        let payload = index.load_metas().map_err(text)?.payload;
        if payload.as_deref().is_some_and(|payload| version_of(payload).is_none()) {
            return Err("it is of another version".to_owned());
        }
        let damaged = index.validate_checksum().map_err(text)?;
        if let Some(file) = damaged.iter().next() {
            return Err(format!("{} is damaged", file.display()));
        }
        Ok(Self {
            index,
            fields,
            path: Some(folder.to_owned()),
        })
    }

    fn create(folder: &Path) -> Result<Self, SearchError> {
        let unusable = |reason: std::io::Error| SearchError::Folder {
            folder: folder.display().to_string(),
            reason: reason.to_string(),
        };
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(unusable(error)),
            _ => std::fs::create_dir_all(folder).map_err(unusable)?,
        }
        let (schema, fields) = fields::schema();
        let directory = ReadDirectory::open(folder).map_err(tantivy::TantivyError::from)?;
        let index = Index::create(directory, schema, tantivy::IndexSettings::default())?;
        Ok(Self {
            index,
            fields,
            path: Some(folder.to_owned()),
        })
    }
}

/// What a commit says of itself.
fn payload(version: Version) -> String {
    format!("{VERSION} {} {:x}", version.generation, version.stamp)
}

fn version_of(payload: &str) -> Option<Version> {
    let mut parts = payload.split(' ');
    let is_ours = parts.next()? == VERSION;
    let version = Version {
        generation: parts.next()?.parse().ok()?,
        stamp: u64::from_str_radix(parts.next()?, 16).ok()?,
    };
    is_ours.then_some(version)
}
