//! A connection that a test can hold still, between a server and what it asks.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

use crate::database::TestDatabase;

/// Passes on what is said between the clients of its address and a server, and keeps back what it is told to. It ends with this.
pub struct Link {
    address: SocketAddr,
    /// What the answers contain that are kept back.
    marker: watch::Sender<Option<&'static str>>,
    held: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Link {
    /// Takes connections for `server`.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        let marker = watch::Sender::new(None);
        let held = Arc::new(AtomicUsize::new(0));
        let (markers, holding) = (marker.subscribe(), Arc::clone(&held));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(server).await else {
                    continue;
                };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pass_on(from_client, to_server));
                tokio::spawn(answer(from_server, to_client, markers.clone(), Arc::clone(&holding)));
            }
        });
        Self {
            address,
            marker,
            held,
            accepting,
        }
    }

    /// A link to a database of PostgreSQL, and its URL by way of it.
    pub async fn to_database(database: &TestDatabase) -> (Self, String) {
        let (before, rest) = database.url().split_once('@').expect("it is a URL of PostgreSQL");
        let (server, after) = rest.split_once('/').expect("its URL names a database");
        let link = Self::to(server.parse().expect("the tests' server is named by its address")).await;
        let url = format!("{before}@{}/{after}", link.address);
        (link, url)
    }

    /// From now on keeps back any answer that contains `marker`, and what follows it on its connection.
    pub fn hold(&self, marker: &'static str) {
        self.marker.send_replace(Some(marker));
    }

    /// Answers that are kept back.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }

    /// Lets everything go on.
    pub fn release(&self) {
        self.marker.send_replace(None);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn pass_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let _ = tokio::io::copy(&mut from, &mut to).await;
}

async fn answer(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut marker: watch::Receiver<Option<&'static str>>,
    held: Arc<AtomicUsize>,
) {
    // A short answer comes in one piece.
    let mut piece = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let text = String::from_utf8_lossy(&piece[..length]);
        if marker.borrow().is_some_and(|marker| text.contains(marker)) {
            held.fetch_add(1, Ordering::SeqCst);
            let _ = marker.wait_for(Option::is_none).await;
            held.fetch_sub(1, Ordering::SeqCst);
        }
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}
