//! The manifests of trusted documents: read at the start, and again whenever one changes.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use schema::{GraphqlService, ManifestError, TrustedDocument};

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("cannot read the manifest {path}: {reason}")]
    File { path: PathBuf, reason: std::io::Error },
    #[error("cannot use the manifest {path}: {reason}")]
    Manifest { path: PathBuf, reason: ManifestError },
    #[error("DOCUMENTS_MODE=trusted_only needs DOCUMENTS_MANIFEST; `iconql operations manifest` writes one")]
    None,
}

/// How often to look whether a manifest has changed.
const PAUSE: Duration = Duration::from_secs(1);

/// What tells that a file is another one: when it was written, and how long it is.
type Stamp = Option<(SystemTime, u64)>;

/// Trusts what the manifests list. A document that does not fit the schema is left out and logged.
pub(crate) fn load(graphql: &GraphqlService, manifests: &[PathBuf]) -> Result<(), TrustError> {
    let mut documents = Vec::new();
    for path in manifests {
        documents.extend(read(path)?);
    }
    let report = graphql.trust(documents);
    for (id, fault) in &report.refused {
        tracing::warn!(
            id,
            fault,
            "a trusted document does not fit the schema and is not answered"
        );
    }
    tracing::info!(
        trusted = report.trusted,
        refused = report.refused.len(),
        "trusted documents were read"
    );
    Ok(())
}

/// Reads a manifest.
pub(crate) fn read(path: &Path) -> Result<Vec<TrustedDocument>, TrustError> {
    let path = path.to_path_buf();
    match fs::read_to_string(&path) {
        Ok(json) => schema::read_manifest(&json).map_err(|reason| TrustError::Manifest { path, reason }),
        Err(reason) => Err(TrustError::File { path, reason }),
    }
}

/// Reads the manifests again when one of them changes. One that cannot be read leaves in force what was trusted before.
pub(crate) async fn keep(graphql: GraphqlService, manifests: Vec<PathBuf>) {
    let mut known = stamps(&manifests);
    let mut pauses = tokio::time::interval(PAUSE);
    loop {
        pauses.tick().await;
        let found = stamps(&manifests);
        if found == known {
            continue;
        }
        known = found;
        if let Err(error) = load(&graphql, &manifests) {
            tracing::error!(%error, "the trusted documents of before stay in force");
        }
    }
}

fn stamps(manifests: &[PathBuf]) -> Vec<Stamp> {
    let stamp = |path: &PathBuf| {
        let file = fs::metadata(path).ok()?;
        Some((file.modified().ok()?, file.len()))
    };
    manifests.iter().map(stamp).collect()
}
