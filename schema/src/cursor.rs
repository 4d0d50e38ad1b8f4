//! Opaque cursors: the sort key of a row, the list it belongs to, and a checksum that tells a forged one from ours.
//!
//! What is not spelt as we spell it is no cursor. A cursor holds no generation: after an import, a list goes on behind the key, wherever that is now.

use std::{
    cmp::Reverse,
    hash::{Hash as _, Hasher as _},
};

use async_graphql::Error;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    catalog::{IconName, SetOrder, SetPosition},
    search::{Position, SearchRequest},
};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::errors::bad_user_input;

const CHECKSUM_BYTES: usize = 4;

/// Separates the parts of a cursor; no name or prefix contains it.
const SEPARATOR: char = '\n';

/// The cursor of an icon in its set's list.
pub(crate) fn of_icon(name: &IconName) -> String {
    encode(&format!("icons{SEPARATOR}{name}"))
}

/// Reads the cursor of an icon in the list of the set `prefix`.
pub(crate) fn icon(cursor: &str, prefix: &str) -> Result<IconName, Error> {
    let read = || {
        let text = decode(cursor)?;
        let name: IconName = text.strip_prefix("icons\n")?.parse().ok()?;
        (name.prefix() == prefix && of_icon(&name) == cursor).then_some(name)
    };
    read().ok_or_else(not_of_this_list)
}

/// The cursor of a set in a list of that order.
pub(crate) fn of_set(order: SetOrder, position: &SetPosition) -> String {
    let (value, prefix) = match position {
        SetPosition::Text { value, prefix } => (value.clone(), prefix),
        SetPosition::Number { value, prefix } => (value.to_string(), prefix),
    };
    encode(&format!(
        "sets{SEPARATOR}{}{SEPARATOR}{prefix}{SEPARATOR}{value}",
        order_name(order)
    ))
}

/// Reads the cursor of a set in a list of that order.
pub(crate) fn set(cursor: &str, order: SetOrder) -> Result<SetPosition, Error> {
    let read = || {
        let text = decode(cursor)?;
        let mut parts = text.strip_prefix("sets\n")?.splitn(3, SEPARATOR);
        let (of_order, prefix, value) = (parts.next()?, parts.next()?.to_owned(), parts.next()?);
        if of_order != order_name(order) {
            return None;
        }
        let position = match order {
            SetOrder::Name => SetPosition::Text {
                value: value.to_owned(),
                prefix,
            },
            SetOrder::Total | SetOrder::Updated | SetOrder::Popularity => SetPosition::Number {
                value: value.parse().ok()?,
                prefix,
            },
        };
        (of_set(order, &position) == cursor).then_some(position)
    };
    read().ok_or_else(not_of_this_list)
}

/// The cursor of a hit in the list of a search.
pub(crate) fn of_hit(request: &SearchRequest, position: &Position) -> String {
    let place = match position {
        Position::Best {
            reading,
            tier,
            strength: Reverse(strength),
            rank,
            id,
        } => format!("found{SEPARATOR}{reading} {tier} {strength} {rank} {id}"),
        Position::Named { name } => format!("name{SEPARATOR}{name}"),
        Position::New {
            generation: Reverse(generation),
            name,
        } => format!("new{SEPARATOR}{generation} {name}"),
        Position::Used {
            score: Reverse(score),
            rank,
            id,
        } => format!("used{SEPARATOR}{score} {rank} {id}"),
    };
    encode(&format!("search{SEPARATOR}{}{SEPARATOR}{place}", list_of(request)))
}

/// Reads the cursor of a hit in the list of a search.
pub(crate) fn hit(cursor: &str, request: &SearchRequest) -> Result<Position, Error> {
    let read = || {
        let text = decode(cursor)?;
        let (list, place) = text.strip_prefix("search\n")?.split_once(SEPARATOR)?;
        if list != list_of(request) {
            return None;
        }
        let (kind, place) = place.split_once(SEPARATOR)?;
        let mut parts = place.split(' ');
        let position = match kind {
            "found" => Position::Best {
                reading: parts.next()?.parse().ok()?,
                tier: parts.next()?.parse().ok()?,
                strength: Reverse(parts.next()?.parse().ok()?),
                rank: parts.next()?.parse().ok()?,
                id: parts.next()?.parse().ok()?,
            },
            "name" => Position::Named { name: place.to_owned() },
            "new" => Position::New {
                generation: Reverse(parts.next()?.parse().ok()?),
                name: parts.next()?.to_owned(),
            },
            "used" => Position::Used {
                score: Reverse(parts.next()?.parse().ok()?),
                rank: parts.next()?.parse().ok()?,
                id: parts.next()?.parse().ok()?,
            },
            _ => return None,
        };
        (of_hit(request, &position) == cursor).then_some(position)
    };
    read().ok_or_else(not_of_this_list)
}

/// What tells the list of one search from that of another: a hash of all that was asked.
fn list_of(request: &SearchRequest) -> String {
    let mut hasher = Xxh3::new();
    request.hash(&mut hasher);
    format!("{:x}", hasher.finish())
}

fn order_name(order: SetOrder) -> &'static str {
    match order {
        SetOrder::Name => "name",
        SetOrder::Total => "total",
        SetOrder::Updated => "updated",
        SetOrder::Popularity => "popularity",
    }
}

fn not_of_this_list() -> Error {
    bad_user_input("this cursor does not belong to this list: use a cursor from the same field with the same order")
}

/// Adds the checksum.
pub(crate) fn encode(text: &str) -> String {
    let mut bytes = checksum(text.as_bytes()).to_vec();
    bytes.extend_from_slice(text.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(cursor: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (sum, text) = bytes.split_at_checked(CHECKSUM_BYTES)?;
    (sum == checksum(text))
        .then(|| String::from_utf8(text.to_vec()).ok())
        .flatten()
}

fn checksum(text: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let [a, b, c, d, ..] = xxh3_64(text).to_le_bytes();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let name: IconName = "mdi:home".parse().expect("well-formed");
        let cursor = of_icon(&name);
        assert_eq!(icon(&cursor, "mdi").ok(), Some(name));
        assert!(icon(&cursor, "lucide").is_err());
        assert!(set(&cursor, SetOrder::Name).is_err());
        let position = SetPosition::Number {
            value: -3,
            prefix: "mdi".to_owned(),
        };
        let cursor = of_set(SetOrder::Total, &position);
        assert_eq!(set(&cursor, SetOrder::Total).ok(), Some(position));
        assert!(set(&cursor, SetOrder::Updated).is_err());
    }

    #[test]
    fn a_forged_cursor_is_refused() {
        let forged = URL_SAFE_NO_PAD.encode("\0\0\0\0icons\nmdi:home");
        for cursor in [forged.as_str(), "", "mdi:home", "AAAA", "ééé"] {
            assert!(icon(cursor, "mdi").is_err(), "{cursor}");
        }
    }
}
