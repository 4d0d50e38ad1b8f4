//! The rows of events: what is recorded at once is one transaction.

use std::collections::{HashMap, HashSet};

use sea_orm::{Value, sea_query::ArrayType};
use uuid::Uuid;

use super::{
    country::Country,
    days::{Days, day_of},
    event::Device,
    occurrence::Event,
    target::Target,
};
use crate::database::{Columns, Database, DatabaseError, Dialect, Writing};

/// How often a transaction is tried that the database gave up in favour of another.
const ATTEMPTS: u32 = 5;

/// Writes events, and remembers which icons and sets have a row for their name.
pub(super) struct EventStore {
    database: Database,
    days: Days,
    named: HashSet<Target>,
}

impl EventStore {
    pub(super) fn new(database: Database) -> Self {
        Self {
            days: Days::new(database.clone()),
            database,
            named: HashSet::new(),
        }
    }

    /// Records all of `events` that are not recorded yet, or fails and records none. For each, in their order, whether it was new.
    pub(super) async fn record(&mut self, events: &[Event], now_ms: i64) -> Result<Vec<bool>, DatabaseError> {
        let names = self.unnamed(events);
        let mut attempt = 1;
        let recorded = loop {
            self.days
                .prepare(events.iter().map(|event| event.occurrence.occurred_ms))
                .await?;
            match self.try_recording(events, &names, now_ms).await {
                // Whatever it had done has been taken back.
                Err(DatabaseError::Deadlock) if attempt < ATTEMPTS => attempt += 1,
                // Another server has dropped a day meanwhile.
                Err(DatabaseError::NoPartition) if attempt < ATTEMPTS => {
                    attempt += 1;
                    self.days.forget();
                }
                recorded => break recorded?,
            }
        };
        self.named.extend(names.into_iter().map(|(id, _)| id));
        Ok(recorded)
    }

    async fn try_recording(
        &self,
        events: &[Event],
        names: &[(Target, String)],
        now_ms: i64,
    ) -> Result<Vec<bool>, DatabaseError> {
        let writing = self.database.write().await?;
        // Servers that wait for each other's rows come to them in one order: names ascending, then ids ascending.
        if !names.is_empty() {
            self.insert_names(&writing, names).await?;
        }
        let mut new_ids = self.insert_ids(&writing, events, now_ms).await?;
        let is_new: Vec<bool> = (events.iter())
            .map(|event| event.id.is_none_or(|id| new_ids.remove(&id)))
            .collect();
        let new: Vec<&Event> = (events.iter().zip(&is_new))
            .filter_map(|(event, is_new)| is_new.then_some(event))
            .collect();
        if !new.is_empty() {
            self.insert_events(&writing, &new).await?;
            self.insert_pending(&writing, &new).await?;
        }
        writing.commit().await?;
        Ok(is_new)
    }

    /// Icons and sets of which it is not known that their names are stored, ascending.
    fn unnamed(&self, events: &[Event]) -> Vec<(Target, String)> {
        let mut names = HashMap::new();
        for Event { name, occurrence, .. } in events {
            for (target, name) in [(occurrence.icon, name.as_str()), (occurrence.set, name.prefix())] {
                if !self.named.contains(&target) {
                    names.entry(target).or_insert_with(|| name.to_owned());
                }
            }
        }
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_unstable_by_key(|(target, _)| *target);
        names
    }

    /// Names stay when what they name goes, for as long as anything is known of how these were used.
    async fn insert_names(&self, writing: &Writing, names: &[(Target, String)]) -> Result<(), DatabaseError> {
        let dialect = self.database.dialect();
        let (table, values) = match dialect {
            Dialect::Sqlite => {
                let rows: Vec<_> = names.iter().map(|(id, name)| (id.number(), name)).collect();
                let table = "(SELECT value ->> 0 AS id, value ->> 1 AS name FROM json_each($1)) WHERE TRUE";
                (table, vec![json(&rows)?])
            }
            Dialect::Postgres => {
                let ids = dialect.long_list(names.iter().map(|(id, _)| id.number()));
                let names = dialect.name_list(names.iter().map(|(_, name)| name.as_str()));
                ("unnest($1, $2) AS named (id, name)", vec![ids, names])
            }
        };
        let sql = format!("INSERT INTO usage_name (id, name) SELECT id, name FROM {table} ON CONFLICT DO NOTHING");
        writing.query("insert_usage_names", &sql, values).await.map(|_| ())
    }

    /// The ids that nobody has recorded.
    async fn insert_ids(
        &self,
        writing: &Writing,
        events: &[Event],
        now_ms: i64,
    ) -> Result<HashSet<Uuid>, DatabaseError> {
        let mut ids: Vec<Uuid> = events.iter().filter_map(|event| event.id).collect();
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        ids.sort_unstable();
        ids.dedup();
        let texts: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
        let dialect = self.database.dialect();
        let (from, id) = match dialect {
            Dialect::Sqlite => ("SELECT unhex(value), $2 FROM json_each($1) WHERE TRUE", "hex(id)"),
            Dialect::Postgres => ("SELECT id, $2 FROM unnest($1::uuid[]) AS sent (id)", "id::text"),
        };
        let sql = format!("INSERT INTO usage_event_id (id, day) {from} ON CONFLICT DO NOTHING RETURNING {id}");
        let values = vec![
            dialect.name_list(texts.iter().map(String::as_str)),
            day_of(now_ms).into(),
        ];
        let rows = writing.query("insert_usage_ids", &sql, values).await?;
        // Mostly all are.
        if rows.len() == ids.len() {
            return Ok(ids.into_iter().collect());
        }
        let id = |row| {
            let text: String = Columns::of(row)?.next()?;
            Uuid::try_parse(&text).map_err(|error| DatabaseError::Other(error.to_string()))
        };
        rows.iter().map(id).collect()
    }

