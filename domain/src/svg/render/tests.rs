use serde::Deserialize;

use super::{Drawing, SvgOptions, render};
use crate::svg::data_uri::data_uri;
use crate::svg::snippet::{Flavor, snippet};
use crate::svg::view_box::ViewBox;

/// What `tests/oracle/render.mjs` writes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    icon: Icon,
    options: Options,
    color: Option<String>,
    #[serde(rename = "box")]
    add_box: bool,
    svg: String,
    data_uri: String,
    css: String,
}

#[derive(Deserialize)]
struct Icon {
    body: String,
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    width: Option<String>,
    height: Option<String>,
    rotate: u8,
    h_flip: bool,
    v_flip: bool,
}

impl Icon {
    fn drawing(&self) -> Drawing<'_> {
        let Self {
            body,
            left,
            top,
            width,
            height,
        } = self;
        let view_box = ViewBox {
            left: *left,
            top: *top,
            width: *width,
            height: *height,
        };
        Drawing {
            name: "a:b",
            view_box,
            body,
        }
    }
}

#[test]
fn answers_as_the_reference_does() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../../fixtures/svg_render.json")).expect("cases");
    assert_eq!(cases.len(), 300);
    for case in cases {
        let size = |text: &Option<String>| text.as_ref().map(|text| text.parse().expect(text));
        let options = SvgOptions {
            width: size(&case.options.width),
            height: size(&case.options.height),
            color: case.color.map(|color| color.parse().expect("a colour")),
            rotation: case.options.rotate,
            flip_horizontal: case.options.h_flip,
            flip_vertical: case.options.v_flip,
            add_box: case.add_box,
            ..SvgOptions::default()
        };
        let svg = render(case.icon.drawing(), &options);
        assert_eq!(svg, case.svg);
        assert_eq!(data_uri(&svg), case.data_uri);
        assert_eq!(snippet(case.icon.drawing(), Flavor::Css), case.css);
    }
}

const ICON: Drawing<'_> = Drawing {
    name: "a:b",
    view_box: ViewBox {
        left: 1.0,
        top: 2.0,
        width: 20.0,
        height: 10.0,
    },
    body: r##"<g id="c"/><use href="#c" fill="currentColor"/>"##,
};

#[test]
fn titles_come_first_and_are_text() {
    let title = Some("currentColor </title><script>\u{1}&".to_owned());
    let svg = render(
        ICON,
        &SvgOptions {
            title,
            color: "red".parse().ok(),
            add_box: true,
            ..SvgOptions::default()
        },
    );
    assert_eq!(
        svg,
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="2em" height="1em" viewBox="1 2 20 10">"#,
            r"<title>currentColor &lt;/title&gt;&lt;script&gt;&amp;</title>",
            r#"<rect x="1" y="2" width="20" height="10" fill="rgba(255, 255, 255, 0)" />"#,
            r##"<g id="c"/><use href="#c" fill="red"/></svg>"##
        )
    );
}

#[test]
fn boxes_cover_the_view_box_of_turned_icons() {
    let svg = render(
        ICON,
        &SvgOptions {
            add_box: true,
            rotation: 1,
            ..SvgOptions::default()
        },
    );
    assert!(
        svg.contains(r#"viewBox="2 1 10 20"><rect x="2" y="1" width="10" height="20""#),
        "{svg}"
    );
}

#[test]
fn renditions_do_not_share_ids() {
    let ids = |options: SvgOptions| {
        let svg = render(
            ICON,
            &SvgOptions {
                unique_ids: true,
                ..options
            },
        );
        let (_, id) = svg.split_once("id=\"").expect("an id");
        let id = id.split('"').next().expect("a value").to_owned();
        assert!(svg.contains(&format!("href=\"#{id}\"")), "{svg}");
        id
    };
    let plain = ids(SvgOptions::default());
    assert_eq!(
        plain,
        ids(SvgOptions {
            width: "auto".parse().ok(),
            ..SvgOptions::default()
        })
    );
    assert_ne!(
        plain,
        ids(SvgOptions {
            color: "red".parse().ok(),
            ..SvgOptions::default()
        })
    );
    assert_ne!(
        plain,
        ids(SvgOptions {
            rotation: 1,
            ..SvgOptions::default()
        })
    );
    assert_ne!(
        plain,
        ids(SvgOptions {
            flip_vertical: true,
            ..SvgOptions::default()
        })
    );
}
