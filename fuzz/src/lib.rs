//! What is fed with random input: each target takes bytes, and panics where something does not hold that must.
//!
//! `make fuzz` feeds them by coverage for as long as one likes, `tests/seeds.rs` feeds them what is kept in `seeds/`.

#![allow(clippy::missing_panics_doc, reason = "targets report by panicking")]

mod bounds;
mod document;
mod importer;
mod opaque;
mod svg;

pub use bounds::within_bounds;

/// Something to feed, and the folder of its seeds.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
}

/// A document, from its text to what is wrong with it.
pub const DOCUMENT: Target = Target {
    name: "document",
    run: document::run,
};

/// The bytes of an IconifyJSON file, from reading to resolved icons.
pub const IMPORTER: Target = Target {
    name: "importer",
    run: importer::run,
};

/// Ids and cursors.
pub const OPAQUE: Target = Target {
    name: "opaque",
    run: opaque::run,
};

/// The check of a body, and what is done with those that pass.
pub const SVG: Target = Target {
    name: "svg",
    run: svg::run,
};

/// All of them.
pub const TARGETS: [Target; 4] = [DOCUMENT, IMPORTER, OPAQUE, SVG];
