//! `@fortawesome/fontawesome-free`: `metadata/icon-families.json`, one entry for an icon of however many styles.
//!
//! Version 7 keeps the names of version 6, and says which names an icon had before. Its sets in the catalog have those
//! names too, in version 7 as icons of their own.

use serde_json::Value;

use super::{
    IconKeywords, SetKeywords,
    tags::{Gathering, SkippedKeyword, wrong},
};

/// The styles that are free, and the sets that hold each.
const SETS: [(&str, [&str; 2]); 3] = [
    ("solid", ["fa7-solid", "fa6-solid"]),
    ("regular", ["fa7-regular", "fa6-regular"]),
    ("brands", ["fa7-brands", "fa6-brands"]),
];

/// The one family that is free.
const FAMILY: &str = "classic";

pub(super) fn read(json: &Value, skipped: &mut Vec<SkippedKeyword>) -> Option<Vec<SetKeywords>> {
    let mut of_styles = SETS.map(|_| Vec::new());
    for (key, icon) in json.as_object()? {
        if !icon.is_object() {
            skipped.push(SkippedKeyword {
                icon: key.clone(),
                fault: wrong(icon, "an object"),
            });
            continue;
        }
        let keywords = icon_keywords(key, icon, skipped);
        for ((style, _), of_style) in SETS.iter().zip(&mut of_styles) {
            if is_free_in(icon, style) {
                of_style.push(keywords.clone());
            }
        }
    }
    let sets = SETS.iter().zip(of_styles).flat_map(|((_, prefixes), icons)| {
        prefixes.map(|prefix| SetKeywords {
            prefix,
            icons: icons.clone(),
        })
    });
    Some(sets.collect())
}

fn icon_keywords(key: &str, icon: &Value, skipped: &mut Vec<SkippedKeyword>) -> IconKeywords {
    let mut tags = Gathering::of(key, skipped);
    tags.add_list(&icon["search"]["terms"]);
    tags.add_text(&icon["label"]);
    let other_keys = tags.texts(&icon["aliases"]["names"]);
    // Under any of its names, an icon is found by the others.
    for name in other_keys.iter().copied().chain([key]) {
        tags.add(name);
    }
    IconKeywords {
        key: key.to_owned(),
        other_keys: other_keys.into_iter().map(str::to_owned).collect(),
        tags: tags.finish(),
    }
}

fn is_free_in(icon: &Value, style: &str) -> bool {
    let free = icon["familyStylesByLicense"]["free"].as_array();
    free.is_some_and(|free| {
        free.iter()
            .any(|drawn| drawn["family"] == FAMILY && drawn["style"] == style)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Source, tests::lines};

    #[test]
    fn each_style_goes_to_its_sets() {
        let (lines, faults) = lines(
            Source::FontAwesome,
            r#"{
                "broken": 7,
                "github": {"label": "GitHub", "search": {"terms": ["octocat"]},
                    "familyStylesByLicense": {"free": [{"family": "classic", "style": "brands"}]}},
                "paid": {"search": {"terms": ["money"]},
                    "familyStylesByLicense": {"free": [{"family": "duotone", "style": "solid"}], "pro": [{"family": "classic", "style": "solid"}]}},
                "trash-can": {"label": "Trash Can", "search": {"terms": ["bin", 7]}, "aliases": {"names": ["trash-alt"]},
                    "familyStylesByLicense": {"free": [{"family": "classic", "style": "solid"}, {"family": "classic", "style": "regular"}]}}
            }"#,
        );
        let expected = [
            "fa7-solid:trash-can trash-alt = bin, trash can, trash-alt, trash-can",
            "fa6-solid:trash-can trash-alt = bin, trash can, trash-alt, trash-can",
            "fa7-regular:trash-can trash-alt = bin, trash can, trash-alt, trash-can",
            "fa6-regular:trash-can trash-alt = bin, trash can, trash-alt, trash-can",
            "fa7-brands:github = github, octocat",
            "fa6-brands:github = github, octocat",
        ];
        assert_eq!(lines, expected);
        let expected = [
            "broken: a number stands where an object is expected",
            "trash-can: a number stands where a tag is expected",
        ];
        assert_eq!(faults, expected);
    }
}
