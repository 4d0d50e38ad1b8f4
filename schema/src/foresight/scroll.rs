//! Where an operation asks for one page of a list after another.

use async_graphql::{
    Name, Value,
    parser::types::{Field, OperationDefinition, Selection, SelectionSet},
};

/// A list that an operation has a page of, from a cursor in a variable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scroll {
    /// The variable with the cursor.
    variable: Name,
    /// The names in the response that lead to the page.
    path: Vec<Name>,
}

impl Scroll {
    /// The list of an operation; none where there is none, or several, or one within another list.
    pub(crate) fn of(operation: &OperationDefinition) -> Option<Self> {
        let mut found = Vec::new();
        collect(&operation.selection_set.node, &mut Vec::new(), &mut found);
        match found.len() {
            1 => found.pop(),
            _ => None,
        }
    }

    /// The variable with the cursor.
    pub(crate) fn variable(&self) -> &str {
        &self.variable
    }

    /// The cursor of the next page, where the response says that there is one.
    pub(crate) fn next(&self, data: &Value) -> Option<String> {
        let page = self.path.iter().try_fold(data, field)?;
        let info = field(page, &Name::new("pageInfo"))?;
        match (
            field(info, &Name::new("hasNextPage"))?,
            field(info, &Name::new("endCursor"))?,
        ) {
            (Value::Boolean(true), Value::String(cursor)) => Some(cursor.clone()),
            _ => None,
        }
    }
}

fn field<'a>(value: &'a Value, name: &Name) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(name),
        _ => None,
    }
}

/// Those in a set of selections, as far as no fragment is between.
fn collect(set: &SelectionSet, path: &mut Vec<Name>, found: &mut Vec<Scroll>) {
    for selection in &set.items {
        let Selection::Field(selected) = &selection.node else {
            continue;
        };
        let selected = &selected.node;
        path.push(selected.response_key().node.clone());
        if let Some(variable) = cursor_of(selected) {
            found.push(Scroll {
                variable,
                path: path.clone(),
            });
        }
        collect(&selected.selection_set.node, path, found);
        path.pop();
    }
}

/// The variable that says after which cursor a field's page begins.
fn cursor_of(field: &Field) -> Option<Name> {
    // The library does not give out its type of a value that may be a variable; written, nothing else begins with the sign.
    let after = field.get_argument("after")?.node.to_string();
    after.strip_prefix('$').map(Name::new)
}

#[cfg(test)]
mod tests {
    use async_graphql::{parser::parse_query, value};

    use super::Scroll;

    fn scroll(query: &str) -> Option<Scroll> {
        let document = parse_query(query).expect("a query");
        let (_, operation) = document.operations.iter().next().expect("an operation");
        Scroll::of(&operation.node)
    }

    #[test]
    fn one_list_from_a_cursor_scrolls() {
        let scroll =
            scroll("query($c: String) { s: iconSet(prefix: \"a\") { name page: icons(after: $c) { nodes { id } } } }");
        let scroll = scroll.expect("it scrolls");
        assert_eq!(scroll.variable(), "c");
        let page = |info| value!({ "s": { "name": "a", "page": { "pageInfo": info } } });
        for (info, next) in [
            (value!({ "hasNextPage": true, "endCursor": "x" }), Some("x")),
            (value!({ "hasNextPage": false, "endCursor": "x" }), None),
            (value!({ "hasNextPage": true, "endCursor": null }), None),
            (value!({ "hasNextPage": true }), None),
            (value!({ "endCursor": "x" }), None),
        ] {
            assert_eq!(scroll.next(&page(info.clone())).as_deref(), next, "{info}");
        }
        assert_eq!(scroll.next(&value!({ "s": null })), None);
        assert_eq!(scroll.next(&value!({ "s": [{ "page": {} }] })), None);
    }

    #[test]
    fn anything_else_does_not() {
        for query in [
            "{ search(query: \"a\") { totalCount } }",
            "{ search(query: \"a\", after: \"x\") { totalCount } }",
            "query($c: String) { search(query: \"a\", before: $c) { totalCount } }",
            "query($c: String, $d: String) { a: search(query: \"a\", after: $c) { totalCount } b: search(query: \"b\", after: $d) { totalCount } }",
        ] {
            assert_eq!(scroll(query), None, "{query}");
        }
    }
}
