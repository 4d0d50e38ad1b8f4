//! Documents as clients send them, guarded and parsed once: a frontend has a few dozen and sends them for ever.

use std::sync::Arc;

use async_graphql::{
    ServerError,
    parser::{parse_query, types::ExecutableDocument},
};
use moka::sync::Cache;

use crate::{
    errors::{Code, with_code},
    limits::{self, Limits},
    subscription,
};

/// What is spent on remembering documents, in bytes of memory. A page's document is taken for 30 kB.
const MEMORY_BYTES: u64 = 32 << 20;

/// What a document takes at most: the parser makes room for four where a list has one, so that `a{b}` becomes about a
/// thousand bytes of syntax tree.
const TREE_BYTES_PER_TEXT_BYTE: usize = 300;
/// And what the smallest takes.
const TREE_BYTES: usize = 2_000;

/// Parses documents within the limits, and remembers those it has parsed.
#[derive(Clone)]
pub(crate) struct Documents {
    limits: Limits,
    introspection: bool,
    remembered: Cache<String, Arc<ExecutableDocument>>,
}

impl Documents {
    /// With `introspection` off, documents that ask for the schema are refused.
    pub(crate) fn new(limits: Limits, introspection: bool) -> Self {
        let weight = |text: &String, _: &Arc<ExecutableDocument>| {
            u32::try_from(TREE_BYTES + text.len().saturating_mul(TREE_BYTES_PER_TEXT_BYTE)).unwrap_or(u32::MAX)
        };
        Self {
            limits,
            introspection,
            remembered: Cache::builder().max_capacity(MEMORY_BYTES).weigher(weight).build(),
        }
    }

    /// The document that `text` writes down.
    pub(crate) fn parse(&self, text: &str) -> Result<Arc<ExecutableDocument>, Box<ServerError>> {
        // A text that is too long is not worth a look: hashing it takes as long as it is.
        if text.len() <= self.limits.max_document_bytes
            && let Some(document) = self.remembered.get(text)
        {
            return Ok(document);
        }
        let document = Arc::new(self.parse_anew(text)?);
        self.remembered.insert(text.to_owned(), Arc::clone(&document));
        Ok(document)
    }

    fn parse_anew(&self, text: &str) -> Result<ExecutableDocument, Box<ServerError>> {
        limits::check_text(text, &self.limits).map_err(|exceeded| Box::new(exceeded.into()))?;
        let mut document = parse_query(text)
            .map_err(|error| Box::new(with_code(ServerError::from(error), Code::GraphqlParseFailed)))?;
        limits::check_parsed(&document, &self.limits).map_err(|exceeded| Box::new(exceeded.into()))?;
        subscription::write_out_roots(&mut document)?;
        match limits::find_introspection(&document) {
            Some(position) if !self.introspection => {
                let error = ServerError::new("Introspection is turned off here.", Some(position));
                Err(Box::new(with_code(error, Code::GraphqlValidationFailed)))
            }
            _ => Ok(document),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Documents, MEMORY_BYTES};
    use crate::Limits;

    const LIMITS: Limits = Limits {
        max_batch: 10,
        default_page_size: 10,
        max_page_size: 10,
        max_depth: 10,
        max_cost: 10,
        max_tokens: 10,
        max_aliases: 10,
        max_body_bytes: 100,
        max_document_bytes: 100,
        max_nesting: 10,
        max_fragments: 10,
        max_selections: 10,
        max_root_fields: 10,
        max_directives: 10,
        deadline_ms: 1000,
    };

    #[test]
    fn a_document_is_parsed_once_and_a_refused_one_never_kept() {
        let documents = Documents::new(LIMITS, false);
        let once = documents.parse("{ a }").expect("well-formed");
        let twice = documents.parse("{ a }").expect("well-formed");
        assert!(Arc::ptr_eq(&once, &twice));
        for refused in ["{", "{ __schema { queryType { name } } }"] {
            assert!(documents.parse(refused).is_err() && documents.parse(refused).is_err());
            assert!(!documents.remembered.contains_key(refused));
        }
    }

    #[test]
    fn memory_is_bounded() {
        let documents = Documents::new(LIMITS, true);
        let count = 20_000;
        for number in 0..count {
            documents.parse(&format!("{{ field{number} }}")).expect("well-formed");
        }
        documents.remembered.run_pending_tasks();
        let memory = &documents.remembered;
        let (entries, kept) = (memory.entry_count(), memory.weighted_size());
        assert!(entries < count / 2, "{entries} of {count} documents are kept");
        assert!((MEMORY_BYTES / 2..=MEMORY_BYTES).contains(&kept), "{kept} bytes");
    }
}
