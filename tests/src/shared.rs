//! What outlives single tests: a runtime, and databases that are filled once and only read.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    sync::{LazyLock, Mutex},
};

use domain::{
    catalog::import::{Importer, find_sources},
    search::Search,
};
use tokio::{runtime::Runtime, sync::OnceCell};

use crate::{
    NOW_MS,
    database::{Engine, TestDatabase},
    fixtures::{fixture, starter_packages},
};

pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("the system has threads to give")
});

/// The starter sets, about 28,000 names.
pub(crate) async fn starter(engine: Engine) -> (TestDatabase, Search) {
    static FILLED: [OnceCell<(TestDatabase, Search)>; 2] = [OnceCell::const_new(), OnceCell::const_new()];
    let cell = &FILLED[usize::from(engine == Engine::Postgres)];
    let (database, search) = cell.get_or_init(|| filled(engine, "starter", starter_packages())).await;
    (database.share(), search.clone())
}

/// The garden and the shed of `fixtures/`.
pub(crate) async fn garden(engine: Engine) -> (TestDatabase, Search) {
    static FILLED: [OnceCell<(TestDatabase, Search)>; 2] = [OnceCell::const_new(), OnceCell::const_new()];
    let cell = &FILLED[usize::from(engine == Engine::Postgres)];
    let (database, search) = cell
        .get_or_init(|| filled(engine, "garden", vec![fixture("garden.json"), fixture("shed.json")]))
        .await;
    (database.share(), search.clone())
}

async fn filled(engine: Engine, name: &'static str, paths: Vec<PathBuf>) -> (TestDatabase, Search) {
    let filled = RUNTIME.spawn(async move {
        let database = TestDatabase::lasting(engine, name).await;
        let pool = database.open().await;
        let sources = find_sources(&paths).unwrap_or_else(|error| panic!("{error}"));
        let report = Importer::new(pool.clone(), NOW_MS).import(sources, |_, _| {}).await;
        let report = report.unwrap_or_else(|error| panic!("cannot import {name}: {error}"));
        assert_eq!(report.failed_sets(), 0, "{report:?}");
        let search = Search::in_memory();
        search.refresh(&pool).await.unwrap_or_else(|error| panic!("{error}"));
        pool.close().await.expect("a database can be closed");
        (database, search)
    });
    filled
        .await
        .unwrap_or_else(|error| panic!("cannot fill the shared database {name}: {error}"))
}

/// A folder that goes when the process does.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = tempfile::tempdir().expect("a temporary folder can be made").keep();
        at_exit(&format!("rm -rf '{}'", folder.display()));
        folder
    });
    &FOLDER
}

/// Drops a database once the process has ended, which only a server of the developer's own needs.
pub(crate) fn drop_at_exit(server: &str, name: &str) {
    at_exit(&format!(
        "psql -q '{server}' -c 'DROP DATABASE IF EXISTS {name} WITH (FORCE)'"
    ));
}

/// Has a line of shell run when this process ends, however it ends: nothing inside it is called then.
fn at_exit(line: &str) {
    #[expect(clippy::zombie_processes, reason = "it outlives this process")]
    static SHELL: LazyLock<Mutex<ChildStdin>> = LazyLock::new(|| {
        // The shell reads to the end of its input before it runs any of it, and that end is our end.
        let mut shell = Command::new("sh")
            .args(["-c", r#"trap '' INT TERM HUP; lines=$(cat); eval "$lines""#])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is a shell");
        Mutex::new(shell.stdin.take().expect("its input is piped"))
    });
    writeln!(SHELL.lock().expect("nobody panics while writing"), "{line}").expect("the shell reads");
}
