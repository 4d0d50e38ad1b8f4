//! Each thing is read by one at a time; whoever else wants it meanwhile waits for what that one brings.
//!
//! A batch of keys flies together. When the one who reads is cancelled or panics, those who wait are told, and one of them
//! takes over; the same where nobody polls that one any more.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use foldhash::HashMap;
use tokio::sync::watch;

use super::resource::{Erased, Place};

/// How long somebody is waited for who may never come, because nobody polls them: statements take a thousandth of it.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is being read.
#[derive(Default)]
pub(super) struct Flights {
    under_way: Mutex<HashMap<Place, Flight>>,
    next: AtomicU64,
}

/// One batch being read by somebody.
#[derive(Clone)]
struct Flight {
    number: u64,
    landed: watch::Receiver<Option<Erased>>,
}

/// Places by who reads them; each place is given by its number in what was asked for.
pub(super) struct Boarding<'a> {
    /// Those that nobody is reading: whoever holds this has to.
    pub(super) own: Option<Lead<'a>>,
    /// Those that others are reading.
    pub(super) others: Vec<Wait<'a>>,
}

/// Keeps others from reading the same, until it is dropped.
pub(super) struct Lead<'a> {
    flights: &'a Flights,
    number: u64,
    landed: watch::Sender<Option<Erased>>,
    places: Vec<Place>,
    pub(super) members: Vec<usize>,
}

/// Somebody else's batch.
pub(super) struct Wait<'a> {
    flights: &'a Flights,
    flight: Flight,
    places: Vec<Place>,
    pub(super) members: Vec<usize>,
}

impl Flights {
    /// Says of each place who is to read it. Those that nobody reads yet are taken, all of them in one step.
    pub(super) fn board(&self, places: impl IntoIterator<Item = Place>) -> Boarding<'_> {
        let mut boarding = Boarding {
            own: None,
            others: Vec::new(),
        };
        let mut under_way = self.under_way();
        for (member, place) in places.into_iter().enumerate() {
            if let Some(flight) = under_way.get(&place) {
                boarding.join(self, flight, (member, place));
                continue;
            }
            let lead = boarding.own.get_or_insert_with(|| self.lead());
            let flight = Flight {
                number: lead.number,
                landed: lead.landed.subscribe(),
            };
            under_way.insert(place, flight);
            lead.places.push(place);
            lead.members.push(member);
        }
        boarding
    }

    fn lead(&self) -> Lead<'_> {
        Lead {
            flights: self,
            number: self.next.fetch_add(1, Ordering::Relaxed),
            landed: watch::Sender::default(),
            places: Vec::new(),
            members: Vec::new(),
        }
    }

    /// Ends a flight for these places, so that whoever boards next reads them.
    fn end(&self, number: u64, places: &[Place]) {
        let mut under_way = self.under_way();
        for place in places {
            if under_way.get(place).is_some_and(|flight| flight.number == number) {
                under_way.remove(place);
            }
        }
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Place, Flight>> {
        // Nothing panics while it is held.
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Boarding<'a> {
    fn join(&mut self, flights: &'a Flights, flight: &Flight, (member, place): (usize, Place)) {
        if let Some(own) = self.own.as_mut().filter(|own| own.number == flight.number) {
            // The same key twice.
            own.members.push(member);
            return;
        }
        let known = self.others.iter_mut().find(|wait| wait.flight.number == flight.number);
        if let Some(wait) = known {
            wait.places.push(place);
            wait.members.push(member);
            return;
        }
        self.others.push(Wait {
            flights,
            flight: flight.clone(),
            places: vec![place],
            members: vec![member],
        });
    }
}

impl Lead<'_> {
    /// Tells those who wait what was read, or why it could not be.
    pub(super) fn land(self, brought: Erased) {
        self.landed.send_replace(Some(brought));
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        self.flights.end(self.number, &self.places);
    }
}

impl Wait<'_> {
    /// What the other brought; none where it has not come, and the places are free for another.
    pub(super) async fn brought(mut self) -> Option<Erased> {
        let landed = tokio::time::timeout(PATIENCE, self.flight.landed.wait_for(Option::is_some)).await;
        match landed {
            Ok(Ok(brought)) => brought.clone(),
            // It was given up, and has ended by itself.
            Ok(Err(_)) => None,
            Err(_) => {
                self.flights.end(self.flight.number, &self.places);
                None
            }
        }
    }
}
