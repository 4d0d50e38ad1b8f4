use std::time::Duration;

use super::{AnswerError, Answered, Figures, LayerCounts, MOST_KEPT, MOST_NOTED, OTHER, Part as _};
use crate::cache::Lookups;

fn answered<'a>(operation: &'a str, errors: &'a [AnswerError]) -> Answered<'a> {
    Answered {
        operation,
        is_trusted: false,
        took: Duration::from_millis(10),
        statements: 2,
        lookups: Lookups { wanted: 4, found: 3 },
        was_kept: false,
        errors,
    }
}

fn timeout() -> AnswerError {
    AnswerError {
        code: "TIMEOUT",
        is_fault: true,
        message: "it took too long".to_owned(),
    }
}

#[test]
fn what_is_put_together_is_what_it_would_be_from_the_start() {
    let failure = [timeout()];
    let (mut whole, mut parts) = (Figures::default(), [Figures::default(), Figures::default()]);
    for (place, errors) in [&[][..], &failure, &[], &failure].into_iter().enumerate() {
        let now_ms = i64::try_from(place).unwrap();
        whole.note_answer(&answered("Scroll", errors), now_ms);
        parts[place % 2].note_answer(&answered("Scroll", errors), now_ms);
    }
    whole.note_unanswered(&timeout(), 4);
    parts[1].note_unanswered(&timeout(), 4);
    let [mut one, other] = parts;
    one.merge(&other);
    let told = |figures: &Figures| {
        let operation = figures.operations.get("Scroll").unwrap().clone();
        let errors: Vec<_> = figures.errors.clone().into_iter().collect();
        let errors: Vec<_> = errors
            .into_iter()
            .map(|(key, error)| (key.1, error.count, error.first_ms, error.last_ms))
            .collect();
        let totals = figures.totals();
        let counts = (
            operation.times.count(),
            operation.failed,
            operation.statements,
            operation.looked,
        );
        (
            counts,
            (operation.found - 3.0).abs() < 1e-9,
            errors,
            (totals.times.count(), totals.faults, totals.unanswered),
        )
    };
    assert_eq!(told(&one), told(&whole));
    let errors = vec![(None, 1, 4, 4), (Some("Scroll".into()), 2, 1, 3)];
    assert_eq!(told(&whole), ((4, 2, 8, 4), true, errors, (4, 2, 1)));
}

#[test]
fn a_whole_answer_that_was_kept_was_found() {
    let mut figures = Figures::default();
    let nothing = Lookups::default();
    for was_kept in [true, false, true] {
        figures.note_answer(
            &Answered {
                was_kept,
                lookups: nothing,
                ..answered("Scroll", &[])
            },
            0,
        );
    }
    let operation = figures.operations.get("Scroll").unwrap();
    assert_eq!((operation.looked, operation.times.count()), (2, 3));
    assert!((operation.found - 2.0).abs() < 1e-9);
}

#[test]
fn names_without_end_are_put_together() {
    let mut figures = Figures::default();
    let failure = [timeout()];
    for name in 0..MOST_NOTED + 50 {
        figures.note_answer(&answered(&format!("Query{name}"), &failure), 0);
    }
    // One of the owner's has its place whenever it comes, and what is asked for often stays.
    figures.note_answer(
        &Answered {
            is_trusted: true,
            ..answered("Scroll", &[])
        },
        0,
    );
    for _ in 0..3 {
        figures.note_answer(&answered("Query399", &[]), 0);
    }
    assert_eq!(figures.operations.iter().count(), MOST_NOTED + 2);
    assert_eq!(figures.operations.get(OTHER).unwrap().times.count(), 50);
    assert_eq!(figures.errors.clone().into_iter().count(), MOST_NOTED + 1);
    let before = figures.totals();
    figures.operations.trim();
    figures.errors.trim();
    assert_eq!(figures.operations.iter().count(), MOST_KEPT + 1);
    assert_eq!(figures.operations.get("Scroll").unwrap().times.count(), 1);
    assert_eq!(figures.operations.get("Query399").unwrap().times.count(), 4);
    let (after, errors) = (figures.totals(), figures.errors.clone());
    assert_eq!(
        (after.times.count(), after.faults),
        (before.times.count(), before.faults)
    );
    assert_eq!(errors.clone().into_iter().count(), MOST_KEPT + 1);
    assert_eq!(
        errors.into_iter().map(|(_, error)| error.count).sum::<u64>(),
        MOST_NOTED as u64 + 50
    );
}

#[test]
fn as_many_as_are_kept_are_told_apart() {
    let mut figures = Figures::default();
    for name in 0..MOST_KEPT {
        figures.note_answer(&answered(&format!("Query{name}"), &[]), 0);
    }
    figures.operations.trim();
    assert_eq!(figures.operations.iter().count(), MOST_KEPT);
    assert!(figures.operations.get(OTHER).is_none());
}

#[test]
fn counts_that_begin_anew_are_all_new() {
    let counts = |hits| LayerCounts {
        hits,
        ..LayerCounts::default()
    };
    assert_eq!(counts(7).since(counts(5)), counts(2));
    assert_eq!(counts(3).since(counts(5)), counts(3));
}
