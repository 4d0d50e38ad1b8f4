//! Taking connections: as many as there are places, whatever the system runs out of.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::net::{TcpListener, TcpStream};

use super::{
    ceiling::{Ceiling, Ceilings, Full},
    connection::Connections,
    draining::{Draining, Phase},
};

/// Connections without a place that are listened to at once, in all and of one client. Of them too, those that wait longest
/// make room for others.
const TURNED_AWAY: usize = 128;
const TURNED_AWAY_OF_CLIENT: usize = 64;

/// How long to wait for a descriptor when the system has none to give and no connection ends.
const SHORTAGE_PAUSE: Duration = Duration::from_millis(100);

/// Takes connections until the server is to close.
pub(super) struct Listener {
    socket: TcpListener,
    connections: Arc<Connections>,
    ceiling: Ceiling,
    draining: Draining,
    /// Where those stand who have no place.
    turned_away: Ceiling,
}

impl Listener {
    pub(super) fn new(socket: TcpListener, connections: Connections, ceiling: Ceiling, draining: Draining) -> Self {
        Self {
            socket,
            connections: Arc::new(connections),
            ceiling,
            draining,
            turned_away: Ceiling::new(Ceilings {
                all: TURNED_AWAY,
                of_client: TURNED_AWAY_OF_CLIENT,
                exempt: Arc::new([]),
            }),
        }
    }

    pub(super) async fn run(self) -> io::Result<()> {
        let draining = self.draining.clone();
        tokio::select! {
            () = draining.reached(Phase::Closing) => self.take_rest(),
            () = self.take() => Ok(()),
        }
    }

    async fn take(&self) {
        let mut is_short = false;
        loop {
            match self.socket.accept().await {
                Ok((socket, peer)) => {
                    is_short = false;
                    self.serve(socket, peer);
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    // Every descriptor is in use, or memory is. Those who wait are taken when others have left.
                    if !is_short {
                        metrics::counter!("http_connections_refused_total", "reason" => "descriptors").increment(1);
                        tracing::error!(%error, "cannot take connections; raise the limit of open files, or lower MAX_CONNECTIONS");
                    }
                    is_short = true;
                    let _ = tokio::time::timeout(SHORTAGE_PAUSE, self.ceiling.one_left()).await;
                }
            }
        }
    }

    /// Takes those who were connected by the system before the listener closes: they would be reset.
    fn take_rest(self) -> io::Result<()> {
        let Self {
            socket,
            connections,
            ceiling,
            ..
        } = self;
        let system = socket.into_std()?;
        let rest: Vec<_> = std::iter::from_fn(|| system.accept().ok()).collect();
        drop(system);
        for (socket, peer) in rest {
            socket.set_nonblocking(true)?;
            let place = ceiling.enter(peer.ip(), connections.new_activity());
            if let (Ok(socket), Ok(place)) = (TcpStream::from_std(socket), place) {
                tokio::spawn(Arc::clone(&connections).serve(socket, peer, place));
            }
        }
        Ok(())
    }

    fn serve(&self, socket: TcpStream, peer: SocketAddr) {
        match self.ceiling.enter(peer.ip(), self.connections.new_activity()) {
            Ok(place) => {
                tokio::spawn(Arc::clone(&self.connections).serve(socket, peer, place));
            }
            Err(full) => self.turn_away(socket, peer, full),
        }
    }

    fn turn_away(&self, socket: TcpStream, peer: SocketAddr, full: Full) {
        metrics::counter!("http_connections_refused_total", "reason" => full.reason()).increment(1);
        let activity = self.connections.new_activity();
        if let Ok(standing) = self.turned_away.enter(peer.ip(), activity) {
            tokio::spawn(Arc::clone(&self.connections).turn_away(socket, standing, (peer, full)));
        }
    }
}

/// Whether it says nothing about the next connection.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}

/// Lets the process open as many files as the system allows it to: by default that is fewer than connections.
pub(crate) fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}
