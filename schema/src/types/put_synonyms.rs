use std::time::Duration;

use async_graphql::{Context, Error, InputObject, SimpleObject};
use domain::{
    access::Scope,
    catalog::PutSynonyms,
    search::{GroupFault, MAX_SYNONYM_GROUPS, SynonymGroup, WordFault},
};

use super::user_error::{UserError, UserErrorCode};
use crate::{authority, errors::Failure, loaders::loaders, service::ServiceFacts};

/// Words that mean the same.
#[derive(InputObject)]
pub(crate) struct SynonymGroupInput {
    /// At least two that differ by more than case, accents or plural; phrases of up to four words are words too.
    words: Vec<String>,
}

#[derive(InputObject)]
pub(crate) struct PutSynonymsInput {
    pub(crate) groups: Vec<SynonymGroupInput>,
    /// Replace all administrators' groups instead of adding.
    #[graphql(default = false)]
    replace: bool,
}

#[derive(SimpleObject)]
pub(crate) struct PutSynonymsPayload {
    /// How many groups are stored now.
    #[graphql(complexity = 0)]
    groups: i32,
    /// What is wrong with the input. Where there is any, nothing was stored.
    user_errors: Vec<UserError>,
}

/// How long an answer waits for the index to know what is stored. Making its dictionary, or a set's part, takes less than a second.
pub(super) const INDEX_PATIENCE: Duration = Duration::from_secs(2);

pub(crate) async fn put(context: &Context<'_>, input: &PutSynonymsInput) -> Result<PutSynonymsPayload, Error> {
    authority::require(context, Scope::Admin)?;
    let loaders = loaders(context);
    let catalog = loaders.catalog();
    let groups = match groups(input) {
        Ok(groups) => groups,
        Err(user_errors) => {
            let stored = catalog.synonym_groups().await;
            let stored = stored.map_err(|error| Failure::log(&error))?;
            return Ok(payload(stored, user_errors));
        }
    };
    let now_ms = context.data_unchecked::<ServiceFacts>().now_ms();
    let put = catalog.put_synonyms(&groups, input.replace, now_ms).await;
    match put.map_err(|error| Failure::log(&error))? {
        PutSynonyms::TooMany { groups, wanted } => Ok(payload(groups, vec![too_many(wanted)])),
        PutSynonyms::Stored { groups, generation } => {
            if let Some(generation) = generation {
                loaders.search().catch_up(generation, INDEX_PATIENCE).await;
            }
            Ok(payload(groups, Vec::new()))
        }
    }
}

/// The groups as the search knows them, or what is wrong with each that is none.
fn groups(input: &PutSynonymsInput) -> Result<Vec<SynonymGroup>, Vec<UserError>> {
    // A list that is too long in itself is not worth a look at each.
    if input.groups.len() > MAX_SYNONYM_GROUPS {
        return Err(vec![too_many(input.groups.len())]);
    }
    let (mut groups, mut errors) = (Vec::new(), Vec::new());
    for (place, group) in input.groups.iter().enumerate() {
        match SynonymGroup::new(&group.words) {
            Ok(group) => groups.push(group),
            Err(fault) => errors.push(user_error(place, &fault)),
        }
    }
    if errors.is_empty() { Ok(groups) } else { Err(errors) }
}

fn user_error(group: usize, fault: &GroupFault) -> UserError {
    let mut field = vec!["groups".to_owned(), group.to_string(), "words".to_owned()];
    let code = match fault {
        GroupFault::TooFewWords { .. } => UserErrorCode::Invalid,
        GroupFault::TooManyWords { .. } => UserErrorCode::TooLarge,
        GroupFault::Word { place, fault } => {
            field.push(place.to_string());
            match fault {
                WordFault::Unsearchable => UserErrorCode::Invalid,
                WordFault::TooLong { .. } | WordFault::TooManyWords { .. } => UserErrorCode::TooLarge,
            }
        }
    };
    UserError {
        field: Some(field),
        code,
        message: fault.to_string(),
    }
}

fn too_many(wanted: usize) -> UserError {
    UserError {
        field: Some(vec!["groups".to_owned()]),
        code: UserErrorCode::TooLarge,
        message: format!("there are at most {MAX_SYNONYM_GROUPS} groups in all, and these would be {wanted}"),
    }
}

fn payload(groups: usize, user_errors: Vec<UserError>) -> PutSynonymsPayload {
    PutSynonymsPayload {
        groups: i32::try_from(groups).unwrap_or(i32::MAX),
        user_errors,
    }
}
