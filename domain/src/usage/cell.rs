//! What is known of one target in one hour or one day: how often it was used, by how many, and of both how much falls on what.
//!
//! Most icons are used a few times in an hour, so that a cell lists its uses as long as they are few; beyond that it has sums. Both tell
//! the same, but that sums know users by a sketch: two cells are merged whatever they are, and by whom is still counted once.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use super::{
    country::Country,
    event::{Device, UsageKind},
    occurrence::Occurrence,
    sums::{Steps, Sums},
};

/// Different uses that are listed in a cell.
const MOST_LISTED: usize = 48;

/// A use, as often as it happened alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Use {
    /// Of an hour the half minute, of a day the hour.
    pub(crate) step: u8,
    pub(crate) kind: UsageKind,
    pub(crate) device: Option<Device>,
    pub(crate) country: Option<Country>,
    pub(crate) client: Option<Box<str>>,
    /// Whom it was by, to 32 bits.
    #[serde(with = "fixed")]
    pub(crate) user: Option<u32>,
}

impl Use {
    pub(crate) fn of(occurrence: &Occurrence, step: u8) -> Self {
        Self {
            step,
            kind: occurrence.kind,
            device: occurrence.device,
            country: occurrence.country,
            client: occurrence.client.clone(),
            user: occurrence.user.map(shortened),
        }
    }

    /// One that tells when and by whom alone.
    pub(crate) fn by(step: u8, user: i64) -> Self {
        Self {
            step,
            kind: UsageKind::Render,
            device: None,
            country: None,
            client: None,
            user: Some(shortened(user)),
        }
    }
}

/// The upper half: the lowest bit of a hash is always set.
#[expect(clippy::cast_sign_loss, reason = "it is what is wanted")]
fn shortened(hash: i64) -> u32 {
    (hash >> 32) as u32
}

/// A cell, in whichever of its two forms.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Cell {
    /// Different uses and how often each, in the order in which they came.
    Listed(Vec<(Use, u32)>),
    Summed(Box<Sums>),
}

impl Default for Cell {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl Cell {
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Listed(uses) => uses.iter().map(|(_, times)| u64::from(*times)).sum(),
            Self::Summed(sums) => sums.all.count,
        }
    }

    pub(crate) fn add(&mut self, used: Use, times: u32) {
        let listed = match self {
            Self::Summed(sums) => return sums.add(&used, times),
            Self::Listed(listed) => listed,
        };
        if let Some((_, known)) = listed.iter_mut().find(|(other, _)| *other == used) {
            *known = known.saturating_add(times);
        } else if listed.len() < MOST_LISTED {
            // Most cells have one use, and there are many cells.
            if listed.is_empty() {
                listed.reserve_exact(1);
            }
            listed.push((used, times));
        } else {
            let mut sums = Box::new(Sums::of(listed));
            sums.add(&used, times);
            *self = Self::Summed(sums);
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        match (&mut *self, other) {
            (_, Self::Listed(uses)) => {
                for (used, times) in uses {
                    self.add(used, times);
                }
            }
            (Self::Summed(sums), Self::Summed(other)) => sums.merge(&other),
            (Self::Listed(uses), Self::Summed(mut sums)) => {
                for (used, times) in uses.iter() {
                    sums.add(used, *times);
                }
                *self = Self::Summed(sums);
            }
        }
    }

    /// What an hour adds to its day, of which it is `step`.
    pub(crate) fn as_step(&self, step: u8) -> Self {
        match self {
            Self::Listed(uses) => {
                let mut cell = Self::default();
                for (used, times) in uses {
                    cell.add(Use { step, ..used.clone() }, *times);
                }
                cell
            }
            Self::Summed(sums) => {
                let mut sums = sums.clone();
                sums.steps = BTreeMap::from([(step, sums.all.clone())]);
                Self::Summed(sums)
            }
        }
    }

    /// What falls on each part of it.
    pub(crate) fn steps(&self) -> Cow<'_, Steps> {
        match self {
            Self::Listed(uses) => Cow::Owned(Sums::of(uses).steps),
            Self::Summed(sums) => Cow::Borrowed(&sums.steps),
        }
    }

    /// As it is stored: itself, and its steps where these are not to be found in it.
    pub(crate) fn pack(&self) -> Result<(Vec<u8>, Vec<u8>), postcard::Error> {
        let steps = match self {
            Self::Listed(_) => Vec::new(),
            Self::Summed(sums) => postcard::to_allocvec(&sums.steps)?,
        };
        Ok((postcard::to_allocvec(self)?, steps))
    }

    pub(crate) fn unpack(cell: &[u8], steps: &[u8]) -> Result<Self, postcard::Error> {
        let mut unpacked: Self = postcard::from_bytes(cell)?;
        if let Self::Summed(sums) = &mut unpacked {
            sums.steps = postcard::from_bytes(steps)?;
        }
        Ok(unpacked)
    }

    pub(crate) fn into_sums(self) -> Sums {
        match self {
            Self::Listed(uses) => Sums::of(&uses),
            Self::Summed(sums) => *sums,
        }
    }
}

