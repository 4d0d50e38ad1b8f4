//! `@mdi/svg`: `meta.json`, whose aliases are words people used for the icon and whose tags are categories.

use serde_json::Value;

use super::{
    IconKeywords, SetKeywords,
    tags::{Gathering, SkippedKeyword, wrong},
};

/// What stands between the parts of a category, as in `Alpha / Numeric` and `Transportation + Road`.
const SEPARATORS: [&str; 2] = [" / ", " + "];

/// The part of a category that says what an icon is not.
const REST: &str = "Other";

pub(super) fn read(json: &Value, skipped: &mut Vec<SkippedKeyword>) -> Option<Vec<SetKeywords>> {
    let mut icons = Vec::new();
    for (place, icon) in json.as_array()?.iter().enumerate() {
        let Some(key) = icon["name"].as_str() else {
            let fault = if icon.is_object() {
                wrong(&icon["name"], "a name")
            } else {
                wrong(icon, "an object")
            };
            let icon = format!("entry {place}");
            skipped.push(SkippedKeyword { icon, fault });
            continue;
        };
        let mut tags = Gathering::of(key, skipped);
        tags.add_list(&icon["aliases"]);
        for category in tags.texts(&icon["tags"]) {
            for part in parts(category) {
                tags.add(part);
            }
        }
        icons.push(IconKeywords {
            key: key.to_owned(),
            other_keys: Vec::new(),
            tags: tags.finish(),
        });
    }
    Some(vec![SetKeywords { prefix: "mdi", icons }])
}

/// The words of a category that somebody would look for.
fn parts(category: &str) -> impl Iterator<Item = &str> {
    let [slash, plus] = SEPARATORS;
    category
        .split(slash)
        .flat_map(move |part| part.split(plus))
        .filter(|part| *part != REST)
}

#[cfg(test)]
mod tests {
    use super::super::{Source, tests::lines};

    #[test]
    fn aliases_and_the_parts_of_categories() {
        let (lines, faults) = lines(
            Source::Mdi,
            r#"[
                {"name": "abjad-arabic", "aliases": ["writing-system-arabic"], "tags": ["Alpha / Numeric"], "version": "4.9.95"},
                {"name": "home", "aliases": ["house", 7], "tags": ["Home Automation", "Places"]},
                {"name": "sail-boat", "aliases": [], "tags": ["Transportation + Water", "Transportation + Other", "Text / Content / Format"]},
                {"aliases": ["nameless"]}
            ]"#,
        );
        let expected = [
            "mdi:abjad-arabic = alpha, numeric, writing-system-arabic",
            "mdi:home = home automation, house, places",
            "mdi:sail-boat = content, format, text, transportation, water",
        ];
        assert_eq!(lines, expected);
        let expected = [
            "home: a number stands where a tag is expected",
            "entry 3: null stands where a name is expected",
        ];
        assert_eq!(faults, expected);
    }
}
