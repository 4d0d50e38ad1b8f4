//! The document stage, which every transport's request goes through before anything is executed: which document is meant,
//! whether it keeps the limits, whether it fits the schema, and what it costs.
//!
//! A frontend has a few dozen documents and sends them for ever, so each is guarded, parsed and validated once and then known
//! by the SHA-256 of its text.

mod check;
mod client_files;
mod find;
mod object_fields;
mod page_sizes;
mod text_hash;
mod trusted;
mod unvisited;
mod validation;
mod variable_types;

use std::sync::{
    Arc, RwLock,
    atomic::{AtomicBool, Ordering},
};

use async_graphql::{
    ServerError,
    parser::{
        Error as ParseError, parse_query,
        types::{ExecutableDocument, OperationType},
    },
};
use moka::sync::Cache;
use serde_json::{Map, Value};

use crate::{
    errors::{Code, with_code},
    limits::{self, Limits},
    refusal::Refusal,
    request::{OperationKinds, OperationRequest},
    subscription, variables,
};
pub use check::DocumentCheck;
pub use client_files::{ClientFileError, ClientOperation, client_operations};
pub use find::DocumentsMode;
pub(crate) use text_hash::TextHash;
pub use trusted::{ManifestError, TrustReport, TrustedDocument, read_manifest};
pub(crate) use validation::{StopAfterValidation, Validator, is_misfit_value};

/// What is spent on remembering documents, in bytes of memory. A page's document is taken for 30 kB.
const MEMORY_BYTES: u64 = 32 << 20;

/// What a document takes at most: the parser makes room for four where a list has one, so that `a{b}` becomes about a
/// thousand bytes of syntax tree.
const TREE_BYTES_PER_TEXT_BYTE: usize = 300;
/// And what the smallest takes.
const TREE_BYTES: usize = 2_000;

/// Costs that are remembered, each of one operation with its variables. An entry takes about 200 bytes.
const MOST_COSTS: u64 = 50_000;

/// A document that was parsed within the limits.
pub(crate) struct Document {
    hash: TextHash,
    text_bytes: usize,
    parsed: ExecutableDocument,
    /// The name that a list of trusted documents gives it.
    name: Option<Arc<str>>,
    /// Whether a client has asked to send its hash alone from now on.
    persisted: AtomicBool,
}

/// How the document stage is set up.
#[derive(Debug, Clone, Copy, Default)]
pub struct DocumentsConfig {
    /// Which documents are answered.
    pub mode: DocumentsMode,
    /// Whether clients may send a document once and its hash from then on.
    pub automatic: bool,
    /// Whether documents may ask for the schema.
    pub introspection: bool,
}

/// Finds, checks and remembers documents.
#[derive(Clone)]
pub(crate) struct Documents {
    limits: Limits,
    config: DocumentsConfig,
    validator: Validator,
    remembered: Cache<TextHash, Arc<Document>>,
    trusted: Arc<RwLock<Arc<trusted::Trusted>>>,
    costs: Cache<TextHash, usize>,
}

/// A request that may be executed.
pub(crate) struct Prepared {
    pub(crate) document: ExecutableDocument,
    pub(crate) kind: OperationType,
    /// What a list of trusted documents calls it: the only name that may be a label.
    pub(crate) name: Option<Arc<str>>,
    pub(crate) cost: usize,
}

