//! What iconql knows about icons: how they are described, drawn, stored and looked up.
//!
//! Nothing here knows GraphQL, HTTP or environment variables: limits, clocks and connections are passed in.

pub mod access;
pub mod alerts;
pub mod analytics;
pub mod backup;
pub mod cache;
pub mod catalog;
pub mod database;
mod giving_way;
pub mod health;
pub mod iconify;
pub mod jobs;
pub mod live;
pub mod operations;
pub mod rate_limit;
pub mod redis;
pub mod search;
pub mod svg;
pub mod switches;
mod url_list;
pub mod usage;
