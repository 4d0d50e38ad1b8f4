use std::sync::Arc;

use async_graphql::{Context, Error, Object, SimpleObject};
use domain::catalog::{self, IconId, IconName};

use super::{
    answers,
    arguments::{TimeRange, TrendDirection},
    failed, page_size, wanted, whole,
};
use crate::{
    loaders::loaders,
    scalars::{IconNameScalar, Long},
    service::ServiceFacts,
    types::{icon::Icon, icon_filter::IconFilter},
};

/// How many more are asked for than are wanted: some of what was used is gone.
const SPARE: usize = 100;

pub(crate) struct IconCount {
    id: IconId,
    name: IconName,
    count: u64,
}

impl IconCount {
    /// Of the icon that has, or had, that name.
    pub(crate) fn of(name: IconName, count: u64) -> Self {
        Self {
            id: IconId::of(&name),
            name,
            count,
        }
    }
}

/// How often an icon was used.
#[Object]
impl IconCount {
    #[graphql(complexity = 0)]
    async fn name(&self) -> IconNameScalar {
        IconNameScalar(self.name.clone())
    }

    /// Null where it is gone.
    #[graphql(complexity = "child_complexity")]
    async fn icon(&self, context: &Context<'_>) -> Option<Result<Icon, Error>> {
        let icon = loaders(context).by_id.one(&self.id).await;
        icon.map(|icon| icon.map(Icon)).map_err(Error::from).transpose()
    }

    #[graphql(complexity = 0)]
    async fn count(&self) -> Long {
        self.count.into()
    }
}

/// How the use of an icon changes.
#[derive(SimpleObject)]
pub(crate) struct Trend {
    #[graphql(complexity = "child_complexity")]
    icon: Icon,
    /// Uses a day by which it grows each day.
    #[graphql(complexity = 0)]
    slope: f64,
    /// The second half of the range against the first; 0.25 is +25 %. Where there was nothing in the first, as if it had been once.
    #[graphql(complexity = 0)]
    change: f64,
    #[graphql(complexity = 0)]
    count: i32,
}

/// Two icons that sessions use together.
#[derive(SimpleObject)]
pub(crate) struct IconPair {
    #[graphql(complexity = "child_complexity")]
    a: Icon,
    #[graphql(complexity = "child_complexity")]
    b: Icon,
    /// How many times as many sessions used both as would by chance.
    #[graphql(complexity = 0)]
    score: f64,
    /// Sessions that used both; one that did on two days counts twice.
    #[graphql(complexity = 0)]
    support: i32,
}

pub(super) async fn icons(
    context: &Context<'_>,
    range: TimeRange,
    filter: Option<IconFilter>,
    first: i32,
) -> Result<Vec<IconCount>, Error> {
    let (range, first) = (range.into_domain()?, page_size(context, first)?);
    let answers = answers(context);
    let wanted = wanted(context, filter).await?;
    let is_wanted = |icon: IconId| wanted.as_ref().is_none_or(|wanted| wanted.contains(&icon));
    let top = answers.top_icons(range, is_wanted, first).await;
    let top = top.map_err(failed)?;
    let counts = top.into_iter().map(|top| IconCount {
        id: top.icon,
        name: top.name,
        count: top.count,
    });
    Ok(counts.collect())
}

pub(super) async fn trends(
    context: &Context<'_>,
    range: TimeRange,
    direction: TrendDirection,
    first: i32,
) -> Result<Vec<Trend>, Error> {
    let (range, first) = (range.into_domain()?, page_size(context, first)?);
    let now_ms = context.data_unchecked::<ServiceFacts>().now_ms();
    let trends = answers(context)
        .trends(range, direction.into(), (now_ms, first + SPARE))
        .await;
    let trends = trends.map_err(failed)?;
    let icons = there(context, trends.iter().map(|trend| trend.icon)).await?;
    let trends = trends.into_iter().zip(icons).filter_map(|(trend, icon)| {
        Some(Trend {
            icon: Icon(icon?),
            slope: trend.slope,
            change: trend.change,
            count: whole(trend.count),
        })
    });
    Ok(trends.take(first).collect())
}

pub(super) async fn together(context: &Context<'_>, range: TimeRange, first: i32) -> Result<Vec<IconPair>, Error> {
    let (range, first) = (range.into_domain()?, page_size(context, first)?);
    let pairs = answers(context).used_together(range, (|_| true, first + SPARE)).await;
    let pairs = pairs.map_err(failed)?;
    let icons = there(context, pairs.iter().flat_map(|pair| [pair.icon, pair.other])).await?;
    let pairs = pairs
        .into_iter()
        .zip(icons.chunks_exact(2))
        .filter_map(|(pair, icons)| {
            Some(IconPair {
                a: Icon(icons[0].clone()?),
                b: Icon(icons[1].clone()?),
                score: pair.lift,
                support: whole(pair.support),
            })
        });
    Ok(pairs.take(first).collect())
}

/// Those that are still there.
async fn there(
    context: &Context<'_>,
    ids: impl Iterator<Item = IconId>,
) -> Result<Vec<Option<Arc<catalog::Icon>>>, Error> {
    let ids: Vec<IconId> = ids.collect();
    Ok(loaders(context).by_id.many(&ids).await?)
}
