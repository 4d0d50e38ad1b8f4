//! How many sockets and event streams there are, of whom.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use domain::access::Client;
use schema::Code;

use crate::routes::Refused;

/// What a client is told to wait for a place.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("10");

/// The places for answers that last. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connections(Arc<Places>);

struct Places {
    max: usize,
    max_a_client: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    in_all: usize,
    by_client: HashMap<Client, usize>,
}

/// A place, taken until it is dropped.
pub(crate) struct Place {
    connections: Connections,
    client: Client,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    #[error("You have as many sockets and event streams open as you may: {max}. Close one first.")]
    Client { max: usize },
    #[error("There is no room for another socket or event stream. Try again.")]
    Server,
}

impl Connections {
    /// `max` places, `max_a_client` of them for any one client.
    pub(crate) fn new(max: usize, max_a_client: usize) -> Self {
        Self(Arc::new(Places {
            max,
            max_a_client,
            taken: Mutex::default(),
        }))
    }

    /// Takes a place.
    ///
    /// # Errors
    /// Where the client, or everybody together, has as many as there may be.
    pub(crate) fn enter(&self, client: Client) -> Result<Place, Full> {
        let mut taken = self.taken();
        if taken.in_all >= self.0.max {
            return Err(Full::Server);
        }
        self.count_in(&mut taken, client)?;
        taken.in_all += 1;
        drop(taken);
        Ok(Place {
            connections: self.clone(),
            client,
        })
    }

    fn count_in(&self, taken: &mut Taken, client: Client) -> Result<(), Full> {
        let max = self.0.max_a_client;
        let own = taken.by_client.entry(client).or_default();
        if *own >= max {
            return Err(Full::Client { max });
        }
        *own += 1;
        Ok(())
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Counts the place for the client that whoever holds it turned out to be.
    ///
    /// # Errors
    /// Where that client has no place left; this one stays who it was.
    pub(crate) fn belongs_to(&mut self, client: Client) -> Result<(), Full> {
        if client == self.client {
            return Ok(());
        }
        let mut taken = self.connections.taken();
        self.connections.count_in(&mut taken, client)?;
        taken.count_out(self.client);
        drop(taken);
        self.client = client;
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.connections.taken();
        taken.in_all -= 1;
        taken.count_out(self.client);
    }
}

impl Taken {
    fn count_out(&mut self, client: Client) {
        if let Some(own) = self.by_client.get_mut(&client) {
            *own -= 1;
            if *own == 0 {
                self.by_client.remove(&client);
            }
        }
    }
}

impl Full {
    /// The refusal of a request for a place.
    pub(crate) fn into_response(self) -> Response {
        let code = match self {
            Self::Client { .. } => Code::RateLimited,
            Self::Server => Code::Overloaded,
        };
        let mut response = Refused::new(code, self.to_string()).into_response();
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
        response
    }
}

#[cfg(test)]
mod tests {
    use domain::access::Client;

    use super::{Connections, Full};

    #[test]
    fn places_are_counted_by_client_and_in_all() {
        let connections = Connections::new(3, 2);
        let [one, other] = [Client::Key(1), Client::Key(2)];
        let first = connections.enter(one);
        let _second = connections.enter(one);
        assert_eq!(connections.enter(one).err(), Some(Full::Client { max: 2 }));
        let third = connections.enter(other);
        assert_eq!(connections.enter(other).err(), Some(Full::Server));
        drop(first);
        assert!(connections.enter(other).is_ok());
        drop(third);
        assert_eq!(connections.taken().in_all, 1);
        assert_eq!(connections.taken().by_client.len(), 1);
    }

    #[test]
    fn a_place_can_turn_out_to_be_another_clients() {
        let connections = Connections::new(10, 1);
        let [address, key] = [Client::default(), Client::Key(1)];
        let mut place = connections.enter(address).expect("there is room");
        assert_eq!(place.belongs_to(address), Ok(()));
        assert_eq!(place.belongs_to(key), Ok(()));
        assert_eq!(connections.enter(key).err(), Some(Full::Client { max: 1 }));
        let mut other = connections.enter(address).expect("its place is free again");
        assert_eq!(other.belongs_to(key), Err(Full::Client { max: 1 }));
        drop(place);
        assert_eq!(other.belongs_to(key), Ok(()));
        drop(other);
        assert_eq!(connections.taken().by_client.len(), 0);
    }
}
