//! A request taken out of a body or an address.

use axum::http::{HeaderMap, HeaderName, header};
use domain::{access::Scope, usage::Agent};
use schema::{Caller, DocumentSource, OperationKinds, OperationRequest};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::routes::Refused;

/// What a client's program calls itself, in the header that Apollo's clients send.
pub(crate) const CLIENT_NAME: HeaderName = HeaderName::from_static("apollographql-client-name");
/// Whoever sends it as `1` is told what the operation cost.
pub(crate) const WANTS_COST: HeaderName = HeaderName::from_static("x-iconql-cost");

/// A request as it stands in a body. What else a client may put there is its own affair.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub(super) struct Body {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<Map<String, Value>>,
    extensions: Option<Extensions>,
    document_id: Option<String>,
}

/// A request as it stands in an address.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Address {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
    document_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    persisted_query: Option<PersistedQuery>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PersistedQuery {
    version: u64,
    sha256_hash: String,
}

/// What a body brings.
pub(crate) enum Posted {
    One(OperationRequest),
    Batch(Vec<OperationRequest>),
}

/// What the headers say of every request of a body.
pub(crate) struct Sender<'a> {
    pub(crate) caller: Caller,
    pub(crate) headers: &'a HeaderMap,
    /// In which a trusted proxy says where the client is; of others, requests do not have it.
    pub(crate) country_header: Option<&'a HeaderName>,
}

impl Sender<'_> {
    fn is_told_costs(&self) -> bool {
        self.headers.get(WANTS_COST).is_some_and(|value| value == "1")
    }

    fn client_name(&self) -> Option<String> {
        Some(self.headers.get(CLIENT_NAME)?.to_str().ok()?.to_owned())
    }

    /// What is known of who records usage; nothing of those who may not.
    pub(crate) fn agent(&self) -> Agent {
        if !self.caller.scopes.contains(Scope::UsageWrite) {
            return Agent::default();
        }
        let text = |name: &HeaderName| self.headers.get(name)?.to_str().ok();
        Agent {
            user_agent: text(&header::USER_AGENT).map(Box::from),
            // Proxies have words for what they do not know.
            country: self
                .country_header
                .and_then(text)
                .and_then(|country| country.parse().ok()),
        }
    }
}

/// JSON values of a body, or of a message of a socket. Each takes two hundred bytes of memory once it is read, whether it is of any
/// use or not; the largest lawful bodies have ten thousand.
const MAX_VALUES: usize = 50_000;

/// Refuses a text that would be many values, before it is read.
///
/// # Errors
/// How many there are.
pub(crate) fn check_values(json: &[u8]) -> Result<(), Refused> {
    // Each takes a byte at least.
    if json.len() < MAX_VALUES {
        return Ok(());
    }
    let values = count_values(json);
    if values > MAX_VALUES {
        return Err(Refused::limit("maxBodyValues", MAX_VALUES, values));
    }
    Ok(())
}

/// At most how many values a text has: one, and another behind each bracket and each comma that stands in no string.
fn count_values(json: &[u8]) -> usize {
    let (mut values, mut in_string, mut is_escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => values += 1,
            _ => {}
        }
    }
    values
}

/// Reads a body of one request, or of at most `most` in an array.
pub(crate) fn from_body(body: &[u8], sender: &Sender<'_>, most: usize) -> Result<Posted, Refused> {
    check_values(body)?;
    let is_batch = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if !is_batch {
        return Ok(Posted::One(request(read(body)?, sender)?));
    }
    if most == 0 {
        return Err(Refused::bad(
            "Batches of operations are not taken here. Send one at a time, or all in one document.",
        ));
    }
    let bodies: Vec<Body> = read(body)?;
    if bodies.is_empty() {
        return Err(Refused::bad("The batch is empty."));
    }
    if bodies.len() > most {
        return Err(Refused::limit("maxOperations", most, bodies.len()));
    }
    let requests = bodies.into_iter().map(|body| request(body, sender));
    Ok(Posted::Batch(requests.collect::<Result<_, _>>()?))
}

