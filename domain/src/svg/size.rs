//! How wide and high a drawing is asked to be, and the other side where only one is asked.
//!
//! Source: `calculateSize` and the size rules of `iconToSVG` in `@iconify/utils` 3.1.

use std::str::FromStr;

use super::number::to_js_string;

/// The longest text that is read as a size.
pub const MAX_BYTES: usize = 32;

const UNITS: [&str; 15] = [
    "px", "em", "rem", "ex", "ch", "pt", "pc", "cm", "mm", "in", "%", "vw", "vh", "vmin", "vmax",
];

/// The width or the height asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Size {
    /// As in the view box: `auto`.
    Auto,
    /// The attribute is left out: `unset`, `undefined` or `none`.
    Unset,
    /// A number or a CSS length.
    Length(Length),
}

/// A number that is not negative, and a unit or none, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Length {
    number: String,
    unit: String,
}

/// Why a text is no size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// More than [`MAX_BYTES`].
    #[error("a size has at most {MAX_BYTES} bytes")]
    TooLong,
    /// A sign, an exponent, or no number at all.
    #[error("not a size: expected a number, a CSS length such as 1.5em, auto or unset")]
    Number,
    /// A number before something that is no unit.
    #[error("not a size: the unit must be px, em, rem, ex, ch, pt, pc, cm, mm, in, %, vw, vh, vmin or vmax")]
    Unit,
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return Err(SizeError::TooLong);
        }
        match text {
            "auto" => Ok(Self::Auto),
            "unset" | "undefined" | "none" => Ok(Self::Unset),
            _ => Length::parse(text).map(Self::Length),
        }
    }
}

impl Length {
    fn parse(text: &str) -> Result<Self, SizeError> {
        let end = text
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let (_, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if number.is_empty() || fraction.is_empty() || fraction.contains('.') {
            return Err(SizeError::Number);
        }
        let is_unit = unit.is_empty() || UNITS.iter().any(|known| unit.eq_ignore_ascii_case(known));
        if is_unit {
            Ok(Self {
                number: number.to_owned(),
                unit: unit.to_owned(),
            })
        } else {
            Err(SizeError::Unit)
        }
    }

    /// The length `ratio` times as long, rounded up to hundredths; unchanged, down to its spelling, where `ratio` is 1.
    fn scaled(&self, ratio: f64) -> String {
        #[expect(clippy::float_cmp, reason = "the reference compares with 1 exactly")]
        let is_same = ratio == 1.0;
        match self.number.parse::<f64>() {
            Ok(number) if !is_same => format!("{}{}", to_js_string(scale(number, ratio)), self.unit),
            _ => format!("{}{}", self.number, self.unit),
        }
    }
}

/// The values of the `width` and `height` attributes; `None` leaves one out.
///
/// Where neither is asked for, the height is `1em`. `box_width` and `box_height` are those of the view box.
pub(super) fn attributes(
    width: Option<&Size>,
    height: Option<&Size>,
    box_width: f64,
    box_height: f64,
) -> (Option<String>, Option<String>) {
    let ratio = box_width / box_height;
    match (width, height) {
        (None, None) => (Some(em(ratio)), Some("1em".to_owned())),
        (None, Some(height)) => (other_side(height, box_height, ratio), side(height, box_height)),
        (Some(width), None) => (
            side(width, box_width),
            other_side(width, box_width, box_height / box_width),
        ),
        (Some(width), Some(height)) => (side(width, box_width), side(height, box_height)),
    }
}

/// `ratio` times `1em`, as a CSS length.
pub(super) fn em(ratio: f64) -> String {
    Length {
        number: "1".to_owned(),
        unit: "em".to_owned(),
    }
    .scaled(ratio)
}

fn side(size: &Size, in_box: f64) -> Option<String> {
    match size {
        Size::Auto => Some(to_js_string(in_box)),
        Size::Unset => None,
        Size::Length(length) => Some(length.scaled(1.0)),
    }
}

fn other_side(size: &Size, in_box: f64, ratio: f64) -> Option<String> {
    match size {
        #[expect(clippy::float_cmp, reason = "the reference compares with 1 exactly")]
        Size::Auto => Some(to_js_string(if ratio == 1.0 { in_box } else { scale(in_box, ratio) })),
        Size::Unset => None,
        Size::Length(length) => Some(length.scaled(ratio)),
    }
}

fn scale(number: f64, ratio: f64) -> f64 {
    (number * ratio * 100.0).ceil() / 100.0
}

#[cfg(test)]
mod tests {
    use super::{Size, SizeError, attributes};

    #[test]
    fn reads_sizes() {
        for text in [
            "24",
            "0",
            "1.5em",
            ".5rem",
            "100%",
            "12PX",
            "007.50vmin",
            " 3vmax ",
            "auto",
            "unset",
            "none",
        ] {
            assert!(text.parse::<Size>().is_ok(), "{text}");
        }
        for (text, expected) in [
            ("", SizeError::Number),
            ("em", SizeError::Number),
            ("-1", SizeError::Number),
            ("+1", SizeError::Number),
            ("1.", SizeError::Number),
            (".", SizeError::Number),
            ("1.2.3", SizeError::Number),
            ("AUTO", SizeError::Number),
            ("calc(1px)", SizeError::Number),
            ("1e3", SizeError::Unit),
            ("1 px", SizeError::Unit),
            ("1px\"", SizeError::Unit),
            ("1px 2px", SizeError::Unit),
            ("1q", SizeError::Unit),
            ("1234567890123456789012345678901px", SizeError::TooLong),
        ] {
            assert_eq!(text.parse::<Size>(), Err(expected), "{text}");
        }
        assert!("123456789012345678901234567890px".parse::<Size>().is_ok());
    }

    #[test]
    fn finds_the_other_side() {
        let check = |width: &str, height: &str, expected: (&str, &str)| {
            let read = |text: &str| (!text.is_empty()).then(|| text.parse::<Size>().expect(text));
            let (width, height) = attributes(read(width).as_ref(), read(height).as_ref(), 20.0, 24.0);
            assert_eq!(
                (width.as_deref().unwrap_or("-"), height.as_deref().unwrap_or("-")),
                expected
            );
        };
        check("", "", ("0.84em", "1em"));
        check("", "48px", ("40px", "48px"));
        check("10.0", "", ("10.0", "12"));
        check("auto", "", ("20", "24"));
        check("", "auto", ("20", "24"));
        check("unset", "", ("-", "-"));
        check("", "none", ("-", "-"));
        check("1em", "undefined", ("1em", "-"));
        check("5%", "auto", ("5%", "24"));
    }
}
