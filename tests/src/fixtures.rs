//! Where the files are that tests read.

use std::path::{Path, PathBuf};

/// The folder that holds the crates.
pub fn workspace_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate lies in the workspace's folder")
}

/// A file of `tests/fixtures`.
pub fn fixture(name: &str) -> PathBuf {
    workspace_root().join("tests/fixtures").join(name)
}

/// The packages of the starter sets.
pub fn starter_packages() -> Vec<PathBuf> {
    [
        "fa6-solid",
        "logos",
        "lucide",
        "mdi",
        "ph",
        "simple-icons",
        "tabler",
        "twemoji",
    ]
    .map(starter_package)
    .into()
}

/// The package of one starter set.
pub fn starter_package(prefix: &str) -> PathBuf {
    let package = workspace_root()
        .join("data/npm/starter/node_modules/@iconify-json")
        .join(prefix);
    assert!(
        package.join("icons.json").is_file(),
        "the starter icon sets are not installed: run `scripts/icons.sh starter`, or `make test`, which does"
    );
    package
}

/// The folder of the packages that hold keywords.
pub fn keyword_packages() -> PathBuf {
    let packages = workspace_root().join("data/npm/keywords/node_modules");
    assert!(
        packages.join("lucide-static/tags.json").is_file(),
        "the keywords are not installed: run `scripts/keywords.sh`, or `make test`, which does"
    );
    packages
}

/// The package of every icon set there is.
pub fn whole_catalog() -> PathBuf {
    let package = workspace_root().join("data/npm/all/node_modules/@iconify/json");
    assert!(
        package.join("collections.json").is_file(),
        "the whole catalog is not installed: run `scripts/icons.sh all`, or `make test`, which does"
    );
    package
}

/// The folder of the reference implementation.
pub fn oracle() -> PathBuf {
    let oracle = workspace_root().join("tests/oracle");
    assert!(
        oracle.join("node_modules/@iconify/utils").is_dir(),
        "the reference is not installed: run `scripts/npm-ci.sh tests/oracle`, or `make test`, which does"
    );
    oracle
}

/// The folder of the clients that people use.
pub fn clients() -> PathBuf {
    let clients = workspace_root().join("tests/clients");
    assert!(
        clients.join("node_modules/graphql-ws").is_dir(),
        "the clients are not installed: run `scripts/npm-ci.sh tests/clients`, or `make test`, which does"
    );
    clients
}
