//! From what is measured to what fires: a cause has to be there for a while, and gone for a while, so that nothing flaps.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use super::alert::{Alert, AlertId, AlertState, Severity};

/// Whom an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concerns {
    /// The instance that measured.
    Instance,
    /// All of them: what is measured is the same wherever it is.
    All,
}

/// What a rule came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub rule: &'static str,
    pub severity: Severity,
    pub concerns: Concerns,
    /// None where it could not be measured: nothing changes by that.
    pub measured: Option<Measured>,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    pub value: f64,
    /// What it is compared with.
    pub threshold: f64,
    /// Whether that is wrong.
    pub is_wrong: bool,
    /// What is wrong, for people.
    pub message: String,
}

/// How long something is wrong before it fires, and right before it is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    pub fire_after: Duration,
    pub resolve_after: Duration,
}

/// How a rule stands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Watch {
    Wrong {
        since: Instant,
    },
    /// It fires, as the alert of this id.
    Firing {
        id: AlertId,
        right_since: Option<Instant>,
    },
    /// It is wrong for all, as this instance says for as long as it sees it: nothing while it looks right, and at once where it is wrong again
    /// before it has been right for long enough.
    OfAll {
        right_since: Option<Instant>,
    },
}

/// How each rule stands that is not simply right, by its name.
#[derive(Default)]
pub(super) struct Watches(HashMap<String, Watch>);

/// What is to be done.
#[derive(Default)]
pub(super) struct Decided {
    pub(super) fired: Vec<Arc<Alert>>,
    /// With what was measured.
    pub(super) resolved: Vec<(AlertId, f64)>,
    /// Those that go on firing.
    pub(super) held: Vec<AlertId>,
    /// What is wrong for all: it fires, unless it does already.
    pub(super) of_all: Vec<Alert>,
    /// Rules of which it cannot be told whether they still are wrong for all.
    pub(super) unknown_of_all: Vec<&'static str>,
}

impl Watches {
    /// Takes over what `instance` fired before it was started anew, and what all fire.
    pub(super) fn adopt(&mut self, instance: &str, active: &[Arc<Alert>]) {
        self.0.extend(active.iter().filter_map(|alert| {
            let watch = match alert.instance.as_deref() {
                None => Watch::OfAll { right_since: None },
                Some(own) if own == instance => Watch::Firing {
                    id: alert.id,
                    right_since: None,
                },
                Some(_) => return None,
            };
            Some((alert.rule.clone(), watch))
        }));
    }

    /// Others have resolved these, for nobody said that they go on: whatever is still wrong fires anew.
    pub(super) fn lose(&mut self, lost: &[AlertId]) {
        self.0
            .retain(|_, watch| !matches!(watch, Watch::Firing { id, .. } if lost.contains(id)));
    }

    /// What `readings` come to, at a time that is told by both clocks.
    pub(super) fn decide(
        &mut self,
        readings: &[Reading],
        instance: &str,
        (now, now_ms): (Instant, i64),
        timing: Timing,
    ) -> Decided {
        let mut decided = Decided::default();
        for reading in readings {
            let watch = self.0.get(reading.rule).copied();
            let Some(measured) = &reading.measured else {
                match watch {
                    Some(Watch::Firing { id, .. }) => decided.held.push(id),
                    Some(Watch::OfAll { right_since: None }) => decided.unknown_of_all.push(reading.rule),
                    // It was right when it was measured last, or does not fire.
                    None | Some(Watch::Wrong { .. } | Watch::OfAll { .. }) => {}
                }
                continue;
            };
            match (watch, measured.is_wrong) {
                (None, false) => {}
                (Some(Watch::Wrong { .. }), false) => {
                    self.0.remove(reading.rule);
                }
                (Some(Watch::OfAll { right_since }), false) => {
                    let since = right_since.unwrap_or(now);
                    if now.saturating_duration_since(since) >= timing.resolve_after {
                        self.0.remove(reading.rule);
                    } else {
                        self.watch_for_all(reading.rule, Some(since));
                    }
                }
                (None | Some(Watch::Wrong { .. }), true) => {
                    let since = match watch {
                        Some(Watch::Wrong { since }) => since,
                        _ => now,
                    };
                    self.0.insert(reading.rule.to_owned(), Watch::Wrong { since });
                    if now.saturating_duration_since(since) >= timing.fire_after {
                        self.fire(reading, measured, (instance, now_ms), &mut decided);
                    }
                }
                (Some(Watch::OfAll { .. }), true) => self.fire(reading, measured, (instance, now_ms), &mut decided),
                (Some(Watch::Firing { id, .. }), true) => {
                    self.go_on(reading.rule, id, None);
                    decided.held.push(id);
                }
                (Some(Watch::Firing { id, right_since }), false) => {
                    let since = right_since.unwrap_or(now);
                    if now.saturating_duration_since(since) >= timing.resolve_after {
                        self.0.remove(reading.rule);
                        decided.resolved.push((id, measured.value));
                    } else {
                        self.go_on(reading.rule, id, Some(since));
                        decided.held.push(id);
                    }
                }
            }
        }
        decided
    }

