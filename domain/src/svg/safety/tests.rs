use super::{MAX_ATTRIBUTES, MAX_DEPTH, check};

fn says(body: &str, expected: &str) {
    let error = check(body).expect_err(body).to_string();
    assert!(error.contains(expected), "{body}: {error}");
}

#[test]
fn passes_what_draws() {
    for body in [
        "",
        r#"<path fill="currentColor" d="M10 20v-6h4v6h5v-8h3L12 3L2 12h3v8z"/>"#,
        r##"<defs><path id="a" d="M0 0"/></defs><use href="#a"/><use xlink:href='#a'/>"##,
        r#"<g fill="url(#a)" mask="url( '#b' )" filter="url(&quot;#c&quot;)"><path transform="rotate(90 1 1)"/></g>"#,
        r##"<image href="data:image/png;base64,iVBORw0KGgo="/><a href="#top"><text>1 &lt; 2: é</text></a>"##,
        r"<style>@media (prefers-color-scheme: dark) { .a:hover > .b { fill: url(#c) } }</style>",
        r#"<path xmlns="http://www.w3.org/2000/svg" style="mask-type:alpha" xml:space="preserve"/>"#,
        r#"<circle r="1"><animate attributeName="opacity" begin="0;a.end" dur="1s" values="0;1"/><set attributeName="d" to="M0 0"/></circle>"#,
        r#"<title>javascript: the good parts</title><!-- drawn by hand --><path aria-label="a: b (c)" data-name="x"/>"#,
    ] {
        assert_eq!(check(body), Ok(()), "{body}");
    }
}

