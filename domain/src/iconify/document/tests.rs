//! What a document may hold, and what of it survives.

use super::parse;
use crate::iconify::resolve::{ResolvedSet, resolve};

fn resolved(json: &str) -> ResolvedSet {
    resolve(parse(json.as_bytes()).expect("a readable set"))
}

#[test]
fn says_why_a_file_cannot_be_used() {
    for (json, expected) in [
        ("", "the file is not JSON: EOF"),
        ("{", "the file is not JSON: EOF"),
        (
            r#"{"prefix": "a", "icons": {}} x"#,
            "the file is not JSON: trailing characters",
        ),
        ("[]", "the file holds an array where IconifyJSON has an object"),
        (r#"{"icons": {}}"#, "the document has no `prefix`"),
        (
            r#"{"prefix": "A b", "icons": {}}"#,
            r#"the prefix "A b" cannot be asked for"#,
        ),
        (
            r#"{"prefix": 7, "icons": {}}"#,
            "the prefix (a number) cannot be asked for",
        ),
        (r#"{"prefix": "a"}"#, "the document has no object `icons`"),
        (r#"{"prefix": "a", "icons": []}"#, "the document has no object `icons`"),
    ] {
        let error = parse(json.as_bytes()).expect_err(expected).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn values_may_nest_as_deep_as_they_like() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let set = resolved(&format!(
        r#"{{"prefix": "a", "icons": {{"one": {{"body": {deep}}}, "two": {deep}, "three": {{"body": "", "more": {deep}}}}},
            "categories": {{"Arrows": {deep}}}, "info": {deep}, "unknown": {deep}}}"#
    ));
    assert_eq!((set.icons.len(), set.skipped.len()), (1, 4));
    assert!(parse(&deep.as_bytes()[..200_000]).is_err());
}

#[test]
fn the_last_of_two_equal_keys_counts() {
    let set = resolved(
        r#"{"prefix": "a", "prefix": "b", "icons": {"lost": {"body": ""}}, "icons": {
            "one": {"body": "<g/>"}, "two": {"body": 1, "body": "<path/>"}, "one": {"body": "<a/>", "body": "<b/>"},
            "one": {"body": "<circle/>", "width": "x", "width": 4}}}"#,
    );
    let icons: Vec<_> = set
        .icons
        .iter()
        .map(|icon| (icon.key.as_str(), icon.body.as_str()))
        .collect();
    assert_eq!(
        (set.prefix.as_str(), icons),
        ("b", vec![("one", "<circle/>"), ("two", "<path/>")])
    );
    assert_eq!(set.icons[0].view_box.to_attribute(), "0 0 4 16");
    assert_eq!(set.skipped, []);
}

#[test]
fn wrong_metadata_is_dropped_and_named() {
    let set = resolved(
        r#"{"prefix": "a", "icons": {"one": {"body": ""}}, "aliases": 1, "info": [], "chars": "x", "categories": 2,
            "suffixes": {"line": 5, "fill": "Fill"}, "prefixes": null, "lastModified": "now", "width": "24", "rotate": 0.5,
            "height": 32, "unknown": [[{}]]}"#,
    );
    let skipped: Vec<String> = set
        .skipped
        .iter()
        .map(|one| format!("{}: {}", one.what, one.reason))
        .collect();
    assert_eq!(
        skipped,
        [
            "aliases: a number stands where an object is expected",
            "lastModified: a string stands where a number is expected",
            "width: a string stands where a number is expected",
            "rotate: `rotate` is 0.5, which is no whole number of quarter turns",
            "info: an array stands where an object is expected",
            "chars: a string stands where an object is expected",
            "categories: a number stands where an object is expected",
            "suffixes.line: a number stands where a string is expected",
        ]
    );
    assert_eq!(set.suffixes, [("fill".to_owned(), "Fill".to_owned())]);
    assert_eq!(set.icons[0].view_box.to_attribute(), "0 0 16 32");
}

#[test]
fn split_files_of_a_package_are_joined() {
    let document = parse(br#"{"prefix": "a", "icons": {"one": {"body": ""}}, "lastModified": 1737398331}"#)
        .and_then(|document| document.with_info(br#"{"prefix": "a", "name": "All", "total": 1}"#))
        .and_then(|document| {
            document.with_metadata(br#"{"categories": {"Arrows": ["one"]}, "suffixes": {"": "Regular"}}"#)
        })
        .and_then(|document| document.with_chars(br#"{"f000": "one"}"#))
        .expect("readable files");
    assert_eq!(document.prefix(), "a");
    let set = resolve(document);
    assert_eq!(set.info.expect("info was joined").name, "All");
    assert_eq!(set.category_counts, [("Arrows".to_owned(), 1)]);
    assert_eq!(set.suffixes, [(String::new(), "Regular".to_owned())]);
    assert_eq!(set.characters, [("f000".to_owned(), "one".to_owned())]);
    assert_eq!(set.last_modified_seconds, Some(1_737_398_331));
}

#[test]
fn what_a_split_file_lacks_stays() {
    let whole = br#"{"prefix": "a", "icons": {"one": {"body": ""}}, "info": {"name": "Old"}, "chars": {"f0": "one"}}"#;
    let document = parse(whole)
        .and_then(|document| document.with_metadata(b"{}"))
        .expect("readable files");
    let set = resolve(document);
    assert_eq!(set.info.map(|info| info.name).as_deref(), Some("Old"));
    assert_eq!(set.characters.len(), 1);
}

#[test]
fn bodies_keep_what_json_escapes() {
    let set = resolved(r#"{"prefix": "a", "icons": {"\u006fne": {"body": "<text>\"\u00e9\n\ud83d\ude00</text>"}}}"#);
    assert_eq!(
        (set.icons[0].key.as_str(), set.icons[0].body.as_str()),
        ("one", "<text>\"é\n😀</text>")
    );
}
