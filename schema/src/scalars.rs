//! The contract's own scalars. A value that does not read as one is refused before anything is executed.

mod color;
mod date_time;
mod icon_name;
mod long;

pub(crate) use color::ColorScalar;
pub(crate) use date_time::DateTime;
pub(crate) use icon_name::IconNameScalar;
pub(crate) use long::Long;
