//! Keywords that icon authors publish in their npm packages: finding the packages and reading them.
//!
//! It knows which package speaks of which sets, and nothing of the database: `import` attaches what is read here.

mod find;
mod font_awesome;
mod lucide;
mod mdi;
mod tabler;
mod tags;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_128;

use find::{Found, find_packages};
pub use tags::{KeywordFault, SkippedKeyword};
pub(crate) use tags::{MAX_TAGS, Tags, says_only};

/// The packages that can be read, for messages.
const PACKAGES: &str = "lucide-static, @tabler/icons, @fortawesome/fontawesome-free or @mdi/svg";

/// Why keywords cannot be read. Nothing is written then.
#[derive(Debug, thiserror::Error)]
pub enum KeywordError {
    #[error("{path} does not exist: give an unpacked {PACKAGES}, or a folder that holds some of them")]
    Missing { path: String },
    #[error("no package of keywords in {path}: expected an unpacked {PACKAGES}, or a folder that holds some of them")]
    NoPackage { path: String },
    #[error("{path} is the package {name:?}, which has no keywords that are known here: expected {PACKAGES}")]
    OtherPackage { path: String, name: String },
    #[error("{package} is given twice, as {first} and as {second}: give the one whose keywords you want")]
    GivenTwice {
        package: &'static str,
        first: String,
        second: String,
    },
    #[error("cannot read {path}: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("{path} is no package.json with a `version` and a `license`, each a short text: unpack {package} anew")]
    Manifest { package: &'static str, path: String },
    #[error("{path} {reason}: expected {expected}, as {package} publishes it")]
    Broken {
        package: &'static str,
        path: String,
        reason: String,
        expected: &'static str,
    },
}

/// A package whose keywords were read.
#[derive(Debug)]
pub struct KeywordPackage {
    pub name: &'static str,
    pub version: String,
    /// As its `package.json` says it: an SPDX expression.
    pub license: String,
    /// Tags left out while the others were taken.
    pub skipped: Vec<SkippedKeyword>,
    /// What the file is known by.
    pub(crate) source_hash: [u8; 16],
    pub(crate) sets: Vec<SetKeywords>,
}

/// What a package says of the icons of one set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetKeywords {
    pub(crate) prefix: &'static str,
    pub(crate) icons: Vec<IconKeywords>,
}

/// What a package says of one icon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IconKeywords {
    /// The key that its authors call it by.
    pub(crate) key: String,
    /// Other keys of the same icon, each of which the set may have too.
    pub(crate) other_keys: Vec<String>,
    pub(crate) tags: Tags,
}

/// A package that has keywords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    FontAwesome,
    Lucide,
    Mdi,
    Tabler,
}

impl Source {
    const ALL: [Self; 4] = [Self::FontAwesome, Self::Lucide, Self::Mdi, Self::Tabler];

    /// The package's name in npm.
    fn package(self) -> &'static str {
        match self {
            Self::FontAwesome => "@fortawesome/fontawesome-free",
            Self::Lucide => "lucide-static",
            Self::Mdi => "@mdi/svg",
            Self::Tabler => "@tabler/icons",
        }
    }

    /// The file that the keywords are in.
    fn file(self) -> &'static str {
        match self {
            Self::FontAwesome => "metadata/icon-families.json",
            Self::Lucide => "tags.json",
            Self::Mdi => "meta.json",
            Self::Tabler => "icons.json",
        }
    }

    /// What that file holds, for messages.
    fn expected(self) -> &'static str {
        match self {
            Self::FontAwesome => {
                "an object of icons by name, with `search.terms`, `aliases.names` and `familyStylesByLicense`"
            }
            Self::Lucide => "an object of lists of tags by icon",
            Self::Mdi => "a list of icons with `name`, `aliases` and `tags`",
            Self::Tabler => "an object of icons by name, with `tags` and `styles`",
        }
    }

    /// What the file says of each set; none where it is something else.
    fn read(self, json: &Value, skipped: &mut Vec<SkippedKeyword>) -> Option<Vec<SetKeywords>> {
        match self {
            Self::FontAwesome => font_awesome::read(json, skipped),
            Self::Lucide => lucide::read(json, skipped),
            Self::Mdi => mdi::read(json, skipped),
            Self::Tabler => tabler::read(json, skipped),
        }
    }
}

