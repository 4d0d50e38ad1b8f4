//! One subject that instances tell each other of, over a channel of Redis.
//!
//! Whoever wants to hear of it says so, in a key that ends by itself; the others ask for that key once a second, and tell nothing
//! while it is not there.

use std::sync::Arc;

use ::redis::cmd;

use super::followers::Reach;
use crate::{
    catalog::Catalog,
    redis::{self, Heard, Redis},
};

/// How long it is known that somebody wants to hear. They say so every second.
const WANTED_MS: u64 = 10_000;

/// The longest message that is looked at. Those of ours are far shorter.
const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// What tells an instance from others, for as long as it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Teller([u8; Self::BYTES]);

/// A subject. Clones are of the same.
#[derive(Clone)]
pub struct Exchange(Option<Arc<Shared>>);

/// Where there are others to tell.
struct Shared {
    redis: Redis,
    channel: String,
    own: Teller,
}

impl Teller {
    const BYTES: usize = 16;

    /// One that no other instance has.
    pub fn new() -> Self {
        Self(uuid::Uuid::new_v4().into_bytes())
    }

    /// Takes apart who tells, and what.
    fn read(message: &[u8]) -> Option<(Self, &[u8])> {
        let (teller, told) = message.split_first_chunk()?;
        (message.len() <= MAX_MESSAGE_BYTES).then_some((Self(*teller), told))
    }
}

impl Default for Teller {
    fn default() -> Self {
        Self::new()
    }
}

impl Catalog {
    /// What the instances over this catalog tell each other of `subject`, whose name changes with the form of what is told.
    pub fn exchange(&self, subject: &str) -> Exchange {
        let shared = self.cache().redis().map(|(redis, namespace)| Shared {
            redis: redis.clone(),
            channel: format!("{namespace}:live:{subject}"),
            own: Teller::new(),
        });
        Exchange(shared.map(Arc::new))
    }
}

impl Exchange {
    /// Whether there may be others.
    pub fn is_shared(&self) -> bool {
        self.0.is_some()
    }

    /// Whether others can be heard, as far as is known.
    pub fn is_up(&self) -> bool {
        self.0.as_ref().is_some_and(|shared| shared.redis.is_up())
    }

    /// Says that somebody here wants to hear, for some seconds.
    pub async fn want(&self, reach: Reach) {
        let Some(shared) = &self.0 else { return };
        let mut set = cmd("SET");
        set.arg(shared.wanted(reach)).arg(1).arg("PX").arg(WANTED_MS);
        // It is said again soon.
        let _ = shared.redis.each(vec![set]).await;
    }

    /// How far back anybody wants to hear of, here or elsewhere. None where nobody does, or nobody knows.
    pub async fn wanted(&self) -> Option<Reach> {
        let shared = self.0.as_ref()?;
        let keys = Reach::ALL.map(|reach| shared.wanted(reach));
        let found = shared.redis.get_many(&keys).await.ok()?;
        let wanted = Reach::ALL
            .into_iter()
            .zip(found)
            .rev()
            .find(|(_, found)| found.is_some());
        wanted.map(|(reach, _)| reach)
    }

    /// Tells the others, as far as they listen.
    pub async fn tell(&self, told: &[u8]) {
        let Some(shared) = &self.0 else { return };
        let message = [&shared.own.0, told].concat();
        let _ = shared.redis.tell(&shared.channel, &message).await;
    }

    /// Calls `heard` for whatever another instance tells. Never ends.
    pub async fn listen(&self, heard: impl Fn(Teller, &[u8]) + Send + Sync) {
        let Some(shared) = &self.0 else {
            return std::future::pending().await;
        };
        let heard = |event: Heard<'_>| {
            if let Heard::Message(message) = event
                && let Some((teller, told)) = Teller::read(message)
                && teller != shared.own
            {
                heard(teller, told);
            }
        };
        redis::listen(shared.redis.clone(), shared.channel.clone(), heard).await;
    }
}

impl Shared {
    fn wanted(&self, reach: Reach) -> String {
        format!("{}:wanted:{}", self.channel, reach.seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_MESSAGE_BYTES, Teller};

    #[test]
    fn what_is_too_short_or_too_long_is_nobodys() {
        let own = Teller::new();
        for (bytes, expected) in [
            (Teller::BYTES - 1, false),
            (Teller::BYTES, true),
            (MAX_MESSAGE_BYTES, true),
            (MAX_MESSAGE_BYTES + 1, false),
        ] {
            let mut message = own.0.to_vec();
            message.resize(bytes, 7);
            let read = Teller::read(&message);
            assert_eq!(read.is_some(), expected, "{bytes}");
            if let Some((teller, told)) = read {
                assert_eq!((teller, told.len()), (own, bytes - Teller::BYTES));
            }
        }
        assert_ne!(own, Teller::new());
    }
}
