//! Which bodies may be served: those that draw, and can neither run, fetch, nor break out of the page around them.
//!
//! A body is judged as XML and as the HTML parser would read it, since documents are served as the one and pasted into
//! the other. It knows nothing of where bodies come from. Nothing is allocated for a body that passes.

mod values;
mod vocabulary;

use std::borrow::Cow;

use super::markup::{Attribute, Chunk, Lexer, Malformed, Token};
use super::references::decode;
use vocabulary::{is_animation, is_element, is_refused_attribute};

/// How deep elements may nest. Public icons stay under ten.
pub const MAX_DEPTH: usize = 64;
/// How many attributes one element may have. Public icons stay under twenty.
pub const MAX_ATTRIBUTES: usize = 64;

/// Why a body is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnsafeSvg {
    /// The body is no well-formed content of an `<svg>` element.
    #[error("not well-formed XML at byte {at}: {problem}")]
    Malformed {
        /// What the XML specification minds.
        problem: Malformed,
        /// Where, in bytes from the start of the body.
        at: usize,
    },
    /// An element that is not SVG, or that runs or embeds something, or that stands where only text may.
    #[error("element <{0}> is not allowed")]
    Element(String),
    /// An attribute that fetches, changes what addresses mean, or has a prefix nothing declares.
    #[error("attribute {attribute} of <{element}> is not allowed")]
    Attribute {
        /// The element it is on.
        element: String,
        /// Its name.
        attribute: String,
    },
    /// An `on…` attribute.
    #[error("attribute {attribute} of <{element}> is an event handler")]
    EventHandler {
        /// The element it is on.
        element: String,
        /// Its name.
        attribute: String,
    },
    /// An attribute with a value that runs or fetches something.
    #[error("attribute {attribute} of <{element}> {threat}")]
    Value {
        /// The element it is on.
        element: String,
        /// Its name.
        attribute: String,
        /// What its value does.
        threat: Threat,
    },
    /// A `<style>` element that runs or fetches something.
    #[error("the style sheet {0}")]
    StyleSheet(Threat),
    /// An animation of an address or of an event handler.
    #[error("<{element}> animates {target}")]
    Animation {
        /// The animation.
        element: String,
        /// The attribute it names.
        target: String,
    },
    /// More than [`MAX_DEPTH`] elements inside each other.
    #[error("elements nest more than {MAX_DEPTH} deep")]
    TooDeep,
    /// More than [`MAX_ATTRIBUTES`] attributes on one element.
    #[error("<{0}> has more than {MAX_ATTRIBUTES} attributes")]
    TooManyAttributes(String),
}

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Threat {
    /// `javascript:`, `vbscript:` or `data:` with a document behind it.
    #[error("holds an address that runs")]
    Scheme,
    /// An address other than `#id` or an inline image.
    #[error("refers outside the icon")]
    OutsideReference,
    /// A function that runs, such as `expression()`.
    #[error("holds a function that runs")]
    Expression,
    /// A backslash, which could hide any of the others.
    #[error("holds a CSS escape")]
    Escape,
    /// An at-rule other than those that only style.
    #[error("holds an at-rule that is not allowed")]
    AtRule,
    /// A comment that splits a style sheet in two.
    #[error("holds an XML comment")]
    Comment,
}

/// Whether `body` may stand inside an `<svg>` that declares the SVG and the xlink namespaces.
///
/// # Errors
/// The first thing found that is not allowed.
pub fn check(body: &str) -> Result<(), UnsafeSvg> {
    let mut lexer = Lexer::new(body);
    let mut open = OpenElements::default();
    loop {
        let at = lexer.offset();
        let malformed = |problem| UnsafeSvg::Malformed { problem, at };
        match lexer.next_token().map_err(malformed)? {
            Some(Token::Open(name)) => {
                check_element(name, open.innermost())?;
                open.push(name)?;
            }
            Some(Token::Attribute(attribute)) => {
                let element = open.innermost();
                if !open.add_attribute(attribute.name)? {
                    return Err(malformed(Malformed::Duplicate));
                }
                check_attribute(element, attribute, at)?;
            }
            Some(Token::OpenEnd { empty: true }) => open.pop(),
            Some(Token::Close(name)) => {
                if open.innermost() != name {
                    return Err(malformed(Malformed::EndTag));
                }
                open.pop();
            }
            Some(Token::Text(text)) => check_text(open.innermost(), text, at)?,
            // The text on either side of a comment is one style sheet: `u<!-- -->rl(…)`.
            Some(Token::Comment(_)) if open.innermost() == "style" => {
                return Err(UnsafeSvg::StyleSheet(Threat::Comment));
            }
            Some(Token::OpenEnd { empty: false } | Token::Comment(_)) => {}
            None if open.innermost().is_empty() => return Ok(()),
            None => return Err(malformed(Malformed::Unclosed)),
        }
    }
}

