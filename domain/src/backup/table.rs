//! The tables that a backup has, and those that it has not, with the reason.

#[cfg(test)]
mod tests;

use std::pin::pin;

use entities::{
    api_key, icon, icon_character, icon_set, icon_tag, server_secret, synonym_group, usage_day, usage_event,
    usage_event_id, usage_hour, usage_name, usage_pair, usage_pair_day, usage_pending, usage_related,
};
use futures_util::StreamExt as _;
use sea_orm::{
    ColumnTrait as _, ColumnType, DbErr, EntityTrait, IdenStatic as _, Iterable as _, PrimaryKeyToColumn as _,
    PrimaryKeyTrait as _, QueryResult, Value,
};

use super::row::{Kind, Row};
use crate::database::{Columns, DatabaseError, Dialect, Snapshot};

/// A table of the database, or its copy in a backup.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// Columns that its rows are read by in their order; none where they come as they lie.
    order: Vec<String>,
    /// Which of its rows a backup has.
    only: Only,
}

#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    is_nullable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Only {
    All,
    /// The key of the hashes that stand for users and sessions. That of pages' sessions also names what instances share in Redis:
    /// another database must not find there what was kept of this one.
    UsageKey,
    /// What belongs to sets that administrators have changed, by the column that says of which set it is.
    Own(OfSet),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OfSet {
    Prefix,
    Name,
    Icon,
}

/// The tables whose rows are copied as they are, in the order in which whoever writes several of them comes to them.
pub(super) fn copied() -> Vec<Table> {
    let mut tables = vec![
        Table::of::<api_key::Entity>(),
        Table::of::<synonym_group::Entity>(),
        Table::of::<usage_name::Entity>(),
        Table::of::<usage_event_id::Entity>(),
        Table::of::<usage_event::Entity>(),
        Table::of::<usage_pending::Entity>(),
        Table::of::<usage_hour::Entity>(),
        Table::of::<usage_day::Entity>(),
        Table::of::<usage_pair_day::Entity>(),
        Table::of::<usage_pair::Entity>(),
        Table::of::<usage_related::Entity>(),
    ];
    for table in &mut tables {
        if table.name == "usage_event" {
            // It has no key.
            table.order.clear();
        }
        for column in &mut table.columns {
            if column.name == "id" && table.name.starts_with("usage_event") {
                column.kind = Kind::Uuid;
            }
        }
    }
    tables
}

/// The tables of which a backup has some rows, each restored in its own way.
pub(super) fn chosen() -> Vec<Table> {
    vec![
        Table::of::<server_secret::Entity>().only(Only::UsageKey),
        Table::of::<icon_set::Entity>().only(Only::Own(OfSet::Prefix)),
        Table::of::<icon::Entity>().only(Only::Own(OfSet::Name)),
        Table::of::<icon_character::Entity>().only(Only::Own(OfSet::Prefix)),
        Table::of::<icon_tag::Entity>().only(Only::Own(OfSet::Icon)),
    ]
}

/// The tables that no backup has, and why.
#[cfg(test)]
pub(super) const LEFT_OUT: [(&str, &str); 17] = [
    ("access_state", "a restore counts on from the newest key"),
    ("alert", "how this database's servers did: of another's it says nothing"),
    ("alert_state", "likewise"),
    ("cache_invalidation", "of what this database's servers keep"),
    ("catalog_change", "the feed of this database: a restore tells its own"),
    ("catalog_change_names", "likewise"),
    ("catalog_state", "each database counts its own generations"),
    (
        "icon_popularity",
        "what to read before it is asked for; learnt anew in a day",
    ),
    ("job", "long work of this database's servers"),
    ("keyword_source", "written again by `iconql import --keywords`"),
    (
        "operations_figures",
        "how this database's servers did, which those of another did not; a server that has run once would have some already",
    ),
    ("seaql_migrations", "made by the migrations themselves"),
    (
        "switch_setting",
        "heeded by servers that run: one that starts goes by its configuration, whatever was turned before",
    ),
    ("switch_state", "likewise"),
    (
        "synonym_change",
        "generations of this database: a restore makes its own",
    ),
    ("usage_day_ranking", "made anew from `usage_day`"),
    ("usage_hour_ranking", "made anew from `usage_hour`"),
];

impl Table {
    fn of<E: EntityTrait>() -> Self {
        let key = E::PrimaryKey::iter().map(|key| key.into_column().as_str().to_owned());
        // What the database numbers by itself means nothing but an order.
        let numbered: Vec<String> = key.clone().filter(|_| E::PrimaryKey::auto_increment()).collect();
        let columns = E::Column::iter().map(|column| (column.as_str().to_owned(), column.def()));
        let columns = columns.filter(|(name, _)| !numbered.contains(name));
        Self {
            name: E::default().table_name().to_owned(),
            columns: columns
                .map(|(name, definition)| Column {
                    name,
                    kind: kind_of(definition.get_column_type()),
                    is_nullable: definition.is_null(),
                })
                .collect(),
            order: key.collect(),
            only: Only::All,
        }
    }

