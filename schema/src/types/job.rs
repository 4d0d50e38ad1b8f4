use std::sync::Arc;

use async_graphql::{Context, Enum, Error, ID, InputObject, Object, SimpleObject};
use domain::{
    access::Scope,
    jobs::{self, Cancelled, JobFollower},
};
use futures_util::{Stream, stream};

use super::user_error::{UserError, UserErrorCode};
use crate::{
    administration::administration,
    authority,
    errors::{Failure, bad_user_input},
    global_id::GlobalId,
    paging::{cost_of_page, first_or_default},
    scalars::DateTime,
};

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "jobs::JobState")]
pub(crate) enum JobState {
    /// It waits for its turn, or to be tried again.
    Queued,
    Running,
    Succeeded,
    /// After three attempts.
    Failed,
    Cancelled,
}

/// A part of a job that did not succeed.
#[derive(SimpleObject)]
pub(crate) struct JobFailure {
    #[graphql(complexity = 0)]
    item: String,
    #[graphql(complexity = 0)]
    message: String,
}

/// Long work, done by one instance. It can be looked at for seven days after its end, by whoever knows its id.
pub(crate) struct Job(pub(crate) Arc<jobs::Job>);

#[Object(cache_control(no_cache, private))]
impl Job {
    /// Nobody can guess it.
    #[graphql(complexity = 0)]
    pub(crate) async fn id(&self) -> ID {
        GlobalId::of_job(self.0.id)
    }

    /// What it does, as the mutation that started it is called.
    #[graphql(complexity = 0)]
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    #[graphql(complexity = 0)]
    async fn state(&self) -> JobState {
        self.0.state.into()
    }

    /// How much of `total` is done.
    #[graphql(complexity = 0)]
    async fn done(&self) -> i32 {
        int(self.0.done)
    }

    /// Null before it is known.
    #[graphql(complexity = 0)]
    async fn total(&self) -> Option<i32> {
        self.0.total.map(int)
    }

    /// The first 1,000 parts of it that did not succeed.
    #[graphql(complexity = "cost_of_page(Some(first), None)")]
    #[expect(clippy::unused_async, reason = "the library takes no other functions")]
    async fn failures(
        &self,
        context: &Context<'_>,
        #[graphql(default = 100)] first: i32,
    ) -> Result<Vec<JobFailure>, Error> {
        let first = first_or_default(context, first)?;
        let failures = self.0.failures.iter().take(first as usize);
        let failure = |failure: &jobs::JobFailure| JobFailure {
            item: failure.item.clone(),
            message: failure.message.clone(),
        };
        Ok(failures.map(failure).collect())
    }

    /// When it was first begun.
    #[graphql(complexity = 0)]
    async fn started_at(&self) -> Option<DateTime> {
        self.0.started_at_ms.map(DateTime::from_unix_ms)
    }

    #[graphql(complexity = 0)]
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at_ms.map(DateTime::from_unix_ms)
    }
}

#[derive(InputObject)]
pub(crate) struct CancelJobInput {
    id: ID,
}

#[derive(SimpleObject)]
pub(crate) struct CancelJobPayload {
    /// As it is now. One that is running ends within a second or two.
    job: Option<Job>,
    user_errors: Vec<UserError>,
}

pub(crate) async fn cancel(context: &Context<'_>, input: &CancelJobInput) -> Result<CancelJobPayload, Error> {
    authority::require(context, Scope::Admin)?;
    let refused = |job, code, message: &str| {
        let field = Some(vec!["id".to_owned()]);
        let message = message.to_owned();
        let user_errors = vec![UserError { field, code, message }];
        Ok(CancelJobPayload { job, user_errors })
    };
    let Ok(GlobalId::Job(id)) = GlobalId::parse(&input.id) else {
        return refused(None, UserErrorCode::Invalid, "this is no id of a job");
    };
    let cancelled = administration(context).jobs.cancel(id).await;
    match cancelled.map_err(|error| Failure::log(&error))? {
        Cancelled::Now(job) => Ok(CancelJobPayload {
            job: Some(Job(Arc::from(job))),
            user_errors: Vec::new(),
        }),
        Cancelled::Ended(job) => {
            let job = Some(Job(Arc::from(job)));
            refused(job, UserErrorCode::Conflict, "the job has ended already")
        }
        Cancelled::NoSuchJob => refused(None, UserErrorCode::NotFound, "there is no such job, or no longer"),
    }
}

/// A job at once, and again whenever it has changed.
pub(crate) async fn follow(context: &Context<'_>, id: &ID) -> Result<impl Stream<Item = Job> + use<>, Error> {
    let GlobalId::Job(id) = GlobalId::parse(id)? else {
        return Err(bad_user_input("this is no id of a job"));
    };
    let follower = administration(context).jobs.follow(id).await;
    let follower = follower.map_err(|error| Failure::log(&error))?;
    let follower = follower.ok_or_else(|| bad_user_input("there is no such job, or no longer"))?;
    Ok(stream::unfold(follower, |mut follower: JobFollower| async move {
        let job = follower.next().await?;
        Some((Job(job), follower))
    }))
}

fn int(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
