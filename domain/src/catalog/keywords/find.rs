//! Which folders are packages of keywords.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{KeywordError, Source, shown};

/// Bytes of the longest version or licence. An SPDX expression of a package has a few dozen.
const MAX_FACT_BYTES: usize = 200;

/// A package that is there.
pub(super) struct Found {
    pub(super) source: Source,
    pub(super) folder: PathBuf,
    pub(super) version: String,
    pub(super) license: String,
}

/// Finds the packages under each path, by name ascending. One that several paths lead to is one.
pub(super) fn find_packages(paths: &[PathBuf]) -> Result<Vec<Found>, KeywordError> {
    let mut all: Vec<Found> = Vec::new();
    for path in paths {
        if !path.exists() {
            return Err(KeywordError::Missing { path: shown(path) });
        }
        let found = packages_under(path)?;
        if found.is_empty() {
            return Err(none_there(path));
        }
        for package in found {
            match all.iter().find(|other| other.source == package.source) {
                None => all.push(package),
                Some(other) if is_same_folder(&other.folder, &package.folder) => {}
                Some(other) => {
                    return Err(KeywordError::GivenTwice {
                        package: package.source.package(),
                        first: shown(&other.folder),
                        second: shown(&package.folder),
                    });
                }
            }
        }
    }
    all.sort_by_key(|package| package.source.package());
    Ok(all)
}

/// The package in a folder; else those in its folders, in its scopes, and in its `node_modules`.
fn packages_under(path: &Path) -> Result<Vec<Found>, KeywordError> {
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    if let Some(package) = package_in(path)? {
        return Ok(vec![package]);
    }
    let mut folders = folders_of(path)?;
    let installed = path.join("node_modules");
    if installed.is_dir() {
        folders.extend(folders_of(&installed)?);
    }
    let mut found = Vec::new();
    for folder in folders {
        if is_scope(&folder) {
            for inner in folders_of(&folder)? {
                found.extend(package_in(&inner)?);
            }
        } else {
            found.extend(package_in(&folder)?);
        }
    }
    Ok(found)
}

fn is_scope(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with('@'))
}

/// The package that a folder is, where it is one of those with keywords.
fn package_in(folder: &Path) -> Result<Option<Found>, KeywordError> {
    let Some((name, manifest)) = manifest_in(folder) else {
        return Ok(None);
    };
    let Some(source) = Source::ALL.into_iter().find(|source| source.package() == name) else {
        return Ok(None);
    };
    let (Some(version), Some(license)) = (fact(&manifest["version"]), fact(&manifest["license"])) else {
        return Err(KeywordError::Manifest {
            package: source.package(),
            path: shown(&folder.join("package.json")),
        });
    };
    Ok(Some(Found {
        source,
        folder: folder.to_owned(),
        version,
        license,
    }))
}

/// A folder's `package.json` and the name in it. A folder without a readable one is no package.
fn manifest_in(folder: &Path) -> Option<(String, Value)> {
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("package.json")).ok()?).ok()?;
    Some((manifest["name"].as_str()?.to_owned(), manifest))
}

/// A short text on one line.
fn fact(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    let is_usable = !text.is_empty() && text.len() <= MAX_FACT_BYTES && !text.contains(char::is_control);
    is_usable.then(|| text.to_owned())
}

fn none_there(path: &Path) -> KeywordError {
    let path_text = shown(path);
    match manifest_in(path) {
        Some((name, _)) => KeywordError::OtherPackage { path: path_text, name },
        None => KeywordError::NoPackage { path: path_text },
    }
}

