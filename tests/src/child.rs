//! `iconql` as a process whose every word is kept: for tests of what it prints, how it ends and what it survives.

use std::{
    io::{BufRead as _, BufReader, Read},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use crate::process;

/// How long anything may take before a test says that it never will.
const PATIENCE: Duration = Duration::from_mins(1);

/// A command line still to be run.
pub struct Iconql {
    command: Command,
}

/// A process that runs. It is killed when it is dropped.
pub struct Running {
    child: Child,
    stdout: Captured,
    stderr: Captured,
}

/// A process that has ended, and what it said.
#[derive(Debug)]
pub struct Ended {
    /// None where a signal ended it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// What a pipe has brought so far.
struct Captured {
    text: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Iconql {
    /// `binary` with these arguments and no variable but `PATH`, in a folder without a configuration file.
    pub fn new(binary: &str, arguments: &[&str]) -> Self {
        let mut command = process::command(binary, arguments, &[]);
        // Its help names it as it was called.
        command.arg0("iconql");
        Self { command }
    }

    /// A shell that runs `script` with the binary as `$0` and the arguments as `$@`.
    pub fn through_shell(script: &str, binary: &str, arguments: &[&str]) -> Self {
        let arguments = [&["-c", script, binary], arguments].concat();
        Self {
            command: process::command("bash", &arguments, &[]),
        }
    }

    /// Adds a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Names the database.
    #[must_use]
    pub fn database(self, url: &str) -> Self {
        self.env("DATABASE_URL", url)
    }

    /// Runs it in `folder`.
    #[must_use]
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Starts it.
    pub fn spawn(mut self) -> Running {
        let mut child = self
            .command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        let stdout = Captured::of(child.stdout.take().expect("its output is piped"));
        let stderr = Captured::of(child.stderr.take().expect("its errors are piped"));
        Running { child, stdout, stderr }
    }

    /// Runs it to its end.
    pub async fn run(self) -> Ended {
        self.spawn().end().await
    }
}

impl Running {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, as `TERM`. False where the process has ended.
    pub fn signal(&self, name: &str) -> bool {
        let kill = Command::new("kill")
            .args(["-s", name, &self.id().to_string()])
            .stderr(Stdio::null())
            .status();
        kill.expect("there is a kill").success()
    }

    /// What it has written to standard output so far.
    pub fn stdout(&self) -> String {
        self.stdout.so_far()
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.so_far()
    }

    /// How it ended: none while it runs.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be asked")
    }

    /// Waits until it says where it serves, as `http://127.0.0.1:PORT`.
    pub async fn base_url(&mut self) -> String {
        let mut url = None;
        eventually("it serves", async || {
            let text = self.stdout();
            let line = text.lines().find_map(|line| line.trim().strip_prefix("GraphQL"));
            url = line.map(|line| line.trim().trim_end_matches("/graphql").to_owned());
            assert!(
                url.is_some() || self.status().is_none(),
                "it ended before it served: {}",
                self.stderr()
            );
            // Another line follows the address, so it came whole.
            url.is_some() && text.contains("Health")
        })
        .await;
        url.expect("it was found")
    }

    /// Waits for its end.
    pub async fn end(mut self) -> Ended {
        let mut status = None;
        eventually("the process ends", async || {
            status = self.status();
            status.is_some()
        })
        .await;
        Ended {
            status: status.and_then(|status| status.code()),
            stdout: self.stdout.whole(),
            stderr: self.stderr.whole(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Fails unless it succeeded.
    #[must_use]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.status, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    /// Its complaint, where that is all it said: one line on standard error and the exit status `status`.
    pub fn complaint(&self, status: i32) -> &str {
        assert_eq!(self.status, Some(status), "{self:?}");
        let line = self
            .stderr
            .strip_prefix("iconql: ")
            .and_then(|line| line.strip_suffix('\n'));
        let line = line.unwrap_or_else(|| panic!("no complaint: {self:?}"));
        assert!(!line.contains('\n'), "more than one line: {self:?}");
        line
    }
}

impl Captured {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
                written
                    .lock()
                    .expect("nobody panics with it")
                    .push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        Self {
            text,
            reader: Some(reader),
        }
    }

    fn so_far(&self) -> String {
        self.text.lock().expect("nobody panics with it").clone()
    }

    fn whole(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("reading does not panic");
        }
        self.so_far()
    }
}

/// Waits until `holds` says so, and fails after a minute.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(2));
    let wait = tokio::time::timeout(PATIENCE, async {
        while !holds().await {
            ticks.tick().await;
        }
    });
    assert!(wait.await.is_ok(), "{what}: not within {PATIENCE:?}");
}
