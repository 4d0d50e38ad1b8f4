//! From a request's text to a response's bytes: guards, parsing, execution, and what it all took.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_graphql::{
    Request, Response, SDLExportOptions, Schema, ServerError, Variables,
    parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType},
};
use domain::{catalog::Catalog, database::StatementCount, search::Search};
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use serde_json::{Map, Value};
use tracing::Instrument as _;

use crate::{
    authority::Caller,
    documents::Documents,
    errors::{Code, with_code},
    limits::{self, Limits},
    loaders::Loaders,
    mutation::Mutation,
    public_url::PublicUrl,
    query::Query,
    subscription::Subscription,
    variables,
    vitals::Vitals,
};

type ApiSchema = Schema<Query, Mutation, Subscription>;

/// What the schema has to be told at the start.
#[derive(Debug, Clone)]
pub struct SchemaConfig {
    pub limits: Limits,
    /// Whether clients may ask for the schema, and are helped with names they misspell.
    pub introspection: bool,
    /// The address that the outside knows this service by, without a slash at the end; paths are given without one.
    pub public_url: Option<String>,
    pub version: &'static str,
    pub started_at_ms: i64,
    /// How the process does.
    pub vitals: Arc<dyn Vitals>,
}

/// What the service says of itself.
#[derive(Clone)]
pub(crate) struct ServiceFacts {
    pub(crate) version: &'static str,
    pub(crate) started_at_ms: i64,
    /// The same moment, by a clock that is never set.
    started: Instant,
    pub(crate) vitals: Arc<dyn Vitals>,
}

impl ServiceFacts {
    /// Milliseconds since 1970: the start, and what has gone by since.
    pub(crate) fn now_ms(&self) -> i64 {
        let running_ms = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.started_at_ms.saturating_add(running_ms)
    }
}

/// What is asked for answers.
#[derive(Clone)]
pub struct Stores {
    pub catalog: Catalog,
    pub search: Search,
}

/// Answers GraphQL requests. Cheap to clone.
#[derive(Clone)]
pub struct GraphqlService {
    schema: ApiSchema,
    stores: Stores,
    limits: Limits,
    documents: Documents,
}

/// A request as any transport brings it.
#[derive(Debug, Clone, Default)]
pub struct OperationRequest {
    pub query: String,
    pub operation_name: Option<String>,
    pub variables: Map<String, Value>,
    /// Refuse anything but a query, as GET must.
    pub only_queries: bool,
    pub caller: Caller,
}

/// A response and what a transport needs to know of it.
#[derive(Debug)]
pub struct Executed {
    /// The response as JSON.
    pub body: Vec<u8>,
    pub outcome: Outcome,
    /// The operation's name where the document has it, and its kind.
    pub operation_kind: &'static str,
    pub parse_time: Duration,
    /// Validation and execution.
    pub execute_time: Duration,
    /// SQL statements that the request ran.
    pub statements: u32,
}

/// What a request was opened to.
pub enum Opened {
    /// A query, a mutation, or what was refused: it has been answered.
    Answered(Executed),
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
    /// Refused before execution: the document or its variables are at fault.
    Refused,
    /// The operation may not be run by this method.
    MethodNotAllowed,
}

/// Errors in one response. More would only repeat themselves.
const MAX_ERRORS: usize = 10;

/// Validation reports misfit arguments in these words.
const MISFIT_ARGUMENT: &str = "Invalid value for argument ";

impl GraphqlService {
    /// Builds the schema over `stores`.
    pub fn new(stores: Stores, config: SchemaConfig) -> Self {
        let mut builder = Schema::build(Query, Mutation, Subscription)
            .data(config.limits)
            .data(PublicUrl::new(config.public_url))
            .data(ServiceFacts {
                version: config.version,
                started_at_ms: config.started_at_ms,
                started: Instant::now(),
                vitals: config.vitals,
            })
            .limit_complexity(config.limits.max_cost);
        if !config.introspection {
            builder = builder.disable_introspection().disable_suggestions();
        }
        Self {
            schema: builder.finish(),
            stores,
            limits: config.limits,
            documents: Documents::new(config.limits, config.introspection),
        }
    }

