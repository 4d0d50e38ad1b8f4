//! How the parts of the service do, looked at when somebody asks.
//!
//! Nothing is looked at more than once a second, however many ask, and whatever is told says how old it is and since when it is so. The
//! database is the one part that has to be asked itself, and that may not answer for long, or ever: one asks it at a time, in a task of its own
//! (`database`), and whoever waits for that is told after a moment what is known. Of all others it is known in memory (`parts`).

mod database;
mod parts;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

pub use parts::Part;

use self::database::DatabaseWatch;
use crate::{access::Clock, catalog::Catalog, redis::Redis, search::Search, switches::Switches, usage::Usage};

/// How long what was found is told again.
const FRESH: Duration = Duration::from_secs(1);

/// The part without which there is no service.
const DATABASE: &str = "database";

/// How a part does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It is not there, because nobody wants it to be.
    Disabled,
    Up,
    /// It works, and not as it should.
    Degraded,
    Down,
}

impl Status {
    /// As the routes name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}

/// What was found when a part was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub status: Status,
    /// What is wrong, or not as usual.
    pub message: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn up() -> Self {
        Self {
            status: Status::Up,
            message: None,
        }
    }

    /// It is as `message` says.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Self {
            status,
            message: Some(message.into()),
        }
    }
}

/// A part, as it is known to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    pub component: &'static str,
    pub status: Status,
    pub message: Option<String>,
    /// How long it took to answer; none where it was not asked, or has not answered.
    pub latency: Option<Duration>,
    /// How long ago this was found.
    pub age: Duration,
    /// Since when it has this status, as far as is known, in milliseconds since 1970.
    pub since_ms: i64,
}

/// All parts at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The database first.
    pub checks: Vec<Check>,
    /// The catalog's newest generation, as the database last told it; none where it has not.
    pub generation: Option<i64>,
}

impl Report {
    /// The whole service: down without a database, and degraded where anything else is not up that should be.
    pub fn status(&self) -> Status {
        let worst = self.checks.iter().map(|check| check.status).max();
        match (self.of(DATABASE), worst) {
            (Status::Down, _) => Status::Down,
            (_, Some(Status::Down | Status::Degraded)) => Status::Degraded,
            _ => Status::Up,
        }
    }

    /// How one part does; disabled where there is no such part.
    pub fn of(&self, component: &str) -> Status {
        let found = self.checks.iter().find(|check| check.component == component);
        found.map_or(Status::Disabled, |check| check.status)
    }
}

/// Looks at the parts. Cheap to clone.
#[derive(Clone)]
pub struct Health(Arc<Shared>);

struct Shared {
    database: DatabaseWatch,
    parts: Vec<Part>,
    /// What was last found of the parts, in their order.
    found: Mutex<Option<(Instant, Vec<Finding>)>>,
    /// Since when each part has its status.
    since: Mutex<HashMap<&'static str, (Status, Instant)>>,
    clock: Clock,
}

/// What is looked at.
pub struct Watched {
    pub catalog: Catalog,
    pub search: Search,
    pub usage: Usage,
    /// None where nothing is shared with other instances.
    pub redis: Option<Redis>,
    pub switches: Switches,
    /// Tells since when things are as they are.
    pub clock: Clock,
}

impl Health {
    /// The parts of `watched`, and `others` that the process knows of.
    pub fn new(watched: Watched, others: Vec<Part>) -> Self {
        let database = DatabaseWatch::new(&watched.catalog);
        let clock = watched.clock.clone();
        let mut parts = parts::of(watched, database.clone());
        parts.extend(others);
        Self(Arc::new(Shared {
            database,
            parts,
            found: Mutex::default(),
            since: Mutex::default(),
            clock,
        }))
    }

    /// How all parts do, as they were found a second ago at most; where the database does not answer, what is known of it and since when. That
    /// takes a second at most, whatever it does.
    pub async fn report(&self) -> Report {
        let known = self.0.database.known().await;
        let (finding, found, latency) = known.finding();
        let mut checks = vec![Check {
            latency,
            ..self.check(DATABASE, finding, (found, known.is_so_since()))
        }];
        let (found, findings) = self.findings();
        let of_parts = self.0.parts.iter().zip(findings);
        checks.extend(of_parts.map(|(part, finding)| self.check(part.component, finding, (found, found))));
        Report {
            checks,
            generation: known.generation(),
        }
    }

    /// What was found of the parts, and when.
    fn findings(&self) -> (Instant, Vec<Finding>) {
        let mut found = self.0.found.lock().unwrap_or_else(PoisonError::into_inner);
        match &*found {
            Some((at, findings)) if at.elapsed() < FRESH => (*at, findings.clone()),
            _ => {
                let (at, findings) = (Instant::now(), self.0.parts.iter().map(Part::look).collect::<Vec<_>>());
                *found = Some((at, findings.clone()));
                (at, findings)
            }
        }
    }

    /// `begun` is since when a status would be so that is new.
    fn check(&self, component: &'static str, finding: Finding, (found, begun): (Instant, Instant)) -> Check {
        let since = {
            let mut since = self.0.since.lock().unwrap_or_else(PoisonError::into_inner);
            let known = since.entry(component).or_insert((finding.status, begun));
            if known.0 != finding.status {
                *known = (finding.status, begun);
            }
            known.1
        };
        let ago_ms = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
        Check {
            component,
            status: finding.status,
            message: finding.message,
            latency: None,
            age: found.elapsed(),
            since_ms: self.0.clock.now_ms().saturating_sub(ago_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Check, Report, Status};

    fn report(statuses: &[(&'static str, Status)]) -> Report {
        let check = |(component, status): &(&'static str, Status)| Check {
            component,
            status: *status,
            message: None,
            latency: None,
            age: Duration::ZERO,
            since_ms: 0,
        };
        Report {
            checks: statuses.iter().map(check).collect(),
            generation: None,
        }
    }

    #[test]
    fn the_service_is_down_without_its_database_alone() {
        for (database, other, expected) in [
            (Status::Up, Status::Up, Status::Up),
            (Status::Up, Status::Disabled, Status::Up),
            (Status::Up, Status::Degraded, Status::Degraded),
            (Status::Up, Status::Down, Status::Degraded),
            (Status::Degraded, Status::Up, Status::Degraded),
            (Status::Down, Status::Up, Status::Down),
            (Status::Down, Status::Down, Status::Down),
        ] {
            let found = report(&[("database", database), ("other", other)]);
            assert_eq!(found.status(), expected, "{database:?} {other:?}");
            assert_eq!(found.of("other"), other);
            assert_eq!(found.of("nothing"), Status::Disabled);
        }
    }
}
