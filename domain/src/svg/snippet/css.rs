//! A style sheet's rule that shows an icon.
//!
//! Source: `getIconCSS` of `@iconify/utils` 3.1, matched byte for byte where `data_uri` is.

use crate::svg::data_uri::data_uri;
use crate::svg::number::to_js_string;
use crate::svg::render::{Drawing, document};
use crate::svg::size::em;

pub(super) fn rule(icon: Drawing<'_>) -> String {
    let view = icon.view_box;
    let width = em(view.width / view.height);
    let image = document(
        &[
            ("viewBox", view.to_attribute()),
            ("width", to_js_string(view.width)),
            ("height", to_js_string(view.height)),
        ],
        &icon.body.replace("currentColor", "black"),
    );
    let url = format!("url(\"{}\")", data_uri(&image));
    let mut declarations = vec![
        ("display", "inline-block"),
        ("width", width.as_str()),
        ("height", "1em"),
    ];
    if icon.body.contains("currentColor") {
        declarations.extend([
            ("background-color", "currentColor"),
            ("-webkit-mask-image", "var(--svg)"),
            ("mask-image", "var(--svg)"),
            ("-webkit-mask-repeat", "no-repeat"),
            ("mask-repeat", "no-repeat"),
            ("-webkit-mask-size", "100% 100%"),
            ("mask-size", "100% 100%"),
            ("--svg", &url),
        ]);
    } else {
        declarations.extend([
            ("background-repeat", "no-repeat"),
            ("background-size", "100% 100%"),
            ("background-image", &url),
        ]);
    }
    let mut rule = format!(".icon--{} {{\n", icon.name.replacen(':', "--", 1));
    for (property, value) in declarations {
        rule.extend(["  ", property, ": ", value, ";\n"]);
    }
    rule.push_str("}\n");
    rule
}