    /// Answers a request of any kind: a subscription as long as it lasts, the others at once.
    pub async fn open(&self, request: OperationRequest) -> Opened {
        match self.prepare(&request) {
            Ok((document, OperationType::Subscription)) => Opened::Answers(self.subscribe(request, document)),
            // The document is remembered, so that looking at it again costs nothing.
            _ => Opened::Answered(self.execute(request).await),
        }
    }

    fn subscribe(&self, request: OperationRequest, document: ExecutableDocument) -> Answers {
        let statements = Arc::new(StatementCount::default());
        let (request, loaders) = self.to_library(request, document, &statements);
        let responses = self.schema.execute_stream(request);
        let service = self.clone();
        let next = move |(mut responses, loaders): (BoxStream<'static, Response>, Arc<Loaders>)| {
            let service = service.clone();
            async move {
                let response = loaders.run(responses.next()).await?;
                // Each event is answered with what is true when it happens.
                loaders.forget();
                let (response, outcome) = service.finish(response);
                Some((to_bytes(&response, outcome), (responses, loaders)))
            }
        };
        stream::unfold((responses, loaders), next).boxed()
    }

    /// Answers one request.
    pub async fn execute(&self, request: OperationRequest) -> Executed {
        let statements = Arc::new(StatementCount::default());
        let started = Instant::now();
        let prepared = self.prepare(&request);
        let parse_time = started.elapsed();
        let operation_kind = prepared.as_ref().map_or("unknown", |(_, kind)| kind_name(*kind));
        let (response, outcome) = match prepared {
            Err(error) => (Response::from_errors(vec![*error]), Outcome::Refused),
            Ok((_, kind)) if request.only_queries && kind != OperationType::Query => {
                let error = ServerError::new("Only queries can be sent by GET; use POST.", None);
                (
                    Response::from_errors(vec![with_method_code(error)]),
                    Outcome::MethodNotAllowed,
                )
            }
            Ok((document, _)) => {
                let span = tracing::info_span!("graphql.execute", graphql.operation.type = operation_kind);
                self.run(request, document, &statements).instrument(span).await
            }
        };
        let execute_time = started.elapsed().saturating_sub(parse_time);
        Executed {
            body: to_bytes(&response, outcome),
            outcome,
            operation_kind,
            parse_time,
            execute_time,
            statements: statements.get(),
        }
    }

    /// Reads the document, and finds the operation to run.
    fn prepare(&self, request: &OperationRequest) -> Result<(ExecutableDocument, OperationType), Box<ServerError>> {
        let mut document = ExecutableDocument::clone(&*self.documents.parse(&request.query)?);
        let operation = chosen_operation(&document, request.operation_name.as_deref()).ok_or_else(|| {
            let message = "Name one of the document's operations in `operationName`.";
            Box::new(with_code(
                ServerError::new(message, None),
                Code::GraphqlValidationFailed,
            ))
        })?;
        let kind = operation.ty;
        variables::check_given(operation, &request.variables)?;
        variables::drop_page_sizes(&mut document, &request.variables);
        Ok((document, kind))
    }

    async fn run(
        &self,
        request: OperationRequest,
        document: ExecutableDocument,
        statements: &Arc<StatementCount>,
    ) -> (Response, Outcome) {
        let (request, loaders) = self.to_library(request, document, statements);
        let response = loaders.run(self.schema.execute(request)).await;
        self.finish(response)
    }

    /// A request as the library takes it, and the loaders that its fields will ask.
    fn to_library(
        &self,
        request: OperationRequest,
        document: ExecutableDocument,
        statements: &Arc<StatementCount>,
    ) -> (Request, Arc<Loaders>) {
        let loaders = Loaders::new(
            self.stores.catalog.counted_by(Arc::clone(statements)),
            self.stores.search.clone(),
        );
        let mut prepared = Request::new(request.query)
            .variables(Variables::from_json(Value::Object(request.variables)))
            .data(Arc::clone(&loaders))
            .data(request.caller);
        if let Some(name) = request.operation_name {
            prepared = prepared.operation_name(name);
        }
        prepared.set_parsed_query(document);
        (prepared, loaders)
    }

