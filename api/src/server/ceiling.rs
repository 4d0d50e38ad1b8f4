//! How many connections are open, of whom, and who makes room for whom.
//!
//! A client that has as many as it may, and a server that has, give up those that have waited longest for their client: a
//! connection that nobody uses costs nobody anything when it goes, and one that somebody holds open to keep others out is the
//! one that goes first. Where all of them are being answered, there is no place.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use domain::access::Client;
use ipnet::IpNet;
use schema::Code;
use tokio::sync::Notify;

use super::activity::Activity;
use crate::routes::Refused;

/// When to come again where there was no place.
const RETRY_AFTER_SECONDS: &str = "1";

/// Of so many connections, one is given up beyond the one that has to be, so that they are not all looked at for each that comes.
const LOOKED_AT_FOR_EACH: usize = 128;

/// The places that connections have. Clones share them.
#[derive(Clone)]
pub(super) struct Ceiling(Arc<Places>);

/// Who may have how many.
pub(super) struct Ceilings {
    pub(super) all: usize,
    /// Of one address; of IPv6, of one /64.
    pub(super) of_client: usize,
    /// Networks that speak for many clients.
    pub(super) exempt: Arc<[IpNet]>,
}

struct Places {
    ceilings: Ceilings,
    state: Mutex<State>,
    left: Notify,
}

#[derive(Default)]
struct State {
    next: u64,
    /// Those that have a place.
    taken: HashMap<u64, Taken>,
    of_client: HashMap<Client, usize>,
    /// Those that are open: the ones that were given up too, until they notice.
    open: usize,
}

struct Taken {
    /// None where it speaks for many.
    client: Option<Client>,
    activity: Arc<Activity>,
}

/// One connection's place, free again when this is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    activity: Arc<Activity>,
    number: u64,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    Client,
    Server,
}

impl Ceiling {
    pub(super) fn new(ceilings: Ceilings) -> Self {
        Self(Arc::new(Places {
            ceilings,
            state: Mutex::default(),
            left: Notify::new(),
        }))
    }

    /// A place for a connection from `peer`, if need be that of one that waits for its client.
    ///
    /// # Errors
    /// Where none waits.
    pub(super) fn enter(&self, peer: IpAddr, activity: Arc<Activity>) -> Result<Place, Full> {
        let Ceilings { all, of_client, .. } = self.0.ceilings;
        let client = self.0.client(peer);
        let mut state = self.0.state();
        if let Some(client) = client
            && state.of_client.get(&client).is_some_and(|taken| *taken >= of_client)
        {
            state.make_room(Some(client)).ok_or(Full::Client)?;
        }
        if state.taken.len() >= all {
            state.make_room(None).ok_or(Full::Server)?;
        }
        if let Some(client) = client {
            *state.of_client.entry(client).or_default() += 1;
        }
        let number = state.next;
        state.next += 1;
        state.open += 1;
        let taken = Taken {
            client,
            activity: Arc::clone(&activity),
        };
        state.taken.insert(number, taken);
        drop(state);
        metrics::gauge!("http_connections_open").increment(1);
        Ok(Place {
            places: Arc::clone(&self.0),
            activity,
            number,
        })
    }

    /// Ends when the next connection does.
    pub(super) async fn one_left(&self) {
        self.0.left.notified().await;
    }

    /// Ends once no connection is open.
    pub(super) async fn all_left(&self) {
        loop {
            let left = self.0.left.notified();
            if self.0.state().open == 0 {
                return;
            }
            left.await;
        }
    }
}

impl Places {
    fn client(&self, peer: IpAddr) -> Option<Client> {
        let peer = peer.to_canonical();
        let is_exempt = self.ceilings.exempt.iter().any(|network| network.contains(&peer));
        (!is_exempt).then(|| Client::at(peer))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives up those that have waited longest, of `client` or of everybody.
    fn make_room(&mut self, client: Option<Client>) -> Option<()> {
        let of_client = |taken: &Taken| client.is_none() || taken.client == client;
        let candidates = self.taken.iter().filter(|(_, taken)| of_client(taken));
        let mut waiting: Vec<_> = candidates
            .filter_map(|(number, taken)| Some((taken.activity.waiting_since()?, *number)))
            .collect();
        waiting.sort_unstable();
        let count = 1 + waiting.len() / LOOKED_AT_FOR_EACH;
        for (_, number) in waiting.iter().take(count) {
            if let Some(taken) = self.leave(*number) {
                taken.activity.give_up();
                metrics::counter!("http_connections_given_up_total", "reason" => "room").increment(1);
            }
        }
        waiting.first().map(|_| ())
    }

    fn leave(&mut self, number: u64) -> Option<Taken> {
        let taken = self.taken.remove(&number)?;
        if let Some(client) = taken.client
            && let Some(count) = self.of_client.get_mut(&client)
        {
            *count -= 1;
            if *count == 0 {
                self.of_client.remove(&client);
            }
        }
        Some(taken)
    }
}

impl Place {
    /// What its connection is doing.
    pub(super) fn activity(&self) -> Arc<Activity> {
        Arc::clone(&self.activity)
    }
}

impl Full {
    /// What whoever asks for anything is told.
    pub(super) fn into_response(self) -> Response {
        let (code, message) = match self {
            Self::Client => (
                Code::RateLimited,
                "You have as many connections as MAX_CONNECTIONS_PER_CLIENT allows, and all are in use. Use those, or close some.",
            ),
            Self::Server => (Code::Overloaded, "All connections are taken at the moment. Try again."),
        };
        let headers = [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)];
        (headers, Refused::new(code, message)).into_response()
    }

