use std::time::Duration;

use async_graphql::{Context, Error, Object, SimpleObject};
use domain::{analytics, operations};

use super::{failed, history, page_size, whole};
use crate::{
    errors::Failure, limits::cost_of, paging::cost_of_page, scalars::Long, service::ServiceFacts,
    types::pool_stats::PoolStats,
};

/// Of what times `pool` speaks.
const LATELY: Duration = Duration::from_mins(1);

/// Indexes of which a response is reckoned to tell.
const INDEXES: usize = 60;

/// How the database does.
pub(crate) struct DatabaseInsights {
    pub(super) range: analytics::TimeRange,
}

/// A kind of statement that was slow: it took longer than `SLOW_QUERY_THRESHOLD_MS`.
#[derive(SimpleObject)]
pub(crate) struct SlowQuery {
    /// The newest of its kind, without its values; the first 400 characters.
    #[graphql(complexity = 0)]
    statement: String,
    /// Those that were slow, which are all that is known of here.
    #[graphql(complexity = 0)]
    count: i32,
    #[graphql(complexity = 0)]
    mean_ms: f64,
    #[graphql(complexity = 0)]
    max_ms: f64,
    /// How the database went about it when it was slow, whatever its values were. Null where it would not say.
    #[graphql(complexity = 0)]
    plan: Option<String>,
}

/// What an index is used for.
#[derive(SimpleObject)]
pub(crate) struct IndexUsage {
    #[graphql(complexity = 0)]
    table: String,
    #[graphql(complexity = 0)]
    index: String,
    /// How often it was looked into since the database began to count. Null on SQLite, which counts none.
    #[graphql(complexity = 0)]
    scans: Option<Long>,
    #[graphql(complexity = 0)]
    size_bytes: Option<Long>,
    /// Whether nothing has looked into it since then, and it keeps nothing from being there twice. Null on SQLite.
    #[graphql(complexity = 0)]
    unused: Option<bool>,
}

#[Object]
impl DatabaseInsights {
    /// The connections of the instance that answers now, and what statements waited for one in the last minute.
    #[graphql(complexity = 1)]
    async fn pool(&self, context: &Context<'_>) -> PoolStats {
        PoolStats::from(&*context.data_unchecked::<ServiceFacts>().vitals.over(LATELY))
    }

    /// Statements that were slow, those first that took most time in all.
    #[graphql(complexity = "20 + cost_of(cost_of_page(Some(first), None), child_complexity)")]
    async fn slow_queries(
        &self,
        context: &Context<'_>,
        #[graphql(default = 10)] first: i32,
    ) -> Result<Vec<SlowQuery>, Error> {
        let first = page_size(context, first)?;
        let slow = history(context).slow_statements(self.range, first).await;
        Ok(slow.map_err(failed)?.into_iter().map(SlowQuery::from).collect())
    }

    /// The indexes as they are now, the largest first, 1,000 at most.
    #[graphql(complexity = "40 + cost_of(INDEXES, child_complexity)")]
    async fn indexes(&self, context: &Context<'_>) -> Result<Vec<IndexUsage>, Error> {
        let indexes = history(context).indexes().await.map_err(|error| Failure::log(&error))?;
        Ok(indexes.into_iter().map(IndexUsage::from).collect())
    }
}

impl From<operations::SlowStatement> for SlowQuery {
    fn from(slow: operations::SlowStatement) -> Self {
        Self {
            statement: slow.statement,
            count: whole(slow.count),
            mean_ms: slow.mean_ms,
            max_ms: slow.max_ms,
            plan: slow.plan,
        }
    }
}

impl From<operations::IndexUsage> for IndexUsage {
    fn from(index: operations::IndexUsage) -> Self {
        Self {
            table: index.table,
            index: index.index,
            scans: index.scans.map(Long::from),
            size_bytes: index.size_bytes.map(Long::from),
            unused: index.is_unused,
        }
    }
}
