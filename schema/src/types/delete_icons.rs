use std::collections::HashSet;

use async_graphql::{Context, Error, InputObject, SimpleObject};
use domain::{
    access::Scope,
    catalog::{DeleteFault, DeleteIcons, IconName},
};

use super::{
    put_synonyms::INDEX_PATIENCE,
    user_error::{UserError, UserErrorCode},
};
use crate::{
    authority, errors::Failure, loaders::loaders, query::check_batch, scalars::IconNameScalar, service::ServiceFacts,
};

#[derive(InputObject)]
pub(crate) struct DeleteIconsInput {
    /// Of at most 10 sets.
    pub(crate) names: Vec<IconNameScalar>,
}

#[derive(SimpleObject)]
pub(crate) struct DeleteIconsPayload {
    /// The names, in the order of the input, each once.
    #[graphql(complexity = 0)]
    deleted: Vec<IconNameScalar>,
    /// What is wrong with the input. Where there is any, nothing was deleted.
    user_errors: Vec<UserError>,
}

pub(crate) async fn delete(context: &Context<'_>, input: DeleteIconsInput) -> Result<DeleteIconsPayload, Error> {
    authority::require(context, Scope::Admin)?;
    check_batch(input.names.len(), context)?;
    let loaders = loaders(context);
    let names: Vec<IconName> = input.names.into_iter().map(|name| name.0).collect();
    let now_ms = context.data_unchecked::<ServiceFacts>().now_ms();
    let deleted = loaders.catalog().delete_icons(&names, now_ms).await;
    match deleted.map_err(|error| Failure::log(&error))? {
        DeleteIcons::Refused(faults) => {
            return Ok(DeleteIconsPayload {
                deleted: Vec::new(),
                user_errors: faults.iter().map(user_error).collect(),
            });
        }
        DeleteIcons::Deleted { generation: None } => {}
        DeleteIcons::Deleted {
            generation: Some(generation),
        } => {
            // An earlier field of this request may have read them.
            loaders.forget();
            loaders.search().catch_up(generation, INDEX_PATIENCE).await;
        }
    }
    let mut seen = HashSet::new();
    let once = names.into_iter().filter(|name| seen.insert(name.clone()));
    Ok(DeleteIconsPayload {
        deleted: once.map(IconNameScalar).collect(),
        user_errors: Vec::new(),
    })
}

fn user_error(fault: &DeleteFault) -> UserError {
    let mut field = vec!["names".to_owned()];
    field.extend(fault.place().map(|place| place.to_string()));
    UserError {
        field: Some(field),
        code: match fault {
            DeleteFault::TooManySets(_) => UserErrorCode::TooLarge,
            DeleteFault::NotFound { .. } => UserErrorCode::NotFound,
            DeleteFault::HasAliases { .. } => UserErrorCode::Conflict,
        },
        message: fault.to_string(),
    }
}
