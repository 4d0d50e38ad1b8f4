use async_graphql::SimpleObject;
use domain::rate_limit::Budget;

use crate::scalars::DateTime;

/// What a client may ask for: a budget of cost that fills evenly, a minute's worth at most.
#[derive(SimpleObject)]
pub(crate) struct RateLimit {
    /// Cost a minute, which may be spent at once.
    #[graphql(complexity = 0)]
    limit: i32,
    /// What this request cost.
    #[graphql(complexity = 0)]
    cost: i32,
    /// What is left after it.
    #[graphql(complexity = 0)]
    remaining: i32,
    /// When all of it will be there again, if nothing more is asked for.
    #[graphql(complexity = 0)]
    reset_at: DateTime,
}

impl RateLimit {
    /// A budget as it stands at `now_ms`, in Unix milliseconds.
    pub(crate) fn of(budget: &Budget, now_ms: i64) -> Self {
        let int = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        let reset_after_ms = i64::try_from(budget.reset_after.as_millis()).unwrap_or(i64::MAX);
        Self {
            limit: int(budget.limit),
            cost: int(budget.cost),
            remaining: int(budget.remaining),
            reset_at: DateTime::from_unix_ms(now_ms.saturating_add(reset_after_ms)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::rate_limit::Budget;

    use super::RateLimit;
    use crate::scalars::DateTime;

    #[test]
    fn it_says_when_all_of_the_budget_is_there_again() {
        let budget = Budget {
            limit: u32::MAX,
            cost: 7,
            remaining: 3,
            reset_after: Duration::from_millis(1500),
        };
        let shown = RateLimit::of(&budget, 1_788_264_000_000);
        assert_eq!((shown.limit, shown.cost, shown.remaining), (i32::MAX, 7, 3));
        assert_eq!(shown.reset_at, DateTime::from_unix_ms(1_788_264_001_500));
    }
}