/// The path from the fragment to the element being read, and that element's attributes.
struct OpenElements<'a> {
    names: [&'a str; MAX_DEPTH],
    depth: usize,
    attributes: [&'a str; MAX_ATTRIBUTES],
    attribute_count: usize,
}

impl Default for OpenElements<'_> {
    fn default() -> Self {
        Self {
            names: [""; MAX_DEPTH],
            depth: 0,
            attributes: [""; MAX_ATTRIBUTES],
            attribute_count: 0,
        }
    }
}

impl<'a> OpenElements<'a> {
    /// The name of the innermost open element; empty, which is no name, outside of all.
    fn innermost(&self) -> &'a str {
        self.depth.checked_sub(1).map_or("", |index| self.names[index])
    }

    fn push(&mut self, name: &'a str) -> Result<(), UnsafeSvg> {
        *self.names.get_mut(self.depth).ok_or(UnsafeSvg::TooDeep)? = name;
        self.depth += 1;
        self.attribute_count = 0;
        Ok(())
    }

    fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Whether `name` is new to the innermost element.
    fn add_attribute(&mut self, name: &'a str) -> Result<bool, UnsafeSvg> {
        if self.attributes[..self.attribute_count].contains(&name) {
            return Ok(false);
        }
        let Some(slot) = self.attributes.get_mut(self.attribute_count) else {
            return Err(UnsafeSvg::TooManyAttributes(self.innermost().to_owned()));
        };
        *slot = name;
        self.attribute_count += 1;
        Ok(true)
    }
}

/// In HTML the contents of `<title>` and `<desc>` are HTML again, and elements in `<style>` would split the sheet.
fn check_element(name: &str, parent: &str) -> Result<(), UnsafeSvg> {
    if is_element(name) && !matches!(parent, "title" | "desc" | "style") {
        Ok(())
    } else {
        Err(UnsafeSvg::Element(name.to_owned()))
    }
}

fn check_attribute(element: &str, attribute: Attribute<'_>, at: usize) -> Result<(), UnsafeSvg> {
    let Attribute { name, value, .. } = attribute;
    let refused = || UnsafeSvg::Attribute {
        element: element.to_owned(),
        attribute: name.to_owned(),
    };
    let threatened = |threat| UnsafeSvg::Value {
        element: element.to_owned(),
        attribute: name.to_owned(),
        threat,
    };
    if matches!(name.as_bytes(), [b'o' | b'O', b'n' | b'N', ..]) {
        return Err(UnsafeSvg::EventHandler {
            element: element.to_owned(),
            attribute: name.to_owned(),
        });
    }
    let local = match name.split_once(':') {
        None => name,
        Some(("xlink", local)) if !local.is_empty() && !local.contains(':') => local,
        Some(("xml", "space" | "lang")) => return check_value(value, at, threatened),
        Some(("xmlns", "xlink")) if value.raw == "http://www.w3.org/1999/xlink" => return Ok(()),
        Some(_) => return Err(refused()),
    };
    if name == "xmlns" {
        return if value.raw == "http://www.w3.org/2000/svg" {
            Ok(())
        } else {
            Err(refused())
        };
    }
    if local.eq_ignore_ascii_case("href") {
        let decoded = decode_chunk(value, at)?;
        if values::is_inline_image(&decoded) {
            return Ok(());
        }
        if !decoded.starts_with('#') {
            return Err(threatened(Threat::OutsideReference));
        }
    } else if is_refused_attribute(local) {
        return Err(refused());
    }
    if is_animation(element) && name.eq_ignore_ascii_case("attributeName") {
        let target = decode_chunk(value, at)?;
        if vocabulary::is_forbidden_target(&target) {
            return Err(UnsafeSvg::Animation {
                element: element.to_owned(),
                target: target.into_owned(),
            });
        }
    }
    check_value(value, at, threatened)
}

fn check_value(value: Chunk<'_>, at: usize, threatened: impl Fn(Threat) -> UnsafeSvg) -> Result<(), UnsafeSvg> {
    if value.plain {
        return Ok(());
    }
    values::threat(&decode_chunk(value, at)?).map_or(Ok(()), |threat| Err(threatened(threat)))
}

fn check_text(element: &str, text: Chunk<'_>, at: usize) -> Result<(), UnsafeSvg> {
    let decoded = decode_chunk(text, at)?;
    if element != "style" {
        return Ok(());
    }
    values::style_sheet_threat(&decoded).map_or(Ok(()), |threat| Err(UnsafeSvg::StyleSheet(threat)))
}

fn decode_chunk(chunk: Chunk<'_>, at: usize) -> Result<Cow<'_, str>, UnsafeSvg> {
    if chunk.plain {
        return Ok(chunk.raw.into());
    }
    decode(chunk.raw).map_err(|problem| UnsafeSvg::Malformed { problem, at })
}

#[cfg(test)]
mod tests;
