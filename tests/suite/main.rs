//! What a client sees, on SQLite and on PostgreSQL. A file for each concern.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its own functions too")]

mod bombs;
mod changes;
mod cli;
mod config;
mod database_failures;
mod did_you_mean;
mod documents;
mod errors;
mod harness;
mod headers;
mod health;
mod http;
mod import_kill;
mod import_real;
mod import_rules;
mod keywords;
mod kill_scenario;
mod limits;
mod live;
mod lookup;
mod operations;
mod paging;
mod process;
mod random;
mod reference;
mod rendering;
mod schema_snapshot;
mod search;
mod search_index;
mod search_paging;
mod starter;
mod statements;
mod suggest;
mod synonyms;
mod variables;
mod walls;
mod whole_catalog;
