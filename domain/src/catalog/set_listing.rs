//! Pages of the list of sets.

use std::sync::Arc;

use sea_orm::Value;

use super::{
    Catalog, IconSet, SetFilter,
    icon_set::SET_COLUMNS,
    keyset::{Keyset, PageRows},
    listing::{Page, PageBounds},
};
use crate::database::{Columns, DatabaseError};

/// How the list of sets is ordered; ties by prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetOrder {
    /// By name, case aside.
    Name,
    /// Most icons first.
    Total,
    /// Newest first.
    Updated,
}

/// Where a set stands in one order of the list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SetPosition {
    Text { value: String, prefix: String },
    Number { value: i64, prefix: String },
}

impl From<SetPosition> for Vec<Value> {
    fn from(position: SetPosition) -> Self {
        match position {
            SetPosition::Text { value, prefix } => vec![value.into(), prefix.into()],
            SetPosition::Number { value, prefix } => vec![value.into(), prefix.into()],
        }
    }
}

impl SetOrder {
    /// An expression that ascends in this order.
    fn expression(self) -> &'static str {
        match self {
            Self::Name => "sort_name",
            Self::Total => "-total",
            Self::Updated => "-updated_at_ms",
        }
    }

    /// Where `set` stands.
    pub fn position(self, set: &IconSet) -> SetPosition {
        let prefix = set.prefix.clone();
        match self {
            Self::Name => SetPosition::Text {
                value: sort_name(&set.name),
                prefix,
            },
            Self::Total => SetPosition::Number {
                value: -i64::from(set.total),
                prefix,
            },
            Self::Updated => SetPosition::Number {
                value: -set.updated_at_ms,
                prefix,
            },
        }
    }
}

/// The key by which sets are ordered by name.
pub(super) fn sort_name(name: &str) -> String {
    name.to_lowercase()
}

impl Catalog {
    /// A page of the sets that are not hidden and pass `filter`.
    pub async fn set_page(
        &self,
        filter: &SetFilter,
        order: SetOrder,
        bounds: &PageBounds<SetPosition>,
    ) -> Result<Page<Arc<IconSet>>, DatabaseError> {
        let mut values = Vec::new();
        let source = filter.source(self.database.dialect(), &mut values);
        let list = Keyset {
            columns: SET_COLUMNS,
            source: &source,
            order: &[order.expression(), "prefix"],
        };
        let sql = list.select(0, bounds, &mut values);
        let mut rows = PageRows::default();
        for row in self.database.query("set_page", &sql, values).await? {
            let columns = &mut Columns::of(&row)?;
            let _page: i32 = columns.next()?;
            rows.push(columns.next()?, || IconSet::read(columns).map(Arc::new))?;
        }
        Ok(rows.finish(bounds))
    }

    /// How many sets are not hidden and pass `filter`.
    pub async fn set_count(&self, filter: &SetFilter) -> Result<i64, DatabaseError> {
        let mut values = Vec::new();
        let sql = format!(
            "SELECT COUNT(*) FROM {}",
            filter.source(self.database.dialect(), &mut values)
        );
        let rows = self.database.query("set_count", &sql, values).await?;
        rows.first().map_or(Ok(0), |row| Ok(row.try_get_by_index(0)?))
    }
}
