//! How an entry is written in Redis: a check, what is known of it, and the value, compressed where that pays.

use std::sync::atomic::{AtomicBool, AtomicU32};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{
    resource::{Entry, Resource},
    timing::Life,
};

/// Bytes of a value from which on it is compressed. Half of all icons are shorter than 400 bytes, of which a third would go; a
/// value of this size loses 250 bytes for ten microseconds.
const COMPRESSED_FROM: usize = 512;

/// zstd's fastest: the ratio hardly grows with the level where values are this short.
const LEVEL: i32 = 1;

/// The longest value that is kept there. One icon in some thousands is longer.
const MOST_BYTES: usize = 256 << 10;

/// What comes before the value.
#[derive(Serialize, Deserialize)]
struct Header {
    stamp: i64,
    life: Life,
    body: Body,
}

#[derive(Serialize, Deserialize)]
enum Body {
    Nothing,
    Plain,
    /// Of so many bytes.
    Compressed(u32),
}

/// An entry as bytes; none where it is too long to be worth it.
pub(super) fn encode<R: Resource>(entry: &Entry<R>, name: &str) -> Option<Vec<u8>> {
    let value = entry.value.as_ref().map_or(Some(Vec::new()), R::encode)?;
    if value.len() > MOST_BYTES {
        return None;
    }
    let (body, value) = if entry.value.is_none() {
        (Body::Nothing, value)
    } else if value.len() >= COMPRESSED_FROM {
        let length = u32::try_from(value.len()).ok()?;
        (Body::Compressed(length), zstd::bulk::compress(&value, LEVEL).ok()?)
    } else {
        (Body::Plain, value)
    };
    let header = Header {
        stamp: entry.stamp,
        life: entry.life,
        body,
    };
    let mut bytes = vec![0; size_of::<u64>()];
    bytes = postcard::to_extend(&header, bytes).ok()?;
    bytes.extend(value);
    let check = check(&bytes[size_of::<u64>()..], name);
    bytes[..size_of::<u64>()].copy_from_slice(&check.to_le_bytes());
    Some(bytes)
}

/// What [`encode`] made for the same name and kind; none of anything else.
pub(super) fn decode<R: Resource>(key: &R::Key, bytes: &[u8], name: &str) -> Option<Entry<R>> {
    let (expected, rest) = bytes.split_first_chunk()?;
    if u64::from_le_bytes(*expected) != check(rest, name) {
        return None;
    }
    let (header, value): (Header, &[u8]) = postcard::take_from_bytes(rest).ok()?;
    let value = match header.body {
        Body::Nothing => None,
        Body::Plain => Some(R::decode(value)?),
        Body::Compressed(length) => {
            let length = usize::try_from(length).ok().filter(|length| *length <= MOST_BYTES)?;
            Some(R::decode(&zstd::bulk::decompress(value, length).ok()?)?)
        }
    };
    Some(Entry {
        key: key.clone(),
        value,
        stamp: header.stamp,
        life: header.life,
        asked: AtomicU32::default(),
        is_popular: AtomicBool::default(),
    })
}

/// The name is part of it: what lies under another name is another thing.
fn check(bytes: &[u8], name: &str) -> u64 {
    xxh3_64_with_seed(bytes, xxh3_64_with_seed(name.as_bytes(), 0))
}
