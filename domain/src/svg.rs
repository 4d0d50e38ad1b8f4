//! SVG as text: what an icon's body looks like once turned, sized, coloured, named and checked.
//!
//! Everything here is a pure function of its arguments. It knows no icon set, no database and no request.

pub mod number;
pub mod view_box;