    /// As the metric names it.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "ceiling",
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.places.state();
        state.leave(self.number);
        state.open -= 1;
        drop(state);
        metrics::gauge!("http_connections_open").decrement(1);
        self.places.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, sync::Arc, time::Duration};

    use futures_util::FutureExt as _;

    use super::{Ceiling, Ceilings, Full};
    use crate::server::activity::{Activity, Patience};

    fn ceiling(all: usize, of_client: usize) -> Ceiling {
        Ceiling::new(Ceilings {
            all,
            of_client,
            exempt: Arc::new(["10.0.0.0/8".parse().expect("a network")]),
        })
    }

    fn activity() -> Arc<Activity> {
        let patience = Duration::from_mins(1);
        Activity::new(Patience {
            headers: patience,
            idle: patience,
            answer: patience,
        })
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn is_given_up(activity: &Activity) -> bool {
        activity.given_up().now_or_never().is_some()
    }

    #[test]
    fn who_is_answered_keeps_a_place_and_who_waits_makes_room() {
        let ceiling = ceiling(10, 2);
        let (busy, waiting, next) = (activity(), activity(), activity());
        let request = busy.begin(false);
        let _busy = ceiling.enter(address("2001:db8:1:2::1"), Arc::clone(&busy));
        let _waiting = ceiling.enter(address("2001:db8:1:2::2"), Arc::clone(&waiting));
        assert!(!is_given_up(&waiting));
        let same_network = address("2001:db8:1:2:3::");
        let _next = ceiling
            .enter(same_network, Arc::clone(&next))
            .expect("there is room for it");
        assert!(is_given_up(&waiting) && !is_given_up(&busy));
        let _running = next.begin(false);
        assert_eq!(ceiling.enter(same_network, activity()).err(), Some(Full::Client));
        assert!(ceiling.enter(address("2001:db8:1:3::1"), activity()).is_ok());
        drop(request);
        assert!(ceiling.enter(same_network, activity()).is_ok());
        assert!(is_given_up(&busy));
    }

    #[test]
    fn the_longest_waiting_of_all_makes_room() {
        let ceiling = ceiling(2, 2);
        let [first, second] = [activity(), activity()];
        let _first = ceiling.enter(address("192.0.2.1"), Arc::clone(&first));
        let _second = ceiling.enter(address("192.0.2.2"), Arc::clone(&second));
        drop(first.begin(false));
        let third = ceiling.enter(address("192.0.2.3"), activity()).expect("there is room");
        assert!(
            is_given_up(&second) && !is_given_up(&first),
            "it has just been answered"
        );
        let sockets = [activity(), activity()];
        for socket in &sockets {
            socket.upgraded();
        }
        let _sockets = sockets
            .each_ref()
            .map(|socket| ceiling.enter(address("192.0.2.4"), Arc::clone(socket)));
        assert_eq!(
            ceiling.enter(address("192.0.2.5"), activity()).err(),
            Some(Full::Server)
        );
        drop(third);
    }

    #[test]
    fn who_speaks_for_many_is_counted_with_all_only() {
        let ceiling = ceiling(3, 1);
        let running = [activity(), activity(), activity()];
        let _requests = running.each_ref().map(|activity| activity.begin(true));
        let _places = running.each_ref().map(|activity| {
            ceiling
                .enter(address("::ffff:10.1.1.1"), Arc::clone(activity))
                .expect("it is exempt")
        });
        assert_eq!(ceiling.enter(address("10.1.1.1"), activity()).err(), Some(Full::Server));
    }

    #[tokio::test]
    async fn who_was_given_up_is_still_waited_for() {
        let ceiling = ceiling(1, 1);
        let first = ceiling.enter(address("192.0.2.1"), activity());
        let second = ceiling.enter(address("192.0.2.1"), activity());
        drop(second);
        assert!(ceiling.all_left().now_or_never().is_none());
        drop(first);
        ceiling.all_left().await;
    }
}
