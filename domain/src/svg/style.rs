//! Whether an icon is drawn with lines or with areas.

/// How an icon's shapes are painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IconStyle {
    /// Areas, no lines.
    Fill,
    /// Lines, no areas.
    Stroke,
}

/// The style of `body`: `None` where both or neither are painted.
///
/// Text search and not a parser, on purpose: the counts that Iconify publishes are made in the same way.
/// Source: `getIconStyle` of `@iconify/api` 3.
pub fn of(body: &str) -> Option<IconStyle> {
    match (paints(body, "stroke=\""), paints(body, "fill=\"")) {
        (true, false) => Some(IconStyle::Stroke),
        (false, true) => Some(IconStyle::Fill),
        _ => None,
    }
}

/// Whether any attribute that ends in `opening` has a value that shows.
fn paints(body: &str, opening: &str) -> bool {
    body.split(opening).skip(1).any(|rest| {
        let value = rest.split_once('"').map_or("", |(value, _)| value);
        !["", "none", "transparent", "inherit"]
            .iter()
            .any(|hidden| value.eq_ignore_ascii_case(hidden))
    })
}

#[cfg(test)]
mod tests {
    use super::{IconStyle, of};

    #[test]
    fn tells_lines_from_areas() {
        for (body, expected) in [
            ("", None),
            (r#"<path d="M0 0"/>"#, None),
            (r#"<path fill="currentColor"/>"#, Some(IconStyle::Fill)),
            (r#"<path fill="none" stroke="red"/>"#, Some(IconStyle::Stroke)),
            (r#"<path fill="NONE" stroke="Transparent"/>"#, None),
            (r#"<path fill="red" stroke="red"/>"#, None),
            (r#"<path fill="" stroke="inherit"/>"#, None),
            (r#"<path fill="none"/><path fill="red"/>"#, Some(IconStyle::Fill)),
            // Only double quotes count, and an unfinished value does not.
            (r"<path fill='red'/>", None),
            (r#"<path fill="red"#, None),
            (r#"<path fill="fill=""#, None),
        ] {
            assert_eq!(of(body), expected, "{body}");
        }
    }
}
