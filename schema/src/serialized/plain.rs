//! Selections of what icons, their sets and licences have themselves, without arguments, which most pages of icons are: they are
//! written at once, instead of by way of the library's values, with a future for each field.

mod fields;
mod reader;

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::types::{FragmentDefinition, SelectionSet},
};
use domain::catalog::{Icon, IconSet};
use serde::Serialize;

use fields::IconField;
use reader::Reader;

/// Fields by the names that they have in the answer, in the order of the document.
type Object<F> = Vec<(Box<str>, F)>;

/// The fragments of a document by their names.
type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// What is selected of an icon.
#[derive(Debug)]
pub(super) struct Plain {
    fields: Object<IconField>,
    needs_set: bool,
}

/// Why a value can be written.
const WRITABLE: &str = "texts, numbers and truth values can be written as JSON";

impl Plain {
    /// None where something else is selected. That icons have the fields is for the validator to say, as that no fragment spreads itself.
    pub(super) fn of(set: &SelectionSet, fragments: &Fragments) -> Option<Self> {
        let fields: Object<IconField> = Reader::new(fragments).object(set)?;
        let needs_set = fields.iter().any(|(_, field)| field.needs_set());
        Some(Self { fields, needs_set })
    }

    /// Whether anything of the icon's set is selected.
    pub(super) fn needs_set(&self) -> bool {
        self.needs_set
    }

    /// Appends what an icon answers, as JSON; its set is there where [`Self::needs_set`].
    pub(super) fn write(&self, icon: &Icon, set: Option<&IconSet>, json: &mut Vec<u8>) {
        write_object(&self.fields, json, |field, json| field.write(icon, set, json));
    }
}

fn write_object<F>(fields: &Object<F>, json: &mut Vec<u8>, mut write: impl FnMut(&F, &mut Vec<u8>)) {
    let mut separator = b'{';
    for (name, field) in fields {
        json.push(separator);
        // A name has no character that JSON writes in another way.
        json.push(b'"');
        json.extend_from_slice(name.as_bytes());
        json.extend_from_slice(b"\":");
        write(field, json);
        separator = b',';
    }
    if fields.is_empty() {
        json.push(b'{');
    }
    json.push(b'}');
}

/// Appends a value as whoever writes whole answers does.
fn push<T: Serialize + ?Sized>(json: &mut Vec<u8>, value: &T) {
    sonic_rs::to_writer(json, value).expect(WRITABLE);
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::{parse_query, types::DocumentOperations};

    use super::{Plain, reader::MOST_SELECTIONS};

    fn plain(document: &str) -> Option<Vec<String>> {
        let document = parse_query(document).expect("a document");
        let DocumentOperations::Single(operation) = document.operations else {
            panic!("one operation");
        };
        let plain = Plain::of(&operation.node.selection_set.node, &document.fragments)?;
        Some(plain.fields.into_iter().map(|(name, _)| name.into()).collect())
    }

    #[test]
    fn fields_keep_their_order_and_their_names() {
        for (document, expected) in [
            (
                "{ width n: name body __typename n: name }",
                &["width", "n", "body", "__typename"][..],
            ),
            (
                "{ name set { name license { spdx } } license { title } body }",
                &["name", "set", "license", "body"],
            ),
            (
                "{ ... on Icon { name ... { body } } ... on IconNotFound { name didYouMean } ...f } fragment f on Node { id name }",
                &["name", "body", "id"],
            ),
            ("{ ... on InvalidIconName { message } }", &[]),
        ] {
            assert_eq!(
                plain(document).as_deref(),
                Some(&expected.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()[..]),
                "{document}"
            );
        }
    }

    #[test]
    fn whatever_else_is_selected_is_left_to_the_library() {
        for document in [
            "{ name set { total } }",
            "{ name set { license { title } author { name } } }",
            "{ set { name } ... { set { prefix } } }",
            "{ name: body name }",
            "{ name svg }",
            "{ name body(x: 1) }",
            "{ name body @skip(if: true) }",
            "{ name ... @include(if: true) { body } }",
            "{ name ...f @include(if: true) } fragment f on Icon { body }",
            "{ name ... on IconSet { body } }",
            // The library takes it for what icons are where they stand for results, and only there.
            "{ name ... on IconResult { body } }",
            "{ name ... on Icon { aliases } }",
            "{ set { ...f } } fragment f on IconSet { icons { totalCount } }",
        ] {
            assert_eq!(plain(document), None, "{document}");
        }
    }

    #[test]
    fn only_so_much_is_looked_at() {
        let fields = |count: usize| format!("{{ {} }}", "name ".repeat(count));
        assert!(plain(&fields(MOST_SELECTIONS)).is_some());
        assert_eq!(plain(&fields(MOST_SELECTIONS + 1)), None);
        // Each fragment spreads the next one twice.
        let fragments: Vec<String> = (0..40)
            .map(|n| format!("fragment f{n} on Icon {{ ...f{0} ...f{0} }}", n + 1))
            .collect();
        let fragments = fragments.concat();
        assert_eq!(
            plain(&format!("{{ ...f0 }}{fragments} fragment f40 on Icon {{ name }}")),
            None
        );
    }
}
