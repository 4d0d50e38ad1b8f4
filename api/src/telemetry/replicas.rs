//! How far each replica is behind, as the registry is told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// The gauges that tell it, by replica: how far it was behind when that was known last, and whether it is fit to be asked.
pub(super) const REPLICA_LAG: &str = "db_replica_lag_seconds";
pub(super) const REPLICA_UP: &str = "db_replica_up";

/// One replica, as the gauges were set.
#[derive(Default)]
pub(super) struct Replica(Mutex<Known>);

#[derive(Default)]
struct Known {
    lag_seconds: f64,
    /// Since when it is not fit to be asked; none where it is.
    away_since: Option<Instant>,
}

/// The replicas that were told of, by their labels.
#[derive(Default)]
pub(super) struct Replicas(Mutex<BTreeMap<String, Arc<Replica>>>);

impl Replica {
    pub(super) fn lags(&self, seconds: f64) {
        self.known().lag_seconds = seconds;
    }

    pub(super) fn is_up(&self, is_up: bool, now: Instant) {
        let since = &mut self.known().away_since;
        *since = if is_up { None } else { Some(since.unwrap_or(now)) };
    }

    /// How far it is behind, or for how long it was not fit to be asked: of one that is away, the lag stays what it was.
    fn behind(&self, now: Instant) -> f64 {
        let known = self.known();
        let away = known.away_since.map(|since| now.saturating_duration_since(since));
        known.lag_seconds.max(away.unwrap_or_default().as_secs_f64())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Replicas {
    pub(super) fn of(&self, replica: &str) -> Arc<Replica> {
        let mut replicas = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(replicas.entry(replica.to_owned()).or_default())
    }

    /// The replica that is furthest behind, or was not fit to be asked for longest, and for how many seconds; none where there is none.
    pub(super) fn most_behind(&self, now: Instant) -> Option<(String, f64)> {
        let replicas = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lags = replicas
            .iter()
            .map(|(name, replica)| (name.clone(), replica.behind(now)));
        lags.max_by(|(_, one), (_, other)| one.total_cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Replicas;

    #[test]
    fn who_is_away_falls_behind_and_who_is_back_does_not() {
        let (replicas, start) = (Replicas::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let most = |now| replicas.most_behind(now).map(|(name, seconds)| (name, seconds.round()));
        assert_eq!(most(start), None);
        let [one, other] = ["one:5432", "other:5432"].map(|name| replicas.of(name));
        one.lags(2.0);
        one.is_up(true, start);
        other.lags(1.0);
        for seconds in 0..50 {
            other.is_up(false, at(seconds));
        }
        for (seconds, expected) in [(1, ("one:5432", 2.0)), (50, ("other:5432", 50.0))] {
            assert_eq!(most(at(seconds)), Some((expected.0.to_owned(), expected.1)));
        }
        other.is_up(true, at(50));
        assert_eq!(most(at(90)), Some(("one:5432".to_owned(), 2.0)));
        // It is there, and does not replay.
        other.lags(300.0);
        other.is_up(false, at(100));
        assert_eq!(most(at(101)), Some(("other:5432".to_owned(), 300.0)));
    }
}
