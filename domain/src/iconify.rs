//! The IconifyJSON format: an icon set as one document, or as the split files of a package.
//!
//! A pure reader: bytes in, final icons out. It knows no database, no network and no file system.

pub(crate) mod base_name;
pub mod document;
mod entry;
pub mod info;
mod lenient;
mod metadata;
mod name;
pub mod resolve;
pub mod skipped;
