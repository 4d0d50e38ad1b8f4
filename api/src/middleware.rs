//! What every request passes through.

pub(crate) mod admission;
pub(crate) mod body;
pub(crate) mod compression;
mod deadline;
pub(crate) mod headers;
pub(crate) mod overload;
mod protection;
pub(crate) mod rate_limit;
pub(crate) mod request;
