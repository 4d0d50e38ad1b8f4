//! What every request passes through.

pub(crate) mod deadline;
pub(crate) mod headers;
pub(crate) mod request;
