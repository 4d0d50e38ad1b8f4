use std::sync::Arc;

use async_graphql::{Context, Enum, Error, Object, SimpleObject};
use domain::{
    catalog::IconName,
    usage::{self, Standings, Usage, UsageKey, WindowUsage},
};

use crate::{
    loaders::loaders,
    scalars::{DateTime, Long},
    service::ServiceFacts,
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

pub(crate) struct IconUsage {
    usage: Arc<WindowUsage>,
    /// Among all others that were used.
    place: Option<u32>,
}

/// How an icon, or all of a set, was used in a window. It is as new as the last roll-up, a minute ago at most.
#[Object]
impl IconUsage {
    #[graphql(complexity = 0)]
    fn window(&self) -> UsageWindow {
        self.usage.window.into()
    }

    #[graphql(complexity = 0)]
    fn count(&self) -> Long {
        self.usage.count.into()
    }

    /// Its place among all icons, or among all sets, by how often they were used in the window: 1 for whatever was used most. Equal counts
    /// share a place. Null where it was not used.
    #[graphql(complexity = 0)]
    fn rank(&self) -> Option<i32> {
        self.place.map(|place| whole(place.into()))
    }

    /// Users that were told apart, to about 2 %; few are counted exactly.
    #[graphql(complexity = 0)]
    fn unique_users(&self) -> i32 {
        whole(self.usage.unique_users)
    }

    /// Against the window before; 0.25 is +25 %. Null where nothing was used then, and of `ALL`.
    #[graphql(complexity = 0)]
    fn change(&self) -> Option<f64> {
        self.usage.change
    }

    /// 24 equal, zero-filled steps of the window, the oldest first: the spark line.
    #[graphql(complexity = 0)]
    fn points(&self) -> Vec<UsagePoint> {
        self.usage.points.iter().map(UsagePoint::from).collect()
    }
}

impl From<&usage::UsagePoint> for UsagePoint {
    fn from(point: &usage::UsagePoint) -> Self {
        Self {
            at: DateTime::from_unix_ms(point.at_ms),
            count: point.count.into(),
            unique_users: whole(point.unique_users),
        }
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

/// Of an icon, under one of its names.
pub(crate) async fn of_icon(
    context: &Context<'_>,
    name: &IconName,
    window: UsageWindow,
) -> Result<Option<IconUsage>, Error> {
    let key = UsageKey::of_icon(name, window.into(), now_ms(context));
    read(context, key, Standings::place_of_icon).await
}

/// Of all icons of a set.
pub(crate) async fn of_set(
    context: &Context<'_>,
    prefix: &str,
    window: UsageWindow,
) -> Result<Option<IconUsage>, Error> {
    let key = UsageKey::of_set(prefix, window.into(), now_ms(context));
    read(context, key, Standings::place_of_set).await
}

async fn read(
    context: &Context<'_>,
    key: UsageKey,
    place_of: fn(&Standings, usage::UsageWindow, u64) -> Option<u32>,
) -> Result<Option<IconUsage>, Error> {
    let loaders = loaders(context);
    loaders.shows_figures();
    let usage = loaders.usage.one(&key).await?;
    Ok(usage.map(|usage| IconUsage {
        place: place_of(&standings(context), usage.window, usage.count),
        usage,
    }))
}

/// How everything stands by usage.
pub(crate) fn standings(context: &Context<'_>) -> Arc<Standings> {
    context.data_unchecked::<Usage>().standings()
}

fn now_ms(context: &Context<'_>) -> i64 {
    context.data_unchecked::<ServiceFacts>().now_ms()
}
