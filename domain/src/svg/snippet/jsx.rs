//! React: a function component in JSX.

use super::component_name::component_name;
use super::template::{Dialect, markup, plain_attribute};
use crate::svg::references::decode;
use crate::svg::render::Drawing;

pub(super) fn component(icon: Drawing<'_>) -> String {
    let name = component_name(icon.name);
    let svg = markup(icon, &Jsx);
    format!("export default function {name}(props) {{\n  return (\n    {svg}\n  );\n}}\n")
}

struct Jsx;

impl Dialect for Jsx {
    const SPREAD: &'static str = " {...props}";

    fn attribute(&self, name: &str, value: &str, quote: char, out: &mut String) {
        if name == "style" {
            out.push_str(" style={{");
            out.push_str(&style_object(value));
            out.push_str("}}");
        } else {
            // JSX knows the references of XML in quoted values, and no escapes.
            plain_attribute(&property(name), value, quote, out);
        }
    }

    fn text(&self, _element: &str, text: &str, out: &mut String) {
        if text.trim().is_empty() || !text.contains(['{', '}', '<', '>', '&', '\n']) {
            out.push_str(text);
        } else {
            out.extend(["{", &string_literal(&decode(text).unwrap_or(text.into())), "}"]);
        }
    }
}

/// The attribute as React names it. Hyphens stay where React has no other name, as in `data-name` and `mask-type`.
fn property(attribute: &str) -> String {
    match attribute {
        "class" => "className".to_owned(),
        "tabindex" => "tabIndex".to_owned(),
        "crossorigin" => "crossOrigin".to_owned(),
        _ if attribute.contains(':') || HYPHENATED.contains(&attribute) => camel_case(attribute),
        _ => attribute.to_owned(),
    }
}

/// The hyphenated attributes of SVG that React knows in camel case.
const HYPHENATED: [&str; 52] = [
    "accent-height",
    "alignment-baseline",
    "baseline-shift",
    "cap-height",
    "clip-path",
    "clip-rule",
    "color-interpolation",
    "color-interpolation-filters",
    "color-profile",
    "color-rendering",
    "dominant-baseline",
    "enable-background",
    "fill-opacity",
    "fill-rule",
    "flood-color",
    "flood-opacity",
    "font-family",
    "font-size",
    "font-size-adjust",
    "font-stretch",
    "font-style",
    "font-variant",
    "font-weight",
    "glyph-orientation-horizontal",
    "glyph-orientation-vertical",
    "image-rendering",
    "letter-spacing",
    "lighting-color",
    "marker-end",
    "marker-mid",
    "marker-start",
    "paint-order",
    "pointer-events",
    "rendering-intent",
    "shape-rendering",
    "stop-color",
    "stop-opacity",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-opacity",
    "stroke-width",
    "text-anchor",
    "text-decoration",
    "text-rendering",
    "transform-origin",
    "unicode-bidi",
    "vector-effect",
    "word-spacing",
    "writing-mode",
];

fn camel_case(name: &str) -> String {
    let mut words = name.split(['-', ':']);
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// `a-b: c; --d: e` as `aB: "c", "--d": "e"`.
fn style_object(style: &str) -> String {
    let style = decode(style).unwrap_or(style.into());
    let declarations = style.split(';').filter_map(|declaration| declaration.split_once(':'));
    let entries = declarations.map(|(name, value)| {
        let name = name.trim();
        let key = if name.starts_with("--") {
            string_literal(name)
        } else {
            // `-webkit-a` is `WebkitA`, but `-ms-a` is `msA`.
            string_literal_unless_identifier(&camel_case(name.strip_prefix("-ms-").map_or(name, |_| &name[1..])))
        };
        format!("{key}: {}", string_literal(value.trim()))
    });
    entries.collect::<Vec<_>>().join(", ")
}

fn string_literal_unless_identifier(name: &str) -> String {
    let is_identifier = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|character| character.is_ascii_alphanumeric());
    if is_identifier {
        name.to_owned()
    } else {
        string_literal(name)
    }
}

fn string_literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
