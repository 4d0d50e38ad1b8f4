//! The parts of which it is known in memory how they do.

use std::time::Duration;

use super::{Finding, Status, Watched, database::DatabaseWatch};
use crate::{
    database::{ReplicaStanding, ReplicaState},
    switches::Switch,
};

/// A lag is known to about a second: less of one is none.
const LEAST_LAG: Duration = Duration::from_secs(1);

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
    let (pool, above) = (catalog.clone(), catalog.clone());
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
        Part::new("replicas", move || of_replicas(&above.replica_states())),
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

/// Whether replicas are asked: without them the primary does their work.
fn of_replicas(replicas: &[ReplicaState]) -> Finding {
    let asked = replicas.iter().filter(|replica| replica.is_asked()).count();
    let status = match asked {
        _ if replicas.is_empty() => {
            return Finding::new(Status::Disabled, "there are none: the database answers everything");
        }
        0 => Status::Down,
        _ if asked < replicas.len() => Status::Degraded,
        _ => Status::Up,
    };
    let unusual: Vec<String> = replicas.iter().filter_map(unusual).collect();
    Finding {
        status,
        message: (!unusual.is_empty()).then(|| unusual.join("; ")),
    }
}

/// What is not as usual with a replica.
fn unusual(replica: &ReplicaState) -> Option<String> {
    let lag = replica.lag.unwrap_or_default();
    let behind = format!("{} is {:.1} s behind", replica.name, lag.as_secs_f64());
    match replica.standing {
        ReplicaStanding::Asked if lag < LEAST_LAG => None,
        ReplicaStanding::Asked => Some(behind),
        ReplicaStanding::Behind => Some(format!("{behind} and is not asked")),
        ReplicaStanding::Unknown => Some(format!("{} was not looked at yet", replica.name)),
        ReplicaStanding::Away => Some(format!("{} is away: see the log", replica.name)),
        ReplicaStanding::Unfit => Some(format!("{} is no read replica of the database", replica.name)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Finding, Status, of_replicas};
    use crate::database::{ReplicaStanding, ReplicaState};

    #[test]
    fn replicas_are_told_by_what_is_not_as_usual() {
        use ReplicaStanding::{Asked, Away, Behind, Unfit, Unknown};
        for (standings, status, message) in [
            (
                &[][..],
                Status::Disabled,
                Some("there are none: the database answers everything"),
            ),
            (
                &[(Unknown, None)],
                Status::Down,
                Some("db-0:5432 was not looked at yet"),
            ),
            (&[(Asked, Some(0))], Status::Up, None),
            (
                &[(Asked, Some(999)), (Asked, Some(1_000))],
                Status::Up,
                Some("db-1:5432 is 1.0 s behind"),
            ),
            (
                &[(Away, Some(2_000)), (Asked, Some(0))],
                Status::Degraded,
                Some("db-0:5432 is away: see the log"),
            ),
            (
                &[(Behind, Some(30_100)), (Unfit, None)],
                Status::Down,
                Some("db-0:5432 is 30.1 s behind and is not asked; db-1:5432 is no read replica of the database"),
            ),
        ] {
            let state = |(number, (standing, lag_ms)): (usize, &(ReplicaStanding, Option<u64>))| ReplicaState {
                name: format!("db-{number}:5432"),
                standing: *standing,
                lag: lag_ms.map(Duration::from_millis),
            };
            let states: Vec<ReplicaState> = standings.iter().enumerate().map(state).collect();
            let message = message.map(str::to_owned);
            assert_eq!(of_replicas(&states), Finding { status, message }, "{states:?}");
        }
    }
}
