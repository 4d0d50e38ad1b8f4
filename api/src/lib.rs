//! The process: configuration, commands, and the HTTP server around the schema.
//!
//! It resolves no field, writes no SQL and decides nothing about icons.

mod alerts;
mod caller;
mod client_address;
pub mod commands;
pub mod config;
mod http_cache;
mod middleware;
mod router;
mod routes;
mod server;
mod telemetry;
mod trusted_documents;

pub use alerts::WebhookError;
pub use commands::main;
pub use schema::Stores;
pub use server::{RunningServer, ServeError, TlsError, start};
