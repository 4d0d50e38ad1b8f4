//! Taking connections: as many as there are places, whatever the system runs out of.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

use super::{
    ceiling::Ceiling,
    connection::Connections,
    draining::{Draining, Phase},
};

/// What a client is told for whom there is no place.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/json\r\n\
    content-length: 114\r\n\
    retry-after: 1\r\n\
    connection: close\r\n\
    \r\n\
    {\"errors\":[{\"message\":\"All connections are taken at the moment. Try again.\",\"extensions\":{\"code\":\"OVERLOADED\"}}]}\n";

/// Clients that are told so at once, and how long that may take. Others are closed without a word.
const FAREWELLS: usize = 64;
const FAREWELL_TIME: Duration = Duration::from_secs(1);

/// How long to wait for a descriptor when the system has none to give and no connection ends.
const SHORTAGE_PAUSE: Duration = Duration::from_millis(100);

/// Takes connections until the server is to close.
pub(super) struct Listener {
    socket: TcpListener,
    connections: Arc<Connections>,
    ceiling: Ceiling,
    draining: Draining,
    farewells: Arc<Semaphore>,
}

impl Listener {
    pub(super) fn new(socket: TcpListener, connections: Connections, ceiling: Ceiling, draining: Draining) -> Self {
        Self {
            socket,
            connections: Arc::new(connections),
            ceiling,
            draining,
            farewells: Arc::new(Semaphore::new(FAREWELLS)),
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
            if let (Ok(socket), Some(place)) = (TcpStream::from_std(socket), ceiling.enter()) {
                tokio::spawn(Arc::clone(&connections).serve(socket, peer, place));
            }
        }
        Ok(())
    }

    fn serve(&self, socket: TcpStream, peer: std::net::SocketAddr) {
        match self.ceiling.enter() {
            Some(place) => {
                tokio::spawn(Arc::clone(&self.connections).serve(socket, peer, place));
            }
            None => self.refuse(socket),
        }
    }

    fn refuse(&self, mut socket: TcpStream) {
        metrics::counter!("http_connections_refused_total", "reason" => "ceiling").increment(1);
        // Before a handshake nothing can be said.
        if self.connections.speaks_tls() {
            return;
        }
        let Ok(permit) = Arc::clone(&self.farewells).try_acquire_owned() else {
            return;
        };
        tokio::spawn(async move {
            let _ = tokio::time::timeout(FAREWELL_TIME, async {
                socket.write_all(FULL).await?;
                socket.shutdown().await?;
                // Until it has read that: what it sends meanwhile would make the system reset the connection.
                let mut ignored = [0; 4096];
                while socket.read(&mut ignored).await? > 0 {}
                io::Result::Ok(())
            })
            .await;
            drop(permit);
        });
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
