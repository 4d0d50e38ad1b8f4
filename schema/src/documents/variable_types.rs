//! The guard on the types of variables: the library's validator knows that there is no such type, but where the variable has a
//! default value it looks the type up before it says so, and panics.

use std::{collections::HashSet, sync::LazyLock};

use async_graphql::{
    Name, ServerError,
    parser::{
        parse_schema,
        types::{BaseType, ExecutableDocument, Type, TypeSystemDefinition},
    },
};

use crate::{
    errors::{Code, with_code},
    service::sdl,
};

/// Scalars of the specification, which no schema declares.
const BUILT_IN: [&str; 5] = ["Boolean", "Float", "ID", "Int", "String"];

/// Refuses a variable of a type that the schema does not have.
pub(super) fn check(document: &ExecutableDocument) -> Result<(), ServerError> {
    let operations = document.operations.iter();
    for definition in operations.flat_map(|(_, operation)| &operation.node.variable_definitions) {
        let var_type = &definition.node.var_type;
        let name = innermost(&var_type.node);
        if !is_known(name) {
            let error = ServerError::new(format!("Unknown type \"{name}\""), Some(var_type.pos));
            return Err(with_code(error, Code::GraphqlValidationFailed));
        }
    }
    Ok(())
}

fn innermost(var_type: &Type) -> &Name {
    let mut base = &var_type.base;
    loop {
        match base {
            BaseType::Named(name) => return name,
            BaseType::List(item) => base = &item.base,
        }
    }
}

fn is_known(name: &str) -> bool {
    static KNOWN: LazyLock<HashSet<Name>> = LazyLock::new(|| {
        let schema = parse_schema(sdl()).expect("the library reads what it writes");
        let names = schema
            .definitions
            .into_iter()
            .filter_map(|definition| match definition {
                TypeSystemDefinition::Type(definition) => Some(definition.node.name.node),
                TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
            });
        names.collect()
    });
    BUILT_IN.contains(&name) || KNOWN.contains(name)
}
