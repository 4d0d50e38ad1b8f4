use async_graphql::{Context, Error, InputObject, Object};
use domain::usage::{FeedFilter, FeedTick, Usage};
use futures_util::{Stream, stream};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{analytics::IconCount, record_usage::UsageKind};
use crate::{
    errors::LimitExceeded,
    limits::{Limits, cost_of},
    scalars::{DateTime, IconNameScalar},
    service::ServiceFacts,
    subscription::interval_of,
};

/// Icons that a tick names.
const TOP: usize = 20;

/// What of usage is told. Conditions all hold; of a list one value has to hold, and an empty list is as good as none.
#[derive(Debug, Default, InputObject)]
pub(crate) struct UsageFeedFilter {
    /// Sets of the icons.
    prefixes: Option<Vec<String>>,
    names: Option<Vec<IconNameScalar>>,
    kinds: Option<Vec<UsageKind>>,
}

pub(crate) struct UsageTick {
    at_ms: i64,
    tick: FeedTick,
}

impl UsageFeedFilter {
    /// The filter as usage knows it.
    ///
    /// # Errors
    /// `LIMIT_EXCEEDED` where its lists have more values than a batch may.
    fn into_domain(self, limits: &Limits) -> Result<FeedFilter, Error> {
        let (prefixes, names) = (self.prefixes.unwrap_or_default(), self.names.unwrap_or_default());
        let kinds = self.kinds.unwrap_or_default();
        let (values, max) = (prefixes.len() + names.len() + kinds.len(), limits.max_batch);
        if values > max {
            return Err(LimitExceeded {
                limit: "maxBatch",
                max,
                actual: Some(values),
            }
            .into());
        }
        Ok(FeedFilter {
            prefixes: prefixes.into_iter().collect(),
            names: names.into_iter().map(|name| name.0).collect(),
            kinds: kinds.into_iter().map(Into::into).collect(),
        })
    }
}

/// A tick per interval. What was used while nobody came to read it is told with the next, or not at all where that was long.
pub(crate) fn follow(
    context: &Context<'_>,
    filter: UsageFeedFilter,
    interval_ms: i32,
) -> Result<impl Stream<Item = UsageTick> + use<>, Error> {
    let interval = interval_of(interval_ms)?;
    let filter = filter.into_domain(context.data_unchecked::<Limits>())?;
    let follower = context.data_unchecked::<Usage>().follow(interval);
    let mut ticks = interval_at(Instant::now() + interval, interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let facts = context.data_unchecked::<ServiceFacts>();
    let from = (ticks, follower, filter, facts.clone());
    Ok(stream::unfold(
        from,
        async |(mut ticks, mut follower, filter, facts)| {
            ticks.tick().await;
            let tick = follower.next(&filter, TOP);
            let at_ms = facts.now_ms();
            Some((UsageTick { at_ms, tick }, (ticks, follower, filter, facts)))
        },
    ))
}

/// What was recorded since the tick before, counted in quarters of a second.
#[Object]
impl UsageTick {
    #[graphql(complexity = 0)]
    async fn at(&self) -> DateTime {
        DateTime::from_unix_ms(self.at_ms)
    }

    /// Events that pass the filter.
    #[graphql(complexity = 0)]
    async fn total(&self) -> i32 {
        i32::try_from(self.tick.total).unwrap_or(i32::MAX)
    }

    /// The 20 icons that were used most of what passes the filter, the most used first.
    #[graphql(complexity = "cost_of(TOP, 1 + child_complexity)")]
    async fn top(&self) -> Vec<IconCount> {
        let top = self.tick.top.iter();
        top.map(|(name, count)| IconCount::of(name.clone(), *count)).collect()
    }
}
