//! The harness of the tests: a running server over a database of its own, and what to ask it.
//!
//! A test is written once and runs on each engine:
//!
//! ```ignore
//! on_each_engine! {
//!     async fn finds_an_icon(engine) {
//!         let app = TestApp::with_garden(engine).await;
//!         let reply = app.graphql(r#"{ icon(by: { name: "garden:tree" }) { name } }"#).await;
//!         assert_eq!(reply.data("/icon/name"), "garden:tree");
//!     }
//! }
//! ```

#![allow(clippy::missing_panics_doc, reason = "a harness fails tests by panicking")]

mod app;
mod child;
mod collector;
mod database;
mod fixtures;
mod link;
mod own_postgres;
mod own_redis;
mod process;
mod receiver;
mod reply;
mod shared;
mod socket;
mod sql;
mod wire;

pub use app::{Builder, NOW_MS, TestApp};
pub use child::{Ended, Iconql, Running, eventually};
pub use collector::{Collector, Span};
pub use database::{Engine, MIGRATIONS, TestDatabase};
pub use fixtures::{
    clients, fixture, keyword_packages, oracle, starter_package, starter_packages, whole_catalog, workspace_root,
};
pub use link::Link;
pub use own_postgres::{OwnPostgres, runs_as_root};
pub use own_redis::{OwnRedis, shared_redis_url};
pub use process::{Finished, Process, run};
pub use receiver::{Delivery, Receiver};
pub use reply::Reply;
pub use socket::{Refusal, Socket};
pub use sql::Held;
pub use wire::{Answer, Wire, address};

/// Makes two tests of each function: `name::sqlite` and `name::postgres`.
///
/// They run on a runtime with several threads, as the server does: what only holds on one thread must not pass.
#[macro_export]
macro_rules! on_each_engine {
    ($($(#[$meta:meta])* async fn $name:ident($engine:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "a test may need nothing from around it")]
            use super::*;

            $(#[$meta])*
            async fn check($engine: $crate::Engine) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                check($crate::Engine::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                check($crate::Engine::Postgres).await;
            }
        }
    )*};
}