#[test]
fn refuses_what_is_not_well_formed() {
    for (body, expected) in [
        ("<path", "at byte 5: it ends too early"),
        ("<g><path></g>", "at byte 9: an end tag does not match"),
        ("</g>", "at byte 0: an end tag does not match"),
        ("<g>", "at byte 3: an element is not closed"),
        (r#"<path d="" id="" d=""/>"#, "an attribute is given twice"),
        (r#"<path d="&nbsp;"/>"#, "an entity is unknown"),
        ("<text>a & b</text>", "an entity is unknown"),
        ("<!DOCTYPE svg [<!ENTITY a \"b\">]>", "declarations"),
        ("<?xml-stylesheet href=\"a.css\"?>", "declarations"),
        ("<style><![CDATA[a{}]]></style>", "declarations"),
        ("<path d=\"\u{8}\"/>", "a character is not allowed"),
        ("<path d=\"&#8;\"/>", "a character is not allowed"),
    ] {
        says(body, expected);
    }
}

#[test]
fn refuses_what_runs() {
    for (body, expected) in [
        ("<script>alert(1)</script>", "element <script>"),
        ("<SCRIPT/>", "element <SCRIPT>"),
        ("<foreignObject/>", "element <foreignObject>"),
        ("<iframe/>", "element <iframe>"),
        ("<embed/>", "element <embed>"),
        ("<object/>", "element <object>"),
        ("<handler/>", "element <handler>"),
        ("<svg:script/>", "element <svg:script>"),
        ("<p/>", "element <p>"),
        ("<title><style/></title>", "element <style>"),
        ("<path onload=\"a\"/>", "attribute onload of <path> is an event handler"),
        (
            "<path oNcLiCk=\"a\"/>",
            "attribute oNcLiCk of <path> is an event handler",
        ),
        (
            r#"<a href="javascript:alert(1)"/>"#,
            "attribute href of <a> refers outside",
        ),
        (
            r#"<animate to="javascript:alert(1)"/>"#,
            "attribute to of <animate> holds an address that runs",
        ),
        (
            r#"<animate values="a; JaVa&#x9;Scri&#10;pt : b"/>"#,
            "holds an address that runs",
        ),
        (r#"<animate from="vb script&#58;a"/>"#, "holds an address that runs"),
        (r#"<set to="data: text/html,a"/>"#, "holds an address that runs"),
        (r#"<set attributeName="href"/>"#, "<set> animates href"),
        (r#"<animate attributename=" xlink:HREF "/>"#, "animates  xlink:HREF"),
        (r#"<set attributeName="&#111;nclick"/>"#, "<set> animates onclick"),
        (
            r#"<path style="width:Expression (alert(1))"/>"#,
            "holds a function that runs",
        ),
        (r#"<path v-html="a"/>"#, "attribute v-html of <path> is not allowed"),
        (r#"<path x-init="a"/>"#, "attribute x-init of <path> is not allowed"),
        (r#"<path hx-get="a"/>"#, "attribute hx-get of <path> is not allowed"),
        (r#"<path ng-init="a"/>"#, "attribute ng-init of <path> is not allowed"),
    ] {
        says(body, expected);
    }
}

#[test]
fn refuses_what_reaches_outside() {
    for (body, expected) in [
        (r#"<use href="a.svg#b"/>"#, "attribute href of <use> refers outside"),
        (r#"<use HREF="//a"/>"#, "attribute HREF of <use> refers outside"),
        (
            r#"<image xlink:href="https://a/b.png"/>"#,
            "attribute xlink:href of <image> refers outside",
        ),
        (r#"<image href="data:image/svg+xml,a"/>"#, "refers outside"),
        (r#"<image href="data:image/pngx,a"/>"#, "refers outside"),
        (r#"<image href=""/>"#, "refers outside"),
        (r#"<image src="a.png"/>"#, "attribute src of <image> is not allowed"),
        (
            r##"<a href="#a" ping="https://a"/>"##,
            "attribute ping of <a> is not allowed",
        ),
        (
            r#"<g xml:base="https://a"/>"#,
            "attribute xml:base of <g> is not allowed",
        ),
        (
            r#"<g inkscape:label="a"/>"#,
            "attribute inkscape:label of <g> is not allowed",
        ),
        (r#"<g xmlns:a="b"/>"#, "attribute xmlns:a of <g> is not allowed"),
        (
            r#"<g xmlns="http://www.w3.org/1999/xhtml"/>"#,
            "attribute xmlns of <g> is not allowed",
        ),
        (
            r#"<path fill="url(https://a)"/>"#,
            "attribute fill of <path> refers outside",
        ),
        (
            r#"<path fill="url(#a) URL ( &quot;b#c"/>"#,
            "attribute fill of <path> refers outside",
        ),
        (r#"<path fill="xURL(a)"/>"#, "attribute fill of <path> refers outside"),
        (r#"<path style="background:image-set('a.png' 1x)"/>"#, "refers outside"),
        (
            r"<path style='fill:u\72l(a)'/>",
            "attribute style of <path> holds a CSS escape",
        ),
        ("<style>@import 'a.css';</style>", "the style sheet holds an at-rule"),
        (
            "<style>a{} &#x40;IMPORT 'a.css';</style>",
            "the style sheet holds an at-rule",
        ),
        (
            "<style>a { fill: u<!-- -->rl(//a) }</style>",
            "the style sheet holds an XML comment",
        ),
        (
            r"<style>@\69mport 'a.css';</style>",
            "the style sheet holds a CSS escape",
        ),
        (
            "<style>@font-face { src: local(a) }</style>",
            "the style sheet holds an at-rule",
        ),
        ("<style>a { fill: url(//a) }</style>", "the style sheet refers outside"),
    ] {
        says(body, expected);
    }
}

#[test]
fn limits_depth_and_attributes() {
    let nested = |depth: usize| "<g>".repeat(depth) + &"</g>".repeat(depth);
    assert_eq!(check(&nested(MAX_DEPTH)), Ok(()));
    says(&nested(MAX_DEPTH + 1), "nest more than 64 deep");
    let attributes =
        |count: usize| (0..count).fold("<g".to_owned(), |body, index| format!("{body} data-{index}=\"\"")) + "/>";
    assert_eq!(check(&attributes(MAX_ATTRIBUTES)), Ok(()));
    says(&attributes(MAX_ATTRIBUTES + 1), "<g> has more than 64 attributes");
}
