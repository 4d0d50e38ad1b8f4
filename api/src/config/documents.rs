use std::path::PathBuf;

use clap::{Args, ValueEnum};
use schema::{DocumentsConfig, DocumentsMode};

/// Which documents are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Every one.
    Open,
    /// Every one; those that no manifest has are logged, once each.
    #[value(name = "log_unknown")]
    LogUnknown,
    /// Those that a manifest has, by their id.
    #[value(name = "trusted_only")]
    TrustedOnly,
}

/// Which documents clients may send, and how.
#[derive(Debug, Clone, Args)]
pub struct DocumentArgs {
    /// Which documents are answered
    #[arg(long, global = true, value_enum, default_value = "open", help_heading = "Documents")]
    pub documents_mode: Mode,

    /// Manifests of trusted documents, comma-separated: Apollo's apollo-persisted-query-manifest, or Relay's texts by id; read again when they change
    #[arg(
        long,
        global = true,
        value_delimiter = ',',
        value_name = "FILES",
        help_heading = "Documents"
    )]
    pub documents_manifest: Vec<PathBuf>,

    /// Let clients send a document once and its SHA-256 from then on
    #[arg(long, global = true, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL", help_heading = "Documents")]
    pub automatic_persisted_queries: bool,
}

impl DocumentArgs {
    pub(super) fn to_schema(&self, introspection: bool) -> DocumentsConfig {
        DocumentsConfig {
            mode: match self.documents_mode {
                Mode::Open => DocumentsMode::Open,
                Mode::LogUnknown => DocumentsMode::LogUnknown,
                Mode::TrustedOnly => DocumentsMode::TrustedOnly,
            },
            automatic: self.automatic_persisted_queries,
            introspection,
        }
    }
}
