//! What a client sees, on SQLite and on PostgreSQL. A file for each concern.

mod harness;
mod import_rules;
mod lookup;
mod operations;
mod random;
mod schema_snapshot;
mod starter;
mod statements;
mod walls;
