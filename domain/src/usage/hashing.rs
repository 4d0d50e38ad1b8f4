//! Users and sessions, told apart without being known: keyed hashes, which say nothing to whoever has the database without the key.

use ring::hmac;

use crate::database::{Database, DatabaseError};

/// Fewest bytes of a key that is configured.
pub const MIN_KEY_BYTES: usize = 16;

/// Hashes ids with a key. One id has one hash for as long as the key is the same.
pub(super) struct Hashing(hmac::Key);

impl Hashing {
    /// By `key`, or else by the one that servers of `database` share.
    pub(super) async fn open(database: &Database, key: Option<&str>) -> Result<Self, DatabaseError> {
        if let Some(key) = key {
            return Ok(Self::with(key.as_bytes()));
        }
        let sql = "SELECT secret FROM server_secret WHERE name = 'usage'";
        let rows = database.query("server_secret", sql, vec![]).await?;
        let missing = || DatabaseError::Other("the table server_secret has no row `usage`".to_owned());
        let secret: Vec<u8> = rows.first().ok_or_else(missing)?.try_get_by_index(0)?;
        Ok(Self::with(&secret))
    }

    fn with(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// What the key is known by, which says nothing about it: other keys have other marks.
    fn mark(&self) -> Vec<u8> {
        let tag = hmac::sign(&self.0, b"iconql usage key");
        tag.as_ref()[..8].to_vec()
    }

    pub(super) fn user(&self, id: &str) -> i64 {
        self.hash(b"user\0", id)
    }

    pub(super) fn session(&self, id: &str) -> i64 {
        self.hash(b"session\0", id)
    }

    /// 64 bits, never 0: of a million users, two are taken for one in one of thirty million databases.
    fn hash(&self, of: &[u8], id: &str) -> i64 {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(of);
        context.update(id.as_bytes());
        let tag = context.sign();
        let first = tag.as_ref().first_chunk().expect("SHA-256 gives 32 bytes");
        i64::from_le_bytes(*first) | 1
    }
}

/// What the key is known by that users and sessions are hashed with: `key`, or else that of `database`.
pub(crate) async fn usage_key_mark(database: &Database, key: Option<&str>) -> Result<Vec<u8>, DatabaseError> {
    Ok(Hashing::open(database, key).await?.mark())
}

#[cfg(test)]
mod tests {
    use super::Hashing;

    #[test]
    fn ids_are_told_apart_by_kind_and_key() {
        let (hashing, other) = (Hashing::with(b"one key of many"), Hashing::with(b"another"));
        assert_eq!(hashing.user("ann"), hashing.user("ann"));
        let hashes = [
            hashing.user("ann"),
            hashing.user("bob"),
            hashing.session("ann"),
            other.user("ann"),
        ];
        for (place, hash) in hashes.iter().enumerate() {
            assert!(*hash != 0 && !hashes[..place].contains(hash), "{place}");
        }
    }
}
