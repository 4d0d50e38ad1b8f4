//! Where attributes and style sheets name ids. Everything is a range of bytes, in order.

use std::iter;
use std::ops::Range;

/// The ids that an attribute names, its own among them. A name that stands like an id need not be one.
pub(super) fn in_attribute(name: &str, value: &str) -> Vec<Range<usize>> {
    let whole = 0..value.len();
    match name {
        "id" => vec![whole],
        "href" | "xlink:href" if value.starts_with('#') => iter::once(1..value.len()).collect(),
        "begin" | "end" => events(value),
        _ if name.starts_with("aria-") => words(value, whole),
        _ => addresses(value, whole),
    }
}

/// The ids that a style sheet names: in `url(#id)`, and as `#id` in selectors, but not in colours.
pub(super) fn in_style_sheet(sheet: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // One entry a block that is open: whether rules stand in it, and not declarations.
    let mut holds_rules = vec![];
    let mut start = 0;
    for (at, byte) in sheet.bytes().enumerate() {
        if !matches!(byte, b'{' | b'}' | b';') {
            continue;
        }
        let part = start..at;
        start = at + 1;
        let in_rules = holds_rules.last().copied().unwrap_or(true);
        if byte == b'{' {
            let is_at_rule = sheet[part.clone()].trim_start().starts_with('@');
            if in_rules && !is_at_rule {
                found.extend(selectors(sheet, part));
            }
            holds_rules.push(is_at_rule);
            continue;
        }
        found.extend(addresses(sheet, part));
        if byte == b'}' {
            holds_rules.pop();
        }
    }
    found
}

/// `id.event` between semicolons.
fn events(value: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for part in value.split(';') {
        let begin = start + (part.len() - part.trim_start().len());
        if let Some(length) = part.trim_start().find('.') {
            found.push(begin..begin + length);
        }
        start += part.len() + 1;
    }
    found
}

fn words(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    split_ranges(text, within, |byte| byte.is_ascii_whitespace())
}

/// `#id` as a selector writes it.
fn selectors(sheet: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let is_boundary = |byte: u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'#') || byte >= 0x80);
    let is_id = |range: &Range<usize>| sheet[range.clone()].contains('#');
    let name = |range: Range<usize>| range.start + sheet[range.clone()].find('#').unwrap_or(0) + 1..range.end;
    split_ranges(sheet, within, is_boundary)
        .into_iter()
        .filter(is_id)
        .map(name)
        .collect()
}

/// `url(#id)`, with or without quotes, which may be references.
fn addresses(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = within.start;
    while let Some(length) = text[start..within.end].find("url(") {
        start += length + "url(".len();
        let rest = text[start..within.end].trim_start();
        let quoted = ["\"", "'", "&quot;", "&apos;", "&#39;", "&#34;"]
            .iter()
            .find_map(|quote| rest.strip_prefix(quote));
        if let Some(id) = quoted.unwrap_or(rest).strip_prefix('#') {
            let begin = within.end - id.len();
            let length = id
                .find([')', '"', '\'', '&', ' ', '\t', '\n', '\r'])
                .unwrap_or(id.len());
            found.push(begin..begin + length);
            start = begin + length;
        }
    }
    found
}

/// The pieces between the bytes that `is_boundary` names, empty ones left out.
fn split_ranges(text: &str, within: Range<usize>, is_boundary: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = within.start;
    for at in within.clone() {
        if is_boundary(text.as_bytes()[at]) {
            if at > start {
                found.push(start..at);
            }
            start = at + 1;
        }
    }
    if within.end > start {
        found.push(start..within.end);
    }
    found
}
