//! What instances tell each other of this moment, while somebody on any of them follows it.
//!
//! It goes through Redis, where nothing of it is kept: what is told while nobody listens, or while Redis is away, is lost, and whoever
//! follows sees this instance alone meanwhile. No request waits for any of it.

mod exchange;
mod followers;

pub use exchange::{Exchange, Teller};
pub use followers::{Followers, Following, Reach};
