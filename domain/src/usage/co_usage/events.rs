//! A day's events, read as baskets in bounded parts.

use super::{
    counting::{BOUNDS, Counted, Counting},
    source::Source,
};
use crate::{catalog::json_list, database::DatabaseError};

/// Events of sessions that are held at once, about: 16 bytes each.
const EVENTS_OF_PART: i64 = 1_000_000;

/// Events beyond which those that are held are looked through for the same ones.
const MOST_UNSORTED: usize = 2_000_000;

/// Events that one statement looks at, about: it has to end in the time that a statement may take.
const EVENTS_OF_SLICE: i64 = 50_000;

/// Into how many slices a day is cut at most.
const MOST_SLICES: i64 = 1_440;

const DAY_MS: i64 = 24 * 3_600_000;

/// Counts the baskets of a day that has about so many events.
///
/// A basket is the icons that one session used on that day, however often. Events without a session are in none.
pub(super) async fn count(source: &Source, day: i32, events: i64) -> Result<Counted, DatabaseError> {
    let mut counting = Counting::new(BOUNDS);
    for sessions in session_ranges(events) {
        let (mut used, mut most) = (Vec::new(), MOST_UNSORTED);
        for slice in slices(day, events) {
            used.append(&mut read(source, slice, sessions).await?);
            // A session that goes on all day uses the same icons in every slice.
            if used.len() > most {
                sort(&mut used);
                most = MOST_UNSORTED.max(2 * used.len());
            }
        }
        sort(&mut used);
        counting.add(&used);
    }
    Ok(counting.end())
}

fn sort(used: &mut Vec<(i64, i64)>) {
    used.sort_unstable();
    used.dedup();
}

/// Sessions and the icons that they used, of the slice `from_ms` to `to_ms`, excluded, and the sessions `first` to `last`.
async fn read(
    source: &Source,
    (from_ms, to_ms): (i64, i64),
    (first, last): (i64, i64),
) -> Result<Vec<(i64, i64)>, DatabaseError> {
    let rows = source.dialect().rows_as_json(&["session_hash", "icon"]);
    let sql = format!(
        "SELECT {rows} FROM (SELECT DISTINCT session_hash, icon FROM usage_event \
         WHERE occurred_ms >= $1 AND occurred_ms < $2 AND session_hash BETWEEN $3 AND $4) used"
    );
    let values = [from_ms, to_ms, first, last].map(Into::into).into();
    let rows = source.query("usage_baskets", &sql, values).await?;
    // PostgreSQL makes nothing of no rows, and not an empty list.
    let json: Option<String> = rows.first().map_or(Ok(None), |row| row.try_get_by_index(0))?;
    Ok(json.as_deref().map_or_else(|| Ok(Vec::new()), json_list)?)
}

/// All hashes of sessions, ascending, in ranges that have about [`EVENTS_OF_PART`] events each: hashes are spread evenly.
fn session_ranges(events: i64) -> impl Iterator<Item = (i64, i64)> {
    let parts = i128::from(events / EVENTS_OF_PART + 1);
    let begin = move |place: i128| i128::from(i64::MIN) + (1 << 64) * place / parts;
    let whole = |number: i128| i64::try_from(number).expect("it is between the first and the last of 64 bits");
    (0..parts).map(move |place| (whole(begin(place)), whole(begin(place + 1) - 1)))
}

/// A day in equal lengths of time, which have about [`EVENTS_OF_SLICE`] events each.
fn slices(day: i32, events: i64) -> impl Iterator<Item = (i64, i64)> {
    let count = (events / EVENTS_OF_SLICE + 1).min(MOST_SLICES);
    let begin_ms = move |place: i64| i64::from(day) * DAY_MS + DAY_MS * place / count;
    (0..count).map(move |place| (begin_ms(place), begin_ms(place + 1)))
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, EVENTS_OF_PART, EVENTS_OF_SLICE, MOST_SLICES, session_ranges, slices};

    #[test]
    fn each_session_is_in_one_part() {
        for (events, parts) in [(0, 1), (EVENTS_OF_PART - 1, 1), (EVENTS_OF_PART, 2), (10_500_000, 11)] {
            let ranges: Vec<_> = session_ranges(events).collect();
            assert_eq!(ranges.len(), parts, "{events}");
            assert_eq!((ranges[0].0, ranges[parts - 1].1), (i64::MIN, i64::MAX));
            assert!(ranges.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "{ranges:?}");
        }
    }

    #[test]
    fn each_moment_of_a_day_is_in_one_slice() {
        for (events, count) in [
            (0, 1),
            (EVENTS_OF_SLICE - 1, 1),
            (EVENTS_OF_SLICE, 2),
            (i64::MAX, usize::try_from(MOST_SLICES).unwrap()),
        ] {
            let slices: Vec<_> = slices(20_000, events).collect();
            assert_eq!(slices.len(), count, "{events}");
            assert_eq!((slices[0].0, slices[count - 1].1), (20_000 * DAY_MS, 20_001 * DAY_MS));
            assert!(slices.windows(2).all(|pair| pair[0].1 == pair[1].0));
        }
    }
}
