//! The text of an INSERT of several rows.

use crate::database::Dialect;

/// Where rows go, and what happens to one whose key is taken.
#[derive(Clone, Copy)]
pub(super) struct Insert<'a> {
    pub(super) table: &'a str,
    pub(super) columns: &'a [&'a str],
    pub(super) on_conflict: OnConflict,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OnConflict {
    Fail,
    /// The row that is there stays.
    Keep,
    /// The new row takes its place.
    Replace,
}

impl Insert<'_> {
    /// The statement for so many rows, its values in the order of the columns, row after row.
    pub(super) fn sql(&self, dialect: Dialect, rows: usize) -> String {
        let width = self.columns.len();
        let placeholder = |number: usize| match dialect {
            // SQLite finds a numbered placeholder by going through all of them, and an anonymous one at once.
            Dialect::Sqlite => "?".to_owned(),
            Dialect::Postgres => format!("${number}"),
        };
        let row = |row: usize| {
            let placeholders: Vec<String> = (1..=width).map(|column| placeholder(row * width + column)).collect();
            format!("({})", placeholders.join(","))
        };
        let rows: Vec<String> = (0..rows).map(row).collect();
        format!(
            "INSERT INTO {} ({}) VALUES {}{}",
            self.table,
            self.columns.join(","),
            rows.join(","),
            self.conflict_clause()
        )
    }

    /// Every table's key that can be taken is called `id`.
    fn conflict_clause(&self) -> String {
        match self.on_conflict {
            OnConflict::Fail => String::new(),
            OnConflict::Keep => " ON CONFLICT (id) DO NOTHING".to_owned(),
            OnConflict::Replace => {
                let columns = self.columns.iter().filter(|column| **column != "id");
                let assignments: Vec<String> = columns.map(|column| format!("{column} = excluded.{column}")).collect();
                format!(" ON CONFLICT (id) DO UPDATE SET {}", assignments.join(", "))
            }
        }
    }
}
