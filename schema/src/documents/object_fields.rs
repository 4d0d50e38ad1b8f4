//! The guard on literals of input objects: a field stands in one once. The parser keeps the last and forgets the others.
//!
//! Source: the GraphQL specification, "Input Object Field Uniqueness".

use std::collections::HashSet;

use async_graphql::{Pos, ServerError};

use crate::{
    errors::{Code, with_code},
    limits::Scan,
};

/// What brackets hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Brackets {
    Selections,
    /// Arguments, variables or a list.
    Values,
    /// The fields of the object of this number.
    Object(usize),
}

/// Refuses an object that has a field twice. The text is one that can be parsed.
pub(super) fn check(text: &str) -> Result<(), ServerError> {
    let mut scan = Scan::new(text);
    let mut within = Vec::new();
    let (mut objects, mut seen) = (0, HashSet::new());
    let mut before: &[u8] = &[];
    while let Some(token) = scan.next_token() {
        match (token[0], within.last()) {
            (b'(' | b'[', _) => within.push(Brackets::Values),
            (b'{', None | Some(Brackets::Selections)) => within.push(Brackets::Selections),
            (b'{', Some(Brackets::Values | Brackets::Object(_))) => {
                objects += 1;
                within.push(Brackets::Object(objects));
            }
            (b')' | b']' | b'}', _) => drop(within.pop()),
            (b':', Some(Brackets::Object(number))) if !seen.insert((*number, before)) => {
                return Err(repeated(text, &text[..scan.at()], before));
            }
            _ => {}
        }
        before = token;
    }
    Ok(())
}

/// Of the field whose colon `read` ends with.
fn repeated(text: &str, read: &str, name: &[u8]) -> ServerError {
    let name = String::from_utf8_lossy(name);
    let start = read.rfind(&*name).unwrap_or(text.len());
    let message = format!("There can only be one input field named \"{name}\"");
    with_code(
        ServerError::new(message, Some(position(&text[..start]))),
        Code::GraphqlValidationFailed,
    )
}

/// The line and column behind a text, as the parser counts them.
fn position(before: &str) -> Pos {
    let line_start = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    Pos {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_field_stands_once_in_an_object() {
        for (text, expected) in [
            ("{ a(b: {c: 1, c: 2}) }", Some(("c", 1, 15))),
            ("{ a(b: [{c: 1}, {d: 1, c: 2\n d: 3}]) }", Some(("d", 2, 2))),
            ("{ a(b: {c: {c: 1}, d: {c: 1, c: {}}}) }", Some(("c", 1, 30))),
            ("query($e: A = {x: 1,\r\n  x #:\n : 2}) { a }", Some(("x", 2, 3))),
            ("# é {\n{ a(t: \"é\", b: {c: 1, c: 2}) }", Some(("c", 2, 23))),
            ("{ a @b(c: {d: 1, d: 1}) { e } }", Some(("d", 1, 18))),
            // Each of these objects, selections, arguments and texts has its names once, or may repeat them.
            ("{ a(b: {c: 1}, b: {c: 2}) x: a(b: {c: 1}) { x: a x: a } }", None),
            ("{ a(b: {c: d e: c f: [c, c]}) }", None),
            ("{ a(b: {c: \"c: c: {c: 1, c: 2}\"}) }", None),
            ("{ a(b: {c: \"\"\"c: 1, c: \"\"\", d: {c: $c}}) }", None),
            (
                "{ a(b: {}) { ... on A { b: c b: c } } } fragment f on A { b: c b: c }",
                None,
            ),
        ] {
            let found = check(text).err();
            let found = found.map(|error| {
                let name = error.message.split('"').nth(1).unwrap_or_default().to_owned();
                (name, error.locations[0].line, error.locations[0].column)
            });
            let expected = expected.map(|(name, line, column)| (name.to_owned(), line, column));
            assert_eq!(found, expected, "{text}");
        }
    }
}
