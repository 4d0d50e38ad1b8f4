//! SVG as text: what an icon's body looks like once turned, sized, coloured, named and checked.
//!
//! Everything here is a pure function of its arguments. It knows no icon set, no database and no request.

pub mod color;
pub mod data_uri;
pub mod document;
pub mod fingerprint;
pub mod ids;
pub mod markup;
pub mod number;
mod references;
pub mod render;
pub mod safety;
pub mod size;
pub mod snippet;
pub mod style;
pub mod view_box;
