//! Who asks, and what they may: scopes, keys, the sessions of the binary's own pages, and the clients that limits count by.
//!
//! It knows no HTTP: addresses, secrets and origins are handed to it as they came out of headers.

mod client;
mod clock;
mod keys;
mod origin;
mod scope;
mod sessions;

pub use client::Client;
pub use clock::Clock;
pub use keys::{
    BELIEVED_FOR, InvalidKeyName, KeyHolder, KeyName, KeyRecord, KeyRefused, KeyStore, Keys, NewKey, Revoked, Secret,
};
pub use origin::{NoOrigin, Origin};
pub use scope::{Scope, Scopes, UnknownScope};
pub use sessions::{SESSION_LIFE, Sessions};

use crate::database::{Database, DatabaseError};

/// By what a server tells who asks. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    pub keys: Keys,
    pub sessions: Sessions,
}

impl Access {
    /// Reads all that is known of it.
    pub async fn load(database: &Database, clock: Clock) -> Result<Self, DatabaseError> {
        Ok(Self {
            keys: Keys::load(database, clock.clone()).await?,
            sessions: Sessions::load(database, clock).await?,
        })
    }
}
