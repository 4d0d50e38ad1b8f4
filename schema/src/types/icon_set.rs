use std::sync::Arc;

use async_graphql::{Context, Enum, Error, ID, Object, SimpleObject};
use domain::catalog::{self, IconName, IconPageKey, ListColumn, SetOrder};

use super::{
    icon::Icon,
    icon_connection::IconConnection,
    icon_filter::IconFilter,
    license::{Author, License},
    usage::{self, IconUsage, UsageWindow},
};
use crate::{
    cursor,
    errors::Failure,
    global_id::GlobalId,
    limits::Limits,
    limits::cost_of,
    loaders::loaders,
    paging::{PageArguments, cost_of_page, first_or_default},
    scalars::DateTime,
    serialized::SerializedIcons,
};

/// How the list of sets is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum IconSetOrder {
    /// By name, ascending, case aside.
    Name,
    /// Most icons first.
    Total,
    /// Newest first.
    Updated,
    /// Most used in the last 30 days first; what was not used, and all where no usage is recorded, by prefix.
    Popularity,
}

impl From<IconSetOrder> for SetOrder {
    fn from(order: IconSetOrder) -> Self {
        match order {
            IconSetOrder::Name => Self::Name,
            IconSetOrder::Total => Self::Total,
            IconSetOrder::Updated => Self::Updated,
            IconSetOrder::Popularity => Self::Popularity,
        }
    }
}

/// A category of a set.
#[derive(SimpleObject)]
pub(crate) struct CategoryCount {
    #[graphql(complexity = 0)]
    category: String,
    /// Listed icons in it.
    #[graphql(complexity = 0)]
    count: i32,
}

pub(crate) struct IconSet(pub(crate) Arc<catalog::IconSet>);

/// The set of an icon, which the import writes together with its icons.
pub(crate) async fn of_icon(context: &Context<'_>, icon: &catalog::Icon) -> Result<IconSet, Error> {
    let loaders = loaders(context);
    if let Some(set) = loaders.catalog().remembered_set(icon) {
        return Ok(IconSet(set));
    }
    match loaders.sets.one(icon.name.prefix()).await? {
        Some(set) => Ok(IconSet(set)),
        None => Err(Failure::inconsistent(&format!("the icon {} has no set", icon.name)).into()),
    }
}

impl IconSet {
    /// Says that what changes with the set's icons is shown: all that [`catalog::IconSet`] does not count among its facts.
    fn shows_all(&self, context: &Context<'_>) {
        loaders(context).shows_set(&self.0.prefix);
    }
}

fn items<T: serde::de::DeserializeOwned>(column: &ListColumn<T>) -> Result<Vec<T>, Error> {
    Ok(column.items().map_err(|error| Failure::log(&error))?)
}

/// A family of icons by one author, under one licence.
#[Object]
impl IconSet {
    /// Comes from the prefix, so importing again keeps it.
    #[graphql(complexity = 0)]
    pub(crate) async fn id(&self) -> ID {
        GlobalId::of_icon_set(&self.0.prefix)
    }

    /// The part of its icons' names before the colon.
    #[graphql(complexity = 0)]
    fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// What its author calls it.
    #[graphql(complexity = 0)]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// As its author numbers it.
    #[graphql(complexity = 0)]
    fn version(&self, context: &Context<'_>) -> Option<&str> {
        self.shows_all(context);
        self.0.version.as_deref()
    }

    /// Who made it.
    fn author(&self) -> Option<Author> {
        self.0.author.clone().map(Author)
    }

    /// Null where the set publishes none.
    fn license(&self) -> Option<License> {
        self.0.license.clone().map(License)
    }

    /// Visible icons, counted as Iconify counts them: plain aliases are further names, and transformed ones are icons.
    #[graphql(complexity = 0)]
    fn total(&self, context: &Context<'_>) -> i32 {
        self.shows_all(context);
        self.0.total
    }

    /// Heights of the grids that the icons are drawn on.
    #[graphql(complexity = 0)]
    fn heights(&self) -> Result<Vec<i32>, Error> {
        let heights = items(&self.0.heights)?.into_iter();
        Ok(heights
            .map(|height| i32::try_from(height).unwrap_or(i32::MAX))
            .collect())
    }

    /// True where its icons keep their own colours.
    #[graphql(complexity = 0)]
    fn palette(&self) -> bool {
        self.0.palette
    }

    /// The kind of set, such as `UI 24px` or `Emoji`.
    #[graphql(complexity = 0)]
    fn category(&self) -> Option<&str> {
        self.0.category.as_deref()
    }

    /// What its icons have in common, such as `Uses Stroke`.
    #[graphql(complexity = 0)]
    fn tags(&self) -> Result<Vec<String>, Error> {
        items(&self.0.tags)
    }

    /// Its categories with their numbers of listed icons, in the set's own order.
    fn categories(&self, context: &Context<'_>) -> Result<Vec<CategoryCount>, Error> {
        self.shows_all(context);
        let counts = items(&self.0.category_counts)?.into_iter();
        Ok(counts
            .map(|(category, count)| CategoryCount { category, count })
            .collect())
    }

    /// Icons that show what the set looks like.
    #[graphql(complexity = "cost_of(cost_of_page(Some(first), None), 1 + child_complexity)")]
    async fn samples(
        &self,
        context: &Context<'_>,
        #[graphql(default = 6)] first: i32,
    ) -> Result<SerializedIcons, Error> {
        let first = first_or_default(context, first)?;
        let names: Vec<IconName> = items(&self.0.samples)?
            .iter()
            .filter_map(|key| IconName::new(&self.0.prefix, key).ok())
            .take(first as usize)
            .collect();
        let icons = loaders(context).by_name.many(&names).await?;
        Ok(SerializedIcons(icons.into_iter().flatten().map(Icon).collect()))
    }

    /// Its listed icons by name. Hidden ones and plain aliases can be asked for by name.
    ///
    /// With a filter, it is the search index that answers, a moment behind an import.
    #[graphql(complexity = "cost_of(cost_of_page(first, last), 1 + child_complexity)")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of a connection, as Relay has them"
    )]
    async fn icons(
        &self,
        context: &Context<'_>,
        filter: Option<IconFilter>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<IconConnection, Error> {
        self.shows_all(context);
        let prefix = self.0.prefix.clone();
        let bounds = PageArguments {
            first,
            after,
            last,
            before,
        }
        .bounds(context.data_unchecked::<Limits>(), |cursor| {
            cursor::icon(cursor, &prefix)
        })?;
        if let Some(filter) = filter {
            return IconConnection::filtered(context, &prefix, filter, bounds).await;
        }
        let page = loaders(context).icon_pages.one(&IconPageKey { prefix, bounds }).await?;
        Ok(IconConnection::new(page, self.0.total))
    }

    /// How its icons were used, all together.
    #[graphql(complexity = "usage::cost_of(window) + child_complexity")]
    async fn usage(
        &self,
        context: &Context<'_>,
        #[graphql(default_with = "UsageWindow::Week")] window: UsageWindow,
    ) -> Option<Result<IconUsage, Error>> {
        usage::of_set(context, &self.0.prefix, window).await.transpose()
    }

    /// When its icons last changed.
    #[graphql(complexity = 0)]
    fn updated_at(&self, context: &Context<'_>) -> DateTime {
        self.shows_all(context);
        DateTime::from_unix_ms(self.0.updated_at_ms)
    }
}
