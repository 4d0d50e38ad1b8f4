use std::sync::Arc;

use async_graphql::{Context, Error, InputObject, SimpleObject};
use domain::{
    access::Scope,
    jobs::{MAX_WAITING, Started, WarmCache, Work},
    switches::Switch,
};

use super::{
    invalidate_cache::check_prefixes,
    job::Job,
    user_error::{UserError, UserErrorCode},
};
use crate::{administration::administration, authority, errors::Failure, limits::Limits, loaders::loaders};

/// Which icons are to be read before anybody asks.
#[derive(InputObject)]
pub(crate) struct WarmCacheInput {
    /// At most so many, 1 to 100,000, and no more than the memory holds.
    #[graphql(default = 1000)]
    top: i32,
    /// Of these sets, in their order; of all, the largest first, where there is none.
    #[graphql(default)]
    pub(crate) prefixes: Vec<String>,
}

#[derive(SimpleObject)]
pub(crate) struct WarmCachePayload {
    /// What reads them; null where the input cannot be used.
    job: Option<Job>,
    user_errors: Vec<UserError>,
}

pub(crate) async fn warm(context: &Context<'_>, input: WarmCacheInput) -> Result<WarmCachePayload, Error> {
    authority::require(context, Scope::Admin)?;
    let administration = administration(context);
    let work = match checked(context, input).await? {
        Ok(work) => work,
        Err(user_errors) => return Ok(WarmCachePayload { job: None, user_errors }),
    };
    let started = administration.jobs.start(&Work::WarmCache(work)).await;
    Ok(match started.map_err(|error| Failure::log(&error))? {
        Started::Queued(job) => WarmCachePayload {
            job: Some(Job(Arc::from(job))),
            user_errors: Vec::new(),
        },
        Started::TooMany => WarmCachePayload {
            job: None,
            user_errors: vec![UserError {
                field: None,
                code: UserErrorCode::Conflict,
                message: format!("there are {MAX_WAITING} jobs already: wait for one to end, or cancel one"),
            }],
        },
    })
}

async fn checked(context: &Context<'_>, input: WarmCacheInput) -> Result<Result<WarmCache, Vec<UserError>>, Error> {
    let error = |field: Option<Vec<String>>, code, message: String| Ok(Err(vec![UserError { field, code, message }]));
    if !administration(context).switches.switches().is_on(Switch::MemoryCache) {
        let message = "nothing is kept while MEMORY_CACHE is off: turn it on with `setSwitch`";
        return error(None, UserErrorCode::Conflict, message.to_owned());
    }
    let top = match u32::try_from(input.top) {
        Ok(top) if (1..=WarmCache::MOST).contains(&top) => top,
        _ => {
            let code = if input.top < 1 {
                UserErrorCode::Invalid
            } else {
                UserErrorCode::TooLarge
            };
            let message = format!("`top` is from 1 to {}", WarmCache::MOST);
            return error(Some(vec!["top".to_owned()]), code, message);
        }
    };
    let max = context.data_unchecked::<Limits>().max_batch;
    if let Err(errors) = check_prefixes(&input.prefixes, max) {
        return Ok(Err(errors));
    }
    let sets = loaders(context).sets.many(&input.prefixes).await?;
    let missing = (0..).zip(&sets).filter(|(_, set)| set.is_none());
    let missing: Vec<UserError> = missing
        .map(|(place, _): (usize, _)| UserError {
            field: Some(vec!["prefixes".to_owned(), place.to_string()]),
            code: UserErrorCode::NotFound,
            message: "there is no such set".to_owned(),
        })
        .collect();
    if !missing.is_empty() {
        return Ok(Err(missing));
    }
    let prefixes = input.prefixes;
    Ok(Ok(WarmCache { top, prefixes }))
}
