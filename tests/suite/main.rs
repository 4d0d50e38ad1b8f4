//! What a client sees, on SQLite and on PostgreSQL. A file for each concern.

mod harness;
