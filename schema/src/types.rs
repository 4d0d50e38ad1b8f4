//! One file a GraphQL type; its inputs and small companions live beside it.

pub(crate) mod cache_layer;
pub(crate) mod change;
pub(crate) mod icon;
pub(crate) mod icon_connection;
pub(crate) mod icon_filter;
pub(crate) mod icon_result;
pub(crate) mod icon_set;
pub(crate) mod icon_set_connection;
pub(crate) mod icon_set_filter;
pub(crate) mod license;
pub(crate) mod metrics_snapshot;
pub(crate) mod node;
pub(crate) mod pool_stats;
pub(crate) mod put_synonyms;
pub(crate) mod rate_limit;
pub(crate) mod search_connection;
pub(crate) mod search_facets;
pub(crate) mod search_page;
pub(crate) mod service;
pub(crate) mod set_coverage;
pub(crate) mod snippet_flavor;
pub(crate) mod suggestion;
pub(crate) mod svg_options;
pub(crate) mod switch;
pub(crate) mod user_error;
