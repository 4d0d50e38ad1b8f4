//! What the files of the starter sets say, read without any of the project's code.

use std::{collections::HashMap, fs, sync::OnceLock};

use serde_json::{Map, Value};
use tests::{starter_package, starter_packages};

/// The names of the starter sets, `prefix:name`, ascending; aliases included.
pub(crate) fn names() -> &'static [String] {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names: Vec<String> = sets().values().flat_map(Set::names).collect();
        names.sort();
        names
    })
}

/// A starter set.
pub(crate) fn set(prefix: &str) -> &'static Set {
    &sets()[prefix]
}

/// All starter sets by prefix.
pub(crate) fn sets() -> &'static HashMap<String, Set> {
    static SETS: OnceLock<HashMap<String, Set>> = OnceLock::new();
    SETS.get_or_init(|| {
        let prefixes = starter_packages()
            .into_iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
        prefixes.map(|prefix| (prefix.clone(), Set::read(&prefix))).collect()
    })
}

/// An icon set as its file has it.
pub(crate) struct Set {
    pub(crate) prefix: String,
    pub(crate) icons: Map<String, Value>,
    pub(crate) aliases: Map<String, Value>,
}

impl Set {
    fn read(prefix: &str) -> Self {
        let text = fs::read_to_string(starter_package(prefix).join("icons.json")).unwrap();
        let mut json: Value = serde_json::from_str(&text).unwrap();
        let mut take = |member: &str| json[member].as_object_mut().map(std::mem::take).unwrap_or_default();
        Self {
            prefix: prefix.to_owned(),
            icons: take("icons"),
            aliases: take("aliases"),
        }
    }

    /// Every name, `prefix:name`.
    pub(crate) fn names(&self) -> Vec<String> {
        self.icons
            .keys()
            .chain(self.aliases.keys())
            .map(|key| format!("{}:{key}", self.prefix))
            .collect()
    }

    /// The names of its listed icons, ascending. No starter set has an alias that is drawn or shown otherwise.
    pub(crate) fn listed(&self) -> Vec<String> {
        let shown = self.icons.iter().filter(|(_, icon)| icon["hidden"] != true);
        let mut names: Vec<String> = shown.map(|(key, _)| format!("{}:{key}", self.prefix)).collect();
        names.sort();
        names
    }
}
