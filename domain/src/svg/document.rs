//! A whole `<svg>` document taken apart: the view box, and the body that an icon keeps of it.
//!
//! It decides what of the root element stays. What is safe is decided by `safety`, of the document and of the body.

#[cfg(test)]
mod tests;

use super::markup::{Lexer, Token};
use super::safety::{self, UnsafeSvg};
use super::view_box::{MAX_EXTENT, ViewBox};

/// What an icon keeps of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The rectangle it is drawn in.
    pub view_box: ViewBox,
    /// What was inside the root; in a group that paints as the root did, where that said how.
    pub body: String,
}

/// Why a text is no document that an icon can be made of.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DocumentFault {
    /// Something other than one `<svg>` element.
    #[error("it is not one <svg> element: give the whole document, from <svg to </svg>")]
    NotSvg,
    /// What it holds may not be served, or is no XML.
    #[error(transparent)]
    Unsafe(#[from] UnsafeSvg),
    /// Neither a view box, nor a width and a height in pixels.
    #[error("it does not say where it is drawn: give its <svg> a viewBox, such as viewBox=\"0 0 24 24\"")]
    NoViewBox,
    /// A view box of something else than four numbers.
    #[error("its viewBox is not four numbers: left, top, width and height, such as 0 0 24 24")]
    ViewBox,
    /// A view box that nothing can be drawn in.
    #[error("its view box is {}: sides must be above 0 and nothing beyond {MAX_EXTENT}", .0.to_attribute())]
    Extent(ViewBox),
}

/// Attributes of a root that say how what is inside is painted. The others say what document it is, and how large.
const PAINTING: [&str; 44] = [
    "clip-path",
    "clip-rule",
    "color",
    "color-interpolation",
    "color-interpolation-filters",
    "direction",
    "display",
    "dominant-baseline",
    "fill",
    "fill-opacity",
    "fill-rule",
    "filter",
    "font-family",
    "font-size",
    "font-stretch",
    "font-style",
    "font-variant",
    "font-weight",
    "image-rendering",
    "letter-spacing",
    "marker-end",
    "marker-mid",
    "marker-start",
    "mask",
    "opacity",
    "paint-order",
    "shape-rendering",
    "stroke",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-opacity",
    "stroke-width",
    "style",
    "text-anchor",
    "text-decoration",
    "text-rendering",
    "transform",
    "vector-effect",
    "visibility",
    "word-spacing",
    "writing-mode",
];

/// Takes `text` apart: one `<svg>` element, and around it nothing but what files begin with, comments and white space.
///
/// # Errors
/// Where it is something else, may not be served, or does not say where it is drawn.
pub fn read(text: &str) -> Result<Document, DocumentFault> {
    let element = without_prolog(text);
    let skipped = text.len() - element.len();
    // What does not stay of the root must be safe too: who sends a handler there meant it to run.
    safety::check(element).map_err(|fault| moved(fault, skipped))?;
    let root = Root::of(element).ok_or(DocumentFault::NotSvg)?;
    let view_box = root.view_box()?;
    let body = root.body();
    safety::check(&body)?;
    Ok(Document { view_box, body })
}

/// Without a byte order mark, an XML declaration, comments and a document type that declares nothing itself.
fn without_prolog(text: &str) -> &str {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let mut rest = match text.strip_prefix("<?xml ").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest,
        None => text,
    };
    loop {
        rest = rest.trim_start();
        let after = if let Some(comment) = rest.strip_prefix("<!--") {
            comment.split_once("-->")
        } else {
            let declaration = rest.strip_prefix("<!DOCTYPE ");
            let declared = declaration.and_then(|declaration| declaration.split_once('>'));
            declared.filter(|(declared, _)| !declared.contains('['))
        };
        match after {
            Some((_, after)) => rest = after,
            None => return rest,
        }
    }
}

/// The same fault, told from the beginning of a text that was `skipped` bytes longer.
fn moved(fault: UnsafeSvg, skipped: usize) -> UnsafeSvg {
    match fault {
        UnsafeSvg::Malformed { problem, at } => UnsafeSvg::Malformed {
            problem,
            at: at + skipped,
        },
        fault => fault,
    }
}

/// The outermost element of a document that was found safe, which is well-formed then.
struct Root<'a> {
    /// Names and raw values.
    attributes: Vec<(&'a str, &'a str)>,
    content: &'a str,
}

impl<'a> Root<'a> {
    /// None where there is another element, more than one, or text beside it.
    fn of(text: &'a str) -> Option<Self> {
        let mut lexer = Lexer::new(text);
        let mut attributes = Vec::new();
        let (mut depth, mut begin, mut content) = (0_usize, None, None);
        loop {
            let at = lexer.offset();
            let Some(token) = lexer.next_token().ok()? else { break };
            match token {
                Token::Open(name) => {
                    if depth == 0 && (name != "svg" || begin.is_some()) {
                        return None;
                    }
                    depth += 1;
                }
                Token::Attribute(attribute) if begin.is_none() => {
                    attributes.push((attribute.name, attribute.value.raw));
                }
                Token::OpenEnd { empty } => {
                    let begin = *begin.get_or_insert(lexer.offset());
                    depth -= usize::from(empty);
                    if depth == 0 {
                        content = Some(&text[begin..begin]);
                    }
                }
                Token::Close(_) => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        content = Some(&text[begin?..at]);
                    }
                }
                Token::Text(text) if depth == 0 && !text.raw.trim().is_empty() => return None,
                Token::Attribute(_) | Token::Text(_) | Token::Comment(_) => {}
            }
        }
        Some(Self {
            attributes,
            content: content?,
        })
    }

    fn attribute(&self, name: &str) -> Option<&'a str> {
        let named = self.attributes.iter().find(|(other, _)| *other == name);
        named.map(|(_, value)| *value)
    }

    fn view_box(&self) -> Result<ViewBox, DocumentFault> {
        let view_box = if let Some(numbers) = self.attribute("viewBox") {
            view_box(numbers).ok_or(DocumentFault::ViewBox)?
        } else {
            let side = |name| self.attribute(name).and_then(pixels);
            let (width, height) = side("width").zip(side("height")).ok_or(DocumentFault::NoViewBox)?;
            ViewBox {
                left: 0.0,
                top: 0.0,
                width,
                height,
            }
        };
        if view_box.can_be_drawn_in() {
            Ok(view_box)
        } else {
            Err(DocumentFault::Extent(view_box))
        }
    }

    fn body(&self) -> String {
        let content = self.content.trim();
        let mut painting = String::new();
        for (name, value) in self.attributes.iter().filter(|(name, _)| PAINTING.contains(name)) {
            // A value that stood in the other quotes may hold these.
            painting.extend([" ", name, "=\"", &value.replace('"', "&quot;"), "\""]);
        }
        if painting.is_empty() || content.is_empty() {
            content.to_owned()
        } else {
            format!("<g{painting}>{content}</g>")
        }
    }
}

fn view_box(numbers: &str) -> Option<ViewBox> {
    let numbers = numbers.split(|character: char| character == ',' || character.is_ascii_whitespace());
    let numbers = numbers.filter(|number| !number.is_empty()).map(str::parse);
    let numbers: Vec<f64> = numbers.collect::<Result<_, _>>().ok()?;
    let [left, top, width, height] = numbers.try_into().ok()?;
    Some(ViewBox {
        left,
        top,
        width,
        height,
    })
}

/// A length in pixels. Others depend on where the document stands.
fn pixels(length: &str) -> Option<f64> {
    let length = length.trim();
    length.strip_suffix("px").unwrap_or(length).trim_end().parse().ok()
}
