//! When a batch is sent: once every sibling field has had its turn, without a timer.
//!
//! A timer, however short, waits for the next tick of the runtime's clock: two milliseconds for each depth of a request,
//! against microseconds for giving way twice.

use std::time::Duration;

use async_graphql::runtime::Timer;
use futures_util::{
    FutureExt as _,
    future::BoxFuture,
    task::{FutureObj, Spawn, SpawnError},
};
use tracing::Instrument as _;

/// Waits for the fields of the same depth by giving way to other tasks.
pub(super) struct AfterSiblings;

impl Timer for AfterSiblings {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
        .boxed()
    }
}

/// Runs batches on the runtime, under the request's span so that their statements show up in its trace.
pub(super) struct InRequest(tokio::runtime::Handle);

impl InRequest {
    pub(super) fn current() -> Self {
        Self(tokio::runtime::Handle::current())
    }
}

impl Spawn for InRequest {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        drop(self.0.spawn(future.in_current_span()));
        Ok(())
    }
}
