use super::{Document, DocumentFault, read};
use crate::svg::{
    markup::Malformed,
    safety::UnsafeSvg,
    view_box::{MAX_EXTENT, ViewBox},
};

fn check(text: &str, expected: ([f64; 4], &str)) {
    let ([left, top, width, height], body) = expected;
    let view_box = ViewBox {
        left,
        top,
        width,
        height,
    };
    let body = body.to_owned();
    assert_eq!(read(text), Ok(Document { view_box, body }), "{text}");
}

const BOX: [f64; 4] = [0.0, 0.0, 24.0, 24.0];

#[test]
fn the_box_is_the_view_box_or_else_the_size() {
    for (attributes, expected) in [
        ("viewBox=\"0 0 24 24\"", BOX),
        ("viewBox='0,0,24,24'", BOX),
        ("viewBox=\" 0 , 0\n24\t24 \"", BOX),
        ("viewBox=\"-1.5 +2 1e1 .5\"", [-1.5, 2.0, 10.0, 0.5]),
        ("width=\"24\" height=\"24\"", BOX),
        ("width=\"24px\" height=\" 24 px \"", BOX),
        ("width=\"1em\" height=\"48\" viewBox=\"0 0 24 24\"", BOX),
    ] {
        check(
            &format!("<svg {attributes}><path d=\"M0 0\"/></svg>"),
            (expected, "<path d=\"M0 0\"/>"),
        );
    }
    for (attributes, expected) in [
        ("", DocumentFault::NoViewBox),
        ("width=\"24\"", DocumentFault::NoViewBox),
        ("width=\"1em\" height=\"1em\"", DocumentFault::NoViewBox),
        ("width=\"100%\" height=\"100%\"", DocumentFault::NoViewBox),
        ("viewbox=\"0 0 24 24\"", DocumentFault::NoViewBox),
        ("viewBox=\"\"", DocumentFault::ViewBox),
        ("viewBox=\"0 0 24\" width=\"24\" height=\"24\"", DocumentFault::ViewBox),
        ("viewBox=\"0 0 24 24 24\"", DocumentFault::ViewBox),
        ("viewBox=\"0 0 24px 24px\"", DocumentFault::ViewBox),
    ] {
        assert_eq!(read(&format!("<svg {attributes}/>")), Err(expected), "{attributes}");
    }
}

#[test]
fn a_box_ends_at_its_limits() {
    check(
        &format!("<svg viewBox=\"0 0 {MAX_EXTENT} 1\"/>"),
        ([0.0, 0.0, MAX_EXTENT, 1.0], ""),
    );
    check(
        &format!("<svg viewBox=\"-{MAX_EXTENT} 0 1 1\"/>"),
        ([-MAX_EXTENT, 0.0, 1.0, 1.0], ""),
    );
    for numbers in [
        "0 0 0 24",
        "0 0 24 -1",
        "0 0 1000001 1",
        "0 -1000001 1 1",
        "0 0 inf 1",
        "NaN 0 1 1",
    ] {
        let fault = read(&format!("<svg viewBox=\"{numbers}\"/>"));
        assert!(matches!(fault, Err(DocumentFault::Extent(_))), "{numbers}: {fault:?}");
    }
}

#[test]
fn of_the_root_stays_what_paints() {
    for (attributes, group) in [
        (
            "xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" id=\"a\" version=\"1.1\" class=\"b\"",
            None,
        ),
        (
            "fill=\"none\" stroke='currentColor' width=\"1em\" stroke-width=\"2\"",
            Some("<g fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\">"),
        ),
        (
            "style='font-family:\"a\"'",
            Some("<g style=\"font-family:&quot;a&quot;\">"),
        ),
        (
            "transform=\"scale(-1 1)\" aria-hidden=\"true\" role=\"img\"",
            Some("<g transform=\"scale(-1 1)\">"),
        ),
    ] {
        let body = "<path d=\"M0 0\"/>";
        let kept = group.map_or_else(|| body.to_owned(), |group| format!("{group}{body}</g>"));
        check(
            &format!("<svg {attributes} viewBox=\"0 0 24 24\">\n  {body}\n</svg>"),
            (BOX, &kept),
        );
        // Nothing is painted in a group around nothing.
        check(&format!("<svg {attributes} viewBox=\"0 0 24 24\"/>"), (BOX, ""));
    }
}

#[test]
fn what_files_begin_and_end_with_is_left_out() {
    let element = "<svg viewBox=\"0 0 24 24\"><svg viewBox=\"0 0 1 1\"><g/></svg> a <!-- b --></svg>";
    let body = "<svg viewBox=\"0 0 1 1\"><g/></svg> a <!-- b -->";
    for (before, after) in [
        ("", ""),
        ("\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "\n"),
        (
            "<?xml version=\"1.0\"?><!-- made by --> <!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">",
            "<!-- end -->\n",
        ),
        ("<!-- one --><!-- two -->\n", " "),
    ] {
        check(&format!("{before}{element}{after}"), (BOX, body));
    }
}

#[test]
fn what_is_no_document_is_refused() {
    for text in [
        "",
        " ",
        "home",
        "<!-- nothing -->",
        "<path d=\"M0 0\"/>",
        "<g><svg viewBox=\"0 0 24 24\"/></g>",
        "<svg viewBox=\"0 0 24 24\"/><svg viewBox=\"0 0 24 24\"/>",
        "<svg viewBox=\"0 0 24 24\"></svg><path/>",
        "text <svg viewBox=\"0 0 24 24\"/>",
        "<svg viewBox=\"0 0 24 24\"/> text",
    ] {
        assert_eq!(read(text), Err(DocumentFault::NotSvg), "{text}");
    }
}

#[test]
fn nothing_unsafe_passes() {
    for text in [
        "<svg viewBox=\"0 0 24 24\" onload=\"alert(1)\"/>",
        "<svg viewBox=\"0 0 24 24\"><script>alert(1)</script></svg>",
        "<svg viewBox=\"0 0 24 24\"><a href=\"javascript:alert(1)\"/></svg>",
        "<svg viewBox=\"0 0 24 24\" style=\"fill:url(https://example.com/a)\"><g/></svg>",
        "<svg viewBox=\"0 0 24 24\" href=\"https://example.com\"/>",
        "<svg viewBox=\"0 0 24 24\" xmlns:x=\"y\"/>",
        "<svg viewBox=\"0 0 24 24\"><foreignObject/></svg>",
        "<html><svg viewBox=\"0 0 24 24\"/></html>",
    ] {
        let read = read(text);
        assert!(
            matches!(&read, Err(DocumentFault::Unsafe(fault)) if !matches!(fault, UnsafeSvg::Malformed { .. })),
            "{text}: {read:?}"
        );
    }
    for (text, problem, at) in [
        ("<svg viewBox=\"0 0 24 24\">", Malformed::Unclosed, 25),
        ("<!-- a --><svg></g></svg>", Malformed::EndTag, 15),
        (
            "<!DOCTYPE svg [<!ENTITY a \"b\">]><svg>&a;</svg>",
            Malformed::Declaration,
            0,
        ),
        (
            "<svg viewBox=\"0 0 24 24\"><![CDATA[a]]></svg>",
            Malformed::Declaration,
            25,
        ),
    ] {
        let fault = UnsafeSvg::Malformed { problem, at };
        assert_eq!(read(text), Err(DocumentFault::Unsafe(fault)), "{text}");
    }
}
