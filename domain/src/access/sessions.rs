//! Sessions of the binary's own pages: a text that says until when it is good, signed with what all servers know.
//!
//! Nothing is stored of a session, so it costs no statement, and any server honours what another gave out.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;

use super::clock::Clock;
use crate::database::{Database, DatabaseError};

/// How long a page may stay open before what it sends is anybody's. Loading it again begins anew.
pub const SESSION_LIFE: Duration = Duration::from_hours(24);

/// Gives out sessions and knows them again. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    key: Arc<hmac::Key>,
    clock: Clock,
}

impl Sessions {
    /// Those of whoever works with `database`.
    pub async fn load(database: &Database, clock: Clock) -> Result<Self, DatabaseError> {
        let sql = "SELECT secret FROM server_secret WHERE name = 'session'";
        let rows = database.query("server_secret", sql, vec![]).await?;
        let missing = || DatabaseError::Other("the table server_secret has no row `session`".to_owned());
        let secret: Vec<u8> = rows.first().ok_or_else(missing)?.try_get_by_index(0)?;
        Ok(Self::signed_with(&secret, clock))
    }

    fn signed_with(secret: &[u8], clock: Clock) -> Self {
        Self {
            key: Arc::new(hmac::Key::new(hmac::HMAC_SHA256, secret)),
            clock,
        }
    }

    /// A session that is good from now on for [`SESSION_LIFE`].
    pub fn issue(&self) -> String {
        let life_ms = i64::try_from(SESSION_LIFE.as_millis()).unwrap_or(i64::MAX);
        let until_ms = self.clock.now_ms().saturating_add(life_ms);
        let tag = hmac::sign(&self.key, &signed_text(until_ms));
        format!("{until_ms}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// Whether it was given out here, by whatever server, and is still good.
    pub fn is_good(&self, session: &str) -> bool {
        let parts = session.split_once('.').and_then(|(until, tag)| {
            let until_ms: i64 = until.parse().ok()?;
            Some((until_ms, URL_SAFE_NO_PAD.decode(tag).ok()?))
        });
        parts.is_some_and(|(until_ms, tag)| {
            hmac::verify(&self.key, &signed_text(until_ms), &tag).is_ok() && self.clock.now_ms() < until_ms
        })
    }
}

/// Says what it is, lest a signature made for something else pass for it.
fn signed_text(until_ms: i64) -> Vec<u8> {
    format!("iconql session until {until_ms}").into_bytes()
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    };

    use super::{Clock, SESSION_LIFE, Sessions};

    fn sessions(secret: u8) -> (Sessions, Arc<AtomicI64>) {
        let now_ms = Arc::new(AtomicI64::new(1_000));
        let clock = Arc::clone(&now_ms);
        let clock = Clock::new(move || clock.load(Ordering::Relaxed));
        (Sessions::signed_with(&[secret; 32], clock), now_ms)
    }

    #[test]
    fn a_session_ends() {
        let (sessions, now_ms) = sessions(1);
        let session = sessions.issue();
        let life_ms = i64::try_from(SESSION_LIFE.as_millis()).unwrap();
        for (after_ms, expected) in [(0, true), (life_ms - 1, true), (life_ms, false)] {
            now_ms.store(1_000 + after_ms, Ordering::Relaxed);
            assert_eq!(sessions.is_good(&session), expected, "{after_ms}");
        }
    }

    #[test]
    fn what_was_not_given_out_here_is_no_session() {
        let (sessions, _) = sessions(1);
        let session = sessions.issue();
        let (until, tag) = session.split_once('.').unwrap();
        let later = until.parse::<i64>().unwrap() + 1;
        let mut other_tag = tag.to_owned();
        other_tag.replace_range(0..1, if tag.starts_with('A') { "B" } else { "A" });
        for forged in [
            String::new(),
            ".".to_owned(),
            until.to_owned(),
            format!("{until}."),
            format!("{later}.{tag}"),
            format!("+{until}.{tag}x"),
            format!("{until}.{other_tag}"),
            format!("{until}.{}", &tag[..tag.len() - 1]),
            format!("{session}="),
            format!(" {session}"),
            self::sessions(2).0.issue(),
        ] {
            assert!(!sessions.is_good(&forged), "{forged}");
        }
        assert!(sessions.is_good(&session) && self::sessions(1).0.is_good(&session));
    }
}
