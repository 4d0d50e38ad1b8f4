//! Clients' own files of operations: each operation with the fragments that it uses, from whatever file, as one document.

mod typenames;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_graphql::{
    Pos,
    parser::{
        Error, parse_query,
        types::{DocumentOperations, ExecutableDocument, OperationType, Selection, SelectionSet},
    },
};

use super::TextHash;

/// An operation of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientOperation {
    /// Which of the texts it stands in.
    pub place: usize,
    /// None where it has no name.
    pub name: Option<String>,
    /// `query`, `mutation` or `subscription`.
    pub kind: &'static str,
    /// The operation and all fragments that it uses, in the order of their names.
    pub text: String,
}

impl ClientOperation {
    /// The SHA-256 of its text, lower-case hex.
    pub fn id(&self) -> String {
        TextHash::of(&self.text).to_string()
    }
}

/// A text that cannot be taken apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ClientFileError {
    /// Which of the texts it is.
    pub place: usize,
    pub message: String,
}

struct Fragment<'a> {
    text: &'a str,
    uses: BTreeSet<String>,
}

/// Whether clients put `__typename` into each selection by themselves before they send a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typenames {
    /// Documents are sent as they stand in the files.
    AsWritten,
    /// As caches have it that tell objects by their types: everywhere but at the top of an operation.
    Added,
}

/// Takes the operations out of `texts`, in their order. A fragment may stand in any of them; one that nobody has is left to
/// the validator to find.
///
/// # Errors
/// Where a text is no document, or a fragment is there twice.
pub fn client_operations(texts: &[&str], typenames: Typenames) -> Result<Vec<ClientOperation>, ClientFileError> {
    let read = texts.iter().enumerate().map(|(place, text)| {
        let read = read(text, typenames);
        read.map_err(|message| ClientFileError { place, message })
    });
    let read = read.collect::<Result<Vec<_>, _>>()?;
    let mut fragments: BTreeMap<String, Fragment<'_>> = BTreeMap::new();
    let mut documents = Vec::new();
    for (place, (text, document)) in read.iter().enumerate() {
        let fault = |message: String| ClientFileError { place, message };
        let definitions = Definitions::new(text, document);
        for (name, fragment) in &document.fragments {
            let fragment = Fragment {
                text: definitions.from(fragment.pos),
                uses: spreads(&fragment.node.selection_set.node),
            };
            if fragments.insert(name.to_string(), fragment).is_some() {
                return Err(fault(format!("there is another fragment {name}")));
            }
        }
        documents.push((place, definitions, document));
    }
    let mut found = Vec::new();
    for (place, definitions, document) in &documents {
        let mut operations: Vec<_> = document.operations.iter().collect();
        operations.sort_by_key(|(_, operation)| (operation.pos.line, operation.pos.column));
        for (name, operation) in operations {
            let used = closure(&spreads(&operation.node.selection_set.node), &fragments);
            let used = used.iter().filter_map(|name| Some(fragments.get(name)?.text));
            let parts: Vec<&str> = [definitions.from(operation.pos)].into_iter().chain(used).collect();
            found.push(ClientOperation {
                place: *place,
                name: name.map(ToString::to_string),
                kind: match operation.node.ty {
                    OperationType::Query => "query",
                    OperationType::Mutation => "mutation",
                    OperationType::Subscription => "subscription",
                },
                text: parts.join("\n\n"),
            });
        }
    }
    Ok(found)
}

/// Reads a text as clients send it.
fn read(text: &str, typenames: Typenames) -> Result<(String, ExecutableDocument), String> {
    crate::limits::check_text(text, &crate::limits::OF_FILES).map_err(|exceeded| exceeded.message())?;
    let text = with_line_feeds(text);
    let document = parse(&text).map_err(|error| error.to_string())?;
    if typenames == Typenames::AsWritten {
        return Ok((text, document));
    }
    let text = typenames::add(&text, &document);
    let document = parse(&text).map_err(|error| error.to_string())?;
    Ok((text, document))
}

/// The text with a line feed where a line ends with a carriage return alone: the parser's positions do not tell such lines apart, and for
/// GraphQL both are the same.
fn with_line_feeds(text: &str) -> String {
    let mut characters = text.chars().peekable();
    let mut ended = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        let is_alone = character == '\r' && characters.peek() != Some(&'\n');
        ended.push(if is_alone { '\n' } else { character });
    }
    ended
}

