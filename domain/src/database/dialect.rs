//! Where SQLite and PostgreSQL are spoken to differently.

use sea_orm::{DbBackend, Value, sea_query::ArrayType};

/// The engine behind a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    pub(crate) fn backend(self) -> DbBackend {
        match self {
            Self::Sqlite => DbBackend::Sqlite,
            Self::Postgres => DbBackend::Postgres,
        }
    }

    /// As OpenTelemetry names it.
    pub(crate) fn system_name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
        }
    }

    /// A condition that holds where `column` is one of the values in the list parameter `$position`.
    ///
    /// One text however long the list, so the plan is prepared once. On PostgreSQL a row of placeholders would become a
    /// bitmap scan for each.
    pub(crate) fn is_any(self, column: &str, position: usize) -> String {
        match self {
            Self::Sqlite => format!("{column} IN (SELECT value FROM json_each(${position}))"),
            Self::Postgres => format!("{column} = ANY(${position})"),
        }
    }

    /// Joins `table`, written as `name alias`, by looking each row up in an index.
    ///
    /// PostgreSQL cannot know how few rows a recursion holds, and would rather read the whole index for each step of it.
    pub(crate) fn join_by_index(self, table: &str, condition: &str) -> String {
        match self {
            Self::Sqlite => format!("JOIN {table} ON {condition}"),
            Self::Postgres => {
                let alias = table.rsplit(' ').next().unwrap_or(table);
                format!("CROSS JOIN LATERAL (SELECT * FROM {table} WHERE {condition} OFFSET 0) {alias}")
            }
        }
    }

    /// All rows of a statement as one JSON array of arrays, each with `columns`: a row of its own for each would cost ten
    /// times as much to hand over.
    pub(crate) fn rows_as_json(self, columns: &[&str]) -> String {
        let columns = columns.join(", ");
        match self {
            Self::Sqlite => format!("json_group_array(json_array({columns}))"),
            Self::Postgres => format!("json_agg(json_build_array({columns}))::text"),
        }
    }

    /// A table `pair` with columns `id` and `value`, of the JSON parameter `$position`: objects with those members, which are
    /// 64-bit integers, `value` also null.
    pub(crate) fn pairs(self, position: usize) -> String {
        match self {
            Self::Sqlite => format!(
                "(SELECT json_extract(value, '$.id') AS id, json_extract(value, '$.value') AS value \
                 FROM json_each(${position})) pair"
            ),
            Self::Postgres => format!("json_to_recordset(${position}::json) AS pair (id BIGINT, value BIGINT)"),
        }
    }

    /// A table `scored` with columns `icon` and `score`, of the JSON parameter `$position`: arrays of an integer and a number.
    pub(crate) fn scores(self, position: usize) -> String {
        match self {
            Self::Sqlite => format!(
                "(SELECT json_extract(value, '$[0]') AS icon, json_extract(value, '$[1]') AS score \
                 FROM json_each(${position})) scored"
            ),
            Self::Postgres => format!(
                "(SELECT (value->>0)::BIGINT AS icon, (value->>1)::DOUBLE PRECISION AS score \
                 FROM json_array_elements(${position}::json)) scored"
            ),
        }
    }

    /// A table `counted` with columns `name` and `count`, of the JSON parameter `$position`: arrays of a text and an integer.
    pub(crate) fn counts(self, position: usize) -> String {
        match self {
            Self::Sqlite => {
                format!("(SELECT value ->> 0 AS name, value ->> 1 AS count FROM json_each(${position})) counted")
            }
            Self::Postgres => format!(
                "(SELECT value ->> 0 AS name, (value ->> 1)::BIGINT AS count \
                 FROM json_array_elements(${position}::json)) counted"
            ),
        }
    }

    /// The time at the database, in milliseconds since 1970.
    pub(crate) fn now_ms(self) -> &'static str {
        match self {
            Self::Sqlite => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            Self::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        }
    }

    /// Has a select leave out what another transaction holds, and hold what it finds. On SQLite there is one writer.
    pub(crate) fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// A list parameter of 64-bit integers.
    pub(crate) fn long_list(self, values: impl IntoIterator<Item = i64>) -> Value {
        match self {
            Self::Sqlite => json_list(values.into_iter().map(|value| value.to_string())),
            Self::Postgres => list(ArrayType::BigInt, values.into_iter().map(Value::from)),
        }
    }

    /// A list parameter of whatever text.
    pub(crate) fn text_list<'a>(self, values: impl IntoIterator<Item = &'a str>) -> Value {
        match self {
            Self::Sqlite => json_list(
                values
                    .into_iter()
                    .map(|value| serde_json::Value::from(value).to_string()),
            ),
            Self::Postgres => list(ArrayType::String, values.into_iter().map(Value::from)),
        }
    }

    /// A list parameter of text that holds neither quotes nor backslashes: names and prefixes.
    pub(crate) fn name_list<'a>(self, values: impl IntoIterator<Item = &'a str>) -> Value {
        match self {
            Self::Sqlite => json_list(values.into_iter().map(|value| format!("\"{value}\""))),
            Self::Postgres => list(ArrayType::String, values.into_iter().map(Value::from)),
        }
    }
}

fn json_list(items: impl Iterator<Item = String>) -> Value {
    Value::from(format!("[{}]", items.collect::<Vec<_>>().join(",")))
}

fn list(kind: ArrayType, values: impl Iterator<Item = Value>) -> Value {
    Value::Array(kind, Some(Box::new(values.collect())))
}
