//! What is known of alerts here, and who follows them.

use std::{
    cmp::Reverse,
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast::{self, error::RecvError};

use super::alert::{Alert, AlertId, AlertState};

/// Changes that wait for those who follow slowly. Who is further behind misses the oldest.
const MOST_WAITING: usize = 1_024;

/// Alerts of which it is remembered that they were resolved.
const MOST_ENDED: usize = 1_024;

/// The active alerts.
pub(super) struct Board {
    known: Mutex<Known>,
    told: broadcast::Sender<Arc<Alert>>,
}

#[derive(Default)]
struct Known {
    active: HashMap<AlertId, Arc<Alert>>,
    /// Those that are not any more, the newest last.
    ended: VecDeque<AlertId>,
}

/// Somebody who is told of alerts.
pub struct AlertFollower {
    ahead: VecDeque<Arc<Alert>>,
    told: broadcast::Receiver<Arc<Alert>>,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            told: broadcast::Sender::new(MOST_WAITING),
        }
    }
}

impl Board {
    /// Those that are active at the start, which is no news.
    pub(super) fn begin(&self, active: Vec<Arc<Alert>>) {
        let mut known = self.known();
        known.active = active.into_iter().map(|alert| (alert.id, alert)).collect();
        let rules: Vec<String> = known.active.values().map(|alert| alert.rule.clone()).collect();
        for rule in rules {
            known.count(&rule);
        }
    }

    pub(super) fn get(&self, id: AlertId) -> Option<Arc<Alert>> {
        self.known().active.get(&id).cloned()
    }

    pub(super) fn active(&self) -> Vec<Arc<Alert>> {
        self.known().in_order()
    }

    pub(super) fn follow(&self) -> AlertFollower {
        // While nothing can change: what is told is what comes after this.
        let known = self.known();
        AlertFollower {
            ahead: known.in_order().into(),
            told: self.told.subscribe(),
        }
    }

    /// Takes an alert as it is now, and tells those who follow where that is news. What is older than what is known changes nothing.
    pub(super) fn apply(&self, alert: &Arc<Alert>) {
        let mut known = self.known();
        let is_known = known.active.contains_key(&alert.id);
        if !is_known && known.ended.contains(&alert.id) {
            return;
        }
        // Nobody follows, or all do who are to.
        let tell = |alert: Arc<Alert>| drop(self.told.send(alert));
        match alert.state {
            AlertState::Firing => {
                if !is_known {
                    tell(Arc::clone(alert));
                }
                known.active.insert(alert.id, Arc::clone(alert));
            }
            AlertState::Resolved => {
                // It came and went between two looks.
                if !is_known {
                    tell(Arc::new(alert.as_fired()));
                }
                known.active.remove(&alert.id);
                known.end(alert.id);
                tell(Arc::clone(alert));
            }
        }
        known.count(&alert.rule);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing panics while it is held.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn in_order(&self) -> Vec<Arc<Alert>> {
        let mut active: Vec<Arc<Alert>> = self.active.values().cloned().collect();
        active.sort_unstable_by_key(|alert| (Reverse(alert.severity), alert.since_ms, alert.id));
        active
    }

    fn end(&mut self, id: AlertId) {
        if self.ended.len() == MOST_ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back(id);
    }

    /// Tells the registry how many of a rule are active.
    fn count(&self, rule: &str) {
        let count = self.active.values().filter(|alert| alert.rule == rule).count();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        metrics::gauge!("alerts_firing", "rule" => rule.to_owned()).set(count);
    }
}

impl AlertFollower {
    /// The next one, once there is one. None when the process ends.
    pub async fn next(&mut self) -> Option<Arc<Alert>> {
        if let Some(alert) = self.ahead.pop_front() {
            return Some(alert);
        }
        loop {
            match self.told.recv().await {
                Ok(alert) => return Some(alert),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::FutureExt as _;

    use super::{
        super::alert::{Acknowledged, Alert, AlertId, AlertState, Severity},
        AlertFollower, Board,
    };

    fn alert(rule: &str, severity: Severity, since_ms: i64) -> Arc<Alert> {
        Arc::new(Alert {
            id: AlertId::new(),
            rule: rule.to_owned(),
            instance: None,
            severity,
            state: AlertState::Firing,
            value: 1.0,
            threshold: 0.5,
            message: String::new(),
            since_ms,
            resolved_ms: None,
            acknowledged: None,
        })
    }

    /// What there is to read without waiting.
    fn told(follower: &mut AlertFollower) -> Vec<(String, AlertState)> {
        let next = || follower.next().now_or_never().flatten();
        std::iter::from_fn(next)
            .map(|alert| (alert.rule.clone(), alert.state))
            .collect()
    }

    fn expected(told: &[(&str, AlertState)]) -> Vec<(String, AlertState)> {
        told.iter().map(|(rule, state)| ((*rule).to_owned(), *state)).collect()
    }

    #[test]
    fn who_follows_is_told_of_the_active_ones_and_then_of_each_change_once() {
        use AlertState::{Firing, Resolved};
        let board = Board::default();
        let [first, second, third] = [
            alert("slow", Severity::Warning, 1),
            alert("down", Severity::Critical, 3),
            alert("full", Severity::Warning, 2),
        ];
        board.begin(vec![Arc::clone(&first)]);
        board.apply(&second);
        let mut follower = board.follow();
        assert_eq!(told(&mut follower), expected(&[("down", Firing), ("slow", Firing)]));
        board.apply(&third);
        // As others tell it again, and acknowledged.
        board.apply(&third);
        let acknowledged = Some(Acknowledged {
            at_ms: 5,
            by: "key/1".to_owned(),
        });
        board.apply(&Arc::new(Alert {
            acknowledged: acknowledged.clone(),
            ..Alert::clone(&third)
        }));
        assert_eq!(told(&mut follower), expected(&[("full", Firing)]));
        assert_eq!(
            board.get(third.id).map(|alert| alert.acknowledged.clone()),
            Some(acknowledged)
        );
        let resolved = Arc::new(first.resolved(0.1, 9));
        board.apply(&resolved);
        board.apply(&resolved);
        // Late, from before.
        board.apply(&first);
        assert_eq!(told(&mut follower), expected(&[("slow", Resolved)]));
        let rules: Vec<String> = board.active().iter().map(|alert| alert.rule.clone()).collect();
        assert_eq!(rules, ["down", "full"]);
    }

    #[test]
    fn what_came_and_went_unseen_is_told_twice() {
        use AlertState::{Firing, Resolved};
        let board = Board::default();
        let mut follower = board.follow();
        board.apply(&Arc::new(alert("slow", Severity::Info, 1).resolved(0.1, 9)));
        assert_eq!(told(&mut follower), expected(&[("slow", Firing), ("slow", Resolved)]));
        assert!(board.active().is_empty());
    }
}
