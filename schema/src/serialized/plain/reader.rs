//! What a selection comes to on objects of one type, with its fragments written out.

use async_graphql::{
    Name, Positioned,
    parser::types::{Field, Selection, SelectionSet, TypeCondition},
};

use super::{Fragments, Object};

/// Selections that are looked at for one: more are left to the library, as a document can spread a fragment over and over.
pub(super) const MOST_SELECTIONS: usize = 100;

/// A field that can be written at once.
pub(super) trait Writable: PartialEq + Sized {
    /// Whether what a fragment on that type selects is selected of objects that have this field; none where that is not known.
    fn is_on(name: &str) -> Option<bool>;

    /// None where it cannot be written at once. It has neither arguments nor directives.
    fn of(field: &Field, reader: &mut Reader<'_>) -> Option<Self>;
}

/// Reads one selection of a document, and those inside it.
pub(super) struct Reader<'a> {
    fragments: &'a Fragments,
    /// Selections that may still be looked at.
    left: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(fragments: &'a Fragments) -> Self {
        Self {
            fragments,
            left: MOST_SELECTIONS,
        }
    }

    /// None where something is selected that cannot be written at once.
    pub(super) fn object<F: Writable>(&mut self, set: &SelectionSet) -> Option<Object<F>> {
        let mut fields = Object::new();
        self.add(set, &mut fields)?;
        Some(fields)
    }

    fn add<F: Writable>(&mut self, set: &SelectionSet, fields: &mut Object<F>) -> Option<()> {
        for selection in &set.items {
            self.left = self.left.checked_sub(1)?;
            match &selection.node {
                Selection::Field(field) => self.add_field(&field.node, fields)?,
                Selection::InlineFragment(fragment) => {
                    let fragment = &fragment.node;
                    let is_plain = fragment.directives.is_empty();
                    let condition = fragment.type_condition.as_ref();
                    if is_plain.then(|| condition.map_or(Some(true), is_on::<F>))?? {
                        self.add(&fragment.selection_set.node, fields)?;
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment: &'a _ = &self.fragments.get(&spread.node.fragment_name.node)?.node;
                    let is_plain = spread.node.directives.is_empty() && fragment.directives.is_empty();
                    if is_plain.then(|| is_on::<F>(&fragment.type_condition))?? {
                        self.add(&fragment.selection_set.node, fields)?;
                    }
                }
            }
        }
        Some(())
    }

    fn add_field<F: Writable>(&mut self, field: &Field, fields: &mut Object<F>) -> Option<()> {
        if !field.arguments.is_empty() || !field.directives.is_empty() {
            return None;
        }
        let (name, read): (&Name, F) = (&field.response_key().node, F::of(field, self)?);
        match fields.iter().find(|(known, _)| **known == **name) {
            None => fields.push((name.as_str().into(), read)),
            // What is selected twice is answered once, where it was first.
            Some((_, known)) if *known == read && field.selection_set.node.items.is_empty() => {}
            Some(_) => return None,
        }
        Some(())
    }
}

fn is_on<F: Writable>(condition: &Positioned<TypeCondition>) -> Option<bool> {
    F::is_on(&condition.node.on.node)
}
