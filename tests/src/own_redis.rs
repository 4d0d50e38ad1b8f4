//! A Redis of one test's own, for it to kill, to hold still, and to fill with rubbish.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::child::eventually;

/// A Redis that keeps nothing on disk. It ends with this.
pub struct OwnRedis {
    folder: TempDir,
    port: u16,
    is_cluster: bool,
    server: Option<Child>,
}

impl OwnRedis {
    /// A new server that takes connections.
    pub async fn start() -> Self {
        let mut own = Self::new(false);
        own.start_again().await;
        own
    }

    /// A cluster of one node, which holds every slot.
    pub async fn start_cluster() -> Self {
        let mut own = Self::new(true);
        own.start_again().await;
        own.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
        eventually("the cluster knows that it is whole", async || {
            own.command(&["CLUSTER", "INFO"]).contains("cluster_state:ok")
        })
        .await;
        own
    }

    /// A cluster of three nodes, each of which holds a third of the slots.
    pub async fn start_cluster_of_three() -> [Self; 3] {
        let mut nodes = [Self::new(true), Self::new(true), Self::new(true)];
        for node in &mut nodes {
            node.start_again().await;
        }
        let addresses: Vec<String> = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        let mut create = vec!["--cluster", "create"];
        create.extend(addresses.iter().map(String::as_str));
        create.push("--cluster-yes");
        let said = nodes[0].command(&create);
        for node in &nodes {
            eventually("the cluster knows that it is whole", async || {
                node.command(&["CLUSTER", "INFO"]).contains("cluster_state:ok")
            })
            .await;
        }
        assert!(said.contains("[OK] All 16384 slots covered"), "{said}");
        nodes
    }

    fn new(is_cluster: bool) -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder can be made"),
            port: free_port(),
            is_cluster,
            server: None,
        }
    }

    /// What `--redis-url` takes: a cluster is one by having several nodes.
    pub fn url(&self) -> String {
        let url = format!("redis://127.0.0.1:{}", self.port);
        if self.is_cluster { format!("{url},{url}") } else { url }
    }

    /// Starts it, on the port that it had, and empty.
    pub async fn start_again(&mut self) {
        let mut redis = Command::new("redis-server");
        redis.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"]);
        redis.args(["--save", "", "--appendonly", "no"]);
        if self.is_cluster {
            redis.args(["--cluster-enabled", "yes"]);
        }
        let server = redis
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.server = Some(server.expect("scripts/redis.sh installs redis-server"));
        eventually("redis takes connections", async || {
            self.command(&["PING"]).contains("PONG")
        })
        .await;
    }

    /// Runs a command, and says what it printed.
    pub fn command(&self, words: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            .args(words)
            .output()
            .expect("redis-cli comes with redis-server");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Sends a signal by its name, as `STOP`.
    pub fn signal(&self, name: &str) {
        let server = self.server.as_ref().expect("it runs");
        let sent = Command::new("kill")
            .args(["-s", name, &server.id().to_string()])
            .status();
        assert!(sent.expect("there is a kill").success(), "cannot send {name}");
    }

    /// Ends it and every connection to it at once.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The Redis that tests share, each with clients of its own.
#[expect(clippy::disallowed_methods, reason = "scripts/redis.sh says it in no other way")]
pub fn shared_redis_url() -> String {
    std::env::var("ICONQL_TEST_REDIS_URL").unwrap_or_else(|_| {
        panic!("ICONQL_TEST_REDIS_URL is not set: run the tests with `make test`, or `scripts/redis.sh cargo test`")
    })
}

fn free_port() -> u16 {
    // A cluster's node also listens 10,000 above, which must be a port too.
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = listener.local_addr().expect("it has an address").port();
        if port < 55_000 {
            return port;
        }
    }
}
