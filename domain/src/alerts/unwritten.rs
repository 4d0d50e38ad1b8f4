//! What was decided or done and is not stored yet.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    alert::{Alert, AlertId, AlertState},
    store::Told,
};

/// Alerts that could not be stored yet. Beyond so many, those that were resolved longest ago are not.
const MOST_UNWRITTEN: usize = 1_000;

#[derive(Default)]
pub(super) struct Unwritten {
    alerts: BTreeMap<AlertId, Arc<Alert>>,
    /// What of an alert was told.
    told: HashMap<AlertId, Told>,
    /// Alerts of which something is being told, and how much.
    telling: HashMap<AlertId, u32>,
}

/// What is to be stored.
pub(super) struct Owed {
    pub(super) alerts: Vec<Arc<Alert>>,
    pub(super) told: Vec<(AlertId, Told)>,
    /// Alerts of which something is being told.
    pub(super) telling: Vec<AlertId>,
}

impl Unwritten {
    /// An alert is to be stored as it is now.
    pub(super) fn add(&mut self, alert: &Arc<Alert>) {
        self.alerts.insert(alert.id, Arc::clone(alert));
        self.drop_beyond(MOST_UNWRITTEN);
    }

    pub(super) fn has(&self, id: AlertId) -> bool {
        self.alerts.contains_key(&id)
    }

    /// Something of an alert is being told to others.
    pub(super) fn is_telling(&mut self, id: AlertId) {
        *self.telling.entry(id).or_default() += 1;
    }

    pub(super) fn is_being_told(&self, id: AlertId) -> bool {
        self.telling.contains_key(&id)
    }

    /// Others were told of an alert's state, or will not be.
    pub(super) fn has_told(&mut self, alert: &Alert) {
        let told = self.told.entry(alert.id).or_default();
        *told = (*told).max(Told::of(alert.state));
        if let Some(count) = self.telling.get_mut(&alert.id) {
            *count -= 1;
            if *count == 0 {
                self.telling.remove(&alert.id);
            }
        }
    }

    pub(super) fn owed(&self) -> Owed {
        Owed {
            alerts: self.alerts.values().cloned().collect(),
            told: self.told.iter().map(|(id, told)| (*id, *told)).collect(),
            telling: self.telling.keys().copied().collect(),
        }
    }

    /// What was stored is forgotten, unless there is something newer.
    pub(super) fn forget(&mut self, alerts: &[Arc<Alert>], told: &[(AlertId, Told)]) {
        for alert in alerts {
            let newest = self.alerts.get(&alert.id);
            if newest.is_some_and(|newest| Arc::ptr_eq(newest, alert)) {
                self.alerts.remove(&alert.id);
            }
        }
        for (id, told) in told {
            if self.told.get(id) == Some(told) {
                self.told.remove(id);
            }
        }
    }

    fn drop_beyond(&mut self, most: usize) {
        while self.alerts.len() > most {
            let resolved = self.alerts.values().filter(|alert| alert.state == AlertState::Resolved);
            let Some(oldest) = resolved.min_by_key(|alert| alert.resolved_ms).map(|alert| alert.id) else {
                return;
            };
            self.alerts.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{
        super::{
            alert::{Alert, AlertId, AlertState, Severity},
            store::Told,
        },
        MOST_UNWRITTEN, Unwritten,
    };

    fn firing() -> Alert {
        Alert {
            id: AlertId::new(),
            rule: "rule".to_owned(),
            instance: None,
            severity: Severity::Warning,
            state: AlertState::Firing,
            value: 1.0,
            threshold: 0.5,
            message: String::new(),
            since_ms: 1,
            resolved_ms: None,
            acknowledged: None,
        }
    }

    #[test]
    fn what_was_stored_is_forgotten_and_what_came_meanwhile_is_not() {
        let mut unwritten = Unwritten::default();
        let fired = Arc::new(firing());
        unwritten.add(&fired);
        unwritten.is_telling(fired.id);
        let owed = unwritten.owed();
        assert_eq!((owed.alerts.len(), owed.told.len(), owed.telling.len()), (1, 0, 1));
        // While that is stored, it was told and is resolved.
        let resolved = Arc::new(fired.resolved(0.1, 9));
        unwritten.has_told(&fired);
        unwritten.add(&resolved);
        unwritten.is_telling(fired.id);
        unwritten.forget(&owed.alerts, &owed.told);
        let owed = unwritten.owed();
        assert_eq!(owed.alerts, [Arc::clone(&resolved)]);
        assert_eq!(owed.told, [(fired.id, Told::of(AlertState::Firing))]);
        assert!(unwritten.has(fired.id) && unwritten.is_being_told(fired.id));
        unwritten.has_told(&resolved);
        unwritten.forget(&owed.alerts, &owed.told);
        let owed = unwritten.owed();
        assert_eq!((owed.alerts.len(), owed.telling.len()), (0, 0));
        assert_eq!(owed.told, [(fired.id, Told::of(AlertState::Resolved))]);
    }

    #[test]
    fn of_what_cannot_be_stored_the_oldest_that_is_over_goes_first() {
        let mut unwritten = Unwritten::default();
        let goes_on = Arc::new(firing());
        unwritten.add(&goes_on);
        let over: Vec<Arc<Alert>> = (0..1_000)
            .map(|place| Arc::new(firing().resolved(0.1, place + 10)))
            .collect();
        let last = over.len() - 1;
        for alert in &over[..last] {
            unwritten.add(alert);
        }
        assert_eq!(unwritten.owed().alerts.len(), MOST_UNWRITTEN);
        unwritten.add(&over[last]);
        assert_eq!(unwritten.owed().alerts.len(), MOST_UNWRITTEN);
        assert!(!unwritten.has(over[0].id) && unwritten.has(over[1].id) && unwritten.has(goes_on.id));
    }
}
