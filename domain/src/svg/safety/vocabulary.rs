//! The names that may, and may not, appear in a body.

/// Whether `name` is an SVG element that can only draw, describe or animate.
///
/// Listed and not excluded: in a page, an unknown name such as `<p>` makes the HTML parser leave the drawing.
pub(super) fn is_element(name: &str) -> bool {
    matches!(
        name,
        "path"
            | "g"
            | "stop"
            | "circle"
            | "rect"
            | "ellipse"
            | "line"
            | "polygon"
            | "polyline"
            | "use"
            | "defs"
            | "a"
            | "clipPath"
            | "desc"
            | "filter"
            | "image"
            | "linearGradient"
            | "marker"
            | "mask"
            | "metadata"
            | "mpath"
            | "pattern"
            | "radialGradient"
            | "style"
            | "svg"
            | "switch"
            | "symbol"
            | "text"
            | "textPath"
            | "title"
            | "tspan"
            | "view"
    ) || is_animation(name)
        || is_filter_primitive(name)
}

/// Whether `name` is an element that changes attributes over time.
pub(super) fn is_animation(name: &str) -> bool {
    matches!(
        name,
        "animate" | "animateColor" | "animateMotion" | "animateTransform" | "set"
    )
}

fn is_filter_primitive(name: &str) -> bool {
    matches!(
        name,
        "feBlend"
            | "feColorMatrix"
            | "feComponentTransfer"
            | "feComposite"
            | "feConvolveMatrix"
            | "feDiffuseLighting"
            | "feDisplacementMap"
            | "feDistantLight"
            | "feDropShadow"
            | "feFlood"
            | "feFuncA"
            | "feFuncB"
            | "feFuncG"
            | "feFuncR"
            | "feGaussianBlur"
            | "feImage"
            | "feMerge"
            | "feMergeNode"
            | "feMorphology"
            | "feOffset"
            | "fePointLight"
            | "feSpecularLighting"
            | "feSpotLight"
            | "feTile"
            | "feTurbulence"
    )
}

/// Whether the attribute makes some element, in SVG or in HTML, send, fetch or become another.
///
/// `href` is judged by its value instead. The prefixes are those by which page scripts find code in attributes.
pub(super) fn is_refused_attribute(name: &str) -> bool {
    [
        "action",
        "background",
        "formaction",
        "is",
        "ping",
        "poster",
        "src",
        "srcdoc",
        "srcset",
    ]
    .iter()
    .any(|refused| name.eq_ignore_ascii_case(refused))
        || matches!(
            name.as_bytes(),
            [b'v' | b'V' | b'x' | b'X', b'-', ..] | [b'h' | b'H', b'x' | b'X', b'-', ..]
        )
        || matches!(name.as_bytes(), [b'n' | b'N', b'g' | b'G', b'-', ..])
}

/// Whether an animation of the attribute could set an address or an event handler.
pub(super) fn is_forbidden_target(attribute: &str) -> bool {
    let attribute = attribute.trim();
    let local = attribute.rsplit(':').next().unwrap_or(attribute).trim();
    local.eq_ignore_ascii_case("href")
        || is_refused_attribute(local)
        || matches!(local.as_bytes(), [b'o' | b'O', b'n' | b'N', ..])
}
