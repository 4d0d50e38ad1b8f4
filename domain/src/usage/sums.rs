//! What many uses come to: how often and by how many, in all and of each kind, device, country and client.

use std::{collections::BTreeMap, hash::Hash};

use serde::{Deserialize, Serialize};

use super::{
    cell::Use,
    country::Country,
    distinct::Distinct,
    event::{Device, UsageKind},
};

/// Clients that a cell tells apart. Those that come later are counted together, for anybody can call a program anything.
pub(crate) const MOST_CLIENTS: usize = 200;

/// What clients beyond [`MOST_CLIENTS`] are counted as, which is no product.
pub(crate) const OTHER_CLIENTS: &str = "(other)";

/// How often, and by how many.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) count: u64,
    pub(crate) users: Distinct,
}

impl Tally {
    fn add(&mut self, user: Option<u32>, times: u32) {
        self.count += u64::from(times);
        if let Some(user) = user {
            self.users.add(user);
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.users.merge(&other.users);
    }
}

/// What falls on each of something; on none, what does not say.
pub(crate) type By<T> = BTreeMap<Option<T>, Tally>;

/// What falls on each part of the cell.
pub(crate) type Steps = BTreeMap<u8, Tally>;

/// Everything that a cell can tell.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Sums {
    pub(crate) all: Tally,
    /// Stored apart: most who read a cell want nothing else.
    #[serde(skip)]
    pub(crate) steps: Steps,
    pub(crate) kinds: By<UsageKind>,
    pub(crate) devices: By<Device>,
    pub(crate) countries: By<Country>,
    pub(crate) clients: By<Box<str>>,
}

impl Sums {
    /// Of uses and how often each.
    pub(super) fn of(uses: &[(Use, u32)]) -> Self {
        let mut sums = Self::default();
        for (used, times) in uses {
            sums.add(used, *times);
        }
        sums
    }

    pub(super) fn add(&mut self, used: &Use, times: u32) {
        let by = used.user;
        self.all.add(by, times);
        self.steps.entry(used.step).or_default().add(by, times);
        self.kinds.entry(Some(used.kind)).or_default().add(by, times);
        self.devices.entry(used.device).or_default().add(by, times);
        self.countries.entry(used.country).or_default().add(by, times);
        client(&mut self.clients, used.client.as_deref()).add(by, times);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        merge(&mut self.steps, &other.steps);
        merge(&mut self.kinds, &other.kinds);
        merge(&mut self.devices, &other.devices);
        merge(&mut self.countries, &other.countries);
        for (name, tally) in &other.clients {
            client(&mut self.clients, name.as_deref()).merge(tally);
        }
    }
}

/// Where there are as many as are told apart, the one with least goes to the others: who calls a program anything does not thereby drive out
/// those that many use.
fn client<'a>(clients: &'a mut By<Box<str>>, name: Option<&str>) -> &'a mut Tally {
    let name: Option<Box<str>> = name.map(Box::from);
    if clients.len() >= MOST_CLIENTS && !clients.contains_key(&name) {
        let others = Some(Box::from(OTHER_CLIENTS));
        let named = clients
            .iter()
            .filter(|(client, _)| client.is_some() && **client != others);
        let least = named
            .min_by_key(|(_, tally)| tally.count)
            .map(|(client, _)| client.clone());
        if let Some(tally) = least.and_then(|client| clients.remove(&client)) {
            clients.entry(others).or_default().merge(&tally);
        }
    }
    clients.entry(name).or_default()
}

fn merge<K: Ord + Clone + Hash>(into: &mut BTreeMap<K, Tally>, from: &BTreeMap<K, Tally>) {
    for (key, tally) in from {
        into.entry(key.clone()).or_default().merge(tally);
    }
}
