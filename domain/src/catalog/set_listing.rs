//! Pages of the list of sets.

use std::sync::Arc;

use sea_orm::Value;

use super::{
    Catalog, IconSet, SetFilter,
    icon_set::SET_COLUMNS,
    keyset::{Keyset, PageRows},
    listing::{Page, PageBounds},
};
use crate::{
    database::{Columns, DatabaseError, Dialect},
    usage::Standings,
};

/// How the list of sets is ordered; ties by prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetOrder {
    /// By name, case aside.
    Name,
    /// Most icons first.
    Total,
    /// Newest first.
    Updated,
    /// Most used lately first.
    Popularity,
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
    /// An expression that ascends in this order, for whose parameter there is a place in `values`.
    fn expression(self, dialect: Dialect, standings: &Standings, values: &mut Vec<Value>) -> String {
        match self {
            Self::Name => "sort_name".to_owned(),
            Self::Total => "-total".to_owned(),
            Self::Updated => "-updated_at_ms".to_owned(),
            Self::Popularity => {
                values.push(standings.popular_sets_as_json().into());
                let counts = dialect.counts(values.len());
                format!("-COALESCE((SELECT counted.count FROM {counts} WHERE counted.name = prefix), 0)")
            }
        }
    }

    /// Where `set` stands, by those `standings`.
    pub fn position(self, set: &IconSet, standings: &Standings) -> SetPosition {
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
            Self::Popularity => SetPosition::Number {
                value: -i64::try_from(standings.popularity_of_set(&set.prefix)).unwrap_or(i64::MAX),
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
    /// A page of the sets that are not hidden and pass `filter`, in an order, which may be one by `standings`.
    pub async fn set_page(
        &self,
        filter: &SetFilter,
        (order, standings): (SetOrder, &Standings),
        bounds: &PageBounds<SetPosition>,
    ) -> Result<Page<Arc<IconSet>>, DatabaseError> {
        let mut values = Vec::new();
        let dialect = self.database.dialect();
        let source = filter.source(dialect, &mut values);
        let order = order.expression(dialect, standings, &mut values);
        let list = Keyset {
            columns: SET_COLUMNS,
            source: &source,
            order: &[&order, "prefix"],
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
