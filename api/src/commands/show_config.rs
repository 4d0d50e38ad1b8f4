//! `iconql config`.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::config::Origin;

/// A line for each value: its variable, its text, its origin.
pub(super) fn text(values: &BTreeMap<String, (Option<String>, Origin)>) -> String {
    let name_width = values.keys().map(String::len).max().unwrap_or_default();
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(unset)".to_owned());
    let value_width = values
        .values()
        .map(|(value, _)| shown(value).len())
        .max()
        .unwrap_or_default();
    values.iter().fold(String::new(), |mut text, (name, (value, origin))| {
        let origin = match origin {
            Origin::Default => "default",
            Origin::File => "file",
            Origin::Environment => "environment",
            Origin::Flag => "flag",
        };
        let _ = writeln!(text, "{name:name_width$}  {:value_width$}  {origin}", shown(value));
        text
    })
}
