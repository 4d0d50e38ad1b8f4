use async_graphql::{Context, Error, OneofObject, SimpleObject};
use domain::{
    access::Scope,
    catalog::{Invalidation, NamePattern, is_valid_prefix},
};

use super::user_error::{UserError, UserErrorCode};
use crate::{
    authority, errors::Failure, kept_answers::KeptAnswers, limits::Limits, loaders::loaders, scalars::IconNameScalar,
    service::ServiceFacts,
};

/// What is to be read again. At most as many names or prefixes as a batch may have.
#[derive(OneofObject)]
pub(crate) enum InvalidateCacheInput {
    /// Whether or not there are such icons.
    Names(Vec<IconNameScalar>),
    /// Everything of these sets.
    Prefixes(Vec<String>),
    /// Glob over names: `mdi:home*`; `*` is everything. `?` is one character. Of each set that has names which may match, everything is
    /// read again.
    Pattern(String),
}

#[derive(SimpleObject)]
pub(crate) struct InvalidateCachePayload {
    /// Things, answers of icons and whole answers that the memory of this instance let go of, also those that were outdated
    /// before. What others keep, and Redis, does not count any more, and is not counted.
    #[graphql(complexity = 0)]
    entries: i32,
    /// What is wrong with the input. Where there is any, nothing was done.
    user_errors: Vec<UserError>,
}

pub(crate) async fn invalidate(
    context: &Context<'_>,
    input: InvalidateCacheInput,
) -> Result<InvalidateCachePayload, Error> {
    authority::require(context, Scope::Admin)?;
    let catalog = loaders(context).catalog();
    let max = context.data_unchecked::<Limits>().max_batch;
    let target = match target(input, max) {
        Ok(Target::Known(invalidation)) => invalidation,
        Ok(Target::Matching(pattern)) => {
            let matching = catalog.matching(&pattern).await;
            matching.map_err(|error| Failure::log(&error))?
        }
        Err(user_errors) => {
            return Ok(InvalidateCachePayload {
                entries: 0,
                user_errors,
            });
        }
    };
    let now_ms = context.data_unchecked::<ServiceFacts>().now_ms();
    let dropped = catalog.invalidate(&target, now_ms).await;
    let dropped = dropped.map_err(|error| Failure::log(&error))?;
    let answers = context.data_unchecked::<KeptAnswers>();
    let dropped = dropped + answers.drop_outdated(catalog).await;
    Ok(InvalidateCachePayload {
        entries: i32::try_from(dropped).unwrap_or(i32::MAX),
        user_errors: Vec::new(),
    })
}

enum Target {
    Known(Invalidation),
    Matching(NamePattern),
}

/// What the input means, or what is wrong with it.
fn target(input: InvalidateCacheInput, max: usize) -> Result<Target, Vec<UserError>> {
    match input {
        InvalidateCacheInput::Names(names) if names.len() > max => Err(vec![too_many("names", names.len(), max)]),
        InvalidateCacheInput::Names(names) => {
            let names = names.into_iter().map(|name| name.0).collect();
            Ok(Target::Known(Invalidation::Names(names)))
        }
        InvalidateCacheInput::Prefixes(prefixes) => {
            check_prefixes(&prefixes, max)?;
            Ok(Target::Known(Invalidation::Sets(prefixes)))
        }
        InvalidateCacheInput::Pattern(pattern) => pattern.parse().map(Target::Matching).map_err(|error| {
            vec![UserError {
                field: Some(vec!["pattern".to_owned()]),
                code: UserErrorCode::Invalid,
                message: format!("{error}"),
            }]
        }),
    }
}

/// Whether they are not too many, and each could be one.
pub(super) fn check_prefixes(prefixes: &[String], max: usize) -> Result<(), Vec<UserError>> {
    if prefixes.len() > max {
        return Err(vec![too_many("prefixes", prefixes.len(), max)]);
    }
    let invalid = prefixes
        .iter()
        .enumerate()
        .filter(|(_, prefix)| !is_valid_prefix(prefix));
    let errors: Vec<UserError> = invalid
        .map(|(place, _)| UserError {
            field: Some(vec!["prefixes".to_owned(), place.to_string()]),
            code: UserErrorCode::Invalid,
            message: "a prefix is made of a-z and 0-9 with single hyphens inside, such as fa6-solid".to_owned(),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn too_many(field: &str, actual: usize, max: usize) -> UserError {
    UserError {
        field: Some(vec![field.to_owned()]),
        code: UserErrorCode::TooLarge,
        message: format!("there are at most {max} {field}, and these are {actual}; a `pattern` names many at once"),
    }
}
