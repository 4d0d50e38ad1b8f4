//! The messages of graphql-transport-ws, read strictly.
//!
//! Source: PROTOCOL.md of the npm package `graphql-ws`.

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use crate::routes::graphql::decode::{Body, check_values};

/// Longest id of an operation: every message of it repeats the id.
pub(super) const MAX_ID_BYTES: usize = 256;

/// What a client may say.
#[derive(Debug)]
pub(super) enum ClientMessage {
    Init(Map<String, Value>),
    /// With what is to be sent back.
    Ping(Option<Box<RawValue>>),
    Pong,
    Subscribe {
        id: String,
        payload: Body,
    },
    Complete {
        id: String,
    },
}

/// What makes a message none. The texts are the reasons of the close.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("A message is a JSON object")]
    Json,
    #[error("A message holds fewer values")]
    TooMuch,
    #[error("A message has a 'type', which is a string")]
    Type,
    #[error("Clients do not send messages of type '{0}'")]
    UnknownType(String),
    #[error("A '{0}' message has an 'id', which is a string that is not empty")]
    Id(&'static str),
    #[error("An 'id' has at most {MAX_ID_BYTES} bytes")]
    LongId,
    #[error("The 'payload' of a '{0}' message is an object, null or missing")]
    Payload(&'static str),
    #[error("The 'payload' of a 'subscribe' message is an object with a 'query', which is a string")]
    Query,
    #[error("The 'payload' of a 'subscribe' message does not fit: {0}")]
    Subscribe(String),
}

/// The members that messages have.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

impl ClientMessage {
    /// Reads a text message.
    ///
    /// # Errors
    /// Says what is wrong with one that the protocol does not have.
    pub(super) fn read(text: &str) -> Result<Self, Malformed> {
        check_values(text.as_bytes()).map_err(|_| Malformed::TooMuch)?;
        let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|_| Malformed::Json)?;
        let kind: String = envelope.kind.and_then(parsed).ok_or(Malformed::Type)?;
        match kind.as_str() {
            "connection_init" => {
                let payload = envelope.object("connection_init")?;
                let payload = payload.map(|payload| serde_json::from_str(payload.get()));
                Ok(Self::Init(
                    payload.transpose().map_err(|_| Malformed::Json)?.unwrap_or_default(),
                ))
            }
            "ping" => Ok(Self::Ping(envelope.object("ping")?.map(ToOwned::to_owned))),
            "pong" => envelope.object("pong").map(|_| Self::Pong),
            "subscribe" => Ok(Self::Subscribe {
                id: envelope.id("subscribe")?,
                payload: envelope.operation()?,
            }),
            "complete" => Ok(Self::Complete {
                id: envelope.id("complete")?,
            }),
            _ => Err(Malformed::UnknownType(kind)),
        }
    }
}

impl<'a> Envelope<'a> {
    fn object(&self, kind: &'static str) -> Result<Option<&'a RawValue>, Malformed> {
        match self.payload {
            Some(payload) if !is_object(payload) => Err(Malformed::Payload(kind)),
            payload => Ok(payload),
        }
    }

    fn id(&self, kind: &'static str) -> Result<String, Malformed> {
        let id: Option<String> = self.id.and_then(parsed);
        let id = id.filter(|id| !id.is_empty()).ok_or(Malformed::Id(kind))?;
        if id.len() > MAX_ID_BYTES {
            return Err(Malformed::LongId);
        }
        Ok(id)
    }

    fn operation(&self) -> Result<Body, Malformed> {
        #[derive(Deserialize)]
        struct WithQuery<'a> {
            #[serde(borrow)]
            query: Option<&'a RawValue>,
        }
        let payload = self
            .payload
            .filter(|payload| is_object(payload))
            .ok_or(Malformed::Query)?;
        let with_query: Option<WithQuery<'_>> = parsed(payload);
        let query: Option<String> = with_query.and_then(|with_query| with_query.query).and_then(parsed);
        query.ok_or(Malformed::Query)?;
        serde_json::from_str(payload.get()).map_err(|error| Malformed::Subscribe(error.to_string()))
    }
}

fn parsed<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

fn is_object(raw: &RawValue) -> bool {
    raw.get().trim_start().starts_with('{')
}

/// `connection_ack`.
pub(super) fn ack() -> String {
    r#"{"type":"connection_ack"}"#.to_owned()
}