    async fn insert_events(&self, writing: &Writing, events: &[&Event]) -> Result<(), DatabaseError> {
        let (from, values) = match self.database.dialect() {
            Dialect::Sqlite => (
                FROM_JSON,
                vec![json(&events.iter().map(|event| Row::of(event)).collect::<Vec<_>>())?],
            ),
            Dialect::Postgres => (FROM_ARRAYS, arrays(events)),
        };
        let sql = format!(
            "INSERT INTO usage_event (occurred_ms, icon, kind, device, country, client, user_hash, session_hash, id) {from}"
        );
        writing.query("insert_usage_events", &sql, values).await.map(|_| ())
    }

    /// Leaves the events once more for whoever rolls them up.
    async fn insert_pending(&self, writing: &Writing, events: &[&Event]) -> Result<(), DatabaseError> {
        let occurrences: Vec<_> = events.iter().map(|event| &event.occurrence).collect();
        let packed = postcard::to_allocvec(&occurrences).map_err(|error| DatabaseError::Other(error.to_string()))?;
        let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
        let dialect = self.database.dialect();
        let sql = match dialect {
            // Once nothing is pending it would number anew, and whoever looks how far it went would take what is new for what is old.
            Dialect::Sqlite => format!(
                "INSERT INTO usage_pending (id, events, occurrences) \
                 VALUES (MAX(COALESCE((SELECT MAX(id) FROM usage_pending), 0) + 1, {}), $1, $2)",
                dialect.now_ms()
            ),
            Dialect::Postgres => "INSERT INTO usage_pending (events, occurrences) VALUES ($1, $2)".to_owned(),
        };
        let values = vec![count.into(), packed.into()];
        writing.query("insert_usage_pending", &sql, values).await.map(|_| ())
    }
}

fn json(rows: &impl serde::Serialize) -> Result<Value, DatabaseError> {
    let text = serde_json::to_string(rows).map_err(|error| DatabaseError::Other(error.to_string()))?;
    Ok(text.into())
}

/// In the order of the columns.
const FROM_JSON: &str = "SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, \
                         value ->> 7, unhex(value ->> 8) FROM json_each($1)";

/// The driver takes no nulls in arrays, so that 0 and the empty text stand for them.
const FROM_ARRAYS: &str = "SELECT occurred_ms, icon, kind, NULLIF(device, 0), NULLIF(country, ''), NULLIF(client, ''), \
                           NULLIF(user_hash, 0), NULLIF(session_hash, 0), NULLIF(id, '')::uuid \
                           FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) \
                           AS sent (occurred_ms, icon, kind, device, country, client, user_hash, session_hash, id)";

/// A row as JSON, in the order of the columns.
#[derive(serde::Serialize)]
struct Row<'a>(
    i64,
    i64,
    i16,
    Option<i16>,
    Option<&'a str>,
    Option<&'a str>,
    Option<i64>,
    Option<i64>,
    Option<String>,
);

impl<'a> Row<'a> {
    fn of(event: &'a Event) -> Self {
        let occurrence = &event.occurrence;
        Self(
            occurrence.occurred_ms,
            occurrence.icon.number(),
            occurrence.kind.number(),
            occurrence.device.map(Device::number),
            occurrence.country.as_ref().map(Country::as_str),
            occurrence.client.as_deref(),
            occurrence.user,
            occurrence.session,
            event.id.map(|id| id.simple().to_string()),
        )
    }
}

fn arrays(events: &[&Event]) -> Vec<Value> {
    let longs = |read: fn(&Event) -> i64| array(ArrayType::BigInt, events, |event| read(event).into());
    let shorts = |read: fn(&Event) -> i16| array(ArrayType::SmallInt, events, |event| read(event).into());
    let texts = |read: fn(&Event) -> String| array(ArrayType::String, events, |event| read(event).into());
    vec![
        longs(|event| event.occurrence.occurred_ms),
        longs(|event| event.occurrence.icon.number()),
        shorts(|event| event.occurrence.kind.number()),
        shorts(|event| event.occurrence.device.map_or(0, Device::number)),
        texts(|event| {
            event
                .occurrence
                .country
                .map_or_else(String::new, |country| country.to_string())
        }),
        texts(|event| event.occurrence.client.as_deref().unwrap_or_default().to_owned()),
        longs(|event| event.occurrence.user.unwrap_or_default()),
        longs(|event| event.occurrence.session.unwrap_or_default()),
        texts(|event| event.id.map_or_else(String::new, |id| id.simple().to_string())),
    ]
}

fn array(kind: ArrayType, events: &[&Event], value: impl Fn(&Event) -> Value) -> Value {
    Value::Array(kind, Some(Box::new(events.iter().map(|event| value(event)).collect())))
}
