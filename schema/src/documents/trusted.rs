//! Trusted documents: those that the owners of clients have listed, as Apollo's or Relay's tools write the lists.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};

use foldhash::HashMap;
use serde::Deserialize;

use super::{Document, Documents, Label, TextHash, Variables, page_sizes};
use crate::{limits, refusal::Refusal};

/// A document of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedDocument {
    pub id: String,
    pub text: String,
    /// The operation's name, where the list has it.
    pub name: Option<String>,
    /// The program that alone may send it, where the list has one.
    pub client_name: Option<String>,
}

/// Why a list cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("it is no JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("its format is {0:?}; `apollo-persisted-query-manifest` can be read")]
    Format(String),
    #[error("its version is {0}; version 1 can be read")]
    Version(u64),
}

/// What became of lists.
#[derive(Debug, Default)]
pub struct TrustReport {
    /// Documents that are answered by their ids.
    pub trusted: usize,
    /// Those that are not, by id, and why.
    pub refused: Vec<(String, String)>,
}

/// Names that may become labels; a list has hundreds.
const MOST_NAMES: usize = 2_000;

/// The documents of all lists.
#[derive(Default)]
pub(super) struct Trusted {
    /// How many lists there were before.
    edition: u64,
    by_id: HashMap<(String, Option<String>), Arc<Document>>,
    by_hash: HashMap<TextHash, Arc<Document>>,
}

impl Trusted {
    /// The document of that id, for that program before all.
    pub(super) fn by_id(&self, id: &str, client_name: Option<&str>) -> Option<Arc<Document>> {
        if self.by_id.is_empty() {
            return None;
        }
        let of = |client: Option<&str>| self.by_id.get(&(id.to_owned(), client.map(str::to_owned)));
        client_name
            .and_then(|name| of(Some(name)))
            .or_else(|| of(None))
            .cloned()
    }

    pub(super) fn by_hash(&self, hash: &TextHash) -> Option<Arc<Document>> {
        self.by_hash.get(hash).cloned()
    }
}

/// Reads a list: Apollo's `apollo-persisted-query-manifest`, version 1, or Relay's object of texts by id.
pub fn read_manifest(json: &str) -> Result<Vec<TrustedDocument>, ManifestError> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Manifest {
        Apollo(Apollo),
        Relay(BTreeMap<String, String>),
    }
    #[derive(Deserialize)]
    struct Apollo {
        format: String,
        version: u64,
        operations: Vec<Operation>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Operation {
        id: String,
        name: Option<String>,
        body: String,
        client_name: Option<String>,
    }
    match serde_json::from_str(json)? {
        Manifest::Apollo(Apollo { format, .. }) if format != "apollo-persisted-query-manifest" => {
            Err(ManifestError::Format(format))
        }
        Manifest::Apollo(Apollo { version, .. }) if version != 1 => Err(ManifestError::Version(version)),
        Manifest::Apollo(Apollo { operations, .. }) => {
            let documents = operations.into_iter().map(|operation| TrustedDocument {
                id: operation.id,
                text: operation.body,
                name: operation.name,
                client_name: operation.client_name,
            });
            Ok(documents.collect())
        }
        Manifest::Relay(texts) => {
            let documents = texts.into_iter().map(|(id, text)| TrustedDocument {
                id,
                text,
                name: None,
                client_name: None,
            });
            Ok(documents.collect())
        }
    }
}

impl Documents {
    /// Trusts `documents` instead of those that were trusted before. One that does not fit the schema is left out.
    pub(crate) fn trust(&self, documents: Vec<TrustedDocument>) -> TrustReport {
        let mut report = TrustReport::default();
        let mut trusted = Trusted::default();
        for listed in documents {
            let name = label(&listed).filter(|_| trusted.by_hash.len() < MOST_NAMES);
            match self.check_statically(&listed.text, name) {
                Ok(document) => {
                    trusted.by_hash.insert(document.hash, Arc::clone(&document));
                    trusted.by_id.insert((listed.id, listed.client_name), document);
                }
                Err(refusal) => report.refused.push((listed.id, refusal.to_string())),
            }
        }
        report.trusted = trusted.by_id.len();
        let mut current = self.trusted.write().unwrap_or_else(PoisonError::into_inner);
        trusted.edition = current.edition + 1;
        *current = Arc::new(trusted);
        report
    }

    /// Which list of trusted documents this is, counted from the first.
    pub(crate) fn edition(&self) -> u64 {
        self.trusted.read().unwrap_or_else(PoisonError::into_inner).edition
    }

    /// Checks a document as far as that can be done without its variables.
    fn check_statically(&self, text: &str, name: Option<&str>) -> Result<Arc<Document>, Refusal> {
        let mut document = self.parse(text, TextHash::of(text))?;
        for (_, operation) in document.parsed.operations.iter() {
            page_sizes::check(&operation.node, &document.parsed, &Variables::new(), &self.limits)?;
        }
        let cost = self.validator.check(&document.parsed)?;
        limits::check_cost(cost.unwrap_or_default(), &self.limits)?;
        document.label = match name {
            Some(name) => Some(Label::trusted(name)),
            None => document.label.map(Label::of_list),
        };
        document.name = Some(name.unwrap_or("other").into());
        Ok(Arc::new(document))
    }

    /// What is wrong with a document, if anything is, whatever its variables are.
    pub(crate) fn fault(&self, text: &str) -> Option<String> {
        self.check_statically(text, None)
            .err()
            .map(|refusal| refusal.to_string())
    }
}

/// A document's name where it can be a label.
fn label(listed: &TrustedDocument) -> Option<&str> {
    const LONGEST: usize = 64;
    let is_name = |name: &&str| {
        (1..=LONGEST).contains(&name.len()) && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
    };
    listed.name.as_deref().filter(is_name)
}

#[cfg(test)]
mod tests {
    use super::{TrustedDocument, read_manifest};

    #[test]
    fn both_forms_of_lists_are_read() {
        let apollo = r#"{ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [
            { "id": "1", "name": "A", "type": "query", "body": "query A { a }", "clientName": "web" },
            { "id": "2", "body": "{ b }" }] }"#;
        let document = |id: &str, text: &str, name: Option<&str>, client: Option<&str>| TrustedDocument {
            id: id.to_owned(),
            text: text.to_owned(),
            name: name.map(str::to_owned),
            client_name: client.map(str::to_owned),
        };
        assert_eq!(
            read_manifest(apollo).expect("Apollo's form"),
            [
                document("1", "query A { a }", Some("A"), Some("web")),
                document("2", "{ b }", None, None)
            ]
        );
        let relay = r#"{ "x": "{ a }", "format": "{ b }" }"#;
        assert_eq!(
            read_manifest(relay).expect("Relay's form"),
            [
                document("format", "{ b }", None, None),
                document("x", "{ a }", None, None)
            ]
        );
        for wrong in [
            "",
            "[]",
            "{\"a\":1}",
            &apollo.replace("persisted", "p"),
            &apollo.replace("\"version\": 1", "\"version\": 2"),
        ] {
            assert!(read_manifest(wrong).is_err(), "{wrong}");
        }
    }
}
