use async_graphql::{Context, Error, SimpleObject};
use domain::analytics;

use super::{answers, arguments::TimeRange, failed, shares::DistributionBucket};

/// Who used icons in a range.
#[derive(SimpleObject)]
pub(crate) struct UserBehavior {
    #[graphql(complexity = 0)]
    active_users: i32,
    /// Those of whom nothing is known before the range.
    #[graphql(complexity = 0)]
    new_users: i32,
    #[graphql(complexity = 0)]
    returning_users: i32,
    #[graphql(complexity = 0)]
    sessions: i32,
    /// Different icons in a session, on average; 0 where there was no session.
    #[graphql(complexity = 0)]
    icons_per_session: f64,
    /// What falls on each hour of the day, `00` to `23`.
    #[graphql(complexity = "child_complexity")]
    by_hour: Vec<DistributionBucket>,
}

pub(super) async fn read(context: &Context<'_>, range: TimeRange) -> Result<UserBehavior, Error> {
    let users = answers(context).users(range.into_domain()?).await.map_err(failed)?;
    Ok(users.into())
}

impl From<analytics::UserBehavior> for UserBehavior {
    fn from(users: analytics::UserBehavior) -> Self {
        let whole = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            active_users: whole(users.active),
            new_users: whole(users.new),
            returning_users: whole(users.returning),
            sessions: whole(users.sessions),
            icons_per_session: users.icons_per_session,
            by_hour: users.by_hour.into_iter().map(DistributionBucket::from).collect(),
        }
    }
}
