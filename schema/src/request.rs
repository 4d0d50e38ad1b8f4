//! A request as any transport brings it, and what becomes of it.

use std::time::Duration;

use bytes::Bytes;
use domain::{cache::Lookups, rate_limit::Budget, usage::Agent};
use futures_util::stream::BoxStream;
use serde_json::{Map, Value};

use crate::{authority::Caller, documents::Label, errors::Code, validity::Validity};

/// Which document a request means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentSource {
    /// This text.
    Text(String),
    /// The text with this SHA-256 in hex, as an automatic persisted query; with the text, it is to be kept under it.
    Hash { sha256: String, text: Option<String> },
    /// What a list of trusted documents has under this id; `sha256:` and a hash is the text with that hash.
    Id(String),
}

impl DocumentSource {
    /// Whether a client sends a text to be known by its hash from now on.
    pub(crate) fn is_registration(&self) -> bool {
        matches!(self, Self::Hash { text: Some(_), .. })
    }
}

impl Default for DocumentSource {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// Which kinds of operations may be run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OperationKinds {
    #[default]
    All,
    /// As by GET: nothing is changed.
    Queries,
    /// As by GET where one answer can follow another.
    QueriesAndSubscriptions,
}

/// A request.
#[derive(Debug, Clone, Default)]
pub struct OperationRequest {
    pub document: DocumentSource,
    pub operation_name: Option<String>,
    pub variables: Map<String, Value>,
    pub kinds: OperationKinds,
    /// Refuse a document that is sent as text without its hash.
    pub only_persisted: bool,
    /// Put `cost` into the response's `extensions`.
    pub wants_cost: bool,
    /// What the client's program calls itself: a trusted document may be there for one program alone.
    pub client_name: Option<String>,
    pub caller: Caller,
    /// What is known of who records usage.
    pub agent: Agent,
}

/// A response and what a transport needs to know of it.
#[derive(Debug)]
pub struct Executed {
    /// The response as JSON.
    pub body: Bytes,
    pub outcome: Outcome,
    pub operation_kind: &'static str,
    /// The operation's name where a list of trusted documents has it, else `other`: clients can invent names without end.
    pub operation_name: std::sync::Arc<str>,
    /// What figures that are kept call it, of which there is room for some names of clients too.
    pub label: Label,
    /// Finding and parsing the document.
    pub parse_time: Duration,
    /// Validating it, and weighing what it costs.
    pub validate_time: Duration,
    pub execute_time: Duration,
    /// What it costs a client, whether that is counted or not.
    pub cost: u32,
    /// What the client has left, where that is counted.
    pub budget: Option<Budget>,
    /// When to come again, of a client that has not enough left.
    pub retry_after: Option<Duration>,
    /// How long ago this was answered to somebody else; none where it was worked out now.
    pub age: Option<Duration>,
    /// Whether it answers everybody alike until the catalog changes, so that others may keep it too.
    pub is_public: bool,
    /// For how long whoever is in front of all this may keep it; none where nobody here may.
    pub validity: Option<Validity>,
    /// SQL statements that the request ran.
    pub statements: u32,
    /// What it wanted of the catalog by key, and how much of that was in memory.
    pub lookups: Lookups,
}

/// What a request was opened to.
pub enum Opened {
    /// A query, a mutation, or what was refused: it has been answered.
    Answered(Box<Executed>),
    /// A subscription: each item is a response as JSON, until it ends or is dropped.
    Answers(Answers),
}

/// The responses of a subscription.
pub type Answers = BoxStream<'static, Vec<u8>>;

/// How far a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Executed, without errors.
    Ok,
    /// Executed; some fields have errors and there is data.
    Partial,
    /// Executed; an error reached the top, so that there is no data.
    NoData,
    /// Refused before execution; the response has no `data`.
    Refused(Code),
}
