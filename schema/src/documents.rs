//! The document stage, which every transport's request goes through before anything is executed: which document is meant,
//! whether it keeps the limits, whether it fits the schema, and what it costs.
//!
//! A frontend has a few dozen documents and sends them for ever, so each is guarded, parsed and validated once and then known
//! by the SHA-256 of its text.

mod check;
mod client_files;
mod find;
mod label;
mod object_fields;
mod page_sizes;
mod text_hash;
mod trusted;
mod unvisited;
mod validation;
mod variable_types;

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use async_graphql::{
    ServerError,
    parser::{
        Error as ParseError, parse_query,
        types::{ExecutableDocument, OperationDefinition, OperationType},
    },
};
use moka::sync::Cache;
use serde_json::{Map, Value};

use crate::{
    errors::{Code, with_code},
    foresight::Scroll,
    limits::{self, Limits},
    refusal::Refusal,
    request::{OperationKinds, OperationRequest},
    serialized::Selections,
    subscription,
    validity::Epoch,
    variables,
};
pub use check::DocumentCheck;
pub use client_files::{ClientFileError, ClientOperation, Typenames, client_operations};
pub use find::DocumentsMode;
pub use label::Label;
pub(crate) use label::cut as cut_name;
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

/// Weights that are remembered, each of one operation with its variables. An entry takes about 200 bytes.
const MOST_WEIGHTS: u64 = 50_000;

/// A document that was parsed within the limits.
pub(crate) struct Document {
    hash: TextHash,
    text_bytes: usize,
    parsed: ExecutableDocument,
    /// The name that a list of trusted documents gives it.
    name: Option<Arc<str>>,
    /// What its operation is called; none where it has several.
    label: Option<Label>,
    /// Whether a client has asked to send its hash alone from now on.
    persisted: AtomicBool,
    selections: Arc<Selections>,
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
    weights: Cache<TextHash, Weight>,
}

/// What the validator found out about an operation with its variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weight {
    pub(crate) cost: usize,
    /// Whether it answers everybody alike, until the catalog changes.
    pub(crate) is_public: bool,
}

/// A request that may be executed.
pub(crate) struct Prepared {
    document: Arc<Document>,
    pub(crate) kind: OperationType,
    pub(crate) weight: Weight,
    /// Of the operation and its variables.
    pub(crate) hash: TextHash,
    /// How long it took to validate and to weigh it.
    pub(crate) validate_time: Duration,
    /// What its answer depends on, from before it was found; none while none is to be kept.
    pub(crate) epoch: Option<Epoch>,
}

impl Prepared {
    /// What a list of trusted documents calls it: the only name that may be a label.
    pub(crate) fn name(&self) -> Option<Arc<str>> {
        self.document.name.clone()
    }

    /// What figures that are kept call its operation, which is the one with this name.
    pub(crate) fn label(&self, operation_name: Option<&str>) -> Label {
        let label = self.document.label.clone();
        label.unwrap_or_else(|| Label::of(self.kind, operation_name))
    }

    /// The document as the library is to run it with `variables`.
    pub(crate) fn executable(&self, variables: &Variables) -> ExecutableDocument {
        self.document.executable(variables)
    }

    /// The list that its operation has a page of.
    pub(crate) fn scroll(&self, operation_name: Option<&str>) -> Option<Scroll> {
        Scroll::of(chosen_operation(&self.document.parsed, operation_name).ok()?)
    }

    /// The selections that are answered alike whatever the variables are.
    pub(crate) fn selections(&self) -> &Arc<Selections> {
        &self.document.selections
    }
}

impl Document {
    fn executable(&self, variables: &Variables) -> ExecutableDocument {
        let mut parsed = self.parsed.clone();
        variables::drop_page_sizes(&mut parsed, variables);
        parsed
    }
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
            weights: Cache::new(MOST_WEIGHTS),
        }
    }

    /// Takes `request` through every guard that can be passed before execution. Variables that its operation does not have go.
    pub(crate) fn prepare(&self, request: &mut OperationRequest) -> Result<Prepared, Refusal> {
        let document = self.find(request)?;
        let operation = chosen_operation(&document.parsed, request.operation_name.as_deref())?;
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
        let name = request.operation_name.as_deref().unwrap_or_default();
        let hash = TextHash::of_operation(&document.hash, name, &request.variables);
        let found = Instant::now();
        let weighed = match variables::without_texts(operation, &request.variables) {
            Some(variables) => TextHash::of_operation(&document.hash, name, &variables),
            None => hash,
        };
        // What was weighed with the same variables has passed all that is looked at before.
        let weight = match self.weights.get(&weighed) {
            Some(weight) => weight,
            None => self.weigh(&document, operation, request, weighed)?,
        };
        limits::check_cost(weight.cost, &self.limits)?;
        self.remember(&document, request);
        Ok(Prepared {
            document,
            kind,
            weight,
            hash,
            validate_time: found.elapsed(),
            epoch: None,
        })
    }

    /// Validates the operation, and says what it weighs.
    fn weigh(
        &self,
        document: &Document,
        operation: &OperationDefinition,
        request: &OperationRequest,
        hash: TextHash,
    ) -> Result<Weight, Refusal> {
        let variables = &request.variables;
        variables::check_given(operation, variables)?;
        page_sizes::check(operation, &document.parsed, variables, &self.limits)?;
        let name = request.operation_name.as_deref();
        let weight = (self.validator).weight(document.executable(variables), name, variables.clone())?;
        self.weights.insert(hash, weight);
        Ok(weight)
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
        let selections = Arc::new(Selections::of(&hash, &parsed));
        Ok(Document {
            hash,
            text_bytes: text.len(),
            name: None,
            label: Label::of_only(&parsed),
            parsed,
            persisted: AtomicBool::new(false),
            selections,
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
) -> Result<&'a OperationDefinition, Refusal> {
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
