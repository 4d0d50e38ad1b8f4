use std::{fmt, io};

use async_graphql::Pos;
use sha2::{Digest as _, Sha256};

use super::Variables;
use crate::serialized::SelectionId;

/// A SHA-256: of a document's text, as clients name it by, or of an operation with its variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TextHash([u8; 32]);

impl TextHash {
    pub(crate) fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// Of one operation of a document and the values it is run with. Nobody can make two that are the same, so that what
    /// was found out about one holds for it alone.
    pub(super) fn of_operation(document: &Self, operation: &str, variables: &Variables) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(document.0);
        hasher.update(operation.len().to_le_bytes());
        hasher.update(operation);
        serde_json::to_writer(Hashing(&mut hasher), variables)
            .expect("a map of JSON values is JSON, and hashing takes all");
        Self(hasher.finalize().into())
    }

    /// The selection of the text with this hash that begins at `position`.
    pub(crate) fn of_selection(&self, position: Pos) -> SelectionId {
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        hasher.update(position.line.to_le_bytes());
        hasher.update(position.column.to_le_bytes());
        let hash: [u8; 32] = hasher.finalize().into();
        SelectionId::new(*hash.first_chunk().expect("a SHA-256 is longer"))
    }

    /// Reads 64 hex digits, in either case.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes().as_chunks::<2>().0;
        let mut hash = [0; 32];
        if text.len() != 2 * hash.len() {
            return None;
        }
        for (byte, pair) in hash.iter_mut().zip(digits) {
            let digit = |character: u8| char::from(character).to_digit(16);
            *byte = u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()?;
        }
        Some(Self(hash))
    }
}

/// Lower-case hex.
impl fmt::Display for TextHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

struct Hashing<'a>(&'a mut Sha256);

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::TextHash;

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = TextHash::of("{ __typename }");
        let hex = hash.to_string();
        assert_eq!(hex, "7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b");
        assert_eq!(TextHash::from_hex(&hex), Some(hash));
        assert_eq!(TextHash::from_hex(&hex.to_uppercase()), Some(hash));
        for wrong in [
            "",
            &hex[1..],
            &format!("{hex}0"),
            &hex.replace('7', "g"),
            &"é".repeat(32),
            &hex.replace('7', "+"),
        ] {
            assert_eq!(TextHash::from_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn operations_differ_by_name_and_variables() {
        let document = TextHash::of("{ a }");
        let of = |operation, variables: Value| {
            TextHash::of_operation(&document, operation, variables.as_object().expect("an object"))
        };
        let one = of("A", json!({ "x": 1 }));
        assert_eq!(one, of("A", json!({ "x": 1 })));
        assert_eq!(of("A", json!({ "x": 1, "y": 2 })), of("A", json!({ "y": 2, "x": 1 })));
        for other in [
            of("B", json!({ "x": 1 })),
            of("A", json!({ "x": "1" })),
            of("A", json!({})),
            of("", json!({ "A": 1 })),
        ] {
            assert_ne!(one, other);
        }
    }
}
