//! Events as clients send them, and what is wrong with those that are not taken.

use std::borrow::Cow;

use serde::Deserialize;
use uuid::Uuid;

use super::{country::Country, product::is_product};

/// How far back an event may have happened.
pub const MAX_AGE_MS: i64 = 30 * 24 * 3_600_000;

/// How far ahead of the server a client's clock may be.
pub const MAX_AHEAD_MS: i64 = 5 * 60_000;

/// Bytes of a user's or a session's id, of which only a hash is kept.
pub const MAX_OPAQUE_BYTES: usize = 256;

/// Characters of a client's product token.
pub const MAX_CLIENT_CHARACTERS: usize = 64;

/// Declares an enum with the names by which clients, and the number by which tables know each of its values.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $number:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$value_doc])* $value,)* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$value,)*];

            /// As clients name it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $text,)* }
            }

            /// As tables have it. A number that is given is never given to another.
            pub(crate) const fn number(self) -> i16 {
                match self { $(Self::$value => $number,)* }
            }

            fn named(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }
    };
}

named! {
    /// What was done with an icon.
    UsageKind {
        /// It was shown as part of a page.
        Render = 1 "RENDER",
        /// Somebody looked at it.
        View = 2 "VIEW",
        /// Somebody copied it, or its code.
        Copy = 3 "COPY",
        Download = 4 "DOWNLOAD",
        /// Somebody took it out of what a search had found.
        SearchPick = 5 "SEARCH_PICK",
    }
}

named! {
    /// On what it was done.
    Device {
        Desktop = 1 "DESKTOP",
        Mobile = 2 "MOBILE",
        Tablet = 3 "TABLET",
        /// A program that nobody looks at.
        Server = 4 "SERVER",
        Other = 5 "OTHER",
    }
}

/// An event as a client sends it, nothing of which has been looked at. The field names are those of the REST route.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SentEvent {
    /// A UUID by which the event counts once, however often it is sent.
    pub id: Option<String>,
    pub icon: String,
    /// Left out, the icon was rendered.
    pub kind: Option<Cow<'static, str>>,
    /// RFC 3339; left out, it happened now.
    pub occurred_at: Option<String>,
    pub user_id: Option<String>,
    pub session_id: Option<String>,
    pub device: Option<Cow<'static, str>>,
    pub client: Option<String>,
    pub country: Option<String>,
}

/// Why an event is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionCode {
    /// No icon has that name.
    UnknownIcon,
    /// It happened too long ago, or is yet to happen.
    OutOfRange,
    /// Something in it cannot be read.
    Invalid,
}

impl RejectionCode {
    /// As clients read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownIcon => "UNKNOWN_ICON",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Invalid => "INVALID",
        }
    }
}

/// An event that is not taken. The others of its request are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Its place in the request, from 0.
    pub index: usize,
    pub code: RejectionCode,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// What is wrong with an event, wherever it stands.
pub(super) type Fault = (RejectionCode, String);

/// An event whose every part has been read, except that nobody has looked yet whether there is such an icon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReadEvent {
    pub(super) id: Option<Uuid>,
    pub(super) kind: UsageKind,
    pub(super) occurred_ms: i64,
    pub(super) user_id: Option<String>,
    pub(super) session_id: Option<String>,
    pub(super) device: Option<Device>,
    pub(super) client: Option<String>,
    pub(super) country: Option<Country>,
}

impl SentEvent {
    /// Reads all but the icon's name.
    pub(super) fn read(self, now_ms: i64) -> Result<ReadEvent, Fault> {
        Ok(ReadEvent {
            id: self.id.as_deref().map(event_id).transpose()?,
            kind: match self.kind {
                None => UsageKind::Render,
                Some(text) => {
                    UsageKind::named(&text).ok_or_else(|| unnamed("kind", UsageKind::ALL, UsageKind::as_str))?
                }
            },
            occurred_ms: match self.occurred_at {
                None => now_ms,
                Some(text) => instant(&text, now_ms)?,
            },
            user_id: opaque("userId", self.user_id)?,
            session_id: opaque("sessionId", self.session_id)?,
            device: match self.device {
                None => None,
                Some(text) => Some(Device::named(&text).ok_or_else(|| unnamed("device", Device::ALL, Device::as_str))?),
            },
            client: self.client.map(client).transpose()?,
            country: self.country.as_deref().map(country).transpose()?,
        })
    }
}

pub(super) fn invalid(message: impl Into<String>) -> Fault {
    (RejectionCode::Invalid, message.into())
}

fn unnamed<T: Copy>(field: &str, all: &[T], name: fn(T) -> &'static str) -> Fault {
    let names: Vec<_> = all.iter().map(|value| name(*value)).collect();
    invalid(format!("`{field}` is one of {}", names.join(", ")))
}

/// Source: RFC 9562; only the form with hyphens, in which others would find the event again.
fn event_id(text: &str) -> Result<Uuid, Fault> {
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    id.ok_or_else(|| invalid("`id` is a UUID such as 018f6f5e-7c1a-7000-8000-4a1b2c3d4e5f"))
}

fn instant(text: &str, now_ms: i64) -> Result<i64, Fault> {
    let format = &time::format_description::well_known::Rfc3339;
    // The library takes anything between a date and its time.
    let instant = time::OffsetDateTime::parse(text, format)
        .ok()
        .filter(|_| matches!(text.as_bytes().get(10), Some(b'T' | b't')))
        .ok_or_else(|| invalid("`occurredAt` is an instant such as 2026-11-22T09:30:00Z"))?;
    let occurred_ms = i64::try_from(instant.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX);
    if (now_ms - MAX_AGE_MS..=now_ms + MAX_AHEAD_MS).contains(&occurred_ms) {
        return Ok(occurred_ms);
    }
    let message = "`occurredAt` is at most 30 days ago and at most 5 minutes ahead";
    Err((RejectionCode::OutOfRange, message.to_owned()))
}

