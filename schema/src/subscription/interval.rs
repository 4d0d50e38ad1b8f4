//! How often a subscriber is told.

use std::{ops::RangeInclusive, time::Duration};

use async_graphql::Error;

use crate::errors::bad_user_input;

/// Milliseconds from one event to the next.
const INTERVALS_MS: RangeInclusive<i32> = 250..=60_000;

/// What `intervalMs` means.
///
/// # Errors
/// `BAD_USER_INPUT` where it is too short or too long.
pub(crate) fn interval_of(interval_ms: i32) -> Result<Duration, Error> {
    let interval = u64::try_from(interval_ms).ok();
    match interval.filter(|_| INTERVALS_MS.contains(&interval_ms)) {
        Some(interval_ms) => Ok(Duration::from_millis(interval_ms)),
        None => Err(bad_user_input(format!(
            "`intervalMs` is from {} to {}",
            INTERVALS_MS.start(),
            INTERVALS_MS.end()
        ))),
    }
}
