//! Addresses of renditions, as clients fetch them.

use std::fmt::Write as _;

use domain::catalog::Icon;

/// Where the outside reaches this service: an absolute URL without a slash at the end, or nothing for paths.
pub(crate) struct PublicUrl(String);

impl PublicUrl {
    pub(crate) fn new(url: Option<String>) -> Self {
        Self(url.unwrap_or_default())
    }

    /// The address of an icon's file, which names its content.
    pub(crate) fn of_icon(&self, icon: &Icon, size: Option<i32>, color: Option<&str>) -> String {
        let mut url = format!("{}/icons/{}/{}.svg?", self.0, icon.name.prefix(), icon.name.key());
        if let Some(size) = size {
            let _ = write!(url, "size={size}&");
        }
        if let Some(color) = color {
            let _ = write!(url, "color={}&", percent_encoded(color));
        }
        let _ = write!(url, "v={}", icon.content_hash_hex());
        url
    }
}

/// `text` as the value of a query parameter.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
