//! Which program used an icon, and on what, by what it calls itself.
//!
//! Source: RFC 9110, section 10.1.5 (User-Agent) and 5.6.2 (tokens).

use woothee::parser::Parser;

use super::event::{Device, MAX_CLIENT_CHARACTERS};

/// Bytes of a `User-Agent` that are looked at. Those of browsers are far shorter.
const MOST_READ: usize = 512;

/// What a program says of itself by the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) device: Option<Device>,
    /// A product such as `Firefox/132`, without the parts of its version that tell users apart.
    pub(super) client: Option<String>,
}

/// Whether a text is a product and maybe its version: `web/2.1`.
pub(super) fn is_product(text: &str) -> bool {
    let is_token = |part: &str| !part.is_empty() && part.bytes().all(is_token_byte);
    text.len() <= MAX_CLIENT_CHARACTERS && text.splitn(2, '/').all(is_token)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Reads a `User-Agent`.
pub(super) fn describe(user_agent: &str) -> Described {
    let read = user_agent.char_indices().nth(MOST_READ);
    let text = read.map_or(user_agent, |(end, _)| &user_agent[..end]);
    let first = text.split_whitespace().next().unwrap_or_default();
    if first.is_empty() {
        return Described::default();
    }
    let is_browser = first.starts_with("Mozilla/") || first.starts_with("Opera/");
    let known = Parser::new().parse(text);
    if !is_browser || known.as_ref().is_some_and(|known| known.category == "crawler") {
        return Described {
            device: Some(Device::Server),
            client: Some(first.to_owned()).filter(|product| is_product(product) && !is_browser),
        };
    }
    let Some(known) = known else {
        return Described {
            device: Some(Device::Other),
            client: None,
        };
    };
    // "Internet Explorer" is no token.
    let name = known.name.replace(' ', "-");
    let major = known.version.split('.').next().unwrap_or_default();
    let product = if major.is_empty() || major == "UNKNOWN" {
        name
    } else {
        format!("{name}/{major}")
    };
    Described {
        device: Some(device(text, known.category)),
        client: Some(product).filter(|product| is_product(product)),
    }
}

/// Source: <https://developer.mozilla.org/docs/Web/HTTP/Browser_detection_using_the_user_agent>: tablets with Android leave out `Mobile`,
/// those of Apple that do not pass for desktops say `iPad`.
fn device(text: &str, category: &str) -> Device {
    let is_tablet =
        text.contains("iPad") || text.contains("Tablet") || text.contains("Android") && !text.contains("Mobile");
    match category {
        "pc" | "smartphone" if is_tablet => Device::Tablet,
        "pc" => Device::Desktop,
        "smartphone" | "mobilephone" => Device::Mobile,
        _ => Device::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Device, describe, is_product};

    #[test]
    fn products_are_tokens() {
        for (text, expected) in [
            ("web/2.1", true),
            ("figma-plugin", true),
            ("a/b/c", false),
            ("", false),
            ("/2.1", false),
            ("web/", false),
            ("my app", false),
            ("web/2.1\n", false),
            ("wéb", false),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
        ] {
            assert_eq!(is_product(text), expected, "{text}");
        }
    }

    #[test]
    fn programs_are_told_by_what_they_call_themselves() {
        for (user_agent, device, client) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
                Some(Device::Desktop),
                Some("Firefox/132"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
                Some(Device::Desktop),
                Some("Chrome/130"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                Some(Device::Mobile),
                Some("Safari/17"),
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1",
                Some(Device::Tablet),
                Some("Safari/12"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
                Some(Device::Tablet),
                Some("Chrome/130"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
                Some(Device::Mobile),
                Some("Chrome/130"),
            ),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                Some(Device::Server),
                None,
            ),
            ("curl/8.5.0", Some(Device::Server), Some("curl/8.5.0")),
            ("node", Some(Device::Server), Some("node")),
            ("Mozilla/5.0 whatever", Some(Device::Other), None),
            ("", None, None),
        ] {
            let described = describe(user_agent);
            assert_eq!(
                (described.device, described.client.as_deref()),
                (device, client),
                "{user_agent}"
            );
        }
    }
}
