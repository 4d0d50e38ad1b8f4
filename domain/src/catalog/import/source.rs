//! The files that icon sets come in: an IconifyJSON file, or the four files of an `@iconify-json/*` package.

use std::{
    fs,
    path::{Path, PathBuf},
};

use xxhash_rust::xxh3::Xxh3;

use super::{SetError, shown};
use crate::iconify::{
    document::{self, Document},
    resolve::{self, ResolvedSet},
};

/// Changes whenever the same files would give other rows, so that the next import reads them again.
const IMPORTER_VERSION: u8 = 1;

/// What a set's files are known by: enough to see that they are the same, and quick enough to read half a gigabyte.
pub(super) type SourceHash = [u8; 16];

/// Why no set was found.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error(
        "{path} does not exist: give an IconifyJSON file, a folder of them, or an unpacked @iconify/json or @iconify-json/* package"
    )]
    Missing { path: String },
    #[error(
        "no icon set in {path}: expected *.json files of IconifyJSON, a json folder, or packages with an icons.json"
    )]
    Empty { path: String },
    #[error("cannot read {path}: {reason}")]
    Unreadable { path: String, reason: String },
}

/// One set's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetSource {
    /// IconifyJSON.
    icons: PathBuf,
    /// Those of `info.json`, `metadata.json` and `chars.json` that lie beside it.
    parts: Vec<PathBuf>,
}

/// The contents of one set's files.
pub(super) struct SetFiles {
    icons: Vec<u8>,
    parts: Vec<(String, Vec<u8>)>,
}

impl SetSource {
    /// The path of the main file.
    pub fn label(&self) -> String {
        shown(&self.icons)
    }

    /// Bytes of the main file, to weigh progress by; 0 where it cannot be read.
    pub fn size_bytes(&self) -> u64 {
        fs::metadata(&self.icons).map_or(0, |metadata| metadata.len())
    }

    pub(super) fn read(&self) -> Result<SetFiles, SetError> {
        let read = |path: &PathBuf| {
            fs::read(path).map_err(|error| SetError::Unreadable {
                path: shown(path),
                reason: error.to_string(),
            })
        };
        let part = |path: &PathBuf| Ok((file_name(path).to_owned(), read(path)?));
        Ok(SetFiles {
            icons: read(&self.icons)?,
            parts: self.parts.iter().map(part).collect::<Result<_, SetError>>()?,
        })
    }
}

impl SetFiles {
    pub(super) fn hash(&self) -> SourceHash {
        let mut hasher = Xxh3::new();
        hasher.update(&[IMPORTER_VERSION]);
        for (name, bytes) in
            std::iter::once(("icons.json", &self.icons)).chain(self.parts.iter().map(|(n, b)| (n.as_str(), b)))
        {
            hasher.update(name.as_bytes());
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        }
        hasher.digest128().to_le_bytes()
    }

    pub(super) fn resolve(&self) -> Result<ResolvedSet, SetError> {
        let mut set = document::parse(&self.icons)?;
        for (name, bytes) in &self.parts {
            set = join(set, name, bytes)?;
        }
        let set = resolve::resolve(set);
        // A set may well be empty. One whose every icon is broken went wrong, and must not remove those that are there.
        if let (true, Some(first)) = (set.icons.is_empty(), set.skipped.first()) {
            let first_fault = format!("; {}: {}", first.what, first.reason);
            return Err(SetError::NoIcons { first_fault });
        }
        Ok(set)
    }
}

fn join<'a>(set: Document<'a>, name: &str, bytes: &'a [u8]) -> Result<Document<'a>, SetError> {
    Ok(match name {
        "info.json" => set.with_info(bytes)?,
        "metadata.json" => set.with_metadata(bytes)?,
        "chars.json" => set.with_chars(bytes)?,
        _ => set,
    })
}

/// Finds the sets under each path, in the order of the paths and by name within one.
pub fn find_sources(paths: &[PathBuf]) -> Result<Vec<SetSource>, SourceError> {
    let mut sources = Vec::new();
    for path in paths {
        let before = sources.len();
        if path.is_file() {
            sources.push(SetSource {
                icons: path.clone(),
                parts: Vec::new(),
            });
        } else if path.is_dir() {
            sources.extend(sources_in_folder(path)?);
        } else {
            return Err(SourceError::Missing { path: shown(path) });
        }
        if sources.len() == before {
            return Err(SourceError::Empty { path: shown(path) });
        }
    }
    Ok(sources)
}

fn sources_in_folder(folder: &Path) -> Result<Vec<SetSource>, SourceError> {
    let full_collection = folder.join("json");
    if folder.join("collections.json").is_file() && full_collection.is_dir() {
        return files_of(&full_collection);
    }
    if let Some(package) = package_in(folder) {
        return Ok(vec![package]);
    }
    let mut sources = files_of(folder)?;
    for entry in entries(folder)?.iter().filter(|entry| entry.is_dir()) {
        sources.extend(package_in(entry));
    }
    for scope in ["node_modules/@iconify-json", "@iconify-json"] {
        let scope = folder.join(scope);
        if scope.is_dir() {
            sources.extend(entries(&scope)?.iter().filter_map(|entry| package_in(entry)));
        }
    }
    Ok(sources)
}

/// The set of an `@iconify-json/*` package.
fn package_in(folder: &Path) -> Option<SetSource> {
    let icons = folder.join("icons.json");
    icons.is_file().then(|| SetSource {
        icons,
        parts: ["info.json", "metadata.json", "chars.json"]
            .into_iter()
            .map(|name| folder.join(name))
            .filter(|path| path.is_file())
            .collect(),
    })
}

fn files_of(folder: &Path) -> Result<Vec<SetSource>, SourceError> {
    const NOT_SETS: [&str; 4] = ["package.json", "package-lock.json", "collections.json", "tsconfig.json"];
    Ok(entries(folder)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "json") && path.is_file())
        // A hidden file is some tool's own, as npm's list of what it installed.
        .filter(|path| !NOT_SETS.contains(&file_name(path)) && !file_name(path).starts_with('.'))
        .map(|icons| SetSource {
            icons,
            parts: Vec::new(),
        })
        .collect())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let unreadable = |error: std::io::Error| SourceError::Unreadable {
        path: shown(folder),
        reason: error.to_string(),
    };
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    entries.sort();
    Ok(entries)
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
