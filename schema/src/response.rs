//! From the library's response to the bytes of ours: public codes, how far the request came, and what it came to.

use async_graphql::{Response, ServerError, Value, parser::types::OperationType};

use crate::{
    documents::is_misfit_value,
    errors::{Code, shorten, with_code},
    request::Outcome,
    serialized::{has_spliced, spliced, unspliced},
};

/// Why a response can be written.
const WRITABLE: &str = "a response is made of values that JSON has";

/// Errors in one response. More would only repeat themselves.
const MAX_ERRORS: usize = 10;

/// Gives the library's response our codes, and says how far the request came.
pub(crate) fn finish(mut response: Response) -> (Response, Outcome) {
    let is_misfit_field = |error: &ServerError| !error.path.is_empty() && is_misfit_value(error);
    if response.errors.iter().any(is_misfit_field) {
        refuse_misfits(&mut response);
    }
    let was_executed = response.data != Value::Null || response.errors.iter().any(|error| !error.path.is_empty());
    response.errors.truncate(MAX_ERRORS);
    // What has no code of ours is the library's, of a value that it could not read.
    let coded = response
        .errors
        .into_iter()
        .map(|error| shorten(with_code(error, Code::BadUserInput)));
    response.errors = coded.collect();
    let outcome = match (was_executed, response.errors.is_empty()) {
        (_, true) => Outcome::Ok,
        (false, false) => Outcome::Refused(Code::BadUserInput),
        (true, false) if response.data == Value::Null => Outcome::NoData,
        (true, false) => Outcome::Partial,
    };
    (response, outcome)
}

/// Makes of a response what it had been if the validator had found the values that do not fit.
fn refuse_misfits(response: &mut Response) {
    response.data = Value::Null;
    response.errors.retain(is_misfit_value);
    for error in &mut response.errors {
        error.path.clear();
    }
}

pub(crate) fn refused(mut errors: Vec<ServerError>) -> Response {
    errors.truncate(MAX_ERRORS);
    Response::from_errors(errors.into_iter().map(shorten).collect())
}

/// The objects of a response, which are what costs are counted in.
pub(crate) fn objects(value: &Value) -> usize {
    match value {
        Value::Object(fields) => 1 + fields.values().map(objects).sum::<usize>(),
        Value::List(items) => items.iter().map(objects).sum(),
        _ => 0,
    }
}

/// A request that was not executed has no `data`, not even null.
pub(crate) fn to_bytes(response: Response, outcome: Outcome) -> Vec<u8> {
    #[derive(serde::Serialize)]
    struct Refused<'a> {
        errors: &'a [ServerError],
    }
    match outcome {
        Outcome::Refused(_) => {
            let refused = Refused {
                errors: &response.errors,
            };
            sonic_rs::to_vec(&refused).expect(WRITABLE)
        }
        Outcome::Ok | Outcome::Partial | Outcome::NoData => executed_to_bytes(response),
    }
}

/// The bytes of a response of which parts may be bytes already.
fn executed_to_bytes(mut response: Response) -> Vec<u8> {
    if has_spliced(&response.data) {
        if response.errors.is_empty() && response.extensions.is_empty() {
            return spliced(&response.data);
        }
        response.data = unspliced(response.data);
    }
    sonic_rs::to_vec(&response).expect(WRITABLE)
}

pub(crate) fn kind_name(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}
