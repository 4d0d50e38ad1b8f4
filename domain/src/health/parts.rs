//! The parts of which it is known in memory how they do.

use super::{Finding, Status, Watched, database::DatabaseWatch};
use crate::switches::Switch;

/// A part of the service, and how to look at it.
pub struct Part {
    pub(super) component: &'static str,
    look: Box<dyn Fn() -> Finding + Send + Sync>,
}

impl Part {
    /// `look` tells what is known in memory, and waits for nothing.
    pub fn new(component: &'static str, look: impl Fn() -> Finding + Send + Sync + 'static) -> Self {
        Self {
            component,
            look: Box::new(look),
        }
    }

    pub(super) fn look(&self) -> Finding {
        (self.look)()
    }
}

/// Those that this crate knows of.
pub(super) fn of(watched: Watched, database: DatabaseWatch) -> Vec<Part> {
    let Watched {
        catalog,
        search,
        usage,
        redis,
        switches,
        ..
    } = watched;
    let pool = catalog.clone();
    vec![
        Part::new("connections", move || {
            let pool = pool.pool_state();
            if pool.waiting > 0 && pool.idle == 0 {
                let message = format!("{} wait for one of {}", pool.waiting, pool.max);
                Finding::new(Status::Degraded, message)
            } else {
                Finding::up()
            }
        }),
        Part::new("search", move || {
            let newest = database.generation();
            match (search.generation(), newest) {
                (Some(shown), Some(newest)) if shown < newest => Finding {
                    message: Some(format!("the index has generation {shown} of {newest}")),
                    ..Finding::up()
                },
                (None, newest) if newest != Some(0) => Finding::new(Status::Down, "the index is being made"),
                _ => Finding::up(),
            }
        }),
        Part::new("cache", move || {
            let cache = catalog.cache();
            if !cache.is_following() {
                let message = "the catalog's changes cannot be heard of: what is kept is shown as it is";
                Finding::new(Status::Degraded, message)
            } else if switches.is_on(Switch::MemoryCache) {
                Finding::up()
            } else {
                Finding::new(Status::Disabled, "it is switched off")
            }
        }),
        Part::new("redis", move || match &redis {
            None => Finding::new(Status::Disabled, "there is none: this instance goes on by itself"),
            Some(redis) if redis.is_up() => Finding::up(),
            Some(_) => Finding::new(Status::Down, "it does not answer: this instance goes on by itself"),
        }),
        Part::new("usage", move || {
            if usage.is_rolled_up() {
                Finding::up()
            } else {
                Finding::new(
                    Status::Degraded,
                    "what was recorded could not be rolled up when that was tried last",
                )
            }
        }),
    ]
}