fn is_same_folder(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

fn folders_of(folder: &Path) -> Result<Vec<PathBuf>, KeywordError> {
    let unreadable = |error: std::io::Error| KeywordError::Unreadable {
        path: shown(folder),
        reason: error.to_string(),
    };
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        // A package may be a link to where it is stored.
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use tempfile::TempDir;

    use super::find_packages;

    /// Folders by their path inside `root`, each with this `package.json`.
    fn with_packages(packages: &[(&str, &str)]) -> TempDir {
        let root = tempfile::tempdir().expect("a temporary folder can be made");
        for (folder, manifest) in packages {
            let folder = root.path().join(folder);
            fs::create_dir_all(&folder).expect("a folder can be made");
            fs::write(folder.join("package.json"), manifest).expect("a file can be written");
        }
        root
    }

    /// The packages found under paths inside `root`, or what is said instead, without the folder's own path.
    fn found(root: &Path, paths: &[&str]) -> String {
        let paths: Vec<_> = paths.iter().map(|path| root.join(path)).collect();
        match find_packages(&paths) {
            Ok(found) => found
                .iter()
                .map(|package| format!("{} {} {}", package.source.package(), package.version, package.license))
                .collect::<Vec<_>>()
                .join("; "),
            Err(error) => error.to_string().replace(&root.display().to_string(), ""),
        }
    }

    const LUCIDE: &str = r#"{"name": "lucide-static", "version": "1.2.3", "license": "ISC"}"#;
    const MDI: &str = r#"{"name": "@mdi/svg", "version": "7.0.0", "license": "Apache-2.0"}"#;

    #[test]
    fn packages_are_known_by_their_name_wherever_they_lie() {
        let root = with_packages(&[
            ("app", r#"{"name": "app"}"#),
            ("app/node_modules/lucide-static", LUCIDE),
            ("app/node_modules/@mdi/svg", MDI),
            ("app/node_modules/@mdi/js", r#"{"name": "@mdi/js"}"#),
            ("app/node_modules/broken", "{"),
            ("unpacked/package", LUCIDE),
        ]);
        let both = "@mdi/svg 7.0.0 Apache-2.0; lucide-static 1.2.3 ISC";
        for (paths, expected) in [
            (&["app"][..], both),
            (&["app/node_modules"], both),
            (&["app/node_modules/@mdi"], "@mdi/svg 7.0.0 Apache-2.0"),
            (&["app/node_modules/@mdi/svg"], "@mdi/svg 7.0.0 Apache-2.0"),
            (&["unpacked"], "lucide-static 1.2.3 ISC"),
            (&["app", "app/node_modules/lucide-static", "app"], both),
            (
                &["app", "unpacked/package"],
                "lucide-static is given twice, as /app/node_modules/lucide-static and as /unpacked/package: give the one whose \
                 keywords you want",
            ),
        ] {
            assert_eq!(found(root.path(), paths), expected, "{paths:?}");
        }
    }

    #[test]
    fn where_there_is_none_it_is_said_what_is_expected() {
        let long = format!(
            r#"{{"name": "lucide-static", "version": "1", "license": "{}"}}"#,
            "a".repeat(201)
        );
        let root = with_packages(&[
            ("other", r#"{"name": "feather\nicons"}"#),
            ("empty/inner/too/deep", LUCIDE),
            ("no-license", r#"{"name": "lucide-static", "version": "1"}"#),
            ("odd", r#"{"name": "lucide-static", "version": 1, "license": "ISC"}"#),
            (
                "control",
                r#"{"name": "lucide-static", "version": "1\u001b[2J", "license": "ISC"}"#,
            ),
            ("long", &long),
        ]);
        fs::write(root.path().join("tags.json"), "{}").expect("a file can be written");
        for (path, expected) in [
            ("nowhere", "/nowhere does not exist: give an unpacked lucide-static, "),
            (
                "tags.json",
                "no package of keywords in /tags.json: expected an unpacked ",
            ),
            ("empty", "no package of keywords in /empty: expected an unpacked "),
            (
                "other",
                r#"/other is the package "feather\nicons", which has no keywords that are known here"#,
            ),
            (
                "no-license",
                "/no-license/package.json is no package.json with a `version`",
            ),
            ("odd", "/odd/package.json is no package.json with a `version`"),
            ("control", "/control/package.json is no package.json with a `version`"),
            ("long", "/long/package.json is no package.json with a `version`"),
        ] {
            let told = found(root.path(), &[path]);
            assert!(
                told.starts_with(expected) && told.lines().count() == 1,
                "{path}: {told}"
            );
        }
    }
}
