//! The database's indexes, and what they are used for.

use super::History;
use crate::database::{Columns, DatabaseError, Dialect};

/// Indexes that are told of. There are a few dozen, and one or two more for each day that events are kept.
const MOST_INDEXES: i64 = 1_000;

/// An index, as the database tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexUsage {
    pub table: String,
    pub index: String,
    /// How often it was looked into since the database began to count; none where it does not.
    pub scans: Option<u64>,
    pub size_bytes: Option<u64>,
    /// Whether nothing has looked into it, and it keeps nothing from being there twice; none where nobody counts.
    pub is_unused: Option<bool>,
}

/// A key is looked into also by each insert, which is not counted: it is not unused.
const OF_POSTGRES: &str = "
SELECT used.relname::text, used.indexrelname::text, used.idx_scan, pg_relation_size(used.indexrelid),
  used.idx_scan = 0 AND NOT kept.indisunique
FROM pg_stat_user_indexes used JOIN pg_index kept ON kept.indexrelid = used.indexrelid
WHERE used.schemaname = current_schema() ORDER BY 4 DESC, 1, 2 LIMIT $1";

/// Those that are a table's own key too, where it has another than its row number.
const OF_SQLITE: &str = "
SELECT tbl_name, name, NULL, (SELECT pgsize FROM dbstat WHERE dbstat.name = kept.name AND aggregate = TRUE), NULL
FROM sqlite_master kept WHERE type = 'index' ORDER BY 4 DESC, 1, 2 LIMIT $1";

impl History {
    /// The indexes as they are now, the largest first; of the primary, for each server counts its own looks.
    pub async fn indexes(&self) -> Result<Vec<IndexUsage>, DatabaseError> {
        let sql = match self.database.dialect() {
            Dialect::Postgres => OF_POSTGRES,
            Dialect::Sqlite => OF_SQLITE,
        };
        let rows = self.database.query("indexes", sql, vec![MOST_INDEXES.into()]).await?;
        let count = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
        rows.iter()
            .map(|row| {
                let columns = &mut Columns::of(row)?;
                Ok(IndexUsage {
                    table: columns.next::<&str>()?.to_owned(),
                    index: columns.next::<&str>()?.to_owned(),
                    scans: count(columns.next()?),
                    size_bytes: count(columns.next()?),
                    is_unused: columns.next()?,
                })
            })
            .collect()
    }
}
