//! The rows of co-usage: of each day, and summed up over the days of the window. What is written to one is written to the other by the same
//! transaction, and only what differs.

use std::collections::HashMap;

use sea_orm::Value;

use super::counting::Counted;
use crate::{
    catalog::json_list,
    database::{Columns, DatabaseError, Dialect, Writing},
};

/// An icon, another or the same, and in how many sessions they are.
pub(super) type Row = (i64, i64, i64);

/// Rows written by one statement.
const ROWS_AT_ONCE: usize = 10_000;

/// A day as it was counted last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// Events that the roll-up knew of.
    pub(super) events: i64,
    /// Whether it is part of the window.
    pub(super) in_window: bool,
}

/// A day that is about to be written.
pub(super) struct DayCount {
    pub(super) day: i32,
    /// What was known of it when counting began.
    pub(super) before: Option<Known>,
    /// What is known now.
    pub(super) now: Known,
    pub(super) counted: Counted,
}

/// Replaces what is known of a day. Whether it did: not where somebody else has done so meanwhile.
pub(super) async fn replace(writing: &Writing, count: &DayCount) -> Result<bool, DatabaseError> {
    let day = count.day;
    if known(writing, day).await? != count.before {
        return Ok(false);
    }
    let was_in_window = count.before.is_some_and(|before| before.in_window);
    let mut old: HashMap<(i64, i64), i64> = (rows_of(writing, day).await?.into_iter())
        .map(|(icon, other, sessions)| ((icon, other), sessions))
        .collect();
    let (mut rows, mut added) = (Vec::new(), Vec::new());
    let mut note = |icon: i64, other: i64, (before, now): (i64, i64)| {
        if before != now {
            rows.push((icon, other, now));
        }
        let of_window = |sessions: i64, in_window: bool| if in_window { sessions } else { 0 };
        let difference = of_window(now, count.now.in_window) - of_window(before, was_in_window);
        if difference != 0 {
            added.push((icon, other, difference));
        }
    };
    for (icon, other, sessions) in &count.counted.together {
        let before = old.remove(&(*icon, *other)).unwrap_or_default();
        note(*icon, *other, (before, *sessions));
    }
    for ((icon, other), before) in old {
        note(icon, other, (before, 0));
    }
    write_day(writing, day, rows).await?;
    add_to_window(writing, added).await?;
    note_day(writing, count).await?;
    Ok(true)
}

/// Takes a day out of the window, and leaves it as it is.
pub(super) async fn leave_window(writing: &Writing, day: i32) -> Result<(), DatabaseError> {
    let sql = "UPDATE usage_pair_day SET in_window = FALSE WHERE day = $1 AND in_window RETURNING day";
    if writing.query("leave_co_usage", sql, vec![day.into()]).await?.is_empty() {
        return Ok(());
    }
    let rows = rows_of(writing, day).await?.into_iter();
    let taken = rows.map(|(icon, other, sessions)| (icon, other, -sessions));
    add_to_window(writing, taken.collect()).await
}

async fn known(writing: &Writing, day: i32) -> Result<Option<Known>, DatabaseError> {
    let sql = "SELECT events, in_window FROM usage_pair_day WHERE day = $1";
    let rows = writing.query("co_usage_day", sql, vec![day.into()]).await?;
    let known = |row| {
        let columns = &mut Columns::of(row)?;
        Ok(Known {
            events: columns.next()?,
            in_window: columns.next()?,
        })
    };
    rows.first().map(known).transpose()
}

async fn rows_of(writing: &Writing, day: i32) -> Result<Vec<Row>, DatabaseError> {
    let rows = writing.dialect().rows_as_json(&["icon", "other", "sessions"]);
    let sql = format!("SELECT {rows} FROM usage_pair WHERE day = $1");
    let rows = writing.query("co_usage_pairs", &sql, vec![day.into()]).await?;
    let json: Option<String> = rows.first().map_or(Ok(None), |row| row.try_get_by_index(0))?;
    Ok(json.as_deref().map_or_else(|| Ok(Vec::new()), json_list)?)
}

/// Writes what pairs of a day come to; those of no sessions go.
async fn write_day(writing: &Writing, day: i32, mut rows: Vec<Row>) -> Result<(), DatabaseError> {
    // As they lie in the table.
    rows.sort_unstable();
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let (from, mut values) = table_of(writing.dialect(), rows)?;
        values.push(day.into());
        let sql = format!(
            "INSERT INTO usage_pair (day, icon, other, sessions) SELECT ${}, icon, other, sessions FROM {from} \
             ON CONFLICT (day, icon, other) DO UPDATE SET sessions = excluded.sessions",
            values.len()
        );
        writing.query("write_co_usage", &sql, values).await?;
    }
    if rows.iter().any(|(_, _, sessions)| *sessions == 0) {
        let sql = "DELETE FROM usage_pair WHERE day = $1 AND sessions = 0";
        writing.query("delete_co_usage", sql, vec![day.into()]).await?;
    }
    Ok(())
}

/// Adds to the sums of pairs, both ways; those that come to nothing go.
async fn add_to_window(writing: &Writing, added: Vec<Row>) -> Result<(), DatabaseError> {
    let turned = (added.iter())
        .filter(|(icon, other, _)| icon != other)
        .map(|(icon, other, sessions)| (*other, *icon, *sessions));
    let mut rows: Vec<Row> = added.iter().copied().chain(turned).collect();
    rows.sort_unstable();
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let (from, values) = table_of(writing.dialect(), rows)?;
        let sql = format!(
            "INSERT INTO usage_related (icon, other, sessions) SELECT icon, other, sessions FROM {from} \
             ON CONFLICT (icon, other) DO UPDATE SET sessions = usage_related.sessions + excluded.sessions"
        );
        writing.query("add_co_usage", &sql, values).await?;
    }
    if added.iter().any(|(_, _, sessions)| *sessions < 0) {
        let sql = "DELETE FROM usage_related WHERE sessions = 0";
        writing.query("forget_co_usage", sql, vec![]).await?;
    }
    Ok(())
}

async fn note_day(writing: &Writing, count: &DayCount) -> Result<(), DatabaseError> {
    let sql = "INSERT INTO usage_pair_day (day, events, sessions, in_window) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (day) DO UPDATE SET events = excluded.events, sessions = excluded.sessions, in_window = excluded.in_window";
    let values = vec![
        count.day.into(),
        count.now.events.into(),
        count.counted.sessions.into(),
        count.now.in_window.into(),
    ];
    writing.query("note_co_usage", sql, values).await.map(|_| ())
}

/// Rows as a table with columns `icon`, `other` and `sessions`, of the first parameters.
fn table_of(dialect: Dialect, rows: &[Row]) -> Result<(&'static str, Vec<Value>), DatabaseError> {
    if dialect == Dialect::Sqlite {
        let from =
            "(SELECT value ->> 0 AS icon, value ->> 1 AS other, value ->> 2 AS sessions FROM json_each($1)) WHERE TRUE";
        let json = serde_json::to_string(rows).map_err(|error| DatabaseError::Other(error.to_string()))?;
        return Ok((from, vec![json.into()]));
    }
    let column = |read: fn(&Row) -> i64| dialect.long_list(rows.iter().map(read));
    let values = vec![column(|row| row.0), column(|row| row.1), column(|row| row.2)];
    Ok(("unnest($1, $2, $3) AS counted (icon, other, sessions)", values))
}