impl Documents {
    pub(crate) fn new(limits: Limits, config: DocumentsConfig, validator: Validator) -> Self {
        let weight = |_: &TextHash, document: &Arc<Document>| {
            let bytes = TREE_BYTES + document.text_bytes.saturating_mul(TREE_BYTES_PER_TEXT_BYTE);
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        Self {
            limits,
            config,
            validator,
            remembered: Cache::builder().max_capacity(MEMORY_BYTES).weigher(weight).build(),
            trusted: Arc::default(),
            costs: Cache::new(MOST_COSTS),
        }
    }

    /// Takes `request` through every guard that can be passed before execution. Variables that its operation does not have go.
    pub(crate) fn prepare(&self, request: &mut OperationRequest) -> Result<Prepared, Refusal> {
        let document = self.find(request)?;
        let mut parsed = document.parsed.clone();
        let operation = chosen_operation(&parsed, request.operation_name.as_deref())?;
        let kind = operation.ty;
        let is_taken = match request.kinds {
            OperationKinds::All => true,
            OperationKinds::Queries => kind == OperationType::Query,
            OperationKinds::QueriesAndSubscriptions => kind != OperationType::Mutation,
        };
        if !is_taken {
            let message = "Only queries can be sent by GET; use POST.";
            return Err(Refusal::new(Code::MethodNotAllowed, message));
        }
        variables::settle(operation, &mut request.variables);
        variables::check_given(operation, &request.variables)?;
        page_sizes::check(operation, &parsed, &request.variables, &self.limits)?;
        variables::drop_page_sizes(&mut parsed, &request.variables);
        let cost = self.cost(&document, &parsed, request)?;
        limits::check_cost(cost, &self.limits)?;
        self.remember(&document, request);
        Ok(Prepared {
            document: parsed,
            kind,
            name: document.name.clone(),
            cost,
        })
    }

    /// Validates, and says what the operation costs. What was validated with the same variables is not validated again.
    fn cost(
        &self,
        document: &Document,
        parsed: &ExecutableDocument,
        request: &OperationRequest,
    ) -> Result<usize, Refusal> {
        let operation = request.operation_name.as_deref().unwrap_or_default();
        let key = TextHash::of_operation(&document.hash, operation, &request.variables);
        if let Some(cost) = self.costs.get(&key) {
            return Ok(cost);
        }
        let name = request.operation_name.as_deref();
        let cost = self.validator.cost(parsed.clone(), name, request.variables.clone())?;
        self.costs.insert(key, cost);
        Ok(cost)
    }

    /// Keeps a document that has passed every check.
    fn remember(&self, document: &Arc<Document>, request: &OperationRequest) {
        if document.name.is_none() && !self.remembered.contains_key(&document.hash) {
            if self.config.mode == DocumentsMode::LogUnknown {
                tracing::info!(sha256 = %document.hash, "a document that no list has was answered");
            }
            self.remembered.insert(document.hash, Arc::clone(document));
        }
        if request.document.is_registration() {
            document.persisted.store(true, Ordering::Relaxed);
        }
    }

    /// Parses a text that is not known.
    fn parse(&self, text: &str, hash: TextHash) -> Result<Document, Refusal> {
        limits::check_text(text, &self.limits)?;
        let mut parsed = parse_query(text).map_err(|error| self.unreadable(error))?;
        limits::check_parsed(&parsed, &self.limits)?;
        object_fields::check(text)?;
        variable_types::check(&parsed)?;
        subscription::write_out_roots(&mut parsed)?;
        unvisited::check(&mut parsed)?;
        if let Some(position) = limits::find_introspection(&parsed).filter(|_| !self.config.introspection) {
            let error = ServerError::new("Introspection is turned off here.", Some(position));
            return Err(with_code(error, Code::GraphqlValidationFailed).into());
        }
        Ok(Document {
            hash,
            text_bytes: text.len(),
            parsed,
            name: None,
            persisted: AtomicBool::new(false),
        })
    }

    fn unreadable(&self, error: ParseError) -> Refusal {
        match error {
            ParseError::RecursionLimitExceeded => limits::too_deep(&self.limits).into(),
            error => with_code(ServerError::from(error), Code::GraphqlParseFailed).into(),
        }
    }
}

fn chosen_operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a async_graphql::parser::types::OperationDefinition, Refusal> {
    use async_graphql::parser::types::DocumentOperations::{Multiple, Single};
    let operation = match (&document.operations, name) {
        (Single(operation), None) => Some(operation),
        (Multiple(operations), Some(name)) => operations.get(name),
        (Multiple(operations), None) if operations.len() == 1 => operations.values().next(),
        (Single(_), Some(_)) | (Multiple(_), None) => None,
    };
    operation.map(|operation| &operation.node).ok_or_else(|| {
        let message = "Name one of the document's operations in `operationName`.";
        Refusal::new(Code::GraphqlValidationFailed, message)
    })
}

/// Variables as a request has them.
type Variables = Map<String, Value>;

#[cfg(test)]
mod tests;
