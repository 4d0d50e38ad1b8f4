//! Which document a request means: by its text, by its hash, or by an id of a list.

use std::sync::{Arc, PoisonError, atomic::Ordering};

use super::{Document, Documents, TextHash, trusted::Trusted};
use crate::{
    errors::Code,
    refusal::Refusal,
    request::{DocumentSource, OperationRequest},
};

/// Which documents are answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DocumentsMode {
    /// Every one.
    #[default]
    Open,
    /// Every one; those that no list has are logged, once each.
    LogUnknown,
    /// Those that a list of trusted documents has, by their id.
    TrustedOnly,
}

/// An id of the form that drafts of GraphQL over HTTP give to hashes.
const HASH_ID: &str = "sha256:";

impl Documents {
    /// The document that `request` means. One that is sent as text and not known is parsed, and not yet kept.
    pub(super) fn find(&self, request: &OperationRequest) -> Result<Arc<Document>, Refusal> {
        let trusted = self.trusted();
        let client = request.client_name.as_deref();
        match &request.document {
            DocumentSource::Id(id) => trusted
                .by_id(id, client)
                .or_else(|| self.persisted(id.strip_prefix(HASH_ID)?, &trusted, client))
                .ok_or_else(|| self.unknown()),
            DocumentSource::Hash {
                sha256,
                text: Some(text),
            } => self.register(sha256, text, &trusted, client),
            DocumentSource::Hash { sha256, text: None } => {
                self.persisted(sha256, &trusted, client).ok_or_else(|| self.unknown())
            }
            DocumentSource::Text(_) if self.config.mode == DocumentsMode::TrustedOnly => Err(Refusal::new(
                Code::PersistedQueryIdRequired,
                "Only documents that are listed here are answered. Send the document's id instead of its text.",
            )),
            DocumentSource::Text(_) if request.only_persisted => Err(Refusal::new(
                Code::PersistedQueryIdRequired,
                "By GET only persisted documents are answered here. Send the document by POST, or its hash with it.",
            )),
            DocumentSource::Text(text) => self.by_text(text, &trusted),
        }
    }

    fn trusted(&self) -> Arc<Trusted> {
        Arc::clone(&self.trusted.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The document that is known by its hash alone: a list's, or one that was sent with its hash before.
    fn persisted(&self, sha256: &str, trusted: &Trusted, client: Option<&str>) -> Option<Arc<Document>> {
        if let Some(document) = trusted.by_id(sha256, client) {
            return Some(document);
        }
        let may_be_sent = self.config.automatic && self.config.mode != DocumentsMode::TrustedOnly;
        let document = may_be_sent.then(|| self.remembered.get(&TextHash::from_hex(sha256)?))??;
        document.persisted.load(Ordering::Relaxed).then_some(document)
    }

    /// A text that came with its hash.
    fn register(
        &self,
        sha256: &str,
        text: &str,
        trusted: &Trusted,
        client: Option<&str>,
    ) -> Result<Arc<Document>, Refusal> {
        // A text that is too long is not worth a look: hashing it takes as long as it is.
        crate::limits::check_bytes(text, &self.limits)?;
        if TextHash::from_hex(sha256) != Some(TextHash::of(text)) {
            return Err(Refusal::new(
                Code::PersistedQueryHashMismatch,
                "The hash is not the SHA-256 of the document that came with it.",
            ));
        }
        match trusted.by_id(sha256, client) {
            Some(document) => Ok(document),
            None if self.config.mode == DocumentsMode::TrustedOnly || !self.config.automatic => Err(self.unknown()),
            None => self.by_text(text, trusted),
        }
    }

    fn by_text(&self, text: &str, trusted: &Trusted) -> Result<Arc<Document>, Refusal> {
        crate::limits::check_bytes(text, &self.limits)?;
        let hash = TextHash::of(text);
        match trusted.by_hash(&hash).or_else(|| self.remembered.get(&hash)) {
            Some(document) => Ok(document),
            None => Ok(Arc::new(self.parse(text, hash)?)),
        }
    }

    /// Why a hash or an id stands for nothing, in the words that clients look for.
    fn unknown(&self) -> Refusal {
        if self.config.mode == DocumentsMode::TrustedOnly {
            Refusal::new(
                Code::PersistedQueryNotInList,
                "No list of trusted documents has this id.",
            )
        } else if self.config.automatic {
            Refusal::new(Code::PersistedQueryNotFound, "PersistedQueryNotFound")
        } else {
            Refusal::new(Code::PersistedQueryNotSupported, "PersistedQueryNotSupported")
        }
    }
}
