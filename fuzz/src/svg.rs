use domain::svg::{
    ids,
    render::{Drawing, SvgOptions, render},
    safety,
    snippet::{Flavor, snippet},
    style,
    view_box::ViewBox,
};
use quick_xml::{Reader, events::Event};

const FLAVORS: [Flavor; 10] = [
    Flavor::Svg,
    Flavor::Symbol,
    Flavor::Css,
    Flavor::DataUri,
    Flavor::Jsx,
    Flavor::Vue,
    Flavor::Svelte,
    Flavor::Astro,
    Flavor::IconifyIcon,
    Flavor::Unocss,
];

/// Elements that run or embed something, whatever stands around them.
const FORBIDDEN: [&str; 6] = ["script", "foreignobject", "iframe", "object", "embed", "handler"];

pub(crate) fn run(input: &[u8]) {
    let Ok(body) = str::from_utf8(input) else { return };
    if safety::check(body).is_err() {
        return;
    }
    assert_harmless(body);
    let _ = style::of(body);
    let renamed = ids::make_unique(body, "set:icon");
    assert_eq!(safety::check(&renamed), Ok(()), "{body:?} became {renamed:?}");
    assert_harmless(&render(drawing(body), &SvgOptions::default()));
    for flavor in FLAVORS {
        let _ = snippet(drawing(body), flavor);
    }
}

fn drawing(body: &str) -> Drawing<'_> {
    Drawing {
        name: "set:icon",
        view_box: ViewBox {
            left: 0.0,
            top: 0.0,
            width: 24.0,
            height: 24.0,
        },
        body,
    }
}

/// What another reader of XML says of a body that passed.
fn assert_harmless(text: &str) {
    let document = format!("<svg xmlns:xlink=\"x\">{text}</svg>");
    let mut reader = Reader::from_str(&document);
    let mut depth = 0_usize;
    loop {
        let event = reader
            .read_event()
            .unwrap_or_else(|error| panic!("{text:?} is not well-formed: {error}"));
        match event {
            Event::Start(element) => {
                depth += 1;
                assert_element(&element, text);
            }
            Event::Empty(element) => assert_element(&element, text),
            Event::End(_) => {
                depth -= 1;
                assert!(
                    depth > 0 || reader.buffer_position() == document.len() as u64,
                    "{text:?} closes what is around it"
                );
            }
            Event::PI(_) | Event::DocType(_) | Event::Decl(_) => panic!("{text:?} has more than elements"),
            Event::Text(_) | Event::CData(_) | Event::Comment(_) | Event::GeneralRef(_) => {}
            Event::Eof => break,
        }
    }
    assert_eq!(depth, 0, "{text:?}");
}

fn assert_element(element: &quick_xml::events::BytesStart<'_>, text: &str) {
    let name = element.local_name().as_ref().to_ascii_lowercase();
    assert!(!FORBIDDEN.contains(&name.as_str()), "{text:?} has an element that runs");
    for attribute in element.attributes() {
        let attribute = attribute.unwrap_or_else(|error| panic!("{text:?} is not well-formed: {error}"));
        // With a prefix it is another namespace's, which knows no events.
        let key = attribute.key.as_ref().to_ascii_lowercase();
        assert!(!key.starts_with("on"), "{text:?} has an event handler");
        let value = attribute
            .value
            .replace(|character: char| !character.is_ascii_graphic(), "");
        let is_script = value.to_ascii_lowercase().starts_with("javascript:");
        assert!(!is_script, "{text:?} has an address that runs");
    }
}
