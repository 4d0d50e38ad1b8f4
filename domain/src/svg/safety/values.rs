//! What an attribute value or a style sheet may say once its references are decoded.

use super::Threat;

/// The first threat in an attribute value, read as a CSS value and as an address.
pub(super) fn threat(value: &str) -> Option<Threat> {
    value.bytes().enumerate().find_map(|(at, byte)| match byte {
        b'\\' => Some(Threat::Escape),
        b'(' => function_threat(&value[..at], &value[at + 1..]),
        b':' => is_runnable(&value[..at], &value[at + 1..]).then_some(Threat::Scheme),
        _ => None,
    })
}

/// The first threat in the text of a `<style>` element.
pub(super) fn style_sheet_threat(sheet: &str) -> Option<Threat> {
    let at_rule = |rest: &str| {
        let name = rest
            .split(|character: char| !character.is_ascii_alphanumeric() && character != '-')
            .next();
        let styles = |allowed: &&str| name.is_some_and(|name| name.eq_ignore_ascii_case(allowed));
        !["media", "supports", "keyframes", "-webkit-keyframes"]
            .iter()
            .any(styles)
    };
    threat(sheet).or_else(|| sheet.split('@').skip(1).any(at_rule).then_some(Threat::AtRule))
}

/// Whether an address is a picture of pixels, written out. SVG pictures are documents and stay out.
pub(super) fn is_inline_image(address: &str) -> bool {
    let Some(format) = strip_prefix_ignoring_case(address, "data:image/") else {
        return false;
    };
    ["png", "jpeg", "jpg", "gif", "webp"]
        .iter()
        .any(|raster| strip_prefix_ignoring_case(format, raster).is_some_and(|rest| rest.starts_with([';', ','])))
}

fn function_threat(before: &str, argument: &str) -> Option<Threat> {
    let before = before.trim_end();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let length = before.bytes().rev().take_while(is_name).count();
    let name = &before[before.len() - length..];
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    // Names that merely end so are no addresses today, and nothing that draws needs them.
    let is_url = name.len() >= 3 && name.as_bytes()[name.len() - 3..].eq_ignore_ascii_case(b"url");
    if is_url || is("url-prefix") {
        let argument = argument.trim_start();
        let address = argument.strip_prefix(['"', '\'']).unwrap_or(argument);
        return (!address.starts_with('#')).then_some(Threat::OutsideReference);
    }
    // These take an address as a plain string.
    if ["src", "image", "image-set", "-webkit-image-set", "domain"]
        .into_iter()
        .any(is)
    {
        return Some(Threat::OutsideReference);
    }
    is("expression").then_some(Threat::Expression)
}

/// Whether the colon between the two ends a scheme that runs. Blanks inside a scheme count for nothing, as in browsers.
fn is_runnable(before: &str, after: &str) -> bool {
    if ends_with_ignoring_blanks(before, "javascript") || ends_with_ignoring_blanks(before, "vbscript") {
        return true;
    }
    let media_type = after.trim_start();
    ends_with_ignoring_blanks(before, "data")
        && ["text/", "application/", "image/svg"]
            .iter()
            .any(|document| strip_prefix_ignoring_case(media_type, document).is_some())
}

fn ends_with_ignoring_blanks(text: &str, word: &str) -> bool {
    let mut letters = text
        .bytes()
        .rev()
        .filter(|byte| *byte > b' ')
        .map(|byte| byte.to_ascii_lowercase());
    word.bytes().rev().all(|expected| letters.next() == Some(expected))
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}
