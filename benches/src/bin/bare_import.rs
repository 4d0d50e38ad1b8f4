//! Writes the rows of an imported database into a new file with nothing but SQLite, and prints the seconds it took.
//!
//!     bare-import IMPORTED.db NEW.db [--indexes-last]
//!
//! Reading the imported rows into memory is not counted: this is the least that an import can cost. Tables, indexes,
//! pragmas, transactions (one a set) and the order of rows are those of `iconql import`. With `--indexes-last` the indexes
//! are made once all rows are there, as somebody would who need not keep the catalog usable between sets.

use std::{
    collections::BTreeMap,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags, params_from_iter, types::Value};

/// Each table with rows of sets, and what tells the set: the generation that wrote it.
const TABLES: [(&str, &str); 6] = [
    ("icon_set", "generation"),
    ("icon", "generation"),
    ("icon_tag", "(SELECT generation FROM icon WHERE id = icon_id)"),
    (
        "icon_character",
        "(SELECT generation FROM icon_set WHERE icon_set.prefix = icon_character.prefix)",
    ),
    ("catalog_change", "generation"),
    ("catalog_change_names", "generation"),
];

struct Table {
    name: &'static str,
    columns: usize,
    /// Rows of each set, by generation.
    sets: BTreeMap<i64, Vec<Vec<Value>>>,
}

struct Imported {
    tables_sql: Vec<String>,
    indexes_sql: Vec<String>,
    tables: Vec<Table>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (from, to, indexes_last) = match arguments.as_slice() {
        [from, to] => (from, to, false),
        [from, to, flag] if flag == "--indexes-last" => (from, to, true),
        _ => return fail("usage: bare-import IMPORTED.db NEW.db [--indexes-last]"),
    };
    if Path::new(to).exists() {
        return fail(&format!("{to} is there already"));
    }
    match read(from).and_then(|imported| write(&imported, to, indexes_last)) {
        Ok(elapsed) => print(elapsed),
        Err(error) => fail(&error.to_string()),
    }
}

fn read(path: &str) -> rusqlite::Result<Imported> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let tables = TABLES
        .iter()
        .map(|(name, set)| read_table(&connection, name, set))
        .collect::<Result<_, _>>()?;
    Ok(Imported {
        tables_sql: schema(&connection, "table")?,
        indexes_sql: schema(&connection, "index")?,
        tables,
    })
}

fn schema(connection: &Connection, kind: &str) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare("SELECT sql FROM sqlite_schema WHERE type = ? AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")?
        .query_map([kind], |row| row.get(0))?
        .collect()
}

fn read_table(connection: &Connection, name: &'static str, set: &str) -> rusqlite::Result<Table> {
    let mut statement = connection.prepare(&format!("SELECT {set}, * FROM {name}"))?;
    let columns = statement.column_count() - 1;
    let mut sets: BTreeMap<i64, Vec<Vec<Value>>> = BTreeMap::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values = (1..=columns).map(|column| row.get(column)).collect::<Result<_, _>>()?;
        sets.entry(row.get(0)?).or_default().push(values);
    }
    Ok(Table { name, columns, sets })
}

/// The time from opening the new file to having closed it.
fn write(imported: &Imported, path: &str, indexes_last: bool) -> rusqlite::Result<Duration> {
    let started = Instant::now();
    let mut connection = Connection::open(path)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")?;
    connection.execute_batch(&imported.tables_sql.join(";"))?;
    if !indexes_last {
        connection.execute_batch(&imported.indexes_sql.join(";"))?;
    }
    let sets: Vec<i64> = imported.tables[0].sets.keys().copied().collect();
    for set in sets {
        let transaction = connection.transaction()?;
        for table in &imported.tables {
            if let Some(rows) = table.sets.get(&set) {
                insert(&transaction, table, rows)?;
            }
        }
        transaction.commit()?;
    }
    if indexes_last {
        connection.execute_batch(&imported.indexes_sql.join(";"))?;
    }
    // Closing moves what is in the log into the file.
    connection.close().map_err(|(_, error)| error)?;
    Ok(started.elapsed())
}

/// One row a statement: SQLite takes no longer for it than for many rows in one.
fn insert(connection: &Connection, table: &Table, rows: &[Vec<Value>]) -> rusqlite::Result<()> {
    let placeholders = vec!["?"; table.columns].join(",");
    let mut statement = connection.prepare_cached(&format!("INSERT INTO {} VALUES ({placeholders})", table.name))?;
    for row in rows {
        statement.execute(params_from_iter(row))?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the program's result")]
fn print(elapsed: Duration) -> ExitCode {
    println!("{:.3}", elapsed.as_secs_f64());
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "the program has no log")]
fn fail(message: &str) -> ExitCode {
    eprintln!("bare-import: {message}");
    ExitCode::FAILURE
}
