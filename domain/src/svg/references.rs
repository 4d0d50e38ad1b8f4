//! References in XML text: `&lt;`, `&#60;`, `&#x3C;`, both ways. Only the five predefined entities exist.

use std::borrow::Cow;

use super::markup::Malformed;

/// `raw` with every reference replaced by its character.
pub(super) fn decode(raw: &str) -> Result<Cow<'_, str>, Malformed> {
    if !raw.contains('&') {
        return Ok(Cow::Borrowed(raw));
    }
    let mut decoded = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(start) = rest.find('&') {
        decoded.push_str(&rest[..start]);
        let reference = &rest[start + 1..];
        let end = reference.find(';').ok_or(Malformed::Entity)?;
        decoded.push(character(&reference[..end])?);
        rest = &reference[end + 1..];
    }
    decoded.push_str(rest);
    Ok(Cow::Owned(decoded))
}

fn character(reference: &str) -> Result<char, Malformed> {
    let code = match reference {
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "amp" => return Ok('&'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        _ => reference.strip_prefix('#').ok_or(Malformed::Entity)?,
    };
    let (digits, radix) = code.strip_prefix('x').map_or((code, 10), |digits| (digits, 16));
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(Malformed::Entity);
    }
    let character = u32::from_str_radix(digits, radix)
        .ok()
        .and_then(char::from_u32)
        .ok_or(Malformed::Entity)?;
    if is_allowed(character) {
        Ok(character)
    } else {
        Err(Malformed::Character)
    }
}

/// Whether XML 1.0 allows `character` in a document.
pub(super) fn is_allowed(character: char) -> bool {
    !matches!(character, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// `text` fit for element content and for attribute values in either quotes. Forbidden characters are dropped.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars().filter(|character| is_allowed(*character)) {
        match character {
            '<' => encoded.push_str("&lt;"),
            '>' => encoded.push_str("&gt;"),
            '&' => encoded.push_str("&amp;"),
            '"' => encoded.push_str("&quot;"),
            '\'' => encoded.push_str("&#39;"),
            _ => encoded.push(character),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use crate::svg::markup::Malformed;

    #[test]
    fn decodes_references() {
        for (raw, expected) in [
            ("plain", Ok("plain")),
            ("a &lt;&gt;&amp;&quot;&apos; b", Ok("a <>&\"' b")),
            ("&#106;&#x6A;&#x6a;", Ok("jjj")),
            ("&amp;lt;", Ok("&lt;")),
            ("&nbsp;", Err(Malformed::Entity)),
            ("&", Err(Malformed::Entity)),
            ("&#;", Err(Malformed::Entity)),
            ("&#+65;", Err(Malformed::Entity)),
            ("&#X41;", Err(Malformed::Entity)),
            ("&#xD800;", Err(Malformed::Entity)),
            ("&#0;", Err(Malformed::Character)),
        ] {
            assert_eq!(decode(raw).as_deref(), expected.as_ref().map(|text| *text), "{raw}");
        }
    }

    #[test]
    fn encodes_what_markup_would_read() {
        assert_eq!(
            encode("<a b=\"c\">'&'\u{0}\u{1B}</a>"),
            "&lt;a b=&quot;c&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;"
        );
        let text = "<&>\"' é";
        assert_eq!(decode(&encode(text)).as_deref(), Ok(text));
    }
}