    fn only(self, only: Only) -> Self {
        Self { only, ..self }
    }

    /// A table of a backup that may be of another version, as the file describes it: columns with their types.
    pub(super) fn in_file(name: String, columns: Vec<(String, Kind)>) -> Self {
        let column = |(name, kind)| Column {
            name,
            kind,
            is_nullable: true,
        };
        Self {
            name,
            columns: columns.into_iter().map(column).collect(),
            order: vec!["rowid".to_owned()],
            only: Only::All,
        }
    }

    /// The statement that makes its copy in a backup.
    pub(super) fn definition(&self) -> String {
        let column = |column: &Column| {
            let null = if column.is_nullable { "" } else { " NOT NULL" };
            format!("{} {}{null}", column.name, column.kind.in_file())
        };
        let columns: Vec<String> = self.columns.iter().map(column).collect();
        format!("CREATE TABLE {} ({}) STRICT", self.name, columns.join(", "))
    }

    /// Those of its rows that a backup has, as what follows FROM.
    pub(super) fn rows_of_backup(&self, dialect: Dialect) -> String {
        let prefix_of_name = match dialect {
            Dialect::Sqlite => "substr(name, 1, instr(name, ':') - 1)",
            Dialect::Postgres => "split_part(name, ':', 1)",
        };
        let is_own = |column: &str| format!("{column} IN (SELECT prefix FROM icon_set WHERE length(source_hash) = 0)");
        let condition = match self.only {
            Only::All => return self.name.clone(),
            Only::UsageKey => "name = 'usage'".to_owned(),
            Only::Own(OfSet::Prefix) => is_own("prefix"),
            Only::Own(OfSet::Name) => is_own(prefix_of_name),
            Only::Own(OfSet::Icon) => format!("icon_id IN (SELECT id FROM icon WHERE {})", is_own(prefix_of_name)),
        };
        format!("{} WHERE {condition}", self.name)
    }

    /// Hands all rows of a backup to `take`, some at a time.
    pub(super) async fn read<E: From<DatabaseError>>(
        &self,
        snapshot: &Snapshot,
        mut take: impl AsyncFnMut(Vec<Row>) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = self.select(snapshot.dialect());
        let mut stream = pin!(snapshot.stream(&sql).await?);
        let mut rows = Vec::with_capacity(ROWS_AT_ONCE);
        while let Some(row) = stream.next().await {
            rows.push(self.row(&row?).map_err(DatabaseError::from)?);
            if rows.len() == ROWS_AT_ONCE {
                take(std::mem::replace(&mut rows, Vec::with_capacity(ROWS_AT_ONCE))).await?;
            }
        }
        if rows.is_empty() { Ok(()) } else { take(rows).await }
    }

    fn select(&self, dialect: Dialect) -> String {
        let columns = self
            .columns
            .iter()
            .map(|column| column.kind.selected(&column.name, dialect));
        let columns: Vec<String> = columns.collect();
        let order = if self.order.is_empty() {
            String::new()
        } else {
            format!(" ORDER BY {}", self.order.join(", "))
        };
        format!(
            "SELECT {} FROM {}{order}",
            columns.join(", "),
            self.rows_of_backup(dialect)
        )
    }

    fn row(&self, row: &QueryResult) -> Result<Row, DbErr> {
        let columns = &mut Columns::of(row)?;
        self.columns.iter().map(|column| column.kind.read(columns)).collect()
    }

    /// An INSERT of `rows`, and its values.
    pub(super) fn insert(&self, dialect: Dialect, rows: Vec<Row>) -> (String, Vec<Value>) {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let mut number = 0;
        let placeholders: Vec<String> = (rows.iter())
            .map(|_| {
                let cells = self.columns.iter().map(|column| {
                    number += 1;
                    column.kind.placeholder(number, dialect)
                });
                format!("({})", cells.collect::<Vec<_>>().join(","))
            })
            .collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES {}",
            self.name,
            names.join(","),
            placeholders.join(",")
        );
        let kinds = self.columns.iter().map(|column| column.kind).cycle();
        let cells = rows.into_iter().flatten();
        (
            sql,
            cells.zip(kinds).map(|(cell, kind)| cell.into_value(kind)).collect(),
        )
    }

    /// The place of a column.
    pub(super) fn place_of(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| known.name == column)
    }
}

/// Rows that are read and written at once. SQLite takes at most 32,766 values in a statement.
const ROWS_AT_ONCE: usize = 500;

fn kind_of(column_type: &ColumnType) -> Kind {
    match column_type {
        ColumnType::Boolean => Kind::Bool,
        ColumnType::Double => Kind::Double,
        ColumnType::BigInteger | ColumnType::Integer | ColumnType::SmallInteger => Kind::Long,
        ColumnType::VarBinary(_) | ColumnType::Binary(_) | ColumnType::Blob => Kind::Bytes,
        _ => Kind::Text,
    }
}
