//! Validation apart from execution: what the library's validator says of an operation, and what it costs.
//!
//! The library validates whatever it executes. Here a schema of its own validates and stops there, so that the other, which
//! executes, need not do it again. An extension is how the library lets itself be stopped; on the schema that executes there
//! is none, for each field would take a longer way.

use std::sync::{Arc, OnceLock};

use async_graphql::{
    Request, ServerError, ValidationResult, Variables as LibraryVariables,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
    parser::types::ExecutableDocument,
};
use futures_util::FutureExt as _;
use serde_json::Value;

use super::{Variables, Weight};
use crate::{
    errors::{Code, bad_argument, with_code},
    limits::Limits,
    paging,
    refusal::Refusal,
    service::ApiSchema,
};

/// Validates operations.
#[derive(Clone)]
pub(crate) struct Validator {
    schema: ApiSchema,
    default_page_size: u32,
}

/// Where the extension leaves what it found out.
#[derive(Clone, Default)]
struct Found(Arc<OnceLock<Weight>>);

/// Stops a request once it is validated.
pub(crate) struct StopAfterValidation;

impl ExtensionFactory for StopAfterValidation {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for StopAfterValidation {
    async fn validation(
        &self,
        context: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let valid = next.run(context).await?;
        if let Some(found) = context
            .query_data
            .and_then(|data| data.get(&std::any::TypeId::of::<Found>()))
        {
            let weight = Weight {
                cost: valid.complexity,
                // Fields say beside themselves where they answer otherwise.
                is_public: valid.cache_control.public && valid.cache_control.max_age >= 0,
            };
            let _ = found.downcast_ref::<Found>().map(|found| found.0.set(weight));
        }
        Err(Vec::new())
    }
}

impl Validator {
    /// Over a schema that was built with [`StopAfterValidation`].
    pub(crate) fn new(schema: ApiSchema, limits: &Limits) -> Self {
        Self {
            schema,
            default_page_size: paging::default_size(limits),
        }
    }

    /// What the operation weighs, where it fits the schema with these variables.
    pub(super) fn weight(
        &self,
        document: ExecutableDocument,
        operation: Option<&str>,
        variables: Variables,
    ) -> Result<Weight, Refusal> {
        self.validate(document, operation, variables).map_err(refusal)
    }

    /// Whether a document fits the schema, whatever its variables are; and what it costs, where that does not depend on them.
    pub(super) fn check(&self, document: &ExecutableDocument) -> Result<Option<usize>, Refusal> {
        let errors = match self.validate(document.clone(), None, Variables::new()) {
            Ok(weight) => return Ok(Some(weight.cost)),
            // The reckoning of costs misses the variables' values.
            Err(errors) => errors
                .into_iter()
                .filter(|error| !is_misfit_value(error) && !is_missing_value(error)),
        };
        let errors: Vec<ServerError> = errors.collect();
        if errors.is_empty() {
            Ok(None)
        } else {
            Err(refusal(errors))
        }
    }

    fn validate(
        &self,
        document: ExecutableDocument,
        operation: Option<&str>,
        variables: Variables,
    ) -> Result<Weight, Vec<ServerError>> {
        let found = Found::default();
        let mut request = Request::new(String::new())
            .variables(LibraryVariables::from_json(Value::Object(variables)))
            .data(found.clone());
        if let Some(name) = operation {
            request = request.operation_name(name);
        }
        request.set_parsed_query(document);
        let validate = || self.schema.execute(request).now_or_never();
        let response = paging::with_default_size(self.default_page_size, validate);
        let errors = response.expect("nothing is awaited before execution").errors;
        found.0.get().copied().ok_or(errors)
    }
}

/// Validation reports misfit arguments in these words.
const MISFIT_ARGUMENT: &str = "Invalid value for argument ";

fn refusal(errors: Vec<ServerError>) -> Refusal {
    Refusal::from_errors(errors.into_iter().map(classified).collect())
}

/// Gives an error of the validator its public code.
fn classified(error: ServerError) -> ServerError {
    let argument = error.message.strip_prefix(MISFIT_ARGUMENT).map(|rest| {
        let rest = rest.trim_start_matches('"');
        rest.split('"').next().unwrap_or_default().to_owned()
    });
    match argument {
        Some(argument) => bad_argument(error, argument),
        None if is_misfit_value(&error) => with_code(error, Code::BadUserInput),
        None => with_code(error, Code::GraphqlValidationFailed),
    }
}

/// Whether the reckoning of costs found no value for a variable. Of one that is not declared, the validator says so in other words
/// too.
fn is_missing_value(error: &ServerError) -> bool {
    let name = error.message.strip_prefix("Variable ");
    let name = name.and_then(|rest| rest.strip_suffix(" is not defined."));
    name.is_some_and(|name| !name.contains(['"', '$', ' ']))
}

/// Whether the library could not read a value. The validator lets a text through where an input object belongs, so that
/// only the field finds out; and the reckoning of costs reads arguments too.
pub(crate) fn is_misfit_value(error: &ServerError) -> bool {
    let is_librarys = error
        .extensions
        .as_ref()
        .is_none_or(|extensions| extensions.get("code").is_none());
    is_librarys
        && ["Expected input type ", "Failed to parse "]
            .iter()
            .any(|words| error.message.starts_with(words))
}
