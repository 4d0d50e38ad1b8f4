//! A whole document from a body, a view box and wishes.
//!
//! Source: `iconToSVG` and `iconToHTML` of `@iconify/utils` 3.1, matched byte for byte; colour and box as the public
//! Iconify API applies them.

use super::color::Color;
use super::number::to_js_string;
use super::size::{self, Size};
use super::view_box::{Transformation, ViewBox, apply};
use super::{ids, references};

/// An icon with its own turns and flips already done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawing<'a> {
    /// `prefix:key`.
    pub name: &'a str,
    /// The rectangle it is drawn in.
    pub view_box: ViewBox,
    /// The content of its `<svg>` element.
    pub body: &'a str,
}

/// How an icon is to be drawn. By default: height `1em`, the width by the ratio, and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own")]
pub struct SvgOptions {
    /// `None` follows the height.
    pub width: Option<Size>,
    /// `None` follows the width.
    pub height: Option<Size>,
    /// Stands in for `currentColor`.
    pub color: Option<Color>,
    /// Quarter turns clockwise, after the flips.
    pub rotation: u8,
    /// Left and right change places.
    pub flip_horizontal: bool,
    /// Top and bottom change places.
    pub flip_vertical: bool,
    /// A transparent rectangle the size of the view box comes first.
    pub add_box: bool,
    /// Ids are renamed, so that renditions can share a page.
    pub unique_ids: bool,
    /// The `<title>`, which browsers show and screen readers read.
    pub title: Option<String>,
}

/// A standalone `<svg>` document.
pub fn render(icon: Drawing<'_>, options: &SvgOptions) -> String {
    let transformation = Transformation {
        flip_horizontal: options.flip_horizontal,
        flip_vertical: options.flip_vertical,
        quarter_turns: i64::from(options.rotation),
    };
    let (view, mut body) = apply(transformation, icon.view_box, icon.body);
    if options.unique_ids {
        body = ids::make_unique(&body, &rendition_name(icon.name, options)).into_owned();
    }
    if let Some(color) = &options.color {
        body = body.replace("currentColor", color.as_str());
    }
    if options.add_box {
        body.insert_str(0, &transparent_box(view));
    }
    if let Some(title) = &options.title {
        body.insert_str(0, &format!("<title>{}</title>", references::encode(title)));
    }
    let (width, height) = size::attributes(options.width.as_ref(), options.height.as_ref(), view.width, view.height);
    let mut attributes = Vec::with_capacity(3);
    attributes.extend(width.map(|width| ("width", width)));
    attributes.extend(height.map(|height| ("height", height)));
    attributes.push(("viewBox", view.to_attribute()));
    document(&attributes, &body)
}

/// `body` in an `<svg>` element that declares what it needs.
pub(super) fn document(attributes: &[(&str, String)], body: &str) -> String {
    let mut document = format!("<svg{}", namespaces(body));
    for (name, value) in attributes {
        document.extend([" ", name, "=\"", value, "\""]);
    }
    document.extend([">", body, "</svg>"]);
    document
}

fn namespaces(body: &str) -> &'static str {
    if body.contains("xlink:") {
        r#" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink""#
    } else {
        r#" xmlns="http://www.w3.org/2000/svg""#
    }
}

fn transparent_box(view: ViewBox) -> String {
    let [left, top, width, height] = [view.left, view.top, view.width, view.height].map(to_js_string);
    format!(r#"<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="rgba(255, 255, 255, 0)" />"#)
}

/// The name of what ids may refer to: the same gradient in another colour is another gradient.
fn rendition_name(name: &str, options: &SvgOptions) -> String {
    let color = options.color.as_ref().map_or("", Color::as_str);
    let SvgOptions {
        rotation,
        flip_horizontal,
        flip_vertical,
        ..
    } = options;
    if color.is_empty() && *rotation == 0 && !flip_horizontal && !flip_vertical {
        return name.to_owned();
    }
    format!("{name} {color} {rotation} {flip_horizontal} {flip_vertical}")
}

#[cfg(test)]
mod tests;
