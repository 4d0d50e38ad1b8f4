//! The rules of resolving, one set each.

use super::{IconKind, ResolvedIcon, ResolvedSet, resolve};
use crate::iconify::document;
use crate::svg::style::IconStyle;

const BODY: &str = r#"{"body": "<path d='M0 0'/>"}"#;

/// A set of these `icons`, `aliases` and other members, each the inside of a JSON object.
fn set(icons: &str, aliases: &str, rest: &str) -> ResolvedSet {
    let json = format!(
        r#"{{"prefix": "test", "icons": {{{icons}}}, "aliases": {{{aliases}}}{}{rest}}}"#,
        if rest.is_empty() { "" } else { ", " }
    );
    resolve(document::parse(json.as_bytes()).expect("a readable set"))
}

fn icon<'s>(set: &'s ResolvedSet, key: &str) -> &'s ResolvedIcon {
    set.icons
        .iter()
        .find(|icon| icon.key == key)
        .unwrap_or_else(|| panic!("{key} is missing"))
}

fn skipped(set: &ResolvedSet) -> Vec<String> {
    set.skipped
        .iter()
        .map(|one| format!("{}: {}", one.what, one.reason))
        .collect()
}

/// The titles of the categories of `key`.
fn categories(set: &ResolvedSet, key: &str) -> Vec<String> {
    icon(set, key)
        .categories
        .iter()
        .map(|index| set.categories[*index as usize].clone())
        .collect()
}

