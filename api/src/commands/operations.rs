//! `iconql operations`: clients' documents, checked and listed before a server ever sees them.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use schema::{ClientOperation, DocumentCheck, Typenames, client_operations};
use serde_json::json;

use super::{CommandError, OperationsTask, print};
use crate::{
    config::Config,
    trusted_documents::{self, TrustError},
};

/// Why documents cannot be listed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OperationsError {
    #[error("cannot read {path}: {reason}")]
    Read { path: PathBuf, reason: io::Error },
    #[error("cannot write {path}: {reason}")]
    Write { path: PathBuf, reason: io::Error },
    #[error("{0} has no .graphql or .gql file")]
    None(PathBuf),
    #[error("{path}: {message}")]
    File { path: PathBuf, message: String },
    #[error(transparent)]
    Manifest(#[from] TrustError),
    #[error("{} of {total} operations cannot be answered:\n{}", faults.len(), faults.join("\n"))]
    Faults { total: usize, faults: Vec<String> },
}

pub(super) fn run(config: &Config, task: &OperationsTask) -> Result<(), CommandError> {
    match task {
        OperationsTask::Check { path } => {
            let count = if path.is_dir() || is_document(path) {
                checked(config, path, Typenames::AsWritten)?.len()
            } else {
                check_manifest(config, path)?
            };
            print(&format!("{count} operations fit the schema and keep the limits"))
        }
        OperationsTask::Manifest {
            folder,
            add_typename,
            output,
        } => {
            let typenames = if *add_typename {
                Typenames::Added
            } else {
                Typenames::AsWritten
            };
            let manifest = manifest(&checked(config, folder, typenames)?);
            let Some(path) = output else {
                return print(&manifest);
            };
            let written = fs::write(path, manifest + "\n");
            written.map_err(|reason| OperationsError::Write {
                path: path.clone(),
                reason,
            })?;
            Ok(())
        }
    }
}

/// How many documents a manifest has, of which every one can be answered.
fn check_manifest(config: &Config, path: &Path) -> Result<usize, OperationsError> {
    let documents = trusted_documents::read(path)?;
    let check = DocumentCheck::new(config.limits());
    let mut ids = HashSet::new();
    let faults = documents.iter().filter_map(|document| {
        let id = &document.id;
        if !ids.insert((id, &document.client_name)) {
            return Some(format!("  {}: there is another document {id}", path.display()));
        }
        let name = document.name.as_ref().unwrap_or(id);
        Some(format!(
            "  {}: {name}: {}",
            path.display(),
            check.fault(&document.text)?
        ))
    });
    let (total, faults) = (documents.len(), faults.collect::<Vec<_>>());
    if faults.is_empty() {
        Ok(total)
    } else {
        Err(OperationsError::Faults { total, faults })
    }
}

/// The operations of a folder or a file, of which every one can be answered.
fn checked(config: &Config, path: &Path, typenames: Typenames) -> Result<Vec<ClientOperation>, OperationsError> {
    let mut files = Vec::new();
    if path.is_dir() {
        find(path, &mut files)?;
    } else {
        files.push(path.to_path_buf());
    }
    files.sort();
    if files.is_empty() {
        return Err(OperationsError::None(path.to_path_buf()));
    }
    let texts = files.iter().map(|path| {
        let text = fs::read_to_string(path);
        text.map_err(|reason| OperationsError::Read {
            path: path.clone(),
            reason,
        })
    });
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let operations = client_operations(&texts, typenames).map_err(|error| OperationsError::File {
        path: files[error.place].clone(),
        message: error.message,
    })?;
    let faults = faults(config, &files, &operations);
    if faults.is_empty() {
        return Ok(operations);
    }
    Err(OperationsError::Faults {
        total: operations.len(),
        faults,
    })
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), OperationsError> {
    let unreadable = |reason| OperationsError::Read {
        path: folder.to_path_buf(),
        reason,
    };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if is_document(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_document(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "graphql" || extension == "gql")
}

fn faults(config: &Config, files: &[PathBuf], operations: &[ClientOperation]) -> Vec<String> {
    let check = DocumentCheck::new(config.limits());
    let mut names = HashSet::new();
    let fault = |operation: &ClientOperation| {
        let path = files[operation.place].display();
        let Some(name) = &operation.name else {
            return Some(format!(
                "  {path}: an operation has no name, by which clients look for its id"
            ));
        };
        if !names.insert(name.clone()) {
            return Some(format!("  {path}: there is another operation {name}"));
        }
        Some(format!("  {path}: {name}: {}", check.fault(&operation.text)?))
    };
    operations.iter().filter_map(fault).collect()
}

fn manifest(operations: &[ClientOperation]) -> String {
    let operations = operations.iter().map(|operation| {
        json!({ "id": operation.id(), "name": operation.name, "type": operation.kind, "body": operation.text })
    });
    let manifest = json!({
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": operations.collect::<Vec<_>>(),
    });
    format!("{manifest:#}")
}