/// Reads the packages under each path: the package itself, or those in a folder such as `node_modules`.
///
/// By name ascending, each once.
///
/// # Errors
/// When a path holds no package that is known, or one of them cannot be used.
pub fn read_packages(paths: &[PathBuf]) -> Result<Vec<KeywordPackage>, KeywordError> {
    find_packages(paths)?.into_iter().map(read_package).collect()
}

fn read_package(found: Found) -> Result<KeywordPackage, KeywordError> {
    let Found {
        source,
        folder,
        version,
        license,
    } = found;
    let file = folder.join(source.file());
    let broken = |reason: String| KeywordError::Broken {
        package: source.package(),
        path: shown(&file),
        reason,
        expected: source.expected(),
    };
    let bytes = fs::read(&file).map_err(|error| broken(format!("cannot be read ({error})")))?;
    let json: Value = serde_json::from_slice(&bytes).map_err(|error| broken(format!("is not JSON ({error})")))?;
    let mut skipped = Vec::new();
    let sets = source
        .read(&json, &mut skipped)
        .ok_or_else(|| broken("holds something else".to_owned()))?;
    // A file that lost its tags went wrong, and must not take away those that are there.
    if sets.iter().flat_map(|set| &set.icons).all(|icon| icon.tags.is_empty()) {
        return Err(broken("has no icon with a tag".to_owned()));
    }
    Ok(KeywordPackage {
        name: source.package(),
        version,
        license,
        skipped,
        source_hash: xxh3_128(&bytes).to_le_bytes(),
        sets,
    })
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{SetKeywords, SkippedKeyword, Source};

    /// Reads `json` as the file of a source: a line an icon, `prefix:key other-key = tag, tag`; and the faults.
    pub(super) fn lines(source: Source, json: &str) -> (Vec<String>, Vec<String>) {
        let json: Value = serde_json::from_str(json).expect("JSON");
        let mut skipped: Vec<SkippedKeyword> = Vec::new();
        let sets = source.read(&json, &mut skipped).expect("the file's shape");
        let lines = |set: &SetKeywords| -> Vec<String> {
            let line = set.icons.iter().map(|icon| {
                let tags: Vec<&str> = icon.tags.iter().collect();
                let keys = [std::slice::from_ref(&icon.key), icon.other_keys.as_slice()]
                    .concat()
                    .join(" ");
                format!("{}:{keys} = {}", set.prefix, tags.join(", "))
            });
            line.collect()
        };
        let faults = skipped
            .iter()
            .map(|skipped| format!("{}: {}", skipped.icon, skipped.fault));
        (sets.iter().flat_map(lines).collect(), faults.collect())
    }

    /// A file of another shape is none of it; an entry of another shape costs that entry.
    #[test]
    fn other_shapes_are_refused() {
        for source in Source::ALL {
            for json in ["null", "1", "\"tags\"", if source == Source::Mdi { "{}" } else { "[]" }] {
                let json = serde_json::from_str(json).expect("JSON");
                assert_eq!(source.read(&json, &mut Vec::new()), None, "{source:?}: {json}");
            }
            let json = match source {
                Source::Mdi => r#"[null, 7, {"name": 7}, {"name": "home", "aliases": 1, "tags": {}}]"#,
                _ => r#"{"home": 7, "house": null}"#,
            };
            let (lines, faults) = lines(source, json);
            assert!(lines.iter().all(|line| line.ends_with("= ")), "{source:?}: {lines:?}");
            assert!(!faults.is_empty(), "{source:?}: {faults:?}");
        }
    }
}
