//! What every request passes through.

pub(crate) mod body;
pub(crate) mod compression;
pub(crate) mod deadline;
pub(crate) mod headers;
pub(crate) mod overload;
pub(crate) mod protection;
pub(crate) mod rate_limit;
pub(crate) mod request;
