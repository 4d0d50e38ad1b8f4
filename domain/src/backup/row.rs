//! Values on their way from one database to another, and what a table's are known by.

use ring::digest;
use sea_orm::{DbErr, Value};

use crate::database::{Columns, Dialect};

pub(super) type Row = Vec<Cell>;

/// A value as SQLite has it, which is what a backup holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Long(i64),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Long,
    Bool,
    Double,
    Text,
    Bytes,
    /// Bytes that PostgreSQL has a type for.
    Uuid,
}

impl Kind {
    /// Its type in a backup.
    pub(super) fn in_file(self) -> &'static str {
        match self {
            Self::Long | Self::Bool => "INTEGER",
            Self::Double => "REAL",
            Self::Text => "TEXT",
            Self::Bytes | Self::Uuid => "BLOB",
        }
    }

    /// What a column of a backup holds, by its type.
    pub(super) fn of_file(column_type: &str) -> Option<Self> {
        [Self::Long, Self::Double, Self::Text, Self::Bytes]
            .into_iter()
            .find(|kind| kind.in_file() == column_type)
    }

    /// A column of this kind, as it is selected for [`Self::read`].
    pub(super) fn selected(self, column: &str, dialect: Dialect) -> String {
        match (dialect, self) {
            (Dialect::Postgres, Self::Long) => format!("CAST({column} AS BIGINT)"),
            (Dialect::Postgres, Self::Bool) => format!("CAST(CAST({column} AS INTEGER) AS BIGINT)"),
            (Dialect::Postgres, Self::Uuid) => format!("uuid_send({column})"),
            _ => column.to_owned(),
        }
    }

    pub(super) fn read(self, columns: &mut Columns<'_>) -> Result<Cell, DbErr> {
        let cell = match self {
            Self::Long | Self::Bool => columns.next::<Option<i64>>()?.map(Cell::Long),
            Self::Double => columns.next::<Option<f64>>()?.map(Cell::Double),
            Self::Text => columns.next::<Option<String>>()?.map(Cell::Text),
            Self::Bytes | Self::Uuid => columns.next::<Option<Vec<u8>>>()?.map(Cell::Bytes),
        };
        Ok(cell.unwrap_or(Cell::Null))
    }

    /// Where the value number `number` of a statement goes into a column of this kind.
    pub(super) fn placeholder(self, number: usize, dialect: Dialect) -> String {
        match (dialect, self) {
            // SQLite finds a numbered placeholder by going through all of them, and an anonymous one at once.
            (Dialect::Sqlite, _) => "?".to_owned(),
            (Dialect::Postgres, Self::Uuid) => format!("encode(${number}, 'hex')::uuid"),
            (Dialect::Postgres, _) => format!("${number}"),
        }
    }
}

impl Cell {
    /// For a column of `kind`. What does not fit there is left to the database to refuse.
    pub(super) fn into_value(self, kind: Kind) -> Value {
        match (self, kind) {
            (Self::Long(number), Kind::Bool) => (number != 0).into(),
            (Self::Long(number), _) => number.into(),
            (Self::Double(number), _) => number.into(),
            (Self::Text(text), _) => text.into(),
            (Self::Bytes(bytes), _) => bytes.into(),
            (Self::Null, Kind::Long) => Value::BigInt(None),
            (Self::Null, Kind::Bool) => Value::Bool(None),
            (Self::Null, Kind::Double) => Value::Double(None),
            (Self::Null, Kind::Text) => Value::String(None),
            (Self::Null, Kind::Bytes | Kind::Uuid) => Value::Bytes(None),
        }
    }
}

/// How many they are.
pub(super) fn count(rows: &[Row]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

/// SHA-256 of the rows of a table in their order, and how many they are. SQLite sees what is wrong with a file's structure, and not
/// with what lies in it.
pub(super) struct Digest {
    context: digest::Context,
    rows: i64,
}

/// What a table's rows come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) rows: i64,
    pub(super) digest: Vec<u8>,
}

impl Digest {
    pub(super) fn new() -> Self {
        Self {
            context: digest::Context::new(&digest::SHA256),
            rows: 0,
        }
    }

    pub(super) fn add(&mut self, rows: &[Row]) {
        for cell in rows.iter().flatten() {
            match cell {
                Cell::Null => self.context.update(b"n"),
                Cell::Long(number) => self.update(b'l', &number.to_le_bytes()),
                Cell::Double(number) => self.update(b'd', &number.to_le_bytes()),
                Cell::Text(text) => self.update(b't', text.as_bytes()),
                Cell::Bytes(bytes) => self.update(b'b', bytes),
            }
        }
        self.rows += count(rows);
    }

    /// With its length, so that no value reads as the beginning of the next.
    fn update(&mut self, kind: u8, bytes: &[u8]) {
        self.context.update(&[kind]);
        self.context.update(&(bytes.len() as u64).to_le_bytes());
        self.context.update(bytes);
    }

    pub(super) fn finish(self) -> Sum {
        Sum {
            rows: self.rows,
            digest: self.context.finish().as_ref().to_vec(),
        }
    }
}