    fn go_on(&mut self, rule: &str, id: AlertId, right_since: Option<Instant>) {
        self.0.insert(rule.to_owned(), Watch::Firing { id, right_since });
    }

    fn watch_for_all(&mut self, rule: &str, right_since: Option<Instant>) {
        self.0.insert(rule.to_owned(), Watch::OfAll { right_since });
    }

    fn fire(&mut self, reading: &Reading, measured: &Measured, (instance, now_ms): (&str, i64), decided: &mut Decided) {
        let alert = |instance: Option<&str>| Alert {
            id: AlertId::new(),
            rule: reading.rule.to_owned(),
            instance: instance.map(str::to_owned),
            severity: reading.severity,
            state: AlertState::Firing,
            value: measured.value,
            threshold: measured.threshold,
            message: match instance {
                Some(instance) => format!("{instance}: {}", measured.message),
                None => measured.message.clone(),
            },
            since_ms: now_ms,
            resolved_ms: None,
            acknowledged: None,
        };
        match reading.concerns {
            // Whether it fires already, the database knows.
            Concerns::All => {
                self.watch_for_all(reading.rule, None);
                decided.of_all.push(alert(None));
            }
            Concerns::Instance => {
                let alert = alert(Some(instance));
                self.go_on(reading.rule, alert.id, None);
                decided.fired.push(Arc::new(alert));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Concerns, Decided, Measured, Reading, Severity, Timing, Watches};

    const TIMING: Timing = Timing {
        fire_after: Duration::from_secs(15),
        resolve_after: Duration::from_mins(1),
    };

    struct Measuring {
        watches: Watches,
        start: Instant,
        concerns: Concerns,
    }

    impl Measuring {
        fn of(concerns: Concerns) -> Self {
            Self {
                watches: Watches::default(),
                start: Instant::now(),
                concerns,
            }
        }

        /// At so many seconds: wrong, right, or not known.
        fn at(&mut self, seconds: u64, is_wrong: Option<bool>) -> Decided {
            let reading = Reading {
                rule: "rule",
                severity: Severity::Warning,
                concerns: self.concerns,
                measured: is_wrong.map(|is_wrong| Measured {
                    value: 7.0,
                    threshold: 5.0,
                    is_wrong,
                    message: "seven is too much".to_owned(),
                }),
            };
            let now = self.start + Duration::from_secs(seconds);
            self.watches.decide(&[reading], "here:1", (now, 1000), TIMING)
        }
    }

    fn counts(decided: &Decided) -> [usize; 4] {
        [
            decided.fired.len(),
            decided.resolved.len(),
            decided.held.len(),
            decided.of_all.len(),
        ]
    }

    #[test]
    fn it_fires_once_and_is_resolved_once() {
        let mut measuring = Measuring::of(Concerns::Instance);
        let mut fired = None;
        for (seconds, is_wrong, expected) in [
            (0, false, [0, 0, 0, 0]),
            (5, true, [0, 0, 0, 0]),
            (19, true, [0, 0, 0, 0]),
            (20, true, [1, 0, 0, 0]),
            (25, true, [0, 0, 1, 0]),
            (30, false, [0, 0, 1, 0]),
            // Wrong again for a moment: it begins anew to be right.
            (85, true, [0, 0, 1, 0]),
            (90, false, [0, 0, 1, 0]),
            (149, false, [0, 0, 1, 0]),
            (150, false, [0, 1, 0, 0]),
            (155, false, [0, 0, 0, 0]),
        ] {
            let decided = measuring.at(seconds, Some(is_wrong));
            assert_eq!(counts(&decided), expected, "{seconds}");
            fired = decided.fired.first().cloned().or(fired);
            let id = fired.as_ref().map(|alert| alert.id);
            assert!(decided.held.iter().all(|held| Some(*held) == id));
            assert!(decided.resolved.iter().all(|(resolved, _)| Some(*resolved) == id));
        }
        let alert = fired.expect("it fired");
        assert_eq!(
            (alert.message.as_str(), alert.since_ms),
            ("here:1: seven is too much", 1000)
        );
        assert_eq!(alert.instance.as_deref(), Some("here:1"));
    }

    #[test]
    fn what_is_wrong_for_a_moment_does_not_fire() {
        let mut measuring = Measuring::of(Concerns::Instance);
        for seconds in 0..100 {
            assert_eq!(
                counts(&measuring.at(seconds, Some(seconds % 15 != 14))),
                [0; 4],
                "{seconds}"
            );
        }
    }

    #[test]
    fn what_is_not_known_changes_nothing() {
        let mut measuring = Measuring::of(Concerns::Instance);
        for (seconds, is_wrong, expected) in [
            (0, Some(true), [0, 0, 0, 0]),
            (10, None, [0, 0, 0, 0]),
            (15, Some(true), [1, 0, 0, 0]),
            (20, None, [0, 0, 1, 0]),
            (100, Some(false), [0, 0, 1, 0]),
            (130, None, [0, 0, 1, 0]),
            (160, Some(false), [0, 1, 0, 0]),
        ] {
            assert_eq!(counts(&measuring.at(seconds, is_wrong)), expected, "{seconds}");
        }
    }

    #[test]
    fn what_concerns_all_is_said_as_long_as_it_is_so() {
        let mut measuring = Measuring::of(Concerns::All);
        for (seconds, is_wrong, expected, unknown) in [
            (0, Some(true), [0, 0, 0, 0], 0),
            (10, None, [0, 0, 0, 0], 0),
            (15, Some(true), [0, 0, 0, 1], 0),
            (20, Some(true), [0, 0, 0, 1], 0),
            (25, None, [0, 0, 0, 0], 1),
            (30, Some(true), [0, 0, 0, 1], 0),
            (35, Some(false), [0, 0, 0, 0], 0),
            (40, None, [0, 0, 0, 0], 0),
            // Right for a moment.
            (45, Some(true), [0, 0, 0, 1], 0),
            (50, Some(false), [0, 0, 0, 0], 0),
            (109, Some(false), [0, 0, 0, 0], 0),
            (109, Some(true), [0, 0, 0, 1], 0),
            // Right for long enough: it has to be wrong for a while again.
            (110, Some(false), [0, 0, 0, 0], 0),
            (170, Some(false), [0, 0, 0, 0], 0),
            (171, Some(true), [0, 0, 0, 0], 0),
            (186, Some(true), [0, 0, 0, 1], 0),
        ] {
            let decided = measuring.at(seconds, is_wrong);
            assert_eq!(counts(&decided), expected, "{seconds}");
            assert_eq!(decided.unknown_of_all.len(), unknown, "{seconds}");
            assert!(decided.of_all.iter().all(|alert| alert.instance.is_none()));
        }
    }

    #[test]
    fn what_was_taken_over_goes_on_and_what_was_lost_fires_anew() {
        let mut measuring = Measuring::of(Concerns::Instance);
        measuring.at(0, Some(true));
        let alert = measuring.at(15, Some(true)).fired.remove(0);
        let mut restarted = Measuring::of(Concerns::Instance);
        restarted.watches.adopt("elsewhere:1", std::slice::from_ref(&alert));
        assert_eq!(
            counts(&restarted.at(0, Some(false))),
            [0; 4],
            "another's is none of its own"
        );
        restarted.watches.adopt("here:1", std::slice::from_ref(&alert));
        assert_eq!(restarted.at(0, Some(true)).held, [alert.id]);
        restarted.at(10, Some(false));
        assert_eq!(restarted.at(70, Some(false)).resolved, [(alert.id, 7.0)]);

        restarted.watches.adopt("here:1", std::slice::from_ref(&alert));
        restarted.watches.lose(&[alert.id]);
        assert_eq!(counts(&restarted.at(80, Some(true))), [0; 4]);
        let anew = restarted.at(95, Some(true)).fired.remove(0);
        assert_ne!(anew.id, alert.id);
    }
}
