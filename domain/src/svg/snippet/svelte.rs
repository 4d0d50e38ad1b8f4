//! Svelte: a component, named by its file.

use super::component_name::component_name;
use super::template::{Dialect, escape_braces, markup, plain_attribute};
use crate::svg::render::Drawing;

pub(super) fn component(icon: Drawing<'_>) -> String {
    format!(
        "<!-- {}.svelte -->\n{}\n",
        component_name(icon.name),
        markup(icon, &Svelte)
    )
}

struct Svelte;

impl Dialect for Svelte {
    const SPREAD: &'static str = " {...$$props}";

    fn attribute(&self, name: &str, value: &str, quote: char, out: &mut String) {
        plain_attribute(name, &escape_braces(value), quote, out);
    }

    /// Inside an element, a style sheet is taken as it is.
    fn text(&self, element: &str, text: &str, out: &mut String) {
        if element == "style" {
            out.push_str(text);
        } else {
            out.push_str(&escape_braces(text));
        }
    }
}