fn opaque(field: &str, text: Option<String>) -> Result<Option<String>, Fault> {
    match text {
        Some(text) if text.len() > MAX_OPAQUE_BYTES => {
            Err(invalid(format!("`{field}` has at most {MAX_OPAQUE_BYTES} bytes")))
        }
        // Whoever is called nothing is nobody.
        text => Ok(text.filter(|text| !text.is_empty())),
    }
}

fn client(text: String) -> Result<String, Fault> {
    if is_product(&text) {
        return Ok(text);
    }
    Err(invalid(format!(
        "`client` is a product such as web/2.1, of at most {MAX_CLIENT_CHARACTERS} characters"
    )))
}

fn country(text: &str) -> Result<Country, Fault> {
    text.parse()
        .map_err(|error: super::country::NoCountry| invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{Device, MAX_AGE_MS, MAX_AHEAD_MS, RejectionCode, SentEvent, UsageKind};

    const NOW_MS: i64 = 1_788_264_000_000;

    fn rfc_3339(unix_ms: i64) -> String {
        let instant = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).unwrap();
        instant.format(&time::format_description::well_known::Rfc3339).unwrap()
    }

    #[test]
    fn what_is_left_out_is_a_rendering_of_now() {
        let read = SentEvent::default().read(NOW_MS).unwrap();
        assert_eq!(
            (read.kind, read.occurred_ms, read.id),
            (UsageKind::Render, NOW_MS, None)
        );
        assert_eq!((read.user_id, read.device, read.country), (None, None, None));
    }

    #[test]
    fn instants_have_bounds() {
        for (occurred_ms, is_taken) in [
            (NOW_MS - MAX_AGE_MS - 1, false),
            (NOW_MS - MAX_AGE_MS, true),
            (NOW_MS + MAX_AHEAD_MS, true),
            (NOW_MS + MAX_AHEAD_MS + 1, false),
        ] {
            let sent = SentEvent {
                occurred_at: Some(rfc_3339(occurred_ms)),
                ..SentEvent::default()
            };
            match sent.read(NOW_MS) {
                Ok(read) => assert!(is_taken && read.occurred_ms == occurred_ms, "{occurred_ms}"),
                Err((code, _)) => assert!(!is_taken && code == RejectionCode::OutOfRange, "{occurred_ms}"),
            }
        }
    }

    #[test]
    fn each_part_is_read() {
        let id = "018f6f5e-7c1a-7000-8000-4a1b2c3d4e5f";
        let is_taken = |change: &dyn Fn(&mut SentEvent)| {
            let mut sent = SentEvent::default();
            change(&mut sent);
            match sent.read(NOW_MS) {
                Ok(_) => true,
                Err((code, _)) => {
                    assert_eq!(code, RejectionCode::Invalid);
                    false
                }
            }
        };
        for (text, expected) in [
            (id, true),
            (&id.to_uppercase(), true),
            (&id.replace('-', ""), false),
            (&format!("{{{id}}}"), false),
            ("", false),
            ("4711", false),
        ] {
            assert_eq!(is_taken(&|sent| sent.id = Some(text.to_owned())), expected, "{text}");
        }
        for (text, expected) in [("COPY", true), ("SEARCH_PICK", true), ("copy", false), ("", false)] {
            assert_eq!(
                is_taken(&|sent| sent.kind = Some(text.to_owned().into())),
                expected,
                "{text}"
            );
        }
        for (text, expected) in [("TABLET", true), ("WATCH", false)] {
            assert_eq!(
                is_taken(&|sent| sent.device = Some(text.to_owned().into())),
                expected,
                "{text}"
            );
        }
        for (text, expected) in [
            ("2026-09-01T14:00:00+02:00", true),
            ("2026-09-01 12:00:00", false),
            ("yesterday", false),
        ] {
            assert_eq!(
                is_taken(&|sent| sent.occurred_at = Some(text.to_owned())),
                expected,
                "{text}"
            );
        }
        for (length, expected) in [(0, true), (256, true), (257, false)] {
            let text = "u".repeat(length);
            assert_eq!(
                is_taken(&|sent| sent.user_id = Some(text.clone())),
                expected,
                "{length}"
            );
            assert_eq!(
                is_taken(&|sent| sent.session_id = Some(text.clone())),
                expected,
                "{length}"
            );
        }
        for (text, expected) in [("DE", true), ("XK", false), ("de", false), ("", false), ("DEU", false)] {
            assert_eq!(
                is_taken(&|sent| sent.country = Some(text.to_owned())),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_are_fixed_for_all_time() {
        let kinds: Vec<_> = UsageKind::ALL
            .iter()
            .map(|kind| (kind.as_str(), kind.number()))
            .collect();
        assert_eq!(
            kinds,
            [
                ("RENDER", 1),
                ("VIEW", 2),
                ("COPY", 3),
                ("DOWNLOAD", 4),
                ("SEARCH_PICK", 5)
            ]
        );
        let devices: Vec<_> = Device::ALL
            .iter()
            .map(|device| (device.as_str(), device.number()))
            .collect();
        assert_eq!(
            devices,
            [
                ("DESKTOP", 1),
                ("MOBILE", 2),
                ("TABLET", 3),
                ("SERVER", 4),
                ("OTHER", 5)
            ]
        );
    }
}
