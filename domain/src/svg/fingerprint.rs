//! A short name for exactly these bytes, for caches to compare.

use xxhash_rust::xxh3::xxh3_128;

/// 32 hex digits that another document practically never has. Not for anything that somebody gains by forging.
pub fn of(document: &[u8]) -> String {
    format!("{:032x}", xxh3_128(document))
}
