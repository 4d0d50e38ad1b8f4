//! The icons that somebody may have meant by a name that no icon has.
//!
//! In a set they are found by words that both names have and by spelling; the same name in other sets is found by the index.

mod keys;
mod spelling;

pub(crate) use keys::Keys;

use std::cmp::Reverse;

use super::{Search, rank::Rank, snapshot::Snapshot};
use crate::catalog::{IconId, IconName};

/// Names that are offered in the place of one.
pub const MOST_CLOSEST: usize = 5;

/// Sets whose prefixes may have been meant.
const MOST_SETS: usize = 3;

impl Search {
    /// The names that are closest to one that is not there, the closest first, at most [`MOST_CLOSEST`]. None while there is no index.
    ///
    /// In the set that is named, or those that may have been meant by it, names with the same words or another spelling; then the
    /// same name in other sets. Hidden icons are not offered. Takes the processor for long: to be called within [`compute`](super::compute).
    pub fn closest(&self, name: &IconName) -> Vec<IconName> {
        let snapshot = self.snapshot();
        snapshot.map_or_else(Vec::new, |snapshot| closest_to(&snapshot, name))
    }
}

fn closest_to(snapshot: &Snapshot, name: &IconName) -> Vec<IconName> {
    let mut closest = if snapshot.set(name.prefix()).is_some() {
        closest_in(snapshot, name.prefix(), name.key())
    } else {
        in_sets_like(snapshot, name)
    };
    for same in same_in_other_sets(snapshot, name) {
        if !closest.contains(&same) {
            closest.push(same);
        }
    }
    // The index may be of another generation than the answer that it was missing in.
    closest.retain(|close| close != name);
    closest.truncate(MOST_CLOSEST);
    closest
}

fn closest_in(snapshot: &Snapshot, prefix: &str, key: &str) -> Vec<IconName> {
    let keys = snapshot.keys_of(prefix).map(|keys| keys.closest(key, MOST_CLOSEST));
    let names = keys.unwrap_or_default().into_iter();
    names.filter_map(|key| IconName::new(prefix, &key).ok()).collect()
}

/// The key in sets whose prefixes are like the one that is not there; where none has it, the closest of the likeliest.
fn in_sets_like(snapshot: &Snapshot, name: &IconName) -> Vec<IconName> {
    let likely = sets_like(snapshot, name.prefix());
    let has_it = |prefix: &&&str| snapshot.keys_of(prefix).is_some_and(|keys| keys.contains(name.key()));
    let same: Vec<IconName> = (likely.iter().filter(has_it))
        .filter_map(|prefix| IconName::new(prefix, name.key()).ok())
        .collect();
    match likely.first() {
        Some(likeliest) if same.is_empty() => closest_in(snapshot, likeliest, name.key()),
        _ => same,
    }
}

/// Sets whose prefixes are spelt like `prefix` or have it for a beginning, the likeliest first.
fn sets_like<'a>(snapshot: &'a Snapshot, prefix: &str) -> Vec<&'a str> {
    let mut like: Vec<(u8, usize, Reverse<i32>, &str)> = (snapshot.sets.iter())
        .filter_map(|set| {
            let most = spelling::most_slips(prefix.len());
            let slips = spelling::slips(prefix.as_bytes(), set.prefix.as_bytes(), most);
            let begins = set.prefix.starts_with(prefix) || prefix.starts_with(&set.prefix);
            let longer = set.prefix.len().abs_diff(prefix.len());
            let distance = slips.or(begins.then_some(most + 1))?;
            Some((distance, longer, Reverse(set.total), set.prefix.as_str()))
        })
        .collect();
    like.sort_unstable();
    like.into_iter().take(MOST_SETS).map(|(.., prefix)| prefix).collect()
}

/// Icons of that very name in whatever set, the larger sets first.
fn same_in_other_sets(snapshot: &Snapshot, name: &IconName) -> Vec<IconName> {
    let joined = name.key().replace('-', "");
    let mut same: Vec<(Rank, IconId, String)> = Vec::new();
    for segment in &snapshot.segments {
        let icons = &*segment.documents(snapshot.fields.exact, &joined) & &*segment.visible;
        same.extend(
            (icons.iter().take(MOST_CLOSEST)).map(|doc| (segment.rank(doc), segment.id(doc), segment.name(doc))),
        );
    }
    same.sort_unstable();
    same.into_iter().filter_map(|(.., name)| name.parse().ok()).collect()
}