#[test]
fn the_nearest_dimension_wins_then_the_root_then_the_default() {
    let icons = r#""a": {"body": "", "width": 30}, "b": {"body": "", "top": 5}"#;
    let aliases =
        r#""a1": {"parent": "a", "left": 4}, "a2": {"parent": "a1", "width": 40}, "a3": {"parent": "a2", "left": -1}"#;
    let with_root = set(icons, aliases, r#""height": 20, "left": 9"#);
    for (key, expected) in [
        ("a", "9 0 30 20"),
        ("a1", "4 0 30 20"),
        ("a2", "4 0 40 20"),
        ("a3", "-1 0 40 20"),
        ("b", "9 5 16 20"),
    ] {
        assert_eq!(icon(&with_root, key).view_box.to_attribute(), expected, "{key}");
    }
    assert_eq!(icon(&set(icons, aliases, ""), "b").view_box.to_attribute(), "0 5 16 16");
}

#[test]
fn aliases_are_plain_unless_they_name_a_change() {
    let icons = format!(r#""a": {BODY}, "gone": {{"body": "", "hidden": true}}"#);
    let aliases = r#"
        "same": {"parent": "a"}, "turned": {"parent": "a", "rotate": 1}, "unturned": {"parent": "a", "hFlip": false},
        "sized": {"parent": "a", "width": 16}, "of-turned": {"parent": "turned"}, "hidden": {"parent": "a", "hidden": true},
        "still-shown": {"parent": "a", "hidden": false}, "gone-too": {"parent": "gone"},
        "shown": {"parent": "gone", "hidden": false}, "of-shown": {"parent": "shown"},
        "gone-turned": {"parent": "gone", "rotate": 2}"#;
    let set = set(&icons, aliases, "");
    for (key, kind, hidden, listed) in [
        ("a", IconKind::Icon, false, true),
        ("gone", IconKind::Icon, true, false),
        ("same", IconKind::PlainAlias, false, false),
        ("turned", IconKind::TransformedAlias, false, true),
        ("unturned", IconKind::TransformedAlias, false, true),
        ("sized", IconKind::TransformedAlias, false, true),
        ("of-turned", IconKind::PlainAlias, false, false),
        ("hidden", IconKind::TransformedAlias, true, false),
        ("still-shown", IconKind::PlainAlias, false, false),
        ("gone-too", IconKind::PlainAlias, true, false),
        ("shown", IconKind::TransformedAlias, false, true),
        ("of-shown", IconKind::PlainAlias, false, false),
        ("gone-turned", IconKind::TransformedAlias, true, false),
    ] {
        let icon = icon(&set, key);
        assert_eq!((icon.kind, icon.hidden, icon.listed), (kind, hidden, listed), "{key}");
    }
    assert_eq!(set.total, 5);
    assert_eq!(icon(&set, "of-turned").parent.as_deref(), Some("turned"));
    assert_eq!(icon(&set, "a").parent, None);
    assert_eq!(skipped(&set), Vec::<String>::new());
}

#[test]
fn an_icon_wins_over_an_alias_of_its_name() {
    let icons = r#""a": {"body": "<g/>"}, "b": {"body": "<path/>"}"#;
    let set = set(icons, r#""a": {"parent": "b"}, "c": {"parent": "a"}"#, "");
    assert_eq!(icon(&set, "c").body, "<g/>");
    assert_eq!(set.icons.len(), 3);
    assert_eq!(skipped(&set), ["aliases.a: an icon has the same name and wins"]);
}

#[test]
fn a_bad_entry_costs_itself_and_its_aliases() {
    let icons = r#"
        "good": {"body": "<g/>"}, "Bad Name": {"body": ""}, "no-body": {"width": 4}, "body-number": {"body": 4},
        "list": [], "wide": {"body": "", "width": "24"}, "flat": {"body": "", "height": 0}, "minus": {"body": "", "width": -1},
        "huge": {"body": "", "width": 1000001}, "far": {"body": "", "left": -1000001}, "limit": {"body": "", "width": 1000000},
        "third": {"body": "", "rotate": 0.3}, "flip": {"body": "", "vFlip": 1}, "hid": {"body": "", "hidden": null},
        "script": {"body": "<script>x</script>"}"#;
    let aliases = r#"
        "fine": {"parent": "good"}, "of-script": {"parent": "script"}, "of-of-script": {"parent": "of-script"},
        "text": "good", "no-parent": {}, "parent-number": {"parent": 1}, "own-body": {"parent": "good", "body": ""},
        "Odd": {"parent": "good"}, "squeezed": {"parent": "good", "height": 0}"#;
    let set = set(icons, aliases, "");
    let keys: Vec<&str> = set.icons.iter().map(|icon| icon.key.as_str()).collect();
    assert_eq!(keys, ["good", "limit", "fine"]);
    let not_a_name = "not a name that can be asked for: lower-case letters and digits in words joined by single dashes, at most 128 characters";
    let box_rule = "sides must be above 0 and nothing beyond 1000000";
    let body = "unsafe body: element <script> is not allowed";
    assert_eq!(
        skipped(&set),
        [
            format!("icons.Bad Name: {not_a_name}"),
            "icons.no-body: property `body` is missing".to_owned(),
            "icons.body-number: property `body`: a number stands where a string is expected".to_owned(),
            "icons.list: an array stands where an object is expected".to_owned(),
            "icons.wide: property `width`: a string stands where a number is expected".to_owned(),
            format!("icons.flat: the view box is 16 by 0 at 0, 0: {box_rule}"),
            format!("icons.minus: the view box is -1 by 16 at 0, 0: {box_rule}"),
            format!("icons.huge: the view box is 1000001 by 16 at 0, 0: {box_rule}"),
            format!("icons.far: the view box is 16 by 16 at -1000001, 0: {box_rule}"),
            "icons.third: `rotate` is 0.3, which is no whole number of quarter turns".to_owned(),
            "icons.flip: property `vFlip`: a number stands where a boolean is expected".to_owned(),
            "icons.hid: property `hidden`: null stands where a boolean is expected".to_owned(),
            format!("icons.script: {body}"),
            "aliases.of-script: its parent `script` was skipped".to_owned(),
            "aliases.of-of-script: its parent `of-script` was skipped".to_owned(),
            "aliases.text: a string stands where an object is expected".to_owned(),
            "aliases.no-parent: property `parent` is missing".to_owned(),
            "aliases.parent-number: property `parent`: a number stands where a string is expected".to_owned(),
            "aliases.own-body: an alias has no body of its own: make it an icon".to_owned(),
            format!("aliases.Odd: {not_a_name}"),
            format!("aliases.squeezed: the view box is 16 by 0 at 0, 0: {box_rule}"),
        ]
    );
}

#[test]
fn a_body_that_turning_would_break_is_skipped() {
    let icons = r#""a": {"body": "<defs/><g><defs></defs></g>"}"#;
    let set = set(icons, r#""b": {"parent": "a", "rotate": 1}, "c": {"parent": "a"}"#, "");
    let keys: Vec<&str> = set.icons.iter().map(|icon| icon.key.as_str()).collect();
    assert_eq!(keys, ["a", "c"]);
    assert!(
        skipped(&set)[0].starts_with("aliases.b: unsafe body: not well-formed XML"),
        "{:?}",
        skipped(&set)
    );
}

/// The reference cuts every block of definitions at the place of the first, and answers broken XML.
#[test]
fn two_blocks_of_definitions_stay_well_formed() {
    let icons =
        r#""a": {"body": "<defs><path id='b'/></defs><use href='#b'/><defs><path id='c'/></defs><use href='#c'/>"}"#;
    let set = set(icons, r#""d": {"parent": "a", "rotate": 2}"#, "");
    assert_eq!(
        icon(&set, "d").body,
        "<defs><path id='b'/><path id='c'/></defs><g transform=\"rotate(180 8 8)\"><use href='#b'/><use href='#c'/></g>"
    );
}

#[test]
fn a_chain_may_be_as_long_as_the_set() {
    const LENGTH: usize = 10_000;
    let link = |index: usize| format!(r#""a{index}": {{"parent": "a{}", "rotate": 1}}"#, index + 1);
    let aliases: Vec<String> = (0..LENGTH).map(link).collect();
    let whole = set(&format!(r#""a{LENGTH}": {BODY}"#), &aliases.join(","), "");
    assert_eq!(whole.total, 10_001);
    assert_eq!(
        icon(&whole, "a1").body,
        "<g transform=\"rotate(-90 8 8)\"><path d='M0 0'/></g>"
    );
    let closed = set(
        "",
        &[aliases.as_slice(), &[format!(r#""a{LENGTH}": {{"parent": "a0"}}"#)]]
            .concat()
            .join(","),
        "",
    );
    assert_eq!((closed.icons.len(), closed.skipped.len()), (0, LENGTH + 1));
}

#[test]
fn characters_name_icons_or_aliases() {
    let chars =
        r#""chars": {"f000": "a", "1f600-200d": "b", "a": "b", "F000": "a", "f001": "c", "f002": 3, "f003": "bad"}"#;
    let set = set(
        &format!(r#""a": {BODY}, "bad": {{}}"#),
        r#""b": {"parent": "a"}"#,
        chars,
    );
    let expected = [("f000", "a"), ("1f600-200d", "b"), ("a", "b")];
    assert_eq!(
        set.characters,
        expected.map(|(character, key)| (character.to_owned(), key.to_owned()))
    );
    assert_eq!(
        skipped(&set)[1..],
        [
            "chars.F000: not a character: code points are lower-case hex digits, several joined by single dashes",
            "chars.f001: its icon `c` does not exist or was skipped",
            "chars.f002: a number stands where a string is expected",
            "chars.f003: its icon `bad` does not exist or was skipped",
        ]
    );
}

#[test]
fn categories_belong_to_what_is_listed() {
    let icons = format!(r#""a": {BODY}, "b": {BODY}, "none": {BODY}, "gone": {{"body": "", "hidden": true}}"#);
    let aliases = r#"
        "a-plain": {"parent": "a"}, "a-turned": {"parent": "a", "rotate": 1}, "a-turned-plain": {"parent": "a-turned"},
        "b-turned": {"parent": "b", "rotate": 1}, "b-turned-twice": {"parent": "b-turned", "rotate": 1},
        "b-own": {"parent": "b", "rotate": 2}"#;
    let titles = r#""categories": {
        "One": ["a-plain", "a", "b"], "Empty": [], "Two": ["b", "a", "lost", "lost-too"], "Own": ["b-own"], "Hidden": ["gone"],
        "Wrong": "a", "Partly": ["none", 7]}"#;
    let set = set(&icons, aliases, titles);
    for (key, expected) in [
        ("a", &["One", "Two"][..]),
        ("a-plain", &["One", "Two"]),
        ("a-turned", &["One", "Two"]),
        ("a-turned-plain", &["One", "Two"]),
        ("b-turned", &["One", "Two"]),
        ("b-turned-twice", &["One", "Two"]),
        ("b-own", &["Own"]),
        ("none", &["Partly"]),
        ("gone", &["Hidden"]),
    ] {
        assert_eq!(categories(&set, key), expected, "{key}");
    }
    let counts = [("One", 5), ("Two", 5), ("Own", 1), ("Partly", 1)];
    assert_eq!(
        set.category_counts,
        counts.map(|(title, count)| (title.to_owned(), count))
    );
    assert_eq!(
        skipped(&set),
        [
            "categories.Wrong: a string stands where an array is expected",
            "categories.Partly: a number stands where a string is expected",
            "categories.Two: 2 of its icons do not exist or were skipped, `lost` first",
        ]
    );
}

#[test]
fn an_alias_is_painted_like_its_icon() {
    let icons =
        r#""a": {"body": "<path stroke=\"red\"/>"}, "b": {"body": "<path fill=\"red\"/>"}, "c": {"body": "<path/>"}"#;
    let set = set(
        icons,
        r#""a1": {"parent": "a", "rotate": 1}, "b1": {"parent": "b"}"#,
        "",
    );
    for (key, expected) in [
        ("a", Some(IconStyle::Stroke)),
        ("a1", Some(IconStyle::Stroke)),
        ("b1", Some(IconStyle::Fill)),
        ("c", None),
    ] {
        assert_eq!(icon(&set, key).style, expected, "{key}");
    }
}

#[test]
fn the_themes_of_the_set_give_base_names() {
    let names = format!(r#""home": {BODY}, "home-line": {BODY}, "home-outline": {BODY}"#);
    let aliases = r#""house-outline": {"parent": "home"}"#;
    for (rest, expected) in [
        ("", ["home", "home-line", "home", "house-outline"]),
        (
            r#""suffixes": {"line": "Line", "": "Regular"}"#,
            ["home", "home", "home-outline", "house-outline"],
        ),
        (
            r#""prefixes": {"home": "At home"}"#,
            ["home", "line", "outline", "house-outline"],
        ),
        (
            r#""themes": {"x": {"title": "Line", "suffix": "-line"}}"#,
            ["home", "home", "home-outline", "house-outline"],
        ),
    ] {
        let set = set(&names, aliases, rest);
        let bases: Vec<&str> = set.icons.iter().map(|icon| icon.base_name.as_str()).collect();
        assert_eq!(bases, expected, "{rest}");
    }
}
