//! Opaque cursors: the sort key of a row, the list it belongs to, and a checksum that tells a forged one from ours.
//!
//! A cursor holds no generation: after an import, a list goes on behind the key, wherever that is now.

use async_graphql::Error;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::catalog::{IconName, SetOrder, SetPosition};
use xxhash_rust::xxh3::xxh3_64;

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
        (name.prefix() == prefix).then_some(name)
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
        Some(match order {
            SetOrder::Name => SetPosition::Text {
                value: value.to_owned(),
                prefix,
            },
            SetOrder::Total | SetOrder::Updated => SetPosition::Number {
                value: value.parse().ok()?,
                prefix,
            },
        })
    };
    read().ok_or_else(not_of_this_list)
}

fn order_name(order: SetOrder) -> &'static str {
    match order {
        SetOrder::Name => "name",
        SetOrder::Total => "total",
        SetOrder::Updated => "updated",
    }
}

fn not_of_this_list() -> Error {
    bad_user_input("this cursor does not belong to this list: use a cursor from the same field with the same order")
}

fn encode(text: &str) -> String {
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