    /// Gives the library's response our codes, and says how far it came.
    fn finish(&self, mut response: Response) -> (Response, Outcome) {
        if response
            .errors
            .iter()
            .any(|error| !error.path.is_empty() && is_misfit_value(error))
        {
            refuse_misfits(&mut response);
        }
        let executed =
            response.data != async_graphql::Value::Null || response.errors.iter().any(|error| !error.path.is_empty());
        response.errors.truncate(MAX_ERRORS);
        response.errors = response.errors.into_iter().map(|error| self.classify(error)).collect();
        let outcome = match (executed, response.errors.is_empty()) {
            (_, true) => Outcome::Ok,
            (false, false) => Outcome::Refused,
            (true, false) if response.data == async_graphql::Value::Null => Outcome::NoData,
            (true, false) => Outcome::Partial,
        };
        (response, outcome)
    }

    /// Gives an error of the library's own its public code.
    fn classify(&self, error: ServerError) -> ServerError {
        if error.message == "Query is too complex." {
            return limits::cost_exceeded(&self.limits).into();
        }
        if let Some(rest) = error.message.strip_prefix(MISFIT_ARGUMENT) {
            let argument = rest
                .trim_start_matches('"')
                .split('"')
                .next()
                .unwrap_or_default()
                .to_owned();
            let mut error = with_code(error, Code::BadUserInput);
            error.extensions.get_or_insert_default().set("argument", argument);
            return error;
        }
        let code = if error.path.is_empty() && !is_misfit_value(&error) {
            Code::GraphqlValidationFailed
        } else {
            Code::BadUserInput
        };
        with_code(error, code)
    }
}

/// The schema as committed in `schema.graphql`.
pub fn sdl() -> String {
    let schema: ApiSchema = Schema::new(Query, Mutation, Subscription);
    let options = SDLExportOptions::new()
        .include_specified_by()
        .prefer_single_line_descriptions()
        .use_space_ident();
    schema.sdl_with_options(options)
}

/// Whether the library could not read a value. The validator lets a text through where an input object belongs, so that
/// only the field finds out; and the reckoning of costs reads arguments too.
fn is_misfit_value(error: &ServerError) -> bool {
    let is_librarys = error
        .extensions
        .as_ref()
        .is_none_or(|extensions| extensions.get("code").is_none());
    is_librarys
        && ["Expected input type ", "Failed to parse "]
            .iter()
            .any(|words| error.message.starts_with(words))
}

/// Makes of a response what it had been if the validator had found the values that do not fit.
fn refuse_misfits(response: &mut Response) {
    response.data = async_graphql::Value::Null;
    response.errors.retain(is_misfit_value);
    for error in &mut response.errors {
        error.path.clear();
    }
}

/// A request that was not executed has no `data`, not even null.
fn to_bytes(response: &Response, outcome: Outcome) -> Vec<u8> {
    #[derive(serde::Serialize)]
    struct Refusal<'a> {
        errors: &'a [ServerError],
    }
    let bytes = match outcome {
        Outcome::Refused | Outcome::MethodNotAllowed => sonic_rs::to_vec(&Refusal {
            errors: &response.errors,
        }),
        Outcome::Ok | Outcome::Partial | Outcome::NoData => sonic_rs::to_vec(response),
    };
    bytes.expect("a response is made of values that JSON has")
}

fn chosen_operation<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Option<&'a OperationDefinition> {
    let operation = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => operation,
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name)?,
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => operations.values().next()?,
        (DocumentOperations::Single(_), Some(_)) | (DocumentOperations::Multiple(_), None) => return None,
    };
    Some(&operation.node)
}

fn kind_name(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}

fn with_method_code(error: ServerError) -> ServerError {
    with_code(error, Code::MethodNotAllowed)
}
