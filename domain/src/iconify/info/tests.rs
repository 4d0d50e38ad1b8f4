//! Info blocks, whole and broken.

use super::{Author, Info, License};
use crate::iconify::document;

fn check(info: &str, expected: &Info, expected_skipped: &[&str]) {
    let json = format!(r#"{{"prefix": "set", "icons": {{}}, "info": {info}}}"#);
    let document = document::parse(json.as_bytes()).expect("a readable set");
    let skipped: Vec<String> = document
        .skipped
        .iter()
        .map(|one| format!("{}: {}", one.what, one.reason))
        .collect();
    assert_eq!(document.info.as_ref(), Some(expected));
    assert_eq!(skipped, expected_skipped);
}

#[test]
fn reads_every_part() {
    check(
        r#"{"prefix": "set", "name": "The Set", "total": 2, "version": "1.0", "author": {"name": "Ann", "url": "https://a.example"},
            "license": {"title": "MIT", "spdx": "MIT", "url": "https://l.example"}, "samples": ["a", "b"],
            "height": [16, 24], "displayHeight": 24, "category": "General", "tags": ["Precise"], "palette": true, "hidden": true}"#,
        &Info {
            name: "The Set".to_owned(),
            author: Some(Author {
                name: "Ann".to_owned(),
                url: Some("https://a.example".to_owned()),
            }),
            license: Some(License {
                title: "MIT".to_owned(),
                spdx: Some("MIT".to_owned()),
                url: Some("https://l.example".to_owned()),
            }),
            version: Some("1.0".to_owned()),
            total: Some(2),
            samples: vec!["a".to_owned(), "b".to_owned()],
            heights: vec![16, 24],
            display_height: Some(24),
            category: Some("General".to_owned()),
            tags: vec!["Precise".to_owned()],
            palette: Some(true),
            hidden: true,
        },
        &[],
    );
}

#[test]
fn falls_back_and_reads_older_forms() {
    let license = License {
        title: "MIT".to_owned(),
        spdx: Some("MIT".to_owned()),
        url: None,
    };
    check(
        r#"{"author": "Ann", "license": {"spdx": "MIT", "url": null}, "height": 24}"#,
        &Info {
            name: "set".to_owned(),
            author: Some(Author {
                name: "Ann".to_owned(),
                url: None,
            }),
            license: Some(license),
            heights: vec![24],
            ..Info::default()
        },
        &[],
    );
}

#[test]
fn drops_and_names_what_it_cannot_use() {
    check(
        r#"{"name": 1, "author": {"url": "x"}, "license": 2, "total": -1, "samples": ["a", 3], "height": [16, "x", 1.5],
            "displayHeight": "tall", "tags": {}, "palette": "yes"}"#,
        &Info {
            name: "set".to_owned(),
            samples: vec!["a".to_owned()],
            heights: vec![16],
            ..Info::default()
        },
        &[
            "info.name: a number stands where a string is expected",
            "info.license: a number stands where an object is expected",
            "info.author: property `name` is missing",
            "info.total: -1 is no whole number that can be used here",
            "info.samples: a number stands where a string is expected",
            "info.height: a string stands where a number is expected",
            "info.height: 1.5 is no whole number that can be used here",
            "info.displayHeight: a string stands where a number is expected",
            "info.tags: an object stands where an array is expected",
            "info.palette: a string stands where a boolean is expected",
        ],
    );
}
