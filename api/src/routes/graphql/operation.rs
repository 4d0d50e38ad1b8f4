//! One operation on a connection that lasts, from its request to its last message.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use domain::operations::Operations;
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture};
use schema::{Answers, Code, Opened, OperationRequest, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};
use tokio::sync::{Semaphore, watch};

use super::{observe, outbox::Operation};
use crate::{
    middleware::overload::{Gate, overloaded},
    routes::Refused,
};

/// What requests are handed to.
pub(super) type Open = Arc<dyn Fn(OperationRequest) -> BoxFuture<'static, Opened> + Send + Sync>;

/// How the operations of one connection are run.
#[derive(Clone)]
pub(super) struct Running {
    pub(super) open: Open,
    /// How long a query or a mutation may take.
    pub(super) deadline: Duration,
    /// Taken by queries and mutations until their answers wait to be sent, so that few answers exist at a time.
    pub(super) turns: Arc<Semaphore>,
    pub(super) gate: Gate,
    /// Where it is noted that a request came to no operation.
    pub(super) operations: Operations,
    /// Held by queries and mutations, which an orderly end waits for.
    pub(super) _in_flight: watch::Receiver<()>,
}

impl Running {
    /// Runs `request` and sends what comes of it.
    ///
    /// # Errors
    /// The id under which the log has a panic.
    pub(super) async fn run(self, request: OperationRequest, operation: Operation) -> Result<(), String> {
        let operations = self.operations.clone();
        let run = AssertUnwindSafe(self.answer(request, operation)).catch_unwind();
        run.await.map_err(|panic| {
            let error_id = log_panic(panic.as_ref());
            operations.note_unanswered(&Refused::internal(&error_id).noted());
            error_id
        })
    }

    async fn answer(self, request: OperationRequest, operation: Operation) {
        let Ok(turn) = Arc::clone(&self.turns).acquire_owned().await else {
            return;
        };
        let Some(place) = self.gate.enter().await else {
            return self.refuse(&overloaded(), operation).await;
        };
        let opened = tokio::time::timeout(self.deadline, (self.open)(request)).await;
        drop(place);
        match opened {
            Err(_) => self.refuse(&took_too_long(self.deadline), operation).await,
            Ok(Opened::Answered(executed)) => {
                observe(&executed);
                match executed.outcome {
                    Outcome::Refused(_) => {
                        operation.refuse(errors_of(&executed.body)).await;
                    }
                    Outcome::Ok | Outcome::Partial | Outcome::NoData => operation.answer(executed.body.into()).await,
                }
            }
            Ok(Opened::Answers(answers)) => {
                drop((turn, self));
                follow(answers, operation).await;
            }
        }
    }

    /// Says that `operation` came to nothing, which is noted.
    pub(super) async fn refuse(&self, refused: &Refused, operation: Operation) {
        self.operations.note_unanswered(&refused.noted());
        operation.refuse(refused.errors().to_string()).await;
    }
}

/// Runs a subscription.
async fn follow(mut answers: Answers, operation: Operation) {
    let _active = Active::new();
    // Whether the document fits the schema is found out when its first event is asked for.
    match answers.next().await {
        Some(response) if is_refusal(&response) => return operation.refuse(errors_of(&response)).await,
        Some(response) => operation.event(response),
        None => {}
    }
    forward(answers, &operation).await;
    operation.complete().await;
}

/// Sends events until there are no more.
pub(super) async fn forward(mut answers: Answers, operation: &Operation) {
    while let Some(response) = answers.next().await {
        operation.event(response);
        // Events that are there already must not keep the thread from others.
        tokio::task::consume_budget().await;
    }
}

/// Counts a subscription as long as it runs.
pub(super) struct Active(());

impl Active {
    pub(super) fn new() -> Self {
        metrics::gauge!("subscriptions_active").increment(1);
        Self(())
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        metrics::gauge!("subscriptions_active").decrement(1);
    }
}

/// The members of a response, unread.
#[derive(Deserialize, Serialize)]
struct Response<'a> {
    #[serde(
        borrow,
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    data: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    errors: Option<&'a RawValue>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    extensions: Map<String, Value>,
}

/// A member that is there, were it null.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Whether the response is of a request that was not executed.
fn is_refusal(response: &[u8]) -> bool {
    serde_json::from_slice(response).is_ok_and(|response: Response<'_>| response.data.is_none())
}

/// The array of errors of a response.
fn errors_of(response: &[u8]) -> String {
    let parsed: Result<Response<'_>, _> = serde_json::from_slice(response);
    let errors = parsed.ok().and_then(|response| response.errors);
    errors.map_or_else(|| "[]".to_owned(), |errors| errors.get().to_owned())
}

/// Tells in a response how many before it were dropped, as the extension `droppedEvents`.
pub(super) fn tell_dropped(response: Vec<u8>, dropped: u64) -> Vec<u8> {
    if dropped == 0 {
        return response;
    }
    let parsed: Result<Response<'_>, _> = serde_json::from_slice(&response);
    let told = parsed.and_then(|mut parsed| {
        parsed.extensions.insert("droppedEvents".to_owned(), dropped.into());
        serde_json::to_vec(&parsed)
    });
    told.unwrap_or(response)
}

fn took_too_long(deadline: Duration) -> Refused {
    let deadline = deadline.as_millis();
    let message = format!("The operation took longer than {deadline} ms. Ask for less, or try again.");
    Refused::new(Code::Timeout, message)
}

/// Logs a panic, once, and gives the id that the client may know.
pub(super) fn log_panic(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    let error_id = uuid::Uuid::new_v4().to_string();
    tracing::error!(error_id, panic = text.unwrap_or("unknown"), "operation panicked");
    error_id
}

#[cfg(test)]
mod tests {
    use super::{errors_of, is_refusal, tell_dropped};

    #[test]
    fn a_refusal_has_errors_and_no_data() {
        for (response, expected) in [
            (r#"{"errors":[{"message":"x"}]}"#, true),
            (r#"{"data":null,"errors":[{"message":"x"}]}"#, false),
            (r#"{"data":{"a":1}}"#, false),
            (r#"{"data":{"errors":[1]},"extensions":{}}"#, false),
        ] {
            assert_eq!(is_refusal(response.as_bytes()), expected, "{response}");
        }
        assert_eq!(errors_of(br#"{"errors":[{"message":"x"}]}"#), r#"[{"message":"x"}]"#);
    }

    #[test]
    fn a_loss_is_told_beside_what_is_there() {
        for (response, dropped, expected) in [
            (r#"{"data":1}"#, 0, r#"{"data":1}"#),
            (
                r#"{"data":{"b":1,"a":2}}"#,
                3,
                r#"{"data":{"b":1,"a":2},"extensions":{"droppedEvents":3}}"#,
            ),
            (
                r#"{"data":1,"extensions":{"cost":2}}"#,
                1,
                r#"{"data":1,"extensions":{"cost":2,"droppedEvents":1}}"#,
            ),
        ] {
            let told = tell_dropped(response.into(), dropped);
            assert_eq!(String::from_utf8_lossy(&told), expected);
        }
    }
}
