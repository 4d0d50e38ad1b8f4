//! Keys in the one place where they may stand, `Authorization: Bearer KEY`, and what is answered to those that are not good.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::access::{Client, KeyRefused, Keys};
use schema::{Caller, Code};

use crate::routes::{Refused, status_of};

/// Why a request is refused whole for what it brings along to be known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `Authorization` holds something else than one key.
    NoBearer,
    Key(KeyRefused),
}

impl From<KeyRefused> for Refusal {
    fn from(refused: KeyRefused) -> Self {
        Self::Key(refused)
    }
}

/// Whoever holds `secret`, for a request from a page of `origin`, by who was `client` so far. Those who send a publishable
/// key are many, and one of them must not use up what the others may ask for.
fn caller_of_key(
    keys: &Keys,
    secret: &str,
    origin: Option<&HeaderValue>,
    client: Client,
) -> Result<Caller, KeyRefused> {
    let origin = origin.and_then(|origin| origin.to_str().ok());
    let holder = keys.check(secret, origin)?;
    Ok(Caller {
        client: if holder.is_publishable {
            client.visiting(holder.id)
        } else {
            Client::Key(holder.id)
        },
        scopes: holder.scopes,
    })
}

/// Whoever holds the key that the request brings; none where it brings none.
pub(super) fn caller(keys: &Keys, headers: &HeaderMap, client: Client) -> Result<Option<Caller>, Refusal> {
    let Some(secret) = secret(headers)? else {
        return Ok(None);
    };
    let caller = caller_of_key(keys, secret, headers.get(header::ORIGIN), client);
    Ok(Some(caller?))
}

/// Whoever holds the key of `text`, which says the same as the header would.
pub(crate) fn caller_of_text(
    keys: &Keys,
    text: &str,
    origin: Option<&HeaderValue>,
    client: Client,
) -> Result<Caller, Refusal> {
    let secret = bearer(text).ok_or(Refusal::NoBearer)?;
    Ok(caller_of_key(keys, secret, origin, client)?)
}

fn secret(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), another) = (values.next(), values.next()) else {
        return Ok(None);
    };
    let secret = value.to_str().ok().and_then(bearer);
    secret.filter(|_| another.is_none()).map(Some).ok_or(Refusal::NoBearer)
}

fn bearer(text: &str) -> Option<&str> {
    let (scheme, secret) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim_matches(' '))
}

impl Refusal {
    pub(crate) fn code(self) -> Code {
        match self {
            Self::NoBearer | Self::Key(KeyRefused::Unknown | KeyRefused::Expired) => Code::Unauthenticated,
            Self::Key(KeyRefused::WrongOrigin) => Code::Forbidden,
            Self::Key(KeyRefused::Unavailable) => Code::Unavailable,
        }
    }

    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::NoBearer => "Send one key, as `Authorization: Bearer KEY`, or leave the header out.",
            Self::Key(KeyRefused::Unknown) => {
                "This key is not known here, or no longer. `iconql keys create` makes one; without a key, icons can be read."
            }
            Self::Key(KeyRefused::Expired) => "This key has expired. `iconql keys create` makes another.",
            Self::Key(KeyRefused::WrongOrigin) => {
                "This key is good only for pages of the origins that it was made for, with `iconql keys create --origin`."
            }
            Self::Key(KeyRefused::Unavailable) => "Keys cannot be checked at the moment. Try again.",
        }
    }

    /// As the metric names it.
    fn label(self) -> &'static str {
        match self {
            Self::NoBearer => "no_bearer",
            Self::Key(KeyRefused::Unknown) => "unknown",
            Self::Key(KeyRefused::Expired) => "expired",
            Self::Key(KeyRefused::WrongOrigin) => "origin",
            Self::Key(KeyRefused::Unavailable) => "unavailable",
        }
    }

    /// Counts it. The socket counts its own.
    pub(crate) fn count(self) {
        metrics::counter!("api_key_refusals_total", "reason" => self.label()).increment(1);
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.count();
        let mut response = Refused::new(self.code(), self.message()).into_response();
        let headers = response.headers_mut();
        match status_of(self.code()) {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, challenge(self));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

/// Source: RFC 6750, section 3: without an error where nothing of this scheme was sent.
fn challenge(refusal: Refusal) -> HeaderValue {
    HeaderValue::from_static(match refusal {
        Refusal::NoBearer => r#"Bearer realm="iconql""#,
        Refusal::Key(_) => r#"Bearer realm="iconql", error="invalid_token""#,
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{Refusal, secret};

    #[test]
    fn a_key_stands_after_bearer() {
        for (values, expected) in [
            (&[][..], Ok(None)),
            (&["Bearer abc"], Ok(Some("abc"))),
            (&["bearer abc"], Ok(Some("abc"))),
            (&["BEARER   abc "], Ok(Some("abc"))),
            (&["Bearer a b"], Ok(Some("a b"))),
            (&["Bearer "], Ok(Some(""))),
            (&["Bearer"], Err(Refusal::NoBearer)),
            (&["abc"], Err(Refusal::NoBearer)),
            (&[""], Err(Refusal::NoBearer)),
            (&["Basic YTpi"], Err(Refusal::NoBearer)),
            (&["Bearer\tabc"], Err(Refusal::NoBearer)),
            (&["Bearer abc", "Bearer abc"], Err(Refusal::NoBearer)),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            assert_eq!(secret(&headers), expected, "{values:?}");
        }
        let mut headers = HeaderMap::new();
        let not_text = HeaderValue::from_bytes(b"Bearer \xff").unwrap();
        headers.insert(header::AUTHORIZATION, not_text);
        assert_eq!(secret(&headers), Err(Refusal::NoBearer));
    }
}
