use std::sync::Arc;

use async_graphql::{Context, Enum, Error, ID, Object, SimpleObject};
use domain::catalog::{self, IconName, IconPageKey, SetOrder};

use super::{
    icon::Icon,
    icon_connection::IconConnection,
    license::{Author, License},
};
use crate::{
    cursor,
    errors::Failure,
    global_id::GlobalId,
    limits::Limits,
    loaders::{ByName, SetOf, loaders},
    paging::{PageArguments, cost_of_page, page_size},
    scalars::DateTime,
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
}

impl From<IconSetOrder> for SetOrder {
    fn from(order: IconSetOrder) -> Self {
        match order {
            IconSetOrder::Name => Self::Name,
            IconSetOrder::Total => Self::Total,
            IconSetOrder::Updated => Self::Updated,
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
pub(crate) async fn of_icon(context: &Context<'_>, name: &IconName) -> Result<IconSet, Error> {
    match loaders(context).one(SetOf(name.prefix().to_owned())).await? {
        Some(set) => Ok(IconSet(set)),
        None => Err(Failure::inconsistent(&format!("the icon {name} has no set")).into()),
    }
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
    async fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// What its author calls it.
    #[graphql(complexity = 0)]
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// As its author numbers it.
    #[graphql(complexity = 0)]
    async fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// Who made it.
    async fn author(&self) -> Option<Author> {
        self.0.author.as_ref().map(Author::from)
    }

    /// Null where the set publishes none.
    async fn license(&self) -> Option<License> {
        self.0.license.as_ref().map(License::from)
    }

    /// Visible icons, counted as Iconify counts them: plain aliases are further names, and transformed ones are icons.
    #[graphql(complexity = 0)]
    async fn total(&self) -> i32 {
        self.0.total
    }

    /// Heights of the grids that the icons are drawn on.
    #[graphql(complexity = 0)]
    async fn heights(&self) -> Vec<i32> {
        self.0
            .heights
            .iter()
            .map(|height| i32::try_from(*height).unwrap_or(i32::MAX))
            .collect()
    }

    /// True where its icons keep their own colours.
    #[graphql(complexity = 0)]
    async fn palette(&self) -> bool {
        self.0.palette
    }

    /// The kind of set, such as `UI 24px` or `Emoji`.
    #[graphql(complexity = 0)]
    async fn category(&self) -> Option<&str> {
        self.0.category.as_deref()
    }

    /// What its icons have in common, such as `Uses Stroke`.
    #[graphql(complexity = 0)]
    async fn tags(&self) -> &[String] {
        &self.0.tags
    }

    /// Its categories with their numbers of listed icons, in the set's own order.
    async fn categories(&self) -> Vec<CategoryCount> {
        self.0
            .category_counts
            .iter()
            .map(|(category, count)| CategoryCount {
                category: category.clone(),
                count: *count,
            })
            .collect()
    }

    /// Icons that show what the set looks like.
    #[graphql(complexity = "cost_of_page(Some(first), None, 0) * (1 + child_complexity)")]
    async fn samples(&self, context: &Context<'_>, #[graphql(default = 6)] first: i32) -> Result<Vec<Icon>, Error> {
        let first = page_size("first", first, context.data_unchecked::<Limits>())?;
        let names: Vec<IconName> = self
            .0
            .samples
            .iter()
            .filter_map(|key| IconName::new(&self.0.prefix, key).ok())
            .take(first as usize)
            .collect();
        let mut icons = loaders(context).many(names.iter().cloned().map(ByName)).await?;
        Ok(names
            .into_iter()
            .filter_map(|name| icons.remove(&ByName(name)))
            .map(Icon)
            .collect())
    }

    /// Its listed icons by name. Hidden ones and plain aliases can be asked for by name.
    #[graphql(complexity = "cost_of_page(first, last, 50) * (1 + child_complexity)")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of a connection, as Relay has them"
    )]
    async fn icons(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<IconConnection, Error> {
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
        let page = loaders(context).one(IconPageKey { prefix, bounds }).await?;
        Ok(IconConnection::new(page, self.0.total))
    }

    /// When its icons last changed.
    #[graphql(complexity = 0)]
    async fn updated_at(&self) -> DateTime {
        DateTime::from_unix_ms(self.0.updated_at_ms)
    }
}