/// Reads a request from an address.
pub(crate) fn from_address(address: Address, sender: &Sender<'_>) -> Result<OperationRequest, Refused> {
    let body = Body {
        query: address.query,
        operation_name: address.operation_name,
        variables: parameter("variables", address.variables.as_deref())?,
        extensions: parameter("extensions", address.extensions.as_deref())?,
        document_id: address.document_id,
    };
    Ok(OperationRequest {
        kinds: OperationKinds::Queries,
        ..request(body, sender)?
    })
}

fn parameter<'a, T: Deserialize<'a>>(name: &str, text: Option<&'a str>) -> Result<Option<T>, Refused> {
    let text = text.filter(|text| !text.is_empty());
    let value = text.map(serde_json::from_str).transpose();
    value.map_err(|error| Refused::bad(&format!("`{name}` must be a JSON object: {error}.")))
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::bad(&format!("The body is no GraphQL request: {error}.")))
}

/// The request of the payload of a socket's message. There a document has a text in any case, if an empty one.
pub(super) fn from_payload(mut body: Body, sender: &Sender<'_>) -> Result<OperationRequest, Refused> {
    let is_named = body.document_id.is_some()
        || (body.extensions.as_ref()).is_some_and(|extensions| extensions.persisted_query.is_some());
    if is_named {
        body.query = body.query.filter(|text| !text.is_empty());
    }
    request(body, sender)
}

fn request(body: Body, sender: &Sender<'_>) -> Result<OperationRequest, Refused> {
    let persisted = body.extensions.and_then(|extensions| extensions.persisted_query);
    let document = match (body.query, body.document_id, persisted) {
        (Some(text), None, None) => DocumentSource::Text(text),
        (None, Some(id), None) => DocumentSource::Id(id),
        (
            text,
            None,
            Some(PersistedQuery {
                version: 1,
                sha256_hash,
            }),
        ) => DocumentSource::Hash {
            sha256: sha256_hash,
            text,
        },
        (_, None, Some(_)) => return Err(Refused::bad("Of `persistedQuery` version 1 is spoken here.")),
        (None, None, None) => {
            return Err(Refused::bad(
                "Give the document in `query`, its id in `documentId`, or its hash in `extensions.persistedQuery`.",
            ));
        }
        (_, Some(_), _) => return Err(Refused::bad("Give either `documentId` or `query`, not both.")),
    };
    Ok(OperationRequest {
        document,
        operation_name: body.operation_name,
        variables: body.variables.unwrap_or_default(),
        kinds: OperationKinds::All,
        only_persisted: false,
        wants_cost: sender.is_told_costs(),
        client_name: sender.client_name(),
        caller: sender.caller,
        agent: sender.agent(),
    })
}

/// Whether a body is JSON in UTF-8, which no page of another site can send without being asked first.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| mediatype::MediaType::parse(value.to_str().ok()?).ok());
    content_type.is_some_and(|media_type| {
        use mediatype::{ReadParams as _, names::CHARSET};
        let essence = media_type.essence().to_string();
        let is_utf_8 = |charset: mediatype::Value<'_>| charset.unquoted_str().eq_ignore_ascii_case("utf-8");
        ["application/json", "application/graphql-response+json"]
            .iter()
            .any(|known| essence.eq_ignore_ascii_case(known))
            && media_type.get_param(CHARSET).is_none_or(is_utf_8)
    })
}

#[cfg(test)]
mod tests {
    use super::{MAX_VALUES, check_values, count_values};

    #[test]
    fn values_are_counted_outside_strings() {
        for (json, expected) in [
            ("1", 1),
            ("[]", 2),
            (r#"{"a":[1,{}]}"#, 5),
            (r#"{"a":"[,{\",[","b":2}"#, 3),
            (r#""\\",["#, 3),
        ] {
            assert_eq!(count_values(json.as_bytes()), expected, "{json}");
        }
        let of = |values: usize| format!("[{}1]", "1,".repeat(values - 2));
        assert!(check_values(of(MAX_VALUES).as_bytes()).is_ok());
        assert!(check_values(of(MAX_VALUES + 1).as_bytes()).is_err());
    }
}
