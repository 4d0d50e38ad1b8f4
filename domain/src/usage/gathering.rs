//! Which cells events belong to, and what they are in them.

use std::collections::HashMap;

use super::{
    cell::{Cell, Use},
    occurrence::Occurrence,
    target::Target,
    tier::Tier,
};

/// An hour or a day, and what a cell is of.
pub(super) type Key = (i32, Target);

/// Cells by what they are of.
pub(super) type Cells = HashMap<Key, Cell, foldhash::fast::RandomState>;

/// The hours that events belong to: of their icon, of its set, and of everything.
pub(super) fn hours_of(occurrences: &[Occurrence]) -> Cells {
    let (mut cells, mut sets) = (Cells::default(), Cells::default());
    for occurrence in occurrences {
        let hour = Tier::Hour.bucket(occurrence.occurred_ms);
        let step = Tier::Hour.step(occurrence.occurred_ms);
        let used = Use::of(occurrence, step);
        if let Some(session) = occurrence.session {
            let mut note = |target, user| cells.entry((hour, target)).or_default().add(Use::by(step, user), 1);
            note(Target::SESSIONS, session);
            note(Target::SESSION_ICONS, pair(session, occurrence.icon));
        }
        cells.entry((hour, occurrence.icon)).or_default().add(used.clone(), 1);
        sets.entry((hour, occurrence.set)).or_default().add(used, 1);
    }
    for ((hour, _), cell) in &sets {
        cells.entry((*hour, Target::ALL)).or_default().merge(cell.clone());
    }
    cells.extend(sets);
    cells
}

/// The days of hours.
pub(super) fn days_of(hours: &Cells) -> Cells {
    const HOURS: i32 = 24;
    let mut days = Cells::default();
    for ((hour, target), cell) in hours {
        let step = u8::try_from(hour.rem_euclid(HOURS)).unwrap_or(0);
        let day = days.entry((hour.div_euclid(HOURS), *target)).or_default();
        day.merge(cell.as_step(step));
    }
    days
}

/// A hash of both.
fn pair(session: i64, icon: Target) -> i64 {
    let bytes = [session.to_le_bytes(), icon.number().to_le_bytes()].concat();
    i64::from_le_bytes(xxhash_rust::xxh3::xxh3_64(&bytes).to_le_bytes())
}
