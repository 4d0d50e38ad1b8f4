//! A drawing rewritten for a template language: the walk that they share.

use crate::svg::markup::{Lexer, Malformed, Token};
use crate::svg::render::{Drawing, SvgOptions, render};

/// How a template language writes what XML writes otherwise.
pub(super) trait Dialect {
    /// What passes the component's own attributes on to the root element, with a blank before it.
    const SPREAD: &'static str;

    /// What follows `<` and, up to the first blank, `</`.
    fn tag<'a>(&self, element: &'a str) -> &'a str {
        element
    }

    /// Writes an attribute, with a blank before it. `value` is raw and goes between `quote`s.
    fn attribute(&self, name: &str, value: &str, quote: char, out: &mut String);

    /// Writes raw text that stands in `element`.
    fn text(&self, element: &str, text: &str, out: &mut String);
}

/// The icon as an element of the language, one line.
pub(super) fn markup(icon: Drawing<'_>, dialect: &impl Dialect) -> String {
    let document = render(
        icon,
        &SvgOptions {
            unique_ids: true,
            ..SvgOptions::default()
        },
    );
    let mut markup = String::with_capacity(document.len() + 64);
    // Bodies are checked long before; one that was not ends where it stops being XML.
    let _ends_early = rewrite(&document, dialect, &mut markup);
    markup
}

fn rewrite<D: Dialect>(document: &str, dialect: &D, out: &mut String) -> Result<(), Malformed> {
    let mut lexer = Lexer::new(document);
    let mut open = Vec::new();
    while let Some(token) = lexer.next_token()? {
        match token {
            Token::Open(element) => {
                out.push('<');
                out.push_str(dialect.tag(element));
                open.push(element);
            }
            Token::Attribute(attribute) => {
                let quote = if attribute.value.raw.contains('"') { '\'' } else { '"' };
                dialect.attribute(attribute.name, attribute.value.raw, quote, out);
            }
            Token::OpenEnd { empty } => {
                if open.len() == 1 {
                    out.push_str(D::SPREAD);
                }
                out.push_str(if empty { " />" } else { ">" });
                if empty {
                    open.pop();
                }
            }
            Token::Close(element) => {
                open.pop();
                let tag = dialect.tag(element);
                out.extend(["</", tag.split_once(' ').map_or(tag, |(name, _)| name), ">"]);
            }
            Token::Text(text) => dialect.text(open.last().copied().unwrap_or_default(), text.raw, out),
            Token::Comment(_) => {}
        }
    }
    Ok(())
}

/// Writes `name="value"` as XML does.
pub(super) fn plain_attribute(name: &str, value: &str, quote: char, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push('=');
    out.push(quote);
    out.push_str(value);
    out.push(quote);
}

/// `text` with its braces as character references, which templates leave alone.
pub(super) fn escape_braces(text: &str) -> String {
    text.replace('{', "&#123;").replace('}', "&#125;")
}
