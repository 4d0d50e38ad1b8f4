//! What a document amounts to once its fragments are written out, without writing them out.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, ServerError,
    parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet},
};

use super::{Limits, at_most, most_nested_sets, too_deep};
use crate::{
    errors::{Code, LimitExceeded, with_code},
    refusal::Refusal,
};

/// What a selection set amounts to. Sums saturate.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Total {
    pub(super) selections: usize,
    pub(super) depth: usize,
    pub(super) aliases: usize,
    pub(super) fields_at_top: usize,
    pub(super) directives: usize,
    /// Selection sets inside each other, this one included.
    nested_sets: usize,
}

impl Total {
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.depth = self.depth.max(other.depth);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.fields_at_top = self.fields_at_top.saturating_add(other.fields_at_top);
        self.directives = self.directives.saturating_add(other.directives);
        self.nested_sets = self.nested_sets.max(other.nested_sets);
    }

    fn with_directives(self, count: usize) -> Self {
        Self {
            directives: self.directives.saturating_add(count),
            ..self
        }
    }
}

/// Reckons totals, each fragment's once, however often it is spread.
pub(super) struct Totals<'a> {
    document: &'a ExecutableDocument,
    limits: &'a Limits,
    /// `None` while it is being reckoned.
    of_fragments: HashMap<&'a Name, Option<Total>>,
}

impl<'a> Totals<'a> {
    pub(super) fn new(document: &'a ExecutableDocument, limits: &'a Limits) -> Self {
        Self {
            document,
            limits,
            of_fragments: HashMap::new(),
        }
    }

    pub(super) fn of_operation(&mut self, operation: &'a OperationDefinition) -> Result<Total, Refusal> {
        let own = self.directives(operation.directives.len())?;
        for variable in &operation.variable_definitions {
            self.directives(variable.node.directives.len())?;
        }
        let total = self.of_set(&operation.selection_set.node, 1)?;
        Ok(total.with_directives(own))
    }

    /// Checks the fragments that no operation uses, which the validator follows all the same.
    pub(super) fn check_fragments(&mut self) -> Result<(), Refusal> {
        for (name, fragment) in &self.document.fragments {
            self.of_fragment(&Positioned::new(name, fragment.pos), 1)?;
        }
        Ok(())
    }

    /// Of a set that stands in others: `nested` of them, itself included.
    fn of_set(&mut self, set: &'a SelectionSet, nested: usize) -> Result<Total, Refusal> {
        let mut total = Total::default();
        if set.items.is_empty() {
            return Ok(total);
        }
        if nested > most_nested_sets(self.limits) {
            return Err(too_deep(self.limits).into());
        }
        for selection in &set.items {
            total.add(self.of_selection(&selection.node, nested)?);
        }
        total.nested_sets += 1;
        Ok(total)
    }

    fn of_selection(&mut self, selection: &'a Selection, nested: usize) -> Result<Total, Refusal> {
        let directives = self.directives(selection.directives().len())?;
        let total = match selection {
            Selection::Field(field) => self.of_field(&field.node, nested)?,
            Selection::InlineFragment(fragment) => self.of_set(&fragment.node.selection_set.node, nested + 1)?,
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name;
                self.of_fragment(&Positioned::new(&name.node, spread.pos), nested + 1)?
            }
        };
        Ok(total.with_directives(directives))
    }

    fn of_field(&mut self, field: &'a Field, nested: usize) -> Result<Total, Refusal> {
        let inner = self.of_set(&field.selection_set.node, nested + 1)?;
        Ok(Total {
            selections: inner.selections.saturating_add(1),
            depth: inner.depth.saturating_add(1),
            aliases: inner.aliases.saturating_add(usize::from(field.alias.is_some())),
            fields_at_top: 1,
            ..inner
        })
    }

    /// Of the fragment that is spread here, whose set is then the `nested`th.
    fn of_fragment(&mut self, spread: &Positioned<&'a Name>, nested: usize) -> Result<Total, Refusal> {
        let name = spread.node;
        let Some(fragment) = self.document.fragments.get(name) else {
            // What leads nowhere counts as something: many ways to it are as long to walk as any.
            return Ok(Total {
                selections: 1,
                ..Total::default()
            });
        };
        let total = match self.of_fragments.insert(name, None) {
            Some(None) => return Err(spreads_itself(spread).into()),
            Some(Some(known)) => known,
            None => {
                let directives = self.directives(fragment.node.directives.len())?;
                let total = self.of_set(&fragment.node.selection_set.node, nested)?;
                total.with_directives(directives)
            }
        };
        self.of_fragments.insert(name, Some(total));
        // A fragment that is known may be spread deeper than it was before.
        if nested + total.nested_sets > most_nested_sets(self.limits) + 1 {
            return Err(too_deep(self.limits).into());
        }
        Ok(total)
    }

    /// The directives of one place, which are not many.
    fn directives(&self, count: usize) -> Result<usize, LimitExceeded> {
        at_most("maxDirectivesPerField", self.limits.max_directives_per_field, count)?;
        Ok(count)
    }
}

/// In the words of the library's validator, which would find it too, if all before it did not go round for ever.
fn spreads_itself(spread: &Positioned<&Name>) -> ServerError {
    let message = format!("Cannot spread fragment \"{}\": it spreads itself", spread.node);
    with_code(
        ServerError::new(message, Some(spread.pos)),
        Code::GraphqlValidationFailed,
    )
}
