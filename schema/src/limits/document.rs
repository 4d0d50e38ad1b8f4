//! Guards on a document before anything recursive touches it.
//!
//! The parser and the validator recurse into values and fragments without a bound of their own: a few kilobytes of
//! brackets end the process, and two dozen fragments that spread each other twice keep a core busy for minutes.

use std::collections::HashMap;

use async_graphql::{
    Name, Pos, Positioned,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

use super::Limits;
use crate::errors::LimitExceeded;

/// Checks a document's length.
pub(crate) fn check_bytes(text: &str, limits: &Limits) -> Result<(), LimitExceeded> {
    at_most("maxDocumentBytes", limits.max_document_bytes, text.len())
}

/// Checks a document's text in one pass: its length, its nesting, its tokens.
pub(crate) fn check_text(text: &str, limits: &Limits) -> Result<(), LimitExceeded> {
    check_bytes(text, limits)?;
    let mut scan = Scan {
        bytes: text.as_bytes(),
        at: 0,
    };
    let (mut nesting, mut deepest, mut tokens) = (0_usize, 0, 0_usize);
    while let Some(byte) = scan.next_token() {
        tokens += 1;
        match byte {
            b'{' | b'[' | b'(' => {
                nesting += 1;
                deepest = deepest.max(nesting);
            }
            b'}' | b']' | b')' => nesting = nesting.saturating_sub(1),
            _ => {}
        }
    }
    at_most("maxNesting", limits.max_nesting, deepest)?;
    at_most("maxTokens", limits.max_tokens, tokens)
}

/// Checks a parsed document, whose nesting is known to be small: its fragments first, since the count of selections recurses into them.
pub(crate) fn check_parsed(document: &ExecutableDocument, limits: &Limits) -> Result<(), LimitExceeded> {
    at_most("maxFragments", limits.max_fragments, document.fragments.len())?;
    let mut totals = Totals {
        document,
        of_fragments: HashMap::new(),
    };
    for (_, operation) in document.operations.iter() {
        let set = &operation.node.selection_set;
        let total = totals.of_set(&set.node);
        at_most("maxSelections", limits.max_selections, total.selections)?;
        at_most("maxDepth", limits.max_depth, total.depth)?;
        at_most("maxAliases", limits.max_aliases, total.aliases)?;
        at_most("maxRootFields", limits.max_root_fields, total.fields_at_top)?;
        let directives = total.directives.saturating_add(operation.node.directives.len());
        at_most("maxDirectives", limits.max_directives, directives)?;
    }
    Ok(())
}

/// Where a document asks for the schema, if it does. The names of these two fields are theirs alone.
pub(crate) fn find_introspection(document: &ExecutableDocument) -> Option<Pos> {
    let operations = document
        .operations
        .iter()
        .map(|(_, operation)| &operation.node.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set);
    operations.chain(fragments).find_map(|set| introspection_in(&set.node))
}

fn introspection_in(set: &SelectionSet) -> Option<Pos> {
    set.items.iter().find_map(|selection| match &selection.node {
        Selection::Field(field) if matches!(field.node.name.node.as_str(), "__schema" | "__type") => Some(field.pos),
        Selection::Field(field) => introspection_in(&field.node.selection_set.node),
        Selection::InlineFragment(fragment) => introspection_in(&fragment.node.selection_set.node),
        Selection::FragmentSpread(_) => None,
    })
}

/// Whether `actual` keeps a limit, which is named as in `Limits`.
pub(crate) fn at_most(limit: &'static str, max: usize, actual: usize) -> Result<(), LimitExceeded> {
    if actual <= max {
        Ok(())
    } else {
        Err(LimitExceeded {
            limit,
            max,
            actual: Some(actual),
        })
    }
}

/// What a selection set amounts to once its fragments are written out. Sums saturate.
#[derive(Debug, Clone, Copy, Default)]
struct Total {
    selections: usize,
    depth: usize,
    aliases: usize,
    fields_at_top: usize,
    directives: usize,
}

impl Total {
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.depth = self.depth.max(other.depth);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.fields_at_top = self.fields_at_top.saturating_add(other.fields_at_top);
        self.directives = self.directives.saturating_add(other.directives);
    }

    fn with_directives(self, count: usize) -> Self {
        Self {
            directives: self.directives.saturating_add(count),
            ..self
        }
    }
}

struct Totals<'a> {
    document: &'a ExecutableDocument,
    /// Each fragment is counted once, however often it is spread. `None` while it is being counted, which ends a loop.
    of_fragments: HashMap<&'a Name, Option<Total>>,
}

impl<'a> Totals<'a> {
    fn of_set(&mut self, set: &'a SelectionSet) -> Total {
        let mut total = Total::default();
        for selection in &set.items {
            total.add(self.of_selection(selection));
        }
        total
    }

    fn of_selection(&mut self, selection: &'a Positioned<Selection>) -> Total {
        match &selection.node {
            Selection::Field(field) => {
                let inner = self.of_set(&field.node.selection_set.node);
                Total {
                    selections: inner.selections.saturating_add(1),
                    depth: inner.depth.saturating_add(1),
                    aliases: inner.aliases.saturating_add(usize::from(field.node.alias.is_some())),
                    fields_at_top: 1,
                    directives: inner.directives.saturating_add(field.node.directives.len()),
                }
            }
            Selection::InlineFragment(fragment) => self
                .of_set(&fragment.node.selection_set.node)
                .with_directives(fragment.node.directives.len()),
            Selection::FragmentSpread(spread) => self
                .of_fragment(&spread.node.fragment_name.node)
                .with_directives(spread.node.directives.len()),
        }
    }

    fn of_fragment(&mut self, name: &'a Name) -> Total {
        // What leads nowhere counts as something: many ways to it are as long to walk as any.
        let nothing = Total {
            selections: 1,
            ..Total::default()
        };
        if let Some(known) = self.of_fragments.get(name) {
            return known.unwrap_or(nothing);
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return nothing;
        };
        self.of_fragments.insert(name, None);
        let total = self
            .of_set(&fragment.node.selection_set.node)
            .with_directives(fragment.node.directives.len());
        self.of_fragments.insert(name, Some(total));
        total
    }
}

/// Steps over a document by token, knowing just enough of its lexical grammar not to count brackets in texts and comments.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    /// The first byte of the next token.
    fn next_token(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b',' | 0xEF | 0xBB | 0xBF => self.at += 1,
                b'#' => self.skip_while(|byte| byte != b'\n' && byte != b'\r'),
                b'"' => {
                    self.skip_text();
                    return Some(byte);
                }
                b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' => {
                    self.at += 1;
                    self.skip_while(|byte| byte == b'_' || byte == b'.' || byte.is_ascii_alphanumeric());
                    return Some(byte);
                }
                _ => {
                    self.at += 1;
                    return Some(byte);
                }
            }
        }
    }

    fn skip_while(&mut self, goes_on: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|byte| goes_on(*byte)) {
            self.at += 1;
        }
    }

    fn skip_text(&mut self) {
        let rest = &self.bytes[self.at..];
        let is_block = rest.starts_with(br#"""""#);
        self.at += if is_block { 3 } else { 1 };
        while let Some(byte) = self.bytes.get(self.at) {
            let rest = &self.bytes[self.at..];
            match (is_block, byte) {
                (true, _) if rest.starts_with(br#"\""""#) => self.at += 4,
                (true, _) if rest.starts_with(br#"""""#) => {
                    self.at += 3;
                    return;
                }
                (false, b'\\') => self.at += 2,
                // A text that is not closed on its line is an error the parser reports.
                (false, b'"' | b'\n' | b'\r') => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }
}
