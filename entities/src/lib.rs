//! The tables, one a file. No queries, no rules: what the columns mean and nothing else.
//!
//! Instants are Unix milliseconds, lists are JSON arrays of text and hashes are raw bytes, because both engines store
//! those alike.

pub mod access_state;
pub mod alert;
pub mod alert_state;
pub mod api_key;
pub mod cache_invalidation;
pub mod catalog_change;
pub mod catalog_change_names;
pub mod catalog_state;
pub mod icon;
pub mod icon_character;
pub mod icon_popularity;
pub mod icon_set;
pub mod icon_tag;
pub mod job;
pub mod keyword_source;
pub mod operations_figures;
pub mod server_secret;
pub mod switch_setting;
pub mod switch_state;
pub mod synonym_change;
pub mod synonym_group;
pub mod usage_day;
pub mod usage_day_ranking;
pub mod usage_event;
pub mod usage_event_id;
pub mod usage_hour;
pub mod usage_hour_ranking;
pub mod usage_name;
pub mod usage_pair;
pub mod usage_pair_day;
pub mod usage_pending;
pub mod usage_related;