/// Reads a text, which may have fragments alone.
fn parse(text: &str) -> Result<ExecutableDocument, Error> {
    match parse_query(text) {
        Err(Error::MissingOperation) => {
            let mut document = parse_query(format!("{text}\nquery none {{ none }}"))?;
            document.operations = DocumentOperations::Multiple(HashMap::default());
            Ok(document)
        }
        parsed => parsed,
    }
}

/// Where each definition of a text begins. It ends where the next one does.
struct Definitions<'a> {
    text: &'a str,
    begins: Vec<usize>,
}

impl<'a> Definitions<'a> {
    fn new(text: &'a str, document: &ExecutableDocument) -> Self {
        let operations = document.operations.iter().map(|(_, operation)| operation.pos);
        let fragments = document.fragments.values().map(|fragment| fragment.pos);
        let mut begins: Vec<usize> = operations.chain(fragments).map(|pos| offset(text, pos)).collect();
        begins.sort_unstable();
        Self { text, begins }
    }

    fn from(&self, pos: Pos) -> &'a str {
        let begin = offset(self.text, pos);
        let end = self.begins.iter().find(|other| **other > begin);
        self.text[begin..end.map_or(self.text.len(), |end| *end)].trim_end()
    }
}

/// The byte at which a line and column, in characters from 1, stand.
fn offset(text: &str, pos: Pos) -> usize {
    let lines_before: usize = text.split_inclusive('\n').take(pos.line - 1).map(str::len).sum();
    let line = &text[lines_before..];
    let column = line.char_indices().nth(pos.column - 1);
    lines_before + column.map_or(line.len(), |(at, _)| at)
}

/// All fragments that are used, through others too.
fn closure(used: &BTreeSet<String>, fragments: &BTreeMap<String, Fragment<'_>>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut next: Vec<String> = used.iter().cloned().collect();
    while let Some(name) = next.pop() {
        if let Some(fragment) = fragments.get(&name) {
            next.extend(fragment.uses.iter().filter(|name| !all.contains(*name)).cloned());
        }
        all.insert(name);
    }
    all
}

fn spreads(set: &SelectionSet) -> BTreeSet<String> {
    let of = |selection: &Selection| match selection {
        Selection::Field(field) => spreads(&field.node.selection_set.node),
        Selection::InlineFragment(fragment) => spreads(&fragment.node.selection_set.node),
        Selection::FragmentSpread(spread) => [spread.node.fragment_name.node.to_string()].into(),
    };
    set.items.iter().flat_map(|selection| of(&selection.node)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Typenames, client_operations};

    #[test]
    fn an_operation_brings_the_fragments_it_uses() {
        let one = "# A page\nquery A { a ...x }\n\nfragment y on T { c(t: \"é\") }  \n# the end\nmutation B { b }";
        let two = "fragment x on T { b { ...y } } fragment unused on T { z } { anonymous ...nowhere }";
        let found = client_operations(&[one, two], Typenames::AsWritten).expect("both can be read");
        let texts: Vec<_> = found
            .iter()
            .map(|operation| (operation.place, operation.name.as_deref(), operation.kind))
            .collect();
        assert_eq!(
            texts,
            [(0, Some("A"), "query"), (0, Some("B"), "mutation"), (1, None, "query")]
        );
        assert_eq!(
            found[0].text,
            "query A { a ...x }\n\nfragment x on T { b { ...y } }\n\nfragment y on T { c(t: \"é\") }  \n# the end"
        );
        assert_eq!(found[1].text, "mutation B { b }");
        assert_eq!(found[2].text, "{ anonymous ...nowhere }");
    }

    #[test]
    fn lines_end_however_they_do() {
        for end in ["\n", "\r\n", "\r"] {
            let text = [
                "# é",
                "query A {",
                "  a",
                "}",
                "query B { b } query C { c }",
                "query D { d }",
            ]
            .join(end);
            let found = client_operations(&[&text], Typenames::AsWritten).expect("it can be read");
            let texts: Vec<_> = found
                .iter()
                .map(|operation| operation.text.replace("\r\n", "\n"))
                .collect();
            assert_eq!(
                texts,
                ["query A {\n  a\n}", "query B { b }", "query C { c }", "query D { d }"],
                "{end:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (texts, place) in [
            (&["{ a }", "{ b"][..], 1),
            (&["fragment x on T { a }", "fragment x on T { b }"], 1),
            (&[&"[".repeat(300)], 0),
        ] {
            assert_eq!(
                client_operations(texts, Typenames::AsWritten)
                    .expect_err("unreadable")
                    .place,
                place,
                "{texts:?}"
            );
        }
    }
}
