//! A view box, and what flips and quarter turns do to it and to the body inside.
//!
//! Source: `iconToSVG` of `@iconify/utils` 3.1, whose output is matched byte for byte where a body has one `<defs>` at most.

use super::number::to_js_string;

/// The longest side of a view box, and the farthest its corner may be from the origin. Public icons stay under 15,000.
pub const MAX_EXTENT: f64 = 1e6;

/// The rectangle an icon is drawn in, in the icon's own units.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ViewBox {
    /// Where the box begins, from the left.
    pub left: f64,
    /// Where the box begins, from the top.
    pub top: f64,
    /// How wide it is.
    pub width: f64,
    /// How high it is.
    pub height: f64,
}

impl ViewBox {
    /// The value of the `viewBox` attribute: `left top width height`.
    pub fn to_attribute(self) -> String {
        [self.left, self.top, self.width, self.height]
            .map(to_js_string)
            .join(" ")
    }

    /// Whether anything can be drawn in it: sides above 0, and nothing beyond [`MAX_EXTENT`].
    pub fn can_be_drawn_in(self) -> bool {
        let is_side = |side: f64| side > 0.0 && side <= MAX_EXTENT;
        is_side(self.width) && is_side(self.height) && self.left.abs() <= MAX_EXTENT && self.top.abs() <= MAX_EXTENT
    }
}

/// Flips, then a rotation by quarter turns clockwise. Turns may be negative or past four; they count modulo four.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Transformation {
    /// Left and right change places.
    pub flip_horizontal: bool,
    /// Top and bottom change places.
    pub flip_vertical: bool,
    /// Clockwise, after the flips.
    pub quarter_turns: i64,
}

/// The box after `transformation`, and the body wrapped in the group that performs it.
///
/// A body that needs no group comes back as it was. `<defs>` stay outside the group.
pub fn apply(transformation: Transformation, mut view: ViewBox, body: &str) -> (ViewBox, String) {
    let mut steps = Vec::new();
    let mut turns = transformation.quarter_turns;
    match (transformation.flip_horizontal, transformation.flip_vertical) {
        (true, true) => turns += 2,
        (true, false) => {
            steps.push(format!(
                "translate({} {})",
                to_js_string(view.width + view.left),
                to_js_string(0.0 - view.top)
            ));
            steps.push("scale(-1 1)".to_owned());
            (view.left, view.top) = (0.0, 0.0);
        }
        (false, true) => {
            steps.push(format!(
                "translate({} {})",
                to_js_string(0.0 - view.left),
                to_js_string(view.height + view.top)
            ));
            steps.push("scale(1 -1)".to_owned());
            (view.left, view.top) = (0.0, 0.0);
        }
        (false, false) => {}
    }
    let turns = turns.rem_euclid(4);
    let centre_x = to_js_string(view.width / 2.0 + view.left);
    let centre_y = to_js_string(view.height / 2.0 + view.top);
    match turns {
        1 => steps.insert(0, format!("rotate(90 {centre_y} {centre_y})")),
        2 => steps.insert(0, format!("rotate(180 {centre_x} {centre_y})")),
        3 => steps.insert(0, format!("rotate(-90 {centre_x} {centre_x})")),
        _ => {}
    }
    if turns % 2 == 1 {
        (view.left, view.top) = (view.top, view.left);
        (view.width, view.height) = (view.height, view.width);
    }
    if steps.is_empty() {
        return (view, body.to_owned());
    }
    let (definitions, drawing) = split_definitions(body);
    let group = format!("<g transform=\"{}\">{drawing}</g>", steps.join(" "));
    let body = if definitions.is_empty() {
        group
    } else {
        format!("<defs>{definitions}</defs>{group}")
    };
    (view, body)
}

/// The contents of every `<defs>` element, and the body without them.
///
/// Text search and not a parser, on purpose: the reference cuts in the same places, down to its trimming. Where there
/// are two `<defs>` it cuts the second one at the place of the first, which leaves no document to match.
fn split_definitions(body: &str) -> (String, String) {
    let mut definitions = String::new();
    let mut content = body.to_owned();
    while let Some(index) = content.find("<defs") {
        let (Some(start), Some(end)) = (content[index..].find('>'), content.find("</defs")) else {
            break;
        };
        let start = index + start + 1;
        let Some(end_of_end) = content[end..].find('>') else {
            break;
        };
        // A self-closing `<defs/>` before a real one makes the reference slice backwards, which JavaScript reads as empty.
        definitions.push_str(content.get(start..end).unwrap_or_default().trim());
        content = format!("{}{}", content[..index].trim(), &content[end + end_of_end + 1..]);
    }
    (definitions, content)
}

#[cfg(test)]
mod tests {
    use super::{Transformation, ViewBox, apply};

    #[test]
    fn keeps_definitions_outside_the_group() {
        let view = ViewBox {
            left: 0.0,
            top: 0.0,
            width: 10.0,
            height: 20.0,
        };
        let flip = Transformation {
            flip_horizontal: true,
            ..Transformation::default()
        };
        for (body, expected) in [
            ("a", r#"<g transform="translate(10 0) scale(-1 1)">a</g>"#),
            (
                "a <defs> b </defs> c",
                r#"<defs>b</defs><g transform="translate(10 0) scale(-1 1)">a c</g>"#,
            ),
            (
                "a<defs>b</defs>c<defs>d</defs>e",
                r#"<defs>bd</defs><g transform="translate(10 0) scale(-1 1)">ace</g>"#,
            ),
        ] {
            assert_eq!(apply(flip, view, body), (view, expected.to_owned()), "{body}");
        }
        assert_eq!(apply(Transformation::default(), view, "a"), (view, "a".to_owned()));
    }
}
