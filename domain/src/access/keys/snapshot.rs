//! The keys of one moment, found by their secret or by their id.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use subtle::ConstantTimeEq as _;

use super::{
    secret::{self, SecretHash},
    store::KeyRecord,
};

/// A key that is not revoked.
pub(super) struct Key {
    pub(super) record: KeyRecord,
    pub(super) hash: SecretHash,
}

pub(super) struct Snapshot {
    pub(super) revision: i64,
    by_hash: HashMap<u64, Vec<Arc<Key>>>,
    by_id: HashMap<i64, Arc<Key>>,
}

impl Snapshot {
    pub(super) fn new(revision: i64, keys: Vec<Key>) -> Self {
        let mut by_hash: HashMap<u64, Vec<Arc<Key>>> = HashMap::with_capacity(keys.len());
        let mut by_id = HashMap::with_capacity(keys.len());
        for key in keys.into_iter().map(Arc::new) {
            by_hash.entry(beginning(&key.hash)).or_default().push(Arc::clone(&key));
            by_id.insert(key.record.id, key);
        }
        Self {
            revision,
            by_hash,
            by_id,
        }
    }

    /// The key of that secret.
    ///
    /// The beginning of its hash, compared as one number, says where to look; all of it is compared in a time that does not
    /// depend on how much of it is right.
    pub(super) fn of_secret(&self, secret: &str) -> Option<&Arc<Key>> {
        let hash = secret::hash(secret);
        let alike = self.by_hash.get(&beginning(&hash))?;
        alike.iter().find(|key| bool::from(key.hash.ct_eq(&hash)))
    }

    pub(super) fn of_id(&self, id: i64) -> Option<&Arc<Key>> {
        self.by_id.get(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }
}

fn beginning(hash: &SecretHash) -> u64 {
    u64::from_le_bytes(*hash.first_chunk().expect("a hash is longer than a number"))
}

#[cfg(test)]
mod tests {
    use super::{super::super::Scopes, Key, KeyRecord, Snapshot, secret};

    #[test]
    fn hashes_that_begin_alike_are_told_apart() {
        let key = |id: i64, hash: [u8; 32]| {
            let record = KeyRecord {
                id,
                name: String::new(),
                scopes: Scopes::NONE,
                origins: None,
                created_at_ms: 0,
                expires_at_ms: None,
                revoked_at_ms: None,
            };
            Key { record, hash }
        };
        let hash = secret::hash("a secret");
        for differs_at in [8, 31] {
            let mut other = hash;
            other[differs_at] ^= 1;
            let found = |keys: Vec<Key>| Snapshot::new(1, keys).of_secret("a secret").map(|key| key.record.id);
            assert_eq!(found(vec![key(1, other), key(2, hash)]), Some(2));
            assert_eq!(found(vec![key(1, other)]), None);
        }
    }
}