/// Four bytes for what is as often large as small.
mod fixed {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with the field"
    )]
    pub(super) fn serialize<S: Serializer>(value: &Option<u32>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(u32::to_le_bytes).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
        Ok(Option::<[u8; 4]>::deserialize(deserializer)?.map(u32::from_le_bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, MOST_LISTED, Use};
    use crate::usage::{
        event::UsageKind,
        sums::{MOST_CLIENTS, OTHER_CLIENTS, Tally},
    };

    fn used(step: u8, user: u32, client: &str) -> Use {
        Use {
            step,
            kind: if user.is_multiple_of(3) {
                UsageKind::Copy
            } else {
                UsageKind::Render
            },
            device: None,
            country: (user.is_multiple_of(2)).then(|| "DE".parse().unwrap()),
            client: Some(client.into()),
            user: (user > 0).then_some(user),
        }
    }

    /// What a cell tells, as far as that is exact.
    fn told(cell: Cell) -> Vec<(String, u64, u64)> {
        let sums = cell.into_sums();
        let mut told = vec![("all".to_owned(), sums.all.count, sums.all.users.count())];
        let mut tell = |name: String, tally: &Tally| told.push((name, tally.count, tally.users.count()));
        sums.steps
            .iter()
            .for_each(|(step, tally)| tell(format!("step {step}"), tally));
        sums.kinds
            .iter()
            .for_each(|(kind, tally)| tell(format!("{kind:?}"), tally));
        sums.countries
            .iter()
            .for_each(|(country, tally)| tell(format!("{country:?}"), tally));
        sums.clients
            .iter()
            .for_each(|(client, tally)| tell(format!("{client:?}"), tally));
        told
    }

    /// As it comes back from where it is stored.
    fn stored(cell: &Cell) -> Cell {
        let (packed, steps) = cell.pack().unwrap();
        Cell::unpack(&packed, &steps).unwrap()
    }

    #[test]
    fn cells_tell_the_same_however_they_came_about() {
        for count in [0, 1, 2, MOST_LISTED, MOST_LISTED + 1, 100] {
            let number = |n: usize, of: usize| u8::try_from(n % of).unwrap();
            let use_of = |n: usize| used(number(n, 60), number(n, 70).into(), ["a", "b"][n % 2]);
            let uses: Vec<Use> = (0..count).map(use_of).collect();
            let mut one = Cell::default();
            for used in &uses {
                one.add(used.clone(), 1);
            }
            assert_eq!(one.count(), count as u64);
            let expected = told(stored(&one));
            for place in [0, 1, count / 3, count / 2, count] {
                let (first, second) = uses.split_at(place.min(count));
                let [first, second] = [first, second].map(|uses| {
                    let mut cell = Cell::default();
                    for used in uses {
                        cell.add(used.clone(), 1);
                    }
                    cell
                });
                let mut merged: Cell = stored(&second);
                merged.merge(first);
                assert_eq!(merged.count(), count as u64);
                assert_eq!(told(merged), expected, "{count} at {place}");
            }
        }
    }

    #[test]
    fn a_day_is_made_of_its_hours() {
        for count in [1, 30, 200] {
            let (mut day, mut expected) = (Cell::default(), Cell::default());
            for hour in [3, 4] {
                let mut cell = Cell::default();
                for user in 1..=count {
                    let used = used(u8::try_from(user % 60).unwrap(), user, "a");
                    expected.add(
                        Use {
                            step: hour,
                            ..used.clone()
                        },
                        1,
                    );
                    cell.add(used, 1);
                }
                day.merge(cell.as_step(hour));
            }
            assert_eq!(told(day), told(expected), "{count}");
        }
    }

    #[test]
    fn what_is_alike_is_listed_once() {
        let mut cell = Cell::default();
        for _ in 0..1_000 {
            cell.add(used(7, 1, "a"), 2);
        }
        assert!(matches!(&cell, Cell::Listed(uses) if uses.len() == 1));
        assert_eq!(cell.count(), 2_000);
        assert!(cell.pack().unwrap().0.len() < 20);
    }

    #[test]
    fn clients_are_told_apart_up_to_a_number() {
        let mut cell = Cell::default();
        let add = |cell: &mut Cell, client: &str, times| cell.add(used(0, 1, client), times);
        add(&mut cell, "web/2.1", 1_000);
        for client in 0..MOST_CLIENTS + 50 {
            add(&mut cell, &format!("client/{client}"), 1);
        }
        let sums = cell.into_sums();
        assert_eq!(sums.clients.len(), MOST_CLIENTS + 1);
        // Whoever many use stays.
        assert_eq!(sums.clients[&Some("web/2.1".into())].count, 1_000);
        assert_eq!(sums.clients[&Some(OTHER_CLIENTS.into())].count, 51);
        assert_eq!(sums.clients.values().map(|tally| tally.count).sum::<u64>(), 1_250);
    }
}
