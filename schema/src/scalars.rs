//! The contract's own scalars. A value that does not read as one is refused before anything is executed; in a list of which each item has
//! a result of its own, it is that item's.

mod color;
mod date_time;
mod icon_name;
mod long;
mod sent_date_time;
mod uuid;

pub(crate) use color::ColorScalar;
pub(crate) use date_time::DateTime;
pub(crate) use icon_name::IconNameScalar;
pub(crate) use long::Long;
pub(crate) use sent_date_time::SentDateTime;
pub(crate) use uuid::UuidScalar;
