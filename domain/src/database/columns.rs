//! The columns of a row, read from left to right.

use std::sync::Arc;

use sea_orm::{
    DbErr, QueryResult, RuntimeErr,
    sqlx::{Decode, Postgres, Row, Sqlite, postgres::PgRow, sqlite::SqliteRow},
};

/// Reads a row's columns in their order, without looking each up by name and without comparing its type with the one
/// that the driver would expect: both cost more than the value. The statement says what its columns are.
pub(crate) struct Columns<'r> {
    row: DriverRow<'r>,
    next: usize,
}

enum DriverRow<'r> {
    Postgres(&'r PgRow),
    Sqlite(&'r SqliteRow),
}

impl<'r> Columns<'r> {
    /// From the first column on.
    pub(crate) fn of(row: &'r QueryResult) -> Result<Self, DbErr> {
        let row = match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
            (Some(row), _) => DriverRow::Postgres(row),
            (None, Some(row)) => DriverRow::Sqlite(row),
            (None, None) => return Err(DbErr::Type("a row of neither SQLite nor PostgreSQL".to_owned())),
        };
        Ok(Self { row, next: 0 })
    }

    /// The next column. One that can be null must be read as an `Option`: SQLite would give 0 or nothing for it.
    pub(crate) fn next<T>(&mut self) -> Result<T, DbErr>
    where
        T: Decode<'r, Postgres> + Decode<'r, Sqlite>,
    {
        let index = self.next;
        self.next += 1;
        match self.row {
            DriverRow::Postgres(row) => row.try_get_unchecked(index),
            DriverRow::Sqlite(row) => row.try_get_unchecked(index),
        }
        .map_err(|error| DbErr::Query(RuntimeErr::SqlxError(Arc::new(error))))
    }
}
