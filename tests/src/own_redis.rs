//! A Redis of one test's own, for it to kill, to hold still, and to fill with rubbish.

use std::{
    hash::{BuildHasher as _, RandomState},
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
};

use tempfile::TempDir;

use crate::child::eventually;

/// A Redis that keeps nothing on disk. It ends with this.
pub struct OwnRedis {
    folder: TempDir,
    port: u16,
    is_cluster: bool,
    /// Where `ca.pem`, `cert.pem` and `key.pem` lie, of one that speaks TLS alone.
    identity: Option<PathBuf>,
    server: Option<Child>,
}

impl OwnRedis {
    /// A new server that takes connections.
    pub async fn start() -> Self {
        let mut own = Self::new(false);
        own.start_again().await;
        own
    }

    /// A server that speaks TLS alone, with the `cert.pem` and `key.pem` of a folder, which its `ca.pem` has signed for 127.0.0.1.
    pub async fn start_with_tls(identity: PathBuf) -> Self {
        let mut own = Self::new(false);
        own.identity = Some(identity);
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
            identity: None,
            server: None,
        }
    }

    /// Where it takes connections.
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// What `--redis-url` takes: a cluster is one by having several nodes.
    pub fn url(&self) -> String {
        let scheme = if self.identity.is_some() { "rediss" } else { "redis" };
        let url = format!("{scheme}://{}", self.address());
        if self.is_cluster { format!("{url},{url}") } else { url }
    }

    /// Starts it, on the port that it had, and empty.
    pub async fn start_again(&mut self) {
        let mut redis = Command::new("redis-server");
        let port = self.port.to_string();
        redis.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        match &self.identity {
            None => drop(redis.args(["--port", &port])),
            Some(identity) => {
                redis.args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"]);
                for (setting, file) in [
                    ("--tls-ca-cert-file", "ca.pem"),
                    ("--tls-cert-file", "cert.pem"),
                    ("--tls-key-file", "key.pem"),
                ] {
                    redis.arg(setting).arg(identity.join(file));
                }
            }
        }
        if self.is_cluster {
            // A node that is gone takes only its own slots with it.
            redis.args(["--cluster-enabled", "yes", "--cluster-require-full-coverage", "no"]);
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
        let mut cli = Command::new("redis-cli");
        cli.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        if let Some(identity) = &self.identity {
            cli.arg("--tls").arg("--cacert").arg(identity.join("ca.pem"));
        }
        let output = cli.args(words).output().expect("redis-cli comes with redis-server");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Instances that listen to what others tell of their catalogs.
    pub fn listeners(&self) -> usize {
        let channels = self.command(&["PUBSUB", "CHANNELS", "iconql:v1:*:changed"]);
        let mut count = vec!["PUBSUB", "NUMSUB"];
        count.extend(channels.lines().map(str::trim).filter(|channel| !channel.is_empty()));
        let said = self.command(&count);
        // A channel, how many listen to it; and so on.
        said.lines()
            .skip(1)
            .step_by(2)
            .filter_map(|count| count.trim().parse::<usize>().ok())
            .sum()
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

/// A port that stays free while its Redis is away: below those that the kernel gives to clients.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let start = RandomState::new().hash_one(()).to_le_bytes();
    let start = u16::from_le_bytes([start[0], start[1]]);
    let candidates =
        std::iter::repeat_with(|| 12_000 + start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 8000);
    // A cluster's node also listens 10,000 above.
    let mut free = candidates
        .take(8000)
        .filter(|port| is_free(port) && is_free(&(port + 10_000)));
    free.next().expect("there is a free port")
}
