//! How icons and sets stand by usage: their places in each window, what is popular and what is rising. Read from the counts of hours and
//! days, and kept in memory until it is read again.

mod counts;
mod keeping;
mod places;
mod rising;

use std::cmp::Reverse;

use foldhash::HashMap;

pub(super) use keeping::Keeping;
pub use rising::Rising;

use self::places::Places;
use super::window::UsageWindow;
use crate::catalog::IconId;

/// The window that says what is popular: long enough to forget a day, short enough to forget a fashion.
pub const POPULAR: UsageWindow = UsageWindow::Month;

/// How everything stands, as of one moment. Of what was not used, nothing is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standings {
    /// Another for each that differs, in this process.
    version: u64,
    windows: [WindowStandings; UsageWindow::ALL.len()],
    /// How often icons were used in [`POPULAR`].
    popular: HashMap<IconId, u64>,
    /// The same of sets, by prefix.
    popular_sets: HashMap<String, u64>,
}

/// How everything stands in one window.
#[derive(Debug, Clone, Default, PartialEq)]
struct WindowStandings {
    icons: Places,
    sets: Places,
    /// Those that surprise most, first.
    rising: Vec<Rising>,
}

impl Standings {
    /// Tells these from others of this process; 0 before anything was read.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The place of an icon that was used `count` times in a window, from 1 for whatever was used most; equal counts share a place. None
    /// of what was not used.
    pub fn place_of_icon(&self, window: UsageWindow, count: u64) -> Option<u32> {
        self.of(window).icons.of(count)
    }

    /// The same of a set, among sets.
    pub fn place_of_set(&self, window: UsageWindow, count: u64) -> Option<u32> {
        self.of(window).sets.of(count)
    }

    /// Icons that are used more than was to be expected, those that surprise most first.
    pub fn rising(&self, window: UsageWindow) -> &[Rising] {
        &self.of(window).rising
    }

    /// How often each icon was used in [`POPULAR`].
    pub(crate) fn popular(&self) -> &HashMap<IconId, u64> {
        &self.popular
    }

    /// The `most` icons that were used most in [`POPULAR`], in no order.
    pub(crate) fn most_popular(&self, most: usize) -> Vec<IconId> {
        let mut icons: Vec<(u64, IconId)> = self.popular.iter().map(|(icon, count)| (*count, *icon)).collect();
        if icons.len() > most {
            icons.select_nth_unstable_by_key(most, |(count, icon)| (Reverse(*count), icon.0));
            icons.truncate(most);
        }
        icons.into_iter().map(|(_, icon)| icon).collect()
    }

    /// How often icons of a set were used in [`POPULAR`].
    pub fn popularity_of_set(&self, prefix: &str) -> u64 {
        self.popular_sets.get(prefix).copied().unwrap_or_default()
    }

    /// Sets and how often each was used, as an array of pairs.
    pub(crate) fn popular_sets_as_json(&self) -> String {
        let pairs: Vec<_> = self.popular_sets.iter().collect();
        serde_json::to_string(&pairs).unwrap_or_else(|_| "[]".to_owned())
    }

    fn of(&self, window: UsageWindow) -> &WindowStandings {
        &self.windows[window.place()]
    }
}
