//! A PostgreSQL server of one test's own, for it to stop, to freeze, to start again, to copy, and to be refused by.

use std::{
    net::TcpListener,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::{child::eventually, database::TestDatabase};

/// A server with the superuser `iconql`, password `right`, and databases `iconql` and `postgres`. It ends with this.
pub struct OwnPostgres {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
    server: Option<Child>,
}

impl OwnPostgres {
    /// A new server that takes connections.
    pub async fn start() -> Self {
        let mut own = Self::without_data();
        std::fs::write(own.path("password"), "right\n").expect("a file can be written");
        let mut initdb = own.program("initdb");
        initdb.args([
            "--pgdata=data",
            "--username=iconql",
            "--auth=scram-sha-256",
            "--pwfile=password",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]);
        assert!(initdb.status().expect("initdb runs").success(), "initdb failed");
        own.start_again().await;
        let url = own.url("postgres", "right");
        let psql = Command::new("psql")
            .args(["-q", &url, "-c", "CREATE DATABASE iconql"])
            .status();
        assert!(psql.expect("psql runs").success(), "no database could be made");
        own
    }

    /// A streaming replica of this one, which takes connections.
    pub async fn replica(&self) -> Self {
        let mut own = Self::without_data();
        let mut copy = own.program("pg_basebackup");
        copy.args([
            "--pgdata=data",
            "--write-recovery-conf",
            "--checkpoint=fast",
            "--no-sync",
        ])
        .args(["--dbname", &self.url("postgres", "right")]);
        assert!(
            copy.status().expect("pg_basebackup runs").success(),
            "pg_basebackup failed"
        );
        own.start_again().await;
        own
    }

    /// A folder and a port.
    fn without_data() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("iconql-own-")
            .tempdir_in("/tmp")
            .expect("a folder can be made");
        let own = Self {
            folder,
            programs: programs(),
            port: free_port(),
            server: None,
        };
        own.become_owner();
        own
    }

    /// Where it listens, as `HOST:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The database that tests use of it, which [`Self::url`] calls `iconql`.
    pub fn database(&self) -> TestDatabase {
        TestDatabase::of_postgres(&self.url("iconql", "right"))
    }

    /// Has a replica take in nothing more, until it is told to [`resume`](Self::resume).
    pub async fn pause(&self) {
        let database = self.database();
        database.run("SELECT pg_wal_replay_pause()").await;
        eventually("it replays no more", async || {
            database.lines("SELECT pg_get_wal_replay_pause_state()").await == ["paused"]
        })
        .await;
    }

    /// Has a replica catch up.
    pub async fn resume(&self) {
        self.database().run("SELECT pg_wal_replay_resume()").await;
    }

    /// The URL of a database, with a password.
    pub fn url(&self, database: &str, password: &str) -> String {
        format!("postgres://iconql:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// Starts it, on the port that it had.
    pub async fn start_again(&mut self) {
        let mut postgres = self.program("postgres");
        postgres
            .arg("-D")
            .arg(self.path("data"))
            .args(["-p", &self.port.to_string()]);
        for setting in ["listen_addresses=127.0.0.1", "fsync=off", "max_connections=30"] {
            postgres.args(["-c", setting]);
        }
        postgres
            .arg("-c")
            .arg(format!("unix_socket_directories={}", self.folder.path().display()));
        self.server = Some(postgres.spawn().expect("postgres can be started"));
        let lock = self.path("data/postmaster.pid");
        eventually("the server takes connections", async || {
            std::fs::read_to_string(&lock)
                .is_ok_and(|text| text.lines().nth(7).is_some_and(|line| line.starts_with("ready")))
        })
        .await;
    }

    /// Ends it and every connection to it at once.
    pub fn stop(&mut self) {
        self.end_by("INT");
    }

    /// Ends it as a crash does.
    pub fn crash(&mut self) {
        self.end_by("QUIT");
    }

    /// Has it say nothing any more, and keep every connection; new ones are made by the system alone.
    pub fn freeze(&self) {
        // The first makes no more of the others then.
        let server = self.server.as_ref().expect("it runs").id();
        signal("STOP", server);
        let children = children(server);
        assert!(!children.is_empty(), "the system does not tell of children");
        for process in children {
            signal("STOP", process);
        }
    }

    /// Has it go on where it was frozen.
    pub fn thaw(&self) {
        let server = self.server.as_ref().expect("it runs").id();
        for process in children(server) {
            signal("CONT", process);
        }
        signal("CONT", server);
    }

    fn end_by(&mut self, name: &str) {
        if self.server.is_some() {
            // What is frozen hears nothing.
            self.thaw();
        }
        if let Some(mut server) = self.server.take() {
            signal(name, server.id());
            let _ = server.wait();
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program of the server's, as a user that it agrees to run as.
    fn program(&self, name: &str) -> Command {
        let mut command = if runs_as_root() {
            let mut command = Command::new("setpriv");
            command.args([
                "--reuid",
                OWNER,
                "--regid",
                OWNER,
                "--clear-groups",
                "--pdeathsig",
                "QUIT",
            ]);
            command.arg(self.programs.join(name));
            command
        } else {
            Command::new(self.programs.join(name))
        };
        command
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn become_owner(&self) {
        if runs_as_root() {
            let owner = format!("{OWNER}:{OWNER}");
            let changed = Command::new("chown")
                .args([&owner, &self.folder.path().display().to_string()])
                .status();
            assert!(
                changed.expect("there is a chown").success(),
                "the folder cannot be given away"
            );
        }
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// One that has ended meanwhile needs none.
fn signal(name: &str, process: u32) {
    let _ = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .stderr(Stdio::null())
        .status();
}

/// The processes that a process has started itself, those that still are.
fn children(process: u32) -> Vec<u32> {
    let list = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

/// Who the server runs as where the tests run as root, which it refuses to.
const OWNER: &str = "65534";

/// Whether the tests run as root, whom file permissions do not bind.
pub fn runs_as_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

/// The folder of the server's programs: the newest that Debian has, else where PATH finds them.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").is_file())
        .max();
    newest.unwrap_or_else(|| {
        let found = Command::new("sh")
            .args(["-c", "command -v initdb"])
            .output()
            .expect("there is a shell");
        let path = String::from_utf8_lossy(&found.stdout);
        Path::new(path.trim())
            .parent()
            .expect("scripts/postgres.sh needs initdb too")
            .to_owned()
    })
}
