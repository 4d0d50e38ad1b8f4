use std::sync::Arc;

use async_graphql::{Context, Enum, Error, Object, SimpleObject};
use domain::usage::{self, UsageKey, WindowUsage};

use crate::{
    loaders::loaders,
    scalars::{DateTime, Long},
};

/// How far back, rolling, up to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "usage::UsageWindow")]
pub(crate) enum UsageWindow {
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// 90 days.
    Quarter,
    /// 365 days.
    Year,
    /// Since the first event.
    All,
}

/// How often something was used, and by how many.
#[derive(SimpleObject)]
pub(crate) struct UsagePoint {
    /// When it begins.
    #[graphql(complexity = 0)]
    at: DateTime,
    #[graphql(complexity = 0)]
    count: Long,
    /// Users that were told apart, to about 2 %; few are counted exactly.
    #[graphql(complexity = 0)]
    unique_users: i32,
}

pub(crate) struct IconUsage(Arc<WindowUsage>);

/// How an icon, or all of a set, was used in a window. It is as new as the last roll-up, a minute ago at most.
#[Object]
impl IconUsage {
    #[graphql(complexity = 0)]
    fn window(&self) -> UsageWindow {
        self.0.window.into()
    }

    #[graphql(complexity = 0)]
    fn count(&self) -> Long {
        self.0.count.into()
    }

    /// Users that were told apart, to about 2 %; few are counted exactly.
    #[graphql(complexity = 0)]
    fn unique_users(&self) -> i32 {
        whole(self.0.unique_users)
    }

    /// Against the window before; 0.25 is +25 %. Null where nothing was used then, and of `ALL`.
    #[graphql(complexity = 0)]
    fn change(&self) -> Option<f64> {
        self.0.change
    }

    /// 24 equal, zero-filled steps of the window, the oldest first: the spark line.
    #[graphql(complexity = 0)]
    fn points(&self) -> Vec<UsagePoint> {
        let point = |point: &usage::UsagePoint| UsagePoint {
            at: DateTime::from_unix_ms(point.at_ms),
            count: point.count.into(),
            unique_users: whole(point.unique_users),
        };
        self.0.points.iter().map(point).collect()
    }
}

/// By the days that are read.
pub(crate) fn cost_of(window: UsageWindow) -> usize {
    match window {
        UsageWindow::Hour | UsageWindow::Day => 2,
        UsageWindow::Week => 4,
        UsageWindow::Month => 12,
        UsageWindow::Quarter => 36,
        UsageWindow::Year | UsageWindow::All => 150,
    }
}

fn whole(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

pub(crate) async fn read(context: &Context<'_>, key: UsageKey) -> Result<Option<IconUsage>, Error> {
    let usage = loaders(context).usage.one(&key).await?;
    Ok(usage.map(IconUsage))
}
