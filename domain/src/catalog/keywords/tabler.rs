//! `@tabler/icons`: `icons.json`, where an icon is one name and is drawn in one or two styles.

use serde_json::Value;

use super::{
    IconKeywords, SetKeywords,
    tags::{Gathering, SkippedKeyword, wrong},
};

/// What the set adds to the name for each style.
const STYLES: [(&str, &str); 2] = [("outline", ""), ("filled", "-filled")];

pub(super) fn read(json: &Value, skipped: &mut Vec<SkippedKeyword>) -> Option<Vec<SetKeywords>> {
    let mut icons = Vec::new();
    for (name, icon) in json.as_object()? {
        if !icon.is_object() {
            skipped.push(SkippedKeyword {
                icon: name.clone(),
                fault: wrong(icon, "an object"),
            });
            continue;
        }
        let mut tags = Gathering::of(name, skipped);
        tags.add_list(&icon["tags"]);
        let tags = tags.finish();
        for (_, suffix) in STYLES.iter().filter(|(style, _)| icon["styles"][style].is_object()) {
            icons.push(IconKeywords {
                key: format!("{name}{suffix}"),
                other_keys: Vec::new(),
                tags: tags.clone(),
            });
        }
    }
    Some(vec![SetKeywords {
        prefix: "tabler",
        icons,
    }])
}

#[cfg(test)]
mod tests {
    use super::super::{Source, tests::lines};

    #[test]
    fn tags_of_each_style_that_is_drawn() {
        let (lines, faults) = lines(
            Source::Tabler,
            r#"{
                "heart": {"name": "heart", "category": "Shapes", "tags": ["love", "Heart"], "styles": {"outline": {}, "filled": {}}},
                "number-0": {"tags": [0, "zero", null], "styles": {"outline": {"version": "1"}}},
                "undrawn": {"tags": ["never"]},
                "unnamed": []
            }"#,
        );
        let expected = [
            "tabler:heart = heart, love",
            "tabler:heart-filled = heart, love",
            "tabler:number-0 = zero",
        ];
        assert_eq!(lines, expected);
        let expected = [
            "number-0: a number stands where a tag is expected",
            "number-0: null stands where a tag is expected",
            "unnamed: a list stands where an object is expected",
        ];
        assert_eq!(faults, expected);
    }
}
