//! The drawings of the synthetic sets, byte for byte as the reference draws them.

use serde_json::Value;

use super::{ResolvedSet, resolve};
use crate::iconify::document;

fn check(set: &[u8], expected: &str) -> ResolvedSet {
    let set = resolve(document::parse(set).expect("a readable set"));
    let expected: Vec<Value> = serde_json::from_str(expected).expect("answers of the reference");
    for answer in &expected {
        let name = answer["name"].as_str().expect("a name");
        let icon = set.icons.iter().find(|icon| icon.key == name);
        let Some(body) = answer["body"].as_str() else {
            assert!(icon.is_none(), "{name} is not found by the reference");
            continue;
        };
        let icon = icon.unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(icon.body, body, "body of {name}");
        let view_box = icon.view_box;
        for (side, ours) in [
            ("left", view_box.left),
            ("top", view_box.top),
            ("width", view_box.width),
            ("height", view_box.height),
        ] {
            assert_eq!(Some(ours), answer[side].as_f64(), "{side} of {name}");
        }
    }
    assert_eq!(
        set.icons.len(),
        expected.iter().filter(|answer| answer["body"].is_string()).count()
    );
    set
}

#[test]
fn draws_as_the_reference_does() {
    let set = check(
        include_bytes!("../../../fixtures/synthetic.json"),
        include_str!("../../../fixtures/synthetic.expected.json"),
    );
    assert!(set.icons.len() > 400);
}

#[test]
fn draws_as_the_reference_does_when_the_root_turns_everything() {
    check(
        include_bytes!("../../../fixtures/synthetic-turned.json"),
        include_str!("../../../fixtures/synthetic-turned.expected.json"),
    );
}

#[test]
fn names_the_reason_for_every_alias_without_an_icon() {
    let set = resolve(document::parse(include_bytes!("../../../fixtures/synthetic.json")).expect("a readable set"));
    let skipped: Vec<String> = set
        .skipped
        .iter()
        .map(|one| format!("{}: {}", one.what, one.reason))
        .collect();
    let loops = "alias of itself, directly or through others";
    assert_eq!(
        skipped,
        [
            "aliases.clash: an icon has the same name and wins".to_owned(),
            format!("aliases.loop-a: {loops}"),
            format!("aliases.loop-b: {loops}"),
            format!("aliases.loop-c: {loops}"),
            format!("aliases.loop-d: {loops}"),
            format!("aliases.loop-e: {loops}"),
            format!("aliases.loop-f: {loops}"),
            "aliases.into-loop: its parent `loop-e` was skipped".to_owned(),
            "aliases.orphan: its parent `nobody` does not exist".to_owned(),
            "aliases.orphan-child: its parent `orphan` was skipped".to_owned(),
        ]
    );
}
