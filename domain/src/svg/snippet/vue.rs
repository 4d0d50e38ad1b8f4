//! Vue: a single-file component. What is set on it lands on its root element without being asked.

use super::component_name::component_name;
use super::template::{Dialect, escape_braces, markup, plain_attribute};
use crate::svg::render::Drawing;

pub(super) fn component(icon: Drawing<'_>) -> String {
    let name = component_name(icon.name);
    let svg = markup(icon, &Vue);
    format!("<template>\n  {svg}\n</template>\n\n<script>\nexport default {{ name: \"{name}\" }};\n</script>\n")
}

struct Vue;

impl Dialect for Vue {
    const SPREAD: &'static str = "";

    /// Templates may not hold `<style>` itself.
    fn tag<'a>(&self, element: &'a str) -> &'a str {
        if element == "style" {
            "component :is=\"'style'\""
        } else {
            element
        }
    }

    fn attribute(&self, name: &str, value: &str, quote: char, out: &mut String) {
        plain_attribute(name, value, quote, out);
    }

    fn text(&self, _element: &str, text: &str, out: &mut String) {
        out.push_str(&escape_braces(text));
    }
}
