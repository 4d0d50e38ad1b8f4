//! `iconql` as a process of its own.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::Method;
use serde_json::Value;

use crate::{child::eventually, reply::Reply, shared};

/// A process that has ended.
#[derive(Debug)]
pub struct Finished {
    /// None where a signal ended it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A serving process. It is killed when it is dropped.
pub struct Process {
    child: Child,
    base_url: String,
    client: reqwest::Client,
}

/// Runs `binary` to its end with only these variables, besides `PATH`.
pub fn run(binary: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
    let output = command(binary, arguments, variables).output().expect("the binary runs");
    Finished {
        status: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// `binary` with these arguments and, besides `PATH`, only these variables, in a folder without a configuration file.
#[expect(clippy::disallowed_methods, reason = "what the child inherits is passed on here")]
pub(crate) fn command(binary: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(binary);
    command
        .args(arguments)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs(variables.iter().copied())
        .current_dir(own_folder())
        .stdin(Stdio::null());
    command
}

/// An empty folder, for whatever a command leaves where it is started.
fn own_folder() -> PathBuf {
    let folder = tempfile::tempdir_in(shared::folder()).expect("a temporary folder can be made");
    folder.keep()
}

impl Process {
    /// Starts `binary serve` on a free port and waits until it says where.
    pub fn serve(binary: &str, database_url: &str, flags: &[&str]) -> Self {
        Self::serve_with(binary, database_url, flags, &[])
    }

    /// As [`Self::serve`], with variables.
    pub fn serve_with(binary: &str, database_url: &str, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let database = format!("--database-url={database_url}");
        // As `TestApp` has it: a test that wants a budget turns it on.
        let mut arguments = vec!["serve", "--listen=127.0.0.1:0", "--rate-limit-enabled=false", &database];
        arguments.extend(flags);
        let mut command = command(binary, &arguments, variables);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is piped"));
        let mut line = String::new();
        let base_url = loop {
            line.clear();
            if lines.read_line(&mut line).expect("its output is text") == 0 {
                let mut complaint = String::new();
                let _ = child
                    .stderr
                    .take()
                    .expect("its errors are piped")
                    .read_to_string(&mut complaint);
                panic!("the server ended before it served: {complaint}");
            }
            if let Some(url) = line.trim().strip_prefix("GraphQL").map(str::trim) {
                break url.trim_end_matches("/graphql").to_owned();
            }
        };
        // Neither pipe may fill up, or close, while the server writes.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        let mut errors = child.stderr.take().expect("its errors are piped");
        std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
        let client = reqwest::Client::builder().no_proxy().build();
        Self {
            child,
            base_url,
            client: client.expect("a plain client"),
        }
    }

    /// As [`Self::serve`], with the Redis at `redis_url`, which it has reached.
    pub async fn serve_beside_redis(binary: &str, database_url: &str, redis_url: &str, flags: &[&str]) -> Self {
        let redis = format!("--redis-url={redis_url}");
        let server = Self::serve(binary, database_url, &[&[redis.as_str()], flags].concat());
        eventually("redis is up", async || {
            server.get("/api/health").await.json["redis"] == "up"
        })
        .await;
        server
    }

    /// `http://127.0.0.1:PORT`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Sends a body to `/graphql`.
    pub async fn post(&self, body: &Value) -> Reply {
        let request = self.client.request(Method::POST, format!("{}/graphql", self.base_url));
        Reply::read(request.json(body).send().await.expect("the server answers")).await
    }

    /// Fetches a path.
    pub async fn get(&self, path: &str) -> Reply {
        let request = self.client.request(Method::GET, format!("{}{path}", self.base_url));
        Reply::read(request.send().await.expect("the server answers")).await
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.id().to_string()])
            .status()
            .expect("there is a kill");
        assert!(sent.success(), "cannot send {name}");
    }

    /// How it ended: none while it runs.
    pub fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.child.try_wait().expect("a child can be asked")
    }

    /// Waits for its end, at most for `limit`.
    pub async fn wait(&mut self, limit: Duration) -> std::process::ExitStatus {
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        let ended = tokio::time::timeout(limit, async {
            loop {
                ticks.tick().await;
                if let Some(status) = self.ended() {
                    return status;
                }
            }
        });
        ended.await.expect("the process ends in time")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
