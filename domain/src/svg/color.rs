//! CSS colours, as far as they may replace `currentColor` in a drawing.

use std::fmt;
use std::str::FromStr;

use csscolorparser::NAMED_COLORS;

/// The longest text that is read as a colour.
pub const MAX_BYTES: usize = 64;

/// A CSS colour: hex, `rgb()`, `rgba()`, `hsl()`, `hsla()`, a named colour, `transparent` or `currentColor`.
///
/// Its text holds letters, digits and `# ( ) , . / % + -` and spaces, so it can stand in any attribute or declaration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Color(String);

/// Why a text is no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ColorError {
    /// More than [`MAX_BYTES`].
    #[error("a color has at most {MAX_BYTES} bytes")]
    TooLong,
    /// None of the forms that are understood.
    #[error("not a color: expected hex, rgb(), rgba(), hsl(), hsla(), a CSS color name, transparent or currentColor")]
    Unknown,
}

impl Color {
    /// The colour as it was written, without blanks around it; `currentColor` always in this spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Color {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Color {
    type Err = ColorError;

    fn from_str(text: &str) -> Result<Self, ColorError> {
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return Err(ColorError::TooLong);
        }
        if text.eq_ignore_ascii_case("currentColor") {
            return Ok(Self("currentColor".to_owned()));
        }
        if is_hex(text) || is_name(text) || is_function(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(ColorError::Unknown)
    }
}

fn is_hex(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| {
        matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

fn is_name(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower == "transparent" || NAMED_COLORS.contains_key(lower.as_str().into())
}

/// `rgb(…)` or `hsl(…)`, with commas (legacy) or with blanks and a slash (modern).
fn is_function(text: &str) -> bool {
    let Some((name, arguments)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) else {
        return false;
    };
    let is_hue_first = match name.to_ascii_lowercase().as_str() {
        "rgb" | "rgba" => false,
        "hsl" | "hsla" => true,
        _ => return false,
    };
    if arguments.contains(',') {
        let parts: Vec<&str> = arguments.split(',').map(|part| part.trim_matches(' ')).collect();
        return matches!(parts.len(), 3 | 4) && are_legacy(&parts, is_hue_first);
    }
    let (channels, alpha) = match arguments.split_once('/') {
        None => (arguments, None),
        Some((channels, alpha)) => (channels, Some(alpha.trim_matches(' '))),
    };
    let channels: Vec<&str> = channels.split(' ').filter(|part| !part.is_empty()).collect();
    let is_none = |part: &str| part.eq_ignore_ascii_case("none");
    let is_channel =
        |(index, part): (usize, &&str)| is_none(part) || is_share(part) || (index == 0 && is_hue_first && is_hue(part));
    channels.len() == 3
        && !(is_hue_first && channels[0].ends_with('%'))
        && channels.iter().enumerate().all(is_channel)
        && alpha.is_none_or(|alpha| is_none(alpha) || is_share(alpha))
}

/// In the legacy form the channels of `rgb()` are of one kind, and saturation and lightness are percentages.
fn are_legacy(parts: &[&str], is_hue_first: bool) -> bool {
    let (channels, alpha) = parts.split_at(3);
    let are_channels = if is_hue_first {
        is_hue(channels[0]) && channels[1..].iter().all(|part| is_percentage(part))
    } else {
        channels.iter().all(|part| is_number(part)) || channels.iter().all(|part| is_percentage(part))
    };
    are_channels && alpha.iter().all(|part| is_share(part))
}

fn is_hue(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let number = ["deg", "grad", "rad", "turn"]
        .iter()
        .find_map(|unit| lower.strip_suffix(unit));
    is_number(number.unwrap_or(&lower))
}

fn is_share(text: &str) -> bool {
    is_number(text) || is_percentage(text)
}

fn is_percentage(text: &str) -> bool {
    text.strip_suffix('%').is_some_and(is_number)
}

/// A CSS number without an exponent.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !unsigned.is_empty() && !fraction.is_empty() && are_digits(whole) && are_digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::{Color, ColorError};

    fn check(text: &str, expected: Result<&str, ColorError>) {
        let color = text.parse::<Color>();
        assert_eq!(color.as_ref().map(Color::as_str), expected.as_ref().copied(), "{text}");
    }

    #[test]
    fn reads_colors() {
        for text in [
            "#fff",
            "#FFF8",
            "#0a1B2c",
            "#0a1b2c80",
            "red",
            "RebeccaPurple",
            "darkslategrey",
            "transparent",
            "rgb(1,2,3)",
            "RGB( 1 , 2 , 3 )",
            "rgba(10%, 20.5%, .5%, .5)",
            "rgb(1 2 3)",
            "rgb(100% none 0 / 50%)",
            "rgba(1 2 3/+.5)",
            "hsl(120deg, 50%, 50%)",
            "hsla(-0.5turn 50% 50% / none)",
            "hsl(120 50 50)",
        ] {
            check(text, Ok(text));
        }
        check(" \n#abc\t", Ok("#abc"));
        check("CURRENTCOLOR", Ok("currentColor"));
        check(&format!("#abc{}", " ".repeat(100)), Ok("#abc"));
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "#",
            "#ff",
            "#fffff",
            "#ggg",
            "fff",
            "none",
            "inherit",
            "reddish",
            "hwb(1 2% 3%)",
            "lab(1 2 3)",
            "color(srgb 1 0 0)",
            "rgb(from red r g b)",
            "rgb(1 2, 3)",
            "rgb(1,2)",
            "rgb(1,2,3,4,5)",
            "rgb(1%,2,3)",
            "rgb(1 2 3",
            "rgb (1,2,3)",
            "rgb(1 2 3 / )",
            "rgb(1 2 3 / 1 / 1)",
            "rgb(1deg 2 3)",
            "rgb(calc(1) 2 3)",
            "rgb(1e2 2 3)",
            "rgb(1. 2 3)",
            "rgb(1\n2 3)",
            "hsl(50% 50% 50%)",
            "hsl(1,2,3)",
            "linear-gradient(red, blue)",
            "url(#a)",
            "var(--a)",
            "red\"",
            "red;",
            "red</style>",
            "\u{212A}haki",
        ] {
            check(text, Err(ColorError::Unknown));
        }
        check(
            &format!("rgb(1,2,{})", "3".repeat(55)),
            Ok(&format!("rgb(1,2,{})", "3".repeat(55))),
        );
        check(&format!("rgb(1,2,{})", "3".repeat(56)), Err(ColorError::TooLong));
    }
}
