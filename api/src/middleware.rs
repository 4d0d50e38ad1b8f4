//! What every request passes through.

pub(crate) mod deadline;
pub(crate) mod overload;
pub(crate) mod rate_limit;
pub(crate) mod request;