/// `pong`, with what the ping had.
pub(super) fn pong(payload: Option<&RawValue>) -> String {
    match payload {
        Some(payload) => format!(r#"{{"type":"pong","payload":{}}}"#, payload.get()),
        None => r#"{"type":"pong"}"#.to_owned(),
    }
}

/// `next`, with a response as JSON.
pub(super) fn next(id: &str, response: &str) -> String {
    of_operation("next", id, Some(response))
}

/// `error`, with an array of errors as JSON.
pub(super) fn error(id: &str, errors: &str) -> String {
    of_operation("error", id, Some(errors))
}

/// `complete`.
pub(super) fn complete(id: &str) -> String {
    of_operation("complete", id, None)
}

fn of_operation(kind: &str, id: &str, payload: Option<&str>) -> String {
    let id = serde_json::to_string(id).expect("a text can be written as JSON");
    match payload {
        Some(payload) => format!(r#"{{"id":{id},"type":"{kind}","payload":{payload}}}"#),
        None => format!(r#"{{"id":{id},"type":"{kind}"}}"#),
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientMessage, MAX_ID_BYTES, Malformed, complete, error, next, pong};

    fn id_of_length(length: usize) -> String {
        format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(length))
    }

    #[test]
    fn what_the_protocol_has_is_read() {
        for text in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":null}"#,
            r#" {"payload":{"a":1} , "type":"connection_init"} "#,
            r#"{"type":"ping"}"#,
            r#"{"type":"ping","payload":{}}"#,
            r#"{"type":"pong","payload":null}"#,
            r#"{"type":"complete","id":"1","unknown":[1]}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":""}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":null,"variables":null,"extensions":null}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":"a","variables":{},"extensions":{},"more":1}}"#,
        ] {
            let read = ClientMessage::read(text);
            assert!(read.is_ok(), "{text}: {read:?}");
        }
        assert!(ClientMessage::read(&id_of_length(MAX_ID_BYTES)).is_ok());
    }

    #[test]
    fn whatever_else_is_refused() {
        let unknown = |kind: &str| Malformed::UnknownType(kind.to_owned());
        for (text, expected) in [
            ("", Malformed::Json),
            ("hello", Malformed::Json),
            ("[]", Malformed::Json),
            ("null", Malformed::Json),
            (r#"{"type":"ping"}{}"#, Malformed::Json),
            (r#"{"type":"ping","type":"pong"}"#, Malformed::Json),
            ("{}", Malformed::Type),
            (r#"{"type":null}"#, Malformed::Type),
            (r#"{"type":7}"#, Malformed::Type),
            (r#"{"type":"start"}"#, unknown("start")),
            (r#"{"type":"connection_ack"}"#, unknown("connection_ack")),
            (r#"{"type":"next","id":"1","payload":{}}"#, unknown("next")),
            (r#"{"type":"error","id":"1","payload":[]}"#, unknown("error")),
            (
                r#"{"type":"connection_init","payload":[]}"#,
                Malformed::Payload("connection_init"),
            ),
            (
                r#"{"type":"connection_init","payload":"x"}"#,
                Malformed::Payload("connection_init"),
            ),
            (r#"{"type":"ping","payload":0}"#, Malformed::Payload("ping")),
            (r#"{"type":"pong","payload":true}"#, Malformed::Payload("pong")),
            (r#"{"type":"complete"}"#, Malformed::Id("complete")),
            (r#"{"type":"complete","id":""}"#, Malformed::Id("complete")),
            (r#"{"type":"complete","id":1}"#, Malformed::Id("complete")),
            (
                r#"{"type":"subscribe","id":null,"payload":{"query":"{a}"}}"#,
                Malformed::Id("subscribe"),
            ),
            (r#"{"type":"subscribe","id":"1"}"#, Malformed::Query),
            (r#"{"type":"subscribe","id":"1","payload":null}"#, Malformed::Query),
            (r#"{"type":"subscribe","id":"1","payload":"{a}"}"#, Malformed::Query),
            (
                r#"{"type":"subscribe","id":"1","payload":["{a}",null,null,null]}"#,
                Malformed::Query,
            ),
            (r#"{"type":"subscribe","id":"1","payload":{}}"#, Malformed::Query),
            (
                r#"{"type":"subscribe","id":"1","payload":{"query":null}}"#,
                Malformed::Query,
            ),
            (
                r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
                Malformed::Query,
            ),
            (&id_of_length(MAX_ID_BYTES + 1), Malformed::LongId),
        ] {
            assert_eq!(ClientMessage::read(text).expect_err(text), expected, "{text}");
        }
        for payload in [
            r#"{"query":"{a}","variables":[]}"#,
            r#"{"query":"{a}","variables":"{}"}"#,
            r#"{"query":"{a}","operationName":1}"#,
            r#"{"query":"{a}","extensions":[]}"#,
        ] {
            let text = format!(r#"{{"type":"subscribe","id":"1","payload":{payload}}}"#);
            let refused = ClientMessage::read(&text);
            assert!(
                matches!(refused, Err(Malformed::Subscribe(_))),
                "{payload}: {refused:?}"
            );
        }
        for (depth, expected) in [(40_000, Malformed::Json), (100_000, Malformed::TooMuch)] {
            let deep = format!(r#"{{"type":"ping","payload":{{"a":{}"#, "[".repeat(depth));
            assert_eq!(ClientMessage::read(&deep).expect_err("deep"), expected);
        }
    }

    #[test]
    fn answers_are_written_as_the_protocol_has_them() {
        let Ok(ClientMessage::Ping(payload)) = ClientMessage::read(r#"{"type":"ping","payload":{ "a": [1.50] }}"#)
        else {
            panic!("a ping");
        };
        assert_eq!(pong(payload.as_deref()), r#"{"type":"pong","payload":{ "a": [1.50] }}"#);
        assert_eq!(pong(None), r#"{"type":"pong"}"#);
        assert_eq!(
            next("1", r#"{"data":1}"#),
            r#"{"id":"1","type":"next","payload":{"data":1}}"#
        );
        assert_eq!(error("\"", "[]"), r#"{"id":"\"","type":"error","payload":[]}"#);
        assert_eq!(complete("ü\n"), "{\"id\":\"ü\\n\",\"type\":\"complete\"}");
    }
}
