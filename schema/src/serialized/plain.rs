//! Selections of what icons have themselves, without arguments, which most pages of icons are: they are written from the icon at
//! once, instead of by way of the library's values, with a future for each field.

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use domain::catalog::Icon;
use serde::Serialize;

use crate::global_id::GlobalId;

/// Fields by the names that they have in the answer, in the order of the document.
#[derive(Debug)]
pub(super) struct Plain(Vec<(Box<str>, PlainField)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PlainField {
    Typename,
    Id,
    Name,
    Key,
    Prefix,
    Body,
    Left,
    Top,
    Width,
    Height,
    Hidden,
    Palette,
}

/// Why a value can be written.
const WRITABLE: &str = "texts, numbers and truth values can be written as JSON";

impl Plain {
    /// None where something else is selected, or by a fragment. That an icon has the fields is for the validator to say.
    pub(super) fn of(set: &SelectionSet) -> Option<Self> {
        let mut fields: Vec<(Box<str>, PlainField)> = Vec::with_capacity(set.items.len());
        for selection in &set.items {
            let Selection::Field(field) = &selection.node else {
                return None;
            };
            let (name, field) = (field.node.response_key().node.as_str(), PlainField::of(&field.node)?);
            // What is selected twice is answered once, where it was first.
            if fields.iter().all(|(known, _)| **known != *name) {
                fields.push((name.into(), field));
            }
        }
        Some(Self(fields))
    }

    /// Appends what an icon answers, as JSON.
    pub(super) fn write(&self, icon: &Icon, json: &mut Vec<u8>) {
        let mut separator = b'{';
        for (name, field) in &self.0 {
            json.push(separator);
            // A name has no character that JSON writes in another way.
            json.push(b'"');
            json.extend_from_slice(name.as_bytes());
            json.extend_from_slice(b"\":");
            field.write(icon, json);
            separator = b',';
        }
        json.push(b'}');
    }
}

impl PlainField {
    fn of(field: &Field) -> Option<Self> {
        if !field.arguments.is_empty() || !field.directives.is_empty() || !field.selection_set.node.items.is_empty() {
            return None;
        }
        Some(match field.name.node.as_str() {
            "__typename" => Self::Typename,
            "id" => Self::Id,
            "name" => Self::Name,
            "key" => Self::Key,
            "prefix" => Self::Prefix,
            "body" => Self::Body,
            "left" => Self::Left,
            "top" => Self::Top,
            "width" => Self::Width,
            "height" => Self::Height,
            "hidden" => Self::Hidden,
            "palette" => Self::Palette,
            _ => return None,
        })
    }

    fn write(self, icon: &Icon, json: &mut Vec<u8>) {
        match self {
            Self::Typename => push(json, "Icon"),
            Self::Id => push(json, GlobalId::of_icon(&icon.name).as_str()),
            Self::Name => push(json, icon.name.as_str()),
            Self::Key => push(json, icon.name.key()),
            Self::Prefix => push(json, icon.name.prefix()),
            Self::Body => push(json, &*icon.body),
            Self::Left => push(json, &icon.view_box.left),
            Self::Top => push(json, &icon.view_box.top),
            Self::Width => push(json, &icon.view_box.width),
            Self::Height => push(json, &icon.view_box.height),
            Self::Hidden => push(json, &icon.hidden),
            Self::Palette => push(json, &icon.palette),
        }
    }
}

/// Appends a value as whoever writes whole answers does.
fn push<T: Serialize + ?Sized>(json: &mut Vec<u8>, value: &T) {
    sonic_rs::to_writer(json, value).expect(WRITABLE);
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::{parse_query, types::DocumentOperations};

    use super::Plain;

    fn plain(selection: &str) -> Option<Vec<String>> {
        let document = parse_query(selection).expect("a document");
        let DocumentOperations::Single(operation) = document.operations else {
            panic!("one operation");
        };
        let plain = Plain::of(&operation.node.selection_set.node)?;
        Some(plain.0.into_iter().map(|(name, _)| name.into()).collect())
    }

    #[test]
    fn fields_keep_their_order_and_their_names() {
        assert_eq!(
            plain("{ width n: name body __typename n: name }"),
            Some(["width", "n", "body", "__typename"].map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn whatever_else_is_selected_is_left_to_the_library() {
        for selection in [
            "{ name set { name } }",
            "{ name svg }",
            "{ name body(x: 1) }",
            "{ name body @skip(if: true) }",
            "{ name ... { body } }",
            "{ name ... on Icon { body } }",
            "{ name ...f } fragment f on Icon { body }",
        ] {
            assert_eq!(plain(selection), None, "{selection}");
        }
    }
}
