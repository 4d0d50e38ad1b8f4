//! What an operation is called in figures that are kept of it.

use std::sync::Arc;

use async_graphql::parser::types::{
    DocumentOperations::{Multiple, Single},
    ExecutableDocument, OperationType,
};

use crate::response::kind_name;

/// Bytes of a name, of which clients may send as long ones as they like; those that people give are shorter.
const MOST_BYTES: usize = 64;

/// What an operation is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    name: Arc<str>,
    is_trusted: bool,
}

impl Label {
    /// What no document was found for, or one that is not answered.
    pub(crate) fn unknown() -> Self {
        Self::invented("(unknown)")
    }

    /// By the name that a list of trusted documents has.
    pub(super) fn trusted(name: &str) -> Self {
        Self::invented(cut(name)).of_list()
    }

    /// The same, of a document that such a list has.
    pub(super) fn of_list(self) -> Self {
        Self {
            is_trusted: true,
            ..self
        }
    }

    /// By the name that a client gave it, or else its kind.
    pub(super) fn of(kind: OperationType, name: Option<&str>) -> Self {
        match name {
            Some(name) => Self::invented(cut(name)),
            None => Self::invented(&format!("({})", kind_name(kind))),
        }
    }

    /// Of a document that has one operation.
    pub(super) fn of_only(document: &ExecutableDocument) -> Option<Self> {
        match &document.operations {
            Single(operation) => Some(Self::of(operation.node.ty, None)),
            Multiple(operations) if operations.len() == 1 => {
                let (name, operation) = operations.iter().next()?;
                Some(Self::of(operation.node.ty, Some(name)))
            }
            Multiple(_) => None,
        }
    }

    fn invented(name: &str) -> Self {
        Self {
            name: name.into(),
            is_trusted: false,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the name is of a list of the owner's, and none that a client may have invented.
    pub(crate) fn is_trusted(&self) -> bool {
        self.is_trusted
    }
}

/// A name as far as it is kept. Those of GraphQL are ASCII.
pub(crate) fn cut(name: &str) -> &str {
    name.get(..MOST_BYTES).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::{Label, MOST_BYTES};

    #[test]
    fn operations_are_called_by_their_names_or_kinds() {
        let (most, more) = ("n".repeat(MOST_BYTES), "n".repeat(MOST_BYTES + 1));
        for (document, expected) in [
            ("{ a }", Some("(query)")),
            ("query { a }", Some("(query)")),
            ("mutation { a }", Some("(mutation)")),
            ("query Scroll { a }", Some("Scroll")),
            ("query One { a } query Two { a }", None),
            (&format!("query {most} {{ a }}"), Some(most.as_str())),
            (&format!("query {more} {{ a }}"), Some(most.as_str())),
        ] {
            let label = Label::of_only(&parse_query(document).unwrap());
            assert_eq!(label.as_ref().map(Label::name), expected, "{document}");
        }
    }
}
