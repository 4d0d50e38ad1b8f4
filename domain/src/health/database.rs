//! The database, which is asked by one at a time, and answers when it does.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{FRESH, Finding, Status};
use crate::catalog::Catalog;

/// How long anybody waits for an answer. One that takes longer than half of it is slow.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks the database. Clones share what it answered.
#[derive(Clone)]
pub(super) struct DatabaseWatch {
    catalog: Catalog,
    known: Arc<watch::Sender<Known>>,
}

/// What is known of the database.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// The newest answer.
    answer: Option<Answer>,
    /// The newest generation that it told.
    generation: Option<i64>,
    /// When it was asked, where that has no answer yet.
    asked: Option<Instant>,
}

#[derive(Debug, Clone)]
struct Answer {
    at: Instant,
    took: Duration,
    /// Why it could not be read.
    failure: Option<String>,
}

impl DatabaseWatch {
    pub(super) fn new(catalog: &Catalog) -> Self {
        Self {
            catalog: catalog.counted_by(Arc::default()),
            known: Arc::new(watch::Sender::default()),
        }
    }

    /// The newest generation that it told.
    pub(super) fn generation(&self) -> Option<i64> {
        self.known.borrow().generation
    }

    /// What is known, after asking where that is due. Waits for an answer until the question is [`PATIENCE`] old.
    pub(super) async fn known(&self) -> Known {
        let mut known = self.known.subscribe();
        if self.known.send_if_modified(Known::begin) {
            tokio::spawn(self.clone().ask());
        }
        let asked = known.borrow().asked;
        if let Some(asked) = asked {
            let left = PATIENCE.saturating_sub(asked.elapsed());
            let is_answered = |known: &Known| known.asked != Some(asked);
            let _ = tokio::time::timeout(left, known.wait_for(is_answered)).await;
        }
        self.known.borrow().clone()
    }

    /// Asks once. It ends by itself, as every statement does.
    async fn ask(self) {
        let started = Instant::now();
        let generation = self.catalog.generation().await;
        let (at, took) = (Instant::now(), started.elapsed());
        self.known.send_modify(|known| {
            known.asked = None;
            let failure = match generation {
                Ok(generation) => {
                    known.generation = Some(generation);
                    None
                }
                Err(error) => Some(error.to_string()),
            };
            known.answer = Some(Answer { at, took, failure });
        });
    }
}

impl Known {
    /// Whether it is to be asked now, which is noted.
    fn begin(&mut self) -> bool {
        let is_fresh = (self.answer.as_ref()).is_some_and(|answer| answer.at.elapsed() < FRESH);
        let is_due = self.asked.is_none() && !is_fresh;
        if is_due {
            self.asked = Some(Instant::now());
        }
        is_due
    }

    /// When it was asked, where it should have answered by now.
    fn silent_since(&self) -> Option<Instant> {
        self.asked.filter(|asked| asked.elapsed() >= PATIENCE)
    }

    pub(super) fn generation(&self) -> Option<i64> {
        self.generation
    }

    /// Since when it is so that was found.
    pub(super) fn is_so_since(&self) -> Instant {
        let answered = self.answer.as_ref().map(|answer| answer.at);
        self.silent_since().or(answered).unwrap_or_else(Instant::now)
    }

    /// What that comes to, when it was found, and how long the answer took.
    pub(super) fn finding(&self) -> (Finding, Instant, Option<Duration>) {
        if let Some(asked) = self.silent_since() {
            let message = format!("it has not answered for {} ms", asked.elapsed().as_millis());
            return (Finding::new(Status::Down, message), Instant::now(), None);
        }
        let Some(answer) = &self.answer else {
            let finding = Finding::new(Status::Down, "it was not asked yet");
            return (finding, Instant::now(), None);
        };
        let finding = match &answer.failure {
            Some(failure) => return (Finding::new(Status::Down, failure), answer.at, None),
            None if answer.took > PATIENCE / 2 => {
                let message = format!("it took {} ms to answer", answer.took.as_millis());
                Finding::new(Status::Degraded, message)
            }
            None => Finding::up(),
        };
        (finding, answer.at, Some(answer.took))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Answer, FRESH, Known, PATIENCE};
    use crate::health::Status;

    fn ago(time: Duration) -> Instant {
        Instant::now().checked_sub(time).expect("the machine runs for longer")
    }

    fn answered(before: Duration, took: Duration, failure: Option<&str>) -> Known {
        Known {
            answer: Some(Answer {
                at: ago(before),
                took,
                failure: failure.map(str::to_owned),
            }),
            generation: Some(7),
            asked: None,
        }
    }

    #[test]
    fn it_is_asked_again_when_the_answer_is_old_and_never_twice_at_once() {
        let quick = Duration::from_millis(1);
        for (mut known, is_due) in [
            (Known::default(), true),
            (answered(FRESH / 2, quick, None), false),
            (answered(FRESH / 2, quick, Some("away")), false),
            (answered(FRESH, quick, None), true),
        ] {
            assert_eq!(known.begin(), is_due, "{known:?}");
            assert_eq!(known.asked.is_some(), is_due);
            assert!(!known.begin(), "{known:?}");
        }
    }

    #[test]
    fn silence_is_told_with_its_beginning() {
        let mut known = answered(Duration::from_secs(5), Duration::from_millis(1), None);
        assert_eq!(known.finding().0.status, Status::Up);
        known.asked = Some(ago(PATIENCE / 2));
        assert_eq!(known.finding().0.status, Status::Up, "it may answer yet");
        let asked = ago(PATIENCE * 3);
        known.asked = Some(asked);
        let (finding, _, latency) = known.finding();
        assert_eq!(
            (finding.status, latency, known.is_so_since()),
            (Status::Down, None, asked)
        );
        assert!(
            finding
                .message
                .is_some_and(|message| message.starts_with("it has not answered for 3"))
        );
        assert_eq!(known.generation(), Some(7), "what it told before is known still");
    }

    #[test]
    fn an_answer_may_be_slow_or_a_failure() {
        for (took, failure, expected) in [
            (PATIENCE / 2, None, Status::Up),
            (PATIENCE / 2 + Duration::from_millis(1), None, Status::Degraded),
            (PATIENCE / 2, Some("away"), Status::Down),
        ] {
            let (finding, _, latency) = answered(Duration::ZERO, took, failure).finding();
            assert_eq!(finding.status, expected);
            assert_eq!(latency.is_some(), failure.is_none());
        }
    }
}
