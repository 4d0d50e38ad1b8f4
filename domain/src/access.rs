//! Who asks, and what they may: scopes, and the clients that limits count by.
//!
//! It knows no HTTP: addresses and secrets are handed to it as they came out of headers.

mod client;
mod scope;

pub use client::Client;
pub use scope::{Scope, Scopes, UnknownScope};
