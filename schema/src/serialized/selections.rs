//! Selections that are answered alike whatever the variables are.

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, Pos, Positioned,
    parser::types::{Directive, ExecutableDocument, Field, Selection, SelectionSet},
};

use super::plain::Plain;
use crate::documents::TextHash;

/// One selection of one document, and of no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SelectionId([u8; 16]);

impl SelectionId {
    pub(crate) fn new(id: [u8; 16]) -> Self {
        Self(id)
    }
}

/// Those of a document's fields, by the places where they begin.
#[derive(Debug, Default)]
pub(crate) struct Selections(HashMap<Pos, Selected>);

/// A selection of a document, and how it is written where icons answer it that need not be resolved.
#[derive(Debug)]
pub(super) struct Selected {
    pub(super) id: SelectionId,
    pub(super) plain: Option<Plain>,
}

impl Selections {
    /// Those of a parsed document whose fragments do not spread themselves; none where it selects from a field twice: the
    /// library merges what both answer, which it cannot once that is bytes; and none where two begin at what the parser takes for one
    /// place, which a carriage return alone can bring about.
    pub(crate) fn of(hash: &TextHash, document: &ExecutableDocument) -> Self {
        let mut reader = Reader {
            document,
            hash,
            fragments: HashMap::new(),
            positions: HashSet::new(),
            found: HashMap::new(),
        };
        let operations = document.operations.iter();
        let is_plain = operations.fold(true, |is_plain, (_, operation)| {
            reader.read(&operation.node.selection_set).is_plain && is_plain
        });
        Self(if is_plain { reader.found } else { HashMap::new() })
    }

    /// The selection that begins there, if it is one of these.
    pub(super) fn at(&self, position: Pos) -> Option<&Selected> {
        self.0.get(&position)
    }
}

/// What a set of selections is, with its fragments written out.
#[derive(Debug, Clone, Default)]
struct Facts<'a> {
    /// Whether some value in it is a variable's.
    varies: bool,
    /// Whether it selects from no field twice, nor does anything inside it.
    is_plain: bool,
    /// The names in the answer of the fields that it selects from.
    selected_from: HashSet<&'a Name>,
}

struct Reader<'a> {
    document: &'a ExecutableDocument,
    hash: &'a TextHash,
    /// Each is read once, however often it is spread.
    fragments: HashMap<&'a Name, Facts<'a>>,
    /// Where sets of selections begin.
    positions: HashSet<Pos>,
    found: HashMap<Pos, Selected>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, set: &'a Positioned<SelectionSet>) -> Facts<'a> {
        let mut facts = Facts {
            is_plain: self.positions.insert(set.pos),
            ..Facts::default()
        };
        for selection in &set.node.items {
            match &selection.node {
                Selection::Field(field) => self.add_field(&mut facts, &field.node),
                Selection::InlineFragment(fragment) => {
                    let inner = self.read(&fragment.node.selection_set);
                    facts.add(inner, &fragment.node.directives);
                }
                Selection::FragmentSpread(spread) => {
                    let inner = self.read_fragment(&spread.node.fragment_name.node);
                    facts.add(inner, &spread.node.directives);
                }
            }
        }
        facts
    }

    fn add_field(&mut self, facts: &mut Facts<'a>, field: &'a Field) {
        facts.varies |= vary(&field.directives)
            || (field.arguments.iter()).any(|(_, value)| value.node.clone().into_const().is_none());
        if field.selection_set.node.items.is_empty() {
            return;
        }
        let set = &field.selection_set;
        let inner = self.read(set);
        if !inner.varies {
            let selected = Selected {
                id: self.hash.of_selection(set.pos),
                plain: Plain::of(&set.node, &self.document.fragments),
            };
            self.found.insert(set.pos, selected);
        }
        facts.varies |= inner.varies;
        facts.is_plain &= inner.is_plain && facts.selected_from.insert(&field.response_key().node);
    }

    fn read_fragment(&mut self, name: &'a Name) -> Facts<'a> {
        if let Some(known) = self.fragments.get(name) {
            return known.clone();
        }
        let facts = match self.document.fragments.get(name) {
            Some(fragment) => self.read(&fragment.node.selection_set),
            None => Facts::default(),
        };
        self.fragments.insert(name, facts.clone());
        facts
    }
}

impl Facts<'_> {
    /// Adds what a fragment selects.
    fn add(&mut self, inner: Self, directives: &[Positioned<Directive>]) {
        self.varies |= inner.varies || vary(directives);
        self.is_plain &= inner.is_plain;
        for name in inner.selected_from {
            self.is_plain &= self.selected_from.insert(name);
        }
    }
}

/// Whether an argument of theirs is a variable, or holds one.
fn vary(directives: &[Positioned<Directive>]) -> bool {
    let mut arguments = directives.iter().flat_map(|directive| &directive.node.arguments);
    arguments.any(|(_, value)| value.node.clone().into_const().is_none())
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::Selections;
    use crate::documents::TextHash;

    /// The columns at which selections begin that never vary, in a document of one line.
    fn columns(document: &str) -> Vec<usize> {
        let parsed = parse_query(document).expect("it can be parsed");
        let selections = Selections::of(&TextHash::of(document), &parsed);
        let mut columns: Vec<usize> = selections.0.keys().map(|position| position.column).collect();
        columns.sort_unstable();
        columns
    }

    #[test]
    fn a_selection_with_a_variable_in_it_varies() {
        for (document, expected) in [
            ("{a{b}}", &[3][..]),
            ("query($x:Int){a(x:$x){b}}", &[22]),
            ("query($x:Int){a{b(y:[{z:$x}])}}", &[]),
            ("query($x:Int){a{b @include(if:$x)}}", &[]),
            ("query($x:Int){a{...@skip(if:$x){b} c{d}}}", &[37]),
            ("query($x:Int){a{...f}} fragment f on A{b(x:$x){c}}", &[47]),
            ("query($x:Int){a(x:$x){...f}} fragment f on A{b{c}}", &[22, 47]),
            ("{a{b(x:{y:[1]}) @skip(if:true)}}", &[3]),
        ] {
            assert_eq!(columns(document), expected, "{document}");
        }
    }

    #[test]
    fn a_document_that_selects_from_a_field_twice_is_left_to_the_library() {
        for (document, is_plain) in [
            ("{a{b} a{c}}", false),
            ("{a{b} x:a{c}}", true),
            ("{a{b} b:a{c}}", true),
            ("{a{c} b b}", true),
            ("{x{...on A{a{b}} ...on B{a{c}}}}", false),
            ("{x{...f a{b}}} fragment f on A{a{c}}", false),
            ("{x{...f} y{...f}} fragment f on A{a{c}}", true),
            ("{x{...f ...f}} fragment f on A{a{c}}", false),
            ("query A{a{b}} query B{a{b} a{c}}", false),
            // To the parser, what comes after a carriage return begins the line anew, with the same number.
            ("{a:x{b}\r b:x{c}}", false),
            ("{a:x{b}\r  b:x{c}}", true),
        ] {
            assert_eq!(!columns(document).is_empty(), is_plain, "{document}");
        }
    }
}
