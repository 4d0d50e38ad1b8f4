//! Astro: a component, named by its file.

use super::component_name::component_name;
use super::template::{Dialect, escape_braces, markup, plain_attribute};
use crate::svg::render::Drawing;

pub(super) fn component(icon: Drawing<'_>) -> String {
    format!(
        "---\n// {}.astro\n---\n\n{}\n",
        component_name(icon.name),
        markup(icon, &Astro)
    )
}

struct Astro;

impl Dialect for Astro {
    const SPREAD: &'static str = " {...Astro.props}";

    /// Otherwise a style sheet would be taken out of the drawing and scoped.
    fn tag<'a>(&self, element: &'a str) -> &'a str {
        if element == "style" { "style is:inline" } else { element }
    }

    fn attribute(&self, name: &str, value: &str, quote: char, out: &mut String) {
        plain_attribute(name, value, quote, out);
    }

    fn text(&self, element: &str, text: &str, out: &mut String) {
        if element == "style" {
            out.push_str(text);
        } else {
            out.push_str(&escape_braces(text));
        }
    }
}
