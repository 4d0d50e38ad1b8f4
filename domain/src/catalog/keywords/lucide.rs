//! `lucide-static`: `tags.json`, the tags of each icon by its key.

use serde_json::Value;

use super::{
    IconKeywords, SetKeywords,
    tags::{Gathering, SkippedKeyword},
};

pub(super) fn read(json: &Value, skipped: &mut Vec<SkippedKeyword>) -> Option<Vec<SetKeywords>> {
    let icons = json.as_object()?.iter().map(|(key, list)| {
        let mut tags = Gathering::of(key, skipped);
        tags.add_list(list);
        IconKeywords {
            key: key.clone(),
            other_keys: Vec::new(),
            tags: tags.finish(),
        }
    });
    Some(vec![SetKeywords {
        prefix: "lucide",
        icons: icons.collect(),
    }])
}

#[cfg(test)]
mod tests {
    use super::super::{Source, tests::lines};

    #[test]
    fn tags_by_icon() {
        let (lines, faults) = lines(
            Source::Lucide,
            r#"{"a-arrow-down": ["letter", "Font Size"], "trash": ["bin", 7], "x": []}"#,
        );
        assert_eq!(
            lines,
            [
                "lucide:a-arrow-down = font size, letter",
                "lucide:trash = bin",
                "lucide:x = "
            ]
        );
        assert_eq!(faults, ["trash: a number stands where a tag is expected"]);
    }
}
